"""Claims about grades given once follow from the figures, and from both readings where there are two."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.estimation.lift_gain import lift_gains
from engine.estimation.seen_weights import seen_weights
from models.judging.cohort_claims import cohort_claims
from models.judging.cohort_judgement import judge_cohort

RATIOS = {"A": 0.03, "B": 0.1, "C": 0.3, "D": 1.0}


def _cohort(counts, *, blind=0.0, seed=1):
    """Judgements of a score that knows the grades and of one whose grades are shuffled in a share of the rows."""
    rows = [
        (grade, outcome)
        for grade, (found, clean, unseen) in counts.items()
        for outcome in [1.0] * found + [0.0] * clean + [None] * unseen
    ]
    own = pd.DataFrame(rows, columns=["grade", "adverse"]).astype({"adverse": float})
    own = own.assign(entity_id=[f"e{place}" for place in range(len(own))])
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(np.flatnonzero(rng.random(len(own)) < blind))
    other = own["grade"].to_numpy(copy=True)
    other[np.sort(mixed)] = other[mixed]
    tables = {"model": own, "simple": own.assign(grade=other)}
    gains = lift_gains(tables, reference="model", ratios=RATIOS, rng=rng, replicates=200)
    return {
        name: replace(judge_cohort(table, name=name, ratios=RATIOS, level=0.95), lift_gain=gains.get(name))
        for name, table in tables.items()
    }


def _said(cohort):
    return [str(claim) for claim in cohort_claims(cohort, model="model", among=["simple"])]


COUNTS = {"A": (100, 900, 300), "B": (100, 400, 50), "C": (100, 100, 30), "D": (80, 20, 40)}


def test_grades_that_are_apart_and_a_better_lift_are_claimed():
    said = _said(_cohort(COUNTS, blind=0.8))
    assert said[0] == "Can claim: among those inspected, grade B, C, D finds more than the next milder one."
    assert said[1].startswith("Can claim: the ratios find ")
    assert "(simple) by +" in said[1]
    assert (
        said[2] == "Cannot claim: anything about the 18.9% of the graded whom no such inspection met in those months."
    )


def test_the_same_grades_gain_nothing_and_alike_grades_are_not_apart():
    said = _said(_cohort(COUNTS | {"C": (21, 80, 0)}))
    assert "grade B, D finds" in said[0]
    assert said[1] == "Cannot claim: that grade C finds more than the next milder one."
    assert said[2].startswith("Cannot claim: that the model's lift")
    assert "+0.00 (+0.00 – +0.00)" in said[2]


def test_a_claim_must_hold_in_both_readings():
    # arrange: in the reweighted reading the difference between D and C is gone
    cohort = _cohort(COUNTS, blind=0.8)
    other = _cohort(COUNTS | {"D": (52, 50, 0)}, blind=0.8)
    cohort = {name: replace(judged, reweighted=other[name]) for name, judged in cohort.items()}
    # act
    said = _said(cohort)
    # assert
    assert "grade B, C finds" in said[0]
    assert said[1] == "Cannot claim: that grade D finds more than the next milder one."


def test_without_an_outcome_in_a_grade_no_lift_is_claimed():
    said = _said(_cohort(COUNTS | {"D": (0, 0, 12)}))
    assert "Cannot claim: a lift, since a grade shows no outcome." in said


def test_weights_undo_who_was_seen_in_rates_and_lift():
    """Half of A was seen where it had failed before, a tenth where not: the plain rate of A is too high."""
    rows = pd.DataFrame(
        {
            "grade": ["A"] * 1100 + ["D"] * 100,
            "band": [0] * 1000 + [1] * 100 + [1] * 100,
            "adverse": [1.0] * 5
            + [0.0] * 95
            + [None] * 900
            + [1.0] * 25
            + [0.0] * 25
            + [None] * 50
            + [1.0] * 80
            + [0.0] * 20,
        }
    ).assign(entity_id=[f"e{place}" for place in range(1200)])
    rows["weight"] = seen_weights(rows.assign(band=rows["grade"] + rows["band"].astype(str)), band="band")
    plain, weighted = (
        judge_cohort(rows, name="x", ratios={"A": 0.03, "D": 1.0}, level=0.95, weight=weight)
        for weight in (None, "weight")
    )
    assert plain.rates["hit_rate"].iloc[0] == 30 / 150
    assert weighted.rates["hit_rate"].iloc[0] == (5 * 10 + 25 * 2) / 1100
    assert weighted.lift.value > plain.lift.value
    gains = [
        lift_gains(
            {"x": rows, "y": rows.assign(grade=rows["grade"].iloc[::-1].to_numpy())},
            reference="x",
            ratios={"A": 0.03, "D": 1.0},
            rng=np.random.default_rng(1),
            replicates=20,
            weight=weight,
        )["y"].value
        for weight in (None, "weight")
    ]
    assert gains[1] != gains[0]
