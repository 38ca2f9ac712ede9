"""What may be merged or drawn jointly, and where two levels collide: counted in objects, decided by nobody yet."""

from fractions import Fraction

import pandas as pd

from engine.registers.overlaps import conflicts, coverage, proposals
from engine.registers.plan_lines import DrawType, read_lines
from tests import plan_world

KINDS = pd.DataFrame(
    [
        ("enterprise", "H62", "330602", "", 60),
        ("enterprise", "F51", "330602", "", 100),
        ("individual_business", "H62", "330603", "校园周边;老店", 40),
    ],
    columns=["entity_type", "industry_code", "district_code", "tags", "n"],
)
ITEMS = pd.DataFrame(
    {
        "item_code": ["K1", "K2", "G1"],
        "applies_to_types": "enterprise;individual_business",
        "applies_to_industries": ["H62", "H62", None],
    }
)
CITY = frozenset({"330600", "330602", "330603"})


def covered(*rows, areas=None):
    lines = read_lines(pd.DataFrame(rows))
    return coverage(lines, ITEMS, KINDS, area=areas or [CITY] * len(lines))


def proposed(*rows):
    return proposals(covered(*rows), least_share=Fraction(1, 2))


def test_objects_are_counted_by_item_pool_and_area():
    found = covered(
        plan_world.line("a"),
        plan_world.line("b", item_codes="G1", draw_type="filtered", tags="校园周边"),
        plan_world.line("c", item_codes="G1", draw_type="filtered", industries="F"),
        plan_world.line("d", item_codes="G1", districts="330603"),
    )

    assert found.sizes.tolist() == [100, 40, 100, 40]
    assert found.shared.tolist() == [[100, 40, 0, 40], [40, 40, 0, 40], [0, 0, 100, 0], [40, 40, 0, 40]]


def test_the_same_item_twice_becomes_one_joint_line_that_says_what_changes():
    (proposal,) = proposed(
        plan_world.line("a", ratio="1/10", participating_departments="SCJG"),
        plan_world.line(
            "b",
            item_codes="K1;K2",
            ratio="1/5",
            initiating_department="WJW",
            participating_departments="WJW;SCJG",
            person_days=None,
        ),
    )

    joint = proposal.result
    assert (proposal.kind, proposal.line_ids, proposal.shared) == ("duplicate", ("a", "b"), 100)
    assert (joint.items, joint.ratio, joint.merged_from) == (("K1", "K2"), Fraction(1, 5), ("a", "b"))
    assert joint.participants == ("SCJG", "WJW")
    assert "the ratios differ (1/10, 1/5); the joint line takes 1/5" in str(proposal.notes[0])


def test_lines_that_meet_the_same_objects_are_proposed_for_a_joint_draw_and_stay_as_they_are():
    (proposal,) = proposed(plan_world.line("a"), plan_world.line("b", item_codes="K2"))

    assert (proposal.kind, proposal.result, proposal.shared) == ("joint", None, 100)


def test_a_line_that_concerns_everybody_swallows_nobody():
    assert (
        proposed(
            plan_world.line("a", item_codes="G1"),
            plan_world.line("b", item_codes="K2", draw_type="open", districts="330603"),
        )
        == ()
    )


def test_the_same_item_for_other_objects_is_no_duplicate():
    assert proposed(plan_world.line("a", districts="330602"), plan_world.line("b", districts="330603")) == ()


def test_other_kinds_of_draw_are_never_one():
    rows = (plan_world.line("a"), plan_world.line("b", draw_type="filtered", tags="校园周边"))
    assert proposed(*rows) == ()


def test_two_filtered_pools_that_are_everybody_together_become_an_open_line():
    (proposal,) = proposed(
        plan_world.line("a", draw_type="filtered", tags="校园周边"),
        plan_world.line("b", draw_type="filtered", entity_types="enterprise;individual_business"),
    )

    assert proposal.result.draw_type is DrawType.OPEN


def test_a_proposal_is_named_after_its_lines_and_no_order():
    rows = [plan_world.line("a"), plan_world.line("b", item_codes="K2")]

    assert proposed(*rows) == proposed(*rows[::-1])
    assert proposed(*rows)[0].proposal_id != proposed(rows[0], {**rows[1], "ratio": "1/3"})[0].proposal_id


def test_city_and_county_collide_on_the_same_item_and_objects():
    county = plan_world.line("county", authority_code="330602")
    found = covered(plan_world.line("city"), county, areas=[CITY, frozenset({"330602"})])
    apart = covered(plan_world.line("city", districts="330603"), county, areas=[CITY, frozenset({"330602"})])

    ((conflict),) = conflicts(found)
    assert (conflict.item, conflict.lines, conflict.shared) == ("K1", ("city", "county"), 60)
    assert conflicts(apart) == ()
