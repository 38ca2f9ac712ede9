"""What the band around the limits of grades buys: moves and reversals over twelve months of a synthetic city.

The same scores are graded month by month without a band and with the band that policy ships. A reversal is a firm that
moves and is back where it was one month later. The price is that a grade holds more or fewer firms than its target:
the largest deviation of a share beside that without a band.
"""

import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.records.simulation import simulate
from engine.api.scoring.assessment import cohort_on
from engine.api.scoring.featuring import FeatureBuilder
from engine.grading.cutoffs import achieved_shares, assign_grades, grade_limits, read_cutoffs
from engine.grading.hysteresis import Band, Hysteresis, read_hysteresis, settle_grades
from engine.pipeline.assessment import score_entities
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from models.demonstrations.shared import china_morning, load_records

LAST_DAY = date(2025, 12, 31)
FULL, SMALL = 6_000, 150
PLACES = {"U": -1, "A": 0, "B": 1, "C": 2, "D": 3}


def months_of_scores(n_entities, *, months, book, seed=3):
    """Scores of the deciding scorecard, the cohort as rows, one table per month."""
    days = [date(2025, month, 28) for month in range(13 - months, 13)]
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(Path(folder) / "sources", n_entities=n_entities, years=4, seed=seed, last_day=LAST_DAY)
        workspace = Workspace(Path(folder) / "workspace")
        load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
        builder, tables = FeatureBuilder(workspace.warehouse, book=book), []
        for day in days:
            cohort = cohort_on(workspace.warehouse, book=book, as_of=day)
            features = builder.build(cohort[["entity_id", "as_of"]], on=day)
            scores = score_entities(features, cohort, book=book, as_of=day).scores
            columns = ["entity_id", "model", "score", "coverage_ratio"]
            tables.append(
                cohort[["entity_id", "population", "as_of"]].merge(scores[columns], on="entity_id", how="left")
            )
        workspace.close()
    return tables


def steadiness(tables, band, *, book):
    """Moves per firm and year, reversals within a month, largest deviation of a share from its target."""
    cutoffs, previous, grades, deviations = read_cutoffs(book, on=LAST_DAY), None, {}, []
    for table in tables:
        previous = settle_grades(
            assign_grades(table, cutoffs), previous, limits=grade_limits(table, cutoffs), hysteresis=band
        )
        grades[len(grades)] = previous.set_index("entity_id")["grade"].map(PLACES)
        shares = achieved_shares(previous, cutoffs)
        large = shares.groupby("population")["n"].transform("sum") >= 500  # one firm is no share
        deviations += (shares["share"] - shares["target_share"])[large].abs().dropna().tolist()
    held = pd.DataFrame(grades).dropna().to_numpy()
    moved = held[:, 1:] != held[:, :-1]
    back = moved[:, :-1] & (held[:, 2:] == held[:, :-2])
    return {
        "moves_per_firm_year": float(moved.sum() / len(held) * 12 / moved.shape[1]),
        "reversals": int(back.sum()),
        "largest_share_deviation": max(deviations, default=0.0),
        "firms": len(held),
    }


def run(*, full):
    """Grade the months without a band and with the shipped one."""
    book = load_policies()
    tables = months_of_scores(FULL if full else SMALL, months=12 if full else 4, book=book)
    shipped = read_hysteresis(book, on=LAST_DAY)
    bands = {"none": Hysteresis(Band(0.0, 0.0), {}), "shipped": shipped}
    bands |= {f"better_{points}": Hysteresis(Band(0.0, float(points)), {}) for points in (5, 20, 40)}
    found = {name: steadiness(tables, band, book=book) for name, band in bands.items()}
    none, own = found["none"], found["shipped"]
    is_steadier = own["reversals"] <= none["reversals"] / 2 and own["moves_per_firm_year"] < none["moves_per_firm_year"]
    keeps_shares = own["largest_share_deviation"] <= none["largest_share_deviation"] + 0.02
    return {
        "name": "grade_steadiness",
        "n": none["firms"],
        "value": own["reversals"] / max(none["reversals"], 1),
        "low": None,
        "high": None,
        "passed": bool((is_steadier and keeps_shares) or not full),
        "band": {"worse_points": shipped.default.worse_points, "better_points": shipped.default.better_points},
        "by_band": found,
    }
