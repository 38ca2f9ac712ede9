"""``xinheng punishment …``: joint punishment from a list decision to its release, step by step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line
from engine.cli.punishment_reading import show_frame
from engine.cli.results import ActingOption, KeyOption
from engine.messages import N_

GroundArgument = Annotated[
    str | None, typer.Argument(help=N_("List decision as listings:ID; none takes every listing in force."))
]
CasesArgument = Annotated[
    list[str] | None, typer.Argument(help=N_("Cases as LISTING-MEASURE-DEPARTMENT; none takes all that wait."))
]
NamedCasesArgument = Annotated[list[str], typer.Argument(help=N_("Cases as LISTING-MEASURE-DEPARTMENT."))]
EntitiesArgument = Annotated[list[str], typer.Argument(help=N_("Objects that take part in the business."))]
MeasureOption = Annotated[list[str] | None, typer.Option("--measure", help=N_("Only this measure; repeat it."))]
BusinessOption = Annotated[str, typer.Option("--business", help=N_("Number of the business."))]
FieldOption = Annotated[str, typer.Option("--field", help=N_("Only measures of this field."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]
AmountOption = Annotated[int | None, typer.Option("--amount-fen", help=N_("Amount withheld, in fen."))]
OutOption = Annotated[Path, typer.Option("--out", help=N_("Workbook to write."))]
BookArgument = Annotated[Path, typer.Argument(help=N_("Workbook that came back."))]


def trigger(
    ground: GroundArgument = None,
    measure: MeasureOption = None,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Open the cases that list decisions ask for; nothing else triggers one."""
    desk = _desk(department, key, profile, workspace)
    _show(desk.trigger(ground, measures=measure or []) if ground else desk.trigger_all(), "triggered", as_json=as_json)


def check(
    cases: CasesArgument = None,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check the legal basis of triggered cases, as another person."""
    from engine.outcomes.punishment import STEP_WORDS

    done = _desk(department, key, profile, workspace).check_basis(cases or [])
    if as_json:
        show_json({"cases": done})
        return
    translate = current_translate()
    for state in ("basis_checked", "refused"):
        line = translate(N_("{n} case(s): {state}."))
        n = sum(one == state for one in done.values())
        show_line(line.format(n=n, state=translate(STEP_WORDS[state])))


def push(
    cases: CasesArgument = None,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Push checked cases to the departments that apply the measures."""
    _show(_desk(department, key, profile, workspace).push(cases or []), "pushed", as_json=as_json)


def receive(
    cases: CasesArgument = None,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Confirm receipt as the applying department."""
    _show(_desk(department, key, profile, workspace).receive(cases or []), "received", as_json=as_json)


def query(
    entities: EntitiesArgument,
    business: BusinessOption,
    field: FieldOption = "",
    department: ActingOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Ask whether objects of a business are restricted; what is met goes on record."""
    met = _desk(department, None, profile, workspace).query(entities, business_no=business, business_field=field)
    show_frame(met, N_("Restrictions"), as_json=as_json)


def apply(
    cases: NamedCasesArgument,
    amount_fen: AmountOption = None,
    reason: ReasonOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say that the measure was applied in the business."""
    done = _desk(department, key, profile, workspace).apply(cases, amount_fen=amount_fen, reason=reason)
    _show(done, "applied", as_json=as_json)


def decline(
    cases: NamedCasesArgument,
    reason: ReasonOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say that the measure was not applied, and why."""
    _show(_desk(department, key, profile, workspace).decline(cases, reason=reason), "declined", as_json=as_json)


def feedback(
    cases: NamedCasesArgument,
    reason: ReasonOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Feed back to the requesting department."""
    _show(_desk(department, key, profile, workspace).feed_back(cases, reason=reason), "fed_back", as_json=as_json)


def release(
    cases: CasesArgument = None,
    reason: ReasonOption = "",
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Push the release of cases whose listing ended."""
    done = _desk(department, key, profile, workspace).release(cases or [], reason=reason)
    _show(done, "release_pushed", as_json=as_json)


def confirm(
    cases: CasesArgument = None,
    department: ActingOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Confirm as the applying department that measures are lifted."""
    _show(_desk(department, key, profile, workspace).confirm_release(cases or []), "released", as_json=as_json)


def export(
    out: OutOption,
    department: ActingOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write what waits for a department without account into a workbook."""
    from engine.api.policies.check import read_policies
    from engine.api.punishment.exchange import export_batch
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book = read_policies(profile, workspace=opened)
    batch, n = export_batch(
        opened, out, department=department, book=book, actor=current_actor(), clock=current_time
    )  # fmt: skip
    if as_json:
        show_json({"batch": batch, "rows": n, "path": str(out)})
        return
    line = current_translate()(N_("Batch {batch}: {n} case(s) in {path}."))
    show_line(line.format(batch=batch, n=n, path=out))


def take_back(
    file: BookArgument,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take a filled-in workbook back as the department's acknowledgement."""
    from engine.api.policies.check import read_policies
    from engine.api.punishment.exchange import import_batch
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book = read_policies(profile, workspace=opened)
    told = import_batch(opened, file, book=book, actor=current_actor(), clock=current_time)
    translate = current_translate()
    refused = [{"line": line, "case": case, "reason": why.render(translate)} for line, case, why in told.refused]
    if as_json:
        show_json({"batch": told.batch, "taken": told.taken, "refused": refused, "unanswered": told.unanswered})
        return
    line = translate(N_("Batch {batch}: {n} step(s) taken, {refused} row(s) refused, {open} without answer."))
    show_line(line.format(batch=told.batch, n=len(told.taken), refused=len(refused), open=told.unanswered))
    for row in refused:
        show_line(translate(N_("Line {line}, {case}: {reason}")).format(**row))


def _desk(department: str, key: str | None, profile: str, workspace: Path):  # type: ignore[no-untyped-def]
    from engine.api.policies.check import read_policies
    from engine.api.punishment.steps import Desk
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    book = read_policies(profile, workspace=opened)
    return Desk(
        opened, book=book, department=department, actor=current_actor(), clock=current_time, idempotency_key=key
    )  # fmt: skip


def _show(cases: Sequence[str], state: str, *, as_json: bool) -> None:
    from engine.outcomes.punishment import STEP_WORDS

    if as_json:
        show_json({"state": state, "cases": list(cases)})
        return
    translate = current_translate()
    line = translate(N_("{n} case(s): {state}."))
    show_line(line.format(n=len(cases), state=translate(STEP_WORDS[state])))
