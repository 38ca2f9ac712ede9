"""The verifier page in a real browser, offline, on a draw of 200,000 objects: accepted, ten tamperings named, own rows.

Eight items, half of the objects in each of seven of them, some 10,000 visits by teams of two. The folder is accepted
against the expected commitment. Then it is changed in ten ways; the page must show red under the name due and say of
every check what ``xinheng verify`` says of the same files. Eight changes leave the digests alone; in the last two a
forger recomputes every digest, of a draw with another ratio and of one over a frame that lacks an object: such a draw
is consistent in itself and must fail against the expected commitment, and there alone. Last, a drawn firm and one that
was not drawn open their own rows from the address in their QR code. Any request outside the page's own file is a fault.
``value`` = faults; seconds are the page's own, printed and not judged (promised: about 15 s).
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.api.draws.own_row import own_row, row_address
from engine.draw.committing.commitment import ItemTerms
from engine.draw.protocol.encoding import canonical_json
from engine.draw.publishing.bundle import bundle_files
from engine.draw.verifying.verification import verify_published
from engine.store.draws.bundles import read_bundle
from tests.bench.verifier import N_ITEMS, N_OBJECTS, large_case, large_rows, large_terms
from tests.draw_cases import Case
from tests.verifier_page import PAGE, QUIET, Reader, offline_reader

HANDLE_BYTES = 32
SMALL = 3_000


def parts(folder: Path, name: str) -> Any:
    """Return a JSON file of a bundle folder."""
    return json.loads((folder / name).read_bytes())


def put(folder: Path, name: str, content: Any) -> None:
    """Replace a file of a linked folder without touching the one it was linked from."""
    path = folder / name
    path.unlink()
    path.write_bytes(content if isinstance(content, bytes) else canonical_json(content))


def other_value(folder: Path) -> None:
    found = parts(folder, "certificate.json")
    found["entropy_used"][0]["value"] = "408"
    put(folder, "certificate.json", found)


def other_class(folder: Path) -> None:
    path = sorted((folder / "frame").iterdir())[0]
    raw = bytearray(path.read_bytes())
    n_rows = len(raw) // (HANDLE_BYTES + 2 * N_ITEMS)
    at = HANDLE_BYTES * n_rows
    raw[at + 1] = (raw[at + 1] + 1) % 12
    put(folder, f"frame/{path.name}", bytes(raw))


def row_gone(folder: Path) -> None:
    path = sorted((folder / "frame").iterdir())[-1]
    raw, width = path.read_bytes(), HANDLE_BYTES + 2 * N_ITEMS
    n_rows = len(raw) // width
    handles, codes = raw[: HANDLE_BYTES * n_rows], raw[HANDLE_BYTES * n_rows :]
    columns = [codes[2 * n_rows * k : 2 * n_rows * (k + 1)] for k in range(N_ITEMS)]
    put(folder, f"frame/{path.name}", b"".join([handles[:-HANDLE_BYTES], *(column[:-2] for column in columns)]))


def other_ratio(folder: Path) -> None:
    found = parts(folder, "commitment.json")
    found["items"]["item1"]["ratios"]["S03"] = "1/10"
    put(folder, "commitment.json", found)


def spared(folder: Path) -> None:
    found = parts(folder, "certificate.json")
    cell = next(cell for cell in found["result"].values() if cell["selected"] and cell["reserves"])
    cell["selected"][0], cell["reserves"][0] = cell["reserves"][0], cell["selected"][0]
    put(folder, "certificate.json", found)


def other_threshold(folder: Path) -> None:
    found = parts(folder, "certificate.json")
    cell = next(cell for cell in found["result"].values() if cell["tau"])
    cell["tau"] = cell["tau"][:-1] + ("0" if cell["tau"][-1] != "0" else "1")
    put(folder, "certificate.json", found)


def other_officer(folder: Path) -> None:
    found = parts(folder, "certificate.json")
    own = found["match"]["assignment"]
    own[0] = next(one["handle"][:16] for one in parts(folder, "roster.json") if one["handle"][:16] not in own[:4])
    put(folder, "certificate.json", found)


def higher_cap(folder: Path) -> None:
    found = parts(folder, "roster.json")
    found[0]["cap"] += 1
    put(folder, "roster.json", found)


TAMPERINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "another value of a public event": (other_value, "seed"),
    "one object in another class": (other_class, "frame.root"),
    "one row left out": (row_gone, "frame.counts"),
    "another ratio": (other_ratio, "commitment.digest"),
    "a selected object exchanged for a reserve": (spared, "draw.selected"),
    "another threshold": (other_threshold, "draw.thresholds"),
    "another officer in a team": (other_officer, "match.optimal"),
    "an officer's cap raised": (higher_cap, "roster.root"),
}


def forged_ratio(n_objects: int) -> Case:
    """The whole draw again with one ratio doubled, every digest recomputed."""
    terms = large_terms()
    ratios = {**terms["item1"].ratios, "S03": Fraction(1, 10)}
    return large_case(n_objects, terms={**terms, "item1": ItemTerms("joint", "cum", ratios)})


def forged_frame(n_objects: int) -> Case:
    """The whole draw again without one object, every digest recomputed."""
    rows = large_rows(n_objects)
    return large_case(n_objects, rows=rows[rows["object_id"] != rows["object_id"].iloc[0]])


def written(case: Case, folder: Path) -> Path:
    """Write a draw as a bundle folder."""
    for file in bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers):
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(file.content)
    return folder


def shown(reader: Reader, folder: Path, *, digest: str) -> tuple[dict[str, str], float]:
    """Give a folder to the page and return the state of every check and the page's own seconds."""
    states = reader.states(*sorted(path for path in folder.rglob("*") if path.is_file()), digest=digest)
    return states, float(re.search(r"([\d.]+) 秒", reader.tab.inner_text("caption"))[1])


def program(folder: Path, *, digest: str) -> dict[str, str]:
    """Return what the program says of the same files."""
    found = verify_published(read_bundle(folder), expect_commit=digest)
    return {check.name: check.state.value for check in found.checks}


def own_rows(reader: Reader, case: Case) -> list[str]:
    """Open the own row of a drawn firm and of one that was not drawn; return what is wrong."""
    record, faults, ids = case.certificate.record, [], case.frame.object_ids
    is_drawn_by_row = [case.frame.rows.handle(row).hex() in record["visits"] for row in range(len(ids))]
    for is_drawn in (True, False):
        row = is_drawn_by_row.index(is_drawn)
        found = own_row(case.frame, commitment=case.commitment, certificate=record, object_id=ids[row])
        reader.tab.goto("about:blank")
        reader.tab.goto(row_address(canonical_json(found), page=PAGE))
        reader.tab.wait_for_selector("#verdict")
        said = reader.verdict()
        if "被抽中" not in said or ("未被抽中" in said) is is_drawn or "不符" in said:
            faults.append(f"own row {row}: {said}")
    reader.tab.goto(PAGE)
    return faults


def run(*, full: bool) -> dict[str, object]:
    """Try everything; ``value`` = faults."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    n_objects = N_OBJECTS if full else SMALL
    case = large_case(n_objects)
    digest, faults, seconds, named = case.commitment.digest.hex(), [], [], {}
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as driver:
        base = Path(temporary)
        honest = written(case, base / "honest")
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        with offline_reader(chromium) as reader:
            for _ in range(3 if full else 1):
                states, took = shown(reader, honest, digest=digest)
                seconds.append(took)
            if "failed" in states.values() or reader.tab.get_attribute("#verdict", "data-state") != "passed":
                faults.append("the honest draw was not accepted")
            for name, (change, due) in TAMPERINGS.items():
                folder = base / "changed"
                shutil.copytree(honest, folder, copy_function=os.link)
                change(folder)
                faults += _compare(reader, folder, digest=digest, name=name, due=due, named=named)
                shutil.rmtree(folder)
            for name, forge in (("forged ratio", forged_ratio), ("forged frame", forged_frame)):
                folder = written(forge(n_objects), base / "forged")
                faults += _compare(
                    reader, folder, digest=digest, name=name, due="commitment.anchored", named=named, alone=True
                )
                shutil.rmtree(folder)
            faults += own_rows(reader, case)
        chromium.close()
    return {
        "name": "draw_verifier_page",
        "n": n_objects,
        "value": len(faults),
        "low": 0,
        "high": 0,
        "passed": not faults,
        "faults": faults,
        "checks": sum(len(cell["selected"]) for cell in case.certificate.record["result"].values()),
        "visits": len(case.certificate.record["visits"]),
        "red_by_tampering": named,
        "own_rows": ["drawn", "not drawn"],
        "requests_outside": 0,
        "seconds_to_accept": sorted(seconds)[len(seconds) // 2],
        "seconds_promised": 15,
    }


def _compare(
    reader: Reader,
    folder: Path,
    *,
    digest: str,
    name: str,
    due: str,
    named: dict[str, list[str]],
    alone: bool = False,
) -> list[str]:
    states, _ = shown(reader, folder, digest=digest)
    named[name] = [check for check, state in states.items() if state == "failed"]
    found = []
    if states.get(due) != "failed" or due not in reader.verdict() or (alone and named[name] != [due]):
        found.append(f"{name}: red is {named[name]}, due was {due}")
    if states != program(folder, digest=digest):
        found.append(f"{name}: page and program differ")
    return found
