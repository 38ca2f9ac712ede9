"""A site of 100,000 firms in a real browser, offline: search, a firm's results, a draw, the verifier; nothing leaks.

Records with planted identity, phone and card numbers, scores, officers, addresses and classes are published beside a
draw; every file is scanned for them. The browser then opens the site from its folder: several firms are found by parts
of their names and by code, each with its own result, and the published draw passes the published verifier. Any request
that leaves the folder fails the claim. Seconds and sizes are printed beside it, never judged.
"""

import re
import resource
import shutil
import tempfile
import time
from pathlib import Path

from tests.site_records import TRADES, planted_in, written
from tests.small_workspace import write_draw, write_measured

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def search(tab, query: str) -> tuple[float, str]:
    """Return seconds from the query to the list, and the first hit with its result."""
    start = time.perf_counter()
    tab.fill("#query", query)
    tab.wait_for_selector("#firms button")
    seconds = time.perf_counter() - start
    tab.click("#firms button >> nth=0")
    tab.wait_for_selector("#results table")
    return seconds, tab.inner_text("#results")


def walk(site: Path, n_firms: int) -> dict:
    """Open the site as a reader does; return what was seen."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    outside, seen, seconds = [], [], []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        tab = chromium.new_context(offline=True).new_page()
        tab.set_default_timeout(120_000)
        own = (site.as_uri(), "blob:")
        tab.on("request", lambda made: None if made.url.startswith(own) else outside.append(made.url))
        for firm in (7, n_firms // 2, n_firms - 1):
            name = f"虚构商店{firm:04d}{TRADES[firm % 5]}"
            wording = "发现问题已责令改正" if firm % 3 == 0 else "未发现问题"
            for query in (name, name[4:], f"9133060233{firm:07d}X"):
                tab.goto((site / "results.html").as_uri())
                took, shown = search(tab, query)
                seconds.append(took)
                seen.append(name in shown and wording in shown)
        tab.goto((site / "draws.html").as_uri())
        tab.click("main td a")
        links = [str(link.get_attribute("href")).removeprefix("../") for link in tab.query_selector_all("main li a")]
        tab.goto((site / "verifier.html").as_uri())
        tab.set_input_files("#files", [site / link for link in links])
        tab.wait_for_selector("#verdict")
        seen.append(not tab.query_selector_all('tr[data-state="failed"]'))
        chromium.close()
    return {"outside": outside, "seen": seen, "seconds": sorted(seconds)}


def run(*, full: bool) -> dict:
    """Publish, scan and open the site; ``value`` = files in which something planted was found."""
    n_firms = 100_000 if full else 2_000
    with tempfile.TemporaryDirectory() as temporary:
        workspace, site = Path(temporary) / "workspace", Path(temporary) / "site"
        write_measured(workspace)
        write_draw(workspace)
        start = time.perf_counter()
        written(workspace, site, n_firms=n_firms)
        took = time.perf_counter() - start
        n_files, found = planted_in(site)
        sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
        largest = max(path.stat().st_size for path in (site / "results").rglob("*.js"))
        listed = len(re.findall("虚构", (site / "results.csv").read_text("utf-8-sig")))
        walked = walk(site, n_firms)
    return {
        "name": "public_site",
        "n": n_firms,
        "value": len(found),
        "low": 0,
        "high": 0,
        "passed": bool(not found and listed == n_firms and all(walked["seen"]) and not walked["outside"]),
        "files": n_files,
        "megabytes": round(sum(sizes) / 1e6, 1),
        "largest_script_kilobytes": round(largest / 1e3, 1),
        "seconds_to_publish": round(took, 1),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seconds_to_find_median": round(walked["seconds"][len(walked["seconds"]) // 2], 3),
        "seconds_to_find_most": round(walked["seconds"][-1], 3),
        "requests_outside": len(walked["outside"]),
    }
