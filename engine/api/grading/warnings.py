"""Warnings as they stand: list, precision per rule and its course, proposals of special inspections.

Warnings are result rows of monthly runs and never change; what people did with one is the ledger's, in order, and
entered by :mod:`engine.api.grading.warning_steps`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from engine.api.grading.monthly_records import FINISHED, manifest_of
from engine.api.grading.monthly_stages import Stages
from engine.errors import WarningRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.documents import load_policies
from engine.store.ledgers.ledger import Entry, digest_of
from engine.store.workspaces.workspace import Workspace
from engine.warnings.disposal import Outcome, RetirementRule, Step, WarningState, advance, is_noisy, precision
from engine.warnings.rules import sentence

ACTIONS = {f"warning.{step}": step for step in Step}
"""What the ledger calls each step."""
RETIREMENT, INTERVAL_LEVEL = "warnings.retirement", "estimation.interval_level"
PROPOSED = "warning.special_inspection_proposed"
PERIODS = {"week": "W-SUN", "month": "M", "quarter": "Q"}
"""Periods of the course of precision, as pandas calls them."""
COLUMNS = (
    "warning_id", "rule_code", "entity_id", "group", "level", "as_of", "due_on", "state", "assignee", "outcome",
    "closed_on", "is_overdue", "p_value", "sentence", "reference", "run_id",
)  # fmt: skip


def warnings(
    workspace: Workspace,
    *,
    on: date | None = None,
    state: str | None = None,
    rule: str | None = None,
    level: str | None = None,
    assignee: str | None = None,
    overdue: bool = False,
) -> pd.DataFrame:
    """Return the warnings of all finished monthly runs as they stand, most pressing first.

    Parameters
    ----------
    on : day for ``is_overdue``; None = the day of the newest run.
    state : only those raised, assigned, acknowledged or closed; ``open`` = all but closed; None = all.
    rule, level, assignee : only those of this rule, of this level, given to this person; None = all.
    overdue : only those past their last day.

    Returns
    -------
    DataFrame, key warning_id, :data:`COLUMNS`; ``sentence`` is a message, ``closed_on`` the day of closing or null.

    Notes
    -----
    Cost: the rows of the warnings and the ledger's entries about them.
    """
    table = standing_warnings(workspace, on=on)
    if table.empty:
        return table
    if state is not None:
        table = table[table["state"] != "closed"] if state == "open" else table[table["state"] == state]
    for column, wanted in (("rule_code", rule), ("level", level), ("assignee", assignee)):
        if wanted is not None:
            table = table[table[column] == wanted]
    if overdue:
        table = table[table["is_overdue"]]
    said = [sentence(template, params) for template, params in zip(table["template"], table["params"], strict=True)]
    table = table.assign(
        sentence=pd.Series(said, dtype="object", index=table.index),
        order=table["level"].map({"urgent": 0, "important": 1, "attention": 2}),
    )
    return table.sort_values(["order", "due_on", "warning_id"], ignore_index=True)[list(COLUMNS)]


def standing_warnings(workspace: Workspace, *, on: date | None = None) -> pd.DataFrame:
    """Return every raised warning as it stands, in no order; the sentences are not made yet.

    Parameters
    ----------
    on : see :func:`warnings`.
    """
    rows = raised_warnings(workspace)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    day = pd.Timestamp(on) if on is not None else pd.to_datetime(rows["as_of"]).max()
    table = _standing(workspace, rows)
    return table.assign(is_overdue=(pd.to_datetime(table["due_on"]) < day) & (table["state"] != "closed"))


def _standing(workspace: Workspace, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the raised warnings with where each stands; most were never touched and stand as they were raised."""
    steps = steps_taken(workspace)
    table = rows.assign(
        due_on=pd.to_datetime(rows["due_on"]).dt.date.astype("object"),
        state="raised",
        assignee=pd.Series(None, index=rows.index, dtype="object"),
        outcome=pd.Series(None, index=rows.index, dtype="object"),
        closed_on=pd.Series(None, index=rows.index, dtype="object"),
    )
    for at in rows.index[rows["warning_id"].isin(list(steps))]:
        taken = steps[str(rows.at[at, "warning_id"])]
        held = state_of(rows.loc[at].to_dict(), taken)
        closed = [each.entered_at for each in taken if ACTIONS[each.action] is Step.CLOSE]
        table.at[at, "due_on"] = held.due_on
        table.at[at, "state"] = held.state
        table.at[at, "assignee"] = held.assignee
        table.at[at, "outcome"] = held.outcome
        table.at[at, "closed_on"] = datetime.fromisoformat(closed[-1]).date() if closed else None
    return table


def steps_taken(workspace: Workspace, *, among: Collection[str] | None = None) -> dict[str, list[Entry]]:
    """Return the ledger's steps by warning, in order; ``among`` keeps those of these warnings."""
    entries = [entry for action in ACTIONS for entry in workspace.ledger.entries(action=action)]
    taken: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: each.sequence):
        if among is None or entry.subject in among:
            taken.setdefault(entry.subject, []).append(entry)
    return taken


def raised_warnings(workspace: Workspace) -> pd.DataFrame:
    """Return the warnings of all finished monthly runs as they were raised; no columns where there are none."""
    parts = [
        pd.DataFrame(workspace.warehouse.read("warnings", run_id=entry.particulars["runs"]["warn"]).execute())
        for entry in workspace.require().ledger.entries(action=FINISHED)
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates("warning_id") if parts else pd.DataFrame()


def state_of(row: Mapping[Any, Any], entries: Sequence[Entry]) -> WarningState:
    """Return where a raised warning stands after the ledger's steps, given in order."""
    held = WarningState(str(row["warning_id"]), pd.Timestamp(row["due_on"]).date())
    for entry in entries:
        held = advanced(held, ACTIONS[entry.action], entry.actor, entry.reason, entry.particulars)
    return held


def advanced(held: WarningState, step: Step, by: str, reason: str, said: Mapping[str, Any]) -> WarningState:
    """Return a warning after one step as the ledger tells it (see ``engine.warnings.disposal.advance``)."""
    return advance(
        held,
        step,
        by=by,
        reason=reason,
        assignee=said.get("assignee"),
        until=date.fromisoformat(said["until"]) if said.get("until") else None,
        outcome=Outcome(said["outcome"]) if said.get("outcome") else None,
    )


def warning_precision(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return per rule how often it was right, and whether it should be given up or made stricter.

    Parameters
    ----------
    on : day whose policies hold: interval level, and from how many and below which precision a rule is noisy.

    Returns
    -------
    DataFrame, key rule_code: n closed, n_confirmed, precision, low, high, is_enough, is_noisy.
    """
    rule, level = retirement_rule(on), float(load_policies().value(INTERVAL_LEVEL, on=on))
    table = precision(_closed(workspace), level=level, least=rule.least_closed)
    return table.assign(is_noisy=is_noisy(table, rule))


def precision_course(workspace: Workspace, *, on: date, every: str) -> pd.DataFrame:
    """Return the precision of the rules by the period in which their warnings were closed.

    Parameters
    ----------
    on : day whose policies hold. every : ``week`` (from Monday), ``month`` or ``quarter``.

    Returns
    -------
    DataFrame, key (rule_code, since): first day of the period; n, n_confirmed, precision, low, high, is_enough.
    Periods in which none was closed have no row.
    """
    rule, level = retirement_rule(on), float(load_policies().value(INTERVAL_LEVEL, on=on))
    closed = _closed(workspace)
    since = pd.to_datetime(closed["closed_on"]).dt.to_period(PERIODS[every]).dt.start_time.dt.date
    parts = [
        precision(part, level=level, least=rule.least_closed).assign(since=day)
        for day, part in closed.groupby(since, sort=True)
    ]
    columns = ["rule_code", "since", "n", "n_confirmed", "precision", "low", "high", "is_enough"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(["rule_code", "since"], ignore_index=True)[columns]


def retirement_rule(on: date) -> RetirementRule:
    """Return from when on a rule counts as noisy, as policy says."""
    return RetirementRule(**load_policies().value(RETIREMENT, on=on))


def _closed(workspace: Workspace) -> pd.DataFrame:
    return warnings(workspace, state="closed")[["rule_code", "outcome", "closed_on"]]


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
    rows = raised_warnings(workspace)
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
