"""The draw of one and ten million objects beside bare hashing of the same ids: frame to bundle, and verification.

Seconds are those of the processor, all threads together, so that other programs on the machine do not count. Bare
hashing is ``sha256(seed + id)`` over a list of ids in the same process, before and after the draw (the lower counts).
Each run has its own process, so that peaks are its own; verification and the compact file too, from the files alone.
Of several runs the one with the median ratio is reported whole. Three items in
one ticket group over 20 districts x 4 grades: every object is in the first item's frame, half are in the second's, a
fifth in the third's. About 10,000 visits whatever the size, since officers bound them; the team match has a bench of
its own and its seconds stand apart here.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SIZES = (1_000_000, 10_000_000)
WARM = 100_000
"""Objects of a draw before the counted ones: the first on a machine compiles its kernels, some four seconds, once."""
N_DISTRICTS, N_OFFICERS, N_VISITS = 20, 2_000, 10_000
LIMITS = {1_000_000: 12.0, 10_000_000: 12.0}
RUNS = {1_000_000: 3, 10_000_000: 1}
STAGES = ("frame", "commitment", "select", "certificate", "bundle")
GRADE_WEIGHTS = (1, 3, 12, 60)
"""Relative ratios of the grades A to D."""
GRADE_SHARES = (0.5, 0.35, 0.12, 0.03)
EACH = {"item1": 1, "item2": 2, "item3": 5}
"""Every how many-th object is in the item's frame."""
CHUNK = 1_000_000
COMMITTED_AT, NOT_BEFORE = "2026-03-04T09:00:00+08:00", "2026-03-05T21:00:00+08:00"
DRAWN_AT, DEADLINE = "2026-03-05T21:15:00+08:00", "2026-03-08T00:00:00+08:00"


def rows() -> list[dict]:
    """Return the measurements of one run, smallest size first."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        in_own_process("draw", str(WARM), folder)
    for n in SIZES:
        runs = sorted((one_run(n) for _ in range(RUNS[n])), key=lambda run: (whole(run) + run["match"]) / run["bare"])
        drawn = runs[len(runs) // 2]
        bare, ratio = drawn["bare"], LIMITS[n]
        base = {"n": n, "limit_seconds": round(ratio * bare, 3), "peer": "bare hashing", "peer_seconds": round(bare, 3)}

        def row(stage: str, seconds: float, peak: float, base: dict = base, bare: float = bare) -> dict:
            measured = {"stage": f"draw of {base['n']:,}: {stage}", "engine": "ssdraw/1", "seconds": round(seconds, 3)}
            return measured | {"peak_mb": round(peak), "ratio": round(seconds / bare, 2)} | base

        found += [row(stage, drawn[stage], drawn["peak"]) for stage in STAGES]
        found.append(row("whole, without the match", whole(drawn), drawn["peak"]))
        found.append(row(f"match of {drawn['visits']:,} teams", drawn["match"], drawn["peak"]))
        found.append(row("whole, with the match", whole(drawn) + drawn["match"], drawn["peak"]))
        for stage, part in drawn["later"].items():
            found.append(row(stage, part["seconds"], part["peak"]) | {key: part[key] for key in part.keys() & {"ok"}})
    return found


def whole(drawn: dict) -> float:
    """Return the seconds of a draw without its match."""
    return sum(drawn[stage] for stage in STAGES)


def one_run(n: int) -> dict:
    """Return one draw's measurements and, under ``later``, those of what is done with its files."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = in_own_process("draw", str(n), folder)
        later = {"verify": in_own_process("verify", f"{folder}/bundle")}
        later["compact file written"] = in_own_process("compact", folder)
        later["compact file verified"] = in_own_process("verify", f"{folder}/compact.json")
    return drawn | {"later": later}


def in_own_process(*arguments: str) -> dict:
    """Return what one measurement prints."""
    command = [sys.executable, "-m", "tests.bench.draw", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return processor seconds and result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def peak_mb() -> float:
    """Return the most memory this process held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def city_table(n: int) -> pd.DataFrame:
    """Return the frame's rows: object_id, item_code, stratum."""
    generator = np.random.default_rng(20260304)
    numbers = pa.array(generator.permutation(n))
    ids = pc.binary_join_element_wise("uscc:91330600MA", pc.utf8_lpad(pc.cast(numbers, pa.string()), 8, "0"), "")
    cell = generator.integers(N_DISTRICTS, size=n) * 4 + generator.choice(4, size=n, p=GRADE_SHARES)
    strata = pa.array([f"S{code:03d}" for code in range(4 * N_DISTRICTS)])
    parts = []
    for item, each in EACH.items():
        at = pa.array(np.arange(0, n, each))
        columns = [ids.take(at), pa.repeat(pa.scalar(item), len(at)), strata.take(pa.array(cell[::each]))]
        parts.append(pa.table(columns, names=["object_id", "item_code", "stratum"]))
    return pa.concat_tables(parts).to_pandas()


def bare_hashing(table: pd.DataFrame, n: int) -> float:
    """Return the seconds of hashing every id once; encoding them is not counted."""
    seconds, seed, sha256 = 0.0, bytes(32), hashlib.sha256
    for start in range(0, n, CHUNK):
        encoded = [one.encode() for one in table["object_id"].iloc[start : start + CHUNK].tolist()]
        begun = time.process_time()
        _ = [sha256(seed + one).digest() for one in encoded]
        seconds += time.process_time() - begun
    return seconds


def officers() -> pd.DataFrame:
    """Return a roster of two departments over all districts."""
    number = np.arange(N_OFFICERS)
    return pd.DataFrame(
        {
            "inspector_code": [f"I{k:05d}" for k in number],
            "department_code": np.where(number % 2 == 0, "market", "fire"),
            "district_code": [f"D{k // 2 % N_DISTRICTS:02d}" for k in number],
            "specialities": "",
            "certificate_expires_on": "2028-01-01",
            "cap": 60,
            "prior_load": number % 5,
            "is_leader_qualified": True,
        }
    )


def measure_draw(n: int, folder: Path) -> dict:
    """Draw, certify and bundle; return the seconds of every stage."""
    from engine.draw import drawing  # noqa: PLC0415 - measured from here on
    from engine.draw.committing.commitment import ItemTerms, build_commitment, committed_reserves  # noqa: PLC0415
    from engine.draw.entropy.sources import planned_event, simulated_value  # noqa: PLC0415
    from engine.draw.matching.rule import ItemNeed, MatchRule  # noqa: PLC0415
    from engine.draw.populations.preparation import prepare_frame, prepare_roster  # noqa: PLC0415
    from engine.draw.protocol.encoding import ZERO_DIGEST, suite_named  # noqa: PLC0415
    from engine.draw.publishing.bundle import bundle_files  # noqa: PLC0415
    from engine.draw.publishing.certificate import certify  # noqa: PLC0415
    from engine.store.draws.bundles import write_bundle  # noqa: PLC0415

    table, suite, key = city_table(n), suite_named("sha256"), bytes(range(32))
    found: dict[str, Any] = {"n": n, "bare": bare_hashing(table, n)}
    found["frame"], frame = timed(lambda: prepare_frame(table, key=key, suite=suite))
    none = pd.DataFrame({"inspector_code": [], "object_id": []})
    roster = prepare_roster(officers(), recusals=none, rotations=none, frame=frame)
    scale = Fraction(N_VISITS, n) / Fraction(sum(w * s for w, s in zip(GRADE_WEIGHTS, GRADE_SHARES, strict=True)))
    ratios = {
        f"S{code:03d}": min(Fraction(1), scale.limit_denominator(10**9) * GRADE_WEIGHTS[code % 4])
        for code in range(4 * N_DISTRICTS)
    }
    rule = MatchRule(
        items={"item1": ItemNeed("market"), "item2": ItemNeed("market"), "item3": ItemNeed("fire")},
        departments={"market": 2, "fire": 2},
        initiators=("market", "fire"),
        certificate_valid_on="2026-12-31",
        officer_districts={f"S{code:03d}": (f"D{code // 4:02d}",) for code in range(4 * N_DISTRICTS)},
    )

    def commit():
        counts = frame.rows.counts()
        return build_commitment(
            frame.hashed,
            roster.officers,
            key=key,
            plan="2026",
            plan_digest=ZERO_DIGEST,
            draw_id="bench",
            sequence=1,
            previous=ZERO_DIGEST,
            items={item: ItemTerms("plan", "cum", ratios) for item in EACH},
            rule=rule,
            events=[planned_event("sim", event="1")],
            policy=None,
            committed_at=COMMITTED_AT,
            not_before=NOT_BEFORE,
            deadlines={"sim": DEADLINE},
            profile="blind",
            release=None,
            reserves=committed_reserves(counts, share=Fraction(1, 1000)),
            merges=[],
            registry=None,
            rules="bench",
            code_digest="0" * 64,
            approval="bench",
            fallback_events=0,
        )

    found["commitment"], commitment = timed(commit)
    values = (simulated_value(suite, seed=7, event="1", drawn_at=DRAWN_AT),)
    matched = {}

    def match_apart(*arguments: Any, **named: Any) -> Any:
        matched["seconds"], match = timed(lambda: match_teams(*arguments, **named))
        return match

    match_teams, drawing.match_teams = drawing.match_teams, match_apart
    seconds, drawn = timed(lambda: drawing.draw(frame.hashed, roster.officers, commitment=commitment, values=values))
    found["select"], found["match"] = seconds - matched["seconds"], matched["seconds"]
    found["visits"] = len(drawn.visits)
    found["certificate"], certificate = timed(lambda: certify(drawn, issued_at="2026-03-06T09:00:00+08:00"))
    files = bundle_files(commitment, certificate, frame=frame.hashed, roster=roster.officers)
    found["bundle"], _ = timed(lambda: write_bundle(folder / "bundle", files))
    found["peak"] = peak_mb()
    found["bare"] = min(found["bare"], bare_hashing(table, n))
    return found


def measure_verify(path: Path) -> dict:
    """Verify a folder or a compact file; reading it counts."""
    from engine.api.draws.verification import verify  # noqa: PLC0415 - measured from here on

    seconds, verification = timed(lambda: verify(path, expect_commit=None, expect_entropy=None))
    return {"seconds": seconds, "peak": peak_mb(), "ok": verification.ok}


def measure_compact(folder: Path) -> dict:
    """Write the bundle as one compact file; reading its folder counts."""
    from engine.api.draws.export import compact_file  # noqa: PLC0415 - measured from here on

    seconds, _ = timed(lambda: compact_file(folder / "bundle", out=folder / "compact.json"))
    return {"seconds": seconds, "peak": peak_mb()}


if __name__ == "__main__":
    kinds = {"verify": measure_verify, "compact": measure_compact}
    if sys.argv[1] == "draw":
        work = measure_draw(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        work = kinds[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(work))
