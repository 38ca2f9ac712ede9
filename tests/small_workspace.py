"""A workspace with a handful of results, written through the store's own functions, for tests of pages and reading."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from engine.pipeline.ports import Actor
from engine.store.workspace import Workspace

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
        ("hit_rate", "enterprise", "design-based", "all", 4547, 199, 0.0391, 0.0340, 0.0448, 1.0),
        ("lift", "enterprise", "design-based", "all", 4547, 199, 1.74, 1.52, 1.98, None),
        ("rate_ratio_d_a", "enterprise", "design-based", "all", 2434, 50, 23.4, 10.2, 44.0, None),
        ("trend_p", "enterprise", "design-based", "all", 4547, 199, 0.00001, None, None, None),
        ("hit_rate_directed", "enterprise", "not design-based", "A", 320, 96, 0.30, 0.2503, 0.3535, 0.654),
        ("hit_rate_directed", "enterprise", "not design-based", "D", 60, 31, 0.5167, 0.3839, 0.6477, 0.016),
        ("hit_rate", "individual_business", "design-based", "A", 0, 0, None, None, None, 1.0),
        ("lift", "individual_business", "design-based", "all", 0, 0, None, None, None, None),
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
