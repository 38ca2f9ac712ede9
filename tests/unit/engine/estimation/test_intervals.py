import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from engine.errors import UndefinedEstimateError
from engine.estimation.intervals import clopper_pearson, finite_population, zero_finding_bound


def test_clopper_pearson_gives_the_limits_of_an_independent_implementation():
    k = np.array([0, 1, 4, 19, 50, 50])
    n = np.array([30, 30, 263, 20, 51, 50])

    limits = clopper_pearson(k, n)

    expected = [binomtest(int(a), int(b)).proportion_ci(0.95, "exact") for a, b in zip(k, n, strict=True)]
    np.testing.assert_allclose(limits.low, [e.low for e in expected], atol=1e-12)
    np.testing.assert_allclose(limits.high, [e.high for e in expected], atol=1e-12)


def test_clopper_pearson_published_case():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 15 of 148, exact method: .0578 to .1617.
    limits = clopper_pearson(15, 148)

    assert (round(float(limits.low), 4), round(float(limits.high), 4)) == (0.0578, 0.1617)


def test_no_sample_says_nothing():
    limits = clopper_pearson(0, 0)

    assert (float(limits.low), float(limits.high)) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (math.nan, 5)])
def test_contradictory_counts_are_refused(hits, n):
    with pytest.raises(UndefinedEstimateError):
        clopper_pearson(hits, n)


def test_zero_finding_bound_by_hand():
    # 1 - .05^(1/300) = .0099359: three hundred clean visits exclude a rate of one in a hundred.
    assert zero_finding_bound(300) == pytest.approx(0.0099361, abs=1e-7)
    assert zero_finding_bound(0) == 1.0


def _exact_limits(hits, n, n_units):
    """All totals that neither tail of the hypergeometric excludes at 2.5 %, in fractions."""
    kept = []
    for total in range(hits, n_units - (n - hits) + 1):
        p = [Fraction(comb(total, x) * comb(n_units - total, n - x), comb(n_units, n)) for x in range(n + 1)]
        if sum(p[hits:]) > Fraction(1, 40) and sum(p[: hits + 1]) > Fraction(1, 40):
            kept.append(total)
    return min(kept) / n_units, max(kept) / n_units


@pytest.mark.parametrize(("hits", "n", "n_units"), [(0, 10, 40), (1, 10, 20), (3, 7, 30), (7, 7, 30), (5, 29, 30)])
def test_finite_population_limits_equal_the_enumeration(hits, n, n_units):
    assert finite_population(hits, n, n_units=n_units) == pytest.approx(_exact_limits(hits, n, n_units), abs=1e-12)


def test_a_full_count_has_width_zero():
    assert finite_population(3, 10, n_units=10) == (0.3, 0.3)


def test_no_draw_in_a_finite_population_says_nothing():
    assert finite_population(0, 0, n_units=7) == (0.0, 1.0)


def test_finite_population_refuses_contradictions():
    with pytest.raises(UndefinedEstimateError):
        finite_population(1, 3, n_units=2)
