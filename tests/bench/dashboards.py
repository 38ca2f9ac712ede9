"""The pages over a million objects in a real browser: first page, other pages, a ratio moved, twenty people at once.

``XINHENG_WORKSPACE`` names a workspace to show; else one is made of a city that lived some months, with tens of
thousands of cases of joint punishment and of warnings (see ``tests.big_workspace``, some minutes).
Times run from the click to the page at rest with its charts drawn: medians. "Nothing kept" is the first person after
the server started; everything else is as people meet it during the day.
"""

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.async_api import Browser, Page, async_playwright

from dashboards.pages import SECTIONS
from engine.api.desk import china_time
from engine.api.marts.building import build_marts
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
from tests.big_workspace import write_big
from tests.e2e.lived_city import lived_city
from tests.page_visitor import Seen, Visitor

TIMES = 500
PEOPLE, REPEATS, MOVES = 20, 3, 7
MOVED_FIELD = 6
"""Place of the field that is moved: general items, grade B."""
FIRST_SECONDS, OTHER_SECONDS, MOVED_SECONDS = 3.0, 2.0, 0.5
CHARTS = {"hit-rate": 1, "draw": 3, "what-if": 1}
"""Charts that must stand on a page before it rests; of other pages none are waited for."""
OTHERS = {
    name: CHARTS.get(name, 0)
    for name in (page.name.replace("_", "-") for _section, pages in SECTIONS for page in pages)
    if name != "briefing"
}
"""Every other page that is registered."""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_n = 0
"""Objects of the workspace shown."""
DRAWN = """() => {
    const chart = document.querySelector('[data-testid=stVegaLiteChart] :is(canvas, svg.marks)');
    const picture = chart === null ? '' : chart.tagName === 'CANVAS' ? chart.toDataURL() : chart.outerHTML;
    return [[...document.querySelectorAll('[data-testid=stMetric]')].map(e => e.innerText).join('|'), picture];
}"""
"""The figures on the page, and the picture of its first chart."""
AT_REST = """charts => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && document.querySelectorAll('[data-testid=stVegaLiteChart] :is(canvas, svg.marks)').length >= charts
    && document.querySelector('[data-testid=stHeading]') && !document.querySelector('[data-testid=stSkeleton]')"""


def rows() -> list[dict]:
    """Return the measurements of one run."""
    named = os.environ.get("XINHENG_WORKSPACE")
    if named:
        return asyncio.run(_measured(Path(named)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workspace"
        write_big(lived_city(Path(folder) / "city"), path, times=TIMES)
        return asyncio.run(_measured(path))


async def _measured(workspace: Path) -> list[dict]:
    global _n
    held = Workspace(workspace)
    _n = int(held.warehouse.table("entities").entity_id.nunique().execute())
    _, building = _timed(lambda: build_marts(held, actor=Actor("bench", "admin"), clock=china_time))
    held.close()
    with _served(workspace) as (address, pid):
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=_chromium(), args=QUIET)
            found = [_row("dashboard: marts built", building, pid, limit=None)]
            found += await _one_person(browser, address, pid)
            found += await _many_people(address, pid)
            await browser.close()
    return found


async def _one_person(browser: Browser, address: str, pid: int) -> list[dict]:
    cold = await _opened(browser, address, "", charts=2)
    used = _cpu_seconds(pid)
    first = [await _opened(browser, address, "", charts=2) for _ in range(REPEATS)]
    used = (_cpu_seconds(pid) - used) / REPEATS
    found = [
        _row("dashboard: first page, nothing kept", cold, pid, limit=FIRST_SECONDS),
        _row("dashboard: first page", statistics.median(first), pid, limit=FIRST_SECONDS, cpu=used),
    ]
    for name, charts in OTHERS.items():
        used = _cpu_seconds(pid)
        cold = await _opened(browser, address, name, charts=charts)
        cold_used = _cpu_seconds(pid) - used
        others, cpu = [], []
        for _ in range(REPEATS):
            page = await _page(browser)
            await _go(page, address, charts=2)
            used = _cpu_seconds(pid)
            others.append(await _clicked(page, name, charts=charts))
            cpu.append(_cpu_seconds(pid) - used)
            await page.context.close()
        found += [
            _row(f"dashboard: {name}, nothing kept", cold, pid, limit=OTHER_SECONDS, cpu=cold_used),
            _row(f"dashboard: {name}", statistics.median(others), pid, limit=OTHER_SECONDS, cpu=statistics.median(cpu)),
        ]
    page = await _page(browser)
    await page.goto(f"{address}/what-if")
    await _rest(page, charts=1)
    used = _cpu_seconds(pid)
    moved = [await _moved(page) for _ in range(MOVES)]
    used = (_cpu_seconds(pid) - used) / MOVES
    await page.context.close()
    drawn, rested = (statistics.median(each) for each in zip(*moved, strict=True))
    return [
        *found,
        _row("dashboard: a ratio moved, chart redrawn", drawn, pid, limit=MOVED_SECONDS, cpu=used),
        _row("dashboard: a ratio moved, whole page at rest", rested, pid, limit=None, cpu=used),
    ]


async def _many_people(address: str, pid: int) -> list[dict]:
    """Twenty people do the round at once, without a browser each, and move a ratio; every error counts."""
    errors: list[str] = []
    spent: list[float] = []

    async def kept(asked: Awaitable[Seen]) -> Seen:
        begin = time.perf_counter()
        seen = await asked
        spent.append(time.perf_counter() - begin)
        errors.extend(seen.errors)
        return seen

    async def one() -> None:
        async with Visitor(address) as visitor:
            for name in ("", *OTHERS):
                seen = await kept(visitor.open(name))
                if seen.charts < (2 if name == "" else OTHERS[name]):
                    errors.append(f"{name}: {seen.charts} charts")
            seen = await kept(visitor.open("what-if"))
            field, (value, fragment) = list(seen.fields.items())[MOVED_FIELD]
            for step in (1, 2, 3):
                await kept(visitor.set("what-if", field, value + step / 2, fragment=fragment))

    done = await asyncio.gather(*(one() for _ in range(PEOPLE)), return_exceptions=True)
    errors += [repr(each)[:300] for each in done if isinstance(each, BaseException)]
    for error in errors:
        sys.stderr.write(error + "\n")
    row = _row(f"dashboard: {PEOPLE} people at once, an answer", statistics.median(spent), pid, limit=None)
    return [{**row, "longest_seconds": round(max(spent), 3), "answers": len(spent), "errors": len(errors)}]


async def _opened(browser: Browser, address: str, name: str, *, charts: int) -> float:
    """Open a page in a browser that was never here and return the seconds until it rests."""
    page = await _page(browser)
    seconds = await _spent(lambda: _go(page, f"{address}/{name}", charts=charts))
    await page.context.close()
    return seconds


async def _clicked(page: Page, name: str, *, charts: int) -> float:
    """Go to a page by the navigation and return the seconds until it rests."""
    link = page.locator(f"[data-testid=stSidebarNav] a[href$='/{name}']")

    async def follow() -> None:
        await link.click()
        await page.wait_for_url(f"**/{name}**")
        await _rest(page, charts=charts)

    return await _spent(follow)


async def _moved(page: Page) -> tuple[float, float]:
    """Raise a ratio by one step; return the seconds until figures and chart are drawn anew, and until all rests."""
    field = page.get_by_test_id("stNumberInputField").nth(MOVED_FIELD)
    before = await page.evaluate(DRAWN)
    await field.focus()
    begin = time.perf_counter()
    await field.press("ArrowUp")
    await field.press("Enter")
    await page.wait_for_function(f"before => ({DRAWN})().every((each, at) => each !== before[at])", arg=before)
    drawn = time.perf_counter() - begin
    await _rest(page, charts=1)
    return drawn, time.perf_counter() - begin


async def _page(browser: Browser) -> Page:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.set_default_timeout(600_000)
    return await context.new_page()


async def _go(page: Page, url: str, *, charts: int) -> None:
    await page.goto(url)
    await _rest(page, charts=charts)


async def _rest(page: Page, *, charts: int) -> None:
    await page.wait_for_function(AT_REST, arg=charts)


async def _spent(act: Callable[[], Awaitable[None]]) -> float:
    begin = time.perf_counter()
    await act()
    return time.perf_counter() - begin


def _timed(act: Callable[[], object]) -> tuple[object, float]:
    begin = time.perf_counter()
    return act(), time.perf_counter() - begin


@contextmanager
def _served(workspace: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    environment = {**os.environ, "XINHENG_WORKSPACE": str(workspace), "XINHENG_ACCESS": "local"}
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboards", *options], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(400):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                    break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _row(stage: str, seconds: float, pid: int, *, limit: float | None, cpu: float | None = None) -> dict:
    return {
        "stage": stage, "engine": "streamlit", "n": _n, "seconds": round(seconds, 3),
        "peak_mb": _peak_mb(pid), "limit_seconds": limit,
        "ratio": None if limit is None else round(seconds / limit, 3), "peer": None, "peer_seconds": None,
        **({} if cpu is None else {"server_cpu_seconds": round(cpu, 3)}),
    }  # fmt: skip


def _cpu_seconds(pid: int) -> float:
    """Return the processor seconds the server has used: what others do on this machine does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    """Return the most memory the server has held so far."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return round(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024, 1)


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no Chromium on this machine")
    return found
