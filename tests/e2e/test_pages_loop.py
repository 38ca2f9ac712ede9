"""The whole loop by hand in a real browser, everybody signed in with a provider under a role of their own.

An analyst moves ratios and drafts a policy, a leader approves it, one draw officer commits, the leader signs, another
officer draws, the auditor verifies; the scan-in comes in by a file, an inspector enters a result on a phone, the second
officer makes it public; the hit rate moves and equals the command line's. An objection to the result is decided.

The day is read from a file, so that a deadline passes without waiting. Plan lines come by command, as departments hand
them in. ``XINHENG_SCREENSHOTS=FOLDER`` keeps a picture of every step.
"""

import shutil
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from dashboards import words
from engine.api.draws.logged import latest_runs
from engine.api.policies.amendment import policy_in_force
from engine.api.results.desk import standing_results
from engine.api.workspace import open_workspace
from tests.e2e.browsing import CHROMIUM, HEIGHT, PHONE, WIDTH, Served, Visit, chromium, free_port, new_visit, served
from tests.e2e.demo_city import made_once, xinheng
from tests.e2e.lived_city import lived_city, most_drawn, scan_rows
from tests.oidc_provider import OidcProvider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the pages", allow_module_level=True)
pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

DRAW, PLAN, LINE = "2027-001", "2027-330600", "loop-1"
DRAFTED_ON, HANDED_IN_ON, PUBLISHED_ON = date(2026, 11, 16), date(2027, 1, 20), date(2027, 2, 8)
COMMITTED_ON, DRAWN_ON = date(2027, 3, 1), date(2027, 3, 4)
VISITED_ON, ENTERED_ON, REVIEWED_ON = date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 11)
RAISED = "80"
SECOND = "second_officer@city"
POPULATION = "enterprise"


class Office:
    """The people of the city, each signed in in a session of their own."""

    def __init__(self, city: Served, provider: OidcProvider, browser: "Browser") -> None:
        self.city, self._provider, self._browser = city, provider, browser
        self._sessions: dict[str, Visit] = {}

    def go(self, account: str, page: str, **asked: str) -> Visit:
        """Open a page as somebody, who signs in first where that was not done."""
        if account not in self._sessions:
            self._sessions[account] = self._signed_in(account)
        visit = self._sessions[account]
        address = "&".join(f"{name}={value}" for name, value in asked.items())
        visit.open(f"{self.city.address}/{page}?{address}")
        return visit

    def _signed_in(self, account: str) -> Visit:
        visit = new_visit(self._browser, self.city.address, self._provider.address)
        self._provider.email = account
        visit.tab.goto(self.city.address)
        visit.tab.get_by_role("button", name="登录").click()
        visit.tab.get_by_role("button", name="退出登录").wait_for()
        return visit

    def outside(self) -> list[str]:
        """What any of the sessions asked of the outside, and what went wrong in them."""
        return [each for visit in self._sessions.values() for each in (*visit.outside, *visit.complaints)]


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Office]:
    workspace, port = tmp_path / "workspace", free_port()
    shutil.copytree(made_once(tmp_path_factory, "lived-city", lived_city) / "workspace", workspace)
    added = ("account", "add", SECOND, "--name", "second officer", "--role", "draw_officer")
    xinheng(workspace, *added, day=DRAFTED_ON)
    with OidcProvider() as provider, chromium() as browser:
        settings = tmp_path / "sign-in.toml"
        settings.write_text(provider.secrets_toml(port), encoding="utf-8")
        with served(workspace, tmp_path, day=DRAFTED_ON, port=port, sign_in=settings) as city:
            yield Office(city, provider, browser)


def said(visit: Visit) -> str:
    return visit.tab.get_by_test_id("stMain").inner_text()


def test_from_a_moved_ratio_to_the_moved_hit_rate_by_hand(office: Office, tmp_path: Path) -> None:
    city = office.city
    _drafted_and_approved(office)
    _planned(city.workspace, tmp_path)
    _drawn(office)
    approved, committed, expected = _ratios(city.workspace)
    assert approved == int(RAISED) / 100
    assert committed == pytest.approx(expected), "the draw was not made by the approved ratios"
    before = _hit_rate(office, "analyst@city")

    city.turn(VISITED_ON)
    scans = tmp_path / "visits.csv"
    scan = scan_rows(city.workspace, DRAW, n=1, day=VISITED_ON, population=POPULATION)[0]
    pd.DataFrame([scan]).to_csv(scans, index=False, encoding="utf-8")
    visit = office.go("analyst@city", "quality")
    field = visit.tab.get_by_test_id("stFileUploader").filter(has_text="原始文件")
    field.locator("input[type=file]").set_input_files(scans)
    visit.tab.get_by_text("visits.csv").first.wait_for()
    visit.press("接收", then="报送 1 行，接收 1")
    key = _entered_on_a_phone(office, scan)

    after = _hit_rate(office, "analyst@city")
    assert before != after
    _objected(office, key)
    assert office.outside() == []


def _link_offered(visit: Visit, *, asks: str) -> str:
    """What the page gives to be passed on, also after a part of it ran by itself; opening it runs the page."""
    button = visit.tab.get_by_test_id("stPopover").get_by_role("button").first
    button.click()
    offered = visit.tab.get_by_test_id("stPopoverBody").locator("code").first
    visit.settle()
    offered.filter(has_text=asks).wait_for(timeout=10_000)
    found = offered.inner_text()
    visit.tab.keyboard.press("Escape")
    visit.settle()
    return found


def _drafted_and_approved(office: Office) -> None:
    """The analyst cannot approve what the analyst drafted; the leader can."""
    visit = office.go("analyst@city", "what-if")
    present = said(visit)
    visit.tab.get_by_role("spinbutton", name="D ◆ 风险高").first.fill(RAISED)
    visit.tab.keyboard.press("Enter")
    visit.tab.wait_for_url(f"**ratio_key_D={RAISED}*")
    visit.settle()
    assert said(visit) != present
    assert f"ratio_key_D={RAISED}" in _link_offered(visit, asks=f"ratio_key_D={RAISED}")
    visit.fill("依据文件", "市信用监管会议纪要〔2026〕9号")
    visit.fill("理由", "重点事项高风险主体检查偏少")
    visit.press("录入为草案", then="等待第二人")
    assert visit.tab.get_by_role("button", name="批准", exact=True).count() == 0
    visit.picture("loop-1-draft")

    visit = office.go("leader@city", "what-if")
    visit.fill("理由或文件", "同意")
    visit.press("批准", then="已批准")
    visit.picture("loop-2-approved")
    history = xinheng(office.city.workspace, "policy", "history")["history"]
    own = [each for each in history if each["draft_id"] == history[-1]["draft_id"]]
    assert [(each["event"], each["actor"]) for each in own] == [("drafted", "analyst"), ("approved", "leader")]


def _planned(workspace: Path, folder: Path) -> None:
    """The departments hand a line for the next year in; it goes its way to the published plan, by commands."""
    item, department = most_drawn(workspace, item_class="key", population=POPULATION)
    row: dict[str, Any] = {
        "line_id": LINE, "plan_year": 2027, "authority_code": "330600", "item_codes": item,
        "objects": "检查事项所涉主体", "ratio": "1", "window_start": "2027-02-15", "window_end": "2027-11-30",
        "initiating_department": department, "participating_departments": department,
        "draw_type": "open", "ratio_basis": "graded", "check_method": "onsite_check", "is_off_site": False,
        "draws_per_year": 1, "occurred_on": HANDED_IN_ON.isoformat(), "known_at": HANDED_IN_ON.isoformat(),
    }  # fmt: skip
    path = folder / "plans.csv"
    pd.DataFrame([row]).to_csv(path, index=False, encoding="utf-8")
    xinheng(workspace, "plan", "submit", str(path), actor="Wu:analyst", day=HANDED_IN_ON)
    for words_, actor, day in (
        (("plan", "schedule", PLAN), "Anna:draw_officer", HANDED_IN_ON),
        (("plan", "consolidate", PLAN), "Anna:draw_officer", HANDED_IN_ON),
        (("plan", "approve", PLAN, "--document", "联席会议〔2027〕1号"), "Chen:leader", PUBLISHED_ON),
        (("plan", "publish", PLAN, "--simulation", "7"), "Ding:leader", PUBLISHED_ON),
    ):
        xinheng(workspace, *words_, actor=actor, day=day)


def _drawn(office: Office) -> None:
    """One officer commits, the leader signs, another officer draws, the leader signs, the auditor verifies."""
    office.city.turn(COMMITTED_ON)
    visit = office.go("draw_officer@city", "hold-draw")
    visit.fill("抽取名称", DRAW)
    visit.tick(LINE)
    visit.press("冻结抽样框并公布承诺", then=f"已作出承诺 {DRAW}")
    visit = office.go("leader@city", "hold-draw", hold=DRAW, ceremony="1")
    visit.press("核对并签名", then="已签名。")
    office.city.turn(DRAWN_ON)
    visit = office.go("draw_officer@city", "hold-draw", hold=DRAW)
    visit.press("立即抽取", then="须由")
    visit = office.go(SECOND, "hold-draw", hold=DRAW, ceremony="1")
    visit.press("立即抽取", then=f"{DRAW} 已抽取")
    visit.picture("loop-3-drawn")
    visit = office.go("leader@city", "hold-draw", hold=DRAW)
    visit.press("核对并签名", then="已签名。")
    visit = office.go("auditor@city", "hold-draw", hold=DRAW)
    visit.press("立即重算本次抽取", then="frame.root")
    assert "✗" not in said(visit)
    visit.picture("loop-4-verified")


def _ratios(workspace: Path) -> tuple[float, list[float], list[float]]:
    """The ratio in force for grade D, what the draw committed to for each stratum, and the mean ratio of its objects.

    A stratum of few objects is drawn with its neighbour's, and then by the mean of their ratios.
    """
    held = open_workspace(workspace, create=False)
    ratios = policy_in_force(held, profile="default", on=COMMITTED_ON)
    by_grade = ratios[ratios["parameter"] == "ratios.key"].set_index("grade")["ratio"].map(Fraction).map(float)
    (run,) = latest_runs(held.warehouse, draw_ids=[DRAW]).values()
    strata = held.warehouse.read("strata", run_id=run).execute().set_index("stratum")
    objects = held.warehouse.read("selections", run_id=run).execute()
    held.close()
    assert "D" in set(objects["grade"]), "the draw holds nobody of the grade whose ratio was moved"
    expected = objects["grade"].map(by_grade).groupby(objects["stratum"]).mean()
    return float(by_grade["D"]), list(strata.loc[expected.index, "design_probability"]), list(expected)


def _entered_on_a_phone(office: Office, scan: dict[str, Any]) -> str:
    """The inspector enters what was found, on a phone; the second officer makes it public."""
    office.city.turn(ENTERED_ON)
    visit = office.go("inspector@city", "results", visit=scan["visit_id"])
    visit.tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    visit.settle()
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    visit.tab.get_by_text("发现问题已责令改正", exact=True).click()
    visit.choose("后续处置", "责令改正")
    visit.fill("证据，如：照片1;笔录2", "照片1")
    visit.press("录入", then="已录入")
    visit.picture("loop-5-entered-phone", width=PHONE[0])
    workspace = open_workspace(office.city.workspace, create=False)
    held = standing_results(workspace)
    workspace.close()
    key = str(held.loc[held["draw_id"] == DRAW, "key"].iloc[0])
    visit = office.go("inspector@city", "results", part_of_results="review")
    visit.press("提交", then="尚未选择")
    visit.tick(key)
    visit.press("提交", then="已提交 1 条结果")
    visit.tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    office.city.turn(REVIEWED_ON)
    visit = office.go(SECOND, "results", part_of_results="review")
    visit.tick(key)
    visit.press("公示", then="已公示 1 条结果")
    visit.picture("loop-6-public")
    return key


def _hit_rate(office: Office, account: str) -> str:
    """Measure anew and return what the page shows, once it is what the command prints."""
    visit = office.go(account, "hit-rate", population=POPULATION)
    visit.press("重新测量", then="已测量")
    visit.tab.wait_for_timeout(300)
    shown = visit.tables()[0]
    rows = xinheng(office.city.workspace, "measure", "--population", POPULATION)["grades"]
    printed = [
        [words.share(row["hit_rate"]), words.share_interval(row["low"], row["high"]), words.count(row["n"])]
        for row in rows
        if row["mode"] == "random"
    ]
    for cells, row in zip(printed, shown[1:], strict=True):
        assert set(cells) <= set(row), (cells, row)
    visit.picture("loop-7-hit-rate")
    return str(printed)


def _objected(office: Office, key: str) -> None:
    """The firm objects; the leader takes the objection up and has the result corrected."""
    visit = office.go("inspector@city", "objections", target=key)
    visit.fill("异议内容", "当日并未营业")
    visit.press("登记", then="已登记。")
    visit = office.go("leader@city", "objections")
    visit.choose("异议", key)
    visit.tab.get_by_text("受理并标注", exact=True).click()
    visit.press("执行", then="受理并标注。")
    visit.choose("异议", key)
    visit.tab.get_by_text("更正记录", exact=True).click()
    visit.tab.get_by_label("理由").fill("核实属实")
    visit.press("执行", then="更正记录。")
    workspace = open_workspace(office.city.workspace, create=False)
    held = standing_results(workspace).set_index("key")["state"]
    workspace.close()
    assert held[key] == "returned"
