"""Merging duplicates of the object library: proposals, decisions in the ledger, reversible; reads follow at once."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.registers.matches import proposals, shared_numbers
from engine.registers.merges import MergeDecision, standing
from engine.store.workspaces.aliases import ACCEPTED, UNDONE, merge_decisions
from engine.store.workspaces.workspace import Workspace
from engine.windows import is_known

REJECTED, REOPENED = "object_match.rejected", "object_match.reopened"
OPEN, MERGED, KEPT_APART = "open", "merged", "kept_apart"


def object_matches(workspace: Workspace, *, as_of: date | None = None) -> pd.DataFrame:
    """Return the match list: what the register as of a day proposes, and what was decided.

    Returns
    -------
    DataFrame as of :func:`engine.registers.matches.proposals` with ``state`` (open, merged, kept_apart), ``decided_by``
    and ``reason``; open pairs first. Cost: one aggregate and one join over the register per rule.
    """
    warehouse = workspace.require().warehouse
    on = as_of or warehouse.bounds("entities").last
    history = warehouse.history("entities")
    rows = pd.DataFrame(shared_numbers(history.filter(is_known(history, on=on))).execute())
    found = proposals(rows).assign(state=OPEN, decided_by="", reason="")
    decided = _decided(workspace)
    open_pairs = found[~found["match_id"].isin(decided.loc[decided["state"] != OPEN, "match_id"])]
    told = decided[decided["state"] != OPEN]
    parts = [part for part in (open_pairs, told) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else open_pairs


def _decided(workspace: Workspace) -> pd.DataFrame:
    """The last decision on each pair."""
    states = {ACCEPTED: MERGED, REJECTED: KEPT_APART, UNDONE: OPEN, REOPENED: OPEN}
    last = {}
    for entry in workspace.ledger.entries():
        if entry.action in states:
            told = {key: value for key, value in entry.particulars.items() if key != "on"}
            last[entry.subject] = {
                **told,
                "state": states[entry.action],
                "decided_by": entry.actor,
                "reason": entry.reason,
            }
    return pd.DataFrame(list(last.values()), columns=None if last else ["match_id", "state"])


def decide_matches(
    workspace: Workspace,
    match_ids: Sequence[str],
    *,
    merge: bool,
    reason: str,
    actor: Actor,
    clock: Clock,
    on: date | None = None,
) -> list[str]:
    """Merge the pairs, or keep them apart for good; one ledger entry each, all or none.

    Parameters
    ----------
    on : day from which a merge counts; None = today. It may not lie before the last day that anything was known, so
        that nothing read before changes.

    Raises
    ------
    UsageError
        A pair is not open, no reason is given, or the day lies in the past of the records.
    """
    day = _day(workspace, reason, on=on, clock=clock)
    found = object_matches(workspace)
    found = found[found["state"] == OPEN].set_index("match_id")
    unknown = [each for each in match_ids if each not in found.index]
    if unknown:
        remedy = Message(N_("it is no open match; see 'xinheng registers matches'"))
        raise UsageError(what=Message(N_("match")), value=", ".join(unknown), remedy=remedy)
    decisions = list(merge_decisions(workspace.decisions))
    pairs = [{"match_id": each, **found.loc[each].drop(["state", "decided_by", "reason"])} for each in match_ids]
    if merge:
        standing([*decisions, *(MergeDecision(day, str(p["kept_id"]), str(p["merged_id"]), True) for p in pairs)])
    with workspace.decisions.writing() as transaction:
        for pair in pairs:
            workspace.ledger.append(
                ACCEPTED if merge else REJECTED,
                subject=str(pair["match_id"]),
                reason=reason,
                content={**{key: _plain(value) for key, value in pair.items()}, "on": day},
                actor=actor,
                at=clock(),
                connection=transaction,
            )
    return list(match_ids)


def undo_match(
    workspace: Workspace, match_id: str, *, reason: str, actor: Actor, clock: Clock, on: date | None = None
) -> str:
    """Undo a merge, or take up again a pair that was kept apart; the records go back to their own identifiers.

    Raises
    ------
    UsageError
        Nothing was decided on this pair, no reason is given, or the day lies in the past of the records.
    """
    day = _day(workspace, reason, on=on, clock=clock)
    actions = (ACCEPTED, REJECTED, UNDONE, REOPENED)
    entries = [entry for entry in workspace.ledger.entries(subject=match_id) if entry.action in actions]
    if not entries or entries[-1].action in (UNDONE, REOPENED):
        remedy = Message(N_("nothing stands to be undone; see 'xinheng registers matches'"))
        raise UsageError(what=Message(N_("match")), value=match_id, remedy=remedy)
    told = entries[-1].particulars
    if entries[-1].action == ACCEPTED:
        undone = MergeDecision(day, str(told["kept_id"]), str(told["merged_id"]), False)
        standing([*merge_decisions(workspace.decisions), undone])
    action = UNDONE if entries[-1].action == ACCEPTED else REOPENED
    workspace.ledger.append(
        action, subject=match_id, reason=reason, content={**told, "on": day}, actor=actor, at=clock()
    )
    return match_id


def _day(workspace: Workspace, reason: str, *, on: date | None, clock: Clock) -> date:
    if not reason.strip():
        raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why; it stays on record")))
    warehouse = workspace.require().warehouse
    tables = [name for name, contract in warehouse.contracts.items() if "entity_id" in contract.names]
    decided = [decision.on for decision in merge_decisions(workspace.decisions)]
    last = max([warehouse.bounds(*tables).last, *decided])
    day = on or clock().date()
    if day < last:
        remedy = Message(N_("what was known by {last} was read without it; choose that day or later"), {"last": last})
        raise UsageError(what="--on", value=day.isoformat(), remedy=remedy)
    return day


def _plain(value: object) -> object:
    return value.item() if hasattr(value, "item") else value
