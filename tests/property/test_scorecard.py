"""What must hold for every feature row: adding up, bounds, and more adverse conduct never lowers the score."""

import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scorecard.export import document, score_from_document
from engine.scorecard.points import score_points
from engine.scorecard.reasons import reasons
from tests.scorecards import AS_OF, small

CARD = small()
COUNT = st.one_of(st.none(), st.integers(0, 10))
ROW = st.fixed_dictionaries(
    {
        "penalties_count": COUNT,
        "penalties_age": st.one_of(st.none(), st.integers(0, 2000)),
        "findings_count": COUNT,
        "capital_count": st.one_of(st.none(), st.integers(0, 500_000)),
    }
)


def _table(rows):
    table = pd.DataFrame(rows).astype("float64")
    return table.assign(entity_id=[f"reg:{i}" for i in range(len(rows))], as_of=AS_OF)


@given(st.lists(ROW, min_size=1, max_size=20), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_reasons_add_up_to_the_score(rows, top):
    table = _table(rows)

    scored = score_points(table, CARD)
    found = reasons(table, scored, CARD, model="scorecard", top=top)

    sums = found.groupby("entity_id")["points"].sum().reindex(table["entity_id"], fill_value=0)
    np.testing.assert_allclose(sums, scored["score"], atol=1e-6)
    assert scored["score"].between(0, 1000).all()
    assert scored["coverage_ratio"].between(0, 1).all()
    assert not found.duplicated(["entity_id", "rank"]).any()


@given(ROW, st.sampled_from(["penalties_count", "findings_count"]), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_more_adverse_conduct_never_lowers_the_score(row, name, more):
    known = row | {name: row[name] or 0}

    before, after = score_points(_table([known, known | {name: known[name] + more}]), CARD)["score"]

    assert after >= before


@given(ROW, st.integers(0, 2000), st.integers(0, 2000))
@settings(max_examples=100, deadline=None)
def test_fresher_conduct_never_lowers_the_score(row, one, other):
    young, old = sorted((one, other))

    fresh, stale = score_points(_table([row | {"penalties_age": young}, row | {"penalties_age": old}]), CARD)["score"]

    assert fresh >= stale


@given(ROW)
@settings(max_examples=100, deadline=None)
def test_document_is_a_second_reading_of_the_formula(row):
    content = json.loads(document(CARD))

    score, coverage = score_from_document(content, row)
    scored = score_points(_table([row]), CARD)

    assert (score, coverage) == (scored["score"][0], scored["coverage_ratio"][0])
