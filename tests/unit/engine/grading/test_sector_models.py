"""Sectors with a model of their own: who belongs to one, and what passes on from the whole population."""

from datetime import date

import ibis
import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.grading.champions import read_champions
from engine.grading.cutoffs import read_cutoffs
from engine.grading.hysteresis import read_hysteresis
from engine.grading.sector_models import graded_apart, read_sector_scopes, with_sectors
from tests import policies

ON = date(2024, 6, 30)
FOOD = {
    "code": "food",
    "populations": ["enterprise", "shop"],
    "industries": ["C13", "H"],
    "least_rows": 100,
    "least_adverse": 10,
    "reference": "law",
}


def book(*sectors, champions=None, **values):
    named = {"grading__sector_models": list(sectors), **values}
    if champions is not None:
        named["grading__champion"] = {"default": "scorecard", "populations": champions}
    return policies.book(**named)


def test_a_sector_is_one_scope_per_population():
    scopes = read_sector_scopes(book(FOOD), on=ON)

    assert [scope.name for scope in scopes] == ["enterprise.food", "shop.food"]
    assert (scopes[0].least_rows, scopes[0].least_adverse, scopes[0].industries) == (100, 10, ("C13", "H"))


def test_who_belongs_is_told_by_population_and_beginning_of_the_industry_code_version_by_version():
    register = pd.DataFrame(
        [
            ("a", "enterprise", "C1310", "2020"),
            ("a", "enterprise", "C17", "2021"),
            ("b", "enterprise", "H62", "2020"),
            ("c", "cooperative", "H62", "2020"),
            ("d", "shop", "C1", "2020"),
            ("e", "shop", None, "2020"),
        ],
        columns=["entity_id", "population", "industry_code", "known_at"],
    )
    table = with_sectors(ibis.memtable(register), read_sector_scopes(book(FOOD), on=ON))

    found = table.order_by(["entity_id", "known_at"]).execute()["population"].tolist()

    assert found == ["enterprise.food", "enterprise", "enterprise.food", "cooperative", "shop", "shop"]


def test_a_sector_is_graded_apart_only_where_policy_names_a_model_for_it():
    assert graded_apart(book(FOOD), on=ON) == ()
    named = book(FOOD, champions={"shop.food": "challenger"})
    assert [scope.name for scope in graded_apart(named, on=ON)] == ["shop.food"]
    with pytest.raises(PolicyInconsistentError, match="does not define"):
        graded_apart(book(FOOD, champions={"shop.drugs": "challenger"}), on=ON)


def test_a_sector_has_the_model_shares_and_band_of_the_whole_where_it_has_none_of_its_own():
    shares = {"A": "0.5", "B": "0.3", "C": "0.1", "D": "0.1"}
    usual = policies.shipped().value("grading.shares", on=ON)["default"]
    rules = book(
        FOOD,
        champions={"enterprise": "challenger"},
        grading__shares={"default": usual, "populations": {"enterprise": shares}},
        grading__hysteresis={
            "default": {"worse_points": 0, "better_points": 10},
            "populations": {"enterprise": {"worse_points": 1, "better_points": 2}},
        },
        grading__thresholds={"shop": {"A": 1, "B": 2, "C": 3}},
    )

    assert read_champions(rules, on=ON).of("enterprise.food") == "challenger"
    cutoffs = read_cutoffs(rules, on=ON)
    assert cutoffs.of("enterprise.food") == cutoffs.of("enterprise")
    assert read_hysteresis(rules, on=ON).of("enterprise.food").better_points == 2
    # limits of score stand on the scale of the model of the whole
    assert cutoffs.of("shop.food") == cutoffs.default != cutoffs.of("shop")


@pytest.mark.parametrize(
    ("sectors", "said"),
    [
        ([{**FOOD, "reference": ""}], "needs"),
        ([{**FOOD, "industries": []}], "needs"),
        ([{**FOOD, "code": "a.b"}], "leave the dot out"),
        ([{**FOOD, "least_rows": 0}], "at least one row"),
        ([FOOD, {**FOOD, "code": "grain", "populations": ["shop"], "industries": ["C131"]}], "share an industry"),
    ],
)
def test_sectors_that_contradict_themselves_are_refused(sectors, said):
    with pytest.raises(PolicyInconsistentError, match=said):
        read_sector_scopes(book(*sectors), on=ON)
