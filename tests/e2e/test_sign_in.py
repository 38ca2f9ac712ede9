"""Signing in with a provider, in a real browser: the wrong district sees nothing, a revoked account is out at once.

``XINHENG_SCREENSHOTS=FOLDER`` keeps a picture of what is seen.
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

from dashboards.pages import SECTIONS
from engine.access.rights import Role, read_rights
from engine.access.scope import scope_of
from engine.api.accounts import add_account, grant_account, revoke_account
from engine.store.documents import load_policies
from engine.store.ledgers.read_log import ReadLog
from engine.store.workspaces.workspace import Workspace
from tests.e2e.browsing import POLLED
from tests.oidc_provider import OidcProvider
from tests.small_sources import ACTOR, NOW
from tests.small_workspace import AS_OF, write_draw, write_measured
from tests.two_districts import SECRET, THERE, write_two_districts

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the pages", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
ENTRIES = [page for _section, pages in SECTIONS for page in pages]
OUT = "未获准登录"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sign-in") / "workspace"
    write_two_districts(path)
    write_measured(path, AS_OF)
    write_draw(path)
    return path


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as held:
        yield held


@pytest.fixture(scope="module")
def address(folder: Path, provider: OidcProvider) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder.parent / "sign-in.toml"
    settings.write_text(provider.secrets_toml(port), encoding="utf-8")
    call = [sys.executable, "-c", "from engine.cli import main; main()", "dashboard", "--sign-in", str(settings)]
    server = subprocess.Popen([*call, "--workspace", str(folder), "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                    break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: "playwright.Browser") -> Iterator["playwright.Page"]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True)
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def settle(tab: "playwright.Page") -> str:
    """Wait until nothing runs and return every word on the page."""
    tab.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
            && !document.querySelector('[data-testid=stSkeleton]')
            && document.querySelector('[data-testid=stMainBlockContainer]')?.innerText.trim().length > 0""",
        polling=POLLED,
    )
    return str(tab.locator("body").inner_text())


def sign_in(tab: "playwright.Page", address: str, provider: OidcProvider, email: str) -> str:
    provider.email = email
    tab.goto(address)
    tab.get_by_role("button", name="登录").click()
    (tab.get_by_text(OUT) if email.endswith("@nowhere") else tab.get_by_role("button", name="退出登录")).wait_for()
    return settle(tab)


def picture(tab: "playwright.Page", name: str) -> None:
    if kept := os.environ.get("XINHENG_SCREENSHOTS"):
        tab.screenshot(path=str(Path(kept) / f"{name}.png"), full_page=True)


def changed(folder: Path, what: object, account: str, **options: object) -> None:
    workspace = Workspace(folder)
    try:
        what(workspace, account, actor=ACTOR, clock=lambda: NOW, **options)  # type: ignore[operator]
    finally:
        workspace.close()


def test_before_signing_in_there_is_a_button_and_nothing_else(tab: "playwright.Page", address: str) -> None:
    for page in ENTRIES:
        tab.goto(f"{address}/{page.name.replace('_', '-')}")
        tab.get_by_role("button", name="登录").wait_for()
        words = settle(tab)
        assert tab.get_by_test_id("stMetric").count() == 0
        assert "4,547" not in words
    picture(tab, "sign-in-zh")


def test_the_wrong_district_tries_every_page_and_export_after_the_right_one_filled_the_caches(
    browser: "playwright.Browser", address: str, provider: OidcProvider, folder: Path
) -> None:
    seen: dict[str, list[str]] = {}
    for account in ("analyst@whole", "analyst@there", "analyst@here"):
        context = browser.new_context(locale="zh-CN", accept_downloads=True)
        context.set_default_timeout(60_000)
        tab = context.new_page()
        texts = [sign_in(tab, address, provider, account)]
        for page in ENTRIES:
            tab.goto(f"{address}/{page.name.replace('_', '-')}?lang=zh&population=enterprise")
            texts.append(settle(tab))
            buttons = tab.get_by_test_id("stDownloadButton").get_by_role("button")
            for n in range(buttons.count()):
                if n and n % 9 == 0:  # Chromium asks its user before the eleventh file of one visit
                    tab.reload()
                    settle(tab)
                with tab.expect_download() as waited:
                    buttons.nth(n).click()
                texts.append(Path(waited.value.path()).read_text(encoding="utf-8", errors="replace"))
        picture(tab, f"district-{account}-zh")
        seen[account] = texts
        context.close()

    assert any("4,547" in text for text in seen["analyst@whole"])
    for text in seen["analyst@here"]:
        assert SECRET not in text
        assert THERE not in text
        assert "4,547" not in text
        assert "1,000" not in text
    kinds = {entry.kind for entry in ReadLog(folder).entries() if entry.account == "analyst@here"}
    assert {"sign_in", "page"} <= kinds


def test_a_role_reaches_no_page_beyond_its_rights_by_address(
    tab: "playwright.Page", address: str, provider: OidcProvider, folder: Path
) -> None:
    rights = read_rights(load_policies(), on=AS_OF).of(Role.INSPECTOR)
    sign_in(tab, address, provider, "inspector@whole")
    for page in [each for each in ENTRIES if each.needs not in rights]:
        tab.goto(f"{address}/{page.name.replace('_', '-')}")
        tab.get_by_text("您的角色无权进行此操作").wait_for()
        assert "4,547" not in settle(tab)
    opened = {entry.what for entry in ReadLog(folder).entries() if entry.account == "inspector@whole"}
    assert opened & {page.name for page in ENTRIES if page.needs not in rights} == set()


def test_a_revoked_account_is_out_on_the_next_click(
    tab: "playwright.Page", address: str, provider: OidcProvider, folder: Path
) -> None:
    changed(folder, add_account, "leaves@whole", name="leaves", role=Role.LEADER, scope=scope_of())
    words = sign_in(tab, address, provider, "leaves@whole")
    assert "4,547" in words

    changed(folder, revoke_account, "leaves@whole", reason="left the bureau")
    tab.get_by_test_id("stSidebarNav").get_by_text("分级命中率").click()
    tab.get_by_text(OUT).wait_for()
    words = settle(tab)

    assert OUT in words
    assert "4,547" not in words
    assert tab.get_by_test_id("stMetric").count() == 0
    tab.reload()
    tab.get_by_text(OUT).wait_for()
    picture(tab, "revoked-zh")


def test_other_rows_take_effect_on_the_next_click(
    tab: "playwright.Page", address: str, provider: OidcProvider, folder: Path
) -> None:
    changed(folder, add_account, "moves@whole", name="moves", role=Role.LEADER, scope=scope_of())
    assert "4,547" in sign_in(tab, address, provider, "moves@whole")

    changed(folder, grant_account, "moves@whole", role=Role.LEADER, scope=scope_of(districts=["330681"]))
    tab.get_by_test_id("stSidebarNav").get_by_text("分级命中率").click()
    tab.get_by_text("xinheng marts build").first.wait_for()

    assert "4,547" not in settle(tab)


def test_who_has_no_account_or_no_word_of_the_provider_that_still_holds_stays_outside(
    tab: "playwright.Page", address: str, provider: OidcProvider
) -> None:
    assert OUT in sign_in(tab, address, provider, "stranger@nowhere")

    tab.context.clear_cookies()
    provider.seconds = 2
    try:
        provider.email = "leader@whole"
        tab.goto(address)
        tab.get_by_role("button", name="登录").click()
        tab.wait_for_timeout(2_500)
        tab.goto(address)
        tab.get_by_text("登录已过期").wait_for()
        assert "4,547" not in settle(tab)
    finally:
        provider.seconds = 3600
