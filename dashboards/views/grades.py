"""Grades: shares and moves of a month, grades D to confirm, set by persons, contested; firms checked at random."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboards import acts, parts, queries, words
from dashboards.definitions import GRADES
from dashboards.grades import checks, contested, high_risk, month, overrides, shared
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.grading.months import GradeMonth, grade_months
from engine.messages import N_

PARTS = {
    "month": N_("The month"),
    "high_risk": N_("Grades D to confirm"),
    "overrides": N_("Set by persons"),
    "contested": N_("Contested"),
    "checks": N_("Checks at random"),
}
OF_A_RUN: dict[str, Callable[[GradeMonth, View], None]] = {
    "month": month.show,
    "high_risk": high_risk.show,
    "contested": contested.show,
    "checks": checks.show,
}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Grades and their review"), GRADES, view=view, is_measured=False)
    acts.tell_done()
    part = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Part"),
        tuple(PARTS),
        name="part_of_grades",
        default="month",
        label_of=lambda each: _(PARTS[each]),
    )
    held = {each.run_id: each for each in queries.kept(view, grade_months, needs=shared.NEEDS)}
    if not held:
        parts.nothing_yet(_("No monthly run is finished yet."), command="xinheng run monthly --help")
        return
    if part == "overrides":
        overrides.show(view)
        return
    if part == "checks" and not view.desk.may(Action.SEE_WARNINGS):
        st.info(_("Your role sees no warnings, and no checks of firms without one."))
        return
    run = choose(
        st.selectbox,
        _("Run"),
        tuple(held),
        name="run",
        default=next(iter(held)),
        label_of=lambda each: f"{words.day(held[each].as_of)} · {each}",
    )
    chosen = held[run]
    st.caption(
        _("As of {as_of} · Run {run}, started by {starter}, finished {at}").format(
            as_of=words.day(chosen.as_of),
            run=run,
            starter=words.actor_name(chosen.starter, _),
            at=words.moment(chosen.finished_at),
        )
    )
    OF_A_RUN[part](chosen, view)


show(current_view())
