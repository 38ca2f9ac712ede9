"""Bin tables: edges, empty values, refusals."""

import numpy as np
import pytest

from engine.errors import PolicyInconsistentError, UnknownBinError
from engine.scorecard.bins import bin_table

COUNT = [{"from": 0, "share": 0}, {"from": 1, "share": 0.4}, {"from": 3, "share": 1}]


def _shares(table, values):
    return table.shares_at(table.positions(np.asarray(values, dtype=float), indicator="i", policy="p"))


def test_bins_are_closed_on_the_left_and_open_at_the_end():
    table = bin_table(COUNT, nulls="unknown", name="t")

    np.testing.assert_array_equal(_shares(table, [0, 0.99, 1, 2.99, 3, 1e9]), [0, 0, 0.4, 0.4, 1, 1])


def test_empty_value_is_unknown_or_a_stated_share():
    assert np.isnan(_shares(bin_table(COUNT, nulls="unknown", name="t"), [np.nan]))[0]
    assert _shares(bin_table(COUNT, nulls=0.25, name="t"), [np.nan])[0] == 0.25


def test_value_below_the_first_bin_is_named():
    table = bin_table(COUNT, nulls="unknown", name="t")

    with pytest.raises(UnknownBinError, match=r"i: the value -1.0 falls into no bin.*policy p"):
        _shares(table, [2, -1])


def test_direction():
    assert bin_table(COUNT, nulls=0, name="t").rises
    assert not bin_table([{"from": 0, "share": 1}, {"from": 5, "share": 0}], nulls=0, name="t").rises


@pytest.mark.parametrize(
    ("bins", "nulls", "said"),
    [
        (COUNT[:1], 0, "two rising limits"),
        ([COUNT[1], COUNT[0]], 0, "two rising limits"),
        ([{"from": float("-inf"), "share": 0}, {"from": 1, "share": 1}], 0, "two rising limits"),
        ([{"from": 0, "share": 0}, {"from": 1, "share": 1}, {"from": 2, "share": 0.5}], 0, "only rise or only fall"),
        ([{"from": 0, "share": 0.1}, {"from": 1, "share": 1}], 0, "reach both 0 and 1"),
        ([{"from": 0, "share": 0}, {"from": 1, "share": 1.5}], 0, "reach both 0 and 1"),
        ([{"from": 0}], 0, "numbers 'from' and 'share'"),
        (COUNT, None, "'nulls' must be"),
        (COUNT, True, "'nulls' must be"),
        (COUNT, 1.5, "'nulls' must be"),
    ],
)
def test_refusals_say_why(bins, nulls, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        bin_table(bins, nulls=nulls, name="t")
