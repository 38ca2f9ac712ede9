"""The roster: caps run down, leave takes its share, experts stand apart, and who came last time does not come again."""

from datetime import date

import ibis
import pandas as pd
import pytest

from engine.draw.populations.preparation import prepare_frame, prepare_roster
from engine.draw.protocol.encoding import suite_named
from engine.pipeline.rostering import attendance, days_away, roster_table, rotation_pairs
from tests.draw_cases import KEY, frame_rows

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 10)
NO_LEAVES = pd.DataFrame({"inspector_code": [], "occurred_on": [], "ended_on": []})
NO_EXPERTS = pd.DataFrame(
    columns=["expert_code", "specialities", "district_code", "qualification_expires_on", "yearly_cap", "status"]
)


def officers(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    base = {
        "inspector_code": ["a", "b", "c"][:n],
        "status": "active",
        "yearly_cap": 10,
        "department_code": "SCJG",
        "district_code": "330602",
        "specialities": None,
        "certificate_expires_on": pd.Timestamp(2028, 1, 1),
        "is_leader_qualified": True,
    }
    return pd.DataFrame({**base, **columns}, index=range(n))


def table(inspectors, *, experts=NO_EXPERTS, leaves=NO_LEAVES, made=None):
    return roster_table(inspectors, experts=experts, leaves=leaves, visits_made=made or {}, first=FIRST, last=LAST)


def leave(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["inspector_code", "occurred_on", "ended_on"])


def test_officers_keep_what_is_left_of_their_yearly_cap():
    found = table(officers(inspector_code=["b", "a", "c"], status=["active", "active", "left"]), made={"a": 17, "b": 4})

    assert found[["inspector_code", "cap", "prior_load"]].to_dict("list") == {
        "inspector_code": ["a", "b"],
        "cap": [0, 6],
        "prior_load": [17, 4],
    }


@pytest.mark.parametrize(
    ("rows", "cap"),
    [
        ([("a", "2026-03-01", "2026-03-10")], 0),
        ([("a", "2026-02-01", "2026-12-31")], 0),
        ([("a", "2026-03-01", "2026-03-02")], 8),
        ([("a", "2026-03-01", "2026-03-03"), ("a", "2026-03-02", "2026-03-04")], 6),
        ([("a", "2026-03-10", "2026-04-10")], 9),
        ([("a", "2026-01-01", "2026-02-28"), ("a", "2026-03-11", "2026-03-12")], 10),
        ([("a", "2026-03-05", "2026-03-04")], 10),
        ([("b", "2026-03-01", "2026-03-10")], 10),
    ],
)
def test_leave_takes_its_share_of_the_cap_and_all_of_it_when_away_throughout(rows, cap):
    found = table(officers(inspector_code=["a"]), leaves=leave(*rows))

    assert found["cap"].tolist() == [cap]


def test_days_of_overlapping_leaves_count_once():
    rows = leave(
        ("a", "2026-02-20", "2026-03-03"), ("a", "2026-03-03", "2026-03-04"), ("b", "2026-03-09", "2026-09-01")
    )

    assert days_away(rows, first=FIRST, last=LAST) == {"a": 4, "b": 2}


def test_part_time_officers_weigh_more_and_others_one():
    found = table(officers(load_weight=pd.array([2, None, 1], dtype="Int64")))

    assert found["weight"].tolist() == [2, 1, 1]
    assert table(officers(inspector_code=["a"]))["weight"].tolist() == [1]


def test_experts_stand_in_their_own_department_under_their_own_codes():
    experts = pd.DataFrame(
        {
            "expert_code": ["a", "z"],
            "specialities": ["radiation", "radiation"],
            "district_code": "330600",
            "qualification_expires_on": [pd.Timestamp(2027, 1, 1), pd.NaT],
            "yearly_cap": pd.array([3, None], dtype="Int64"),
            "status": ["active", "active"],
        }
    )

    found = table(officers(inspector_code=["a"]), experts=experts, made={"z": 2}).set_index("inspector_code")

    assert found["department_code"].to_dict() == {"a": "SCJG", "expert:a": "expert", "expert:z": "expert"}
    assert found.loc["expert:a", "cap"] == 3
    assert found.loc["expert:z", "cap"] > 1_000
    assert not found.loc["expert:z", "is_leader_qualified"]
    frame = prepare_frame(frame_rows(6), key=KEY, suite=suite_named("sha256"))
    none = pd.DataFrame({"inspector_code": [], "object_id": []})
    roster = prepare_roster(found.reset_index(), recusals=none, rotations=none, frame=frame)
    assert sorted(officer.department for officer in roster.officers) == ["SCJG", "expert", "expert"]


def made_visits() -> ibis.Table:
    inspections = ibis.memtable(
        pd.DataFrame(
            {
                "entity_id": ["e1", "e1", "e1", "e2", "e2"],
                "visit_id": ["v1", "v2", "v2", "v3", "v4"],
                "occurred_on": [
                    date(2025, 1, 5),
                    date(2026, 1, 5),
                    date(2026, 1, 5),
                    date(2025, 7, 1),
                    date(2026, 2, 1),
                ],
                "inspector_code": ["a", "b", "b", "c", None],
            }
        )
    )
    visits = ibis.memtable(
        pd.DataFrame(
            {
                "entity_id": ["e1", "e2"],
                "visit_id": ["v2", "v4"],
                "occurred_on": [date(2026, 1, 5), date(2026, 2, 1)],
                "inspector_codes": ["b;d", "d;a"],
            }
        )
    )
    return attendance(inspections, visits)


@pytest.mark.parametrize(
    ("last", "pairs"),
    [
        (0, []),
        (1, [("a", "e2"), ("b", "e1"), ("d", "e1"), ("d", "e2")]),
        (2, [("a", "e1"), ("a", "e2"), ("b", "e1"), ("c", "e2"), ("d", "e1"), ("d", "e2")]),
    ],
)
def test_everybody_of_the_last_visits_rotates(last, pairs):
    found = rotation_pairs(made_visits(), last=last).execute()

    assert sorted(found.itertuples(index=False, name=None)) == pairs
