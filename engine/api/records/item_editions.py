"""Editions of the item list: drafted by departments, consolidated, approved, published by different people; diffs."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.records.intake import ingest
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.registers.item_list import (
    Step,
    StepTaken,
    consolidated,
    differences,
    drafts_in_force,
    in_force,
    list_warnings,
    require_step,
    state,
    to_publish,
)
from engine.store.documents import load_contracts
from engine.store.ledgers.ledger import Entry
from engine.store.loading.drafts import read_checked, read_draft, write_draft
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace
from engine.windows import is_known

_ACTION = "item_list."
DIRECT = "loaded"
"""State of an edition whose rows came by a load, without the path of this workspace."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition: how far it is on its path, its items, who took which step when."""

    edition: str
    state: str
    n_items: int
    steps: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class StepDone:
    """What a step did: items concerned, digest of their rows, and what should be looked at."""

    edition: str
    step: str
    n_items: int
    digest: str
    warnings: tuple[Message, ...] = ()


def draft_items(
    workspace: Workspace, path: Path, *, edition: str, department: str, actor: Actor, clock: Clock
) -> StepDone:
    """Propose the items of one department for an edition; a later draft of the department replaces it.

    Raises
    ------
    UsageError
        The edition is published, the actor took another step of it, or the file holds another department's items.
    ContractViolationsError
        A row breaks the contract of items; nothing is kept.
    """
    steps = _steps(workspace, edition)
    require_step(steps, Step.DRAFTED, actor=actor.name, edition=edition)
    with tempfile.TemporaryDirectory() as scratch:
        rows = read_checked(path, load_contracts()["items"], scratch=Path(scratch))
    others = sorted(set(rows["department_code"]) - {department})
    if others:
        remedy = Message(
            N_("a department drafts its own items only, not those of {others}"), {"others": ", ".join(others)}
        )
        raise UsageError(what=Message(N_("department")), value=department, remedy=remedy)
    rows = rows.assign(edition=edition).sort_values("item_code", ignore_index=True)
    return _keep(workspace, Step.DRAFTED, rows, edition=edition, department=department, actor=actor, clock=clock)


def consolidate_items(workspace: Workspace, *, edition: str, actor: Actor, clock: Clock) -> StepDone:
    """Bring the drafts of all departments together into one list.

    Raises
    ------
    UsageError
        Nothing is drafted, the actor drafted, or two drafts hold one item.
    """
    steps = _steps(workspace, edition)
    require_step(steps, Step.CONSOLIDATED, actor=actor.name, edition=edition)
    drafts = [read_draft(workspace.path, _path(workspace, each)) for _, each in sorted(drafts_in_force(steps).items())]
    rows = consolidated(drafts)
    departments = _standing(workspace, "departments", on=clock().date())
    warnings = list_warnings(
        rows,
        known_items=frozenset(_standing(workspace, "items", on=clock().date())["item_code"]),
        known_departments=frozenset(departments["department_code"]),
    )
    done = _keep(workspace, Step.CONSOLIDATED, rows, edition=edition, department="", actor=actor, clock=clock)
    return StepDone(done.edition, done.step, done.n_items, done.digest, tuple(warnings))


def approve_items(workspace: Workspace, *, edition: str, reference: str, actor: Actor, clock: Clock) -> StepDone:
    """Approve the consolidated list; ``reference`` names the decision of the government.

    Raises
    ------
    UsageError
        The edition is not consolidated, the actor took an earlier step, or no decision is named.
    """
    if not reference.strip():
        raise UsageError(what="--reference", value=reference, remedy=Message(N_("name the decision that approves it")))
    steps = _steps(workspace, edition)
    require_step(steps, Step.APPROVED, actor=actor.name, edition=edition)
    return _confirm(workspace, Step.APPROVED, _last(steps), actor=actor, clock=clock, edition=edition, reason=reference)


def publish_items(
    workspace: Workspace, *, edition: str, in_force_on: date, actor: Actor, clock: Clock, progress: Progress = silent
) -> StepDone:
    """Bring the approved list into force on a day: its items become records, items it drops end the day before.

    Raises
    ------
    UsageError
        The edition is not approved, the actor took an earlier step, or the day lies in the past.
    """
    steps = _steps(workspace, edition)
    require_step(steps, Step.PUBLISHED, actor=actor.name, edition=edition)
    if in_force_on < clock().date():
        remedy = Message(N_("a list takes effect today or later"))
        raise UsageError(what="--in-force-on", value=str(in_force_on), remedy=remedy)
    approved = next(each for each in reversed(steps) if each.step is Step.CONSOLIDATED)
    rows = read_draft(workspace.path, _path(workspace, approved))
    standing = in_force(_standing(workspace, "items", on=in_force_on), on=in_force_on)
    versions = to_publish(rows, standing, edition=edition, in_force_on=in_force_on)
    path = write_source(workspace.path, versions, table="items", name=f"edition-{approved.digest[:10]}")
    ingest(workspace, [path], actor=actor, clock=clock, progress=progress)  # the same rows twice are one load
    said = f"in force on {in_force_on.isoformat()}"
    return _confirm(workspace, Step.PUBLISHED, approved, actor=actor, clock=clock, edition=edition, reason=said)


def editions(workspace: Workspace) -> list[Edition]:
    """Return every edition drafted or loaded here, in text order."""
    held = workspace.require().warehouse.history("items")
    counted = held.group_by("edition").agg(n=held.item_code.nunique()).execute()
    loaded = {str(row["edition"]): int(row["n"]) for row in counted.to_dict("records")}
    entries: dict[str, list[Entry]] = {}
    for entry in _entries(workspace):
        entries.setdefault(entry.subject, []).append(entry)
    found = []
    for name in sorted({*loaded, *entries}):
        own = entries.get(name, [])
        reached = state([_taken(entry) for entry in own])
        n_items = loaded.get(name, int(own[-1].particulars["n_items"]) if own else 0)
        told = tuple(
            {"step": _taken(e).step.value, "at": e.entered_at, "actor": e.actor, "reason": e.reason, **e.particulars}
            for e in own
        )
        found.append(Edition(name, DIRECT if reached is None else reached.step.value, n_items, told))
    return found


def edition_differences(workspace: Workspace, old: str, new: str) -> pd.DataFrame:
    """Return how two editions differ, published, loaded or consolidated; see :func:`item_list.differences`.

    Raises
    ------
    UsageError
        There is no such edition.
    """
    return differences(_edition_rows(workspace, old), _edition_rows(workspace, new))


def _edition_rows(workspace: Workspace, edition: str) -> pd.DataFrame:
    held = workspace.require().warehouse.table("items")
    rows = pd.DataFrame(held.filter(held.edition == edition).execute())
    rows = rows.sort_values(["item_code", "known_at"]).drop_duplicates("item_code", keep="last")
    if len(rows):
        return rows
    steps = [each for each in _steps(workspace, edition) if each.step is Step.CONSOLIDATED]
    if steps:
        return read_draft(workspace.path, _path(workspace, steps[-1]))
    drafts = drafts_in_force(_steps(workspace, edition))
    if not drafts:
        remedy = Message(N_("see 'xinheng registers editions' for those that are known"))
        raise UsageError(what=Message(N_("edition")), value=edition, remedy=remedy)
    return pd.concat([read_draft(workspace.path, _path(workspace, each)) for each in drafts.values()])


def _standing(workspace: Workspace, table: str, *, on: date) -> pd.DataFrame:
    rows = workspace.require().warehouse.history(table)
    held = pd.DataFrame(rows.filter(is_known(rows, on=on)).drop("superseded_at").to_pyarrow().to_pandas())
    return held


def _entries(workspace: Workspace) -> list[Entry]:
    return [entry for entry in workspace.ledger.entries() if entry.action.startswith(_ACTION)]


def _steps(workspace: Workspace, edition: str) -> list[StepTaken]:
    entries = workspace.require().ledger.entries(subject=edition)
    return [_taken(entry) for entry in entries if entry.action.startswith(_ACTION)]


def _taken(entry: Entry) -> StepTaken:
    told = entry.particulars
    step = Step(entry.action.removeprefix(_ACTION))
    return StepTaken(step, str(told["digest"]), str(told.get("department", "")), entry.actor, entry.sequence)


def _path(workspace: Workspace, step: StepTaken) -> str:
    entry = next(each for each in _entries(workspace) if each.sequence == step.sequence)
    return str(entry.particulars["path"])


def _last(steps: Sequence[StepTaken]) -> StepTaken:
    return max(steps, key=lambda taken: taken.sequence)


def _keep(
    workspace: Workspace, step: Step, rows: pd.DataFrame, *, edition: str, department: str, actor: Actor, clock: Clock
) -> StepDone:
    name = "-".join(part for part in (step.value, department) if part)
    path, digest = write_draft(workspace.path, rows, table="items", name=name)
    content = {"digest": digest, "path": path, "department": department, "n_items": len(rows)}
    key = f"{_ACTION}{step.value}:{edition}:{department}:{digest}:{len(_steps(workspace, edition))}"
    workspace.ledger.append(
        f"{_ACTION}{step.value}", subject=edition, content=content, actor=actor, at=clock(), idempotency_key=key
    )
    return StepDone(edition, step.value, len(rows), digest)


def _confirm(
    workspace: Workspace, step: Step, about: StepTaken, *, actor: Actor, clock: Clock, edition: str, reason: str
) -> StepDone:
    entry = next(each for each in _entries(workspace) if each.sequence == about.sequence)
    n_items = int(entry.particulars["n_items"])
    workspace.ledger.append(
        f"{_ACTION}{step.value}",
        subject=edition,
        reason=reason,
        content={"digest": about.digest, "n_items": n_items, "path": entry.particulars["path"]},
        actor=actor,
        at=clock(),
        idempotency_key=f"{_ACTION}{step.value}:{edition}:{about.sequence}",
    )
    return StepDone(edition, step.value, n_items, about.digest)
