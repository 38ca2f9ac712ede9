"""Anchor and trees: the anchor alone keeps the column's order, shares add up, trees only add what rows prove."""

from dataclasses import replace

import numpy as np
import pytest

from models.learners.anchor import ANCHORS, Anchor, fit_anchor
from models.learners.challenger import CANDIDATES
from models.learners.ranker import fit_ranker
from tests.model_world import BY_NAME, DISTRICT, RATE, READ, SEVERITY, examples, feature_rows

ANCHORED = replace(CANDIDATES[1], name="anchored", is_anchored=True)
MEAN = ANCHORS[1]
FEATURES = (*READ, BY_NAME[MEAN])


def _rows(n=3000, seed=1):
    rows = examples(n, seed=seed)
    return type(rows)(rows.rows.assign(**{MEAN: rows.rows[SEVERITY]}), rows.basis)


def test_the_anchor_alone_keeps_the_order_of_its_column():
    # arrange
    found = fit_ranker(_rows(), features=FEATURES, configuration=CANDIDATES[0], seed=1)
    fresh = feature_rows(500, seed=3, unknown_share=0.0)
    fresh[MEAN] = fresh[SEVERITY]
    # act
    raw = found.log_odds(fresh)
    # assert
    assert CANDIDATES[0].trees == 0
    assert (np.argsort(raw, kind="stable") == np.argsort(fresh[MEAN].to_numpy(), kind="stable")).all()


def test_the_line_is_the_one_the_outcomes_are_drawn_from():
    # truth: log-odds rise by 0.12 per point of severity, some of it seen through the district alone
    rows = _rows(20_000)
    typical = [float(rows.rows[f.name].mean()) for f in FEATURES]
    known = rows.part(rows.rows[MEAN].notna().to_numpy())
    line = fit_anchor(known, features=FEATURES, typical=typical)
    assert line.feature == MEAN
    assert line.slope == pytest.approx(0.12, abs=0.01)


@pytest.mark.parametrize("configuration", (*CANDIDATES[:2], ANCHORED), ids=lambda c: c.name)
def test_shares_add_up_to_the_log_odds(configuration):
    found = fit_ranker(_rows(), features=FEATURES, configuration=configuration, seed=1)
    fresh = feature_rows(300, seed=5)
    fresh[MEAN] = fresh[SEVERITY]
    np.testing.assert_allclose(found.shares(fresh).sum(axis=1), found.log_odds(fresh), atol=1e-9)


def test_no_anchor_where_the_column_is_hardly_known_or_not_read():
    rows = _rows()
    typical = [float(rows.rows[f.name].mean()) for f in FEATURES]
    rare = rows.rows.assign(**{MEAN: rows.rows[MEAN].where(np.arange(len(rows.rows)) % 3 == 0)})
    assert fit_anchor(type(rows)(rare, rows.basis), features=FEATURES, typical=typical) is None
    assert fit_anchor(rows, features=READ, typical=typical[:3]) is None


def test_trees_of_their_own_start_from_the_base_rate():
    found = fit_ranker(_rows(), features=FEATURES, configuration=CANDIDATES[1], seed=1)
    assert found.anchor is None
    assert set(found.names) == {SEVERITY, RATE, DISTRICT, MEAN}


def test_no_rows_no_log_odds():
    found = fit_ranker(_rows(), features=FEATURES, configuration=CANDIDATES[0], seed=1)
    assert found.anchor == Anchor(MEAN, found.anchor.intercept, found.anchor.slope)
    assert found.log_odds(feature_rows(0, seed=1).assign(**{MEAN: []})).size == 0
