"""Limits of parity and movement: the size of a difference and that chance does not explain it, both."""

from datetime import date
from math import nan

import pytest

from engine.errors import PolicyInconsistentError
from engine.grading.model_limits import (
    PARITY,
    STABILITY,
    ParityLimits,
    Standing,
    read_parity_limits,
    read_stability_limits,
)
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.store.documents import load_policies

DAY = date(2026, 1, 1)


def book(name, value):
    return PolicyBook("p", {name: Parameter(name, "u", {DAY: DatedValue(value, "r")})}, "d")


@pytest.mark.parametrize(
    ("ends", "missed", "standing"),
    [
        ((1.0, 0.9, 1.1), False, Standing.PASS),
        ((1.0, 0.5, 2.0), False, Standing.PASS),
        ((1.3, 0.9, 1.8), False, Standing.WATCH),
        ((0.7, 0.5, 0.9), False, Standing.WATCH),
        ((1.0, 0.9, 1.1), True, Standing.WATCH),
        ((1.6, 1.26, 2.0), False, Standing.FAIL),
        ((0.5, 0.3, 0.79), False, Standing.FAIL),
        ((nan, nan, nan), False, Standing.FEW),
    ],
)
def test_a_group_fails_when_its_whole_interval_lies_outside(ends, missed, standing):
    assert ParityLimits(0.8, 1.25, "r").verdict(*ends, is_missed_apart=missed) is standing


def test_movement_needs_size_and_more_than_chance():
    limits = read_stability_limits(load_policies(), on=DAY)

    assert limits.of_index(0.4, p_value=1e-9, n=299) is Standing.FEW
    assert limits.of_index(0.4, p_value=0.01, n=1000) is Standing.PASS
    assert limits.of_index(0.25, p_value=1e-9, n=1000) is Standing.FAIL
    assert limits.of_index(0.1, p_value=1e-9, n=1000) is Standing.WATCH
    assert limits.of_index(0.0999, p_value=1e-9, n=1000) is Standing.PASS
    assert limits.of_changed(0.05, n=1000) is Standing.WATCH
    assert limits.of_changed(0.10, n=1000) is Standing.FAIL
    assert limits.of_changed(0.5, n=10) is Standing.FEW


def test_limits_that_make_no_sense_are_refused():
    with pytest.raises(PolicyInconsistentError, match="hold 1"):
        read_parity_limits(book(PARITY, {"least": 1.1, "most": 1.25}), on=DAY)
    with pytest.raises(PolicyInconsistentError, match="no number 'most'"):
        read_parity_limits(book(PARITY, {"least": 0.8}), on=DAY)
    wrong = {"index": {"watch": 0.3, "moved": 0.2}, "changed": {"watch": 0.1, "moved": 0.2}, "from_entities": 1}
    with pytest.raises(PolicyInconsistentError, match="'index' must rise"):
        read_stability_limits(book(STABILITY, {**wrong, "chance": 0.1}), on=DAY)
