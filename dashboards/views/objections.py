"""Objections: registered at any counter, taken up and marked, decided by somebody who did not make the record."""

from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, queries, words
from dashboards.definitions import OBJECTIONS
from dashboards.grades.shared import record_link
from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.api.figures.kpis import department_names
from engine.api.follow_up.objection_desk import ObjectionDesk
from engine.api.policies.check import read_policies
from engine.api.results.objections import named, objections, owner_of
from engine.messages import N_

ABOUT = "about"
OPEN = ("filed", "accepted", "annotated")
STEPS = {
    "accept": N_("Take up and mark the record"),
    "decline": N_("Decline"),
    "maintain": N_("Maintain the record"),
    "correct": N_("Correct the record"),
    "withdraw": N_("Taken back by the party"),
}
CHANNELS = {
    "counter": N_("at the counter"),
    "online": N_("on line"),
    "letter": N_("by letter"),
    "phone": N_("by telephone"),
}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Objections"), OBJECTIONS, view=view, is_measured=False)
    acts.tell_done()
    today = view.desk.clock().date()
    held = queries.kept(view, objections, needs=Action.SEE_RESULTS, as_of=today)
    if held.empty:
        parts.nothing_yet(_("No objection was registered yet."))
    else:
        _cards(held, view, today=today)
        _table(held, view)
        _decide(held[held["state"].isin(OPEN)], view)
    _register(view)


def _cards(held: pd.DataFrame, view: View, *, today: date) -> None:
    _ = view.translate
    is_open = held["state"].isin(OPEN)
    late = is_open & (pd.to_datetime(held["due_on"]) < pd.Timestamp(today))
    waits = (held["state"] == "corrected") & (held["target_table"] == "inspections") & held["republished_on"].isna()
    counts = (
        (_("Open objections"), int(is_open.sum())),
        (_("Past the last day"), int(late.sum())),
        (_("Records marked as disputed"), int(held["is_marked"].sum())),
        (_("Corrections not public yet"), int(waits.sum())),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)


def _table(held: pd.DataFrame, view: View) -> None:
    _ = view.translate
    names = queries.object_names(view, held["entity_id"], needs=Action.SEE_RESULTS)
    table = pd.DataFrame(
        {
            _("Who objects"): [names.get(each, each) for each in held["entity_id"]],
            _("What is said to be wrong"): held["claim"],
            _("State"): [_(words.OBJECTION_STATES[each]) for each in held["state"]],
            _("To be decided by"): held["due_on"].map(words.day),
            _("Kind of record"): [words.table_name(each, _) for each in held["target_table"]],
            _("Department"): queries.unit_names(view, held["department"], needs=Action.SEE_RESULTS),
            _("Registered on"): held["filed_on"].map(words.day),
            _("Decided on"): held["decided_on"].map(words.day),
            _("Corrected in public on"): held["republished_on"].map(words.day),
            _("Reason of the last step"): held["reason"],
            _("Objection"): held["objection_id"],
            _("Record number"): held["target_id"],
        }
    )
    parts.table(table, name="objections", view=view)


def _register(view: View) -> None:
    """Put an objection on record; any counter may."""
    _ = view.translate
    st.subheader(_("Register an objection"))
    _about(view)
    if not acts.offered(view, Action.REGISTER_OBJECTION):
        return
    with st.form("register_objection", clear_on_submit=True):
        target = st.text_input(
            _("Record: a result by its number, another record as table:number"), value=st.query_params.get("target", "")
        )
        reason = st.text_input(_("What is said to be wrong"))
        left, right = st.columns(2)
        by = left.text_input(_("Who objects, as scheme:code; empty = whom the record is about"))
        evidence = right.text_input(_("Evidence, with commas"))
        department = left.text_input(_("Department that registers; empty = the one that answers for the result"))
        channel = right.selectbox(_("How it came in"), tuple(CHANNELS), format_func=lambda each: _(CHANNELS[each]))
        asked = st.form_submit_button(_("Register"), type="primary")
    if not asked:
        return
    shown = tuple(each.strip() for each in evidence.replace("，", ",").split(",") if each.strip())
    acts.act(
        view,
        Action.REGISTER_OBJECTION,
        partial(_registered, view, target.strip(), reason, by.strip(), shown, department.strip(), str(channel)),
        said=lambda number: _("Objection {number} is on record.").format(number=number),
    )


def _about(view: View) -> None:
    """Say whom an objection that was begun on a credit record is about, with the way back there.

    The address names the object.
    """
    entity = st.query_params.get(ABOUT, "")
    if not entity or not view.desk.may(Action.SEE_ENTITIES):
        return
    _ = view.translate
    names = queries.object_names(view, (entity,), needs=Action.SEE_ENTITIES)
    if entity in names:
        st.caption(_("About {name}, {code}").format(name=names[entity], code=entity))
        record_link(entity, view)


def _registered(
    view: View, target: str, reason: str, by: str, evidence: tuple[str, ...], department: str, channel: str, held: Any
) -> str:
    answers = department or owner_of(*named(target))
    return _desk(view, held, answers).register(target, reason=reason, by=by, evidence=evidence, channel=channel)


def _decide(held: pd.DataFrame, view: View) -> None:
    """Take objections up, decline or decide them; never by who made the record."""
    _ = view.translate
    if held.empty:
        return
    st.subheader(_("Decide"))
    if not acts.offered(view, Action.DECIDE_OBJECTION):
        return
    names = queries.object_names(view, held["entity_id"], needs=Action.SEE_RESULTS)
    label = {
        str(row["objection_id"]): " · ".join(
            (names.get(row["entity_id"], row["entity_id"]), row["claim"], row["objection_id"])
        )
        for row in held.to_dict("records")
    }
    with st.form("decide_objection"):
        number = st.selectbox(_("Objection"), tuple(label), format_func=label.__getitem__)
        step = st.radio(_("Step"), tuple(STEPS), format_func=lambda each: _(STEPS[each]), horizontal=True)
        reason = st.text_input(_("Why"))
        left, right = st.columns(2)
        until = left.date_input(_("Decision put off until (only when taking up)"), value=None)
        named = _departments(view, own=set(held["department"]))
        acting = right.selectbox(
            _("Department that acts, for a record that names none, as grades do"),
            ("", *named),
            format_func=lambda code: f"{named[code]} · {code}" if code else words.NOTHING,
        )
        asked = st.form_submit_button(_("Do it"), type="primary")
    if not asked or number is None:
        return
    owner = str(held.set_index("objection_id").loc[number, "department"]) or acting
    acts.act(
        view,
        Action.DECIDE_OBJECTION,
        partial(_taken, view, number, str(step), reason, until, owner),
        said=lambda _done: _("Objection {number}: {step}.").format(number=number, step=_(STEPS[str(step)])),
    )


def _departments(view: View, *, own: set[str]) -> dict[str, str]:
    """Return the departments by code, where one of the objections names none; else nothing is to be chosen."""
    if "" not in own:
        return {}
    return queries.kept(view, department_names, needs=Action.SEE_RESULTS, as_of=view.desk.clock().date())


def _taken(view: View, number: str, step: str, reason: str, until: date | None, owner: str, held: Any) -> object:
    desk = _desk(view, held, owner)
    if step == "accept":
        return desk.accept([number], until=until, reason=reason)
    if step == "decline":
        return desk.decline([number], reason=reason)
    if step == "withdraw":
        return desk.withdraw([number], reason=reason)
    return desk.decide([number], is_corrected=step == "correct", reason=reason)


def _desk(view: View, held: Any, department: str) -> ObjectionDesk:
    """Return the desk of a department; one whose rows this person sees is taken where none is named."""
    own = view.desk.viewer.scope.departments
    book = read_policies(queries.PROFILE, workspace=held)
    acts_for = department or (own[0] if own else "")
    return ObjectionDesk(held, book=book, department=acts_for, actor=view.desk.viewer.actor, clock=view.desk.clock)


show(current_view())
