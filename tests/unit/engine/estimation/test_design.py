import math

import numpy as np
import pandas as pd
import pytest

from engine.errors import EstimationError, UndefinedEstimateError
from engine.estimation.design import rate, rates_by, total
from engine.estimation.intervals import clopper_pearson
from engine.estimation.sample import design_sample


def _sample(cells, *, cluster="entity_id"):
    """A sample from {stratum: (N, grade, outcomes)}; the outcomes are v, c, u, x (not assessable) or - (not done)."""
    words = {"v": "violation", "c": "clean", "u": "unreachable", "x": "not_assessable", "-": "not_done"}
    strata = pd.DataFrame(
        [(code, units, len(text), grade) for code, (units, grade, text) in cells.items()],
        columns=["stratum", "n_units", "n_drawn", "grade"],
    ).assign(draw_id="d1", item_code="F01")
    rows = pd.DataFrame(
        [
            (code, f"reg:{code}{k}", len(text) / units, grade, words[letter], f"team {k % 3}")
            for code, (units, grade, text) in cells.items()
            for k, letter in enumerate(text)
        ],
        columns=["stratum", "entity_id", "inclusion_probability", "grade", "outcome", "team"],
    ).assign(draw_id="d1", item_code="F01", selection_mode="random")
    return design_sample(rows, strata, cluster=cluster)


def test_one_large_stratum_is_a_binomial_count():
    sample = _sample({"a": (10**9, "A", "v" * 3 + "c" * 37)})
    found = total(sample, sample.rows["outcome"] == "violation", measure="violations")

    # s^2 uses n - 1, so the effective size is 39 rather than 40.
    exact = clopper_pearson(3 / 40 * 39, 39)
    assert found.value == pytest.approx(0.075e9)
    assert found.effective_n == pytest.approx(39, rel=1e-6)
    assert found.low == pytest.approx(float(exact.low) * 1e9, rel=0.01)
    assert found.high == pytest.approx(float(exact.high) * 1e9, rel=0.01)
    assert found.basis.value == "design-based"


def test_a_total_by_hand():
    # 10 * 1/2 + 20 * 3/4 = 20 violations of 30.
    sample = _sample({"a": (10, "A", "vc"), "b": (20, "D", "vvvc")})
    found = total(sample, sample.rows["outcome"] == "violation", measure="violations")

    assert found.value == pytest.approx(20)
    assert found.n == 6


def test_limits_never_contradict_the_count():
    sample = _sample({"a": (10, "A", "v" * 8 + "c")})
    found = total(sample, sample.rows["outcome"] == "violation", measure="violations")

    assert 8 <= found.low <= found.value <= found.high <= 9


def test_a_full_draw_is_known_without_width():
    sample = _sample({"a": (4, "A", "vccc"), "b": (2, "D", "vv")})
    found = total(sample, sample.rows["outcome"] == "violation", measure="violations")

    assert (found.low, found.value, found.high) == (3, 3, 3)
    assert math.isinf(found.effective_n)


def test_a_domain_rate_is_a_ratio_of_totals():
    # Reached: 100 * 4/5 = 80 and 40 * 2/4 = 20; violations 100 * 1/5 = 20 and 40 * 2/4 = 20: 40 / 100.
    sample = _sample({"a": (100, "A", "vcccu"), "b": (40, "D", "vvxx")})
    outcome = sample.rows["outcome"]
    found = rate(sample, outcome == "violation", outcome.isin(["violation", "clean"]), measure="violation_rate")

    assert found.value == pytest.approx(0.4)
    # Residuals (y - .4 x) / 100: a: .6, -.4 x3, 0; b: .6, .6, 0, 0. Sum of squares about the mean, by stratum:
    a = np.array([0.6, -0.4, -0.4, -0.4, 0]) / 100
    b = np.array([0.6, 0.6, 0, 0]) / 100
    variance = 100 * 95 / 5 * a.var(ddof=1) + 40 * 36 / 4 * b.var(ddof=1)
    assert found.effective_n == pytest.approx(0.24 / variance)
    assert found.n == 6


def test_rates_by_grade_have_the_columns_that_targeting_reads():
    sample = _sample({"a": (100, "A", "vcccc"), "b": (40, "B", "uuu"), "d": (4, "D", "vvvc")})
    table = rates_by(sample, by="grade").set_index("grade")

    assert table["units"].tolist() == pytest.approx([100, 40, 4])
    assert table["n"].tolist() == [5, 0, 4]
    assert table["hit_rate"].tolist()[::2] == pytest.approx([0.2, 0.75])
    assert math.isnan(table.loc["B", "hit_rate"]) and table.loc["B", "high"] == 1
    assert table.loc["D", "low"] == table.loc["D", "high"] == 0.75
    assert set(table["basis"]) == {"design-based"}


def test_teams_as_clusters_leave_the_rate_and_change_its_precision():
    cells = {"a": (1000, "A", "vcc" * 10)}
    alone, teams = _sample(cells), _sample(cells, cluster="team")
    by_row, by_team = (rates_by(s, by="grade").iloc[0] for s in (alone, teams))

    assert by_row["hit_rate"] == by_team["hit_rate"]
    assert by_team["effective_n"] < by_row["effective_n"] / 5  # team 0 alone found everything
    assert by_team["high"] > by_row["high"]


def test_a_domain_without_rows_has_no_rate():
    sample = _sample({"a": (10, "A", "uu")})
    nobody = pd.Series(False, index=sample.rows.index)

    with pytest.raises(UndefinedEstimateError):
        rate(sample, nobody, nobody, measure="rate")


def test_indicators_must_fit():
    sample = _sample({"a": (10, "A", "vc")})
    everyone, nobody = pd.Series([True, True]), pd.Series([False, False])

    with pytest.raises(EstimationError, match="above but not below"):
        rate(sample, everyone, nobody, measure="rate")
    with pytest.raises(EstimationError, match="does not fit"):
        total(sample, pd.Series([True]), measure="total")
