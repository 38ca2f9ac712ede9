from datetime import date

import pytest

from engine.errors import EstimationError
from engine.estimation.change import change, quarters_of
from engine.estimation.estimate import Basis, Estimate

SPRING, SUMMER = frozenset({2}), frozenset({3})


def _rate(value, low, high, basis=Basis.DESIGN):
    return Estimate("violation_rate", value, low, high, 100, 90.0, "test", basis)


def test_quarters_by_calendar():
    assert quarters_of([date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1), date(2025, 12, 31)]) == {1, 2, 4}


def test_a_change_by_hand():
    # .15 - .10; low .05 - sqrt((.15-.11)^2 + (.14-.10)^2), high .05 + sqrt((.20-.15)^2 + (.10-.07)^2).
    found = change(_rate(0.10, 0.07, 0.14), _rate(0.15, 0.11, 0.20), earlier_quarters=SPRING, later_quarters=SPRING)

    assert found.value == pytest.approx(0.05)
    assert found.low == pytest.approx(0.05 - 0.04 * 2**0.5)
    assert found.high == pytest.approx(0.05 + (0.05**2 + 0.03**2) ** 0.5)
    assert found.measure == "change_of_violation_rate"


def test_different_seasons_are_not_compared():
    with pytest.raises(EstimationError, match="different seasons"):
        change(_rate(0.1, 0.07, 0.14), _rate(0.2, 0.1, 0.3), earlier_quarters=SPRING, later_quarters=SUMMER)


def test_different_bases_are_not_compared():
    with pytest.raises(EstimationError, match="different figures"):
        change(
            _rate(0.1, 0.07, 0.14),
            _rate(0.2, 0.1, 0.3, basis=Basis.DESCRIPTIVE),
            earlier_quarters=SPRING,
            later_quarters=SPRING,
        )
