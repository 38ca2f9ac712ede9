import math

import pytest

from engine.estimation.estimate import Basis, Estimate, PrecisionLimits, imprecisions

LIMITS = PrecisionLimits(min_effective_n=30, max_width=0.30, narrow_width=0.05, max_relative_width=1.3)


def _rate(value, low, high, effective_n=100.0):
    return Estimate("rate", value, low, high, 100, effective_n, "test", Basis.DESIGN)


@pytest.mark.parametrize(
    ("rate", "reasons"),
    [
        (_rate(0.20, 0.13, 0.29), []),
        (_rate(0.20, 0.13, 0.29, effective_n=29), ["effective sample of 29"]),
        (_rate(0.50, 0.35, 0.65), ["0.300 wide"]),
        (_rate(0.05, 0.02, 0.10), ["wider than 1.3 times"]),
        (_rate(0.01, 0.00, 0.04), []),  # wide for its size, but narrow enough to be useful
        (_rate(math.nan, 0.0, 1.0, effective_n=0), ["effective sample of 0", "1.000 wide"]),
        (_rate(0.25, 0.25, 0.25, effective_n=math.inf), []),
    ],
)
def test_each_kind_of_imprecision_is_named(rate, reasons):
    found = [str(message) for message in imprecisions(rate, limits=LIMITS)]

    assert len(found) == len(reasons)
    assert all(reason in text for reason, text in zip(reasons, found, strict=True))


def test_a_rate_times_the_frame_is_a_total():
    total = _rate(0.20, 0.13, 0.29).scaled(1000, measure="violations")

    assert (total.measure, total.value, total.low, total.high) == ("violations", 200, 130, 290)
    assert total.width == pytest.approx(160)
