"""What a learned model may read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.features.declaration import Aggregate, Peers
from engine.features.registry import FEATURES
from models.learners.admission import (
    ADMITTED,
    AMOUNTS,
    MIN_KNOWN_ROWS,
    admitted_features,
    has_record,
    is_admissible,
    is_admitted,
    known_values,
    typical_values,
    with_typical,
)
from tests.model_world import BY_NAME, DISTRICT, RATE, READ, SEVERITY


@pytest.mark.parametrize(
    ("name", "admitted"),
    [
        ("inspections_count_12m", False),  # how often the authority came
        ("inspections_adverse_12m", False),  # found more often because visited more often
        ("inspections_days_since_last", False),  # the authority's timetable
        ("inspections_adverse_share_36m", True),
        ("inspections_severity_last", True),
        ("entity_age_years", False),  # no direction can be defended
        ("inspections_severity_trend_60m", False),
        ("peers_district_adverse_rate_36m", True),  # context
        ("peers_population_adverse_rate_36m", False),  # says when, not who
        ("peers_district_severity_36m", False),
    ],
)
def test_admission_by_declaration(name, admitted):
    assert is_admissible(BY_NAME[name]) is admitted


def test_every_feature_listed_is_declared_and_allowed():
    assert {f.name for f in FEATURES if is_admitted(f)} == set(ADMITTED)


def test_a_feature_declared_later_is_read_by_no_model_until_it_is_listed():
    later = replace(BY_NAME["penalties_count_12m"], name="penalties_count_9m", lookback_months=9)
    rows = pd.DataFrame({later.name: np.arange(3.0 * MIN_KNOWN_ROWS)})

    assert is_admissible(later)
    assert admitted_features(rows, declared=(*FEATURES, later)) == ()


def test_counts_of_registers_that_do_not_depend_on_being_looked_at_may_enter():
    counts = [f for f in FEATURES if f.source == "penalties" and f.aggregate is Aggregate.COUNT and f.direction == 1]
    assert counts
    assert all(is_admissible(feature) for feature in counts)


def test_no_admitted_feature_of_inspections_is_an_amount():
    amounts = [f.name for f in FEATURES if is_admissible(f) and f.source == "inspections" and f.aggregate in AMOUNTS]
    assert amounts == []


def test_every_admitted_feature_claims_a_direction_or_speaks_of_peers():
    others = [f.name for f in FEATURES if is_admissible(f) and f.direction == 0 and f.peers is None]
    assert others == []
    assert not any(is_admissible(f) for f in FEATURES if f.peers is Peers.POPULATION and f.direction == 0)


def test_a_feature_hardly_ever_known_or_always_the_same_is_left_out():
    # arrange
    n = 3 * MIN_KNOWN_ROWS
    values = np.arange(n, dtype=float)
    rare = np.where(np.arange(n) < MIN_KNOWN_ROWS - 1, values, np.nan)
    rows = pd.DataFrame({SEVERITY: rare, RATE: 0.5, DISTRICT: values})
    # act
    found = admitted_features(rows, declared=READ)
    # assert
    assert [feature.name for feature in found] == [DISTRICT]


def test_typical_is_the_weighted_mean_of_what_is_known():
    rows = pd.DataFrame({SEVERITY: [1.0, 3.0, np.nan], "weight": [3.0, 1.0, 100.0]})
    assert typical_values(rows, names=[SEVERITY]) == (1.5,)


def test_not_known_stands_at_typical_and_known_stays():
    matrix = known_values(pd.DataFrame({SEVERITY: [2.0, None], RATE: [None, 0.1]}), names=[SEVERITY, RATE])
    np.testing.assert_array_equal(with_typical(matrix, typical=(9.0, 0.5)), [[2.0, 0.5], [9.0, 0.1]])


def test_a_record_is_known_conduct_not_peers_and_not_an_empty_count():
    # arrange
    count = next(f for f in FEATURES if f.source == "penalties" and f.aggregate is Aggregate.COUNT)
    features = (BY_NAME[SEVERITY], BY_NAME[DISTRICT], count)
    rows = pd.DataFrame({SEVERITY: [0.0, np.nan, np.nan], DISTRICT: [0.1] * 3, count.name: [0.0, 0.0, 1.0]})
    # act, assert: a visit that found nothing is a record
    assert has_record(rows, features=features).tolist() == [True, False, True]
