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
    import pandas as pd

    from engine.api.records.held_back import Reach
    from engine.api.records.quality import QualityReport
    from engine.store.workspaces.quality import LoadQuality

_TOP = 10
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
    from engine.api.records.held_back import last_good_loads, waiting_reach, waiting_reasons
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
    reasons, reach = waiting_reasons(opened), waiting_reach(opened)
    good = last_good_loads(report.loads, on=report.as_of, profile=profile)
    if as_json:
        show_json({**_as_json(report), **_waiting_as_json(reasons, reach), "last_good": _good_as_json(good)})
        return
    _show(report)
    _show_waiting(reasons, reach)


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


def _waiting_as_json(reasons: "pd.DataFrame", reach: "Reach") -> dict[str, object]:
    translate = current_translate()
    told = reasons.assign(reason=[each.render(translate) for each in reasons["reason"]])
    return {
        "reasons": told.to_dict("records"),
        "reach": {**asdict(reach), "share": reach.share, "by_source": reach.by_source.to_dict("records")},
    }


def _good_as_json(good: "dict[str, LoadQuality]") -> dict[str, object]:
    return {table: {"load_id": each.load_id, "loaded_at": each.loaded_at} for table, each in sorted(good.items())}


def _show_waiting(reasons: "pd.DataFrame", reach: "Reach") -> None:
    translate = current_translate()
    if len(reasons):
        rows = [
            [row["table"], row["reason"].render(translate), f"{row['n_rows']:,}"]
            for row in reasons.head(_TOP).to_dict("records")
        ]
        heads = [translate(each) for each in (N_("table"), N_("reason"), N_("rows"))]
        show_table(translate(N_("Why rows wait")), heads, rows)
    if reach.n_graded:
        line = translate(N_("{n} of {graded} graded objects have a waiting row: their grade could change."))
        show_line(line.format(n=f"{reach.n_affected:,}", graded=f"{reach.n_graded:,}"))
    if reach.n_nameless:
        line = translate(N_("{n} waiting row(s) name no object that could be looked up."))
        show_line(line.format(n=f"{reach.n_nameless:,}"))
