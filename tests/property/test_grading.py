"""Grades depend on scores alone: not on order, not on ids; equal scores, equal grades; higher is never milder."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.cutoffs import Cutoffs, TargetShares, achieved_shares, assign_grades

RULE = Cutoffs(TargetShares(tuple(Fraction(n, 1000) for n in (654, 253, 77, 16))), {}, 0.0)
SCORES = st.lists(st.integers(0, 40), min_size=1, max_size=120)


def _table(scores, ids):
    return pd.DataFrame(
        {
            "entity_id": ids,
            "as_of": date(2024, 6, 30),
            "model": "scorecard",
            "population": "city",
            "score": np.asarray(scores, dtype=float),
            "coverage_ratio": 1.0,
        }
    )


@given(SCORES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_neither_order_nor_ids_decide(scores, shuffler):
    ids = [f"e{i:03}" for i in range(len(scores))]
    grades = assign_grades(_table(scores, ids), RULE).set_index("entity_id")["grade"]
    order = list(range(len(scores)))
    shuffler.shuffle(order)

    shuffled = assign_grades(_table([scores[i] for i in order], [ids[i] for i in order]), RULE)
    renamed = assign_grades(_table(scores, ids[::-1]), RULE)

    assert shuffled.set_index("entity_id")["grade"].sort_index().equals(grades)
    assert renamed["grade"].tolist() == grades.tolist()


@given(SCORES)
@settings(max_examples=100, deadline=None)
def test_grades_rise_with_the_score_and_shares_err_on_the_mild_side(scores):
    table = _table(scores, [f"e{i:03}" for i in range(len(scores))])

    grades = assign_grades(table, RULE)
    achieved = achieved_shares(grades, RULE).set_index("grade")["share"]

    by_score = grades.groupby("score")["grade"]
    assert (by_score.nunique() == 1).all()
    assert by_score.first().is_monotonic_increasing
    assert achieved["A"] >= 0.654
    assert achieved["A"] + achieved["B"] >= 0.654 + 0.253 - 1e-12
    assert achieved["D"] <= 0.016
