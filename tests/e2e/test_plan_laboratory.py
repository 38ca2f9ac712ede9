"""What a plan would find and cost before it is drawn: the simulation follows the lines as the draw does."""

import json
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from engine.api.plans.approval import draw_control_arm
from engine.api.plans.bench import PlanChoice
from engine.api.policies.burden import burden_change, burden_groups
from engine.api.policies.laboratory import Occasion, experiment_of, prepare
from engine.api.policies.simulation import allocate_policy, plan_table, simulate_policy, with_ratio
from engine.api.results.draw import enter_results
from engine.cli import main
from engine.laboratory.experiment import set_up
from engine.laboratory.simulation import simulate
from engine.store.documents import load_policies
from engine.vocabulary import ItemClass
from tests.e2e.test_control_arm import findings
from tests.plan_world import AS_OF, BAO, PLAN, at, carry_through, draw, entities, hand_in, line, make

LINES = (
    line("L1", draws_per_year=2, control_unit="firm", control_share="1/10", control_ratio="1/2", person_days=45.0),
    line("L2", item_codes="K2", ratio="3/10", ratio_basis="uniform", initiating_department="WJW",
         participating_departments="WJW", draws_per_year=2),
    line("L3", item_codes="G1", ratio="0.03", ticket_group="market", objects="全部市场主体", districts="330602",
         draws_per_year=2),
)  # fmt: skip
FILTERED = line("L9", item_codes="G2", ratio="1/10", draw_type="filtered", tags="校园周边", ratio_basis="uniform")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    workspace = make(tmp_path_factory.mktemp("plan laboratory"), register=entities(2400))
    carry_through(workspace, *LINES)
    draw_control_arm(workspace, PLAN, value=None, book=load_policies(), actor=BAO, clock=at(date(2026, 2, 6)))
    draw(workspace, "D1", "L1")
    enter_results(workspace, findings(workspace), draw_id="D1", actor=BAO, clock=at(date(2026, 4, 12)))
    return workspace


def bench(workspace, **chosen):
    return prepare(workspace, profile="default", occasion=Occasion.of_year(AS_OF), lines=PlanChoice(**chosen))


def command(workspace, capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(["policy", "simulate", "--as-of", str(AS_OF), "--workspace", str(workspace.path), "--lang", "en", *words])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_the_simulated_draw_is_the_one_that_is_then_committed(world):
    """Areas, uniform and graded lines, control arm, the year's second draw and person-days, to the fraction."""
    simulated = allocate_policy(bench(world, lines=("L1", "L2", "L3"))).table
    draw(world, "D2", "L1", "L2", "L3", day=date(2026, 5, 4))

    rows = world.warehouse.read("selections").execute()
    drawable = rows[(rows["draw_id"] == "D2") & ~rows["stratum"].str.startswith("!")]
    strata = drawable.groupby(["item_code", "stratum"])
    sizes = strata.agg(n_units=("entity_id", "size"), ratio=("design_probability", "first")).reset_index()
    key = ["item_code", "n_units", "ratio"]
    drawn = sizes.sort_values(key)
    ours = simulated.assign(ratio=simulated["expected_units"] / simulated["n_units"]).sort_values(key)
    assert ours[key[:2]].to_numpy().tolist() == drawn[key[:2]].to_numpy().tolist()
    assert ours["ratio"].tolist() == pytest.approx(drawn["ratio"].tolist())
    assert drawable["arm"].eq("control").any()
    assert set(simulated["trimmed_by"]) == {"", "cap", "capacity"}


def test_visits_findings_and_person_days_of_the_plan_are_said_line_by_line(world, capsys):
    code, out, err = command(world, capsys, "--plan", PLAN, "--draws", "200", "--json")
    assert code == 0, err
    said = json.loads(out)

    assert said["plan"] == PLAN
    assert {row["line_id"] for row in said["lines"]} <= {"L1", "L2", "L3"}
    for name, whole in (("checks", said["checks"]), ("findings", sum(said["expected_findings"].values()))):
        assert sum(row[name] for row in said["lines"]) == pytest.approx(whole)
    assert said["visits"] < sum(row["checks"] for row in said["lines"])

    code, out, err = command(world, capsys, "--plan", PLAN, "--draws", "50")
    assert code == 0, err
    assert "Expected, line by line" in out
    assert "lines as published in edition 1" in out


def test_a_line_that_is_not_published_is_simulated_with_a_lot_that_stands_in_for_its_arm(world, capsys):
    added = line("L5", plan_year=2027, item_codes="K1", window_start=date(2027, 3, 1), window_end=date(2027, 11, 30),
                 control_unit="firm", control_share="1/10", control_ratio="1/2", draws_per_year=2)  # fmt: skip
    hand_in(world, added, name="2027", day=date(2026, 4, 20))
    code, out, err = command(world, capsys, "--line", "L5", "--draws", "50", "--json")
    assert code == 0, err
    said = json.loads(out)

    arms = {row["arm"]: row for row in said["lines"]}
    assert arms["control"]["units"] == pytest.approx(0.1 * sum(row["units"] for row in said["lines"]), rel=0.3)
    assert arms["control"]["checks"] == pytest.approx(arms["control"]["units"] / 4, rel=0.1)
    assert any("not published" in note for note in said["notes"])
    assert any("not assigned yet" in note for note in said["notes"])


def test_tickets_of_two_groups_cost_visits_that_one_group_saves(world):
    found = bench(world, plan=PLAN)
    apart = simulate_policy(found, experiment_of(found, draws=20, seed=1)).simulated
    cells = found.frame.cells.assign(ticket_group="one")
    joint = set_up(cells, found.frame.memberships, draws=20, generator=np.random.default_rng(1))
    together = simulate(joint, found.frame.ratios_under(found.policy))

    assert together.checks == pytest.approx(apart.checks)
    assert together.visited_share < 0.99 * apart.visited_share


def test_lines_that_cannot_be_drawn_are_refused_in_a_sentence(world, capsys):
    for words, sentence in (
        (("--line", "L7"), "line L7 is in no plan"),
        (("--plan", "2031-330600"), "no line of it was submitted"),
        (("--line", "L2", "--draw-number", "2", "--draws-per-year", "4"), "the lines say which draw"),
        (("--whole-year",), "name the lines"),
    ):
        code, _, err = command(world, capsys, *words)
        assert code != 0
        assert sentence in err


def test_a_filtered_line_learns_only_from_its_pool(world, capsys):
    hand_in(world, FILTERED, name="filtered", day=date(2026, 4, 20))
    code, _, err = command(world, capsys, "--line", "L9")
    assert code != 0
    assert "no object of the pool was checked in a draw" in err


def test_the_whole_year_takes_what_the_draws_to_come_would(world):
    fresh = [bench(world, lines=("L5",), is_whole_year=whole) for whole in (False, True)]
    first, whole = (plan_table(each, experiment_of(each, draws=20, seed=0))["checks"].sum() for each in fresh)
    assert whole == pytest.approx(2 * first, rel=0.05)  # two draws a year


def test_who_is_visited_more_and_who_less_adds_up_to_the_visits(world, capsys):
    found = prepare(world, profile="default", occasion=Occasion.of_year(AS_OF))
    experiment = experiment_of(found, draws=20, seed=0)
    groups = burden_groups(world, found, experiment)
    moved = with_ratio(found.policy, ItemClass.KEY, "A", Fraction(1, 2))
    present, after = burden_change(found, experiment, groups), burden_change(found, experiment, groups, policy=moved)
    chances = simulate(experiment, found.frame.ratios_under(moved))

    assert (present["change"] == 0).all()
    assert set(present["verdict"]) == {"same"}
    n_objects = experiment.profiles.n_objects.sum()
    for _, part in after.groupby("by"):
        assert part["firms"].sum() == n_objects
        assert part["visits_after"].sum() == pytest.approx(chances.visited_share * n_objects)
    # key items are about catering (H) alone: who is in another sector is visited as before
    sectors = after[after["by"] == "sector"].set_index("group")["verdict"].to_dict()
    assert sectors == {"H": "more", "F": "same"}
    assert set(after.loc[after["by"] == "district", "name"]) == {"甲", "乙", "丙"}

    code, out, err = command(world, capsys, "--against", "uniform", "--draws", "20")
    assert code == 0, err
    assert "Who is visited more, who less" in out
    assert "individual business" in out
