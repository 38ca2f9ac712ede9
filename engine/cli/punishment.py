"""``xinheng punishment …``: joint punishment from a list decision to its release, and what became of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
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
from engine.messages import N_, Message

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
ByOption = Annotated[str | None, typer.Option("--by", help=N_("measure_id or to_department: one funnel each."))]
OutOption = Annotated[Path, typer.Option("--out", help=N_("Workbook to write."))]
_HEADS = {
    "punishment_id": N_("Case"),
    "entity_id": N_("Object"),
    "measure": N_("Measure"),
    "measure_id": N_("Measure"),
    "name": N_("Name"),
    "status": N_("Status"),
    "legal_basis": N_("Legal basis"),
    "list_edition": N_("Edition"),
    "refused_because": N_("Why it may not be taken"),
    "business_field": N_("Field"),
    "business_no": N_("Business"),
    "department": N_("Department"),
    "to_department": N_("Department"),
    "state": N_("State"),
    "since": N_("Since"),
    "release_due_on": N_("Release due"),
    "due_on": N_("Due"),
    "days_late": N_("Days late"),
    "waits_for": N_("Waits for"),
    "step": N_("Step"),
    "n": N_("Number"),
    "share": N_("Share"),
    "median_days": N_("Median days"),
    "event": N_("Event"),
    "on": N_("Day"),
    "actor": N_("By"),
    "reason": N_("Reason"),
    "amount_fen": N_("Amount (fen)"),
    "sequence": N_("Ledger entry"),
}
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
    _show_frame(met, N_("Restrictions"), as_json=as_json)


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


def list_cases(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the cases as they stand."""
    from engine.api.punishment.cases import cases

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("punishment_id", "entity_id", "measure", "department", "state", "since", "release_due_on")
    _show_frame(cases(opened, book=book, as_of=on), N_("Joint punishment"), as_json=as_json, columns=columns)


def measures(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue of measures and why some may not be taken."""
    from engine.api.punishment.cases import catalogue

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("measure_id", "name", "status", "legal_basis", "list_edition", "refused_because")
    _show_frame(catalogue(opened, book=book, as_of=on), N_("Measures"), as_json=as_json, columns=columns)


def funnel(
    as_of: InboxDayOption = None,
    by: ByOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show how many cases reached each step, and how long it took."""
    from engine.api.punishment.cases import funnel as counted

    opened, _, on = _reading(as_of, profile, workspace)
    _show_frame(counted(opened, as_of=on, by=by), N_("Funnel of joint punishment"), as_json=as_json)


def stalls(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the cases in which somebody has to act, and late releases first."""
    from engine.api.punishment.cases import stalls as waiting

    opened, book, on = _reading(as_of, profile, workspace)
    columns = ("punishment_id", "department", "waits_for", "since", "due_on", "days_late")
    _show_frame(
        waiting(opened, book=book, as_of=on), N_("Waiting in joint punishment"), as_json=as_json, columns=columns
    )


def explain(
    case: Annotated[str, typer.Argument(help=N_("Case as LISTING-MEASURE-DEPARTMENT."))],
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show every event of a case with who took it."""
    from engine.api.punishment.cases import explain as told

    opened, book, on = _reading(as_of, profile, workspace)
    _show_frame(told(opened, case, book=book, as_of=on), N_("Events of the case"), as_json=as_json)


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


def _reading(as_of: str | None, profile: str, workspace: Path):  # type: ignore[no-untyped-def]
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    on = as_of_date(as_of) if as_of else current_time().date()
    return opened, read_policies(profile, workspace=opened), on


def _show(cases: Sequence[str], state: str, *, as_json: bool) -> None:
    from engine.outcomes.punishment import STEP_WORDS

    if as_json:
        show_json({"state": state, "cases": list(cases)})
        return
    translate = current_translate()
    line = translate(N_("{n} case(s): {state}."))
    show_line(line.format(n=len(cases), state=translate(STEP_WORDS[state])))


def _show_frame(rows: pd.DataFrame, title: str, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    from engine.outcomes.punishment import STEP_WORDS

    translate = current_translate()
    words = STEP_WORDS | {"live": N_("live"), "historic": N_("historic")}

    def shown_as(name: str, cell: object) -> str:
        if name in ("state", "step", "event", "status"):
            return translate(words.get(str(cell), str(cell)))
        return "" if cell is None else f"{cell:.1%}" if isinstance(cell, float) and name == "share" else str(cell)

    def plain(value: Any) -> object:
        if isinstance(value, Message):
            return value.render(translate)
        return list(value) if isinstance(value, tuple) else None if pd.isna(value) else value

    cells = [{name: plain(cell) for name, cell in row.items()} for row in rows.to_dict("records")]
    if as_json:
        show_json({"rows": cells})
        return
    shown = list(columns or rows.columns)
    lines = [tuple(shown_as(name, row[name]) for name in shown) for row in cells]
    show_table(translate(title), [translate(_HEADS.get(name, name)) for name in shown], lines)
