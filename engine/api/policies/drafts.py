"""What a page that moves ratios needs of drafts: enter one from ratios, list those that wait, say what one changes.

Approval and withdrawal are those of ``engine.api.policies.amendment``: a second person puts a draft in force.
"""

from collections.abc import Mapping
from dataclasses import astuple
from datetime import date
from fractions import Fraction

import pandas as pd

from engine.api.policies.amendment import DraftedPolicy, draft_policy, policy_changes, policy_history
from engine.errors import PolicyInconsistentError, UsageError
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter
from engine.pipeline.ports import Actor, Clock
from engine.ratios.policy import ITEMS, RatioPolicy, class_parameter
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade, ItemClass

WAITING, APPROVED, WITHDRAWN = "waiting", "approved", "withdrawn"
_CHANGES = ["parameter", "key", "before", "after", "reference_before", "reference_after"]


def draft_from_ratios(
    workspace: Workspace,
    ratios: Mapping[str, Mapping[str, Fraction | str]],
    *,
    valid_from: date,
    reference: str,
    profile: str,
    reason: str,
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> DraftedPolicy:
    """Enter a draft from yearly ratios; it holds from ``valid_from`` on once a second person approves it.

    Parameters
    ----------
    ratios : by item class (``key``, ``general``) or item code: grade to ratio, exact. Grades that are left out keep the
        ratio that stands on ``valid_from``; other items keep theirs.
    reference : document or reason the ratios rest on; stands beside every value.

    Raises
    ------
    UsageError
        Nothing is asked for, or a ratio cannot be read.
    PolicyInconsistentError
        See :func:`engine.api.policies.amendment.draft_policy`; nothing is stored.
    """
    if not ratios:
        raise UsageError(what=Message(N_("ratios")), value="", remedy=Message(N_("name at least one ratio")))
    book = policies_of(workspace, profile)
    classes = {kind.value for kind in ItemClass}
    wanted: dict[str, object] = {}
    own = dict(book.value(ITEMS, on=valid_from) or {})
    for owner, by_grade in ratios.items():
        exact = {grade: _exact(owner, grade, ratio) for grade, ratio in by_grade.items()}
        if owner in classes:
            name = class_parameter(ItemClass(owner))
            wanted[name] = {**book.value(name, on=valid_from), **exact}
        else:
            own[owner] = {**(own.get(owner) or {}), **exact}
            wanted[ITEMS] = own
    parameters = {
        name: Parameter(name, book.parameter(name).unit, {valid_from: DatedValue(value, reference)})
        for name, value in wanted.items()
    }
    return draft_policy(
        workspace,
        parameters,
        profile=profile,
        reason=reason,
        actor=actor,
        clock=clock,
        idempotency_key=idempotency_key,
    )


def moved_ratios(before: RatioPolicy, after: RatioPolicy) -> dict[str, dict[str, Fraction]]:
    """Return the class ratios in which two policies differ, as :func:`draft_from_ratios` takes them."""
    return {
        kind.value: dict(held.by_grade)
        for kind, held in after.classes.items()
        if held.by_grade != before.classes[kind].by_grade
    }


def drafts(workspace: Workspace) -> pd.DataFrame:
    """Return every draft with where it stands, the latest first.

    Returns
    -------
    DataFrame, key draft_id: profile, status (waiting, approved, withdrawn), valid_from, parameters (joined by ;),
    drafted_by, drafted_at, reason, closed_by, closed_at, closing_reason (null while it waits).
    """
    history = policy_history(workspace)
    entered = history[history["event"] == "drafted"].set_index("draft_id")
    closed = history[history["event"] != "drafted"].set_index("draft_id")
    table = pd.DataFrame(
        {
            "draft_id": entered.index,
            "profile": entered["profile"].to_numpy(),
            "status": closed["event"].reindex(entered.index).fillna(WAITING).to_numpy(),
            "valid_from": entered["valid_from"].to_numpy(),
            "parameters": entered["parameters"].to_numpy(),
            "drafted_by": entered["actor"].to_numpy(),
            "drafted_at": entered["entered_at"].to_numpy(),
            "reason": entered["reason"].to_numpy(),
            "closed_by": closed["actor"].reindex(entered.index).to_numpy(),
            "closed_at": closed["entered_at"].reindex(entered.index).to_numpy(),
            "closing_reason": closed["reason"].reindex(entered.index).to_numpy(),
        }
    )
    return table.iloc[::-1].reset_index(drop=True)


def draft_changes(workspace: Workspace, draft_id: str, *, profile: str, on: date) -> pd.DataFrame:
    """Return every value that a draft changes against the policy that stands on a day.

    Returns
    -------
    DataFrame, key (parameter, key): before, after, reference_before, reference_after.

    Raises
    ------
    PolicyInconsistentError
        There is no such draft.
    """
    found = policy_changes(workspace, profile=profile, on=on, draft_id=draft_id)
    return pd.DataFrame([astuple(change) for change in found], columns=_CHANGES)


def _exact(owner: str, grade: str, ratio: Fraction | str) -> str:
    if grade not in {one.value for one in Grade}:
        problem = Message(N_("{grade} is no grade; use A, B, C, D or U"), {"grade": grade})
        raise PolicyInconsistentError(name=owner, problem=problem)
    try:
        return str(Fraction(ratio))
    except (ValueError, ZeroDivisionError):
        remedy = Message(N_("write a share such as 1/20 or 0.05"))
        raise UsageError(what=f"{owner} {grade}", value=str(ratio), remedy=remedy) from None
