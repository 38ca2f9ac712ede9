"""Grades held by their band: at its edges, over several steps, across models and populations."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.grading.cutoffs import Cutoffs, ScoreLimits, assign_grades, grade_limits
from engine.grading.hysteresis import Band, Hysteresis, read_hysteresis, settle_grades
from tests import policies
from tests.evidence import grade_steadiness as claim

AS_OF = date(2024, 6, 30)
RULE = Cutoffs(ScoreLimits((100.0, 300.0, 600.0)), {}, 0.5)


def scored(*scores, model="scorecard", population="city"):
    return pd.DataFrame(
        {
            "entity_id": [f"e{n}" for n in range(len(scores))],
            "as_of": AS_OF,
            "model": model,
            "population": population,
            "score": scores,
            "coverage_ratio": 1.0,
        }
    )


def settled(scores, before=None, *, worse=0.0, better=20.0):
    return settle_grades(
        assign_grades(scores, RULE),
        before,
        limits=grade_limits(scores, RULE),
        hysteresis=Hysteresis(Band(worse, better), {}),
    )


def after(held, now, **band):
    """Grade now of one firm that had a score before."""
    return settled(scored(now), settled(scored(held)), **band)["grade"].iloc[0]


@pytest.mark.parametrize(
    ("held", "now", "grade"),
    [
        (150.0, 99.0, "B"),  # below the limit of A, inside the band: stays B
        (150.0, 80.0, "A"),  # exactly at the edge
        (150.0, 80.5, "B"),
        (90.0, 101.0, "B"),  # a riskier grade has no band here
        (700.0, 290.0, "C"),  # from D past C's lower edge would take less than 280
        (700.0, 280.0, "B"),
        (700.0, 590.0, "D"),
        (700.0, 50.0, "A"),  # several steps at once
    ],
)
def test_a_milder_grade_takes_more_than_crossing_the_limit(held, now, grade):
    assert after(held, now) == grade


def test_a_band_on_the_riskier_side_holds_the_milder_grade():
    assert after(90.0, 110.0, worse=10.0) == "A"
    assert after(90.0, 110.1, worse=10.0) == "B"
    assert after(90.0, 900.0, worse=10.0) == "D"


def test_nothing_is_held_without_a_comparable_grade():
    held = settled(scored(150.0))

    assert settled(scored(99.0))["grade"].tolist() == ["A"]
    assert settled(scored(99.0, model="learned"), held)["grade"].tolist() == ["A"]
    assert settled(scored(99.0, population="village"), held)["grade"].tolist() == ["A"]
    assert settled(scored(99.0).assign(entity_id="new"), held)["grade"].tolist() == ["A"]


def test_what_is_not_classified_stays_so_and_leaves_no_memory():
    thin = scored(150.0).assign(coverage_ratio=0.1)

    assert settled(thin, settled(scored(150.0)))["settled_grade"].tolist() == ["U"]
    assert settled(scored(99.0), settled(thin))["grade"].tolist() == ["A"]


def test_an_override_leaves_no_trace_in_the_memory():
    raised = settled(scored(95.0)).assign(grade="D")

    # 95 lies in the band below the limit of A: coming from D it would be held at B
    assert settled(scored(95.0), raised)["grade"].tolist() == ["A"]


def test_a_run_from_before_there_were_bands_is_read_by_its_score_grade():
    old = settled(scored(150.0)).drop(columns="settled_grade")

    assert settled(scored(99.0), old)["grade"].tolist() == ["B"]


def test_a_band_must_be_complete_and_not_negative():
    for band, words in (({"worse_points": 1}, "needs"), ({"worse_points": 0, "better_points": -1}, "negative")):
        book = policies.book(grading__hysteresis={"default": band, "populations": {}})
        with pytest.raises(PolicyInconsistentError, match=words):
            read_hysteresis(book, on=AS_OF)
    named = policies.book(
        grading__hysteresis={
            "default": {"worse_points": 0, "better_points": 5},
            "populations": {"city": {"worse_points": 1, "better_points": 2}},
        }
    )
    assert read_hysteresis(named, on=AS_OF).of("city") == Band(1.0, 2.0)
    assert read_hysteresis(named, on=AS_OF).of("other") == Band(0.0, 5.0)


def test_the_evidence_counts_moves_and_those_taken_back():
    months = [scored(*(95.0 + 10 * (month % 2) if n < 3 else 50.0 for n in range(9))) for month in range(4)]
    book = policies.book(grading__thresholds={"city": {"A": 100, "B": 300, "C": 600}})

    loose = claim.steadiness(months, Hysteresis(Band(0.0, 0.0), {}), book=book)
    held = claim.steadiness(months, Hysteresis(Band(0.0, 10.0), {}), book=book)

    # three firms move A-B-A-B without a band, and once with it
    assert (loose["reversals"], held["reversals"]) == (6, 0)
    assert loose["moves_per_firm_year"] == pytest.approx(9 / 9 * 4) and held["moves_per_firm_year"] < 2
