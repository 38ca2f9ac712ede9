from datetime import date

import pytest

from engine.errors import SelfEvaluationError
from engine.estimation.training import Training, refuse_self_evaluation

FIRST = {"d7": date(2025, 3, 1), "d8": date(2025, 6, 1)}


@pytest.mark.parametrize(
    "training",
    [
        Training("policy", frozenset(), None),
        Training("policy", None, None),
        Training("points", frozenset({"d6"}), date(2026, 1, 1)),
        Training("points", None, date(2025, 2, 28)),
    ],
)
def test_what_learned_elsewhere_may_be_judged_here(training):
    refuse_self_evaluation([training], first_results=FIRST)


@pytest.mark.parametrize(
    ("training", "draws"),
    [
        (Training("boosted", frozenset({"d6", "d8"}), date(2025, 1, 1)), "d8"),
        (Training("boosted", None, date(2025, 3, 1)), "d7"),
        (Training("boosted", None, date(2025, 12, 31)), "d7, d8"),
    ],
)
def test_what_learned_from_the_draw_is_refused_by_name(training, draws):
    with pytest.raises(SelfEvaluationError, match=f"boosted learned from draw.s. {draws}"):
        refuse_self_evaluation([Training("policy", frozenset(), None), training], first_results=FIRST)
