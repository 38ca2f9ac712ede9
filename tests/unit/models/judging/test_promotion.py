"""Who may be promoted: a gain above 0 in pairs over champion and best simple score, on windows that are complete."""

from datetime import date

import pandas as pd
import pytest

from engine.messages import revived
from models.judging.promotion import judge_promotion, objections_told


def _gains(**low):
    return pd.DataFrame(
        [
            {
                "population": "food",
                "measure": "auc",
                "resampled_by": by,
                "score": score,
                "is_best_other": score == "mean_past_score",
                "gain_value": limit + 0.02,
                "gain_low": limit,
                "gain_high": limit + 0.04,
            }
            for score, limit in low.items()
            for by in ("entity_id", "occurred_on")
        ]
    )


def _verdict(gains, **changes):
    asked = {
        "population": "food",
        "champion": "scorecard",
        "challenger": "challenger",
        "leaks": [],
        "last_day": date(2024, 3, 1),
        "mature_on": date(2024, 2, 1),
    }
    return judge_promotion(gains, **(asked | changes))


def test_a_clear_gain_over_both_is_promoted():
    assert _verdict(_gains(scorecard=0.01, mean_past_score=0.002, prior_rate=-0.1)).is_passed


def test_a_sectors_model_must_beat_that_of_the_whole_population_too():
    gains = _gains(scorecard=0.02, mean_past_score=0.02, general=-0.001)

    assert _verdict(gains).is_passed
    assert ["general" in str(each) for each in _verdict(gains, also=("general",)).objections] == [True, True]
    unjudged = _verdict(_gains(scorecard=0.02, mean_past_score=0.02), also=("general",))
    assert [str(each) for each in unjudged.objections] == ["general was not judged beside it"]


@pytest.mark.parametrize("behind", ["scorecard", "mean_past_score"])
def test_a_lower_limit_of_zero_is_not_enough(behind):
    verdict = _verdict(_gains(**({"scorecard": 0.01, "mean_past_score": 0.01} | {behind: 0.0})))
    assert len(verdict.objections) == 2
    assert behind in str(verdict.objections[0])


def test_an_open_window_a_leak_and_an_unjudged_champion_are_named():
    verdict = _verdict(_gains(mean_past_score=0.01), leaks=["inspector"], mature_on=date(2024, 3, 2), champion="older")
    assert [str(objection).split(":")[0] for objection in verdict.objections] == [
        "the last window is complete only on 2024-03-02, the records end on 2024-03-01",
        "columns were not known in time",
        "older was not judged beside it",
    ]


def test_a_champion_is_not_its_own_rival():
    assert _verdict(_gains(mean_past_score=0.01), champion="challenger").is_passed


def test_a_model_that_decides_and_was_not_judged_stands_against_a_promotion():
    verdict = _verdict(_gains(scorecard=0.01, mean_past_score=0.01), unjudged="abcdef0123456789")

    assert not verdict.is_passed and "abcdef012345" in str(verdict.objections[0])
    (told,) = objections_told(verdict)
    assert revived(told["template"], told["params"]) == verdict.objections[0]
