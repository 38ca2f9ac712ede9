"""What the tests of the pages share: the dashboards served on a day of their own, and a tab that notices faults."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import pytest

from tests.plan_world import at

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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
POLLED = 100
"""Milliseconds between two looks at whether a page stands; looking at every frame costs the page its processor."""
PHONE = (390, 844)
DATED = """
import sys
from datetime import datetime
from pathlib import Path
from engine.api.desk import Desk
day = Path(sys.argv.pop(1))
def clock():
    return datetime.fromisoformat(day.read_text())
Desk.__init__.__defaults__ = (clock,)
Desk.of.__func__.__kwdefaults__["clock"] = clock
from engine.api.jobs import board as jobs
def launch(desk, job, *, key):
    jobs.run_job(desk.folder, job.job_id, clock=desk.clock, key=key)
jobs._launch = launch
from dashboards.__main__ import main
main()
"""
"""The dashboards by a clock that reads a file, so that a deadline passes without waiting; jobs by the same clock."""


class Served:
    """A workspace whose pages are served, with the day they believe it is."""

    def __init__(self, workspace: Path, day_file: Path, address: str) -> None:
        self.workspace, self.address, self._day = workspace, address, day_file

    def turn(self, day: date) -> None:
        """Let it be another day."""
        self._day.write_text(at(day)().isoformat(), encoding="utf-8")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(workspace: Path, folder: Path, *, day: date, port: int = 0, sign_in: Path | None = None) -> Iterator[Served]:
    """Serve a workspace on a day; ``sign_in`` holds the settings of an identity provider, local without."""
    port = port or free_port()
    made = Served(workspace, folder / "day", f"http://127.0.0.1:{port}")
    made.turn(day)
    access = {"XINHENG_ACCESS": "local" if sign_in is None else "sign_in", "XINHENG_WORKSPACE": str(workspace)}
    call = [sys.executable, "-c", DATED, str(folder / "day"), f"--server.port={port}", "--server.address=127.0.0.1"]
    call += ["--server.headless=true"] + ([f"--secrets.files={sign_in}"] if sign_in else [])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(call, env={**os.environ, **access}, **quiet)  # type: ignore[call-overload]
    try:
        _wait_until_up(f"{made.address}/_stcore/health", server)
        yield made
    finally:
        server.terminate()
        server.wait(timeout=30)


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

    def __init__(self, tab: "Page", *homes: str) -> None:
        self.tab = tab
        self.outside: list[str] = []
        self.complaints: list[str] = []
        own = ("data:", "blob:", *(start for home in homes for start in (home + "/", home.replace("http", "ws") + "/")))
        for event in ("request", "websocket"):
            tab.on(event, lambda made: None if made.url.startswith(own) else self.outside.append(made.url))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str, *, title: str | None = None) -> None:
        """Open an address and wait until its page stands."""
        self.tab.goto(url)
        self.stand(title)

    def turn(self, title: str) -> None:
        """Go to another page by its name in the sidebar; stay where it stands already.

        A click on the page one is on runs it anew while its title stands, so nothing would tell when it is ready.
        """
        if self.tab.get_by_role("heading", level=1, name=title, exact=True).count():
            return self.settle()
        self.tab.get_by_test_id("stSidebarNav").get_by_text(title, exact=True).click()
        self.stand(title)

    def stand(self, title: str | None = None) -> None:
        """Wait until a page's title stands and nothing runs."""
        heading = self.tab.get_by_role("heading", level=1)
        (heading.first if title is None else heading.get_by_text(title, exact=True)).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing runs and nothing is half drawn."""
        self.tab.wait_for_function(
            """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
                && !document.querySelector('[data-testid=stSkeleton]')""",
            polling=POLLED,
        )

    def press(self, button: str, *, then: str) -> None:
        """Press a button and wait for what must then be said."""
        self.tab.get_by_role("button", name=button, exact=True).click()
        self.tab.get_by_test_id("stMain").get_by_text(then).first.wait_for()
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a list by its label, until the list says that it is chosen."""
        field = self.tab.get_by_test_id("stMain").get_by_role("combobox", name=label).first
        box = field.locator("xpath=ancestor::*[@data-testid='stSelectbox' or @data-testid='stMultiSelect'][1]")
        wanted = self.tab.get_by_role("option", name=option).first
        for _ in range(20):
            if option in box.inner_text() + field.input_value():
                break
            field.click()
            self.tab.wait_for_timeout(300)
            if wanted.is_visible():
                wanted.click()
                self.tab.wait_for_timeout(300)
        self.tab.keyboard.press("Escape")
        self.settle()

    def tick(self, row: str) -> None:
        """Tick the box of a row with one tap; of a longer list by what is written into the field above it first."""
        form = self.tab.get_by_test_id("stForm").filter(has=self.tab.get_by_role("checkbox"))
        box = form.get_by_test_id("stCheckbox").filter(has_text=row).first
        narrow = self.tab.get_by_label("按名称或代码的一部分缩小范围").first
        if not box.count() and narrow.count():
            narrow.fill(row)
            narrow.press("Enter")
            self.settle()
        touched = self.tab.evaluate("navigator.maxTouchPoints") > 0
        words = box.get_by_test_id("stMarkdownContainer")
        words.tap() if touched else words.click()
        assert box.get_by_role("checkbox").is_checked()

    def fill(self, label: str, text: str) -> None:
        """Write into a field and leave it."""
        field = self.tab.get_by_label(label, exact=True).first
        field.fill(text)
        field.press("Tab")
        self.settle()

    def words(self) -> str:
        """Return the text of the main part, cells of drawn tables included; icons are drawn by letters, and no text."""
        return str(
            self.tab.evaluate(
                """() => {
                    const main = document.querySelector('[data-testid=stMain]')
                    const drawings = main.querySelectorAll('[data-testid=stIconMaterial]')
                    const icons = new Set([...drawings].map(icon => icon.innerText))
                    const drawn = [...main.querySelectorAll('canvas :is(td, th)')].map(cell => cell.textContent)
                    return [...main.innerText.split('\\n').filter(line => !icons.has(line)), ...drawn].join('\\n')
                }"""
            )
        )

    def tables(self) -> list[list[list[str]]]:
        """Return the cells of the plain tables, heads first, folded ones too."""
        return list(
            self.tab.evaluate(
                """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stTable] table')].map(
                    table => [...table.querySelectorAll('tr')].map(
                        row => [...row.querySelectorAll('th,td')].map(cell => cell.textContent)))"""
            )
        )

    def cards(self) -> list[list[str]]:
        """Return the cards: name, figure, what stands below."""
        return list(
            self.tab.evaluate(
                """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stMetric]')].map(
                    card => ['stMetricLabel', 'stMetricValue', 'stMetricDelta'].map(
                        part => (card.querySelector(`[data-testid=${part}]`)?.innerText ?? '').trim()))"""
            )
        )

    def unfold(self) -> None:
        """Open everything that is folded away."""
        for each in self.tab.get_by_test_id("stMain").get_by_test_id("stExpander").all():
            if each.locator("details").get_attribute("open") is None:
                each.locator("summary").click()
        self.settle()

    def wait_for_drawn(self) -> None:
        """Wait until the tables that are drawn and not folded away have their cells, a moment after the page."""
        self.tab.wait_for_function(
            """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stDataFrame]')].every(
                table => !table.checkVisibility() || table.getBoundingClientRect().height < 1
                    || table.querySelector('canvas td'))""",
            polling=POLLED,
        )

    def drawn_tables(self) -> list[list[list[str]]]:
        """Return the cells in sight of the tables that are drawn, heads first."""
        return list(
            self.tab.evaluate(
                """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid=stDataFrame] canvas')]
                    .map(canvas => [...canvas.querySelectorAll('tr')].map(
                        row => [...row.querySelectorAll('th,td')].map(cell => cell.textContent)))
                    .filter(rows => rows.length)"""
            )
        )

    def taken(self, button: "Locator") -> bytes:
        """Take a file away and return it."""
        with self.tab.expect_download() as waiting:
            button.locator("button").click()
        return Path(waiting.value.path()).read_bytes()

    def picture(self, name: str, *, width: int = WIDTH) -> None:
        """Keep a picture of the whole page where XINHENG_SCREENSHOTS asks for one."""
        folder = os.environ.get("XINHENG_SCREENSHOTS")
        if not folder:
            return
        least = HEIGHT if width == WIDTH else PHONE[1]
        self.tab.set_viewport_size({"width": width, "height": least})
        self.settle()
        tall = self.tab.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
        self.tab.set_viewport_size({"width": width, "height": max(least, int(tall))})
        self.settle()
        self.tab.wait_for_timeout(700)
        self.tab.screenshot(path=str(Path(folder) / f"{name}.png"))
        self.tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def new_visit(browser: "Browser", *homes: str, **options: Any) -> Visit:
    """Return a tab in a session of its own."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN", **options)
    context.set_default_timeout(60_000)
    return Visit(context.new_page(), *homes)


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start the browser of this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()
