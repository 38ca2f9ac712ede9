"""Early warnings: who acts today; given to somebody, put off once, closed as confirmed or false, judged per rule."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, queries, words
from dashboards.definitions import WARNINGS
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.grading import warnings as inbox
from engine.api.reading.search import entity_names
from engine.messages import N_

STATES = {
    "open": N_("all that are open"),
    "raised": N_("raised"),
    "assigned": N_("given to somebody"),
    "acknowledged": N_("taken up"),
    "closed": N_("closed"),
}
LEVELS = {"urgent": N_("urgent"), "important": N_("important"), "attention": N_("for attention")}
MARKS = {"urgent": "◆", "important": "▲", "attention": "●"}
RULES = {
    "licence_ending": N_("licence ends soon"),
    "licence_lapsed": N_("licence lapsed"),
    "abnormal_near_term": N_("three years on the abnormal list near"),
    "shared_address": N_("many at one address"),
    "key_changes": N_("many changes in the register"),
    "score_jump": N_("score rose sharply"),
    "complaint_surge": N_("complaints surge"),
    "complaint_cluster": N_("complaints crowd"),
}
STEPS = {
    "assign": N_("Give to somebody"),
    "acknowledge": N_("Take up"),
    "snooze": N_("Put off, once"),
    "confirmed": N_("Close as confirmed"),
    "false": N_("Close as false alarm"),
}
FORTNIGHT = timedelta(days=14)


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Early warnings"), WARNINGS, view=view, is_measured=False)
    acts.tell_done()
    state = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("State"),
        tuple(STATES),
        name="warnings",
        default="open",
        label_of=lambda each: _(STATES[each]),
    )
    today = view.desk.clock().date()
    held = queries.kept(view, inbox.warnings, needs=Action.SEE_WARNINGS, on=today, state=state)
    if held.empty:
        parts.nothing_yet(_("No warning of this state."), command="xinheng run monthly --help")
    else:
        _cards(held, view)
        _inbox(held, view)
        if state != "closed":
            _dispose(held, view, today=today)
    _precision(view)


def _cards(held: pd.DataFrame, view: View) -> None:
    _ = view.translate
    counts = (
        (_("Warnings"), len(held)),
        (_("urgent"), int((held["level"] == "urgent").sum())),
        (_("Past the last day"), int(held["is_overdue"].sum())),
        (_("Given to nobody yet"), int(held["assignee"].isna().sum() + (held["assignee"] == "").sum())),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)


def _inbox(held: pd.DataFrame, view: View) -> None:
    _ = view.translate
    named = _names(held, view)
    table = pd.DataFrame(
        {
            _("Level"): [f"{MARKS.get(each, '')} {_(LEVELS.get(each, each))}" for each in held["level"]],
            _("Due on"): held["due_on"].map(words.day),
            _("State"): [_(STATES[each]) if each in STATES else each for each in held["state"]],
            _("Given to"): [words.NOTHING if words.is_missing(each) or not each else each for each in held["assignee"]],
            _("Rule"): [_rule(code, view) for code in held["rule_code"]],
            _("Object or group"): [
                named.get(str(entity), str(entity)) if not words.is_missing(entity) and entity else group
                for entity, group in zip(held["entity_id"], held["group"], strict=True)
            ],
            _("What was seen"): [each.render(_) for each in held["sentence"]],
            _("Code of the object"): [words.NOTHING if words.is_missing(each) else each for each in held["entity_id"]],
            _("Warning"): held["warning_id"],
        }
    )
    parts.table(table, name="warnings", view=view)


def _names(held: pd.DataFrame, view: View) -> dict[str, str]:
    about = tuple(sorted(set(held["entity_id"].dropna().astype(str))))
    return queries.kept(view, entity_names, needs=Action.SEE_WARNINGS, entity_ids=about) if about else {}


def _rule(code: str, view: View) -> str:
    name, _dot, dimension = code.partition(".")
    said = view.translate(RULES[name]) if name in RULES else name
    return f"{said} · {dimension}" if dimension and name not in RULES else said


def _dispose(held: pd.DataFrame, view: View, *, today: date) -> None:
    """Take one step for several warnings at once, all or none."""
    _ = view.translate
    st.subheader(_("Dispose"))
    if not acts.offered(view, Action.DISPOSE_WARNING):
        return
    label = {
        str(row["warning_id"]): f"{row['warning_id']} · {row['sentence'].render(_)}" for row in held.to_dict("records")
    }
    with st.form("dispose"):
        chosen = st.multiselect(_("Warnings"), list(label), format_func=label.__getitem__, placeholder=_("choose"))
        step = st.radio(_("Step"), tuple(STEPS), format_func=lambda each: _(STEPS[each]), horizontal=True)
        left, middle, right = st.columns(3)
        to = left.text_input(_("Given to"))
        until = middle.date_input(_("Put off until"), value=today + FORTNIGHT)
        reason = right.text_input(_("Why"))
        asked = st.form_submit_button(_("Do it"), type="primary")
    if asked and chosen:
        take = _step(step, view, to=to, until=until, reason=reason)
        about = sorted(set(held.loc[held["warning_id"].isin(chosen), "entity_id"].dropna()))
        acts.act(
            view,
            Action.DISPOSE_WARNING,
            partial(_each, chosen, take),
            said=lambda n: _("{n} warning(s) carried a step further.").format(n=n),
            about=about,
        )


def _each(chosen: list[str], take: Callable[[Any, str], object], workspace: Any) -> int:
    for warning_id in chosen:
        take(workspace, warning_id)
    return len(chosen)


def _step(step: str, view: View, *, to: str, until: date, reason: str) -> Callable[[Any, str], object]:
    desk = view.desk
    who: dict[str, Any] = {"actor": desk.viewer.actor, "clock": desk.clock}
    if step == "assign":
        return partial(inbox.assign_warning, assignee=to, **who)
    if step == "acknowledge":
        return partial(inbox.acknowledge_warning, **who)
    if step == "snooze":
        return partial(inbox.snooze_warning, until=until, reason=reason, **who)
    return partial(inbox.close_warning, outcome=step, reason=reason, **who)


def _precision(view: View) -> None:
    """Show how often each rule was right, with its interval."""
    _ = view.translate
    st.subheader(_("Precision of the rules"))
    held = queries.kept(view, inbox.warning_precision, needs=Action.SEE_WARNINGS)
    if held.empty:
        st.caption(_("No warning was closed yet: how often a rule is right is not known."))
        return
    table = pd.DataFrame(
        {
            _("Rule"): [_rule(code, view) for code in held["rule_code"]],
            _("Closed"): held["n"],
            _("Confirmed"): held["n_confirmed"],
            _("Precision"): held["precision"].map(words.share),
            _("Interval"): [words.share_interval(*ends) for ends in zip(held["low"], held["high"], strict=True)],
            _("Remark"): ["" if enough else _("too few") for enough in held["is_enough"]],
        }
    )
    parts.plain_table(table)
    parts.export_menu({"precision": table}, name="warning-precision", view=view)


show(current_view())
