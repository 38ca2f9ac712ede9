"""The document and the SQL give what the scorecard gives."""

import json

import duckdb
import numpy as np
import pandas as pd
import pytest

from engine.scorecard.export import _half_up, _half_up_sql, document, score_from_document, scorecard_sql
from engine.scorecard.points import SCORE_SCALE, rounded, score_points
from tests.scorecards import AS_OF, small

FEATURES = ["penalties_count", "penalties_age", "findings_count", "capital_count"]


def _features(n):
    draw = np.random.default_rng(7)
    columns = {
        "penalties_count": draw.integers(0, 5, n).astype(float),
        "penalties_age": draw.integers(0, 1500, n).astype(float),
        "findings_count": draw.integers(0, 5, n).astype(float),
        "capital_count": draw.integers(0, 200_000, n).astype(float),
    }
    for values in columns.values():
        values[draw.random(n) < 0.3] = np.nan
    return pd.DataFrame({"entity_id": [f"reg:{i:06}" for i in range(n)], "as_of": AS_OF} | columns)


def test_document_applied_alone_gives_the_same():
    features = _features(500)
    content = json.loads(document(small()))
    scored = score_points(features, small())

    records = features[FEATURES].astype(object).where(features[FEATURES].notna(), None).to_dict(orient="records")
    alone = [score_from_document(content, record) for record in records]

    np.testing.assert_array_equal([s for s, _ in alone], scored["score"])
    np.testing.assert_array_equal([c for _, c in alone], scored["coverage_ratio"])


def test_steps_of_decay_include_their_last_day():
    content = json.loads(document(small()))
    record = {"penalties_count": 3, "findings_count": 0, "capital_count": 1000_00}

    scores = [score_from_document(content, record | {"penalties_age": age})[0] for age in (365, 366, 1095, 1096)]

    assert scores == [500, 300, 150, 0]


def test_document_knows_no_score_without_values():
    content = json.loads(document(small()))
    content["indicators"] = content["indicators"][:2]

    assert score_from_document(content, dict.fromkeys(FEATURES)) == (None, 0.0)


def test_a_half_at_the_last_decimal_is_rounded_up_by_every_program():
    halves = np.array([658.0078125, 0.5 / 2**6, 3.0])  # 658.0078125 = 658.007812|5, exact in binary

    by_sql = [duckdb.sql(f"SELECT {_half_up_sql(repr(float(each)) + 'e0')}").fetchone()[0] for each in halves]

    assert rounded(halves).tolist() == by_sql == [_half_up(float(each), SCORE_SCALE) for each in halves]
    assert by_sql[:2] == [658.007813, 0.007813]


def test_document_is_readable_and_stable():
    text = document(small())

    assert text == document(small())
    assert '"code": "penalties"' in text
    assert json.loads(text)["valid_on"] == "2024-06-30"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_sql_gives_equal_points():
    features = _features(20_000)
    scored = score_points(features, small())
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("features", features)
        told = connection.sql(scorecard_sql(small(), table="features") + "ORDER BY entity_id").df()

    np.testing.assert_array_equal(told["score"], scored["score"])
    np.testing.assert_array_equal(told["coverage_ratio"], scored["coverage_ratio"])
    scale = 1 / scored["coverage_ratio"].to_numpy()
    for code in ("penalties", "findings", "capital"):
        np.testing.assert_allclose(told[f"points_{code}"] * scale, scored[f"points_{code}"], rtol=1e-12)
