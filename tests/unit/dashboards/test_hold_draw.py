"""A draw held on the page by three people, then a result entered, refused to its author, and made public by another."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import sign_in
from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.desk import Desk
from engine.api.draws.export import export_draw
from engine.api.records.intake import ingest
from engine.api.results.desk import open_checks, standing_results
from engine.api.workspace import open_workspace
from tests.plan_world import BAO, at, carry_through, commit, draw, line, make, write
from tests.unit.dashboards.test_pages import words_of

APP = Path(__file__).parents[3] / "dashboards" / "app.py"
PEOPLE = {
    "anna": Role.DRAW_OFFICER,
    "bao": Role.DRAW_OFFICER,
    "chen": Role.LEADER,
    "li": Role.INSPECTOR,
    "auditor": Role.AUDITOR,
}
DAY = date(2026, 3, 2)


def folder_with(path: Path, *, lines: tuple[dict[str, object], ...] = (line("L1"),)) -> Path:
    workspace = make(path)
    carry_through(workspace, *lines)
    for name, role in PEOPLE.items():
        options = {"name": name.title(), "role": role, "scope": scope_of()}
        add_account(workspace, name, actor=BAO, clock=at(DAY), **options)  # type: ignore[arg-type]
    workspace.close()
    return path / "workspace"


class Page:
    """One page of one workspace, opened as different people on a day."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, monkeypatch
        monkeypatch.setenv("XINHENG_WORKSPACE", str(folder))
        monkeypatch.setenv("XINHENG_ACCESS", "local")
        st.cache_data.clear()

    def opened(self, page: str, person: str, *, day: date = DAY, **asked: str) -> AppTest:
        clock = at(day)
        found = Desk.of

        class Dated(Desk):
            @classmethod
            def of(cls, folder: Path, account: str, *, clock: object = clock) -> Desk:
                return found(folder, account, clock=clock)  # type: ignore[arg-type]

        self.patch.setattr(sign_in, "Desk", Dated)  # loaded above: whoever loads it later would keep the dated desk
        self.patch.setattr("engine.api.desk.Desk", Dated)
        app = AppTest.from_file(str(APP), default_timeout=90)
        for name, value in {"as": person, **asked}.items():
            app.query_params[name] = value
        app.run().switch_page(f"views/{page}.py").run()
        assert not app.exception
        return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def boxes(app: AppTest) -> list[str]:
    """The rows that can be ticked."""
    return [box.key.split("_", 3)[3] for box in app.checkbox]


def tick(app: AppTest, *rows: str) -> AppTest:
    for row in rows:
        app.checkbox[boxes(app).index(row)].check()
    return app


def test_three_people_hold_a_draw_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(folder_with(tmp_path), monkeypatch)
    app = page.opened("hold_draw", "anna")
    next(each for each in app.text_input if each.label == "抽取名称").set_value("D1")
    tick(app, "L1")
    press(app, "先看抽样框（不作承诺）")
    assert "已测算" in words_of(app) and not app.error
    assert "各事项、各等级的名额" in words_of(app) and not (page.folder / "draws").exists()
    next(each for each in app.text_input if each.label == "抽取名称").set_value("D1")
    tick(app, "L1")
    press(app, "冻结抽样框并公布承诺")
    assert not app.error, [each.value for each in app.error]

    alone = press(page.opened("hold_draw", "anna", hold="D1"), "核对并签名")
    assert alone.error
    signed = press(page.opened("hold_draw", "chen", hold="D1"), "核对并签名")
    assert not signed.error

    later = date(2026, 3, 5)
    mine = press(page.opened("hold_draw", "anna", day=later, hold="D1"), "立即抽取")
    assert mine.error
    ran = press(page.opened("hold_draw", "bao", day=later, hold="D1"), "立即抽取")
    assert not ran.error, [each.value for each in ran.error]
    press(page.opened("hold_draw", "chen", day=later, hold="D1"), "核对并签名")
    verified = press(page.opened("hold_draw", "auditor", day=later, hold="D1", ceremony="1"), "立即重算本次抽取")

    assert verified.success
    assert "✗" not in words_of(verified)
    assert "# `" in words_of(verified)


def test_another_person_closes_a_commitment_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(folder_with(tmp_path), monkeypatch)
    workspace = open_workspace(page.folder, create=False)
    commit(workspace, "D1", "L1")
    workspace.close()
    later = date(2026, 3, 12)

    for person, reason in (("anna", "名单有误"), ("bao", "")):
        refused = page.opened("hold_draw", person, day=later, hold="D1")
        next(each for each in refused.text_input if each.label == "理由（对外公布）").set_value(reason)
        press(refused, "关闭")
        assert refused.error
    closed = page.opened("hold_draw", "bao", day=later, hold="D1")
    next(each for each in closed.text_input if each.label == "理由（对外公布）").set_value("名单有误")
    press(closed, "关闭")

    assert "名单有误" in words_of(page.opened("hold_draw", "auditor", day=later, hold="D1"))


def test_who_only_watches_sees_no_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page(folder_with(tmp_path), monkeypatch).opened("hold_draw", "auditor")

    assert "无操作权限" in words_of(app)
    assert not app.checkbox


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    """A draw with one visit scanned in."""
    folder = folder_with(tmp_path)
    workspace = open_workspace(folder, create=False)
    draw(workspace, "D1", "L1")
    visits = pd.DataFrame(workspace.warehouse.read("visits", run_id=_draw_run(workspace)).execute())
    teams = pd.DataFrame(workspace.warehouse.read("teams", run_id=_draw_run(workspace)).execute())
    first = visits[visits["visit_id"].isin(teams["visit_id"])].iloc[0]
    officers = list(teams.loc[teams["visit_id"] == first["visit_id"], "inspector_code"])
    scan = {
        "visit_id": first["visit_id"], "entity_id": first["entity_id"], "task_id": None, "exemption": None,
        "notice_no": "n", "department_codes": "SCJG", "inspector_codes": ";".join(officers), "expert_codes": None,
        "item_codes": "K1", "entered_at": "09:00", "left_at": "10:00", "channel": "scan", "rating": 5,
        "complaint": None, "occurred_on": date(2026, 3, 10), "known_at": date(2026, 3, 10),
    }  # fmt: skip
    path = write(tmp_path / "scans", "visits", pd.DataFrame([scan]).astype({"rating": "Int64"}))
    ingest(workspace, [path], actor=BAO, clock=at(date(2026, 3, 10)))
    workspace.close()
    return folder


def _draw_run(workspace: object) -> str:
    return next(run.run_id for run in workspace.warehouse.runs(kind="draw"))  # type: ignore[attr-defined]


def test_a_file_that_somebody_brings_is_checked(checked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_workspace(checked, create=False)
    export_draw(workspace, "D1", out=tmp_path / "one.json")
    workspace.close()
    whole = (tmp_path / "one.json").read_bytes()
    commit_digest = json.loads((checked / "draws" / "D1" / "certificate.json").read_bytes())["commit_digest"]
    page = Page(checked, monkeypatch)
    swapped = whole.replace(b'"2026-03-02T', b'"2026-03-01T', 1)
    assert swapped != whole
    for content, verdict in ((whole, "success"), (swapped, "error"), (b"[1, 2]", "error")):
        app = page.opened("draw", "auditor")
        next(each for each in app.file_uploader if each.label == "抽取文件（JSON）").set_value(
            ("one.json", content, "application/json")
        )
        app.text_input(key="brought_digest").set_value(commit_digest).run()
        press(app, "核验")
        assert getattr(app, verdict), [words_of(app)]
        assert str(tmp_path) not in words_of(app)


def test_a_result_goes_from_the_phone_to_the_public(checked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, day = Page(checked, monkeypatch), date(2026, 3, 11)
    app = page.opened("results", "li", day=day)
    app.radio[0].set_value(app.radio[0].options[0])
    app.radio[0].set_value("no_problem") if app.radio[0].value is None else None
    press(app, "录入")
    assert not app.error, [each.value for each in app.error]
    workspace = open_workspace(checked, create=False)
    held = standing_results(workspace)
    due = open_checks(workspace, on=date(2026, 6, 1))
    workspace.close()
    assert list(held["state"]) == ["entered"]
    assert (due["days_late"] > 0).all()

    review = page.opened("results", "li", day=day, part_of_results="review")
    assert "未发现问题" in words_of(review)  # who makes it public reads what was found
    assert press(review, "提交").error[0].value == "尚未选择，请至少勾选一项。"
    press(tick(review, held["key"].iloc[0]), "提交")
    public = page.opened("results", "bao", day=date(2026, 3, 12), part_of_results="review")
    assert press(public, "公示").error[0].value == "尚未选择，请至少勾选一项。"
    press(tick(public, held["key"].iloc[0]), "公示")

    assert not public.error, [each.value for each in public.error]
    workspace = open_workspace(checked, create=False)
    assert list(standing_results(workspace)["state"]) == ["published"]
    workspace.close()
    assert datetime.fromisoformat(held["at"].iloc[0]).date() == day
