import pandas as pd
import pytest

from engine.errors import EstimationError
from engine.estimation.outcome import classify_outcomes
from engine.vocabulary import ADVERSE_RESULTS, ResultCode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no_problem", "clean"),
        ("no_problem;exited", "clean"),
        ("no_activity", "not_assessable"),
        ("exited;no_activity", "not_assessable"),
        ("unreachable", "unreachable"),
        ("unreachable; false_publicity", "violation"),
        ("pending", "violation"),
        ("corrected;no_activity", "violation"),
        ("", "not_done"),
        (None, "not_done"),
    ],
)
def test_each_wording_has_one_outcome(text, expected):
    found = classify_outcomes(pd.Series([text], index=[7], dtype="str"))

    assert found.to_dict() == {7: expected}


def test_every_adverse_result_is_a_violation_or_unreachable():
    found = classify_outcomes(pd.Series([code.value for code in ADVERSE_RESULTS]))

    assert set(found) == {"violation", "unreachable"}
    assert (found == "unreachable").sum() == 1
    assert ResultCode.UNREACHABLE in ADVERSE_RESULTS


def test_an_unmapped_wording_is_refused():
    with pytest.raises(EstimationError, match="all fine"):
        classify_outcomes(pd.Series(["all fine"]))
