"""Every registered page: each role opens it cleanly, a wrong district finds nothing on it, its exports or kept answers.

Pages and roles come from their own lists, so that a new one is covered the day it is registered.
"""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.view import View
from engine.access.rights import Role
from engine.api.accounts import revoke_account
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.two_districts import SECRET, THERE
from tests.unit.dashboards.test_rights_of_pages import ENTRIES, opened, pages_of, said

ASKED = {"search": "企业", "kpi": "coverage"}
"""What every session asks for in its address: firms of both districts, and a share that each of them has."""
EXPECTED = ("模拟",)
"""Beginnings of warnings that belong on a clean page: what is simulated says so."""


class Visits:
    """Everybody's one session at the pages; a page that somebody opened before is not opened again.

    Parameters
    ----------
    exports : every file that the pages offer, taken at once by whoever looks, name to text.
    """

    def __init__(self, city: Path, patch: pytest.MonkeyPatch, exports: dict[str, str]) -> None:
        self.exports = exports
        self._city, self._patch = city, patch
        self._sessions: dict[str, AppTest] = {}
        self._seen: dict[tuple[str, str], Seen] = {}

    def seen(self, account: str, page: str, *, parts: bool = False) -> "Seen":
        """Return what an account finds on a page, in its parts if asked, and in the files it offers."""
        if (account, page) not in self._seen:
            if account not in self._sessions:
                self._sessions[account] = opened(self._city, self._patch, account, **ASKED)
            self.exports.clear()
            self._seen[account, page] = looked_over(self._sessions[account], page, self.exports, parts=parts)
        return self._seen[account, page]


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as somebody found it: what is wrong with it, how many titles, every word on it and in its files."""

    problems: tuple[str, ...]
    n_titles: int
    words: str


@pytest.fixture(scope="module")
def visits(city: Path) -> Iterator[Visits]:
    """Sessions over one city whose kept answers are never emptied: what one person's reading keeps, all may meet."""
    with pytest.MonkeyPatch.context() as patch:
        st.cache_data.clear()
        taken: dict[str, str] = {}
        patch.setattr("dashboards.guard.download", partial(take, taken))
        patch.setattr("dashboards.drawing.is_checked", True)  # every chart, against the schema of its grammar
        yield Visits(city, patch, taken)


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every file that a page offers, taken at once by whoever looks, as text."""
    taken: dict[str, str] = {}
    monkeypatch.setattr("dashboards.guard.download", partial(take, taken))
    st.cache_data.clear()
    return taken


def take(
    taken: dict[str, str],
    _label: str,
    make: Callable[[], bytes | str],
    *,
    file_name: str,
    view: View,
    **options: object,
) -> None:
    """Keep the text of a file that a page offers, if whoever looks may have it."""
    needs = options.get("needs")
    if needs is None or view.desk.may(needs):  # type: ignore[arg-type]
        taken[file_name] = text_of(make())


def text_of(content: bytes | str) -> str:
    """Return the words of a file; a workbook's sheets are looked into."""
    if isinstance(content, str):
        return content
    if content[:2] != b"PK":
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())


def looked_over(app: AppTest, page: str, exports: dict[str, str], *, parts: bool) -> Seen:
    """Open a page, and each of its parts if asked."""
    app.switch_page(f"views/{page}.py").run()
    problems = [*app.exception, *app.error, *(each for each in app.warning if not expected(each.value))]
    n_titles, words = len(app.title), [said(app)]
    for at in range(len(app.button_group) if parts else 0):
        group = app.button_group[at]
        if set(group.options) != {"中文", "English"}:
            for option in group.options[1:]:
                app.button_group[at].set_value(option).run()
                assert not app.exception, app.exception
                words.append(said(app))
    return Seen(tuple(each.value for each in problems), n_titles, "\n".join([*words, *exports.values()]))


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_each_of_its_pages_without_error_or_warning(role: Role, visits: Visits) -> None:
    for page in sorted(pages_of(role)):
        seen = visits.seen(f"{role.value}@all", page)

        assert (page, seen.problems) == (page, ())
        assert seen.n_titles == 1


def expected(warning: str) -> bool:
    return any(word in warning for word in EXPECTED)


@pytest.mark.parametrize("page", sorted(ENTRIES))
def test_a_wrong_district_finds_nothing_on_a_page_in_its_parts_exports_and_kept_answers(
    page: str, visits: Visits
) -> None:
    for at, role in enumerate(each for each in Role if page in pages_of(each)):
        visits.seen(f"{role.value}@all", page)  # fills what is kept
        found = visits.seen(f"{role.value}@near", page, parts=at == 0).words

        assert SECRET not in found
        assert THERE not in found


def test_whoever_sees_everything_finds_there_what_the_wrong_district_must_not(visits: Visits) -> None:
    leader = f"{Role.LEADER.value}@all"

    assert SECRET in visits.seen(leader, "record").words
    assert THERE in visits.seen(leader, "league").words


@pytest.mark.parametrize("role", list(Role))
def test_whoever_is_revoked_is_out_on_the_next_click_of_any_page(
    role: Role, city: Path, tmp_path: Path, exports: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(city, tmp_path / "workspace")
    name = f"{role.value}@near"
    pages = sorted(pages_of(role))
    app = opened(folder, monkeypatch, name)
    app.switch_page(f"views/{pages[-1]}.py").run()
    assert app.title
    workspace = Workspace(folder)
    revoke_account(workspace, name, reason="left", actor=ACTOR, clock=lambda: NOW)
    workspace.close()
    monkeypatch.setattr("dashboards.sign_in._at_this_machine", _as_signed_in(name))
    exports.clear()

    app.run()

    assert not app.title
    assert not app.metric
    assert not app.table
    assert not app.dataframe
    assert exports == {}


def _as_signed_in(name: str) -> Callable[..., object]:
    """Return the way in of somebody whose identity still holds: only the account is asked for."""
    from dashboards import sign_in

    def desk(folder: Path, translate: Callable[[str], str]) -> object:
        try:
            return sign_in.Desk.of(folder, name)
        except sign_in.AccessRevokedError as error:
            sign_in._stop(error.render(translate))

    return desk
