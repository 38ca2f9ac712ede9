"""Audit: who saw, took away, was refused and decided what; are the records unbroken; who may sign in; what runs."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboards import guard, job_parts, parts, tables, words
from dashboards.pages import SECTIONS
from dashboards.view import View, choose, current_view
from engine.access.rights import Role
from engine.access.scope import Scope, scope_of
from engine.api.access_log import LogCheck, access_log, check_access_log, check_decisions, decisions
from engine.api.accounts import accounts_in_sight, add_account, revoke_account
from engine.api.desk import Action
from engine.api.jobs.board import KINDS, Job, JobState, jobs, start_job
from engine.errors import SupervisionError
from engine.messages import N_

PARTS = {"reads": N_("Reads and exports"), "decisions": N_("Decisions"), "accounts": N_("Accounts"), "jobs": N_("Jobs")}
KINDS_OF_READ = {
    "": N_("everything"),
    "sign_in": N_("signed in"),
    "page": N_("page opened"),
    "export": N_("taken away"),
    "refused": N_("refused"),
}
STATES = {
    JobState.WAITING: N_("waiting"),
    JobState.RUNNING: N_("running"),
    JobState.DONE: N_("done"),
    JobState.FAILED: N_("failed"),
    JobState.STOPPED: N_("stopped"),
}
TITLES = {entry.name: entry.title for _section, entries in SECTIONS for entry in entries}
SHOWN = 500
EVERY_SECONDS = 2
LINKED = 5


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Audit"), (), view=view, is_measured=False)
    chosen = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Part"),
        tuple(PARTS),
        name="part",
        default="reads",
        label_of=lambda part: _(PARTS[part]),
    )
    {"reads": _reads, "decisions": _decisions, "accounts": _accounts, "jobs": _jobs}[chosen](view)


def _reads(view: View) -> None:
    _ = view.translate
    with view.desk.reading(Action.SEE_AUDIT) as workspace:
        rows = access_log(workspace)
    kind = choose(
        st.selectbox,
        _("What happened"),
        tuple(KINDS_OF_READ),
        name="kind",
        default="",
        label_of=lambda each: _(KINDS_OF_READ[each]),
    )
    rows = rows[rows["kind"] == kind] if kind else rows
    if rows.empty:
        parts.nothing_yet(_("Nothing of this kind was written down yet."))
    else:
        _table(tables.reads(rows, kinds=KINDS_OF_READ, titles=TITLES, translate=_), name="reads", view=view)
    if st.button(_("Check the chain of this log"), type="primary"):
        with view.desk.reading(Action.SEE_AUDIT) as workspace:
            _verdict(check_access_log(workspace), view)


def _decisions(view: View) -> None:
    _ = view.translate
    with view.desk.reading(Action.SEE_AUDIT) as workspace:
        rows = decisions(workspace)
    _table(tables.decisions(rows, translate=_), name="decisions", view=view)
    if st.button(_("Check the chain of decisions"), type="primary"):
        with view.desk.reading(Action.SEE_AUDIT) as workspace:
            _verdict(check_decisions(workspace), view)


def _table(table: pd.DataFrame, *, name: str, view: View) -> None:
    """Show the newest lines and offer all of them."""
    _ = view.translate
    parts.long_table(table.head(SHOWN))
    said = _("The newest {shown} of {all} lines; the file holds every one.")
    if len(table) > SHOWN:
        st.caption(said.format(shown=SHOWN, all=words.count(len(table))))
    parts.export_menu({name: table}, name=name, view=view)


def _verdict(check: LogCheck, view: View) -> None:
    _ = view.translate
    if check.holds:
        said = _("✓ All {n} entries follow from one another; head {head}.")
        st.success(said.format(n=words.count(check.n), head=check.head[:16]))
    elif check.first_break is not None:
        st.error(_("✗ Entry {at} does not follow from the one before: it was changed.").format(at=check.first_break))
    else:
        st.error(_("✗ Line {at}, which the ledger keeps, is gone or different.").format(at=check.lost))
    if check.anchors:
        st.caption(_("The ledger kept the head of this log {n} time(s).").format(n=check.anchors))


def _accounts(view: View) -> None:
    _ = view.translate
    with view.desk.reading(Action.SEE_AUDIT) as workspace:
        held = accounts_in_sight(workspace)
    if held:
        parts.plain_table(tables.accounts(held.values(), translate=_))
    else:
        parts.nothing_yet(_("There is no account yet."), command="xinheng account add --help")
    if not view.desk.may(Action.MANAGE_ACCOUNTS):
        return
    left, right = st.columns(2)
    with left:
        _add(view)
    active = {name: each.scope for name, each in held.items() if each.is_active}
    if active:
        with right:
            _revoke(active, view)


def _add(view: View) -> None:
    _ = view.translate
    with st.form("add_account", clear_on_submit=True):
        st.markdown("**" + _("Let somebody sign in") + "**")
        account = st.text_input(_("Account at the identity provider"))
        name = st.text_input(_("Name as it stands under decisions"))
        role = st.selectbox(_("Role"), tuple(Role), format_func=lambda each: _(words.ROLES[each.value]))
        districts = st.text_input(_("District codes, with commas; empty = all"))
        departments = st.text_input(_("Department codes, with commas; empty = all"))
        if st.form_submit_button(_("Add")):
            _act(view, partial(_added, view, account, name, Role(role), districts, departments))


def _added(view: View, account: str, name: str, role: Role, districts: str, departments: str) -> None:
    scope = scope_of(districts=_codes(districts), departments=_codes(departments))
    desk = view.desk
    desk.require_within(scope)
    with desk.writing(Action.MANAGE_ACCOUNTS) as workspace:
        add_account(workspace, account, name=name, role=role, scope=scope, actor=desk.viewer.actor, clock=desk.clock)


def _codes(text: str) -> list[str]:
    return [each.strip() for each in text.replace("，", ",").split(",") if each.strip()]


def _revoke(active: dict[str, Scope], view: View) -> None:
    _ = view.translate
    with st.form("revoke_account", clear_on_submit=True):
        st.markdown("**" + _("Take an account out") + "**")
        account = st.selectbox(_("Account"), tuple(active))
        reason = st.text_input(_("Why"))
        if st.form_submit_button(_("Revoke")) and account is not None:
            _act(view, partial(_revoked, view, account, active[account], reason))


def _revoked(view: View, account: str, scope: Scope, reason: str) -> None:
    desk = view.desk
    desk.require_within(scope)
    with desk.writing(Action.MANAGE_ACCOUNTS) as workspace:
        revoke_account(workspace, account, reason=reason, actor=desk.viewer.actor, clock=desk.clock)


def _act(view: View, act: partial[None]) -> None:
    """Do what was asked and show the page anew; a refusal stays on the page."""
    try:
        act()
    except SupervisionError as error:
        st.error(error.render(view.translate))
    else:
        st.rerun()


def _jobs(view: View) -> None:
    _ = view.translate
    if view.desk.may(Action.RUN_JOB):
        month = KINDS["monthly"][2]
        left, right = st.columns(2, vertical_alignment="bottom")
        if left.button(_(KINDS["marts"][2]), type="primary"):
            start_job(view.desk, "marts")
        with right.form("run_month"):
            day = st.date_input(_("Grades as of"), value=view.as_of or view.desk.clock().date())
            if st.form_submit_button(_(month)):
                start_job(view.desk, "monthly", as_of=day.isoformat())
    with view.desk.reading(Action.SEE_AUDIT) as workspace:
        held = jobs(workspace)
    for each in held[:LINKED]:
        if each.state is JobState.STOPPED and _is_newest(each, held):
            job_parts.stopped(each, view)
    _followed(view)


def _is_newest(stopped: Job, held: Sequence[Job]) -> bool:
    """Whether the same work was not asked for again since."""
    same = next(each for each in held if (each.kind, each.asked) == (stopped.kind, stopped.asked))
    return same.job_id == stopped.job_id


@guard.fragment(Action.SEE_AUDIT, run_every=EVERY_SECONDS)
def _followed(view: View) -> None:
    """Show the jobs as they stand, again and again while the page is open."""
    _ = view.translate
    with view.desk.reading(Action.SEE_AUDIT) as workspace:
        held = jobs(workspace)
    if not held:
        parts.nothing_yet(_("No long work was asked for yet."))
        return
    under_way = [each for each in held if each.state is JobState.RUNNING]
    for each in under_way:
        st.progress(each.share, text=each.saying.render(_) if each.saying else _(KINDS[each.kind][2]))
    named = {kind: work[2] for kind, work in KINDS.items()}
    parts.plain_table(tables.jobs(held, kinds=named, states=STATES, translate=_))
    for each in held[:LINKED]:
        job_parts.result_link(each, view)


show(current_view())
