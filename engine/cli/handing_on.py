"""``xinheng results order, extend, report, recheck, refer, assign, transfer, send, receive, reply, hand-back, close``.

Findings put right and handed on, a step at a time; ``fell-through`` lists what nobody holds and what is late.
"""

from datetime import date
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
from engine.cli.results import ActingOption, InboxDayOption, KeyOption
from engine.messages import N_

SubjectsArgument = Annotated[
    list[str], typer.Argument(help=N_("Results (VISIT-ITEM-DEPARTMENT) or numbers of matters."))
]
ToOption = Annotated[str, typer.Option("--to", help=N_("Department that takes over."))]
DueOption = Annotated[str, typer.Option("--due", help=N_("Last day for the next step, YYYY-MM-DD."))]
OfficersOption = Annotated[list[str] | None, typer.Option("--officer", help=N_("Officer concerned; repeat it."))]
AnnexesOption = Annotated[list[str] | None, typer.Option("--annex", help=N_("Document handed over; repeat it."))]
WhyOption = Annotated[str, typer.Option("--why", help=N_("Why, or what was answered; it stays on record."))]
CrimeOption = Annotated[bool, typer.Option("--crime", help=N_("A suspected crime: the head decides, then it is sent."))]
PassedOption = Annotated[bool, typer.Option("--passed/--failed", help=N_("What the re-check showed."))]


def order(
    subjects: SubjectsArgument,
    due: DueOption,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put an order to correct on record."""
    _take("ordered", subjects, department, key, profile, workspace, as_json=as_json, due=due)


def extend(
    subjects: SubjectsArgument,
    due: DueOption,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Give an order more time, with the reason."""
    _take("extended", subjects, department, key, profile, workspace, as_json=as_json, due=due, why=why)


def report(
    subjects: SubjectsArgument,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put on record that the firm says it put things right."""
    _take("reported", subjects, department, key, profile, workspace, as_json=as_json, why=why)


def recheck(
    subjects: SubjectsArgument,
    passed: PassedOption,
    officer: OfficersOption = None,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Re-check with two officers, and say whether it passed; there is no answer by default."""
    shown = "passed" if passed else "failed"
    terms = (department, key, profile, workspace)
    _take("rechecked", subjects, *terms, then=shown, as_json=as_json, officers=officer, why=why)


def refer(
    subjects: SubjectsArgument,
    to: ToOption,
    due: DueOption = "",
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Notify another department of a finding (抄告)."""
    _take(
        "sent", subjects, department, key, profile, workspace, as_json=as_json, kind="notice", to=to, due=due, why=why
    )


def assign(
    subjects: SubjectsArgument,
    to: ToOption,
    due: DueOption,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Assign a finding to another department by a day (交办)."""
    _take(
        "sent",
        subjects,
        department,
        key,
        profile,
        workspace,
        as_json=as_json,
        kind="assignment",
        to=to,
        due=due,
        why=why,
    )


def transfer(
    subjects: SubjectsArgument,
    to: ToOption,
    crime: CrimeOption = False,
    officer: OfficersOption = None,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Hand a case to the organ in charge; a suspected crime is decided on by the head first (移送)."""
    event, kind = ("decided", "crime_transfer") if crime else ("sent", "case_transfer")
    terms = (department, key, profile, workspace)
    _take(event, subjects, *terms, as_json=as_json, kind=kind, to=to, why=why, officers=officer)


def send(
    subjects: SubjectsArgument,
    to: ToOption = "",
    annex: AnnexesOption = None,
    due: DueOption = "",
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Send what was decided on or came back, with its annexes."""
    _take(
        "sent", subjects, department, key, profile, workspace, as_json=as_json, to=to, due=due, why=why, annexes=annex
    )  # fmt: skip


def receive(
    subjects: SubjectsArgument,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Confirm receipt as the department that takes over."""
    _take("received", subjects, department, key, profile, workspace, as_json=as_json)


def reply(
    subjects: SubjectsArgument,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Answer what was handed over."""
    _take("replied", subjects, department, key, profile, workspace, as_json=as_json, why=why)


def hand_back(
    subjects: SubjectsArgument,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Return what does not concern the department, with the reason."""
    _take("returned", subjects, department, key, profile, workspace, as_json=as_json, why=why)


def close(
    subjects: SubjectsArgument,
    why: WhyOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Close a matter that was answered or put right."""
    _take("closed", subjects, department, key, profile, workspace, as_json=as_json, why=why)


def _take(
    event: str,
    subjects: list[str],
    department: str,
    key: str | None,
    profile: str,
    workspace: Path,
    *,
    as_json: bool = False,
    kind: str = "",
    to: str = "",
    due: str = "",
    why: str = "",
    officers: list[str] | None = None,
    annexes: list[str] | None = None,
    then: str = "",
) -> None:
    from engine.api.policies.check import read_policies
    from engine.api.results.handing_on import Asked, take
    from engine.api.workspace import open_workspace
    from engine.outcomes.handing_on import EVENT_WORDS

    opened = open_workspace(workspace, create=False)
    until: date | None = as_of_date(due) if due else None
    asked = [
        Asked(subject, kind, to, tuple(officers or ()), until, tuple(annexes or ()), why)
        for subject in dict.fromkeys(subjects)
    ]
    done = take(
        opened,
        event,
        asked,
        then=then,
        book=read_policies(profile, workspace=opened),
        department=department,
        actor=current_actor(),
        clock=current_time,
        idempotency_key=key,
    )
    event = then or event
    if as_json:
        show_json({"event": event, "matters": list(done)})
        return
    translate = current_translate()
    line = translate(N_("{event}: {matters}"))
    show_line(line.format(event=translate(EVENT_WORDS[event]), matters=", ".join(done)))


def fell_through(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Add up every draw from selection to publication, and list what nobody holds; leave with 1 if there is any."""
    from engine.api.follow_up.inbox import inbox
    from engine.api.follow_up.reconciliation import fell_through as fallen
    from engine.api.follow_up.reconciliation import totals
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened, translate = open_workspace(workspace, create=False), current_translate()
    on = as_of_date(as_of) if as_of else current_time().date()
    book = read_policies(profile, workspace=opened)
    found, added = fallen(opened, book=book, as_of=on), totals(opened, as_of=on)
    late = sum(one.is_overdue for one in inbox(opened, book=book, as_of=on))
    rows = [{**row, "why": row["why"].render(translate)} for row in found.to_dict("records")]
    if as_json:
        show_json({"as_of": on, "fell_through": rows, "overdue": late, "draws": added.to_dict("records")})
    else:
        heads = (N_("Draw"), N_("Drawn"), N_("Reserves"), N_("made public"), N_("Adverse"), N_("Adds up"))
        cells = [
            (
                row["draw_id"],
                row["drawn"],
                row["reserves"],
                row["published"],
                row["adverse"],
                "✓" if row["is_reconciled"] else "✗",
            )
            for row in added.to_dict("records")
        ]
        show_table(translate(N_("From draw to publication")), [translate(head) for head in heads], cells)
        for row in rows:
            show_line(f"{row['subject']} · {row['department']} · {row['since']} · {row['why']}")
        line = translate(N_("{n} fell through; {late} overdue in an inbox."))
        show_line(line.format(n=len(rows), late=late))
    if rows:
        raise typer.Exit(1)
