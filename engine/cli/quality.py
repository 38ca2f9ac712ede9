"""``xinheng quality``: what the sources are worth today, and the gate that scoring and the draw respect."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from engine.api.records.quality import QualityReport

COLOURS = {"green": N_("green"), "amber": N_("amber"), "red": N_("red")}


def quality(
    as_of: Annotated[str | None, typer.Option("--as-of", help=N_("What was known on this day; default: all."))] = None,
    override: Annotated[
        str | None, typer.Option("--override", help=N_("Go on although it is red; the reason stays on record."))
    ] = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show rows, freshness, coverage and drift per source, and the gate's colour."""
    from engine.api.records.quality import override_quality, quality_report
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    day = as_of_date(as_of) if as_of else None
    if override is None:
        report = quality_report(opened, as_of=day, profile=profile)
    else:
        report = override_quality(
            opened, as_of=day, reason=override, actor=current_actor(), clock=current_time, profile=profile
        )
    if as_json:
        show_json(_as_json(report))
        return
    _show(report)


def _as_json(report: "QualityReport") -> dict[str, object]:
    from engine.api.records.quality import table_as_json

    translate = current_translate()
    override = report.override
    return {
        "as_of": report.as_of,
        "colour": report.colour,
        "is_blocking": report.is_blocking,
        "reference": report.reference,
        "override": None if override is None else {"actor": override.actor, "reason": override.reason},
        "findings": [
            {"table": f.table, "measure": f.measure, "colour": f.colour, "sentence": f.sentence.render(translate)}
            for f in report.findings
        ],
        "tables": [table_as_json(each, on=report.as_of) for each in report.tables],
        "loads": [asdict(each) for each in report.loads],
    }


def _show(report: "QualityReport") -> None:
    translate = current_translate()
    heads = [N_("table"), N_("rows in"), N_("accepted"), N_("quarantined"), N_("waiting"), N_("duplicates"),
             N_("delivered"), N_("newest record"), N_("register covered"), N_("not on the register")]  # fmt: skip
    rows = [
        [t.table, f"{t.rows_in:,}", f"{t.accepted:,}", f"{t.quarantined:,}", f"{t.waiting:,}", f"{t.duplicates:,}",
         t.delivered_on, t.last_known_at or "–", "–" if t.coverage is None else f"{t.coverage:.1%}",
         f"{t.n_unregistered:,}"]
        for t in report.tables
    ]  # fmt: skip
    name, colour = translate(N_("Data quality")), translate(COLOURS[report.colour.value])
    show_table(f"{name} · {report.as_of} · {colour}", [translate(head) for head in heads], rows)
    for finding in report.findings:
        show_line(f"{translate(COLOURS[finding.colour.value])} · {finding.sentence.render(translate)}")
    if report.override is not None:
        text = translate(N_("Overridden by {actor}: {reason}"))
        show_line(text.format(actor=report.override.actor, reason=report.override.reason))
