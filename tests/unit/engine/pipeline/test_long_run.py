"""The loop over years: the same world and budget for every policy, whole draws, memory that fades, grades by shares."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.api.policies.long_run import LongRunOrder, long_run, long_run_summary
from engine.cli import main
from engine.errors import UsageError
from engine.pipeline.assessment import grade_entities, score_entities
from engine.pipeline.long_run import GRADES, LongRun, Memory, run_long
from engine.pipeline.yearly_grading import city_features, read_yearly_grading
from engine.ratios.policy import read_ratio_policy
from engine.simulation.stream import stream
from engine.simulation.yearly_world import Reactions, yearly_world
from tests import policies

POLICY = read_ratio_policy(policies.shipped(), on=date(2026, 1, 1))
GRADING = read_yearly_grading(policies.shipped(), on=date(2026, 1, 1), profile="default")
CALM = Reactions(found_effect=0, checked_effect=0, known_chance_effect=0, shift_year=0)
ORDER = LongRunOrder(date(2026, 1, 1), n_firms=2_000, repeats=1)


def world_of(reactions=CALM, seed=4):
    generator = stream(seed, "long run")
    return yearly_world(
        n_firms=2_000, warm_up=2, years=3, seed=seed, generator=generator, reactions=reactions
    ), generator


def run_of(world):
    return LongRun(world, 2, 3, 0.1, GRADING, POLICY, 1.5)


def figures(found, measure):
    return found[found["measure"] == measure].pivot(index="policy", columns="year", values="value")


def test_every_policy_spends_the_same_checks_and_meets_the_same_violations_when_nobody_reacts():
    world, generator = world_of()

    found = run_long(run_of(world), generator=generator)

    assert (figures(found, "checks") - 200).abs().to_numpy().max() <= 1
    violations = figures(found, "violations")
    assert (violations == violations.iloc[0]).all().all()
    assert set(found["year"]) == {1, 2, 3}


def test_firms_that_are_held_back_violate_less():
    calm, generator = world_of()
    firm = run_long(run_of(calm), generator=generator)
    strict, generator = world_of(Reactions(found_effect=5, checked_effect=5, known_chance_effect=5, shift_year=0))
    held = run_long(run_of(strict), generator=generator)

    fewer = figures(held, "violations") < figures(firm, "violations")
    assert fewer.to_numpy().all()


def test_the_shift_begins_in_its_year_and_only_where_nobody_complained():
    shifted, _ = world_of(replace(CALM, shift_year=2))
    before, _ = world_of()

    moved = (shifted.risk - before.risk) > 0

    assert not moved[:, :3].any()
    assert (moved[:, 3] == moved[:, 4]).all()
    assert 0.15 < moved[:, 3].mean() < 0.4
    assert shifted.complaints[moved[:, 3], :3].sum() == 0


def remembered(n_found=20):
    world, _ = world_of()
    memory = Memory.empty(run_of(world))
    drawn, violated = np.arange(2_000) < 1_000, np.arange(2_000) < n_found
    memory.learn(drawn, violated, 0, np.zeros(2_000, dtype=np.int64))
    return world, memory


def test_grades_are_those_of_the_products_scorecard_and_cuts():
    """The same features scored and cut by the functions of the product, population by population."""
    world, memory = remembered()
    grade = memory.grade(1)

    features = city_features(GRADING, world, memory.past, year=1)
    blank = {name: np.nan for card in GRADING.scorecards.values() for name in card.features if name not in features}
    entities = pd.DataFrame({"entity_id": np.arange(2_000), "entity_type": world.kind, "population": world.kind})
    book = policies.shipped()
    scored = score_entities(
        features.assign(as_of=date(2026, 1, 1), **blank), entities, book=book, as_of=date(2026, 1, 1)
    )
    listings = pd.DataFrame(columns=["entity_id", "listing_id", "list_type", "occurred_on", "removed_on"])
    graded = grade_entities(scored.scores, entities, listings, book=book, as_of=date(2026, 1, 1)).grades

    product = graded.sort_values("entity_id")["grade"].map({name: at for at, name in enumerate(GRADES)})
    assert grade.tolist() == product.tolist()


def test_findings_raise_a_grade_and_fade():
    _, memory = remembered()
    assert (memory.grade(1)[:20] >= 2).all()

    nobody = np.zeros(2_000, dtype=bool)
    for year in range(1, 4):
        memory.learn(nobody, nobody, year, np.zeros(2_000, dtype=np.int64))
    faded = city_features(GRADING, memory.run.world, memory.past, year=4)
    assert (faded["inspections_adverse_decayed"] == 0).all()
    assert faded["inspections_adverse_share_36m"].isna().all()


def test_a_result_counts_by_its_age_as_features_decay_says():
    _, memory = remembered()
    nobody = np.zeros(2_000, dtype=bool)
    weights = []
    for year in range(1, 4):
        weights.append(
            city_features(GRADING, memory.run.world, memory.past, year=year)["inspections_adverse_decayed"][0]
        )
        memory.learn(nobody, nobody, year, np.zeros(2_000, dtype=np.int64))
    assert weights == [1.0, 0.6, 0.3]


def test_greedy_ratios_draw_nobody_in_class_a_and_a_floor_always_does():
    found = long_run(replace(ORDER, n_firms=5_000))

    checks = figures(found, "class_a_checks")
    assert (checks.loc["greedy_without_floor"] == 0).all()
    assert (checks.drop(index="greedy_without_floor") > 0).all().all()
    assert figures(found, "class_a_seen").loc["greedy_without_floor"].isna().all()


def test_the_same_seed_gives_the_same_years_and_repeats_are_summed_up():
    one, other = long_run(replace(ORDER, repeats=2)), long_run(replace(ORDER, repeats=2))

    assert one.equals(other)
    table = long_run_summary(one)
    assert set(table["n"]) <= {0, 1, 2}
    assert not table.duplicated(["policy", "year", "measure"]).any()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"n_firms": 10}, "number of firms"),
        ({"years": 0}, "number of years"),
        ({"share": 0.9}, "share of firms checked"),
    ],
)
def test_sizes_out_of_range_are_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        long_run(replace(ORDER, **wrong))


def test_the_command_prints_rows_and_assumptions(capsys):
    with pytest.raises(SystemExit) as left:
        main(
            [
                "policy",
                "longrun",
                "--as-of",
                "2026-01-01",
                "--firms",
                "2000",
                "--repeats",
                "1",
                "--years",
                "2",
                "--json",
                "--lang",
                "en",
            ]
        )
    found = json.loads(capsys.readouterr().out)

    assert left.value.code == 0
    assert found["is_simulation"] is True
    assert found["assumptions"]["shift_year"] == 3
    said = " ".join(found["stated"])
    assert "unknown to the city" in said
    assert "penalties_count_36m" in said
    assert "nobody complains about it" in said
    assert "logit" in said
    assert {row["policy"] for row in found["rows"]} == {"uniform", "graded", "optimised", "greedy_without_floor"}
