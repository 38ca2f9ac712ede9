from dataclasses import replace

import pytest

from engine.errors import FeatureDeclarationError
from engine.features.declaration import Aggregate
from engine.features.registry import FEATURES, feature_table, registered
from tests.feature_list import PUBLISHED, feature_list

COUNT = next(feature for feature in FEATURES if feature.name == "complaints_count_12m")


def test_a_name_declared_twice_is_refused():
    with pytest.raises(FeatureDeclarationError, match="declared twice"):
        registered((COUNT, COUNT))


@pytest.mark.parametrize(
    "changes",
    [
        {"where": ("no_such_column",)},
        {"source": "no_such_source"},
        {"source": "entities"},
        {"aggregate": Aggregate.MAX, "column": "no_such_column"},
    ],
)
def test_a_feature_over_what_does_not_exist_is_refused(changes):
    with pytest.raises(FeatureDeclarationError):
        registered((replace(COUNT, **changes),))


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": 2},
        {"rationale": ""},
        {"lookback_months": 0},
        {"column": "checked"},
        {"aggregate": Aggregate.SUM},
        {"aggregate": Aggregate.SURGE, "lookback_months": None},
        {"aggregate": Aggregate.RATIO, "column": "substantiated"},
        {"aggregate": Aggregate.PEER_RATE, "column": "substantiated", "per": "checked"},
    ],
)
def test_a_declaration_outside_the_closed_list_is_refused(changes):
    with pytest.raises(FeatureDeclarationError, match="complaints_count_12m"):
        replace(COUNT, **changes)


def test_there_are_features_of_every_source_and_each_says_why():
    table = feature_table()

    assert len(table) >= 60
    assert set(table["source"]) == {
        *("inspections", "penalties", "listings", "complaints", "entities"),
        *("registrations", "licences", "annual_reports", "external_grades"),
    }
    assert {"related_share", "peer_rate", "trend", "streak", "decayed", "shrunken"} <= set(table["aggregate"])
    assert (table["rationale"].str.len() > 10).all()


def test_the_published_list_is_current():
    assert PUBLISHED.read_text(encoding="utf-8") == feature_list(), "run python -m tests.feature_list"
