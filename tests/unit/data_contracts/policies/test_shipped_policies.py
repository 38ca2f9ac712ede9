"""The shipped policies: form, dates, and that the stages can read every one of them."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml

from engine.features.registry import FEATURES
from engine.grading.champions import read_champions
from engine.grading.cutoffs import TargetShares, read_cutoffs
from engine.grading.hysteresis import read_hysteresis
from engine.grading.overrides import read_overrides
from engine.grading.reviewed import read_grounds
from engine.grading.sector_models import graded_apart, read_sector_scopes
from engine.grading.sector_rules import read_sectors
from engine.ratios.policy import read_ratio_policy
from engine.scorecard.tree import read_scorecard
from engine.vocabulary import Grade, ItemClass
from engine.windows import LabelWindow
from tests import policies

FILES = sorted(policies.ROOT.rglob("*.yaml"))
DAYS = {"default": date(2024, 6, 30), "shandong_2020": date(2024, 6, 30), "uniform": date(2024, 6, 30)}
DAYS["benchmark"] = date(2012, 7, 1)
NO_ITEMS = pd.DataFrame({"item_code": [], "item_class": [], "ratio_cap": [], "basis": []})
CARDS = [
    ("default", "scorecard.general"),
    ("default", "scorecard.light"),
    ("benchmark", "scorecard.benchmark"),
]


def _card(profile, name):
    return read_scorecard(policies.shipped(profile), name=name, on=DAYS[profile])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(policies.ROOT)))
def test_every_file_has_the_form(path: Path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert content["id"] == path.stem
    assert set(content) <= {"id", "unit", "values", "ends_on"}
    assert content["unit"]
    assert content["values"]
    for day, entry in content["values"].items():
        assert type(day) is date
        assert set(entry) == {"reference", "value"}
        assert entry["reference"]


@pytest.mark.parametrize("profile", list(DAYS))
def test_every_stage_can_read_every_profile(profile):
    book, on = policies.shipped(profile), DAYS[profile]

    read_champions(book, on=on)
    read_overrides(book, on=on)
    read_hysteresis(book, on=on)
    read_sectors(book, on=on)
    read_sector_scopes(book, on=on)
    graded_apart(book, on=on)
    read_grounds(book, on=on)
    cutoffs = read_cutoffs(book, on=on)
    ratios = read_ratio_policy(book, on=on)
    LabelWindow(**book.value("labels.window", on=on))

    assert isinstance(cutoffs.default, TargetShares)
    assert ratios.profile == profile
    assert ratios.check(NO_ITEMS) == ()
    for name in book.value("scorecard.models", on=on).values():
        read_scorecard(book, name=name, on=on)


def test_ratios_as_published():
    henan = read_ratio_policy(policies.shipped(), on=DAYS["default"]).classes[ItemClass.GENERAL].by_grade
    study = read_ratio_policy(policies.shipped("benchmark"), on=DAYS["benchmark"]).classes[ItemClass.KEY].by_grade
    uniform = read_ratio_policy(policies.shipped("uniform"), on=DAYS["uniform"]).classes[ItemClass.KEY].by_grade

    assert [henan[g] for g in "ABCDU"] == [Fraction(n, 100) for n in (1, 2, 10, 30, 2)]
    assert [study[g] for g in "ABCD"] == [Fraction(n, 100) for n in (3, 10, 30, 100)]
    assert len(set(uniform.values())) == 1


def test_benchmark_profile_stands_alone_from_2000_and_claims_no_law():
    own = sorted((policies.ROOT / "profiles" / "benchmark").glob("*.yaml"))
    loop = ("features.", "grading.", "labels.", "ratios.", "scorecard.", "validity.")
    default = {path.name for path in policies.ROOT.glob("*.yaml") if path.name.startswith(loop)}

    for path in own:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))["values"]
        assert min(values) <= date(2000, 1, 1)
        assert all(entry["reference"].startswith("not law: ") for entry in values.values())
    # what the loop asks for on a day before 2019 must be in the profile itself
    assert default - {path.name for path in own} <= {"scorecard.general.yaml", "scorecard.light.yaml"}


def test_label_windows():
    city = policies.shipped().value("labels.window", on=date(2024, 1, 1))
    study = policies.shipped("benchmark").value("labels.window", on=date(2014, 1, 1))

    assert (city["months"], study["months"]) == (12, 6)


@pytest.mark.parametrize(("profile", "name"), CARDS)
def test_indicators_name_existing_features_and_agree_on_direction(profile, name):
    by_name = {feature.name: feature for feature in FEATURES}

    card = _card(profile, name)

    assert set(card.features) <= set(by_name)
    assert sum(round(i.points * 100) for i in card.indicators) == 100_000
    for indicator in card.indicators:
        direction = by_name[indicator.feature].direction
        assert direction == 0 or indicator.bins.rises == (direction > 0), indicator.code
        assert re.fullmatch(r"[a-z][a-z0-9_]*", indicator.code)


@pytest.mark.parametrize(("profile", "name"), CARDS)
def test_judgements_are_consistent(profile, name):
    assert all(0 <= ratio < 0.1 for ratio in _card(profile, name).consistency_ratios.values())


def test_general_model_keeps_the_proportions_of_its_groups():
    sums: dict[str, float] = {}
    for indicator in _card("default", "scorecard.general").indicators:
        sums[indicator.path[0]] = sums.get(indicator.path[0], 0) + indicator.points

    assert sums["supervision"] / sums["base"] == pytest.approx(4.5, abs=0.001)
    assert sums["base"] == pytest.approx(sums["social"], abs=0.05)


def test_decay_of_points_and_of_features_agree():
    book = policies.shipped()
    if "features.decay" not in book.parameters:
        pytest.fail("policy features.decay is missing")
    points = book.value("scorecard.decay", on=date(2024, 1, 1))
    features = book.value("features.decay", on=date(2024, 1, 1))

    assert [(step["until_days"] * 12 // 365, step["factor"]) for step in points] == list(features.items())


def test_overrides_follow_the_law_of_the_day():
    book = policies.shipped()

    before, after = read_overrides(book, on=date(2021, 8, 31)), read_overrides(book, on=date(2021, 9, 1))

    assert [(r.list_type, r.grade, r.lasts_months) for r in before] == [("serious_violation", Grade.D, 60)]
    assert [(r.list_type, r.grade, r.lasts_months) for r in after] == [("serious_violation", Grade.D, 36)]
    assert "总局令44" in after[0].reference
