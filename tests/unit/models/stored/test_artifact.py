"""A stored model is data: another program reads it and gets the same score."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from engine.errors import ScoringError
from models.stored.application import ModelScorer
from models.stored.artifact import CARD_FILE, TREES_FILE, model_files, model_from_files
from tests.model_world import feature_rows, fitted


@pytest.fixture(scope="module")
def model():
    return fitted()


def test_round_trip_keeps_everything(model):
    back = model_from_files(model_files(model), expected_digest=model.digest)
    assert back == model
    assert back.digest == model.digest


def test_the_card_says_what_a_reader_needs(model):
    card = json.loads(model_files(model)[CARD_FILE])
    assert [feature["name"] for feature in card["features"]] == list(model.card.feature_names)
    assert card["window"]["known_by"] == "2030-01-01"
    assert card["window"]["n_rows"] > 2000
    assert card["configuration"]["seed"] == 7
    assert card["inputs"] == {"policies": "abc"}
    assert sum(feature["importance"] for feature in card["features"]) == pytest.approx(1)


def test_a_changed_byte_is_found(model):
    files = model_files(model)
    files[TREES_FILE] = files[TREES_FILE].replace(b"leaf_value=", b"leaf_value=9", 1)
    with pytest.raises(ScoringError, match="digest"):
        model_from_files(files, expected_digest=model.digest)


def test_a_missing_file_and_another_form_are_named(model):
    with pytest.raises(ScoringError, match=r"lacks trees\.txt"):
        model_from_files({CARD_FILE: model_files(model)[CARD_FILE]})
    with pytest.raises(ScoringError, match=r"lacks card\.json"):
        model_from_files({})
    with pytest.raises(ScoringError, match="another form"):
        model_from_files(model_files(model) | {CARD_FILE: b'{"form": "other/1"}'})


def test_every_part_enters_the_digest(model):
    cards = [
        replace(model.card, population="q"),
        replace(model.card, inputs={}),
        replace(model.card, window=replace(model.card.window, n_rows=1)),
    ]
    digests = {replace(model, card=card).digest for card in cards} | {model.digest}
    assert len(digests) == 4


def _tree_value(tree: dict[str, list[str]], row: np.ndarray) -> float:
    """Walk one tree of LightGBM text for a row without empty values; nothing but comparisons."""
    node = 0
    while node >= 0:
        feature, limit = int(tree["split_feature"][node]), float(tree["threshold"][node])
        side = "left_child" if row[feature] <= limit else "right_child"
        node = int(tree[side][node])
    return float(tree["leaf_value"][~node])


def test_plain_python_reads_the_files_and_gets_the_same_probability(model):
    # arrange: the two files, and nothing of this project's code
    files = model_files(model)
    card = json.loads(files[CARD_FILE])
    blocks = files[TREES_FILE].decode().split("\nTree=")[1:]
    trees = [
        {key: value.split() for key, value in (line.split("=", 1) for line in block.splitlines() if "=" in line)}
        for block in blocks
    ]
    rows = feature_rows(50, seed=5)
    # act
    raw = []
    for row in rows[[feature["name"] for feature in card["features"]]].to_numpy(dtype=float):
        known = [feature["typical"] if np.isnan(x) else x for x, feature in zip(row, card["features"], strict=True)]
        raw.append(sum(_tree_value(tree, np.asarray(known)) for tree in trees))
    knots = np.asarray(card["calibration"]["knots"])
    slope = card["calibration"]["outer_slope"]
    line = np.interp(raw, knots[:, 0], knots[:, 1])
    line = line + slope * (np.minimum(raw - knots[0, 0], 0) + np.maximum(raw - knots[-1, 0], 0))
    level = card["level"]
    angle = np.array([2 * np.pi * day.timetuple().tm_yday / 365.25 for day in rows["as_of"]])
    line = line + level["shift"] + level["cosine"] * np.cos(angle) + level["sine"] * np.sin(angle)
    # assert
    assert card["anchor"] is None
    scored = ModelScorer(model).score(rows)
    np.testing.assert_allclose(scored["score"], 500 + 50 * np.asarray(raw), atol=1e-9)
    np.testing.assert_allclose(scored["probability"], expit(line), atol=1e-12)
