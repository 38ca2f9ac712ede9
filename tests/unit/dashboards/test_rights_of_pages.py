"""Every role, and the wrong district, at every page: what the role opens, what its rows show, what is written down."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.pages import SECTIONS
from engine.access.rights import Role, read_rights
from engine.access.scope import scope_of
from engine.api.accounts import add_account, revoke_account
from engine.store.documents import load_policies
from engine.store.ledgers.read_log import ReadLog
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.small_workspace import AS_OF, write_draw, write_measured
from tests.two_districts import SECRET, THERE, write_two_districts

APP = Path(__file__).parents[3] / "dashboards" / "app.py"
ENTRIES = {page.name: page for _section, pages in SECTIONS for page in pages}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rights") / "workspace"
    write_two_districts(path)
    write_measured(path, AS_OF)
    write_draw(path)
    workspace = Workspace(path)
    for role in Role:
        name = f"{role.value}@city"
        add_account(workspace, name, name=name, role=role, scope=scope_of(), actor=ACTOR, clock=lambda: NOW)
    workspace.close()
    return path


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    st.cache_data.clear()
    return Path(shutil.copytree(written, tmp_path / "workspace"))


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, account: str, **asked: str) -> AppTest:
    monkeypatch.setenv("XINHENG_WORKSPACE", str(folder))
    monkeypatch.setenv("XINHENG_ACCESS", "local")
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in {"as": account, **asked}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    kinds = ("title", "markdown", "caption", "metric", "info", "warning", "error", "success")
    words = [str(getattr(each, "value", "")) for kind in kinds for each in getattr(app, kind)]
    choices = [str(option) for each in app.selectbox for option in each.options]
    return "\n".join([*words, *choices, *(each.value.to_csv() for each in [*app.table, *app.dataframe])])


def pages_of(role: Role) -> set[str]:
    rights = read_rights(load_policies(), on=AS_OF).of(role)
    return {name for name, page in ENTRIES.items() if page.needs in rights}


def test_without_a_way_to_sign_in_nobody_sees_anything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINHENG_WORKSPACE", str(folder))
    monkeypatch.delenv("XINHENG_ACCESS", raising=False)
    app = AppTest.from_file(str(APP), default_timeout=60).run()

    assert "--local" in app.error[0].value
    assert not app.title
    assert not app.metric


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_pages_and_no_other(role: Role, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, monkeypatch, f"{role.value}@city")
    assert not app.exception
    names = {entry.what for entry in ReadLog(folder).entries() if entry.kind == "page"}
    assert names <= pages_of(role)
    assert names or not pages_of(role)

    for name in sorted(set(ENTRIES) - pages_of(role)):
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(f"views/{name}.py")


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_the_other_district_shows_on_no_page_and_in_no_answer_kept_for_another(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = [role for role in ("analyst", "leader", "inspector") if name in pages_of(Role(role))]
    for account in [f"{role}@{rows}" for role in roles for rows in ("whole", "there", "here")]:
        app = opened(folder, monkeypatch, account)
        if pages_of(Role(account.partition("@")[0])) and app.title:
            app.switch_page(f"views/{name}.py").run()
        assert not app.exception
        words = said(app)
        if account.endswith("@here"):
            assert SECRET not in words
            assert THERE not in words
            assert "1,000" not in words
            assert "4,547" not in words


def test_a_revoked_account_is_out_on_the_next_click(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, monkeypatch, "analyst@whole")
    assert app.metric
    workspace = Workspace(folder)
    revoke_account(workspace, "analyst@whole", reason="left", actor=ACTOR, clock=lambda: NOW)
    workspace.close()

    monkeypatch.setenv("XINHENG_ACCESS", "sign_in")
    app.run()

    assert not app.metric


def test_what_is_opened_is_written_down_once_with_its_address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, monkeypatch, "leader@whole", population="enterprise")
    app.run()
    app.run()

    entries = [entry for entry in ReadLog(folder).entries() if entry.kind == "page"]
    assert len({(each.what, each.about) for each in entries}) == len(entries)
    assert (entries[-1].account, entries[-1].role, entries[-1].what) == ("leader@whole", "leader", "briefing")
    assert "population=enterprise" in entries[-1].about
