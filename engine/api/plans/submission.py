"""Handing in plan lines, taking one back, merging what overlaps, and giving draws their time slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import pandas as pd

from engine.api.plans.book import (
    JOINED,
    MERGED,
    REFUSED,
    SCHEDULED,
    SUBMITTED,
    WITHDRAWN,
    PlanBook,
    coverage_of,
    every_line,
    lists_for,
    note,
    plan_book,
    require_faultless,
)
from engine.api.records.intake import IngestReport, ingest
from engine.errors import PlanError, UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.registers.deadlines import days_late, submission_deadline
from engine.registers.line_checks import line_faults
from engine.registers.overlaps import DUPLICATE, Proposal, proposals
from engine.registers.plan_lines import PlanLine, line_row
from engine.registers.schedule import Slot, schedule
from engine.store.ledgers.ledger import digest_of
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SubmittedLine:
    """A line that was handed in: by when it was due, how late it came, what is wrong with it."""

    line: PlanLine
    deadline: date
    days_late: int
    faults: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """What handing in did: the load, and the lines that are now on record."""

    report: IngestReport | None
    lines: tuple[SubmittedLine, ...]


def submit(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    book: PolicyBook,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> Submission:
    """Load files of plan lines and put every line that is not yet on record there, with its lateness.

    Parameters
    ----------
    paths : files of table ``plans``; none puts lines on record that were loaded before.
    mapping : as of ``ingest``.

    Returns
    -------
    Submission; a fault is told, not refused: only consolidation refuses.
    """
    report = ingest(workspace, paths, mapping=mapping, actor=actor, clock=clock, progress=progress) if paths else None
    today = clock().date()
    known = {(entry.subject, entry.particulars["row"]) for entry in workspace.ledger.entries(action=SUBMITTED)}
    found, lists = [], {}
    for line in every_line(workspace, on=today):
        row = digest_of(line_row(line, known_on=line.submitted_on))
        if (line.line_id, row) in known or line.merged_from:
            continue
        deadline = submission_deadline(book, year=line.year)
        late = days_late(line.submitted_on, deadline)
        content = {
            "row": row,
            "plan": line.plan_id,
            "department": line.initiator,
            "submitted_on": line.submitted_on.isoformat(),
            "deadline": deadline.isoformat(),
            "days_late": late,
        }
        note(workspace, SUBMITTED, subject=line.line_id, content=content, actor=actor, clock=clock)
        if line.plan_id not in lists:
            lists[line.plan_id] = lists_for(workspace, line.plan_id, book=book, on=today)
        found.append(SubmittedLine(line, deadline, late, line_faults(line, lists[line.plan_id])))
    return Submission(report, tuple(found))


def withdraw(workspace: Workspace, line_id: str, *, reason: str, actor: Actor, clock: Clock) -> PlanLine:
    """Take a line out of its plan; a published one leaves with the next edition.

    Raises
    ------
    UsageError
        There is no such line, or no reason is given.
    """
    if not reason.strip():
        raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why the line is withdrawn")))
    line = next((one for one in every_line(workspace, on=clock().date()) if one.line_id == line_id), None)
    if line is None:
        raise UsageError(
            what=Message(N_("plan line")), value=line_id, remedy=Message(N_("see 'xinheng plan list' for the lines"))
        )
    note(workspace, WITHDRAWN, subject=line_id, content={"plan": line.plan_id}, actor=actor, clock=clock, reason=reason)
    return line


def open_proposals(workspace: Workspace, plan_id: str, *, book: PolicyBook, on: date) -> tuple[Proposal, ...]:
    """Return the merges and joint draws that wait for a decision."""
    return _open(workspace, plan_book(workspace, plan_id, on=on), book=book, on=on)


def _open(workspace: Workspace, held: PlanBook, *, book: PolicyBook, on: date) -> tuple[Proposal, ...]:
    least = Fraction(str(book.value("plan.overlap", on=on)["least_share"]))
    found = proposals(coverage_of(workspace, held.lines, on=on), least_share=least)
    refused = {entry.particulars["proposal"] for entry in workspace.ledger.entries(action=REFUSED)}
    joined = {frozenset(group) for group in held.joint}
    return tuple(one for one in found if one.proposal_id not in refused and frozenset(one.line_ids) not in joined)


def decide(
    workspace: Workspace,
    plan_id: str,
    proposal_id: str,
    *,
    is_accepted: bool,
    reason: str,
    book: PolicyBook,
    actor: Actor,
    clock: Clock,
) -> Proposal:
    """Accept or refuse a proposal: a duplicate becomes one joint line, a joint draw is put on record.

    Raises
    ------
    UsageError
        No such proposal waits, or a refusal gives no reason.
    PlanError
        The joint line would break a rule; nothing is changed.
    """
    today = clock().date()
    waiting = {one.proposal_id: one for one in open_proposals(workspace, plan_id, book=book, on=today)}
    if proposal_id not in waiting:
        raise UsageError(
            what=Message(N_("proposal")),
            value=proposal_id,
            remedy=Message(N_("see 'xinheng plan merge' for what waits")),
        )
    chosen = waiting[proposal_id]
    content = {"proposal": proposal_id, "lines": list(chosen.line_ids), "plan": plan_id}
    if not is_accepted:
        if not reason.strip():
            raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why it is refused")))
        note(workspace, REFUSED, subject=plan_id, content=content, actor=actor, clock=clock, reason=reason)
        return chosen
    if chosen.result is None:
        note(workspace, JOINED, subject=plan_id, content=content, actor=actor, clock=clock, reason=reason)
        return chosen
    require_faultless(plan_id, (chosen.result,), lists_for(workspace, plan_id, book=book, on=today))
    row = pd.DataFrame([line_row(chosen.result, known_on=today)])
    path = write_source(workspace.path, row, table="plans", name=f"merged-{proposal_id}")
    ingest(workspace, [path], actor=actor, clock=clock)
    merged = {**content, "merged_from": list(chosen.line_ids)}
    note(workspace, MERGED, subject=chosen.result.line_id, content=merged, actor=actor, clock=clock, reason=reason)
    return chosen


def schedule_plan(
    workspace: Workspace, plan_id: str, *, book: PolicyBook, actor: Actor, clock: Clock
) -> tuple[Slot, ...]:
    """Give every draw of a plan its slot and put the calendar on record; the same lines give the same slots."""
    today = clock().date()
    held = plan_book(workspace, plan_id, on=today)
    rule = book.value("plan.schedule", on=today)
    found = coverage_of(workspace, held.lines, on=today)
    checks = {
        line.line_id: float(line.ratio)
        * sum(found.shared_under(item, at, at) for item in line.items if item in found.by_item)
        for at, line in enumerate(held.lines)
    }
    slots = schedule(
        held.lines,
        joint=held.joint,
        checks=checks,
        longest_days=int(rule["longest_slot_days"]),
        step_days=int(rule["step_days"]),
    )
    rows = [[s.line_id, s.number, s.starts_on.isoformat(), s.ends_on.isoformat()] for s in slots]
    note(workspace, SCHEDULED, subject=plan_id, content={"slots": rows}, actor=actor, clock=clock)
    return slots


def require_nothing_waits(workspace: Workspace, held: PlanBook, *, book: PolicyBook, on: date) -> None:
    """Raise PlanError while lines name the same item for the same objects: that is what consolidation removes."""
    waiting = [one for one in _open(workspace, held, book=book, on=on) if one.kind == DUPLICATE]
    if waiting:
        first = waiting[0]
        params = {"lines": ", ".join(first.line_ids), "n": first.shared}
        raise PlanError(
            plan=held.plan_id,
            problem=Message(N_("lines {lines} name the same item for {n} objects"), params),
            remedy=Message(N_("accept or refuse the merge with 'xinheng plan merge'")),
        )
