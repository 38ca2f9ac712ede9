"""The lower parts of the what-if page: winners and losers, drafts and their approval."""

from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, policy_charts, queries, words
from dashboards.queries import Workbench
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.policies.amendment import DraftedPolicy, approve_policy, withdraw_policy
from engine.api.policies.burden import KINDS, burden_change
from engine.api.policies.drafts import WAITING, draft_changes, draft_from_ratios, drafts, moved_ratios
from engine.messages import N_
from engine.ratios.policy import RatioPolicy
from engine.registers.sizes import SIZES

GROUPS = {"district": N_("By district"), "size": N_("By size"), "sector": N_("By sector")}
SECTORS_SHOWN = 12
RATIOS = {
    "ratios.key": N_("Yearly ratio of key items"),
    "ratios.general": N_("Yearly ratio of general items"),
    "ratios.items": N_("Yearly ratio of one item"),
}
"""Parameters a draft of this page changes, in words; others are called by their name in the policy files."""
STATES = {"waiting": N_("waits for a second person"), "approved": N_("approved"), "withdrawn": N_("withdrawn")}


def winners_and_losers(policy: RatioPolicy, workbench: Workbench, view: View) -> None:
    """Show whom the tried ratios visit more and whom less, for one kind of group at a time."""
    _ = view.translate
    st.subheader(_("Who is visited more, who less"))
    kind = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Groups"),
        KINDS,
        name="groups",
        default=KINDS[0],
        label_of=lambda each: _(GROUPS[each]),
    )
    held = burden_change(workbench.bench, workbench.experiment, workbench.groups, policy=policy)
    held = held[held["by"] == kind]
    held = held.assign(
        label=[_group(kind, code, name, view) for code, name in zip(held["group"], held["name"], strict=True)]
    )
    if len(held) > SECTORS_SHOWN:
        order = held["change"].abs().sort_values(ascending=False, kind="stable").index[:SECTORS_SHOWN]
        st.caption(_("The {n} groups that change most; the table holds all.").format(n=SECTORS_SHOWN))
        shown = held.loc[held.index.isin(order)]
    else:
        shown = held
    table = pd.DataFrame(
        {
            _("Group"): held["label"],
            _("Objects"): held["firms"].map(words.count),
            _("Visits under the ratios in force"): held["visits_before"].map("{:,.1f}".format),
            _("Visits under the ratios tried"): held["visits_after"].map("{:,.1f}".format),
            _("Change"): held["change"].map(words.change),
            _("Per object before"): held["per_firm_before"].map("{:.4f}".format),
            _("Per object after"): held["per_firm_after"].map("{:.4f}".format),
        }
    )
    chart = policy_charts.burden_change(shown, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Who is visited more, who less"), translate=_)
    parts.export_menu({kind: table}, name=f"what-if-{kind}", view=view)


def _group(kind: str, code: str, name: object, view: View) -> str:
    _ = view.translate
    if kind == "size":
        return _(SIZES[code])
    return str(name or code) if code else _("not stated")


def enter_draft(policy: RatioPolicy, workbench: Workbench, view: View, *, as_of: date) -> None:
    """Enter the tried ratios as a draft; nothing is in force by that."""
    _ = view.translate
    ratios = moved_ratios(workbench.bench.policy, policy)
    if not ratios or not acts.offered(view, Action.DRAFT_POLICY):
        return
    today = max(as_of, view.desk.clock().date())
    with st.form("draft_policy"):
        first = st.date_input(_("In force from"), value=date(today.year + 1, 1, 1))
        reference = st.text_input(_("Document it rests on"))
        reason = st.text_input(_("Why"))
        asked = st.form_submit_button(_("Enter as a draft"), type="primary")
    if asked:
        acts.act(
            view,
            Action.DRAFT_POLICY,
            partial(_drafted, view, ratios, first, reference, reason),
            said=lambda made: _("Draft {draft_id} waits for a second person.").format(draft_id=made.draft_id),
        )


def _drafted(
    view: View, ratios: dict[str, Any], first: date, reference: str, reason: str, workspace: Any
) -> DraftedPolicy:
    desk = view.desk
    return draft_from_ratios(
        workspace,
        ratios,
        valid_from=first,
        reference=reference,
        profile=queries.PROFILE,
        reason=reason,
        actor=desk.viewer.actor,
        clock=desk.clock,
    )


def drafts_and_approval(view: View) -> None:
    """Show every draft with where it stands; a second person sees what it changes and approves or closes it."""
    _ = view.translate
    st.subheader(_("Drafts"))
    held = queries.kept(view, drafts, needs=Action.TRY_RATIOS)
    if held.empty:
        st.caption(_("No draft was entered yet."))
        return
    parts.plain_table(
        pd.DataFrame(
            {
                _("Draft"): held["draft_id"],
                _("State"): [_(STATES[each]) for each in held["status"]],
                _("In force from"): held["valid_from"].map(words.day),
                _("Drafted by"): [words.actor_name(name, _) for name in held["drafted_by"]],
                _("Why"): held["reason"],
                _("Closed by"): held["closed_by"].map(lambda name: words.NOTHING if words.is_missing(name) else name),
            }
        )
    )
    waiting = list(held.loc[held["status"] == WAITING, "draft_id"])
    if not waiting:
        return
    draft = choose(st.selectbox, _("Draft that waits"), tuple(waiting), name="draft", default=waiting[0], label_of=str)
    changes = queries.kept(
        view,
        draft_changes,
        needs=Action.TRY_RATIOS,
        draft_id=draft,
        profile=queries.PROFILE,
        on=view.desk.clock().date(),
    )
    parts.plain_table(
        pd.DataFrame(
            {
                _("Parameter"): [_(RATIOS[name]) if name in RATIOS else name for name in changes["parameter"]],
                _("Grade or item"): changes["key"].map(str),
                _("Stands"): list(map(_value, changes["parameter"], changes["before"])),
                _("Draft"): list(map(_value, changes["parameter"], changes["after"])),
                _("Document"): changes["reference_after"].map(_said),
            }
        )
    )
    decide_draft(draft, view)


def decide_draft(draft: str, view: View) -> None:
    """Let a second person approve a draft that waits, or close it."""
    _ = view.translate
    if not acts.offered(view, Action.APPROVE_POLICY):
        return
    with st.form("decide_draft"):
        reason = st.text_input(_("Reason or document"))
        left, right = st.columns(2)
        yes = left.form_submit_button(_("Approve"), type="primary")
        no = right.form_submit_button(_("Close without effect"))
    if yes or no:
        step = partial(_decided, view, draft, reason, is_approved=yes)
        said = _("Draft {draft_id} approved.") if yes else _("Draft {draft_id} closed without effect.")
        acts.act(view, Action.APPROVE_POLICY, step, said=lambda _made: said.format(draft_id=draft))


def _decided(view: View, draft: str, reason: str, workspace: Any, *, is_approved: bool) -> None:
    desk = view.desk
    decide = approve_policy if is_approved else withdraw_policy
    decide(workspace, draft, actor=desk.viewer.actor, clock=desk.clock, reason=reason)


def _value(parameter: str, value: object) -> str:
    """A ratio as a share in percent, as the fields above say it; anything else as it is written."""
    if parameter not in RATIOS or words.is_missing(value):
        return _said(value)
    try:
        return f"{float(Fraction(str(value)) * 100):.6g}%"
    except ValueError:
        return _said(value)


def _said(value: object) -> str:
    return words.NOTHING if words.is_missing(value) else str(value)
