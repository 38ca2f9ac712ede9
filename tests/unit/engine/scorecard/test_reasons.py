"""Reasons: order, sum, sentences, what would change it."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.errors import UsageError
from engine.scorecard.points import score_points
from engine.scorecard.reasons import REST, reasons, sentence
from tests.scorecards import AS_OF, small


def _reasons(*rows, top=3):
    table = pd.DataFrame(rows, columns=["penalties_count", "penalties_age", "findings_count", "capital_count"])
    table.insert(0, "entity_id", [f"uscc:{i}" for i in range(len(rows))])
    table.insert(1, "as_of", AS_OF)
    card = small()
    scored = score_points(table, card)
    return reasons(table, scored, card, model="scorecard", top=top), scored


def test_largest_first_and_in_words():
    found, _ = _reasons((1, 400, 3, 150_00))

    assert found["feature"].tolist() == ["findings_count", "penalties_count", "capital_count"]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["points"].tolist() == [250, 150, 125]
    assert [str(sentence(t, p)) for t, p in zip(found["template"], found["params"], strict=True)] == [
        "Findings: 3 adds 250 of at most 250 points. Below 3 it would add 125 points.",
        # day 400 is in the second year; the third begins on day 731, 331 days after 2024-06-30
        "Penalties: 1 adds 150 of at most 500 points. Below 1 it would add 0 points. "
        "Without new conduct it falls to 75 points on 2025-05-27.",
        "Capital: 150 adds 125 of at most 250 points. From 1000 on it would add 0 points.",
    ]


def test_rest_makes_the_lines_add_up():
    found, scored = _reasons((1, 400, 3, 150_00), (0, None, 1, None), (0, None, 0, 5000_00), top=1)

    assert found["feature"].tolist() == ["findings_count", REST, "findings_count", REST]
    assert found["entity_id"].tolist() == ["uscc:0", "uscc:0", "uscc:1", "uscc:1"]
    sums = found.groupby("entity_id")["points"].sum()
    np.testing.assert_allclose(sums, scored["score"][:2], atol=1e-6)
    assert str(sentence(*found.loc[1, ["template", "params"]])) == "All other indicators together add 275 points."


def test_empty_value_that_counts_is_said():
    found, _ = _reasons((None, None, None, None))

    assert str(sentence(found["template"][0], found["params"][0])) == (
        "Capital: nothing on record; policy counts this as 200 of at most 1000 points."
    )
    assert np.isnan(found["value"][0])


def test_no_points_no_reasons():
    found, _ = _reasons((0, None, 0, 5000_00))

    assert len(found) == 0
    assert list(found.columns) == [
        "entity_id", "as_of", "model", "rank", "feature", "value", "points", "template", "params"
    ]  # fmt: skip


def test_values_are_json_and_sentences_translate():
    found, _ = _reasons((3, 10, 0, 5000_00))

    params = json.loads(found["params"][0])
    chinese = {"Penalties": "处罚"}
    told = sentence(found["template"][0], found["params"][0]).render(lambda text: chinese.get(text, text))

    assert params["value"] == 3
    assert params["label"] == {"template": "Penalties", "params": {}}
    assert told.startswith("处罚: 3 adds 500")


def test_top_must_be_one_or_more():
    with pytest.raises(UsageError, match="at least one"):
        _reasons((0, None, 0, 0), top=0)
