"""A published site in a real browser, straight from its folder: search, a firm's results, the draw in the verifier.

What must never be public is planted in the workspace first and looked for in every file afterwards.
"""

import shutil
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.api.publication import publish
from engine.api.workspace import open_workspace
from engine.errors import DrawError, StoreError
from engine.publicity.masking import private_numbers
from engine.store.documents import load_policies
from tests.small_workspace import AS_OF, write_draw, write_measured

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the site", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

PLANTED = ("330602198001013338", "13800138000", "6222021234567890123", "4711.0815", "ZF-PLANTED", "暗巷9号")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


class Records:
    """Contract tables as the warehouse gives them, with things planted that must stay private."""

    def __init__(self, n_firms: int = 700) -> None:
        numbers = range(n_firms)
        ids = [f"uscc:9133060233{n:07d}X" for n in numbers]
        entities = pd.DataFrame(
            {
                "entity_id": ids,
                "uscc": [one.removeprefix("uscc:") for one in ids],
                "name": [f"虚构商店{n:04d}" for n in numbers],
                "district_code": "330602",
                "address": PLANTED[5],
                "occurred_on": pd.Timestamp("2020-01-01"),
            }
        )
        entities.loc[3, "name"] = f"虚构商店0003（{PLANTED[1]}）"
        entities.loc[4, "name"] = f"虚构商店0004 {PLANTED[0]}"
        entities.loc[5, "name"] = f"虚构商店0005 {PLANTED[2]}"
        inspections = pd.DataFrame(
            {
                "entity_id": ids,
                "item_code": "I1",
                "department_code": "D1",
                "selection_mode": "random",
                "draw_id": "2026-001",
                "stratum": "s-4",
                "result_codes": ["corrected" if n % 3 == 0 else "no_problem" for n in numbers],
                "severity_score": float(PLANTED[3]),
                "inspector_code": PLANTED[4],
                "occurred_on": pd.Timestamp("2026-04-01"),
                "known_at": pd.Timestamp("2026-04-02"),
            }
        )
        items = dict.fromkeys(("ratio_cap", "basis", "body", "content", "method", "edition"), "")
        self.tables = {
            "entities": entities,
            "inspections": inspections,
            "items": pd.DataFrame(
                [{"item_code": "I1", "name": "登记检查", "department_code": "D1", "item_class": "general", **items}]
            ),
            "departments": pd.DataFrame([{"department_code": "D1", "name": "市场监管局"}]),
            "districts": pd.DataFrame([{"district_code": "330602", "name": "越城区"}]),
        }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "workspace"
    write_measured(path, AS_OF)
    write_draw(path)
    return path


@pytest.fixture(scope="module")
def site(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "public"
    with pytest.MonkeyPatch.context() as patch:
        records = Records().tables
        patch.setattr("engine.api.publication.current_version", lambda workspace, name, *, as_of: records[name])
        opened = open_workspace(workspace, create=False)
        publish(opened, out, as_of=AS_OF, is_demo=True, book=load_policies())
        opened.close()
    return out


@pytest.fixture
def tab(site: Path) -> Iterator["playwright.Page"]:
    outside, complaints = [], []
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = chromium.new_context(offline=True).new_page()
        page.on("request", lambda made: None if made.url.startswith((site.as_uri(), "blob:")) else outside.append(made))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        chromium.close()
    assert outside == []
    assert complaints == []


def test_simulated_draws_are_published_only_as_a_demonstration(workspace: Path, tmp_path: Path) -> None:
    opened = open_workspace(workspace, create=False)

    with pytest.raises(DrawError, match="simulated"):
        publish(opened, tmp_path / "real", as_of=AS_OF, is_demo=False, book=load_policies())

    opened.close()
    assert not (tmp_path / "real").exists()


def test_a_folder_with_other_content_is_not_replaced(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    opened = open_workspace(workspace, create=False)

    with pytest.raises(StoreError, match="no site"):
        publish(opened, tmp_path, as_of=date(2026, 6, 30), is_demo=True, book=load_policies())

    opened.close()
    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_nothing_planted_stands_in_any_published_file(site: Path) -> None:
    n_read = 0
    for path in site.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                content = b"".join(parts.read(name) for name in parts.namelist())
        n_read += 1
        assert [one for one in PLANTED if one.encode() in content] == [], path.name
        if path.suffix in (".csv", ".html", ".js"):
            assert private_numbers(content.decode()) == (), path.name
    assert n_read > 15


def test_names_and_handles_stand_in_no_file_together(site: Path) -> None:
    for path in site.rglob("*"):
        if path.is_file() and b"\xe8\x99\x9a\xe6\x9e\x84" in path.read_bytes():
            assert "draws" not in path.relative_to(site).parts


def test_a_firm_is_found_and_its_results_shown(site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "results.html").as_uri())
    tab.fill("#query", "商店0699")
    tab.click("#firms button")
    tab.wait_for_selector("#results table")

    assert "登记检查" in tab.inner_text("#results")
    assert "发现问题已责令改正" in tab.inner_text("#results")
    assert "DEMONSTRATION" in tab.inner_text(".banner")


def test_the_published_draw_passes_the_published_verifier(site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "draws.html").as_uri())
    links = [str(link.get_attribute("href")) for link in tab.query_selector_all("td a")]
    tab.goto((site / "verifier.html").as_uri())
    tab.set_input_files("#files", [site / link for link in links])
    tab.wait_for_selector("#verdict")

    assert tab.query_selector_all('tr[data-state="failed"]') == []
    assert tab.query_selector_all('tr[data-check="frame.root"][data-state="passed"]') != []
    assert tab.is_visible("#simulated")


def test_every_page_has_a_language_a_heading_and_labelled_fields(site: Path, tab: "playwright.Page") -> None:
    for path in site.glob("*.html"):
        tab.goto(path.as_uri())

        assert tab.evaluate("document.documentElement.lang") == "zh-CN"
        assert tab.locator("h1").count() == 1
        assert tab.evaluate("[...document.querySelectorAll('input, textarea')].every(one => one.labels.length)")
        assert tab.evaluate("[...document.querySelectorAll('th')].every(one => one.scope)")
