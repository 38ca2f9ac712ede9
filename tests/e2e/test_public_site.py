"""A published site in a real browser, straight from its folder: search, a firm's results, the draw in the verifier.

What must never be public is planted in the workspace first and looked for in every file afterwards.
"""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlparse

import pandas as pd
import pytest

from engine.api.site.publication import PUBLISHED, editions
from engine.api.workspace import open_workspace
from engine.draw.publishing.bundle import bundle_files
from engine.draw.verifying.verification import verify_bundle
from engine.errors import DrawError, StoreError
from engine.publicity.disclosure import DisclosureLimits
from engine.publicity.search import build_index, index_scripts, results_page, standing_scripts
from engine.store.draws.bundles import write_bundle
from tests.draw_cases import make_case
from tests.site_records import ACTOR, NOW, PLANTED, planted_in, written
from tests.small_workspace import AS_OF as MEASURED_ON
from tests.small_workspace import write_draw, write_measured

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the site", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the axe package is not installed")

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PAGES = ("index", "items", "plans", "draws", "draws/2026-007", "results", "objection")
STANDARDS = ("RFC", "BLS", "RSA", "NIST", "drand", "Ed25519", "xinheng", "verify")
EDITIONS = [f"{folder}{name}.html" for folder in ("", "en/") for name in PAGES]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "workspace"
    write_measured(path, MEASURED_ON)
    write_draw(path)
    return path


@pytest.fixture(scope="module")
def site(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(workspace, tmp_path_factory.mktemp("site") / "public")


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: "playwright.Browser", site: Path) -> Iterator["playwright.Page"]:
    outside, complaints = [], []
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.on("request", lambda made: None if made.url.startswith((site.as_uri(), "blob:")) else outside.append(made))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert outside == []
    assert complaints == []


def test_simulated_draws_are_published_only_as_a_demonstration(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(DrawError, match="simulated"):
        written(workspace, tmp_path / "real", is_demo=False)

    assert not (tmp_path / "real").exists()


def test_a_folder_with_other_content_is_not_replaced(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")

    with pytest.raises(StoreError, match="no site"):
        written(workspace, tmp_path, as_of=date(2026, 6, 30))

    assert (tmp_path / "letter.txt").read_text() == "keep me"


@pytest.mark.parametrize("folder", ["", "en/"])
def test_every_link_of_a_feed_leads_to_a_page_of_its_language(folder: str, site: Path) -> None:
    feed = json.loads((site / folder / "feed.json").read_bytes())
    atom = (site / folder / "feed.xml").read_text("utf-8")

    assert feed["items"]
    for entry in feed["items"]:
        page = (site / folder / entry["url"]).read_text("utf-8")
        assert f'<html lang="{feed["language"]}">' in page
        assert entry["url"] in atom
        assert entry["id"] in atom


def test_nothing_planted_stands_in_any_published_file(site: Path) -> None:
    n_read, found = planted_in(site)

    assert found == []
    assert n_read > 500


def test_the_scan_finds_what_is_there(site: Path, tmp_path: Path) -> None:
    (tmp_path / "leak.js").write_text(f'take("x",["{PLANTED[1]}"]);')
    (tmp_path / "score.csv").write_text("score\n4711.0815\n")

    assert {path for path, _ in planted_in(tmp_path)[1]} == {"leak.js", "score.csv"}


def test_names_and_handles_stand_in_no_file_together(site: Path) -> None:
    for path in site.rglob("*"):
        if path.is_file() and b"\xe8\x99\x9a\xe6\x9e\x84" in path.read_bytes():
            assert "draws" not in path.relative_to(site).parts


def test_content_that_would_give_classes_away_is_withheld_beside_names(workspace: Path, tmp_path: Path) -> None:
    strict = DisclosureLimits(least_visits=1000, most_share=Fraction(1, 2), most_gain=Fraction(1, 100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.api.site.draws.read_limits", lambda book, *, on: strict)
        named = written(workspace, tmp_path / "named")
        bare = written(workspace, tmp_path / "bare", with_names=False)

    assert [path.name for path in (named / "draws" / "2026-007").iterdir()] == ["commitment.json"]
    assert "不与名称" not in (bare / "draws" / "2026-007.html").read_text()
    assert (bare / "draws" / "2026-007" / "frame" / "000000.bin").is_file()
    assert len((bare / "results.csv").read_text("utf-8-sig").splitlines()) == 1


def test_a_sealed_draw_shows_its_commitment_until_its_release(workspace: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    case = make_case(simulated=True, changes={"profile": "sealed", "release": "2026-06-30T12:00:00+08:00"})
    files = bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    write_bundle(copy / "draws" / "2026-017", files)

    early = written(copy, tmp_path / "early", as_of=date(2026, 6, 28))
    fast_calendar = written(copy, tmp_path / "calendar", as_of=date(2026, 7, 2), at=datetime(2026, 6, 29, tzinfo=UTC))
    late = written(copy, tmp_path / "late", as_of=date(2026, 7, 2), with_names=False)

    for site in (early, fast_calendar):
        assert [path.name for path in (site / "draws" / "2026-017").iterdir()] == ["sealed.json"]
        assert case.drawn.seed.hex() not in (site / "draws" / "2026-017.html").read_text()
        assert "封存" in (site / "draws" / "2026-017.html").read_text()
        sealed = verify_bundle(json.loads((site / "draws" / "2026-017" / "sealed.json").read_bytes()))
        assert sealed.ok
        assert "neither frame nor selection" in str(sealed.caution)
    assert (late / "draws" / "2026-017" / "frame" / "000000.bin").is_file()


def test_names_and_linkable_content_are_never_published_one_after_the_other(workspace: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    opened = open_workspace(copy, create=False)
    opened.ledger.append(
        PUBLISHED, subject="site", content={"names": True, "linkable": ["2026-001"]}, actor=ACTOR, at=NOW
    )
    opened.close()
    strict = DisclosureLimits(least_visits=1000, most_share=Fraction(1, 2), most_gain=Fraction(1, 100))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.api.site.draws.read_limits", lambda book, *, on: strict)
        patch.setattr("engine.api.site.publication.refuse_simulated", lambda held, *, is_demo: None)
        with pytest.raises(DrawError, match="content of draw 2026-001 was published"):
            written(copy, tmp_path / "named", is_demo=False)
        with pytest.raises(DrawError, match="results by name were published"):
            written(copy, tmp_path / "bare", is_demo=False, with_names=False)


@pytest.mark.parametrize("query", ["商店0699", "91330602330000699X", "商店　０６９９"])
def test_a_firm_is_found_by_part_of_its_name_and_its_results_are_shown(
    query: str, site: Path, tab: "playwright.Page"
) -> None:
    tab.goto((site / "results.html").as_uri())
    tab.fill("#query", query)
    tab.click("#firms button")
    tab.wait_for_selector("#results table")

    assert "虚构商店0699" in tab.inner_text("#results")
    assert "发现问题已责令改正" in tab.inner_text("#results")
    assert "演示" in tab.inner_text(".banner")

    tab.click("#results a")
    assert tab.input_value("#object") == "虚构商店0699诊所"


@pytest.mark.parametrize(("query", "said"), [("没有此店", "没有该对象"), ("店", "更长")])
def test_an_empty_search_says_so(query: str, said: str, site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "results.html").as_uri())
    tab.fill("#query", query)
    tab.wait_for_function("document.getElementById('status').textContent")

    assert said in tab.inner_text("#status")
    assert tab.query_selector_all("#firms button") == []


def test_the_english_search_shows_english_results(site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "en" / "results.html").as_uri())
    tab.fill("#query", "商店0699")
    tab.click("#firms button")
    tab.wait_for_selector("#results table")

    assert "ordered to correct it" in tab.inner_text("#results")


def test_the_published_draw_passes_the_published_verifier(site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "draws" / "2026-007.html").as_uri())
    links = [str(link.get_attribute("href")).removeprefix("../") for link in tab.query_selector_all("main li a")]
    tab.goto((site / "verifier.html").as_uri())
    tab.set_input_files("#files", [site / link for link in links])
    tab.wait_for_selector("#verdict")

    assert tab.query_selector_all('tr[data-state="failed"]') == []
    assert tab.query_selector_all('tr[data-check="frame.root"][data-state="passed"]') != []
    assert tab.is_visible("#simulated")


def test_every_link_leads_to_a_file_of_the_site(site: Path, tab: "playwright.Page") -> None:
    for name in EDITIONS:
        tab.goto((site / name).as_uri())
        for link in tab.evaluate("[...document.querySelectorAll('a')].map((one) => one.href)"):
            assert Path(urlparse(link).path).is_file(), f"{name}: {link}"


def test_pages_pass_the_accessibility_check_and_fit_a_phone(site: Path, tab: "playwright.Page") -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    for name in [*EDITIONS, "verifier.html"]:
        tab.goto((site / name).as_uri())
        found = axe.Axe().run(tab).response["violations"]

        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], name
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert tab.evaluate("document.documentElement.lang") == ("en" if name.startswith("en/") else "zh-CN")


def test_no_english_words_stand_in_the_chinese_pages(site: Path, tab: "playwright.Page") -> None:
    allowed = {"English", "JSON", "CSV", "XLSX", "Atom", "json", "bin", "frame", "sha256", "sim", "fire", "price"}
    allowed |= {"commitment", "certificate", "manifest", "roster", "pdf"}
    for name in [*EDITIONS[: len(PAGES)], "verifier.html"]:
        tab.goto((site / name).as_uri())
        words = re.findall(r"[A-Za-z][A-Za-z0-9]{2,}", tab.inner_text("body"))
        strange = {word for word in words if word not in allowed and not re.fullmatch(r"[0-9a-f]{16,}", word)}
        assert strange <= {"ssdraw", "SIMULATED", *STANDARDS}, name


def test_an_objection_is_saved_as_a_text_and_sends_nothing(site: Path, tab: "playwright.Page") -> None:
    tab.goto((site / "objection.html").as_uri())
    tab.fill("#object", "虚构商店0001")
    tab.fill("#subject", "结果有误")
    with tab.expect_download() as saved:
        tab.click("#save")

    text = Path(saved.value.path()).read_text()
    assert "虚构商店0001" in text
    assert "结果有误" in text


def test_a_name_is_found_behind_many_that_have_its_pairs_but_not_its_text(
    tmp_path: Path, browser: "playwright.Browser"
) -> None:
    decoys = [f"甲乙一{n:03d}乙丙" for n in range(120)]
    rows = pd.DataFrame({"name": [*decoys, "甲乙丙店"], "uscc": "", "district": "区", "result": "no_problem"})
    index = build_index(rows)
    chinese = editions(is_demo=True)[0]
    page = results_page(chinese, index, clean_months=24, adverse_months=60)
    for path, content in [("results.html", page), *index_scripts(index), *standing_scripts(rows)]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto((tmp_path / "results.html").as_uri())

    tab.fill("#query", "甲乙丙")
    tab.wait_for_selector("#firms button")
    found = [button.inner_text() for button in tab.query_selector_all("#firms button")]
    tab.fill("#query", "甲乙")
    tab.wait_for_function("document.querySelectorAll('#firms button').length > 1")

    assert found == ["甲乙丙店 · 区"]
    assert tab.inner_text("#status") == "只列前 50 户，请输入更完整的名称"
    context.close()
