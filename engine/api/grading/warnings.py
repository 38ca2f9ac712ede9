"""Warnings and their disposal: list, assign, acknowledge, put off, close, precision per rule, special inspections.

Warnings are result rows of monthly runs and never change; what people did with one is the ledger's, in order.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from engine.api.grading.monthly_records import FINISHED, manifest_of
from engine.api.grading.monthly_stages import Stages
from engine.errors import WarningRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import Entry, digest_of
from engine.store.workspaces.workspace import Workspace
from engine.warnings.disposal import Outcome, Step, WarningState, advance, precision
from engine.warnings.rules import sentence

_ACTIONS = {f"warning.{step}": step for step in Step}
PROPOSED = "warning.special_inspection_proposed"
COLUMNS = (
    "warning_id", "rule_code", "entity_id", "group", "level", "as_of", "due_on", "state", "assignee", "outcome",
    "is_overdue", "p_value", "sentence", "reference", "run_id",
)  # fmt: skip


def warnings(workspace: Workspace, *, on: date | None = None, state: str | None = None) -> pd.DataFrame:
    """Return the warnings of all finished monthly runs as they stand, most pressing first.

    Parameters
    ----------
    on : day for ``is_overdue``; None = the day of the newest run.
    state : only those raised, assigned, acknowledged or closed; ``open`` = all but closed; None = all.

    Returns
    -------
    DataFrame, key warning_id, :data:`COLUMNS`; ``sentence`` is a message.
    """
    rows = _raised(workspace)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    steps: dict[str, list[Entry]] = {}
    for action in _ACTIONS:
        for entry in workspace.ledger.entries(action=action):
            steps.setdefault(entry.subject, []).append(entry)
    states = [_state(row, steps.get(str(row["warning_id"]), [])) for row in rows.to_dict("records")]
    day = pd.Timestamp(on) if on is not None else pd.to_datetime(rows["as_of"]).max()
    table = rows.assign(
        due_on=pd.Series([each.due_on for each in states], dtype="object"),
        state=[each.state for each in states],
        assignee=pd.Series([each.assignee for each in states], dtype="object"),
        outcome=pd.Series([each.outcome for each in states], dtype="object"),
        sentence=pd.Series(
            [sentence(t, p) for t, p in zip(rows["template"], rows["params"], strict=True)], dtype="object"
        ),
    )
    table["is_overdue"] = (pd.to_datetime(table["due_on"]) < day) & (table["state"] != "closed")
    if state is not None:
        table = table[table["state"] != "closed"] if state == "open" else table[table["state"] == state]
    order = table["level"].map({"urgent": 0, "important": 1, "attention": 2})
    return table.assign(order=order).sort_values(["order", "due_on", "warning_id"], ignore_index=True)[list(COLUMNS)]


def _raised(workspace: Workspace) -> pd.DataFrame:
    parts = [
        pd.DataFrame(workspace.warehouse.read("warnings", run_id=entry.particulars["runs"]["warn"]).execute())
        for entry in workspace.require().ledger.entries(action=FINISHED)
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates("warning_id") if parts else pd.DataFrame()


def _state(row: dict[Any, Any], entries: Sequence[Entry]) -> WarningState:
    held = WarningState(str(row["warning_id"]), pd.Timestamp(row["due_on"]).date())
    for entry in sorted(entries, key=lambda each: each.sequence):
        held = _advanced(held, _ACTIONS[entry.action], entry.actor, entry.reason, entry.particulars)
    return held


def _advanced(held: WarningState, step: Step, by: str, reason: str, said: dict[str, Any]) -> WarningState:
    return advance(
        held,
        step,
        by=by,
        reason=reason,
        assignee=said.get("assignee"),
        until=date.fromisoformat(said["until"]) if said.get("until") else None,
        outcome=Outcome(said["outcome"]) if said.get("outcome") else None,
    )


def _take(
    workspace: Workspace, warning_id: str, step: Step, said: dict[str, Any], *, reason: str, actor: Actor, clock: Clock
) -> WarningState:
    rows = _raised(workspace)
    found = rows[rows["warning_id"] == warning_id] if len(rows) else rows
    if found.empty:
        raise WarningRefusedError(warning=warning_id, problem=Message(N_("there is none of that name")))
    with workspace.decisions.writing() as connection:
        entries = [e for e in workspace.ledger.entries(subject=warning_id) if e.action in _ACTIONS]
        held = _state(found.iloc[0].to_dict(), entries)
        new = _advanced(held, step, actor.name, reason, said)
        workspace.ledger.append(
            f"warning.{step}", subject=warning_id, reason=reason, content=said, actor=actor, at=clock(),
            idempotency_key=f"{warning_id}:{len(entries) + 1}", connection=connection,
        )  # fmt: skip
    return new


def assign_warning(workspace: Workspace, warning_id: str, *, assignee: str, actor: Actor, clock: Clock) -> WarningState:
    """Give a warning to somebody; an assigned one can be given on.

    Raises
    ------
    WarningRefusedError
        There is no such warning, it is closed, or nobody is named.
    """
    return _take(workspace, warning_id, Step.ASSIGN, {"assignee": assignee}, reason="", actor=actor, clock=clock)


def acknowledge_warning(workspace: Workspace, warning_id: str, *, actor: Actor, clock: Clock) -> WarningState:
    """Say that the assignee has taken a warning up."""
    return _take(workspace, warning_id, Step.ACKNOWLEDGE, {}, reason="", actor=actor, clock=clock)


def snooze_warning(
    workspace: Workspace, warning_id: str, *, until: date, reason: str, actor: Actor, clock: Clock
) -> WarningState:
    """Put a warning off, once, to a later day."""
    said = {"until": until.isoformat()}
    return _take(workspace, warning_id, Step.SNOOZE, said, reason=reason, actor=actor, clock=clock)


def close_warning(
    workspace: Workspace, warning_id: str, *, outcome: str, reason: str, actor: Actor, clock: Clock
) -> WarningState:
    """Close a warning as ``confirmed`` (属实) or ``false`` (误报)."""
    said = {"outcome": str(Outcome(outcome))}
    return _take(workspace, warning_id, Step.CLOSE, said, reason=reason, actor=actor, clock=clock)


def warning_precision(workspace: Workspace) -> pd.DataFrame:
    """Return per rule: n closed, n_confirmed, precision, low, high, is_enough (50 or more closed)."""
    rows = warnings(workspace, state="closed")
    return precision(rows[["rule_code", "outcome"]])


def warning_proposals(workspace: Workspace, *, at_least: int = 1) -> pd.DataFrame:
    """Return common problems that a special inspection (专项检查) could take up, with the frame each would affect.

    Returns
    -------
    DataFrame, key (rule_code, group): warning_id, n_affected (active entities of that district, industry or address),
    sentence. Open group warnings only.
    """
    rows = warnings(workspace, state="open")
    rows = rows[rows["group"].notna()]
    sizes = [len(affected_entities(workspace, w)) for w in rows["warning_id"]]
    table = rows[["rule_code", "group", "warning_id", "sentence"]].assign(n_affected=pd.Series(sizes, dtype="int64"))
    table["n_affected"] = sizes
    return table[table["n_affected"] >= at_least].reset_index(drop=True)


def affected_entities(workspace: Workspace, warning_id: str) -> list[str]:
    """Return the entities in scope on the warning's day that belong to its group, sorted.

    Raises
    ------
    WarningRefusedError
        There is no such warning, or it concerns one entity.
    """
    rows = _raised(workspace)
    found = rows[rows["warning_id"] == warning_id] if len(rows) else rows
    if found.empty:
        raise WarningRefusedError(warning=warning_id, problem=Message(N_("there is none of that name")))
    row = found.iloc[0]
    if not isinstance(row["group"], str):
        raise WarningRefusedError(warning=warning_id, problem=Message(N_("it concerns one entity, not a group")))
    run_id = next(
        e.subject
        for e in workspace.ledger.entries(action=FINISHED)
        if e.particulars["runs"]["warn"] == str(row["run_id"])
    )
    register = Stages(workspace, manifest_of(workspace, run_id)).described()
    column = str(row["rule_code"]).partition(".")[2] or "address"
    return sorted(register.loc[register[column] == row["group"], "entity_id"])


def propose_special_inspection(
    workspace: Workspace, warning_id: str, *, reason: str, actor: Actor, clock: Clock
) -> int:
    """Put a proposal for a special inspection on record, with the size and digest of its frame; return the size.

    A special inspection needs the approval of a county government or the authority above (国办发〔2024〕54号): this
    records the proposal only, it dispatches nothing.
    """
    if not reason.strip():
        raise WarningRefusedError(warning=warning_id, problem=Message(N_("say why; it stays on record")))
    frame = affected_entities(workspace, warning_id)
    workspace.ledger.append(
        PROPOSED, subject=warning_id, reason=reason, content={"n": len(frame), "frame": digest_of(frame)}, actor=actor,
        at=clock(), idempotency_key=f"{warning_id}:proposed",
    )  # fmt: skip
    return len(frame)
