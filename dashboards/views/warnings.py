"""Early warnings: who acts today; given to somebody, put off once, closed as confirmed or false, judged per rule."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, picking, queries, warning_parts, words
from dashboards.definitions import WARNINGS
from dashboards.view import View, choose, current_view, switch
from dashboards.warning_parts import LEVELS, RULES, rule_name
from engine.api.desk import Action
from engine.api.grading import warning_steps as steps
from engine.api.grading import warnings as inbox
from engine.messages import N_

STATES = {
    "open": N_("all that are open"),
    "raised": N_("raised"),
    "assigned": N_("given to somebody"),
    "acknowledged": N_("taken up"),
    "closed": N_("closed"),
}
MARKS = {"urgent": "◆", "important": "▲", "attention": "●"}
STEPS = {
    "assign": N_("Give to somebody"),
    "acknowledge": N_("Take up"),
    "snooze": N_("Put off, once"),
    "confirmed": N_("Close as confirmed"),
    "false": N_("Close as false alarm"),
}
FORTNIGHT = timedelta(days=14)
EVERY = "every"
SHOWN = 500  # rows on the page, the most pressing first; the files and the act on all of them hold every one


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
    held = queries.kept(view, inbox.warnings, needs=Action.SEE_WARNINGS, on=today, state=state, **_wanted(view))
    if held.empty:
        parts.nothing_yet(_("No warning of this state."), command="xinheng run monthly --help")
    else:
        _cards(held, view)
        _inbox(held, view)
        if state != "closed":
            _dispose(held, view, today=today)
    warning_parts.precision(view, today=today)


def _wanted(view: View) -> dict[str, Any]:
    """Return which warnings are asked for: by rule, level, person and last day; all of it in the address."""
    _ = view.translate
    left, right = st.columns(2)
    rule = choose(
        left.selectbox,
        _("Rule"),
        (EVERY, *RULES),
        name="rule",
        default=EVERY,
        label_of=lambda each: _("every rule") if each == EVERY else rule_name(each, _),
    )
    level = choose(
        right.selectbox,
        _("Level"),
        (EVERY, *LEVELS),
        name="level",
        default=EVERY,
        label_of=lambda each: _("every level") if each == EVERY else _(LEVELS[each]),
    )
    with st.container(horizontal=True):
        mine = switch(_("Only those given to me"), name="mine")
        overdue = switch(_("Only those past their last day"), name="overdue")
    return {
        "rule": None if rule == EVERY else rule,
        "level": None if level == EVERY else level,
        "assignee": view.desk.viewer.actor.name if mine else None,
        "overdue": overdue,
    }


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
    """Show the most pressing rows; the files hold all of them."""
    _ = view.translate
    parts.long_table(_rows(held.head(SHOWN), view))
    if len(held) > SHOWN:
        st.caption(
            _("The first {n} of {all} rows; the files hold every one.").format(n=SHOWN, all=words.count(len(held)))
        )
    parts.export_menu({"warnings": partial(_rows, held, view)}, name="warnings", view=view)


def _rows(held: pd.DataFrame, view: View) -> pd.DataFrame:
    _ = view.translate
    return pd.DataFrame(
        {
            _("Level"): [f"{MARKS.get(each, '')} {_(LEVELS.get(each, each))}" for each in held["level"]],
            _("Due on"): held["due_on"].map(words.day),
            _("State"): [_(STATES[each]) if each in STATES else each for each in held["state"]],
            _("Given to"): [words.NOTHING if words.is_missing(each) or not each else each for each in held["assignee"]],
            _("Rule"): [rule_name(code, _) for code in held["rule_code"]],
            _("Object or group"): _subjects(held, view),
            _("What was seen"): [each.render(_) for each in held["sentence"]],
            _("Code of the object"): [words.NOTHING if words.is_missing(each) else each for each in held["entity_id"]],
            _("Warning"): held["warning_id"],
        }
    )


def _subjects(held: pd.DataFrame, view: View) -> list[str]:
    """Return the name of the object, or the group, that each warning is about."""
    named = _names(held, view)
    return [
        named.get(str(entity), str(entity)) if not words.is_missing(entity) and entity else str(group)
        for entity, group in zip(held["entity_id"], held["group"], strict=True)
    ]


def _names(held: pd.DataFrame, view: View) -> dict[str, str]:
    return queries.object_names(view, held["entity_id"], needs=Action.SEE_WARNINGS)


def _dispose(held: pd.DataFrame, view: View, *, today: date) -> None:
    """Take one step for several warnings at once, or for all that are asked for; all or none."""
    _ = view.translate
    st.subheader(_("Dispose"))
    if not acts.offered(view, Action.DISPOSE_WARNING):
        return
    label = {
        str(row["warning_id"]): f"{who} · {row['sentence'].render(_)}"
        for row, who in zip(held.head(SHOWN).to_dict("records"), _subjects(held.head(SHOWN), view), strict=True)
    }
    offered = picking.in_sight(list(label), name="warnings", view=view, label_of=label.__getitem__)
    with st.form("dispose"):
        chosen = picking.ticked(_("Warnings"), offered, name="warnings", label_of=label.__getitem__)
        said = _("All {n} that are asked for above").format(n=words.count(len(held)))
        whole = st.checkbox(said, key=f"whole_{acts.times_done()}")
        step = st.radio(_("Step"), tuple(STEPS), format_func=lambda each: _(STEPS[each]), horizontal=True)
        left, middle, right = st.columns(3)
        to = left.text_input(_("Given to"))
        until = middle.date_input(_("Put off until"), value=today + FORTNIGHT)
        reason = right.text_input(_("Why"))
        asked = st.form_submit_button(_("Do it"), type="primary")
    taken = held["warning_id"].astype(str).tolist() if whole else chosen
    if asked and picking.is_any(taken, view=view):
        acts.act(
            view,
            Action.DISPOSE_WARNING,
            _step(step, taken, view, to=to, until=until, reason=reason),
            said=lambda done: _("{n} warning(s) carried a step further.").format(n=words.count(len(done))),
            about=sorted(set(held.loc[held["warning_id"].isin(taken), "entity_id"].dropna())),
        )


def _step(
    step: str, taken: list[str], view: View, *, to: str, until: date, reason: str
) -> Callable[[Any], tuple[object, ...]]:
    desk = view.desk
    said: dict[str, Any] = {"warning_ids": taken, "actor": desk.viewer.actor, "clock": desk.clock}
    if step == "assign":
        return partial(steps.assign_warnings, assignee=to, **said)
    if step == "acknowledge":
        return partial(steps.acknowledge_warnings, **said)
    if step == "snooze":
        return partial(steps.snooze_warnings, until=until, reason=reason, **said)
    return partial(steps.close_warnings, outcome=step, reason=reason, **said)


show(current_view())
