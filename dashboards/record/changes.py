"""What would change a grade: a record struck out today, or time alone within three years."""

from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import parts, words
from dashboards.record.shared import held_by, outcome_text, record_name, status_name
from dashboards.record.why import prospects_of
from dashboards.view import View
from engine.api.reading.prospects import Lapse, Outcome, Prospects, WithoutRecord
from engine.api.scoring.assessment import Explanation


def show(told: Explanation, view: View) -> None:
    """Show the part."""
    _ = view.translate
    st.subheader(_("What would change the grade"))
    prospects = prospects_of(told.entity_id, view)
    if prospects is None:
        parts.nothing_yet(_("The object has no grade of its score, or the limits of its run were not kept."))
        return
    if prospects.note is not None:
        st.info(prospects.note.render(_))
    if prospects.today is None:
        return
    _today(prospects, view)
    _records(prospects, view)
    _time(prospects, view)


def _today(prospects: Prospects, view: View) -> None:
    _ = view.translate
    left, right = st.columns(2)
    said = _("As graded on {day}").format(day=words.day(prospects.as_of))
    _card(left, said, prospects.stored, view)
    if prospects.today is not None:
        _card(right, _("By the records known on {day}").format(day=words.day(prospects.on)), prospects.today, view)
    st.caption(
        _(
            "Cut by the limits of the last run and held by the band, as the next monthly run would; peers are taken as "
            "they stood. Nothing here is a decision."
        )
    )


def _card(place: DeltaGenerator, name: str, outcome: Outcome, view: View) -> None:
    plain = replace(outcome, override_code=None)
    place.metric(
        name,
        outcome_text(plain, view),
        delta=held_by(outcome, view) or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )


def _records(prospects: Prospects, view: View) -> None:
    _ = view.translate
    st.subheader(_("If one record were struck out"))
    if not prospects.records:
        st.caption(_("No single record changes the score: the indicators count several, or are at their most."))
        return
    table = pd.DataFrame(
        {
            _("Record"): [record_name(each.table, each.record_id, view) for each in prospects.records],
            _("Day"): [words.day(each.occurred_on) for each in prospects.records],
            _("Details"): [_told(each, view) for each in prospects.records],
            _("Counts until"): [words.day(each.until) for each in prospects.records],
            _("Repair may be applied for from"): [words.day(each.repair_from) for each in prospects.records],
            _("Without it"): [outcome_text(each.outcome, view) for each in prospects.records],
        }
    )
    parts.table(table, name="struck-out", view=view)
    st.caption(_("Struck out: repaired, revoked, or corrected after an objection. Other records alone change nothing."))


def _told(each: WithoutRecord, view: View) -> str:
    column = {"listings": "list_type", "inspections": "result_codes"}.get(each.table)
    return words.code_name(column, each.told, view.translate) if column else each.told or words.NOTHING


def _time(prospects: Prospects, view: View) -> None:
    _ = view.translate
    st.subheader(_("What lapses by itself"))
    if not prospects.lapses:
        st.caption(_("Within three years time alone changes nothing."))
        return
    table = pd.DataFrame(
        {
            _("From"): [words.day(each.on) for each in prospects.lapses],
            _("Score and grade then"): [outcome_text(each.outcome, view) for each in prospects.lapses],
            _("Records that no longer count"): [_lapsed(each, view) for each in prospects.lapses],
            _("Points that change"): [_points(each, view) for each in prospects.lapses],
        }
    )
    parts.table(table, name="lapses", view=view)
    st.caption(_("If nothing new becomes known within three years; a day is told when score or grade changes on it."))


def _lapsed(each: Lapse, view: View) -> str:
    said = [f"{record_name(table, name, view)} ({status_name(why, view)})" for table, name, why in each.records]
    return "; ".join(said) or words.NOTHING


def _points(each: Lapse, view: View) -> str:
    said = [f"{view.translate(label)} {before:,.1f} → {after:,.1f}" for label, before, after in each.indicators]
    return "; ".join(said) or words.NOTHING
