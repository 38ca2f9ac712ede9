"""A workspace with a handful of results, written through the store's own functions, for tests of pages and reading."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pandas as pd

from engine.draw.committing.commitment import ItemTerms, build_commitment
from engine.draw.drawing import Drawn, draw
from engine.draw.entropy.sources import SIMULATED_SOURCE, planned_event, simulated_key, simulated_value
from engine.draw.matching.rule import ItemNeed, MatchRule
from engine.draw.populations.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.protocol.encoding import suite_named
from engine.draw.publishing.bundle import bundle_files
from engine.draw.publishing.certificate import certify
from engine.draw.publishing.tables import stratum_table, team_table
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace

AS_OF = date(2026, 6, 30)
EARLIER = date(2026, 3, 31)
ACTOR = Actor("Zhang San (fictional)", "analyst")
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)

_RATES = {
    "A": (2410, 41, 0.0160, 0.0112, 0.0221, 0.654),
    "B": (1302, 57, 0.0431, 0.0322, 0.0562, 0.253),
    "C": (811, 92, 0.1140, 0.0921, 0.1388, 0.077),
    "D": (24, 9, 0.3750, 0.1880, 0.5941, 0.016),
}


def measurements(as_of: date = AS_OF) -> pd.DataFrame:
    """Return figures of two populations; grade D of the first rests on few results, the second has no random row."""
    rows = [
        ("hit_rate", "enterprise", "design-based", grade, n, hits, rate, low, high, share)
        for grade, (n, hits, rate, low, high, share) in _RATES.items()
    ]
    rows += [
        ("base_rate", "enterprise", "design-based", "", 4547, 199, 0.0391, 0.0340, 0.0448, 1.0),
        ("lift", "enterprise", "design-based", "", 4547, 199, 1.74, 1.52, 1.98, None),
        ("rate_ratio_d_a", "enterprise", "design-based", "", 2434, 50, 23.4, 10.2, 44.0, None),
        ("trend_p", "enterprise", "design-based", "", 4547, 199, 0.00001, None, None, None),
        ("hit_rate_directed", "enterprise", "not design-based", "A", 320, 96, 0.30, 0.2503, 0.3535, 0.654),
        ("hit_rate_directed", "enterprise", "not design-based", "D", 60, 31, 0.5167, 0.3839, 0.6477, 0.016),
        ("hit_rate", "individual_business", "design-based", "A", 0, 0, None, None, None, 1.0),
        ("lift", "individual_business", "design-based", "", 0, 0, None, None, None, None),
    ]
    columns = ["measure", "population", "basis", "grade", "n", "hits", "hit_rate", "low", "high", "share"]
    table = pd.DataFrame(rows, columns=columns).astype({name: float for name in ("hit_rate", "low", "high", "share")})
    return table.assign(as_of=as_of, method="korn_graubard", note="")


def grades(as_of: date = AS_OF) -> pd.DataFrame:
    """Return 1,000 graded enterprises and 10 unclassified individual businesses."""
    letters = ["A"] * 654 + ["B"] * 253 + ["C"] * 77 + ["D"] * 16 + ["U"] * 10
    return pd.DataFrame(
        {
            "entity_id": [f"reg:{at:06d}" for at in range(len(letters))],
            "as_of": as_of,
            "population": ["enterprise"] * 1000 + ["individual_business"] * 10,
            "grade": letters,
            "model": "scorecard",
            "score": 100.0,
            "score_grade": letters,
        }
    )


def write_measured(path: Path, *as_ofs: date) -> None:
    """Write grades and measurements of each date into the workspace at ``path``."""
    workspace = Workspace(path)
    for as_of in as_ofs or (AS_OF,):
        workspace.warehouse.write_run(
            {"grades": grades(as_of), "measurements": measurements(as_of)},
            kind="measure",
            as_of=as_of,
            manifest={"profile": "default"},
            actor=ACTOR,
            at=NOW,
        )
    workspace.close()


def write_draw(path: Path) -> str:
    """Draw 400 objects in four grades for two items, simulated, store tables and bundle, and return the draw id."""
    prepared, roster, drawn = _drawn()
    workspace = Workspace(path)
    draw_id = str(drawn.commitment.record["draw"])
    strata = stratum_table(drawn).assign(
        grade=lambda table: table["stratum"].map(GRADE_OF_STRATUM), district_code="330602"
    )
    teams = team_table(drawn, frame=prepared, roster=roster).rename(columns={"object_id": "entity_id"})
    workspace.warehouse.write_run(
        {"strata": strata, "teams": teams}, kind="draw", as_of=AS_OF, manifest={"draw_id": draw_id}, actor=ACTOR, at=NOW
    )
    workspace.close()
    certificate = certify(drawn, issued_at="2026-07-04T10:05:00+08:00")
    for file in bundle_files(drawn.commitment, certificate, frame=prepared.hashed, roster=roster.officers):
        target = path / "draws" / draw_id / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    return draw_id


GRADE_OF_STRATUM = {"s-1": "A", "s-2": "B", "s-3": "C;D", "s-4": "D"}
_SIZES = {"s-1": 240, "s-2": 100, "s-3": 40, "s-4": 20}
_RATIOS = {"s-1": Fraction(1, 60), "s-2": Fraction(1, 20), "s-3": Fraction(1, 5), "s-4": Fraction(1, 2)}


def _drawn() -> tuple[Frame, Roster, Drawn]:
    suite = suite_named("sha256")
    key = simulated_key(suite, seed=7)
    strata = [stratum for stratum, size in _SIZES.items() for _ in range(size)]
    ids = [f"reg:{at:06d}" for at in range(len(strata))]
    rows = pd.concat(
        [pd.DataFrame({"object_id": ids, "item_code": item, "stratum": strata}) for item in ("fire", "price")]
    )
    prepared = prepare_frame(rows, key=key, suite=suite)
    inspectors = pd.DataFrame(
        {
            "inspector_code": [f"p{at:02d}" for at in range(12)],
            "department_code": ["fire", "market"] * 6,
            "district_code": "330602",
            "certificate_expires_on": date(2028, 1, 1),
            "cap": 12,
            "prior_load": 0,
            "is_leader_qualified": True,
        }
    )
    nobody = pd.DataFrame({"inspector_code": [], "object_id": []}, dtype=str)
    roster = prepare_roster(inspectors, recusals=nobody, rotations=nobody, frame=prepared)
    rule = MatchRule(
        items={"fire": ItemNeed("fire"), "price": ItemNeed("market")},
        departments={"fire": 1, "market": 1},
        initiators=("market", "fire"),
        certificate_valid_on="2026-12-31",
    )
    event = planned_event(SIMULATED_SOURCE, event="1")
    commitment = build_commitment(
        prepared.hashed,
        roster.officers,
        key=key,
        plan="2026",
        plan_digest="0" * 64,
        draw_id="2026-007",
        sequence=1,
        previous="0" * 64,
        items={item: ItemTerms("joint", "ceil", _RATIOS) for item in ("fire", "price")},
        rule=rule,
        events=[event],
        policy=None,
        committed_at="2026-07-02T10:00:00+08:00",
        not_before="2026-07-03T10:00:00+08:00",
        deadlines={SIMULATED_SOURCE: "2026-07-05T10:00:00+08:00"},
        profile="blind",
        release=None,
        reserves={},
        merges=[],
        registry=None,
        rules="1",
        code_digest="0" * 64,
        approval="fictional",
        fallback_events=3,
    )
    value = simulated_value(suite, seed=7, event="1", drawn_at="2026-07-04T09:00:00+08:00")
    return prepared, roster, draw(prepared.hashed, roster.officers, commitment=commitment, values=[value])
