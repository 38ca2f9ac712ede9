import numpy as np
import pytest

from engine.errors import UndefinedEstimateError
from engine.estimation.inspector_effects import estimate_inspector_effects


def _checks(seed, *, inspectors=40, per=60, spread=0.4, intercept=-2.0):
    rng = np.random.default_rng(seed)
    strictness = spread * rng.normal(size=inspectors)
    who = np.repeat(np.arange(inspectors), per)
    firm = rng.normal(size=len(who))
    adverse = (rng.random(len(who)) < 1 / (1 + np.exp(-(intercept + firm + strictness[who])))).astype(float)
    return firm, adverse, np.array([f"i{code:03d}" for code in who], dtype=object), strictness


def test_effects_are_recovered_within_their_intervals():
    held, spreads = [], []
    for seed in range(30):
        firm, adverse, who, truth = _checks(seed, per=200)
        found = estimate_inspector_effects(firm, adverse, who)
        table = found.table()
        held.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
        spreads.append(found.spread)
    # 1,200 effects: three standard errors of .95 are .019
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)
    assert np.mean(spreads) == pytest.approx(0.4, abs=0.06)


def test_no_effect_is_drawn_to_none():
    firm, adverse, who, _ = _checks(1, spread=0.0, per=400)
    assert np.abs(estimate_inspector_effects(firm, adverse, who).effect).max() < 0.15


def test_a_few_checks_say_little():
    firm, adverse, who, _ = _checks(2, spread=0.6)
    few = np.r_[np.flatnonzero(who == "i000")[:2], np.flatnonzero(who != "i000")]
    found = estimate_inspector_effects(firm[few], adverse[few], who[few])
    assert found.error[0] > 1.5 * found.error[1:].mean()


def test_unknown_inspectors_are_average_and_their_rows_teach_nothing():
    firm, adverse, who, _ = _checks(3)
    found = estimate_inspector_effects(firm, adverse, who)
    more = estimate_inspector_effects(np.r_[firm, 5.0], np.r_[adverse, 0.0], np.r_[who, [None]])
    np.testing.assert_array_equal(found.effect, more.effect)
    assert found.of(["i001", "nobody", None]).tolist() == [found.effect[1], 0.0, 0.0]


def test_a_weight_of_two_is_two_rows():
    firm, adverse, who, _ = _checks(4, inspectors=6)
    twice = estimate_inspector_effects(np.tile(firm, 2), np.tile(adverse, 2), np.tile(who, 2))
    weighted = estimate_inspector_effects(firm, adverse, who, weights=np.full(len(firm), 2.0))
    np.testing.assert_allclose(twice.effect, weighted.effect, atol=1e-5)


@pytest.mark.parametrize("broken", ["inspectors", "outcomes"])
def test_two_inspectors_or_one_outcome_are_refused(broken):
    firm, adverse, who, _ = _checks(5, inspectors=2 if broken == "inspectors" else 4)
    with pytest.raises(UndefinedEstimateError):
        estimate_inspector_effects(firm, adverse if broken == "inspectors" else np.zeros(len(firm)), who)
