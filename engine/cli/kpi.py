"""``xinheng kpi``: figures that departments and districts are judged by, scorecards, frozen months."""

from enum import StrEnum
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
from engine.cli.output import current_translate, plain, show_json, show_line, show_table
from engine.messages import N_, Translate


class Grouping(StrEnum):
    """What figures are split by."""

    ALL = "all"
    DEPARTMENT = "department"
    DISTRICT = "district"
    BOTH = "both"


PeriodArgument = Annotated[str, typer.Argument(help=N_("Month (2026-06) or year (2026)."))]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help=N_("Records known on this day; today if not given."))]
ByOption = Annotated[Grouping, typer.Option("--by", help=N_("Split by all, department, district or both."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why a later version differs."))]


def list_figures(as_json: JsonOption = False) -> None:
    """List every figure: what over what, when a row counts, its source and rule."""
    from engine.api.figures.kpis import registry

    translate = current_translate()
    rows = registry().to_dict("records")
    said = ("title", "numerator", "denominator", "maturity", "source")
    rows = [row | {name: row[name].render(translate) for name in said} for row in rows]
    if as_json:
        show_json({"kpis": rows})
        return
    heads = [N_("figure"), N_("title"), N_("above"), N_("below"), N_("counts"), N_("reference")]
    cells = [
        [row[name] for name in ("kpi", "title", "numerator", "denominator", "maturity", "reference")] for row in rows
    ]
    show_table(translate(N_("Figures")), [translate(head) for head in heads], cells)


def show(
    period: PeriodArgument,
    by: ByOption = Grouping.ALL,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the figures of a month or a year."""
    from engine.api.figures.kpis import period_named, values
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    day = as_of_date(as_of) if as_of else current_time().date()
    opened, asked = open_workspace(workspace, create=False), period_named(period)
    found = values(opened, book=read_policies(profile, workspace=opened), period=asked, as_of=day, by=by.value)
    if as_json:
        show_json({"period": asked.name, "as_of": day, "values": _objects(found)})
        return
    translate = current_translate()
    _show_values(found, title=f"{asked.name} · {day.isoformat()}", translate=translate)


def scorecards(
    period: PeriodArgument,
    by: ByOption = Grouping.DEPARTMENT,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show points by department or district: share of each target reached, never volume."""
    from engine.api.figures.kpis import period_named, scorecards
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    day = as_of_date(as_of) if as_of else current_time().date()
    opened, asked = open_workspace(workspace, create=False), period_named(period)
    found = scorecards(opened, book=read_policies(profile, workspace=opened), period=asked, as_of=day, by=by.value)
    if as_json:
        show_json({"period": asked.name, "as_of": day, "scorecards": _objects(found)})
        return
    translate = current_translate()
    heads = [
        N_("department"),
        N_("district"),
        N_("points"),
        N_("out of"),
        N_("share of targets reached"),
        N_("figures"),
    ]
    cells = [
        [
            f"{row['department_code']} {row['name']}".strip() or "–",
            row["district_code"] or "–",
            f"{row['points']:.1f}",
            f"{row['out_of']:.0f}",
            f"{row['score']:.1%}",
            row["n_kpis"],
        ]
        for row in found.to_dict("records")
    ]
    show_table(f"{translate(N_('Scorecards'))} · {asked.name}", [translate(head) for head in heads], cells)


def freeze(
    period: PeriodArgument,
    reason: ReasonOption = "",
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put the figures of a finished month on record for good."""
    from engine.api.figures.kpis import freeze, period_named
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    day = as_of_date(as_of) if as_of else current_time().date()
    opened = open_workspace(workspace, create=False)
    found = freeze(
        opened,
        book=read_policies(profile, workspace=opened),
        period=period_named(period),
        as_of=day,
        actor=current_actor(),
        clock=current_time,
        reason=reason,
    )
    if as_json:
        show_json(found)
        return
    said = N_("{period}: version {version}, {n_values} figures, {n_changed} differ from the version before")
    show_line(current_translate()(said).format(**found))


def compare(
    period: PeriodArgument,
    as_of: AsOfOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what differs today from the frozen figures of a month."""
    from engine.api.figures.kpis import compare, period_named
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    day = as_of_date(as_of) if as_of else current_time().date()
    opened, asked = open_workspace(workspace, create=False), period_named(period)
    found = compare(opened, book=read_policies(profile, workspace=opened), period=asked, as_of=day)
    if as_json:
        show_json({"period": asked.name, "as_of": day, "differences": _objects(found)})
        return
    translate = current_translate()
    heads = [N_("figure"), N_("department"), N_("district"), N_("frozen"), N_("today")]
    cells = [
        [
            row["kpi"],
            row["department_code"] or "–",
            row["district_code"] or "–",
            _number(row["frozen"]),
            _number(row["now"]),
        ]
        for row in found.to_dict("records")
    ]
    title = translate(N_("{period}: {n} figure(s) differ from the frozen ones")).format(period=asked.name, n=len(found))
    show_table(title, [translate(head) for head in heads], cells)


def _show_values(found: pd.DataFrame, *, title: str, translate: Translate) -> None:
    from engine.api.figures.kpis import shown_values

    heads = [N_("figure"), N_("department"), N_("district"), N_("value"), N_("above / below"), N_("n"), N_("target")]
    cells = [
        [
            row["title"].render(translate),
            row["department_code"] or "–",
            row["district_code"] or "–",
            row["shown"],
            row["counts"],
            f"{row['n']:,}",
            row["shown_target"],
        ]
        for row in shown_values(found).to_dict("records")
    ]
    show_table(title, [translate(head) for head in heads], cells)


def _objects(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON holds them: numbers as numbers, what there is not as null."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): _cell(value) for name, value in row.items()} for row in rows]


def _cell(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else plain(value)


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.4g}"
