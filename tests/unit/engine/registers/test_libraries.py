from datetime import date

import pandas as pd

from engine.registers.departments import department_problems, department_tree
from engine.registers.libraries import EXPERTS, INSPECTORS, standing_of

ON = date(2026, 6, 30)
LIMITS = {"inspectors": 366, "experts": 366, "expiring_within": 60}
TRAININGS = pd.DataFrame(
    [("I1", "passed", date(2027, 1, 1), date(2026, 1, 1)), ("I2", "failed", None, date(2026, 5, 1))],
    columns=["person_code", "outcome", "valid_until", "occurred_on"],
)


def inspector(code, expires, *, status="active", known="2026-01-01"):
    return {
        "inspector_code": code, "name": "n", "department_code": "M", "district_code": "330602", "specialities": None,
        "certificate_expires_on": date.fromisoformat(expires), "status": status, "known_at": date.fromisoformat(known),
    }  # fmt: skip


def read(*people, on=ON):
    found = standing_of(INSPECTORS, pd.DataFrame(people), TRAININGS, on=on, limits=LIMITS)
    return found.set_index("code")


def test_the_certificate_counts_on_its_last_day_and_excludes_from_the_day_after():
    person = inspector("I1", "2026-06-30")

    assert read(person).loc["I1", "excluded_because"] == ""
    assert read(person, on=date(2026, 7, 1)).loc["I1", "excluded_because"] == "certificate_expired"


def test_whoever_left_is_out_and_papers_that_run_out_are_announced():
    found = read(
        inspector("I1", "2026-08-29"), inspector("I2", "2026-08-30"), inspector("I3", "2030-01-01", status="left")
    )

    assert found["excluded_because"].to_dict() == {"I1": "", "I2": "", "I3": "left"}
    assert found["is_expiring"].to_dict() == {"I1": True, "I2": False, "I3": False}


def test_a_row_is_stale_when_neither_a_version_nor_a_training_confirmed_it():
    found = read(inspector("I1", "2030-01-01", known="2020-01-01"), inspector("I2", "2030-01-01", known="2020-01-01"))

    assert found["is_stale"].to_dict() == {"I1": False, "I2": True}
    assert found["n_trainings"].to_dict() == {"I1": 1, "I2": 0}


def test_an_expert_who_is_an_officer_too_is_no_expert_and_one_without_a_paper_does_not_expire():
    row = {"name": "n", "organisation": "lab", "district_code": "330602", "specialities": "fire", "status": "active"}
    people = pd.DataFrame(
        [
            {**row, "expert_code": "I1", "qualification_expires_on": None, "known_at": date(2026, 1, 1)},
            {**row, "expert_code": "E1", "qualification_expires_on": None, "known_at": date(2026, 1, 1)},
            {**row, "expert_code": "E2", "qualification_expires_on": date(2026, 1, 1), "known_at": date(2026, 1, 1)},
        ]
    )

    found = standing_of(EXPERTS, people, TRAININGS, on=ON, limits=LIMITS, officers=frozenset({"I1"}))

    assert found.set_index("code")["excluded_because"].to_dict() == {
        "E1": "", "E2": "qualification_expired", "I1": "also_officer",
    }  # fmt: skip


def department(code, parent, level="district", role="participant"):
    return {"department_code": code, "name": code, "role": role, "level": level, "parent_code": parent}


def test_departments_stand_below_their_parents():
    rows = pd.DataFrame([department("B-1", "B"), department("B", None, "city", "lead"), department("A", None, "city")])

    assert department_tree(rows)[["department_code", "depth"]].values.tolist() == [["A", 0], ["B", 0], ["B-1", 1]]
    assert department_problems(rows) == []


def test_what_is_wrong_with_the_tree_is_named():
    rows = pd.DataFrame(
        [department("A", "B"), department("B", "A"), department("C", "X"), department("D", "A", "city")]
    )

    said = [str(problem) for problem in department_problems(rows)]

    assert said == [
        "A stands above itself",
        "B stands above itself",
        "C: the parent X is not on the list",
        "D: the parent A is of a lower level",
        "one lead department is asked at city level, found: -",
    ]
