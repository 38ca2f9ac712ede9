"""One synthetic year: every object's state follows from its entries, totals add up, nothing fell through."""

from datetime import date

import pytest

from engine.api.joint_punishment import cases, explain, funnel, overdue_releases
from engine.api.reconciliation import check_states, explain_check, fell_through, totals
from engine.api.result_follow_up import open_follow_ups
from engine.api.result_inbox import inbox
from tests.supervised_year import BOOK, END, kept_refusals, run_year


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    return run_year(tmp_path_factory.mktemp("year"))


def test_totals_add_up_from_draw_to_publication(year):
    table = totals(year.workspace, as_of=END)

    assert len(table) == 2 and table["is_reconciled"].all()
    assert (table["published"] == table["drawn"] + table["reserves"]).all()
    assert int(table["reserves"].sum()) == year.substituted > 0
    assert int(table["published"].sum()) == len(year.findings)
    follow = open_follow_ups(year.workspace, book=BOOK, as_of=END)
    assert (follow.open, follow.waiting) == (0, ())
    assert follow.done + follow.within == int(table["adverse"].sum()) == int(table["with_disposal"].sum())


def test_nothing_fell_through_and_nothing_is_overdue_at_the_end(year):
    assert fell_through(year.workspace, book=BOOK, as_of=END).empty
    assert [one for one in inbox(year.workspace, book=BOOK, as_of=END) if one.is_overdue] == []


def test_what_went_wrong_on_the_way_was_seen(year):
    assert year.overdue_seen and year.returned and year.late and year.late_releases and year.refused
    assert kept_refusals(year) == year.refused  # wrong rows wait with their rule; their corrected versions are in
    half_way = totals(year.workspace, as_of=date(2026, 4, 1))
    assert int(half_way["no_result"].sum() + half_way["not_visited"].sum()) > 0


def test_every_check_is_explained_by_its_entries(year):
    states = check_states(year.workspace, as_of=END)
    for key in states["result"].tolist()[::6] + list(year.returned[:2]):
        told = explain_check(year.workspace, key, as_of=END)
        events = told["event"].tolist()
        assert events[:2] == ["drawn", "visited"] and "entered" in events and "published" in events
        assert events.index("entered") < events.index("submitted") < events.index("published")
        if key in year.returned:
            assert events.count("entered") == 2 and "returned" in events
        if key in dict.fromkeys(one[0] for one in year.findings if one[2] == "order_to_correct"):
            assert events[-1] in ("closed", "objection maintained", "objection corrected")


def test_every_punishment_is_explained_and_every_ended_listing_released(year):
    table = cases(year.workspace, book=BOOK, as_of=END)
    ended = table[table["listing_ends_on"].notna()]

    assert len(ended) and set(ended["state"]) <= {"release_pushed", "released"}
    assert set(table.loc[table["listing_ends_on"].isna(), "state"]) <= {"received", "fed_back"}
    late = overdue_releases(year.workspace, book=BOOK, as_of=END)
    assert len(late) == year.late_releases
    case = ended.loc[ended["n_hits"] > 0, "punishment_id"].iloc[0]
    told = explain(year.workspace, case, book=BOOK, as_of=END)
    assert told["event"].iloc[0] == "triggered" and told["sequence"].notna().all()
    steps = funnel(year.workspace, as_of=END).set_index("step")["n"]
    assert steps["triggered"] == steps["received"] == len(table) and steps["hit"] == steps["fed_back"]
    assert steps["release_pushed"] == steps["released"] == len(ended)
    assert year.workspace.ledger.first_break() is None
