"""By hand in a real browser: commit, sign, draw, sign, verify; enter a result on a phone, review, make public; measure.

The hit rate moves, and an objection to the result is registered and decided by another person.

Every person opens the pages as himself; the day is read from a file, so that a deadline can pass without waiting; jobs
run in the server by the same clock.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.error import URLError

import pandas as pd
import pytest

from engine.api.records.intake import ingest
from engine.api.results.desk import standing_results
from engine.api.workspace import open_workspace
from tests.plan_world import BAO, at, write
from tests.unit.dashboards.test_hold_draw import folder_with

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the pages", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

START = """
import sys
from datetime import datetime
from pathlib import Path
from engine.api.desk import Desk
day = Path(sys.argv.pop(1))
def clock():
    return datetime.fromisoformat(day.read_text())
Desk.__init__.__defaults__ = (clock,)
Desk.of.__func__.__kwdefaults__["clock"] = clock
from engine.api.work import jobs
def launch(desk, job, *, key):
    jobs.run_job(desk.folder, job.job_id, clock=desk.clock, key=key)
jobs._launch = launch
from dashboards.__main__ import main
main()
"""
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DRAWN, LATER, ENTERED, REVIEWED = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 11), date(2026, 3, 12)


class City:
    """A workspace whose pages are served, with the day they believe it is."""

    def __init__(self, folder: Path, workspace: Path, address: str) -> None:
        self.folder, self.workspace, self.address = folder, workspace, address

    def turn(self, day: date) -> None:
        (self.folder / "day").write_text(at(day)().isoformat(), encoding="utf-8")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    workspace = folder_with(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = City(tmp_path, workspace, f"http://127.0.0.1:{port}")
    made.turn(DRAWN)
    environment = {**os.environ, "XINHENG_WORKSPACE": str(workspace), "XINHENG_ACCESS": "local"}
    call = [sys.executable, "-c", START, str(tmp_path / "day"), "--server.port", str(port)]
    server = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{made.address}/_stcore/health", timeout=5):
                    break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.25)
        yield made
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def tab() -> Iterator["playwright.Page"]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN").new_page()
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def go(tab: "playwright.Page", city: City, page: str, person: str, **asked: str) -> None:
    address = "&".join(f"{name}={value}" for name, value in {"as": person, **asked}.items())
    tab.goto(f"{city.address}/{page}?{address}")
    tab.get_by_role("heading", level=1).first.wait_for()
    settle(tab)


def settle(tab: "playwright.Page") -> None:
    tab.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
            && !document.querySelector('[data-testid=stSkeleton]')"""
    )


def press(tab: "playwright.Page", button: str, *, then: str) -> None:
    tab.get_by_role("button", name=button, exact=True).click()
    tab.get_by_test_id("stMain").get_by_text(then).first.wait_for()
    settle(tab)
    picture(tab, button)


def choose(tab: "playwright.Page", label: str, option: str) -> None:
    tab.get_by_role("combobox", name=label).first.click()
    tab.get_by_role("option", name=option).first.click()
    tab.keyboard.press("Escape")


def wait_for_cell(tab: "playwright.Page", text: str) -> None:
    """Wait until a cell that is drawn, not written, holds the text: tables are drawn a moment after the page stands."""
    cells = "[...document.querySelectorAll('[data-testid=stMain] canvas')].map(c => c.textContent).join()"
    tab.wait_for_function(f"text => {cells}.includes(text)", arg=text)


def picture(tab: "playwright.Page", name: str) -> None:
    if kept := os.environ.get("XINHENG_SCREENSHOTS"):
        tab.screenshot(path=str(Path(kept) / f"loop-{name}.png"))


def test_a_draw_is_held_and_its_result_made_public_by_hand(city: City, tab: "playwright.Page") -> None:
    go(tab, city, "hold-draw", "anna")
    tab.get_by_label("抽取名称").fill("D1")
    choose(tab, "计划任务", "L1")
    press(tab, "冻结抽样框并公布承诺", then="已作出承诺 D1")
    go(tab, city, "hold-draw", "chen", hold="D1", ceremony="1")
    press(tab, "核对并签名", then="已签名。")
    city.turn(LATER)
    go(tab, city, "hold-draw", "bao", hold="D1", ceremony="1")
    press(tab, "立即抽取", then="D1 已抽取")
    go(tab, city, "hold-draw", "chen", hold="D1")
    press(tab, "核对并签名", then="已签名。")
    go(tab, city, "hold-draw", "auditor", hold="D1")
    press(tab, "立即重算本次抽取", then="frame.root")
    assert "✗" not in tab.get_by_test_id("stMain").inner_text()

    key = _scanned_in(city)
    city.turn(ENTERED)
    tab.set_viewport_size({"width": 390, "height": 844})
    go(tab, city, "results", "li")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.get_by_text("未发现问题", exact=True).click()
    press(tab, "录入", then="已录入")
    tab.set_viewport_size({"width": 1440, "height": 1000})
    go(tab, city, "results", "li", part_of_results="review")
    choose(tab, "提交审核", key)
    press(tab, "提交", then="已提交 1 条结果")
    city.turn(REVIEWED)
    go(tab, city, "results", "bao", part_of_results="review")
    choose(tab, "结果", key)
    press(tab, "公示", then="已公示 1 条结果")

    workspace = open_workspace(city.workspace, create=False)
    assert list(standing_results(workspace)["state"]) == ["published"]
    workspace.close()

    go(tab, city, "hit-rate", "bao")
    assert "还没有任何度量结果" in tab.get_by_test_id("stMain").inner_text()
    press(tab, "重新测量", then="已测量：抽取 D1 的 1 项结果，其中 0 项发现问题。")
    go(tab, city, "hit-rate", "chen")
    assert "n=1" in tab.get_by_test_id("stMain").inner_text()

    go(tab, city, "objections", "li", target=key)
    tab.get_by_label("异议内容").fill("当日并未营业")
    press(tab, "登记", then="已登记。")
    go(tab, city, "objections", "chen")
    tab.get_by_text("受理并标注", exact=True).click()
    press(tab, "执行", then="受理并标注。")
    wait_for_cell(tab, "已受理并标注异议")
    tab.get_by_text("更正记录", exact=True).click()
    tab.get_by_label("理由").fill("核实属实")
    press(tab, "执行", then="更正记录。")
    workspace = open_workspace(city.workspace, create=False)
    assert list(standing_results(workspace)["state"]) == ["returned"]
    workspace.close()


def _scanned_in(city: City) -> str:
    """Scan one drawn visit in, as the departments' devices do, and return the key of its result."""
    workspace = open_workspace(city.workspace, create=False)
    run = next(each.run_id for each in workspace.warehouse.runs(kind="draw"))
    visits = workspace.warehouse.read("visits", run_id=run).execute()
    teams = workspace.warehouse.read("teams", run_id=run).execute()
    first = visits[visits["visit_id"].isin(teams["visit_id"])].iloc[0]
    officers = list(teams.loc[teams["visit_id"] == first["visit_id"], "inspector_code"])
    day = date(2026, 3, 10)
    scan = {
        "visit_id": first["visit_id"], "entity_id": first["entity_id"], "task_id": None, "exemption": None,
        "notice_no": "n", "department_codes": "SCJG", "inspector_codes": ";".join(officers), "expert_codes": None,
        "item_codes": "K1", "entered_at": "09:00", "left_at": "10:00", "channel": "scan", "rating": 5,
        "complaint": None, "occurred_on": day, "known_at": day,
    }  # fmt: skip
    path = write(city.folder / "scans", "visits", pd.DataFrame([scan]).astype({"rating": "Int64"}))
    ingest(workspace, [path], actor=BAO, clock=at(day))
    workspace.close()
    return f"{first['visit_id']}-K1-SCJG"
