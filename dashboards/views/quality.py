"""Data quality: may one score and draw on these records; what waits in quarantine, and the sheet that mends it."""

import tempfile
from collections.abc import Hashable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, delivery, guard, parts, quality_charts, queries, words
from dashboards.definitions import QUALITY
from dashboards.drawing import show_chart
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.marts.quality import held_quality
from engine.api.records import held_back
from engine.api.records import quality as measures
from engine.api.records.quarantine import SheetTaken, export_quarantine, quarantined_rows, retry_quarantine
from engine.errors import TableMissingError
from engine.messages import N_, Message

LIGHTS = {
    "green": (N_("✓ Records may be scored and drawn on"), "green"),
    "amber": (N_("▲ Look before scoring; nothing is blocked"), "orange"),
    "red": (N_("✗ Scoring and draws are blocked"), "red"),
}
MARKS = {"green": "✓", "amber": "▲", "red": "✗"}
SHOWN = 200
TOP = 10
MOST_LOADS = 24


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Data quality"), QUALITY, view=view, is_measured=False)
    acts.tell_done()
    if not view.desk.viewer.scope.is_whole:
        st.info(_("Sources are judged whole: this page is for people who may see every district and department."))
        return
    try:
        report = queries.kept(view, held_quality, needs=Action.SEE_QUALITY)
    except TableMissingError:
        report = None
    if report is None or not report.tables:
        delivery.offer(view)
        parts.nothing_yet(_("Nothing was loaded into this workspace yet."), command="xinheng ingest --help")
        return
    said, colour = LIGHTS[report.colour.value]
    st.badge(_(said) + " · " + words.day(report.as_of), color=colour)
    if report.override is not None:
        st.warning(
            _("{name} took responsibility for the red findings: {reason}").format(
                name=report.override.actor, reason=report.override.reason
            )
        )
    _sources(report, view)
    _findings(report, view)
    _reach(view)
    _quarantine(view)
    _trend(report, view)
    _loads(report, view)
    delivery.offer(view)


def _sources(report: measures.QualityReport, view: View) -> None:
    """One line per source: rows in, accepted, held back; how old; how much of the register it covers."""
    _ = view.translate
    st.subheader(_("Sources"))
    rows = [measures.table_as_json(each, on=report.as_of) for each in report.tables]
    worst, good = _worst(report), held_back.last_good_loads(report.loads, on=report.as_of)
    last = [good[each.table].loaded_at if each.table in good else None for each in report.tables]
    table = pd.DataFrame(
        {
            _("Source"): [words.table_name(str(row["table"]), _) for row in rows],
            _("Light"): [MARKS[worst.get(str(row["table"]), "green")] for row in rows],
            _("Rows in"): [row["rows_in"] for row in rows],
            _("Accepted"): [row["accepted"] for row in rows],
            _("Duplicates"): [row["duplicates"] for row in rows],
            _("Quarantined"): [row["quarantined"] for row in rows],
            _("Waiting"): [row["waiting"] for row in rows],
            _("Last good load"): [words.NOTHING if each is None else words.moment(each) for each in last],
            _("Days since delivery"): [row["delivery_age_days"] for row in rows],
            _("Promised days"): [words.count(_number(row["freshness_days"])) for row in rows],
            _("Covers of the register"): [words.share(_number(row["coverage"])) for row in rows],
        }
    )
    parts.table(table, name="sources", view=view)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _worst(report: measures.QualityReport) -> dict[str, str]:
    order = list(MARKS)
    worst: dict[str, str] = {}
    for each in report.findings:
        held = worst.get(each.table, "green")
        worst[each.table] = max(held, each.colour.value, key=order.index)
    return worst


def _findings(report: measures.QualityReport, view: View) -> None:
    _ = view.translate
    st.subheader(_("What is over its limit"))
    if not report.findings:
        st.caption(_("No measure is over its limit."))
        return
    table = pd.DataFrame(
        {
            _("Light"): [MARKS[each.colour.value] for each in report.findings],
            _("Source"): [words.table_name(each.table, _) for each in report.findings],
            _("What was found"): [_found(each, view) for each in report.findings],
        }
    )
    parts.plain_table(table)
    parts.export_menu({"findings": table}, name="findings", view=view)


def _found(each: measures.QualityFinding, view: View) -> str:
    """Return the sentence of a finding with the names of table, column and code in the place of what a file holds."""
    _ = view.translate
    said = each.sentence
    params = {**said.params, "table": words.table_name(each.table, _)}
    if column := str(said.params.get("column", "")):
        params["column"] = words.column_name(each.table, column, _)
        if "code" in params:
            params["code"] = words.code_name(column, str(params["code"]), _)
    return Message(said.template, params).render(_)


def _reach(view: View) -> None:
    """Say why rows wait, the most frequent reason first, and how many graded objects they speak of."""
    _ = view.translate
    st.subheader(_("Why rows wait, and whose grade they could change"))
    reach = queries.kept(view, held_back.waiting_reach, needs=Action.SEE_QUALITY)
    if not reach.n_rows:
        st.caption(_("No row waits: no grade hangs on quarantine."))
        return
    counts = (
        (_("Rows waiting"), words.count(reach.n_rows)),
        (_("Graded objects concerned"), words.count(reach.n_affected)),
        (_("Share of all graded"), words.share(reach.share)),
        (_("Rows that name no object"), words.count(reach.n_nameless)),
    )
    for place, (name, said) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, said, border=True)
    if reach.as_of is None:
        st.caption(_("Nothing was graded yet."))
    else:
        st.caption(
            _("Of {n} objects graded as of {as_of}; their grade could change once the rows are mended.").format(
                n=words.count(reach.n_graded), as_of=words.day(reach.as_of)
            )
        )
    reasons = queries.kept(view, held_back.waiting_reasons, needs=Action.SEE_QUALITY)
    said = [_reason(row, view) for row in reasons.to_dict("records")]
    table = pd.DataFrame(
        {
            _("Source"): [words.table_name(each, _) for each in reasons["table"]],
            _("What is wrong"): said,
            _("Rows"): reasons["n_rows"].map(words.count),
        }
    )
    by_source = pd.DataFrame(
        {
            _("Source"): [words.table_name(each, _) for each in reach.by_source["table"]],
            _("Rows waiting"): reach.by_source["n_rows"].map(words.count),
            _("Objects named"): reach.by_source["n_objects"].map(words.count),
            _("Of these graded"): reach.by_source["n_graded"].map(words.count),
            _("Read by grades"): [_("yes") if each else _("no") for each in reach.by_source["is_read"]],
        }
    )
    parts.plain_table(table.head(TOP))
    parts.plain_table(by_source)
    st.caption(_("A row with several faults counts under each of them; an object counts once."))
    parts.export_menu({"reasons": table, "reach": by_source}, name="waiting", view=view)


def _reason(row: Mapping[Hashable, Any], view: View) -> str:
    column = words.column_name(row["table"], row["column"], view.translate) if row["column"] else ""
    return Message(row["reason"].template, {"column": column}).render(view.translate)


def _quarantine(view: View) -> None:
    """Show the rows that wait with every reason; out as a sheet, back with what was mended."""
    _ = view.translate
    st.subheader(_("Quarantine"))
    rows = queries.kept(view, quarantined_rows, needs=Action.SEE_QUALITY, limit=SHOWN)
    if not rows:
        st.caption(_("No row waits."))
        return
    if len(rows) == SHOWN:
        st.caption(_("The first {n} rows; the sheet holds every one.").format(n=SHOWN))
    sources = ("", *dict.fromkeys(row.table for row in rows))
    chosen = choose(
        st.selectbox,
        _("Source"),
        sources,
        name="source",
        default="",
        label_of=lambda each: words.table_name(each, _) if each else _("all"),
    )
    shown = [row for row in rows if chosen in ("", row.table)]
    parts.long_table(
        pd.DataFrame(
            {
                _("Source"): [words.table_name(row.table, _) for row in shown],
                _("File"): [row.source_file for row in shown],
                _("Line of the file"): [row.source_line for row in shown],
                _("What is wrong"): ["; ".join(each.render(_) for each in row.reasons) for row in shown],
                _("As delivered"): [row.original for row in shown],
            }
        )
    )
    guard.download(
        _("Fix sheet (XLSX)"), partial(_sheet, view, chosen), file_name="fix-sheet.xlsx", view=view, key="fix_sheet"
    )
    _taken_back(view)


def _sheet(view: View, source: str) -> bytes:
    """Return the waiting rows as the workbook to be put right."""
    with tempfile.TemporaryDirectory() as held, view.desk.reading(Action.SEE_QUALITY) as workspace:
        path = Path(held) / "fix-sheet.xlsx"
        export_quarantine(workspace, path, table=source or None, translate=view.translate)
        return path.read_bytes() if path.exists() else b""


def _taken_back(view: View) -> None:
    _ = view.translate
    if not acts.offered(view, Action.MEND_DATA):
        return
    with st.form("mend", clear_on_submit=True):
        sheet = st.file_uploader(_("Mended sheet: only its changed rows are validated again"), type="xlsx")
        asked = st.form_submit_button(_("Take it back"), type="primary")
    if asked and sheet is None:
        st.error(_("No file was chosen."))
    elif asked:
        acts.act(
            view,
            Action.MEND_DATA,
            partial(_mended, view, sheet.getvalue()),
            said=lambda done: _("{corrected} row(s) corrected, {discarded} left out, {unchanged} still wait.").format(
                corrected=done.corrected, discarded=done.discarded, unchanged=done.unchanged
            ),
        )


def _mended(view: View, content: bytes, workspace: Any) -> SheetTaken:
    with tempfile.TemporaryDirectory() as held:
        path = Path(held) / "fix-sheet.xlsx"
        path.write_bytes(content)
        return retry_quarantine(workspace, path, actor=view.desk.viewer.actor, clock=view.desk.clock)


def _trend(report: measures.QualityReport, view: View) -> None:
    """Show load by load how many rows came in and which share was held back, of one source or of all."""
    _ = view.translate
    st.subheader(_("Rows in and held back, load by load"))
    sources = ("", *(each.table for each in report.tables))
    chosen = choose(
        st.selectbox,
        _("Source of the trend"),
        sources,
        name="trend_source",
        default="",
        label_of=lambda each: words.table_name(each, _) if each else _("all"),
    )
    found = held_back.trend(report.loads)
    found = found[found["table"] == chosen].reset_index(drop=True)
    table = pd.DataFrame(
        {
            _("Loaded"): found["loaded_at"].map(words.moment),
            _("Rows in"): found["rows_in"].map(words.count),
            _("Accepted"): found["accepted"].map(words.count),
            _("Quarantined"): found["quarantined"].map(words.count),
            _("Share quarantined"): found["share"].map(words.share),
            _("Load"): found["load_id"],
        }
    )
    shown = found.assign(place=[f"{at + 1}" for at in found.index], day=found["loaded_at"].map(words.moment))
    said = _("Rows in and held back, load by load")
    last = shown.tail(MOST_LOADS)
    show_chart(quality_charts.rows_in(last, translate=_), alt_text=_("Rows in"))
    parts.chart_with_table(quality_charts.held_back(last, translate=_), table, alt_text=said, translate=_)
    st.caption(_("The last {n} loads; the table holds all.").format(n=min(MOST_LOADS, len(shown))))
    parts.export_menu({"trend": table}, name="load-trend", view=view)


def _loads(report: measures.QualityReport, view: View) -> None:
    _ = view.translate
    st.subheader(_("Loads"))
    loads = report.loads[::-1]
    table = pd.DataFrame(
        {
            _("Loaded"): [words.moment(each.loaded_at) for each in loads],
            _("Source"): [words.table_name(each.table, _) for each in loads],
            _("Rows in"): [each.rows_in for each in loads],
            _("Accepted"): [each.accepted for each in loads],
            _("Quarantined"): [each.quarantined for each in loads],
            _("Duplicates"): [each.duplicates for each in loads],
            _("Load"): [each.load_id for each in loads],
        }
    )
    parts.table(table, name="loads", view=view)


show(current_view())
