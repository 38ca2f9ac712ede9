"""What the briefing asks of whoever looks: what waits for this person, and what changed since the run before."""

import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.grading.months import CAUSE_NAMES, GradeMonth
from engine.api.reading.changes import Changes, changes
from engine.api.reading.waiting import CLOCKS, TITLES, Kind, Waiting, waiting

NEEDS = {
    Kind.DRAFTS: Action.APPROVE_POLICY,
    Kind.PLANS: Action.APPROVE_POLICY,
    Kind.SIGNATURES: Action.SIGN_DRAW,
    Kind.MONTHS: Action.CONFIRM_GRADE,
    Kind.GRADES: Action.CONFIRM_GRADE,
    Kind.OVERRIDES: Action.CONFIRM_GRADE,
    Kind.RESULTS: Action.REVIEW_RESULT,
    Kind.OBJECTIONS: Action.DECIDE_OBJECTION,
    Kind.UNPUBLISHED: Action.SEE_RESULTS,
    Kind.WARNINGS: Action.SEE_WARNINGS,
    Kind.CASES: Action.SEE_PUNISHMENTS,
}
"""The right that makes a kind somebody's business."""
WHERE: dict[Kind, tuple[str, dict[str, str]]] = {
    Kind.DRAFTS: ("what_if", {}),
    Kind.PLANS: ("hold_draw", {}),
    Kind.SIGNATURES: ("hold_draw", {}),
    Kind.MONTHS: ("governance", {"part_of_models": "runs"}),
    Kind.GRADES: ("grades", {"part_of_grades": "high_risk"}),
    Kind.OVERRIDES: ("grades", {"part_of_grades": "overrides"}),
    Kind.RESULTS: ("results", {"part_of_results": "review"}),
    Kind.OBJECTIONS: ("objections", {}),
    Kind.UNPUBLISHED: ("results", {"part_of_results": "due"}),
    Kind.WARNINGS: ("warnings", {}),
    Kind.CASES: ("punishment", {}),
}


def waits(view: View) -> dict[str, pd.DataFrame]:
    """Show what waits for this person, the late first, each with the way to where it is decided.

    Returns
    -------
    The same as a table, by the name of its sheet; empty where nothing waits.
    """
    _ = view.translate
    st.subheader(_("What waits for you"))
    today, person = view.desk.clock().date(), view.desk.viewer.actor.name
    held = [
        queries.kept(view, waiting, needs=needs, kind=kind, person=person, on=today)
        for kind, needs in NEEDS.items()
        if view.desk.may(needs)
    ]
    if not held:
        st.caption(_("Your role decides nothing here and follows no clock."))
        return {}
    open_ = [each for each in held if each.n + each.n_own]
    if not open_:
        st.caption(_("Nothing waits: no decision, no clock."))
        return {}
    open_.sort(key=lambda each: (each.kind in CLOCKS, each.n_late == 0))
    for each in open_:
        page, asked = WHERE[each.kind]
        line = st.container(horizontal=True, vertical_alignment="center", gap="small")  # breaks on a phone
        label = _("{what}: {n}").format(what=_(TITLES[each.kind]), n=words.count(each.n))
        line.page_link(f"views/{page}.py", label=label, query_params=asked, icon=_icon(each))
        if beside := _beside(each, view):
            line.caption(beside)
    table = waits_table(open_, view)
    with st.expander(_("Show as a table"), expanded=False):
        parts.plain_table(table)
    return {"waiting": table}


def _icon(each: Waiting) -> str:
    if each.n_late:
        return ":material/warning:"
    return ":material/schedule:" if each.kind in CLOCKS else ":material/edit_square:"


def _beside(each: Waiting, view: View) -> str:
    """Say how many another person decides, how many are late, and until when."""
    _ = view.translate
    said = []
    if each.n_own:
        said.append(_("{n} for another person, since you took the step before").format(n=words.count(each.n_own)))
    if each.n_late:
        said.append(_("{n} past the last day").format(n=words.count(each.n_late)))
    if each.first_due is not None:
        said.append(_("first last day {day}").format(day=words.day(each.first_due)))
    return " · ".join(said)


def waits_table(held: list[Waiting], view: View) -> pd.DataFrame:
    """Return the lines as a table."""
    _ = view.translate
    return pd.DataFrame(
        {
            _("What waits"): [_(TITLES[each.kind]) for each in held],
            _("For you"): [words.count(each.n) for each in held],
            _("For another person"): [words.count(each.n_own) for each in held],
            _("Past the last day"): [words.count(each.n_late) for each in held],
            _("First last day"): [words.day(each.first_due) for each in held],
        }
    )


def changed(view: View) -> dict[str, pd.DataFrame]:
    """Show what moved since the run before, each with its cause, and what no run has taken in yet.

    Returns
    -------
    The same as tables, by the name of their sheets; empty where nothing can be compared.
    """
    _ = view.translate
    st.subheader(_("What changed since the run before"))
    found = queries.kept(view, changes, needs=Action.SEE_FIGURES)
    if found.month is None:
        st.caption(_("No monthly run is finished yet."))
        return {}
    st.caption(_span(found.month, view))
    tables = _tables(found, view)
    titles = {"moves": _("Grades that moved"), "restated": _("Records restated"), "policies": _("Policies approved")}
    nothing = {
        "moves": _("Nobody who was there before moved."),
        "restated": _("No known record got another version."),
        "policies": _("No policy was changed."),
    }
    for place, (name, table) in zip(st.columns([3, 3, 4], gap="medium"), tables.items(), strict=True):
        with place:
            st.markdown(f"**{titles[name]}**")
            if table.empty:
                st.caption(nothing[name])
            else:
                parts.plain_table(table)
    if view.desk.may(Action.SEE_ENTITIES):
        st.page_link("views/grades.py", label=_("Who moved between grades, and why"), icon=":material/arrow_forward:")
    return {name: table for name, table in tables.items() if not table.empty}


def _span(month: GradeMonth, view: View) -> str:
    _ = view.translate
    as_of = words.day(month.as_of)
    if month.previous_as_of is None:
        return _("Run as of {as_of}, the first one.").format(as_of=as_of)
    said = _("From the run as of {before} to that as of {as_of}; 'not graded yet' came after it began.")
    return said.format(before=words.day(month.previous_as_of), as_of=as_of)


def _tables(found: Changes, view: View) -> dict[str, pd.DataFrame]:
    _ = view.translate
    moves, restated, policies = found.moves, found.restated, found.policies
    later = {True: _("not graded yet"), False: words.NOTHING}
    return {
        "moves": pd.DataFrame(
            {
                _("Cause"): [_(CAUSE_NAMES[each]) for each in moves["cause"]],
                _("riskier"): moves["riskier"].map(words.count),
                _("milder"): moves["milder"].map(words.count),
            }
        ),
        "restated": pd.DataFrame(
            {
                _("Source"): [words.table_name(each, _) for each in restated["table"]],
                _("Records with another version"): restated["restated"].map(words.count),
                _("Loads taken back"): restated["reversed"].map(words.count),
                _("Graded"): [later[bool(each)] for each in restated["is_after"]],
            }
        ),
        "policies": pd.DataFrame(
            {
                _("Policy"): [words.policy_areas(each, _) for each in policies["parameters"]],
                _("Draft"): policies["draft_id"],
                _("Valid from"): policies["valid_from"].map(words.day),
                _("Approved by"): [words.actor_name(each, _) for each in policies["approved_by"]],
                _("Graded"): [later[bool(each)] for each in policies["is_after"]],
            }
        ),
    }
