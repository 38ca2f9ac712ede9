"""The columns an office could sort by today."""

import numpy as np
import pandas as pd

from models.judging.baselines import baseline_scores, typical_filled


def test_not_known_stands_at_the_mean_of_the_known():
    np.testing.assert_array_equal(typical_filled(np.array([1.0, np.nan, 3.0])), [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(typical_filled(np.array([np.nan, np.nan])), [0.0, 0.0])


def test_the_first_column_that_says_anything_is_used():
    # arrange: no severity on record, only counts of violations
    features = pd.DataFrame(
        {
            "inspections_routine_last_adverse": [1.0, 0.0, np.nan],
            "inspections_routine_severity_mean_ever": np.nan,
            "violations_mean_36m": [4.0, 2.0, 0.0],
        }
    )
    # act
    scores = baseline_scores(features, rng=np.random.default_rng(1))
    # assert
    assert list(scores.columns) == ["last_outcome", "mean_past_score", "random"]
    assert scores["mean_past_score"].tolist() == [4.0, 2.0, 0.0]
    assert scores["last_outcome"].tolist() == [1.0, 0.0, 0.5]


def test_the_random_order_is_a_permutation_fixed_by_its_generator():
    features = pd.DataFrame({"x": np.zeros(50)})
    one, two = (baseline_scores(features, rng=np.random.default_rng(5))["random"] for _ in range(2))
    assert sorted(one) == list(range(50))
    assert one.equals(two)
