"""A plan line keeps what was submitted; what breaks a rule is named, every fault at once."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from engine.draw.protocol.encoding import canonical_json
from engine.registers.line_checks import Lists, double_items, jurisdiction, line_faults
from engine.registers.plan_lines import MANDATORY, line_row, read_lines
from engine.registers.plan_records import line_record
from tests import plan_world

LISTS = Lists(
    items=pd.DataFrame(
        {
            "item_code": ["K1", "G1"],
            "item_class": ["key", "general"],
            "ratio_cap": [None, 0.05],
            "department_code": ["SCJG", "SW"],
        }
    ),
    departments=frozenset({"SCJG", "SW"}),
    districts=frozenset({"330600", "330602"}),
    control_limits={"firm": (Fraction(1, 20), Fraction(1, 10)), "district": (Fraction(1, 20), Fraction(1, 2))},
)


def read(**changes):
    return read_lines(pd.DataFrame([plan_world.line(**changes)]))[0]


def faults(**changes):
    return [str(fault) for fault in line_faults(read(**changes), LISTS)]


def test_the_six_mandatory_fields_have_a_place_in_the_contract():
    from engine.store.documents import load_contracts

    contract = load_contracts()["plans"]
    assert all(contract.column(name).is_required for name in MANDATORY)
    names = [contract.column(name).business_name for name in MANDATORY]
    assert names == ["抽查事项", "检查对象", "抽查比例", "抽查时限起", "抽查时限止", "发起部门", "参与部门"]


def test_a_line_comes_back_as_it_was_submitted():
    line = read(
        ratio="0.05",
        item_codes="K1;G1",
        person_days=12.5,
        control_unit="firm",
        control_share="1/10",
        control_ratio="1/50",
        grades="C;D",
        draw_type="filtered",
        participating_departments="SCJG;SW",
    )

    again = read_lines(pd.DataFrame([line_row(line, known_on=line.submitted_on)]))[0]

    assert again == line
    assert (line.ratio, line.person_days) == (Fraction(1, 20), Fraction(25, 2))
    assert line.plan_id == "2026-330600"


def test_order_of_codes_and_encoding_of_names_never_matter():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    first = line_record(read(item_codes="K1;G1", objects=composed), sealed=None)
    second = line_record(read(item_codes="G1;K1;G1", objects=decomposed), sealed=None)

    assert canonical_json(first) == canonical_json(second)


def test_risk_classes_of_a_pool_are_not_in_the_public_record():
    record = canonical_json(line_record(read(draw_type="filtered", grades="D", tags="校园周边"), sealed="ab")).decode()

    assert '"D"' not in record and "grades" not in record
    assert '"sealed":"ab"' in record and "校园周边" in record


def test_a_lawful_line_has_no_fault():
    assert faults() == []
    assert faults(item_codes="G1", ratio="0.05", participating_departments="SCJG;SW") == []
    assert faults(draw_type="filtered", tags="校园周边", districts="330602") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"item_codes": "XX"}, "XX is not on the item list; no check off the list"),
        ({"item_codes": "G1", "ratio": "0.06", "participating_departments": "SW"}, "above the cap 0.05"),
        ({"item_codes": "G1", "ratio": "0.05"}, "SW, in charge of G1, does not take part"),
        ({"initiating_department": "ZZ"}, "no department ZZ"),
        ({"window_start": date(2025, 12, 1)}, "leaves the plan's year 2026"),
        ({"ratio": "0"}, "not above 0"),
        ({"draws_per_year": 52, "window_start": date(2026, 11, 1), "window_end": date(2026, 11, 20)}, "52 draws"),
        ({"tags": "x"}, "an open draw (不定向) has no filter"),
        ({"draw_type": "filtered"}, "must say by what its pool is cut out"),
        ({"districts": "330999"}, "330999 lies outside the area of 330600"),
        ({"control_unit": "firm", "control_share": "1/2", "control_ratio": "1/10"}, "outside the 1/20 to 1/10"),
        ({"control_unit": "firm", "control_share": "1/10", "control_ratio": "3/4"}, "at most the planned 1/2"),
        ({"blind_share": "1.5"}, "3/2 of the visits is no share"),
    ],
)
def test_a_fault_is_named(changes, said):
    found = faults(**changes)

    assert len(found) == 1
    assert said in found[0]


def test_a_general_item_without_a_cap_is_refused():
    lists = Lists(LISTS.items.assign(ratio_cap=None), LISTS.departments, LISTS.districts, LISTS.control_limits)
    line = read(item_codes="G1", participating_departments="SW")

    assert "has no ratio cap" in str(line_faults(line, lists)[0])


def test_every_fault_is_told_at_once():
    assert len(faults(item_codes="XX", ratio="0", districts="330999", initiating_department="ZZ")) == 4


def test_an_authority_holds_for_everything_below_it():
    districts = pd.DataFrame(
        {"district_code": ["33", "3306", "330602", "3307"], "parent_code": [None, "33", "3306", "33"]}
    )

    assert jurisdiction("3306", districts) == {"3306", "330602"}
    assert jurisdiction("33", districts) == {"33", "3306", "330602", "3307"}


def test_items_named_twice_are_found():
    lines = read_lines(pd.DataFrame([plan_world.line("a"), plan_world.line("b", item_codes="K1;G1")]))

    assert double_items(lines) == {"K1": ("a", "b")}
