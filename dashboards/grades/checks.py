"""Firms checked at random although nothing warns of them: what the warnings miss, beside how often they are right."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, picking, queries, words
from dashboards.grades import shared
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading.months import GradeMonth
from engine.api.grading.warning_audits import record_audit, warning_audits, warning_detection
from engine.messages import N_

OUTCOMES = {"confirmed": N_("something was wrong"), "false": N_("nothing was wrong")}
TO_CHECK = N_("to be checked")
OPEN, DONE, ALL = "open", "done", "all"
STATES = {ALL: N_("all of them"), OPEN: TO_CHECK, DONE: N_("checked")}


def show(month: GradeMonth, view: View) -> None:
    """Show the part."""
    _ = view.translate
    _figures(view)
    st.subheader(_("Sample of this run"))
    held = queries.kept(view, warning_audits, needs=Action.SEE_WARNINGS, run_id=month.run_id)
    if held.empty:
        parts.nothing_yet(_("This run picked no firm within your districts and departments."))
        return
    is_done = held["outcome"].notna()
    st.caption(
        _(
            "{n} picked out of {frame} firms of which nothing warned, each with a chance of {chance}; {done} checked."
        ).format(
            n=words.count(len(held)),
            frame=words.count(int(held["n_frame"].iloc[0])),
            chance=words.share(float(held["inclusion_probability"].iloc[0]), digits=2),
            done=words.count(int(is_done.sum())),
        )
    )
    state = choose(
        st.selectbox, _("State"), tuple(STATES), name="state_of_check", default=ALL,
        label_of=lambda each: _(STATES[each]),
    )  # fmt: skip
    rows = held if state == ALL else held[is_done == (state == DONE)]
    names = shared.names_of(held["entity_id"], view)
    if rows.empty:
        parts.nothing_yet(_("No firm of this state in the sample."))
    else:
        _table(rows, names, view)
    if not is_done.all():
        _record(month, held[~is_done], names, view)


def _figures(view: View) -> None:
    """Show precision, the share missed and recall over all runs; they need the whole sample."""
    _ = view.translate
    st.subheader(_("What the warnings find"))
    st.page_link("views/warnings.py", label=_("To the early warnings"), icon=":material/arrow_forward:")
    if not view.desk.viewer.scope.is_whole:
        st.info(_("Precision and recall are judged on the whole sample: for people who may see every district."))
        return
    found = queries.kept(view, warning_detection, needs=Action.SEE_WARNINGS)
    if found.n_runs == 0:
        st.caption(_("No firm of any sample was checked yet: what the warnings miss is not known."))
        return
    rows = [
        (_("Precision of the warnings"), found.precision.value, found.precision),
        (_("Wrong without a warning"), found.missed.value, found.missed),
    ]
    cells = [
        (
            name,
            words.share(value),
            words.share_interval(each.low, each.high),
            words.count(each.hits),
            words.count(each.n),
        )
        for name, value, each in rows
    ]
    recall = words.share_interval(found.recall_low, found.recall_high)
    cells.append((_("Recall of the warnings"), words.share(found.recall), recall, words.NOTHING, words.NOTHING))
    for place, (name, value, limits, _hits, n) in zip(st.columns(3), cells, strict=True):
        below = limits if n == words.NOTHING else _("{interval} · n={n}").format(interval=limits, n=n)
        place.metric(name, value, delta=below, delta_color="off", delta_arrow="off", border=True)
    table = pd.DataFrame(cells, columns=[_("Measure"), _("Value"), _("Interval"), _("Of these"), "n"])
    with st.expander(_("Show as a table"), expanded=False):
        parts.plain_table(table)
    st.caption(
        _("{runs} run(s) with a checked sample: {warned} firms warned of, {others} not.").format(
            runs=words.count(found.n_runs), warned=words.count(found.n_warned), others=words.count(found.n_unwarned)
        )
    )
    parts.export_menu({"detection": table}, name="warning-detection", view=view)


def _table(rows: pd.DataFrame, names: dict[str, str], view: View) -> None:
    _ = view.translate
    table = pd.DataFrame(
        {
            _("Object"): [names.get(each, each) for each in rows["entity_id"]],
            _("Code of the object"): rows["entity_id"],
            _("What the check showed"): [
                _(TO_CHECK) if words.is_missing(each) else _(OUTCOMES[each]) for each in rows["outcome"]
            ],
            _("Checked by"): [words.NOTHING if words.is_missing(each) else each for each in rows["checked_by"]],
            _("Checked at"): [
                words.NOTHING if words.is_missing(each) else words.moment(each) for each in rows["checked_at"]
            ],
            _("Why"): [words.NOTHING if words.is_missing(each) else each for each in rows["reason"]],
        }
    )
    parts.table(table, name="random-checks", view=view)


def _record(month: GradeMonth, waiting: pd.DataFrame, names: dict[str, str], view: View) -> None:
    _ = view.translate
    st.subheader(_("Enter what a check showed"))
    if not acts.offered(view, Action.DISPOSE_WARNING):
        return
    label_of = partial(shared.named, names)
    offered = picking.in_sight(list(waiting["entity_id"]), name="checks", view=view, label_of=label_of)
    with st.form("record_check"):
        chosen = picking.ticked(_("Objects"), offered, name="checks", label_of=label_of)
        outcome = st.radio(
            _("What the check showed"), tuple(OUTCOMES), format_func=lambda each: _(OUTCOMES[each]), horizontal=True
        )
        reason = st.text_input(_("What was checked"))
        asked = st.form_submit_button(_("Enter"), type="primary")
    if asked and picking.is_any(chosen, view=view):
        acts.act(
            view,
            Action.DISPOSE_WARNING,
            partial(_recorded, view, month.run_id, chosen, str(outcome), reason),
            said=lambda n: _("{n} check(s) on record.").format(n=n),
            about=chosen,
        )


def _recorded(view: View, run: str, chosen: list[str], outcome: str, reason: str, workspace: Any) -> int:
    desk = view.desk
    return record_audit(
        workspace, run, chosen, outcome=outcome, reason=reason, actor=desk.viewer.actor, clock=desk.clock
    )
