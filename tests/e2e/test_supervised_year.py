"""One synthetic year: every object's state follows from its entries, totals add up, nothing fell through."""

from datetime import date

import pandas as pd
import pytest

from engine.api.figures import kpis
from engine.api.figures.measuring import measure_by, read_drawn
from engine.api.follow_up.inbox import inbox
from engine.api.follow_up.reconciliation import check_states, explain_check, fell_through, totals
from engine.api.punishment.cases import cases, explain, overdue_releases
from engine.api.punishment.funnel import funnel
from engine.api.results.follow_up import open_follow_ups
from engine.api.results.objections import correction_of, objections, unsettled
from engine.errors import UsageError
from tests.plan_world import at
from tests.supervised_year import BOOK, CHIEF, END, kept_refusals, run_year

YEAR = kpis.period_named("2026")


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
            assert events[-1] == "closed"


def test_a_corrected_objection_goes_through_to_republication(year):
    ((number, key),) = year.corrected
    events = explain_check(year.workspace, key, as_of=END)["event"].tolist()
    listed = objections(year.workspace, as_of=END).set_index("objection_id")
    found = correction_of(year.workspace, number, as_of=END)

    way = ["objection filed", "objection accepted", "objection annotated", "objection corrected", "returned"]
    assert events[events.index(way[0]) :][: len(way)] == way
    assert events[-4:] == ["entered", "submitted", "published", "closed"]
    assert (found.before, found.after) == ("corrected", "no_problem")
    own = listed.loc[number]
    assert own["decided_on"] < found.republished_on <= own["due_on"]
    assert sorted(listed["state"]) == ["corrected", "maintained", "rejected"] and not listed["is_marked"].any()
    assert unsettled(year.workspace, as_of=END) == []
    half_way = totals(year.workspace, as_of=own["decided_on"])
    assert half_way["being_corrected"].sum() == 1
    assert half_way["is_reconciled"].all()


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
    steps = funnel(year.workspace, book=BOOK, as_of=END).set_index("step")["n"]
    assert steps["triggered"] == steps["received"] == len(table) and steps["hit"] == steps["fed_back"]
    assert steps["release_pushed"] == steps["released"] == len(ended)
    assert year.workspace.ledger.first_break() is None


def test_figures_are_the_counts_of_the_year(year):
    found = kpis.values(year.workspace, book=BOOK, period=YEAR, as_of=END).set_index("kpi")
    table, follow = (
        totals(year.workspace, as_of=END),
        funnel(year.workspace, book=BOOK, as_of=END).set_index("step")["n"],
    )

    assert found.loc["completion", "numerator"] == table["published"].sum()
    assert found.loc["disposal", ["numerator", "denominator"]].tolist() == [table["with_disposal"].sum()] * 2
    # some were entered 26 working days after the check: later than the law allows
    assert found.loc["published_in_time", "denominator"] - found.loc["published_in_time", "numerator"] == len(year.late)
    assert found.loc["punished", "value"] == follow["triggered"]
    assert found.loc["fed_back", ["numerator", "denominator"]].tolist() == [follow["fed_back"], follow["hit"]]
    assert (
        found.loc["released_in_time", "denominator"] - found.loc["released_in_time", "numerator"] == year.late_releases
    )
    orders = {key for key, _, disposal, _, _ in year.findings if disposal == "order_to_correct"}
    n_orders = len(orders) + len(year.corrected)
    assert found.loc["put_right_in_time", ["numerator", "denominator"]].tolist() == [n_orders] * 2
    assert found.loc["receipt", "denominator"] > 0
    assert found.loc["closure", ["numerator", "denominator"]].tolist() == [table["with_disposal"].sum()] * 2
    assert found.loc["objections_settled", ["numerator", "denominator"]].tolist() == [3, 3]
    assert found.loc["coverage", "numerator"] <= found.loc["visits_per_firm", "denominator"] < 438
    cards = kpis.scorecards(year.workspace, book=BOOK, period=YEAR, as_of=END)
    assert set(cards["department_code"]) == {"SCJG", "WJW", "SW"} and cards["score"].between(0, 1).all()


def test_the_hit_rate_is_that_of_the_design_and_not_of_the_rows(year):
    held = kpis.values(year.workspace, book=BOOK, period=YEAR, as_of=END).set_index("kpi").loc["hit_rate"]
    drawn = read_drawn(year.workspace, draw_ids=["D1", "D2"], book=BOOK)
    whole = measure_by(drawn, by="department").set_index("domain").loc[""]
    by = kpis.values(year.workspace, book=BOOK, period=YEAR, as_of=END, by="department").set_index("kpi")

    assert (held["n"], held["low"], held["high"]) == (whole["n"], whole["low"], whole["high"])
    assert pd.isna(held["value"]) == (whole["status"] == "withheld")
    reached = drawn.measured.sample.rows["outcome"].isin(("violation", "clean"))
    assert by.loc["hit_rate", "n"].sum() == held["n"] == reached.sum()
    march = kpis.values(year.workspace, book=BOOK, period=kpis.period_named("2026-03"), as_of=END).set_index("kpi")
    assert 0 < march.loc["hit_rate", "n"] < held["n"]  # of the draw of March alone
    frozen_late = march.loc["items_covered"]  # a month that is over has its coverage, too
    assert (frozen_late["numerator"], frozen_late["denominator"]) == (1, 4)


def test_a_frozen_month_stays_and_what_changed_later_is_another_version(year):
    month, terms = kpis.period_named("2026-03"), {"book": BOOK, "actor": CHIEF, "clock": at(END)}
    with pytest.raises(UsageError, match="2026-03"):
        kpis.freeze(year.workspace, period=month, as_of=date(2026, 3, 20), **terms)
    first = kpis.freeze(year.workspace, period=month, as_of=date(2026, 4, 3), **terms)
    held = kpis.frozen_values(year.workspace, period=month)
    again = kpis.freeze(year.workspace, period=month, as_of=date(2026, 4, 3), **terms)

    later = kpis.compare(year.workspace, book=BOOK, period=month, as_of=END)
    assert (first["version"], again["version"]) == (1, 1)
    assert len(later)  # results of March that became public later
    with pytest.raises(UsageError, match="--reason"):
        kpis.freeze(year.workspace, period=month, as_of=END, **terms)
    second = kpis.freeze(year.workspace, period=month, as_of=END, reason="四月补录", **terms)
    assert (second["version"], second["n_changed"]) == (2, len(later))
    assert kpis.frozen_values(year.workspace, period=month, version=1).equals(held)
    assert kpis.compare(year.workspace, book=BOOK, period=month, as_of=END).empty
