import math

import numpy as np
import pandas as pd
import pytest

from engine.errors import ContractError, SchemaMismatchError
from engine.estimation.hit_rates import hit_rates
from engine.estimation.intervals import clopper_pearson


def _graded(**counts):
    """Rows per grade from (hits, clean, not seen)."""
    rows = [
        (grade, outcome)
        for grade, (hits, clean, unseen) in counts.items()
        for outcome in [True] * hits + [False] * clean + [None] * unseen
    ]
    return pd.DataFrame(rows, columns=["grade", "adverse"]).astype({"adverse": "boolean"})


def test_each_grade_has_its_count_rate_and_interval():
    table = hit_rates(_graded(A=(2, 38, 60), B=(3, 17, 0), C=(1, 4, 5), D=(3, 2, 0))).set_index("grade")

    assert table["n"].tolist() == [40, 20, 5, 5]
    assert table["hits"].tolist() == [2, 3, 1, 3]
    assert table["hit_rate"].tolist() == [0.05, 0.15, 0.2, 0.6]
    assert table.loc["A", "unseen_share"] == 0.6
    assert table.loc["A", "share"] == pytest.approx(100 / 135)
    limits = clopper_pearson(2, 40)
    assert (table.loc["A", "low"], table.loc["A", "high"]) == (float(limits.low), float(limits.high))
    assert set(table["basis"]) == {"not design-based"}


def test_ungraded_newcomers_are_a_row_of_their_own():
    assert hit_rates(_graded(U=(1, 1, 0), A=(0, 1, 0)))["grade"].tolist() == ["A", "B", "C", "D", "U"]
    assert hit_rates(_graded(A=(0, 1, 0)))["grade"].tolist() == ["A", "B", "C", "D"]


def test_a_grade_nobody_visited_has_no_rate_and_the_widest_interval():
    row = hit_rates(_graded(A=(1, 9, 0), D=(0, 0, 4))).set_index("grade").loc["D"]

    assert math.isnan(row["hit_rate"])
    assert (row["n"], row["low"], row["high"], row["unseen_share"]) == (0, 0.0, 1.0, 1.0)


def test_visits_to_one_entity_count_as_one_cluster():
    rows = _graded(A=(10, 30, 0))
    rows["entity_id"] = np.repeat(np.arange(10), 4)  # ten firms, four visits; hits fill whole firms but one
    plain = hit_rates(rows).iloc[0]
    clustered = hit_rates(rows, cluster="entity_id").iloc[0]

    # By hand: cluster sums of (y - .25) are 3, 3, 1 (firm 3: 2 of 4) and seven times -1;
    # v = 10/9 * (9 + 9 + 1 + 7) / 40^2 = .0180556; .25 * .75 / v = 10.385.
    assert clustered["effective_n"] == pytest.approx(0.1875 / (10 / 9 * 26 / 1600))
    assert clustered["high"] - clustered["low"] > plain["high"] - plain["low"]


def test_weights_enter_the_rate_and_lower_the_effective_size():
    rows = _graded(A=(2, 2, 0))
    rows["weight"] = [3.0, 1.0, 1.0, 1.0]
    row = hit_rates(rows, weight="weight").iloc[0]

    assert row["hit_rate"] == pytest.approx(4 / 6)
    # Scores w (y - p) / 6: 1/6, 1/18, -1/9, -1/9; v = 4/3 * (1/36 + 1/324 + 2/81) = 2/27; p (1-p) / v = 3.
    assert row["effective_n"] == pytest.approx(3.0)


def test_without_findings_the_weights_alone_set_the_effective_size():
    rows = _graded(A=(0, 4, 0))
    rows["weight"] = [3.0, 1.0, 1.0, 1.0]

    assert hit_rates(rows, weight="weight").iloc[0]["effective_n"] == pytest.approx(36 / 12)


def test_rows_without_a_grade_are_refused():
    with pytest.raises(ContractError):
        hit_rates(pd.DataFrame({"grade": ["A", None], "adverse": [True, False]}))
    with pytest.raises(SchemaMismatchError):
        hit_rates(pd.DataFrame({"grade": ["A"]}))


@pytest.mark.parametrize("n", range(95, 110))
def test_findings_everywhere_are_a_rate_of_one_whatever_the_weights(n):
    graded = _graded(A=(n, 0, 0)).assign(weight=0.1 + 0.01 * np.arange(n))  # of 104 product and sum round apart

    row = hit_rates(graded, weight="weight").set_index("grade").loc["A"]

    assert row["hit_rate"] <= 1
    assert row["hit_rate"] == pytest.approx(1)
    assert row["high"] == 1
