"""Steps of joint punishment counted by hand: who came, who waits, who is overdue, and who took a step in time."""

from datetime import date

import pandas as pd
import pytest

from engine.api.punishment.board import STEPS, board_of
from engine.api.punishment.clocks import FUNNEL
from engine.api.punishment.desk import overview
from engine.api.punishment.funnel import funnel, funnel_of
from engine.outcomes.measure_law import MEASURES, measures_of
from engine.outcomes.punishment import STEP_WORDS
from engine.outcomes.punishment import STEPS as EVENTS
from engine.store.documents import load_policies
from tests.plan_world import make

BOOK = load_policies()
ON = date(2026, 3, 31)
DAYS = [f"{step}_on" for step in EVENTS if step != "triggered"]


def case(department="SW", measure="P06", **days):
    """A case listed and triggered on 2 March; the days of its further steps, in March."""
    dated = {name: pd.NaT for name in ("listed_on", "triggered_on", "listing_ends_on", "release_due_on", *DAYS)}
    said = {name: pd.Timestamp(2026, 3, day) for name, day in {"listed_on": 2, "triggered_on": 2, **days}.items()}
    ended = "repaired" if "listing_ends_on" in days else ""
    return {"department": department, "measure_id": measure, "end_reason": ended, **dated, **said}


def found(*cases):
    return pd.DataFrame(list(cases))


BEGUN = {"basis_checked_on": 3, "pushed_on": 4}
MET = {**BEGUN, "received_on": 6, "hit_on": 9}


def test_every_step_has_words():
    assert set(FUNNEL) <= set(STEP_WORDS) and set(STEPS) <= set(FUNNEL)


def test_a_step_counts_who_came_who_waits_and_who_is_overdue():
    rows = found(
        case(**BEGUN, received_on=6),  # in time
        case(**BEGUN, received_on=20),  # after the five working days that end on 11 March
        case(**BEGUN),  # open, overdue
        case("WJW", **{**BEGUN, "pushed_on": 30}),  # open, not due yet
        case(**BEGUN, listing_ends_on=10),  # its listing ended: nothing to receive any more
        case(refused_on=4),  # refused before it was checked
    )
    steps = funnel_of(rows, book=BOOK, as_of=ON).set_index("step")
    received, checked = steps.loc["received"], steps.loc["basis_checked"]

    assert list(steps.index) == list(FUNNEL)
    assert (received["n"], received["n_open"], received["n_overdue"], received["n_late"]) == (2, 2, 1, 1)
    assert (received["n_timed"], received["limit_days"], received["n_departments"]) == (5, 5, 1)
    assert received["median_days"] == 16  # 2 done, at 1 and 6 two leave the count, 16 is the second of three left
    assert (checked["n"], checked["n_open"], checked["n_timed"]) == (5, 0, 6)
    assert (steps.loc["pushed", "n_departments"], steps.loc["repaired", "n"]) == (2, 1)
    assert pd.isna(steps.loc["hit", "n_overdue"]) and pd.isna(steps.loc["listed", "median_days"])
    assert steps.loc["listed", "n"] == len(rows) and steps["share"].max() == 1


def test_acting_is_timed_from_the_business_in_which_the_firm_was_met():
    rows = found(case(**MET, applied_on=10), case(**MET, declined_on=11), case(**MET), case(**BEGUN, received_on=6))
    acted = funnel_of(rows, book=BOOK, as_of=ON).set_index("step").loc["acted"]

    assert (acted["n"], acted["n_open"], acted["n_overdue"], acted["median_days"]) == (2, 1, 1, 2)


def test_nobody_waits_for_a_step_that_a_later_one_followed():
    rows = found(case(applied_on=20))  # a file that has neither the check nor the push
    steps = funnel_of(rows, book=BOOK, as_of=ON).set_index("step")

    assert (steps.loc["basis_checked", "n_open"], steps.loc["basis_checked", "n_overdue"]) == (0, 0)
    assert (steps.loc["fed_back", "n_open"], steps.loc["fed_back", "n_overdue"]) == (1, 1)


def test_funnels_by_department_add_up_to_the_whole():
    rows = found(case(**MET), case("WJW", **BEGUN), case("WJW", refused_on=4))
    whole = funnel_of(rows, book=BOOK, as_of=ON).set_index("step")
    parts = funnel_of(rows, book=BOOK, as_of=ON, by="department").groupby("step", sort=False)

    for name in ("n", "n_open", "n_overdue"):
        assert parts[name].sum().astype(int).tolist() == whole[name].fillna(0).astype(int).tolist()


def test_the_board_counts_what_its_last_day_tells():
    rows = found(
        *[case(**MET, applied_on=10)] * 11,
        case(**MET, applied_on=30),  # late
        case(**MET),  # overdue
        case("WJW", "X9", **{**MET, "hit_on": 30}),  # not due yet
        case("WJW", "P06", **BEGUN),  # never met: no clock of acting
    )
    measures, law = measures_of(BOOK.value(MEASURES, on=ON))
    cells = board_of(rows, measures, law, book=BOOK, as_of=ON, step="acted").set_index(["department", "measure_id"])
    whole, waits = cells.loc[("SW", "P06")], cells.loc[("WJW", "X9")]

    assert set(cells.index) == {("SW", "P06"), ("WJW", "X9")}
    assert (whole["n"], whole["n_in_time"], whole["n_waiting"], whole["is_small"]) == (13, 11, 0, False)
    assert whole["share"] == pytest.approx(11 / 13) and whole["low"] < whole["share"] < whole["high"]
    assert whole["is_lawful"] and not waits["is_lawful"]  # X9 is in no catalogue
    assert (waits["n"], waits["n_waiting"], waits["is_small"]) == (0, 1, True)
    assert pd.isna(waits["share"]) and pd.isna(waits["low"])


def test_with_no_case_nothing_is_counted_and_nothing_fails(tmp_path):
    workspace = make(tmp_path)
    seen = overview(workspace, as_of=ON, step="acted")

    assert (seen.n_cases, seen.n_late_releases, seen.n_unlawful, seen.departments) == (0, 0, 0, ())
    assert seen.funnel["n"].tolist() == [0] * len(FUNNEL) and seen.funnel["share"].isna().all()
    assert seen.stalls.empty and seen.board.empty
    assert funnel(workspace, book=BOOK, as_of=ON, by="measure_id").empty
