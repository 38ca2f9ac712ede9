"""``xinheng report``: the periodic bulletin and its workbook."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.kpi import AsOfOption, PeriodArgument
from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, ProfileOption, WorkspaceOption, as_of_date, current_time
from engine.cli.output import current_translate, show_json, show_line
from engine.messages import N_


class Form(StrEnum):
    """Forms of a bulletin."""

    PDF = "pdf"
    DOCX = "docx"


DrawArgument = Annotated[str, typer.Argument(help=N_("Draw, e.g. D1."))]
ObjectionArgument = Annotated[str, typer.Argument(help=N_("Number of the objection."))]
OutOption = Annotated[Path | None, typer.Option("--out", help=N_("Where to write it."))]


def bulletin(
    period: PeriodArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the bulletin of a month or a year."""
    from engine.api.documents.bulletin import bulletin, report_docx, report_pdf
    from engine.api.figures.kpis import period_named
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace
    from engine.i18n import chosen_language

    day, asked = as_of_date(as_of) if as_of else current_time().date(), period_named(period)
    opened = open_workspace(workspace, create=False)
    report = bulletin(
        opened,
        book=read_policies(profile, workspace=opened),
        period=asked,
        as_of=day,
        translate=current_translate(),
        language=chosen_language(),
    )
    made = report_pdf(report) if form is Form.PDF else report_docx(report)
    _written(out or Path(f"bulletin-{asked.name}.{form.value}"), made, as_json=as_json)


def one_pager(
    period: PeriodArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write one page for the leadership."""
    from engine.api.documents.bulletin import one_pager as made
    from engine.api.figures.kpis import period_named
    from engine.api.policies.check import read_policies

    def page(opened: Any, name: str, **terms: Any) -> Any:
        return made(opened, book=read_policies(profile, workspace=opened), period=period_named(name), **terms)

    _report("one-pager", period_named(period).name, page, form, out, as_of, workspace, as_json)


def workbook(
    period: PeriodArgument,
    out: OutOption = None,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the tables of the bulletin as a workbook, one sheet per card."""
    from engine.api.documents.bulletin import workbook as made_workbook
    from engine.api.figures.kpis import period_named
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    day, asked = as_of_date(as_of) if as_of else current_time().date(), period_named(period)
    opened = open_workspace(workspace, create=False)
    made = made_workbook(
        opened,
        book=read_policies(profile, workspace=opened),
        period=asked,
        as_of=day,
        translate=current_translate(),
    )
    _written(out or Path(f"scorecards-{asked.name}.xlsx"), made, as_json=as_json)


def conference(
    period: PeriodArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the papers of the joint conference: what is late, and what was decided in the period."""
    from engine.api.documents.conference import conference as made
    from engine.api.figures.kpis import period_named
    from engine.api.policies.check import read_policies

    name = period_named(period).name

    def papers(opened: Any, month: str, **terms: Any) -> Any:
        return made(opened, month, book=read_policies(profile, workspace=opened), **terms)

    _report("conference", name, papers, form, out, as_of, workspace, as_json)


def publicity(
    draw: DrawArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the publicity sheet of a draw's public results."""
    from engine.api.documents.draws import publicity as made

    _report("publicity", draw, made, form, out, as_of, workspace, as_json)


def correction(
    objection: ObjectionArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the notice (更正公示) of a result that was corrected on an objection."""
    from engine.api.documents.correction import correction as made

    _report("correction", objection, made, form, out, as_of, workspace, as_json)


def archive(
    draw: DrawArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("pdf or docx."))] = Form.PDF,
    out: OutOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the archive list of a draw: its files and decisions with their digests."""
    from engine.api.documents.draws import archive as made

    _report("archive", draw, made, form, out, as_of, workspace, as_json)


def _report(
    kind: str, subject: str, make: Callable[..., Any], form: Form, out: Path | None, as_of: str | None,
    workspace: Path, as_json: bool,
) -> None:  # fmt: skip
    from engine.api.documents.bulletin import report_docx, report_pdf
    from engine.api.workspace import open_workspace
    from engine.i18n import chosen_language

    day = as_of_date(as_of) if as_of else current_time().date()
    opened = open_workspace(workspace, create=False)
    report = make(opened, subject, as_of=day, translate=current_translate(), language=chosen_language())
    content = report_pdf(report) if form is Form.PDF else report_docx(report)
    _written(out or Path(f"{kind}-{subject}.{form.value}"), content, as_json=as_json)


def _written(path: Path, content: bytes, *, as_json: bool) -> None:
    from engine.store.draws.folders import write_whole

    write_whole(path, content)
    if as_json:
        show_json({"path": str(path), "bytes": len(content)})
        return
    show_line(current_translate()(N_("Written: {path}")).format(path=path))
