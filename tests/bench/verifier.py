"""The verifier page in a real browser, offline: 200,000 objects and eight items, as a folder and in compact form.

Seconds are the page's own, from the files in memory to the verdict; ``xinheng verify`` of the same folder stands beside
them. Promised: about 15 s.
"""

import re
import shutil
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from engine.draw.committing.commitment import ItemTerms
from engine.draw.matching.rule import ItemNeed, MatchRule
from engine.draw.publishing.bundle import bundle_files, compact_chunks
from engine.draw.verifying.verification import verify_published
from engine.store.draws.bundles import read_bundle
from tests.draw_cases import Case, inspectors, make_case
from tests.verifier_page import PAGE, QUIET

N_OBJECTS, N_ITEMS, N_STRATA = 200_000, 8, 12
LIMIT_SECONDS = 15.0


def large_rows(n_objects: int = N_OBJECTS) -> pd.DataFrame:
    """Return a register in which every object has the first item and half of them each of the others."""
    rng = np.random.default_rng(5)
    objects = pd.DataFrame(
        {
            "object_id": [f"reg:{n:07d}" for n in range(n_objects)],
            "stratum": [f"S{k:02d}" for k in rng.integers(N_STRATA, size=n_objects)],
            "exclusion": None,
        }
    )
    parts = [
        objects.iloc[rng.permutation(n_objects)[: n_objects // 2 if at else n_objects]].assign(item_code=f"item{at}")
        for at in range(N_ITEMS)
    ]
    return pd.concat(parts, ignore_index=True)


def large_terms() -> dict[str, ItemTerms]:
    """Return eight items of one ticket group at one ratio."""
    ratios = {f"S{k:02d}": Fraction(1, 20) for k in range(N_STRATA)}
    return {f"item{k}": ItemTerms("joint", "cum", ratios) for k in range(N_ITEMS)}


def large_case(
    n_objects: int = N_OBJECTS, *, rows: pd.DataFrame | None = None, terms: dict[str, ItemTerms] | None = None
) -> Case:
    """Return the whole draw: some 10,000 visits for two of 300 officers in each of three districts."""
    terms = large_terms() if terms is None else terms
    rule = MatchRule(
        items={item: ItemNeed("market") for item in terms},
        departments={"market": 2},
        initiators=("market",),
        certificate_valid_on="2026-12-31",
        officer_districts={f"S{k:02d}": (("east", "west", "north")[k % 3],) for k in range(N_STRATA)},
    )
    officers = inspectors(900).assign(department_code="market", is_leader_qualified=True, cap=60, specialities="")
    changes = {"items": terms, "rule": rule, "merges": []}
    return make_case(rows=large_rows(n_objects) if rows is None else rows, officers=officers, changes=changes)


def rows() -> list[dict]:
    """Return the seconds of both forms and of the other reader."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    case = large_case()
    found = []
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as driver:
        folder = Path(temporary) / "bundle"
        files = bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
        for file in files:
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes(file.content)
        compact = Path(temporary) / "bundle.json"
        with compact.open("wb") as sink:
            sink.writelines(
                compact_chunks(case.commitment, case.certificate, frame=case.frame.rows, roster=case.roster.officers)
            )
        start = time.perf_counter()
        peer = verify_published(read_bundle(folder), expect_commit=case.commitment.digest.hex())
        peer_seconds = time.perf_counter() - start
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        for form, chosen in (
            ("folder", sorted(path for path in folder.rglob("*") if path.is_file())),
            ("compact JSON", [compact]),
        ):
            seconds = sorted(in_browser(chromium, chosen, case.commitment.digest.hex()) for _ in range(3))
            size = sum(path.stat().st_size for path in chosen)
            row = {"stage": f"verifier page, {N_OBJECTS:,} objects, {form}, {size / 1e6:.0f} MB", "engine": "Chromium"}
            row |= {"n": N_OBJECTS, "seconds": seconds[1], "peak_mb": None, "limit_seconds": LIMIT_SECONDS}
            found.append(row | {"ratio": None, "peer": "xinheng verify", "peer_seconds": round(peer_seconds, 1)})
        chromium.close()
        if not peer.ok:
            raise AssertionError(peer.failed)
    return found


def in_browser(chromium, chosen: list[Path], digest: str) -> float:
    """Return the seconds the page says it took, after seeing that nothing failed."""
    context = chromium.new_context(offline=True)
    tab = context.new_page()
    tab.set_default_timeout(300_000)
    tab.goto(PAGE)
    tab.fill("#digest", digest)
    tab.set_input_files("#files", chosen)
    tab.wait_for_selector("#verdict")
    if tab.query_selector_all('tr[data-state="failed"]') or tab.get_attribute("#verdict", "data-state") != "passed":
        raise AssertionError(tab.inner_text("#verdict"))
    seconds = float(re.search(r"([\d.]+) 秒", tab.inner_text("caption"))[1])
    context.close()
    return seconds
