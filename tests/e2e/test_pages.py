"""The pages in a real browser: they open in both languages, show their charts, and no request leaves the machine.

``XINHENG_SCREENSHOTS=FOLDER`` keeps a picture of every page in both languages; ``XINHENG_WORKSPACE`` shows that
workspace instead of the small one made here.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.small_workspace import AS_OF, EARLIER, write_draw, write_measured

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the pages", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1440, 900
PAGES = {
    "briefing": ("", {"zh": "简报", "en": "Briefing"}, 2),
    "hit-rate": ("hit-rate", {"zh": "分级命中率", "en": "Hit rate by grade"}, 1),
    "draw": ("draw", {"zh": "抽取与证书", "en": "The draw and its certificate"}, 3),
    "hold-draw": ("hold-draw", {"zh": "组织抽取", "en": "Hold a draw"}, 0),
    "results": ("results", {"zh": "检查结果", "en": "Results"}, 0),
    "warnings": ("warnings", {"zh": "风险预警", "en": "Early warnings"}, 0),
    "punishment": ("punishment", {"zh": "联合惩戒", "en": "Joint punishment"}, 0),
    "quality": ("quality", {"zh": "数据质量", "en": "Data quality"}, 0),
    "governance": ("governance", {"zh": "模型治理", "en": "Model governance"}, 0),
    "record": ("record", {"zh": "信用档案", "en": "Credit record"}, 0),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("XINHENG_WORKSPACE")
    if named:
        return Path(named)
    path = tmp_path_factory.mktemp("pages") / "workspace"
    write_measured(path, EARLIER, AS_OF)
    write_draw(path)
    return path


@pytest.fixture(scope="module")
def address(workspace: Path) -> Iterator[str]:
    """Start the dashboards as a person would and give their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    call = [sys.executable, "-c", "from engine.cli import main; main()", "dashboard", "--local"]
    server = subprocess.Popen([*call, "--workspace", str(workspace), "--port", str(port)], stdout=subprocess.PIPE)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)
        if server.stdout is not None:
            server.stdout.close()


def _wait_until_up(health: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(240):
        if server.poll() is not None:
            pytest.fail(f"the dashboards ended with status {server.returncode}")
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    pytest.fail("the dashboards did not start within a minute")


class Visit:
    """One browser tab that keeps count of what it asked for and what went wrong."""

    def __init__(self, tab: "playwright.Page", home: str) -> None:
        self.tab = tab
        self.outside: list[str] = []
        self.complaints: list[str] = []
        own = (home + "/", home.replace("http", "ws") + "/", "data:", "blob:")
        for event in ("request", "websocket"):
            tab.on(event, lambda made: None if made.url.startswith(own) else self.outside.append(made.url))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str, *, title: str, charts: int = 0) -> None:
        """Open a page and wait until its title and charts stand."""
        self.tab.goto(url)
        self.tab.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        self.settle(charts=charts)

    def settle(self, *, charts: int = 0) -> None:
        """Wait until nothing runs and every chart is drawn."""
        self.tab.wait_for_function(
            """charts => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
                && document.querySelectorAll('[data-testid=stVegaLiteChart] :is(canvas, svg.marks)').length >= charts
                && !document.querySelector('[data-testid=stSkeleton]')""",
            arg=charts,
        )

    def words(self) -> str:
        """Return the text of the main part."""
        return str(self.tab.get_by_test_id("stMain").inner_text())


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: "playwright.Browser", address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")
    context.set_default_timeout(60_000)
    made = Visit(context.new_page(), address)
    yield made
    context.close()
    assert made.outside == [], "a request left the machine"
    assert made.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_its_charts_and_asks_nothing_of_the_outside(
    page: str, language: str, visit: Visit, address: str
) -> None:
    path, titles, charts = PAGES[page]

    visit.open(f"{address}/{path}?lang={language}", title=titles[language], charts=charts)

    assert visit.tab.get_by_test_id("stException").count() == 0
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= WIDTH
    _keep_picture(visit, f"{page}-{language}")


def _keep_picture(visit: Visit, name: str) -> None:
    """Keep a picture of the whole page where XINHENG_SCREENSHOTS asks for one."""
    folder = os.environ.get("XINHENG_SCREENSHOTS")
    if folder:
        height = visit.tab.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
        visit.tab.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, int(height))})
        visit.settle()
        visit.tab.wait_for_timeout(500)
        visit.tab.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_link_reproduces_what_a_colleague_saw(visit: Visit, address: str, browser: "playwright.Browser") -> None:
    visit.open(f"{address}/hit-rate", title="分级命中率", charts=1)
    visit.tab.get_by_test_id("stMain").get_by_text("并列显示非随机抽取的检查").click()
    visit.tab.wait_for_url("**others=1**")
    visit.settle(charts=1)
    seen, link = visit.words(), visit.tab.url
    _keep_picture(visit, "hit-rate-beside-zh")

    colleague = Visit(browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page(), address)
    colleague.open(link, title="分级命中率", charts=1)

    assert "非设计推断" in seen
    assert colleague.words() == seen
    colleague.tab.context.close()


def test_language_and_population_stay_when_the_page_changes(visit: Visit, address: str) -> None:
    visit.open(f"{address}/?lang=zh", title="简报", charts=2)
    visit.tab.get_by_text("English", exact=True).click()
    visit.tab.get_by_role("heading", name="Briefing", exact=True, level=1).wait_for()
    visit.tab.get_by_test_id("stSidebarNav").get_by_text("The draw and its certificate").click()
    visit.tab.get_by_role("heading", name="The draw and its certificate", exact=True, level=1).wait_for()

    visit.tab.wait_for_url("**/draw?*lang=en*")


def test_recomputing_a_draw_shows_every_check(visit: Visit, address: str) -> None:
    visit.open(f"{address}/draw", title="抽取与证书", charts=3)

    visit.tab.get_by_role("button", name="立即重算本次抽取").click()
    visit.tab.get_by_text("frame.root").first.wait_for()
    visit.settle()

    assert "✗" not in visit.words()
    assert "✓" in visit.words()
    _keep_picture(visit, "draw-recomputed-zh")
