"""Grades D that a model proposed: a named person, who did not start the run, confirms or rejects each with a reason."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, picking, queries, words
from dashboards.grades import shared
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading.confirming import confirm_grades, high_risk_grades, leading_reasons
from engine.api.grading.months import GradeMonth
from engine.api.grading.rescoring import feature_titles
from engine.messages import N_
from engine.vocabulary import population_name

STATES = {
    "proposed": N_("waits for a person"),
    "confirmed": N_("confirmed by a person"),
    "rejected": N_("rejected by a person"),
}
ALL = "all"
ROWS = 25
"""Objects shown at once: as many as somebody can weigh before deciding on them."""
BRIEFLY, IN_FULL = 2, 6
"""Reasons shown in the list, and of the object that is looked at."""


def show(month: GradeMonth, view: View) -> None:
    """Show the part."""
    _ = view.translate
    held = queries.kept(view, high_risk_grades, needs=shared.NEEDS, run_id=month.run_id)
    if held.empty:
        parts.nothing_yet(_("No grade D in this run."))
        return
    counts = held["status"].value_counts()
    cards = [(_("Grades D"), len(held)), *((_(name), int(counts.get(state, 0))) for state, name in STATES.items())]
    for place, (name, n) in zip(st.columns(len(cards)), cards, strict=True):
        place.metric(name, words.count(n), border=True)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    state = choose(
        left.selectbox,
        _("State"),
        (*STATES, ALL),
        name="state_of_d",
        default="proposed",
        label_of=lambda each: _("all of them") if each == ALL else _(STATES[each]),
    )
    rows = held if state == ALL else held[held["status"] == state]
    rows = rows.sort_values(["score", "entity_id"], ascending=[False, True], ignore_index=True)
    if rows.empty:
        parts.nothing_yet(_("No grade D of this state in this run."))
        return
    shown = _slice(rows, right, view)
    names = shared.names_of(shown["entity_id"], view)
    about = tuple(sorted(shown["entity_id"]))
    told = queries.kept(view, leading_reasons, needs=shared.NEEDS, run_id=month.run_id, entity_ids=about, most=IN_FULL)
    _table(told, shown, names, view)
    _one(told, shown, names, view)
    waiting = shown[shown["status"] == "proposed"]
    if not waiting.empty:
        _decide(month, waiting, names, view)


def _slice(rows: pd.DataFrame, place: Any, view: View) -> pd.DataFrame:
    """Return the rows shown at once, the highest scores first."""
    _ = view.translate
    starts = tuple(str(at) for at in range(0, len(rows), ROWS))
    if len(starts) == 1:
        return rows
    start = choose(
        place.selectbox,
        _("Rows, highest scores first"),
        starts,
        name="from_row",
        default="0",
        label_of=lambda at: f"{int(at) + 1:,} – {min(int(at) + ROWS, len(rows)):,} / {len(rows):,}",
    )
    return rows.iloc[int(start) : int(start) + ROWS]


def _table(told: pd.DataFrame, shown: pd.DataFrame, names: dict[str, str], view: View) -> None:
    """List the grades with the two reasons that weigh most, each by its name and points."""
    _ = view.translate
    titles = feature_titles(translate=_)
    reasons: dict[str, list[str]] = {}
    for row in told[told.groupby("entity_id").cumcount() < BRIEFLY].to_dict("records"):
        named = titles.get(str(row["feature"]), str(row["feature"]))
        reasons.setdefault(str(row["entity_id"]), []).append(f"{named} {row['points']:+,.0f}")
    table = pd.DataFrame(
        {
            _("Object"): [names.get(each, each) for each in shown["entity_id"]],
            _("Score"): [words.NOTHING if words.is_missing(each) else f"{each:,.1f}" for each in shown["score"]],
            _("Grade by score"): [words.grade_tag(each) for each in shown["score_grade"]],
            _("D by"): [shared.above_score(each, view) for each in shown["override_code"]],
            _("What weighs most (points)"): [
                "; ".join(reasons.get(each, [])) or words.NOTHING for each in shown["entity_id"]
            ],
            _("State"): [_state(row, view) for row in shown.to_dict("records")],
            _("Population"): [population_name(each, _) for each in shown["population"]],
            _("Code of the object"): shown["entity_id"],
        }
    )
    parts.table(table, name="grades-d", view=view)


def _one(told: pd.DataFrame, shown: pd.DataFrame, names: dict[str, str], view: View) -> None:
    """Show the reasons of one object in full, and the way to its record."""
    _ = view.translate
    entity = choose(
        st.selectbox,
        _("Reasons of one object"),
        tuple(shown["entity_id"]),
        name="weighed",
        default=str(shown["entity_id"].iloc[0]),
        label_of=partial(shared.named, names),
    )
    rows = told[told["entity_id"] == entity]
    if rows.empty:
        st.caption(_("No reason was stored: the score is that of an object without records."))
    else:
        parts.plain_table(
            pd.DataFrame(
                {
                    _("Reason"): [each.render(_) for each in rows["sentence"]],
                    _("Points"): [f"{each:+,.1f}" for each in rows["points"]],
                }
            )
        )
    shared.record_link(entity, view)


def _state(row: Mapping[Any, Any], view: View) -> str:
    """Return what a person decided on a grade, who and why; that it waits while nobody did."""
    said = view.translate(STATES[row["status"]])
    told = [said, *(str(row[name]) for name in ("decided_by", "reason") if not words.is_missing(row[name]))]
    return " · ".join(told)


def _decide(month: GradeMonth, waiting: pd.DataFrame, names: dict[str, str], view: View) -> None:
    """Let a person confirm or reject what a model proposed: no machine makes a firm high-risk."""
    _ = view.translate
    st.subheader(_("Confirm or reject"))
    if not acts.offered(view, Action.CONFIRM_GRADE):
        return
    if view.desk.viewer.actor.name == month.starter:
        st.info(_("You started this run: a second person confirms or rejects its grades D."))
        return
    label_of = partial(shared.named, names)
    offered = picking.in_sight(list(waiting["entity_id"]), name="confirm", view=view, label_of=label_of)
    with st.form("confirm"):
        chosen = picking.ticked(_("Objects"), offered, name="confirm", label_of=label_of)
        reason = st.text_input(_("Why"))
        yes_place, no_place = st.columns(2)
        yes = yes_place.form_submit_button(_("Confirm grade D"), type="primary")
        no = no_place.form_submit_button(_("Reject"))
    st.caption(
        _(
            "A confirmed or rejected grade stays decided for this run. After a rejection two persons may set another "
            "grade under 'Set by persons'; the computed one stays on record."
        )
    )
    if (yes or no) and picking.is_any(chosen, view=view):
        said = _("{n} grade(s) D confirmed.") if yes else _("{n} grade(s) D rejected.")
        acts.act(
            view,
            Action.CONFIRM_GRADE,
            partial(_decided, view, month.run_id, chosen, reason, is_confirmed=yes),
            said=lambda n: said.format(n=n),
            about=chosen,
        )


def _decided(view: View, run: str, chosen: list[str], reason: str, workspace: Any, *, is_confirmed: bool) -> int:
    desk = view.desk
    return confirm_grades(
        workspace, run, chosen, is_confirmed=is_confirmed, reason=reason, actor=desk.viewer.actor, clock=desk.clock
    )
