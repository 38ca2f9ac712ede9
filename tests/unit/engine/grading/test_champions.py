"""Which model decides, and which scorecard an entity type has."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.grading.champions import champion_scores, read_champions, scorecard_names
from tests import policies

ON = date(2024, 6, 30)


def test_each_population_has_its_deciding_model():
    scores = pd.DataFrame(
        {
            "entity_id": ["a", "a", "b", "b"],
            "as_of": ON,
            "model": ["scorecard", "lightgbm"] * 2,
            "population": ["city", "city", "food", "food"],
            "score": [1.0, 2, 3, 4],
            "coverage_ratio": 1.0,
        }
    )
    value = {"default": "scorecard", "populations": {"food": "lightgbm"}}

    chosen = champion_scores(scores, read_champions(policies.book(grading__champion=value), on=ON))

    assert chosen["score"].tolist() == [1, 4]


def test_shipped_champions():
    assert read_champions(policies.shipped(), on=ON).of("any") == "scorecard"
    assert read_champions(policies.shipped("benchmark"), on=date(2014, 7, 1)).of("any") == "challenger"


def test_champion_must_be_named():
    with pytest.raises(PolicyInconsistentError, match="no default model"):
        read_champions(policies.book(grading__champion={"populations": {}}), on=ON)


def test_entity_types_without_a_scorecard_have_none():
    entities = pd.DataFrame({"entity_type": ["enterprise", "individual_business", "project"]})

    names = scorecard_names(entities, book=policies.shipped(), on=ON)

    assert names.tolist()[:2] == ["scorecard.general", "scorecard.light"]
    assert names.isna().tolist() == [False, False, True]
