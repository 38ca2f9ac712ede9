"""Slots lie in their windows, joint lines come together, busy weeks are avoided; and by when lines are due."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PlanError
from engine.registers.deadlines import days_late, submission_deadline
from engine.registers.plan_lines import read_lines
from engine.registers.schedule import schedule
from tests import plan_world, policies


def lines(*rows):
    return read_lines(pd.DataFrame(rows))


def slots(*rows, joint=(), checks=None, longest=90, step=7):
    return schedule(lines(*rows), joint=joint, checks=checks or {}, longest_days=longest, step_days=step)


def test_each_draw_gets_a_slot_in_its_own_part_of_the_window():
    found = slots(plan_world.line("a", draws_per_year=3, window_start=date(2026, 1, 1), window_end=date(2026, 12, 31)))

    assert [(s.number, s.starts_on, s.ends_on) for s in found] == [
        (1, date(2026, 1, 1), date(2026, 3, 31)),
        (2, date(2026, 5, 2), date(2026, 7, 30)),
        (3, date(2026, 9, 1), date(2026, 11, 29)),
    ]


def test_a_busy_department_is_given_another_time():
    rows = [plan_world.line(name, window_start=date(2026, 3, 1), window_end=date(2026, 8, 31)) for name in "ab"]
    checks = {"a": 100.0, "b": 100.0}

    first, second = slots(*rows, checks=checks, longest=60)
    other, _ = slots(
        rows[0],
        {**rows[1], "initiating_department": "WJW", "participating_departments": "WJW"},
        checks=checks,
        longest=60,
    )

    assert first.ends_on < second.starts_on
    assert other.starts_on == date(2026, 3, 1)


def test_joint_lines_share_their_slot_inside_the_common_window():
    rows = (
        plan_world.line("a", window_start=date(2026, 3, 1), window_end=date(2026, 6, 30)),
        plan_world.line("b", window_start=date(2026, 5, 1), window_end=date(2026, 9, 30)),
    )
    a, b = slots(*rows, joint=[("a", "b")])

    assert (a.starts_on, a.ends_on) == (b.starts_on, b.ends_on) == (date(2026, 5, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"window_start": date(2026, 12, 1), "window_end": date(2026, 12, 31)}, "no common day"),
        ({"draws_per_year": 2}, "unequal numbers of draws"),
    ],
)
def test_joint_lines_that_cannot_come_together_are_refused(changes, said):
    with pytest.raises(PlanError, match=said):
        slots(plan_world.line("a"), plan_world.line("b", **changes), joint=[("a", "b")])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(10, 160), st.integers(1, 4), st.sampled_from(["SCJG", "WJW"])),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_every_slot_lies_in_its_window_and_no_order_matters(drawn, shuffled):
    rows = [
        plan_world.line(
            f"l{at}",
            window_start=date(2026, 1, 1) + timedelta(days=first),
            draws_per_year=draws,
            window_end=date(2026, 1, 1) + timedelta(days=first + length),
            initiating_department=department,
            participating_departments=department,
        )
        for at, (first, length, draws, department) in enumerate(drawn)
    ]
    checks = {f"l{at}": 10.0 * at for at in range(len(rows))}
    found = slots(*rows, checks=checks)
    shuffled.shuffle(rows)

    assert slots(*rows, checks=checks) == found
    windows = {row["line_id"]: (row["window_start"], row["window_end"]) for row in rows}
    assert all(windows[s.line_id][0] <= s.starts_on <= s.ends_on <= windows[s.line_id][1] for s in found)
    by_line = {}
    for slot in found:
        assert by_line.get(slot.line_id, date(2025, 1, 1)) < slot.starts_on
        by_line[slot.line_id] = slot.ends_on


def test_lines_are_due_by_the_end_of_january_and_lateness_is_counted_in_days():
    deadline = submission_deadline(policies.shipped(), year=2026)

    assert deadline == date(2026, 1, 31)
    assert [days_late(day, deadline) for day in (date(2025, 12, 30), deadline, date(2026, 2, 3))] == [0, 0, 3]
