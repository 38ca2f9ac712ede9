"""Control arm and grade-blind officers: power by simulation, effects with known truth, the lot."""

import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError, UsageError
from engine.estimation.arms import (
    arm_difference,
    checks_per_arm,
    expectation_gap,
    power_of,
)
from engine.estimation.combination import Rates, linear_limits
from engine.estimation.intervals import clopper_pearson
from engine.estimation.outcome import Outcome
from engine.estimation.sample import design_sample

RATIOS = {"graded": {"A": 0.05, "D": 1.0}, "control": {"A": 0.2, "D": 0.2}}
UNITS = {"graded": {"A": 3_000, "D": 200}, "control": {"A": 1_500, "D": 100}}
RATES = {"graded": {"A": 0.06, "D": 0.30}, "control": {"A": 0.10, "D": 0.40}}


def drawn_arms(rng, *, rates=RATES, unreachable=0.0):
    """The drawn rows of two arms of known frames; conduct is better in the graded arm."""
    parts, sizes = [], []
    for arm, grades in UNITS.items():
        for grade, units in grades.items():
            n = int(units * RATIOS[arm][grade])
            truth = np.arange(units) < rates[arm][grade] * units
            found = np.where(rng.permutation(truth)[:n], "violation", "clean")
            part = pd.DataFrame({"outcome": np.where(rng.random(n) < unreachable, "unreachable", found)})
            name = f"{arm}{grade}"
            parts.append(part.assign(stratum=name, arm=arm, grade=grade, inclusion_probability=n / units))
            sizes.append(("d", "i", name, units, n, name))
    rows = pd.concat(parts, ignore_index=True).assign(draw_id="d", item_code="i", selection_mode="random")
    rows["entity_id"] = rows.index.astype(str)
    columns = ["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"]
    return design_sample(rows, pd.DataFrame(sizes, columns=columns))


def true_rate(arm):
    units, rates = UNITS[arm], RATES[arm]
    return sum(units[grade] * rates[grade] for grade in units) / sum(units.values())


def test_the_effect_is_unbiased_though_one_arm_is_drawn_by_grade_and_its_interval_holds():
    rng = np.random.default_rng(11)
    truth = true_rate("graded") - true_rate("control")
    values, covered = [], []
    for _ in range(60):
        found = arm_difference(drawn_arms(rng))
        values.append(found.effect.value)
        covered.append(found.effect.low <= truth <= found.effect.high)

    assert np.mean(values) == pytest.approx(truth, abs=3 * np.std(values) / np.sqrt(60))
    assert np.mean(covered) > 0.88


def test_findings_per_check_alone_would_say_the_opposite():
    sample = drawn_arms(np.random.default_rng(1))
    crude = (sample.rows["outcome"] == "violation").groupby(sample.rows["arm"]).mean()

    assert crude["graded"] > crude["control"]
    assert arm_difference(sample).effect.value < 0


def test_the_other_outcome_is_the_share_of_unreachable_firms():
    sample = drawn_arms(np.random.default_rng(1), unreachable=0.1)
    found = arm_difference(sample, outcome=Outcome.UNREACHABLE)

    assert found.graded.value == pytest.approx(0.1, abs=0.06)
    assert found.effect.measure == "effect_on_unreachable_rate"
    assert found.effect.low < 0 < found.effect.high
    met = arm_difference(drawn_arms(np.random.default_rng(1), unreachable=0.5))
    assert met.control.value == pytest.approx(true_rate("control"), abs=0.05)  # among those reached


def test_an_arm_without_rows_is_named():
    sample = drawn_arms(np.random.default_rng(1))
    lone = sample.rows.assign(arm="graded")
    sizes = pd.DataFrame(
        [
            ("d", "i", f"{arm}{grade}", units, int(units * RATIOS[arm][grade]))
            for arm in UNITS
            for grade, units in UNITS[arm].items()
        ],
        columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn"],
    )

    with pytest.raises(UndefinedEstimateError, match="the arm control has no checked row"):
        arm_difference(design_sample(lone, sizes))


def test_power_is_the_share_of_simulated_experiments_whose_interval_leaves_out_nothing_but_0():
    rng, sizes, rates = np.random.default_rng(3), (900, 300), (0.05, 0.12)
    clear = 0
    counts = [rng.binomial(n, p, size=2_000) for n, p in zip(sizes, rates, strict=True)]
    for pair in zip(*counts, strict=True):
        values = np.array([k / n for k, n in zip(pair, sizes, strict=True)])
        limits = [clopper_pearson(k, n) for k, n in zip(pair, sizes, strict=True)]
        own = Rates(values, *(np.array([float(getattr(one, side)) for one in limits]) for side in ("low", "high")))
        low, high = linear_limits(np.array([1.0, -1.0]), own)
        clear += low > 0 or high < 0

    expected = power_of(*sizes, graded_rate=rates[0], control_rate=rates[1])
    assert clear / 2_000 == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / 2_000))


def test_without_a_difference_the_power_is_at_most_the_error_allowed():
    assert power_of(2_000, 500, graded_rate=0.06, control_rate=0.06) < 0.05


def test_three_hundred_checks_cannot_tell_half_a_percent_from_two():
    assert power_of(300, 300, graded_rate=0.005, control_rate=0.02) < 0.55
    assert power_of(1_100, 1_100, graded_rate=0.005, control_rate=0.02) > 0.85


def test_the_arms_are_just_large_enough():
    rates = {"graded_rate": 0.05, "control_rate": 0.09, "design_effect": 1.5}
    graded, control = checks_per_arm(**rates, power=0.8, control_share=0.2)

    assert control == pytest.approx(graded / 4, abs=1)
    assert power_of(graded, control, **rates) >= 0.8
    assert power_of(0.95 * graded, 0.95 * control, **rates) < 0.8
    assert checks_per_arm(**{**rates, "design_effect": 3.0}, power=0.8, control_share=0.2)[0] > 1.9 * graded


@pytest.mark.parametrize(
    "wrong",
    [
        {"graded_rate": 0.0},
        {"control_rate": 1.0},
        {"control_rate": 0.05},
        {"power": 1.0},
        {"control_share": 0.0},
        {"design_effect": 0.5},
    ],
)
def test_numbers_outside_their_range_are_refused(wrong):
    given = {"graded_rate": 0.05, "control_rate": 0.09, "power": 0.8, "control_share": 0.1, "design_effect": 1.0}

    with pytest.raises(UsageError):
        checks_per_arm(**(given | wrong))


def with_sight(sample, *, extra, rng):
    """Half of the rows judged blind; who sees D adds ``extra`` findings there."""
    rows = sample.rows.copy()
    rows["is_blind"] = rng.random(len(rows)) < 0.5
    adds = (rows["grade"] == "D") & ~rows["is_blind"] & (rng.random(len(rows)) < extra)
    rows.loc[adds, "outcome"] = "violation"
    return rows


def test_expectation_is_the_gap_that_disappears_when_nobody_sees_the_class():
    rng = np.random.default_rng(8)
    sample = drawn_arms(rng)
    sizes = pd.DataFrame(
        [
            ("d", "i", f"{arm}{grade}", units, int(units * RATIOS[arm][grade]))
            for arm in UNITS
            for grade, units in UNITS[arm].items()
        ],
        columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn"],
    )
    found = {}
    for extra in (0.0, 0.5):
        seen, blind, adds = expectation_gap(design_sample(with_sight(sample, extra=extra, rng=rng), sizes))
        assert adds.value == pytest.approx(seen.value - blind.value)
        found[extra] = adds

    assert found[0.0].low < 0 < found[0.0].high
    assert found[0.5].low > 0
