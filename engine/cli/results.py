"""``xinheng results enter, submit, return, publish, status, inbox, follow-up``: from what was found to its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

FileArgument = Annotated[Path, typer.Argument(help=N_("File of results: CSV, XLSX or Parquet."))]
ResultsArgument = Annotated[
    list[str] | None, typer.Argument(help=N_("Results as VISIT-ITEM-DEPARTMENT; none takes all that wait."))
]
WordingsOption = Annotated[str, typer.Option("--wordings", help=N_("Code list that translates the wordings."))]
ActingOption = Annotated[
    str, typer.Option("--department", help=N_("Department you act for; officers on the register have their own."))
]
OneDrawOption = Annotated[str, typer.Option("--draw", help=N_("Only results of this draw."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]
PenaltyOption = Annotated[
    list[str] | None, typer.Option("--penalty", help=N_("Penalty to be made public with the results; repeat it."))
]
KeyOption = Annotated[
    str | None, typer.Option("--key", help=N_("Idempotency key: the same call with the same key is carried out once."))
]
OneClockOption = Annotated[str, typer.Option("--clock", help=N_("Only this clock, e.g. deadlines.publish_result."))]
SinceOption = Annotated[
    str | None, typer.Option("--penalties-since", help=N_("Also penalties decided from this day on, YYYY-MM-DD."))
]
EventOption = Annotated[str, typer.Option("--event", help=N_("Day on which the clock began, YYYY-MM-DD."))]
ClockArgument = Annotated[str, typer.Argument(help=N_("Clock, e.g. deadlines.repair_decide."))]
SubjectArgument = Annotated[str, typer.Argument(help=N_("What it is about, e.g. the number of the application."))]
InboxDayOption = Annotated[
    str | None, typer.Option("--as-of", help=N_("The date as of which is asked, YYYY-MM-DD; today if none."))
]


def enter(
    file: FileArgument,
    wordings: WordingsOption = "result_wordings",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Enter results; rows that law does not allow wait with the rule they break."""
    from engine.api.results.entry import enter_file
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    report = enter_file(opened, file, wordings=wordings, actor=current_actor(), clock=current_time)
    translate = current_translate()
    refused = [
        {"line": row.line, "rule": row.rule, "reason": row.sentence.render(translate), "reference": row.reference}
        for row in report.refused
    ]
    if as_json:
        said = {"entered": report.entered, "merged": report.merged, "unchanged": report.unchanged}
        show_json({**said, "refused": refused})
        return
    line = translate(N_("{n} entered ({merged} over an earlier entry), {unchanged} unchanged, {refused} refused."))
    counts = {"n": len(report.entered), "merged": len(report.merged), "unchanged": len(report.unchanged)}
    show_line(line.format(**counts, refused=len(refused)))
    for row in refused:
        said_line = translate(N_("Line {line}: {reason} ({reference})"))
        show_line(said_line.format(line=row["line"], reason=row["reason"], reference=row["reference"]))


def submit(
    results: ResultsArgument = None,
    draw: OneDrawOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hand entered results in for review."""
    from engine.api.results.review import submit as hand_in
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    actor = current_actor()
    done = hand_in(
        opened,
        results or [],
        draw_id=draw,
        department=department,
        actor=actor,
        clock=current_time,
        idempotency_key=key,
    )
    _show(done, "submitted", as_json=as_json)


def send_back(
    results: ResultsArgument = None,
    reason: ReasonOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Return results to who entered them; a published one that is wrong, too."""
    from engine.api.results.review import send_back as hand_back
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    actor = current_actor()
    done = hand_back(
        opened,
        results or [],
        reason=reason,
        department=department,
        actor=actor,
        clock=current_time,
        idempotency_key=key,
    )
    _show(done, "returned", as_json=as_json)


def publish(
    results: ResultsArgument = None,
    draw: OneDrawOption = "",
    department: ActingOption = "",
    penalty: PenaltyOption = None,
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Publish reviewed results; they become inspections with their probabilities."""
    from engine.api.results.review import publish as announce
    from engine.api.workspace import open_workspace

    done = announce(
        open_workspace(workspace, create=False),
        results or [],
        draw_id=draw,
        department=department,
        penalties=penalty or [],
        actor=current_actor(),
        clock=current_time,
        idempotency_key=key,
    )
    _show(done, "published", as_json=as_json)


def status(
    draw: OneDrawOption = "", workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Show where every result stands, and the rows that were refused."""
    from engine.api.results.entry import refused as kept_rows
    from engine.api.results.entry import result_steps
    from engine.api.workspace import open_workspace
    from engine.outcomes.review import STATE_WORDS

    opened, translate = open_workspace(workspace, create=False), current_translate()
    held = [one for one in result_steps(opened).values() if draw in ("", one.draw_id)]
    refused, settled = kept_rows(opened)
    if as_json:
        results = [
            {"result": one.key, "state": one.state.value, "department": one.department, "draw_id": one.draw_id}
            | {"entries": one.n, "entered_by": one.entered_by, "at": one.at, "reason": one.reason}
            for one in held
        ]
        rows = [
            {"file": row.source, "line": row.line, "cells": row.cells, "rule": row.rule}
            | {"reason": row.sentence.render(translate), "reference": row.reference, "settled": is_settled}
            for part, is_settled in ((refused, False), (settled, True))
            for row in part
        ]
        show_json({"results": results, "refused": rows})
        return
    columns = [translate(N_("Result")), translate(N_("State")), translate(N_("Department")), translate(N_("Since"))]
    cells = [(one.key, translate(STATE_WORDS[one.state]), one.department, one.at[:10]) for one in held]
    show_table(translate(N_("Results")), columns, cells)
    for row in refused:
        line = translate(N_("{file}, line {line}: {reason} ({reference})"))
        said = {"file": row.source, "line": row.line, "reason": row.sentence.render(translate)}
        show_line(line.format(**said, reference=row.reference))
    counted = translate(N_("{n} refused row(s) wait; for {settled} more a result was entered afterwards."))
    show_line(counted.format(n=len(refused), settled=len(settled)))


def inbox(
    as_of: InboxDayOption = None,
    department: ActingOption = "",
    clock: OneClockOption = "",
    penalties_since: SinceOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List everything a clock runs for: due and overdue, by department."""
    from engine.api.follow_up.inbox import inbox as waiting
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened, translate = open_workspace(workspace, create=False), current_translate()
    on = as_of_date(as_of) if as_of else current_time().date()
    book = read_policies(profile, workspace=opened)
    since = as_of_date(penalties_since) if penalties_since else None
    rows = waiting(opened, book=book, as_of=on, department=department, clock=clock, penalties_since=since)
    if as_json:
        due = [
            {"subject": one.subject, "department": one.department, "clock": one.clock, "event": one.event}
            | {"due": one.deadline.on, "provisional": one.deadline.is_provisional, "days_late": one.days_late}
            | {"reference": one.reference}
            for one in rows
        ]
        show_json({"as_of": on, "due": due, "overdue": sum(one.is_overdue for one in rows)})
        return
    heads = (N_("Subject"), N_("Clock"), N_("Department"), N_("Due"), N_("Days late"))
    columns = [translate(head) for head in heads]
    provisional = translate(N_("{day} (provisional)"))
    days = [str(one.deadline.on) for one in rows]
    said = [
        provisional.format(day=day) if one.deadline.is_provisional else day for one, day in zip(rows, days, strict=True)
    ]
    cells = [
        (one.subject, one.clock, one.department, day, str(one.days_late)) for one, day in zip(rows, said, strict=True)
    ]
    show_table(translate(N_("Due by {day}")).format(day=on), columns, cells)


def expect(
    clock: ClockArgument,
    subject: SubjectArgument,
    event: EventOption,
    department: ActingOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Put on record that a clock began for something no table holds."""
    from engine.api.follow_up.inbox import begin
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book, day = read_policies(profile, workspace=opened), as_of_date(event)
    begin(
        opened, clock, subject, department=department, event=day, book=book, actor=current_actor(), at=current_time
    )  # fmt: skip


def met(
    clock: ClockArgument,
    subject: SubjectArgument,
    why: ReasonOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Put on record that something a clock ran for was done, and what shows it."""
    from engine.api.follow_up.inbox import end
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book = read_policies(profile, workspace=opened)
    end(opened, clock, subject, reason=why, book=book, actor=current_actor(), at=current_time)


def follow_up(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List what findings still wait for: orders, notices, assignments, transfers; the latest first."""
    from engine.api.policies.check import read_policies
    from engine.api.results.follow_up import open_follow_ups
    from engine.api.workspace import open_workspace
    from engine.outcomes.follow_up import count_by_department

    opened, translate = open_workspace(workspace, create=False), current_translate()
    on = as_of_date(as_of) if as_of else current_time().date()
    found = open_follow_ups(opened, book=read_policies(profile, workspace=opened), as_of=on)
    if as_json:
        rows = [
            {"subject": one.subject, "entity_id": one.entity_id, "department": one.department}
            | {"waits_for": one.waits_for.render(translate), "since": one.since, "days": one.days}
            | {"due": one.due_on, "days_late": one.days_late}
            for one in found.waiting
        ]
        departments = {
            name: {"open": n, "late": late} for name, (n, late) in count_by_department(found.waiting).items()
        }
        counts = {"done": found.done, "within_department": found.within, "departments": departments}
        show_json({"as_of": on, "waiting": rows, "open": found.open, **counts})
        return
    heads = (N_("Subject"), N_("Department"), N_("Waits for"), N_("Since"), N_("Due"), N_("Days late"))
    cells = [
        (one.subject, one.department, one.waits_for.render(translate), one.since, one.due_on or "", one.days_late)
        for one in found.waiting
    ]
    show_table(translate(N_("Open on {day}")).format(day=on), [translate(head) for head in heads], cells)
    line = translate(N_("Findings: {open} open, {done} done, {within} end within the department."))
    show_line(line.format(open=found.open, done=found.done, within=found.within))


def _show(keys: Sequence[str], state: str, *, as_json: bool) -> None:
    from engine.outcomes.review import STATE_WORDS, State

    if as_json:
        show_json({"state": state, "results": list(keys)})
        return
    translate = current_translate()
    line = translate(N_("{n} result(s): {state}."))
    show_line(line.format(n=len(keys), state=translate(STATE_WORDS[State(state)])))
