"""``xinheng simulate``, ``ingest``, ``loads`` and ``quarantine``: records in, and what became of them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, own_call, show_json, show_line, show_table
from engine.messages import N_
from engine.windows import parse_date

if TYPE_CHECKING:
    from engine.store.loading.plans import TableLoad

PathsArgument = Annotated[list[Path], typer.Argument(help=N_("Files and folders to load."))]
MappingOption = Annotated[
    str | None, typer.Option("--mapping", help=N_("Name of a shipped mapping, or a mapping file."))
]
TableOption = Annotated[str | None, typer.Option("--table", help=N_("Only rows meant for this table."))]
SheetOption = Annotated[Path, typer.Option("--out", help=N_("Workbook (XLSX) to write."))]
SheetArgument = Annotated[Path, typer.Argument(help=N_("Corrected workbook of 'quarantine export'."))]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help=N_("At most so many rows."))]
OutOption = Annotated[Path, typer.Option("--out", help=N_("Folder to write to."))]
EntitiesOption = Annotated[int, typer.Option("--entities", min=200, help=N_("Number of entities of the city."))]
YearsOption = Annotated[int, typer.Option("--years", min=1, max=20, help=N_("Years of history."))]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=N_("Seed that fixes the city."))]
FormatOption = Annotated[str, typer.Option("--format", help=N_("csv or parquet."))]
LastDayOption = Annotated[str, typer.Option("--last-day", help=N_("Last day of the history, YYYY-MM-DD."))]

DirtyOption = Annotated[
    bool, typer.Option("--dirty", help=N_("Plant faults in the files, each listed in truth/faults.csv."))
]

LAST_DAY = "2025-12-31"


def simulate(
    out: OutOption,
    entities: EntitiesOption = 50_000,
    years: YearsOption = 6,
    seed: SeedOption = 1,
    file_format: FormatOption = "csv",
    last_day: LastDayOption = LAST_DAY,
    is_dirty: DirtyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a synthetic city as source files that follow the contracts, with ``truth/`` beside them."""
    from engine.api.records.simulation import simulate as write_city

    clock = StageClock(quiet=as_json)
    written = write_city(
        out,
        n_entities=entities,
        years=years,
        seed=seed,
        file_format=file_format,
        last_day=parse_date(last_day, what="--last-day"),
        is_dirty=is_dirty,
        progress=clock,
    )
    clock.close()
    if as_json:
        show_json(written.as_json())
        return
    translate = current_translate()
    rows = [[name, f"{n:,}"] for name, n in written.rows.items()]
    show_table(str(out), [translate(N_("table")), translate(N_("rows"))], rows)


def ingest(
    paths: PathsArgument,
    mapping: MappingOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Load source files: all tables at once or nothing; the same content twice is one load."""
    from engine.api.records.intake import ingest as load
    from engine.api.workspace import open_workspace

    clock = StageClock(quiet=as_json)
    report = load(
        open_workspace(workspace, create=True),
        paths,
        mapping=mapping,
        actor=current_actor(),
        clock=current_time,
        progress=clock,
    )
    clock.close()
    if as_json:
        show_json(report.as_json())
        return
    show_loads(report.loads)


def show_loads(loads: Sequence["TableLoad"]) -> None:
    """Print what a load did to each table, and what its accepted rows should be looked at for."""
    translate = current_translate()
    heads = [N_("table"), N_("rows in"), N_("accepted"), N_("quarantined"), N_("duplicates"), N_("load")]
    rows = [
        [
            each.table,
            f"{each.rows_in:,}",
            f"{each.accepted:,}",
            f"{each.quarantined:,}",
            f"{each.duplicates:,}",
            each.load_id,
        ]
        for each in loads
    ]
    show_table(translate(N_("Loaded")), [translate(head) for head in heads], rows)
    for each in loads:
        if not each.rows_in:
            show_line("! " + translate(N_("{table}: the file holds no row")).format(table=each.table))
    if waiting := sum(each.quarantined for each in loads):
        text = N_("{n} row(s) wait in quarantine; why: {command}")
        show_line("! " + translate(text).format(n=f"{waiting:,}", command=own_call("quarantine", "list")))
    text = translate(N_("{n} accepted row(s) of {table} break {check}, e.g. {example}"))
    for each in loads:
        for check, (n, example) in sorted(each.warnings.items()):
            show_line("! " + text.format(n=n, table=each.table, check=check, example=example))


def loads(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List every load of the workspace."""
    from engine.api.records.intake import loads as listed
    from engine.api.workspace import open_workspace

    records = listed(open_workspace(workspace, create=False))
    if as_json:
        show_json({"loads": [asdict(record) for record in records]})
        return
    translate = current_translate()
    heads = [N_("load"), N_("at"), N_("by"), N_("table"), N_("rows in"), N_("accepted"), N_("quarantined")]
    rows = [
        [
            r.load_id if r.stands else f"({r.load_id})",
            r.loaded_at[:16],
            r.actor,
            r.table,
            f"{r.rows_in:,}",
            f"{r.accepted:,}",
            f"{r.quarantined:,}",
        ]
        for r in records
    ]
    show_table(translate(N_("Loads")), [translate(head) for head in heads], rows)


def reverse(
    load: Annotated[str, typer.Argument(help=N_("Load to take back, as 'xinheng loads' names it."))],
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take one load back, all its tables at once."""
    from engine.api.records.intake import reverse as take_back
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    found = take_back(opened, load, reason=reason, actor=current_actor(), clock=current_time)
    if as_json:
        show_json(
            {"load_id": load, "tables": {t: {"taken_back": n, "held_by_later": m} for t, (n, m) in found.items()}}
        )
        return
    translate = current_translate()
    heads = [N_("table"), N_("rows taken back"), N_("held by later loads")]
    show_table(load, [translate(head) for head in heads], [[t, f"{n:,}", f"{m:,}"] for t, (n, m) in found.items()])


def quarantine_list(
    table: TableOption = None,
    limit: LimitOption = 50,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List quarantined rows with every reason."""
    from engine.api.records.quarantine import quarantine_as_json, quarantined_rows
    from engine.api.workspace import open_workspace

    translate = current_translate()
    rows = quarantined_rows(open_workspace(workspace, create=False), table=table, limit=limit)
    if as_json:
        show_json({"rows": quarantine_as_json(rows, translate=translate)})
        return
    for row in rows:
        reasons = " ".join(reason.render(translate) for reason in row.reasons)
        show_line(f"{row.table} · {row.source_file}:{row.source_line} · {reasons}")
    if not rows:
        show_line(translate(N_("No row is in quarantine.")))


def quarantine_export(
    out: SheetOption,
    table: TableOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write quarantined rows as a workbook to be put right."""
    from engine.api.records.quarantine import export_quarantine
    from engine.api.workspace import open_workspace

    translate = current_translate()
    opened = open_workspace(workspace, create=False)
    written = export_quarantine(opened, out, table=table, translate=translate)
    if as_json:
        show_json({"path": str(written.path), "rows": written.rows})
        return
    if not written.rows:
        show_line(translate(N_("No row is in quarantine.")))
        return
    text = N_("{n} row(s) written to {path}; correct them there and bring them back with 'xinheng quarantine retry'.")
    show_line(translate(text).format(n=sum(written.rows.values()), path=written.path))


def quarantine_retry(
    sheet: SheetArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Take a fix sheet back: only changed rows are validated again."""
    from engine.api.records.quarantine import retry_quarantine
    from engine.api.workspace import open_workspace

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    taken = retry_quarantine(opened, sheet, actor=current_actor(), clock=current_time, progress=clock)
    clock.close()
    counts = {
        "corrected": taken.corrected,
        "discarded": taken.discarded,
        "unchanged": taken.unchanged,
        "settled_before": taken.settled_before,
    }
    if as_json:
        show_json({**counts, "loads": [each.as_json() for each in taken.loads]})
        return
    show_loads(taken.loads)
    text = N_("{corrected} corrected, {discarded} discarded, {unchanged} unchanged, {settled_before} settled before.")
    show_line(current_translate()(text).format(**counts))


def templates(out: SheetOption, table: TableOption = None, as_json: JsonOption = False) -> None:
    """Write an empty workbook of the contract tables, with notes and drop-down lists."""
    from engine.api.records.quarantine import template_workbook

    tables = template_workbook(out, table=table)
    if as_json:
        show_json({"path": str(out), "tables": tables})
        return
    show_line(current_translate()(N_("{path}: {n} sheet(s)")).format(path=out, n=len(tables)))
