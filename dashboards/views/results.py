"""Results: what an inspector enters on the phone at the door, and what another person reviews and makes public."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, picking, queries, words
from dashboards.definitions import HIT_RATE
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.results import desk as result_desk
from engine.api.results.entry import EntryReport, enter
from engine.api.results.review import publish, send_back, submit
from engine.errors import SupervisionError
from engine.messages import N_
from engine.vocabulary import ResultCode

PARTS = {"enter": N_("Enter"), "review": N_("Review"), "due": N_("Due")}
# Words of the results, the most frequent first.
NAMES = {
    ResultCode.NO_PROBLEM: N_("no problem found"),
    ResultCode.CORRECTED: N_("problem found, ordered to correct"),
    ResultCode.PENDING: N_("problem found, to be handled"),
    ResultCode.UNREACHABLE: N_("not to be reached at the registered address"),
    ResultCode.NOT_PUBLICISED: N_("did not publicise what it must"),
    ResultCode.FALSE_PUBLICITY: N_("publicised what is false"),
    ResultCode.REFUSED: N_("refused the check, serious"),
    ResultCode.NO_ACTIVITY: N_("does not carry on what was to be checked"),
    ResultCode.EXITED: N_("closed, deregistered or moved away"),
    ResultCode.OTHER_LAW: N_("breaks other rules"),
}
DISPOSALS = {
    "": N_("nothing further"),
    "order_to_correct": N_("order to correct"),
    "evidence_to_case_organ": N_("evidence to the organ that takes cases"),
    "other": N_("other"),
}
STATES = {
    "entered": N_("not submitted"),
    "submitted": N_("waiting for review"),
    "returned": N_("returned"),
    "published": N_("made public"),
}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Results"), (HIT_RATE,), view=view, is_measured=False)
    acts.tell_done()
    part = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Part"),
        tuple(PARTS),
        name="part_of_results",
        default="enter",
        label_of=lambda each: _(PARTS[each]),
    )
    today = view.desk.clock().date()
    open_checks = queries.kept(view, result_desk.open_checks, needs=Action.SEE_RESULTS, on=today)
    if part == "review":
        _review(view)
    elif part == "due":
        _due(open_checks, view)
    else:
        _enter(open_checks, view, today=today)


def _enter(checks: pd.DataFrame, view: View, *, today: date) -> None:
    """One check at a time, one column of fields: it must do on a phone."""
    _ = view.translate
    waiting = checks[checks["state"].isin(["", "returned"])]
    if waiting.empty:
        parts.nothing_yet(_("No visit that was scanned in waits for a result."))
        return
    if not acts.offered(view, Action.ENTER_RESULT):
        return
    names = queries.object_names(view, waiting["entity_id"], needs=Action.SEE_RESULTS)
    about = {
        str(visit): " · ".join((names.get(entity, entity), str(visit)))
        for visit, entity in zip(waiting["visit_id"], waiting["entity_id"], strict=True)
    }
    visits = sorted(about)
    visit = choose(st.selectbox, _("Visit"), tuple(visits), name="visit", default=visits[0], label_of=about.__getitem__)
    of_visit = waiting[waiting["visit_id"] == visit]
    first = of_visit.iloc[0]
    st.caption(
        _("{entity} · scanned in on {day} · officers {officers}").format(
            entity=first["entity_id"], day=words.day(first["occurred_on"]), officers=first["officers"]
        )
    )
    items = dict(zip(of_visit["item_code"], of_visit["item_name"], strict=True))
    with st.form("enter_result"):
        item = st.selectbox(_("Item"), tuple(items), format_func=lambda code: items[code] or code)
        code = st.radio(_("What was found"), tuple(NAMES), format_func=lambda one: _(NAMES[one]), index=None)
        disposal = st.selectbox(_("What follows"), tuple(DISPOSALS), format_func=lambda one: _(DISPOSALS[one]))
        officer = st.selectbox(_("Officer who checked"), str(first["officers"]).split(";"))
        evidence = st.text_input(_("Evidence, such as photo 1; record 2"))
        note = st.text_area(_("Note"), height=80)
        asked = st.form_submit_button(_("Enter"), type="primary", width="stretch")
    if not asked:
        return
    if code is None:
        st.error(_("Say what was found."))
        return
    row = {
        "visit_id": visit,
        "entity_id": str(first["entity_id"]),
        "item_code": str(item),
        "department_code": str(of_visit.set_index("item_code").loc[item, "department_code"]),
        "result_wordings": str(code.value),
        "inspector_code": officer,
        "channel": "mobile",
        "occurred_on": words.day(first["occurred_on"]),
        "disposal": str(disposal),
        "evidence": evidence,
        "note": note,
    }
    _entered(row, view)


def _entered(row: dict[str, str], view: View) -> None:
    """Enter one row; a refused one is told with its rule, and waits."""
    _ = view.translate
    desk = view.desk
    try:
        with desk.writing(Action.ENTER_RESULT, entity_ids=[row["entity_id"]]) as workspace:
            report: EntryReport = enter(workspace, [row], source="page", actor=desk.viewer.actor, clock=desk.clock)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    for refused in report.refused:
        st.error(f"{refused.sentence.render(_)} ({refused.reference})")
    if not report.refused:
        st.session_state[acts.DONE] = _("Entered. It is public only after another person has reviewed it.")
        st.rerun()


def _review(view: View) -> None:
    """Submit, send back and publish; never by the person who entered."""
    _ = view.translate
    today = view.desk.clock().date()
    held = queries.kept(view, result_desk.results_to_review, needs=Action.SEE_RESULTS, on=today)
    if held.empty:
        parts.nothing_yet(_("No result was entered yet."))
        return
    names = queries.object_names(view, held["entity_id"], needs=Action.SEE_RESULTS)
    held = held.assign(name=[names.get(each, each) for each in held["entity_id"]])
    order = pd.DataFrame(
        {
            _("Object"): held["name"],
            _("Item"): held["item_name"],
            _("What was found"): held["result_wordings"],
            _("What follows"): [_(DISPOSALS[each]) if each in DISPOSALS else each for each in held["disposal"]],
            _("State"): [_(STATES[each]) for each in held["state"]],
            _("Evidence"): held["evidence"],
            _("Note"): held["note"],
            _("Officer who checked"): held["inspector_code"],
            _("Entered by"): held["entered_by"],
            _("Last step"): held["at"].map(words.moment),
            _("Reason"): held["reason"],
            _("Department"): _departments(held["department"], view),
            _("Draw"): held["draw_id"],
            _("Result"): held["key"],
        }
    )
    parts.table(order, name="results", view=view)
    _submit(held[held["state"] == "entered"], view)
    _decide(held[held["state"] == "submitted"], view)


def _departments(codes: Iterable[str], view: View) -> list[str]:
    return queries.unit_names(view, codes, needs=Action.SEE_RESULTS)


def _submit(held: pd.DataFrame, view: View) -> None:
    _ = view.translate
    if held.empty or not view.desk.may(Action.ENTER_RESULT):
        return
    label = _labels(held)
    offered = picking.in_sight(list(label), name="submit", view=view, label_of=label.__getitem__)
    with st.form("submit_results"):
        keys = picking.ticked(_("Submit for review"), offered, name="submit", label_of=label.__getitem__)
        asked = st.form_submit_button(_("Submit"))
    if asked and picking.is_any(keys, view=view):
        department = str(held.set_index("key").loc[keys[0], "department"])
        acts.act(
            view,
            Action.ENTER_RESULT,
            lambda workspace: submit(
                workspace, keys, department=department, actor=view.desk.viewer.actor, clock=view.desk.clock
            ),
            said=lambda done: _("{n} result(s) submitted.").format(n=len(done)),
        )


def _decide(held: pd.DataFrame, view: View) -> None:
    _ = view.translate
    if held.empty:
        return
    st.subheader(_("Waiting for review"))
    if not acts.offered(view, Action.REVIEW_RESULT):
        return
    label = _labels(held)
    offered = picking.in_sight(list(label), name="review", view=view, label_of=label.__getitem__)
    with st.form("review_results"):
        keys = picking.ticked(_("Results"), offered, name="review", label_of=label.__getitem__)
        reason = st.text_input(_("Why it goes back; stays on record"))
        left, right = st.columns(2)
        public = left.form_submit_button(_("Make public"), type="primary")
        back = right.form_submit_button(_("Send back"))
    if (public or back) and picking.is_any(keys, view=view):
        department = str(held.set_index("key").loc[keys[0], "department"])
        step = partial(_published if public else partial(_returned, reason), keys, department, view)
        said = _("{n} result(s) made public.") if public else _("{n} result(s) sent back.")
        acts.act(view, Action.REVIEW_RESULT, step, said=lambda done: said.format(n=len(done)))


def _labels(held: pd.DataFrame) -> dict[str, str]:
    """Return what stands beside the box of a result: of whom, for which item, what was found, by whom, its number."""
    told = ("name", "item_name", "result_wordings", "entered_by", "key")
    return {str(row["key"]): " · ".join(str(row[name]) for name in told) for row in held.to_dict("records")}


def _published(keys: list[str], department: str, view: View, workspace: Any) -> tuple[str, ...]:
    desk = view.desk
    return publish(workspace, keys, department=department, actor=desk.viewer.actor, clock=desk.clock)


def _returned(reason: str, keys: list[str], department: str, view: View, workspace: Any) -> tuple[str, ...]:
    desk = view.desk
    return send_back(workspace, keys, reason=reason, department=department, actor=desk.viewer.actor, clock=desk.clock)


def _due(checks: pd.DataFrame, view: View) -> None:
    """What is not public yet, with the last day that law gives."""
    _ = view.translate
    waiting = checks[checks["state"] != "published"]
    if waiting.empty:
        parts.nothing_yet(_("Everything that was checked is public."))
        return
    names = queries.object_names(view, waiting["entity_id"], needs=Action.SEE_RESULTS)
    late = int((waiting["days_late"] > 0).sum())
    left, right = st.columns(2)
    left.metric(_("Not public yet"), words.count(len(waiting)), border=True)
    right.metric(_("Past the last day"), words.count(late), border=True)
    parts.table(
        pd.DataFrame(
            {
                _("Object"): [names.get(each, each) for each in waiting["entity_id"]],
                _("Item"): waiting["item_name"],
                _("Department"): _departments(waiting["department_code"], view),
                _("Checked on"): waiting["occurred_on"].map(words.day),
                _("To be public by"): waiting["due_on"].map(words.day),
                _("Days late"): waiting["days_late"],
                _("State"): [_(STATES[each]) if each else _("no result yet") for each in waiting["state"]],
                _("Visit"): waiting["visit_id"],
                _("Code of the object"): waiting["entity_id"],
            }
        ),
        name="results-due",
        view=view,
    )


show(current_view())
