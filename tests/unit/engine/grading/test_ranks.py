"""The share of peers with a lower score: exact with ties, rises with the score, one half on the whole."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.grading.ranks import Rank, score_ranks

SCORES = st.lists(st.sampled_from([0.0, 1.5, 1.500001, 99.0, 640.25, 1000.0]), min_size=1, max_size=60)


def ranks(scores: list[float]) -> dict[float, Rank]:
    table = score_ranks(pd.DataFrame({"group": "g", "score": scores}), by=["group"])
    return {row["score"]: Rank(row["n_below"], row["n_equal"], row["n"]) for row in table.to_dict("records")}


def test_ties_are_counted_half_and_the_object_itself_not_at_all() -> None:
    found = ranks([1.0, 2.0, 2.0, 2.0, 3.0])

    assert found[1.0].riskier_than == 0.0
    assert found[2.0].riskier_than == (1 + 2 / 2) / 4
    assert found[3.0].riskier_than == 1.0


def test_one_alone_is_riskier_than_nobody_and_says_nothing() -> None:
    assert ranks([5.0])[5.0].riskier_than is None


@pytest.mark.parametrize("wrong", [(-1, 1, 3), (0, 0, 3), (2, 2, 3)])
def test_a_place_that_no_group_has_is_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError):
        Rank(*wrong)


@given(SCORES)
def test_places_equal_those_counted_pair_by_pair(scores: list[float]) -> None:
    found = ranks(scores)
    for at, own in enumerate(scores):
        others = scores[:at] + scores[at + 1 :]
        wins = sum(1.0 if other < own else 0.5 if other == own else 0.0 for other in others)
        assert found[own].riskier_than == (pytest.approx(wins / len(others)) if others else None)


@given(SCORES)
def test_a_higher_score_never_has_a_lower_place_and_all_together_stand_at_one_half(scores: list[float]) -> None:
    found = ranks(scores)
    shares = [found[score].riskier_than for score in sorted(found)]
    if len(scores) > 1:
        assert shares == sorted(shares)
        assert sum(found[score].riskier_than for score in scores) / len(scores) == pytest.approx(0.5)


def test_groups_are_counted_apart() -> None:
    rows = pd.DataFrame({"group": ["a", "a", "b"], "score": [1.0, 2.0, 2.0]})

    assert score_ranks(rows, by=["group"]).to_numpy().tolist() == [
        ["a", 1.0, 0, 1, 2], ["a", 2.0, 1, 1, 2], ["b", 2.0, 0, 1, 1]
    ]  # fmt: skip
