"""Joint punishment: where measures stall on their way from list to release, who acts in time, what followed."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards import punishment_parts as shown
from dashboards.definitions import PUNISHMENT
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.marts import punishment as punishment_marts
from engine.api.punishment import desk as punishment_desk
from engine.api.punishment.board import STEPS
from engine.api.punishment.effect import LABEL
from engine.api.reading import measures as reading
from engine.outcomes.punishment import STEP_WORDS

EVERY = "all"


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Joint punishment"), PUNISHMENT, view=view, is_measured=False)
    today = view.desk.clock().date()
    asked = {"needs": Action.SEE_PUNISHMENTS, "as_of": today}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    step = choose(
        partial(right.segmented_control, required=True),
        _("Step taken in time"),
        STEPS,
        name="punishment_step",
        default=queries.kept(view, punishment_desk.first_step, **asked),
        label_of=lambda each: _(STEP_WORDS[each]),
    )
    whole = queries.kept(view, punishment_desk.overview, step=step, **asked)
    names = queries.unit_names(view, whole.departments, needs=Action.SEE_PUNISHMENTS)
    units = dict(zip(whole.departments, names, strict=True))
    department = choose(
        left.selectbox,
        _("Applying department"),
        (EVERY, *units),
        name="department",
        default=EVERY,
        label_of=lambda each: units.get(each, _("every department")),
    )
    if not whole.n_cases:
        parts.nothing_yet(_("No measure was triggered yet."), command="xinheng punishment --help")
        return
    held = whole
    if department != EVERY:
        held = queries.kept(view, punishment_desk.overview, step=step, department=department, **asked)
    _cards(held, view)
    st.caption(_("As of {as_of}").format(as_of=words.day(today)))
    _funnel(held.funnel, view)
    _board(held.board, view, step=step)
    _effect(view)
    _stalls(held.stalls, view)
    _catalogue(queries.kept(view, punishment_desk.catalogue, **asked), view)


def _cards(held: punishment_desk.Overview, view: View) -> None:
    _ = view.translate
    counts = (
        (_("Cases"), held.n_cases),
        (_("Waiting for somebody"), len(held.stalls)),
        (_("Releases past their last day"), held.n_late_releases),
        (_("Released"), held.n_released),
        (_("Open under a measure not lawful today"), held.n_unlawful),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)


def _funnel(funnel: pd.DataFrame, view: View) -> None:
    """Show how many cases came to each step, how long the step took, and how many wait for it."""
    _ = view.translate
    st.subheader(_("From list to release"))
    table = shown.funnel_table(funnel, _)
    chart = shown.funnel_chart(funnel, _)
    parts.chart_with_table(chart, table, alt_text=_("From list to release"), translate=_)
    st.caption(
        _(
            "Days: the median since the step before, cases that still wait counted as waiting; none where fewer than "
            "half came. Overdue: past the limit of policy, counted in working days."
        )
    )
    parts.export_menu({"funnel": table}, name="punishment-funnel", view=view)


def _board(board: pd.DataFrame, view: View, *, step: str) -> None:
    """Show which department took the step in time, measure by measure."""
    _ = view.translate
    st.subheader(_("Taken in time, by department and measure"))
    said = _("Step: {step}. Share of the cases in which it was taken or its last day is over.")
    st.caption(said.format(step=_(STEP_WORDS[step])))
    if board.empty:
        st.info(_("No case has come to where this step is due."))
        return
    table = shown.board_table(board, view)
    chart = shown.board_chart(board, view)
    parts.chart_with_table(chart, table, alt_text=_("Taken in time, by department and measure"), translate=_)
    st.caption(_("✓ lawful today, ✗ not; hollow: too few cases to judge. What is not due yet is not counted."))
    parts.export_menu({"board": table}, name="punishment-board", view=view)


def _effect(view: View) -> None:
    """Show what followed a measure beside like firms without one: an association, said so."""
    _ = view.translate
    st.subheader(_("Violations in the twelve months after a measure: correlation, not cause"))
    if not view.desk.viewer.scope.is_whole:
        st.caption(_("The comparison needs every district: it is for people who may see them all."))
        return
    held = queries.kept(view, punishment_marts.stored_effect, needs=Action.SEE_PUNISHMENTS)
    if held is None:
        st.caption(_("Not compared yet: ask for 'xinheng marts build'."))
        return
    st.caption("⚠ " + _(LABEL))
    day = words.day(held.as_of)
    said = _("Compared on {day}, from what was known that day.").format(day=day)
    if not held.is_current:
        said += " " + _("Records or policies changed since; 'xinheng marts build' compares anew.")
    st.caption(said)
    if held.figures is None:
        st.info(held.reason.render(_) if held.reason is not None else _("Nothing to compare."))
        return
    table = _effect_table(held.figures, view, least=reading.least_units(held.as_of))
    parts.plain_table(table)
    of_curve = shown.curve_table(held.curve, _)
    parts.plain_table(of_curve)
    parts.export_menu({"effect": table, "curve": of_curve}, name="punishment-effect", view=view)


def _effect_table(figures: dict[str, float], view: View, *, least: int) -> pd.DataFrame:
    _ = view.translate
    ratio = f"{words.times(figures['ratio'])} ({words.times_interval(figures['low'], figures['high'])})"
    rows = [
        (_("after a measure"), words.share(figures["rate_with"]), figures["checks_with"], figures["n_with"]),
        (
            _("like firms without one"),
            words.share(figures["rate_without"]),
            figures["checks_without"],
            figures["n_without"],
        ),
    ]
    names = (_("Which firms"), _("Violations at random checks"), _("Random checks"), _("Findings followed"))
    table = pd.DataFrame([(a, b, words.count(c), words.count(d)) for a, b, c, d in rows], columns=names)
    remarks = [_("too few") if checks < least else "" for _arm, _rate, checks, _findings in rows]
    return table.assign(**{_("Ratio with interval"): [ratio, words.NOTHING], _("Remark"): remarks})


def _stalls(stalled: pd.DataFrame, view: View) -> None:
    _ = view.translate
    st.subheader(_("Who has to act"))
    if stalled.empty:
        st.caption(_("No case waits for anybody."))
        return
    names = queries.object_names(view, stalled["entity_id"], needs=Action.SEE_PUNISHMENTS)
    table = pd.DataFrame(
        {
            _("Case"): stalled["punishment_id"],
            _("Object"): [names.get(each, words.NOTHING) for each in stalled["entity_id"]],
            _("Department"): queries.unit_names(view, stalled["department"], needs=Action.SEE_PUNISHMENTS),
            _("State"): [_(STEP_WORDS.get(each, each)) for each in stalled["state"]],
            _("Waits for"): [each.render(_) for each in stalled["waits_for"]],
            _("Since"): stalled["since"].map(words.day),
            _("Days"): stalled["days"],
            _("Last day"): stalled["due_on"].map(words.day),
            _("Days late"): stalled["days_late"],
            _("Code of the object"): stalled["entity_id"],
        }
    )
    parts.table(table, name="punishment-stalls", view=view)


def _catalogue(catalogue: pd.DataFrame, view: View) -> None:
    """Show which measures law lets be taken today, and why the others may not."""
    _ = view.translate
    names = zip(catalogue["name"], catalogue["is_lawful"], strict=True)
    with st.expander(_("Measures, and whether they may be taken today")):
        parts.plain_table(
            pd.DataFrame(
                {
                    _("Measure"): [shown.lawful_name(*each) for each in names],
                    _("Edition of the national list"): [each or words.NOTHING for each in catalogue["list_edition"]],
                    _("Why not"): [
                        words.NOTHING if words.is_missing(each) else each.render(_)
                        for each in catalogue["refused_because"]
                    ],
                    _("Legal basis"): catalogue["legal_basis"],
                }
            )
        )


show(current_view())
