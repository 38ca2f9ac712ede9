"""The stability index: nothing moved is 0, unknown values are a band, whatever the values it is never negative."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.pipeline.score_stability import feature_stability, population_stability, values_shift

VALUES = arrays(np.float64, st.integers(1, 60), elements=st.one_of(st.integers(0, 4).map(float), st.just(np.nan)))


@given(old=VALUES, new=VALUES)
def test_it_is_never_negative_and_0_against_itself(old, new):
    assert values_shift(old, new).psi >= 0
    assert values_shift(old, old).psi == pytest.approx(0)
    assert 0 <= values_shift(old, new).p_value <= 1


def test_by_hand_with_unknown_values_as_a_band():
    old, new = np.array([0.0] * 50 + [np.nan] * 50), np.array([0.0] * 80 + [np.nan] * 20)
    found = feature_stability({"a": old, "gone": old}, {"a": new, "new": new})

    assert list(found["feature"]) == ["a"]
    expected = (0.8 - 0.5) * np.log(0.8 / 0.5) + (0.2 - 0.5) * np.log(0.2 / 0.5)
    assert found["psi"].iloc[0] == pytest.approx(expected)
    assert (found["unknown_before"].iloc[0], found["unknown_now"].iloc[0]) == (0.5, 0.2)


def test_a_population_names_the_models_that_gave_its_scores():
    before = pd.DataFrame({"population": "p", "score": [1.0, 2.0, np.nan], "model": ["s", "s", None]})
    found = population_stability(before, before.assign(model="m"))

    assert found[["model_before", "model_now", "n_before", "n_now"]].to_numpy().tolist() == [["s", "m", 2, 2]]
    assert population_stability(before, before.assign(population="q")).empty
