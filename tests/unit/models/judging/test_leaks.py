"""A planted leak is caught: who inspected, and a count of what was still to come."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import FeatureLeakError
from models.judging.leaks import compare_rebuilt, require_no_leak

DAY = date(2024, 5, 1)
KNOWN = pd.DataFrame({"entity_id": ["a", "b"], "as_of": [DAY, DAY], "penalties_count_12m": [1.0, None]})


def test_equal_tables_leak_nothing():
    found = compare_rebuilt(KNOWN, KNOWN)
    assert (found.leaks, found.n_rows, found.n_dates) == ((), 2, 1)
    require_no_leak(found, columns=["penalties_count_12m"])


def test_a_joined_on_inspector_and_a_future_count_are_named():
    features = KNOWN.assign(inspector=[3.0, 4.0], penalties_count_12m=[2.0, None])
    found = compare_rebuilt(features, KNOWN)
    assert found.unvouched == ("inspector",)
    assert dict(found.changed) == {"penalties_count_12m": 1}
    with pytest.raises(FeatureLeakError, match="inspector"):
        require_no_leak(found, columns=["inspector"])


def test_a_leak_that_no_score_reads_stops_nothing():
    found = compare_rebuilt(KNOWN.assign(inspector=1.0), KNOWN)
    require_no_leak(found, columns=["penalties_count_12m"])


def test_a_value_that_appears_only_later_is_a_leak():
    found = compare_rebuilt(KNOWN.assign(penalties_count_12m=[1.0, 0.0]), KNOWN)
    assert dict(found.changed) == {"penalties_count_12m": 1}
