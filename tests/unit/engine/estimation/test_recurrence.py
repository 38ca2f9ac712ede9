"""Re-offence after a measure: who is compared with whom, counted by hand, and the planted truth at small size."""

import math

import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from engine.estimation.check_hazard import hazard_probabilities
from engine.estimation.followed_pairs import balance, followed_pairs
from engine.estimation.recurrence import recurrence
from tests.evidence import punishment_effect

LAST = pd.Timestamp("2025-12-31")


def days(*texts):
    return pd.to_datetime(pd.Series(texts))


def findings(rows):
    names = ["entity_id", "found_on", "measured_on", "gone_on", "kind"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**{name: pd.to_datetime(table[name]) for name in names[1:4]})


def pairs(rows, **terms):
    return followed_pairs(findings(rows), covariates=["kind"], last_day=LAST, **terms)


def test_both_clocks_start_in_the_same_bin_after_a_finding():
    found = pairs([("a", "2024-01-10", "2024-02-20", None, 1), ("b", "2024-02-01", None, None, 1)])
    with_one, without = found[found["is_with"]].iloc[0], found[~found["is_with"]].iloc[0]

    assert len(found) == 2 and with_one["bin"] == without["bin"] == 1
    assert with_one["start_on"] == pd.Timestamp("2024-02-20")
    assert without["start_on"] == pd.Timestamp("2024-02-01") + pd.Timedelta(days=45)
    assert (with_one["weight"], without["weight"]) == (1, 1)


def test_who_left_offended_again_or_was_measured_before_is_no_comparison():
    measured = ("a", "2024-01-10", "2024-02-20", None, 1)
    left = ("b", "2024-01-12", None, "2024-02-01", 1)
    again = [("c", "2024-01-12", None, None, 1), ("c", "2024-02-10", None, None, 1)]
    fresh = [("d", "2023-11-01", "2023-12-01", None, 1), ("d", "2024-01-12", None, None, 1)]
    other = ("e", "2024-01-12", None, None, 2)
    found = pairs([measured, left, *again, *fresh, other, ("f", "2024-01-20", None, None, 1)])

    assert set(found.loc[found["bin"] == 1, "entity_id"]) == {"a", "c", "f"}
    assert found.loc[(found["entity_id"] == "c") & (found["bin"] == 1), "found_on"].tolist() == [
        pd.Timestamp("2024-02-10")
    ]


def test_a_measure_that_follows_a_newer_finding_is_the_newer_ones():
    rows = [
        ("a", "2024-01-10", "2024-03-20", None, 1),
        ("a", "2024-02-10", None, None, 1),
        ("b", "2024-01-20", None, None, 1),
    ]

    assert not pairs(rows)["is_with"].any()


def test_a_firm_without_a_measure_is_followed_until_it_gets_one():
    rows = [("a", "2024-01-10", "2024-01-20", None, 1), ("b", "2024-01-12", "2024-05-01", None, 1)]
    found = pairs(rows).set_index("entity_id")

    assert found.loc["b", "end_on"] == pd.Timestamp("2024-05-01") and not found.loc["b", "is_with"]
    assert found.loc["a", "end_on"] == pd.Timestamp("2025-01-19")


def counted():
    rows = [("a", "2024-01-10", "2024-01-20", None, 1)] + [(f"c{at}", "2024-01-12", None, None, 1) for at in range(2)]
    rows += [("b", "2024-01-11", "2024-01-21", None, 1)]
    checks = pd.DataFrame(
        [("a", "2024-05-01", True, 0.5), ("a", "2024-07-01", False, 0.25), ("b", "2024-06-01", False, 0.5),
         ("c0", "2024-05-01", True, 0.1), ("c1", "2024-06-01", False, 0.2), ("c1", "2025-06-01", True, 0.2),
         ("c0", "2024-01-12", True, 0.1), ("x", "2024-05-01", True, 0.1)],
        columns=["entity_id", "occurred_on", "is_adverse", "inclusion_probability"],
    )  # fmt: skip
    return findings(rows), checks.assign(occurred_on=pd.to_datetime(checks["occurred_on"]))


def test_rates_and_ratio_by_hand():
    found = recurrence(*counted(), covariates=["kind"], last_day=LAST)

    assert found.rate_with == pytest.approx(2 / (2 + 4 + 2))
    assert found.rate_without == pytest.approx(10 / (10 + 5))
    assert found.ratio == pytest.approx(0.25 / (2 / 3))
    assert (found.n_with, found.checks_with, found.n_without, found.checks_without) == (2, 3, 2, 2)
    influence = {"a": (2 * 0.75 - 4 * 0.25) / 8 / 0.25, "b": -2 * 0.25 / 8 / 0.25}
    influence |= {"c0": -10 * (1 / 3) / 15 / (2 / 3), "c1": 5 * (2 / 3) / 15 / (2 / 3)}
    error = math.sqrt(sum(one**2 for one in influence.values()) * 4 / 3)
    assert math.log(found.high / found.low) == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    month = found.curve[(found.curve["month"] == 12) & ~found.curve["is_with"]]["unfound"].item()
    # month 3 holds c0 (violation), month 4 c1 (none), the other ten months count at the overall rate
    assert month == pytest.approx(math.exp(-(1 + 0 + 10 * 2 / 3) / 12))
    assert found.e_value > 1 and found.e_value_limit == 1


def test_nobody_to_compare_is_said():
    rows, checks = counted()
    with pytest.raises(UndefinedEstimateError):
        recurrence(
            rows[rows["entity_id"] != "a"].assign(measured_on=pd.NaT), checks, covariates=["kind"], last_day=LAST
        )


def test_matching_takes_differences_away():
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, 600)
    measured = rng.random(600) < 0.1 + 0.25 * kind
    rows = [(f"e{at}", "2024-01-10", "2024-02-01" if measured[at] else None, None, int(kind[at])) for at in range(600)]
    found = balance(pairs(rows), findings(rows), covariates=["kind"]).iloc[0]

    assert found["before"] > 0.5 and abs(found["after"]) < 1e-9


def test_chances_are_checks_over_firm_months():
    checks = pd.DataFrame({"band": [0, 0, 1], "is_under": [False, False, True]})
    exposure = pd.DataFrame({"band": [0, 1], "is_under": [False, True], "firm_months": [40, 5]})

    assert hazard_probabilities(checks, exposure, strata=["band", "is_under"]).tolist() == [0.05, 0.05, 0.2]


def test_the_planted_truth_at_small_size_and_the_traps_bite():
    claims = {claim["name"]: claim for claim in punishment_effect.run(full=False)}
    null, fall = claims["punishment_effect_null"], claims["punishment_effect_fall_of_30"]

    assert null["covered"] >= 3 and fall["covered"] >= 3
    assert null["naive_ratios"]["counted"] > 1.5  # looked at more often: more is found
    assert null["naive_ratios"]["before_after"] < 0.8  # after any finding, fewer: the mean
    assert null["naive_ratios"]["from_the_finding"] < 0.95  # no offence in the days a measure takes
