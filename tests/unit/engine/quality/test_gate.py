"""The gate: each measure against its limit, red only where grades rest on it, and drift that minds the sample size."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from engine.errors import PolicyInconsistentError
from engine.quality.drift import drift_of
from engine.quality.gate import Colour, Limits, TableQuality, colour_of, judge

ON = date(2026, 6, 30)
POLICY = {
    "blocking_tables": ["penalties"],
    "from_rows": 20,
    "waiting_share": {"amber": 0.02, "red": 0.10},
    "unregistered_share": {"amber": 0.01, "red": 0.20},
    "delivery_lateness": {"amber": 1, "red": 3},
    "content_age": {"amber": 2, "red": None},
    "drift": {"distance": 0.10, "p_value": 0.001},
}


def table(name="penalties", **changed):
    facts = {
        "rows_in": 1000, "accepted": 1000, "quarantined": 0, "duplicates": 0, "waiting": 0, "delivered_on": ON,
        "last_known_at": ON, "freshness_days": 7, "n_register": 100, "n_covered": 50, "n_rows": 1000,
        "n_unregistered": 0,
    }  # fmt: skip
    return TableQuality(table=name, **{**facts, **changed})


def judged(*tables):
    return [(f.table, f.measure, f.colour) for f in judge(tables, on=ON, limits=Limits.of(POLICY))]


def days_ago(days):
    return ON - timedelta(days=days)


@pytest.mark.parametrize(
    ("changed", "measure", "colour"),
    [
        ({"waiting": 20}, None, None),
        ({"waiting": 21}, "waiting_share", Colour.AMBER),
        ({"waiting": 101}, "waiting_share", Colour.RED),
        ({"n_unregistered": 10}, None, None),
        ({"n_unregistered": 11}, "unregistered_share", Colour.AMBER),
        ({"n_unregistered": 201}, "unregistered_share", Colour.RED),
        ({"delivered_on": days_ago(7)}, None, None),
        ({"delivered_on": days_ago(8)}, "delivery_lateness", Colour.AMBER),
        ({"delivered_on": days_ago(22)}, "delivery_lateness", Colour.RED),
        ({"delivered_on": days_ago(-30)}, None, None),
        ({"last_known_at": days_ago(15)}, "content_age", Colour.AMBER),
        ({"last_known_at": days_ago(900)}, "content_age", Colour.AMBER),
        ({"freshness_days": None, "delivered_on": days_ago(999)}, None, None),
    ],
)
def test_each_measure_turns_amber_and_red_just_above_its_limit(changed, measure, colour):
    assert judged(table(**changed)) == ([] if measure is None else [("penalties", measure, colour)])


def test_red_blocks_only_in_tables_that_grades_rest_on_and_few_rows_are_not_judged():
    assert judged(table("complaints", waiting=900)) == [("complaints", "waiting_share", Colour.AMBER)]
    assert judged(table(rows_in=19, waiting=19)) == []


def test_red_comes_first_and_colours_the_whole():
    found = judge([table("complaints", waiting=900), table(waiting=900)], on=ON, limits=Limits.of(POLICY))

    assert [f.table for f in found] == ["penalties", "complaints"]
    assert (colour_of(found), colour_of(found[1:]), colour_of(())) == (Colour.RED, Colour.AMBER, Colour.GREEN)
    assert str(found[0].sentence) == "penalties: 90.0% of 1000 rows wait in quarantine (limit 10.0%)"


@pytest.mark.parametrize("missing", [*POLICY])
def test_a_policy_without_a_limit_is_refused(missing):
    with pytest.raises(PolicyInconsistentError):
        Limits.of({key: value for key, value in POLICY.items() if key != missing})


def test_red_below_amber_is_refused():
    with pytest.raises(PolicyInconsistentError):
        Limits.of({**POLICY, "waiting_share": {"amber": 0.2, "red": 0.1}})


def test_the_test_of_homogeneity_is_that_of_scipy():
    old, new = {"a": 400, "b": 90, "c": 10}, {"a": 60, "b": 35, "c": 5}

    found = drift_of("severity", old, new)

    expected = chi2_contingency([[400, 90, 10], [60, 35, 5]], correction=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.distance == pytest.approx(0.2)
    assert (found.largest, found.share_old, found.share_new) == ("a", 0.8, 0.6)


def test_drift_needs_both_a_distance_that_matters_and_rows_enough_to_know():
    def drifted(n_old, n_new, share):
        old = {"a": n_old // 2, "b": n_old // 2}
        return judged(table(drifts=(drift_of("c", old, {"a": round(n_new * share), "b": round(n_new * (1 - share))}),)))

    assert drifted(100_000, 100_000, 0.55) == []  # certain, but small
    assert drifted(100_000, 20, 0.75) == []  # large, but may be chance
    assert drifted(100_000, 200, 0.75) == [("penalties", "drift.c", Colour.AMBER)]
    assert drift_of("c", {}, {"a": 1}) is None


def test_without_drift_false_alarms_are_as_rare_as_the_policy_says():
    generator = np.random.default_rng(5)
    shares = np.array([0.7, 0.2, 0.1])
    alarms = 0
    for _ in range(2000):
        old, new = (dict(zip("abc", generator.multinomial(n, shares).tolist(), strict=True)) for n in (5000, 60))
        alarms += drift_of("c", old, new).p_value < 0.01
    assert alarms <= 40  # 1 % of 2000 is 20; 40 lies more than four standard errors above
