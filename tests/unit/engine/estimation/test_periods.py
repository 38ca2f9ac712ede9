"""Draws of one period whose later frames leave out whom earlier ones visited, and whose sizes react to findings."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from engine.errors import UsageError
from engine.estimation.logged import logged_frame
from engine.estimation.periods import KNOWN, weighted_period, with_known
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_value

LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=0, min_findings=0)
TRUTH = np.array([True, True, False, False, False, False])
Q = np.array([0.9, 0.2, 0.4, 0.3, 0.5, 0.1])
WEIGHTS = {"d1": 0.5, "d2": 0.5}


def draw_of(name, units, drawn):
    """The frame rows of one draw over ``units`` in which ``drawn`` were drawn."""
    units = np.array(units)
    is_drawn = np.isin(units, drawn)
    table = pd.DataFrame({"entity_id": [f"reg:{unit}" for unit in units], "is_drawn": is_drawn})
    table["adverse"] = pd.Series(TRUTH[units]).astype("boolean").where(is_drawn)
    share = is_drawn.mean()
    return table.assign(
        draw_id=name,
        item_code="F01",
        stratum="s",
        selection_mode="random",
        design_probability=share,
        inclusion_probability=share,
    )


def two_draws():
    """Every pair of draws: two of six, then two of the rest, or three of it when the first found something."""
    for first in combinations(range(6), 2):
        rest = [unit for unit in range(6) if unit not in first]
        second = list(combinations(rest, 3 if TRUTH[list(first)].any() else 2))
        for again in second:
            yield 1 / (15 * len(second)), draw_of("d1", range(6), first), draw_of("d2", rest, again)


def with_q(rows):
    return rows.assign(alternative_probability=rows["entity_id"].str[4:].astype(int).map(dict(enumerate(Q))))


def test_frames_that_shrink_and_react_are_estimated_without_bias_once_the_visited_are_known():
    known = left_over = 0.0
    for chance, first, second in two_draws():
        whole = weighted_period(with_q(with_known([first, second])), weights=WEIGHTS)
        known += chance * policy_value(logged_frame(whole), estimator=Estimator.HT, limits=LIMITS).value
        alone = weighted_period(with_q(pd.concat([first, second])), weights=WEIGHTS)
        left_over += chance * policy_value(logged_frame(alone), estimator=Estimator.HT, limits=LIMITS).value

    truth = float(Q @ TRUTH)
    assert known == pytest.approx(truth, abs=1e-12)
    assert left_over < 0.85 * truth


def test_the_visited_stand_in_a_stratum_of_their_own_with_what_was_found():
    first, second = draw_of("d1", range(5), (0, 2)), draw_of("d2", [1, 3, 4], (1,))
    whole = with_known([first, second])
    known = whole[whole["is_known"]]

    assert known[["draw_id", "entity_id", "stratum"]].to_numpy().tolist() == [
        ["d2", "reg:0", KNOWN],
        ["d2", "reg:2", KNOWN],
    ]
    assert known["adverse"].tolist() == [True, False]
    assert (known["inclusion_probability"] == 1).all()


def test_who_left_the_frame_for_another_reason_is_not_added():
    first, second = draw_of("d1", range(5), (0, 2)), draw_of("d2", [1, 3, 4], (1,))
    spared = pd.DataFrame({"entity_id": ["reg:2"], "item_code": ["F01"]})
    whole = with_known([first, second], spared={"d2": spared})

    assert whole.loc[whole["is_known"], "entity_id"].tolist() == ["reg:2"]


def test_one_draw_of_the_period_is_itself():
    first = draw_of("d1", range(5), (0, 2))
    own = policy_value(logged_frame(with_q(first)), estimator=Estimator.HT, limits=LIMITS)
    alone = weighted_period(with_q(with_known([first])), weights={"d1": 1.0})

    assert policy_value(logged_frame(alone), estimator=Estimator.HT, limits=LIMITS).value == own.value


@pytest.mark.parametrize("weights", [{"d1": 1.0}, {"d1": 0.7, "d2": 0.7}, {"d1": -0.5, "d2": 1.5}])
def test_weights_must_fit_the_draws(weights):
    rows = with_q(with_known([draw_of("d1", range(5), (0, 2)), draw_of("d2", [1, 3, 4], (1,))]))

    with pytest.raises(UsageError, match="1 together"):
        weighted_period(rows, weights=weights)


def test_an_item_that_only_one_of_the_draws_holds_counts_whole():
    first = pd.concat([draw_of("d1", range(6), (0, 2)), draw_of("d1", range(6), (0, 1)).assign(item_code="F02")])
    second = draw_of("d2", [1, 3, 4], (1,))
    rows = weighted_period(with_q(with_known([first, second])), weights=WEIGHTS)
    shares = rows.groupby(["item_code", "draw_id"])["alternative_probability"].sum()

    assert shares["F02", "d1"] == pytest.approx(Q.sum())
    assert shares["F01", "d1"] == pytest.approx(Q.sum() / 2)
    assert ("F02", "d2") not in shares  # nobody is known for an item the draw does not hold
