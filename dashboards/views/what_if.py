"""What if the ratios were others: what would be found, what it costs, whom it meets; nothing here is in force."""

from datetime import date
from functools import partial
from typing import TypeGuard

import pandas as pd
import streamlit as st

from dashboards import (
    acts,
    best_parts,
    charts,
    guard,
    job_parts,
    parts,
    policy_parts,
    queries,
    ratio_grid,
    tables,
    words,
)
from dashboards.definitions import WHAT_IF
from dashboards.drawing import show_chart
from dashboards.queries import Workbench
from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.api.marts.what_if import StoredTrial
from engine.api.policies.simulation import (
    SimulatedPolicy,
    allocate_policy,
    ratio_draft,
    simulate_policy,
    simulated_table,
)
from engine.laboratory.simulation import difference
from engine.messages import N_
from engine.ratios.policy import RatioPolicy

MEASURES = {
    "findings": N_("Findings"),
    "visits": N_("Visits"),
    "person_days": N_("Person-days"),
    "days_per_finding": N_("Person-days per finding"),
    "missed": N_("Findings missed"),
    "cv": N_("Next measurement of all findings, ±"),
    "visits_a": N_("Visits to objects of grade A"),
    "visited_share": N_("Objects visited"),
}
IN_A_ROW = 3
REFERENCE = "what-if page; to be replaced by the document that decides it"


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("What if: ratios"), WHAT_IF, view=view, is_measured=False)
    acts.tell_done()
    if view.as_of is None:
        parts.nothing_yet(_("Nothing has been graded in this workspace yet."), command=parts.FIRST_RUN)
        return
    trial = queries.stored_trial(view)
    if not _is_ready(trial, view):
        return
    workbench = queries.workbench(view, trial)
    frame = workbench.bench.frame.source.render(_)
    strip = _("Frame: {frame} · {futures} futures, seed {seed} · all populations of the frame together")
    st.caption(strip.format(frame=frame, futures=words.count(queries.FUTURES), seed=queries.SEED))
    held = workbench.bench
    ratio_grid.locks(workbench.limits, held.capacity.limits, names=held.names, translate=_)
    _trial(workbench, view, as_of=view.as_of)
    policy_parts.drafts_and_approval(view)


def _is_ready(trial: StoredTrial | None, view: View) -> TypeGuard[StoredTrial]:
    """Say what is missing or stale and offer to prepare it; whether there is something to show."""
    _ = view.translate
    day = view.as_of.isoformat() if view.as_of else ""
    told = _("The frame of the next draw is ready.")
    if job_parts.under_way(view, {"what_if": lambda _result: told}, needs=Action.TRY_RATIOS):
        return trial is not None and trial.problem is None
    if trial is None:
        parts.nothing_yet(
            _("The frame of the next draw was not prepared for your rows yet."), command="xinheng marts build"
        )
        job_parts.offer(view, "what_if", label=_("Prepare it now"), as_of=day)
        return False
    if not trial.is_current:
        said = _("Records or policies changed since this frame was counted (version {old}, now {new}).")
        st.warning(said.format(old=trial.version[:12], new=trial.present_version[:12]))
        job_parts.offer(view, "what_if", label=_("Count it anew"), as_of=day)
    if trial.problem is not None:
        parts.nothing_yet(trial.problem.render(_))
    return trial.problem is None


@guard.fragment(Action.TRY_RATIOS)
def _trial(workbench: Workbench, view: View, *, as_of: date) -> None:
    """Show the grid and everything that follows from it; a changed field redraws this part alone."""
    _ = view.translate
    policy = ratio_grid.tried(workbench.bench.policy, workbench.limits, translate=_)
    st.button(_("Back to the ratios in force"), on_click=ratio_grid.reset)
    for floor in policy.legal_floors:
        said = _("Locked by law, whatever the ratios: a check every {months} months ({reference})")
        st.caption("🔒 " + said.format(months=floor.interval_months, reference=floor.reference))
    violations = policy.check(workbench.bench.items)
    if violations:
        for violation in violations:
            st.error(violation.render(_))
        return
    found = simulate_policy(workbench.bench, workbench.experiment, policy=policy)
    refused = st.container()  # what takes longer stands above, but is worked out after the figures and their chart
    _untried(found, view)
    table = simulated_table(found)
    _amounts(found, table, workbench, view)
    present = simulated_table(workbench.present)
    compared = tables.policies(present, table, translate=_)
    level = words.share(found.level, digits=0)
    st.subheader(_("Findings by grade"))
    chart = charts.policy_fan(_fan(present, table, view), translate=_)
    show_chart(chart, alt_text=_("Findings by grade"))
    parts.plain_table(compared)
    st.caption(
        _(
            "Next hit rate ±: half the interval, at {level}, that the next draw would give the hit rate of a grade, in "
            "percentage points."
        ).format(level=level)
    )
    allocated = allocate_policy(workbench.bench, policy=policy)
    for violation in allocated.violations:
        refused.error(violation.render(_))
    st.subheader(_("Item checks by district"))
    parts.plain_table(
        tables.checks_by_district(workbench.allocation, allocated.table, names=workbench.bench.names, translate=_)
    )
    policy_parts.winners_and_losers(policy, workbench, view)
    best_parts.best_within(policy, workbench, view)
    _repeat(policy, workbench, view, as_of=as_of)
    policy_parts.enter_draft(policy, workbench, view, as_of=as_of)


def _untried(found: SimulatedPolicy, view: View) -> None:
    """Say in one box which ratios leave the range of what was ever tried."""
    _ = view.translate
    if not found.flags:
        return
    lines = "".join(f"\n- {flag.render(_)}" for flag in found.flags)
    st.warning(_("Large uncertainty: {n} ratio(s) lie beyond what was ever tried.").format(n=len(found.flags)) + lines)


def _amounts(found: SimulatedPolicy, table: pd.DataFrame, workbench: Workbench, view: View) -> None:
    _ = view.translate
    gaps = difference(found.simulated, workbench.present.simulated)
    held = table[table["grade"] == ""].set_index("measure")
    shown = [measure for measure in MEASURES if measure in held.index]
    for first in range(0, len(shown), IN_A_ROW):
        for place, measure in zip(st.columns(IN_A_ROW), shown[first : first + IN_A_ROW], strict=False):
            row, gap = held.loc[measure], gaps[measure].spread
            moved = words.amount_change(measure, gap.p50, gap.p10, gap.p90, _)
            below = _("vs in force {change}").format(change=moved)
            arrow = "up" if gap.p10 > 0 else "down" if gap.p90 < 0 else "off"
            value = words.amount(measure, row["p50"])
            place.metric(_(MEASURES[measure]), value, delta=below, delta_color="off", delta_arrow=arrow, border=True)
            p10, p90 = (words.amount(measure, row[each]) for each in ("p10", "p90"))
            place.caption(f"P10 – P90: {p10} – {p90}")


def _fan(present: pd.DataFrame, tried: pd.DataFrame, view: View) -> pd.DataFrame:
    _ = view.translate
    named = ((_("ratios in force"), present), (_("ratios tried"), tried))
    both = pd.concat([table.assign(policy=name) for name, table in named], ignore_index=True)
    wanted = both[(both["measure"] == "findings") & (both["grade"] != "")]
    return wanted.sort_values(["grade", "policy"], kind="stable")[["grade", "policy", "p10", "p50", "p90"]]


def _repeat(policy: RatioPolicy, workbench: Workbench, view: View, *, as_of: date) -> None:
    """Give the files and commands that repeat the trial or put it to a second person."""
    _ = view.translate
    st.subheader(_("Repeat it, or enter it as a draft"))
    trial = ratio_draft(workbench.bench, policy, valid_from=as_of, reference=REFERENCE)
    asked = f"xinheng policy simulate --as-of {as_of.isoformat()} --draws {queries.FUTURES} --seed {queries.SEED}"
    if not trial:
        st.caption(_("No ratio differs from those in force."))
        st.code(asked, language=None, wrap_lines=True)
        return
    first = date(as_of.year + 1, 1, 1)
    draft = ratio_draft(workbench.bench, policy, valid_from=first, reference=REFERENCE)
    left, right = st.columns(2)
    guard.download(_("File that repeats the trial"), partial(str, trial), file_name="trial.yaml", view=view, place=left)
    name = _("Draft from {first} on").format(first=words.day(first))
    guard.download(name, partial(str, draft), file_name="draft.yaml", view=view, place=right)
    st.code(f"{asked} --draft trial.yaml", language=None, wrap_lines=True)
    st.caption(_("A draft is in force only after a second person has approved it; put the deciding document in it."))


show(current_view())
