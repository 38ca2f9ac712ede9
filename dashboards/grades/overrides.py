"""Grades that two persons set for a time: proposed with ground and end, approved, refused or ended by another."""

import secrets
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, queries, words
from dashboards.grades import shared
from dashboards.view import View, choose, written
from engine.api.desk import Action
from engine.api.grading.overrides import (
    GradeProposal,
    grade_overrides,
    override_grounds,
    propose_override,
    review_override,
    withdraw_override,
)
from engine.api.policies.check import read_policies
from engine.api.reading.search import find_entities
from engine.messages import N_
from engine.vocabulary import RISK_GRADES

STATES = {
    "proposed": N_("waits for a second person"),
    "in_force": N_("in force"),
    "waiting": N_("approved, not begun"),
    "expired": N_("over"),
    "refused": N_("refused"),
    "withdrawn": N_("taken back"),
}
STANDING = ("proposed", "in_force", "waiting")
CURRENT, ALL = "current", "all"
STEPS = {"approve": N_("Approve"), "refuse": N_("Refuse"), "withdraw": N_("End it today")}
DIRECTIONS = {
    "riskier": N_("riskier only"),
    "milder": N_("milder only"),
    "either": N_("either way"),
}
SOON = 30
"""Days before its end from which an override is said to end soon: a month of runs."""
SEARCH, KEY = "override_search", "override_key"


def show(view: View) -> None:
    """Show the part."""
    _ = view.translate
    today = view.desk.clock().date()
    held = queries.kept(view, grade_overrides, needs=shared.NEEDS, on=today)
    st.caption(
        _(
            "Counts from the next run after the approval; grades already given do not change. A statute stands above "
            "it, the sector's grade and the score below."
        )
    )
    if held.empty:
        parts.nothing_yet(_("Nobody has set a grade yet."))
    else:
        _cards(held, view, today=today)
        _table(held, view, today=today)
        _review(held[held["state"].isin(STANDING)], view)
    _propose(view, today=today)


def _ends_soon(held: pd.DataFrame, today: date) -> "pd.Series[bool]":
    return (held["state"] == "in_force") & (pd.to_datetime(held["until"]) <= pd.Timestamp(today + timedelta(days=SOON)))


def _cards(held: pd.DataFrame, view: View, *, today: date) -> None:
    _ = view.translate
    counts = (
        (_("In force"), int((held["state"] == "in_force").sum())),
        (_("Waiting for a second person"), int((held["state"] == "proposed").sum())),
        (_("Ending within {days} days").format(days=SOON), int(_ends_soon(held, today).sum())),
        (_("Approved, not begun"), int((held["state"] == "waiting").sum())),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)


def _table(held: pd.DataFrame, view: View, *, today: date) -> None:
    _ = view.translate
    state = choose(
        st.selectbox,
        _("State"),
        (CURRENT, *STATES, ALL),
        name="state_of_override",
        default=CURRENT,
        label_of=lambda each: (
            {CURRENT: _("those that stand"), ALL: _("all of them")}.get(each) or _(STATES.get(each, each))
        ),
    )
    rows = held if state == ALL else held[held["state"].isin(STANDING if state == CURRENT else (state,))]
    if rows.empty:
        parts.nothing_yet(_("No override of this state."))
        return
    names = shared.names_of(rows["entity_id"], view)
    soon = _ends_soon(rows, today)
    table = pd.DataFrame(
        {
            _("Object"): [names.get(each, each) for each in rows["entity_id"]],
            _("Code of the object"): rows["entity_id"],
            _("Grade without it"): [words.grade_name(each, _) for each in rows["computed_grade"]],
            _("Grade set"): [words.grade_name(each, _) for each in rows["grade"]],
            _("State"): [_(STATES[each]) for each in rows["state"]],
            _("From"): rows["begins_on"].map(words.day),
            _("Ends on"): [
                words.day(end) + (" · " + _("ends soon") if near else "")
                for end, near in zip(rows["until"], soon, strict=True)
            ],
            _("Ground"): [shared.ground_name(each, view) for each in rows["ground"]],
            _("Document"): rows["document"],
            _("Proposed by"): rows["proposed_by"],
            _("Why"): rows["reason"],
            _("Reviewed by"): [each or words.NOTHING for each in rows["reviewed_by"]],
            _("Why approved or refused"): [each or words.NOTHING for each in rows["review"]],
            _("Ended by"): [each or words.NOTHING for each in rows["withdrawn_by"]],
            _("Why ended"): [each or words.NOTHING for each in rows["withdrawal"]],
            _("Override"): rows["override_id"],
        }
    )
    parts.table(table, name="overrides", view=view)


def _review(standing: pd.DataFrame, view: View) -> None:
    """Approve, refuse or end as another person; whoever proposed may take back what is not approved."""
    _ = view.translate
    if standing.empty:
        return
    st.subheader(_("Review or end"))
    needs = Action.CONFIRM_GRADE if view.desk.may(Action.CONFIRM_GRADE) else Action.PROPOSE_GRADE
    if not acts.offered(view, needs):
        return
    own = standing["proposed_by"] == view.desk.viewer.actor.name
    if needs is Action.PROPOSE_GRADE:
        standing = standing[own & (standing["state"] == "proposed")]
        if standing.empty:
            st.caption("🔒 " + _("Another person with the right to confirm grades reviews and ends overrides."))
            return
    label = {
        str(row["override_id"]): f"{row['override_id']} · {row['grade']} · {_(STATES[row['state']])}"
        for row in standing.to_dict("records")
    }
    steps = tuple(STEPS) if needs is Action.CONFIRM_GRADE else ("withdraw",)
    with st.form("review_override"):
        name = st.selectbox(_("Override"), tuple(label), format_func=label.__getitem__)
        step = st.radio(_("Step"), steps, format_func=lambda each: _(STEPS[each]), horizontal=True)
        reason = st.text_input(_("Why"))
        asked = st.form_submit_button(_("Do it"), type="primary")
    if asked and name is not None:
        entity = str(standing.set_index("override_id").loc[name, "entity_id"])
        acts.act(
            view,
            needs,
            partial(_reviewed, view, str(name), str(step), reason),
            said=lambda _done: _("Override {name}: {step}.").format(name=name, step=_(STEPS[str(step)])),
            about=[entity],
        )


def _reviewed(view: View, name: str, step: str, reason: str, workspace: Any) -> None:
    who: dict[str, Any] = {"reason": reason, "actor": view.desk.viewer.actor, "clock": view.desk.clock}
    if step == "withdraw":
        withdraw_override(workspace, name, **who)
    else:
        review_override(workspace, name, is_approved=step == "approve", **who)


def _propose(view: View, *, today: date) -> None:
    """Find the object, then propose its grade with ground, paper and end."""
    _ = view.translate
    st.subheader(_("Propose a grade"))
    if not acts.offered(view, Action.PROPOSE_GRADE):
        return
    asked = written(_("Name, code or pinyin, at least two characters"), name=SEARCH)
    if not asked:
        st.caption(_("Search for an object by a part of its name or code."))
        return
    found = queries.kept(view, find_entities, needs=shared.NEEDS, text=asked)
    if found.empty:
        parts.nothing_yet(_("No object within your districts and departments is called so."))
        return
    names = {str(row["entity_id"]): f"{row['name']} · {row['entity_id']}" for row in found.to_dict("records")}
    grounds = queries.kept(view, _grounds, needs=shared.NEEDS, on=today)
    said = {
        str(row["ground"]): _("{ground} · {direction} · {days} days at most").format(
            ground=shared.ground_name(str(row["ground"]), view),
            direction=_(DIRECTIONS[row["direction"]]),
            days=row["longest_days"],
        )
        for row in grounds.to_dict("records")
    }
    with st.form("propose_override"):
        entity = st.selectbox(_("Object"), tuple(names), format_func=names.__getitem__)
        left, right = st.columns([1, 2])
        grade = left.selectbox(
            _("Grade to set"),
            tuple(each.value for each in RISK_GRADES),
            index=len(RISK_GRADES) - 1,
            format_func=lambda each: words.grade_name(each, _),
        )
        ground = right.selectbox(_("Ground"), tuple(said), format_func=said.__getitem__)
        left, middle, right = st.columns(3)
        document = left.text_input(_("Number of the document"))
        begins = middle.date_input(_("First day"), value=today)
        until = right.date_input(_("First day on which it no longer counts"), value=today + timedelta(days=90))
        reason = st.text_input(_("Why"))
        pressed = st.form_submit_button(_("Propose"), type="primary")
    if pressed:
        proposal = GradeProposal(str(entity), str(grade), str(ground), until, begins, document)
        key = st.session_state.setdefault(KEY, secrets.token_hex(8))
        acts.act(
            view,
            Action.PROPOSE_GRADE,
            partial(_proposed, view, proposal, reason, key),
            said=lambda name: _("{name} waits for a second person.").format(name=name),
            about=[str(entity)],
        )


def _proposed(view: View, proposal: GradeProposal, reason: str, key: str, workspace: Any) -> str:
    """Propose once, however often the button is pressed; the next proposal gets another key."""
    desk = view.desk
    name = propose_override(
        workspace,
        proposal,
        reason=reason,
        book=read_policies(queries.PROFILE, workspace=workspace),
        actor=desk.viewer.actor,
        clock=desk.clock,
        idempotency_key=f"page:{key}",
    )
    st.session_state.pop(KEY, None)
    return name


def _grounds(workspace: Any, *, on: date) -> pd.DataFrame:
    return override_grounds(read_policies(queries.PROFILE, workspace=workspace), on=on)
