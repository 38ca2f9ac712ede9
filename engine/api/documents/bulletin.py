"""The periodic bulletin (绩效通报) and its workbook: the figures of a period as people read them.

Every number is a cell of the tables of :mod:`engine.api.figures.kpis` and :mod:`engine.api.punishment.cases`, written
once by :func:`engine.api.figures.kpis.shown_values`; screen, PDF, DOCX and workbook say the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from engine.api.documents.conference import lateness
from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.kpis import (
    Period,
    department_names,
    frozen_groupings,
    frozen_versions,
    scorecards_of,
    shown_values,
    values,
)
from engine.api.policies.check import read_policies
from engine.api.punishment.funnel import funnel_of
from engine.api.punishment.standing import standing_cases
from engine.api.reading.draws import simulated
from engine.api.workspace import Workspace
from engine.errors import TableMissingError
from engine.messages import N_, Message, Translate
from engine.outcomes.punishment import STEP_WORDS
from engine.parameters import PolicyBook
from engine.store.outputs.report_files import CHART_FONT, Part, Report, report_docx, report_pdf
from engine.store.outputs.table_files import xlsx_bytes

__all__ = ["bulletin", "bulletin_tables", "one_pager", "report_docx", "report_pdf", "tables_in_force", "workbook"]
BAR = "#1F4E79"
_FROZEN = N_("Frozen on {day}, version {version}; the records of that day count.")
MOST_LATE = 6
"""Departments listed as late on the page for the leadership."""


def bulletin_tables(workspace: Workspace, *, book: PolicyBook, period: Period, as_of: date) -> dict[str, pd.DataFrame]:
    """Return the tables a bulletin prints: figures, by_department, departments, districts, punishment, measures.

    A period that is frozen has its frozen figures, whatever became known since.
    """
    if frozen_versions(workspace, period=period):
        as_of, _, by = frozen_groupings(workspace, period=period)
    else:
        facts = read_facts(workspace, book=book, as_of=as_of)
        terms = {"book": book, "period": period, "as_of": as_of, "facts": facts}
        by = {name: values(workspace, by=name, **terms) for name in ("all", "department", "district")}  # type: ignore[arg-type]
    found = {"figures": by["all"], "by_department": by["department"]}
    for name in ("department", "district"):
        found[f"{name}s"] = scorecards_of(workspace, by[name], book=book, period=period, as_of=as_of)
    found["punishment"], found["measures"] = _funnels(workspace, book=book, as_of=as_of)
    return found


def tables_in_force(workspace: Workspace, *, profile: str, period: Period, as_of: date) -> dict[str, pd.DataFrame]:
    """Return :func:`bulletin_tables` by the policies of the workspace: all forms are written from them."""
    return bulletin_tables(workspace, book=read_policies(profile, workspace=workspace), period=period, as_of=as_of)


def _funnels(workspace: Workspace, *, book: PolicyBook, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps of joint punishment over all, and how often each measure was applied."""
    try:
        found = standing_cases(workspace, book=book, on=as_of)
    except TableMissingError:
        none = pd.DataFrame(columns=["step", "n", "share", "median_days"])
        return none, pd.DataFrame(columns=["measure_id", "triggered", "applied"])
    of_measure = found.groupby("measure_id", as_index=False)
    by = of_measure.agg(triggered=("punishment_id", "size"), applied=("applied_on", "count"))
    return funnel_of(found, book=book, as_of=as_of), by


def records_day(workspace: Workspace, *, period: Period, as_of: date) -> date:
    """Return the day whose records a document of a period rests on: that of its frozen version, else the day given."""
    return frozen_groupings(workspace, period=period)[0] if frozen_versions(workspace, period=period) else as_of


def bulletin(
    workspace: Workspace,
    *,
    book: PolicyBook,
    period: Period,
    as_of: date,
    translate: Translate,
    language: str,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Report:
    """Return the bulletin of a period in one language.

    Parameters
    ----------
    tables : of :func:`bulletin_tables`, counted before; None counts them.
    """
    tables = tables or bulletin_tables(workspace, book=book, period=period, as_of=as_of)
    names = department_names(workspace, as_of=as_of)
    version = len(frozen_versions(workspace, period=period))
    as_of = records_day(workspace, period=period, as_of=as_of)
    said = [
        Message(N_("Records known on {day}; profile {profile}."), {"day": as_of.isoformat(), "profile": book.profile}),
        Message(
            N_("Frozen on {day}, version {version}; the records of that day count."), {"day": as_of, "version": version}
        )
        if version
        else Message(N_("Not frozen yet: figures may still change.")),
        Message(N_("No figure that counts checks or fines earns points (国办发〔2024〕54号).")),
    ]
    parts = [
        _figures(tables["figures"], translate),
        _scores(tables["departments"], names, translate, title=N_("Scorecards of the departments")),
        _scores(tables["districts"], {}, translate, title=N_("Scorecards of the districts")),
        *_by_department(tables["by_department"], names, translate),
        _punishment(tables["punishment"], translate),
        _measures(tables["measures"], translate),
    ]
    return Report(
        title=translate(N_("Bulletin of supervision")),
        subtitle=period.name,
        footer=f"{translate(N_('Bulletin of supervision'))} {period.name} · {as_of.isoformat()}",
        remarks=[one.render(translate) for one in said],
        parts=[part for part in parts if part.rows],
        language=language,
        notice=simulated(workspace, translate),
    )


def one_pager(
    workspace: Workspace, *, book: PolicyBook, period: Period, as_of: date, translate: Translate, language: str
) -> Report:
    """Return one page for the leadership: figures with a target, who reached how much of them, who is late."""
    tables = bulletin_tables(workspace, book=book, period=period, as_of=as_of)
    as_of = records_day(workspace, period=period, as_of=as_of)
    names = department_names(workspace, as_of=as_of)
    aimed = tables["figures"][tables["figures"]["target"].notna()]
    missed = int((~aimed["meets_target"].astype("boolean")).fillna(value=False).sum())
    late = lateness(workspace, book=book, as_of=as_of)
    by = late.groupby("department", sort=True).agg(n=("n", "sum"), days=("longest", "max")).reset_index()
    by = by.sort_values(["n", "department"], ascending=[False, True]).head(MOST_LATE)
    said = [
        Message(
            N_("{missed} of {n} figures with a target miss it; {late} matters are late on {day}."),
            {"missed": missed, "n": int(aimed["value"].notna().sum()), "late": int(late["n"].sum()), "day": as_of},
        )
    ]
    heads = [N_("department"), N_("matters that are late"), N_("Longest (days)")]
    rows = [
        [_called(str(row["department"]), names) or "–", f"{row['n']:,}", f"{row['days']}"]
        for row in by.to_dict("records")
    ]
    title = translate(N_("Supervision on one page"))
    parts = [
        _figures(aimed, translate),
        _scores(tables["departments"], names, translate, title=N_("Scorecards of the departments")),
        Part(translate(N_("What is late")), _translated(heads, translate), rows),
    ]
    return Report(
        title=title,
        subtitle=period.name,
        footer=f"{title} {period.name} · {as_of.isoformat()}",
        remarks=[one.render(translate) for one in said],
        parts=[part for part in parts if part.rows],
        language=language,
        notice=simulated(workspace, translate),
    )


def workbook(
    workspace: Workspace,
    *,
    book: PolicyBook,
    period: Period,
    as_of: date,
    translate: Translate,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> bytes:
    """Return the tables of a bulletin as XLSX: the figures, the cards, and one sheet per department.

    Parameters
    ----------
    tables : of :func:`bulletin_tables`, counted before; None counts them.
    """
    tables = tables or bulletin_tables(workspace, book=book, period=period, as_of=as_of)
    names = department_names(workspace, as_of=as_of)
    sheets = {
        translate(N_("Figures")): _sheet(tables["figures"], translate),
        translate(N_("Scorecards of the departments")): tables["departments"],
        translate(N_("Scorecards of the districts")): tables["districts"].drop(columns="name"),
        translate(N_("Joint punishment")): tables["punishment"],
    }
    for code, own in tables["by_department"].groupby("department_code", sort=True):
        sheets[_called(str(code), names)] = _sheet(own, translate)
    return xlsx_bytes({name: table for name, table in sheets.items() if len(table)})


def _sheet(table: pd.DataFrame, translate: Translate) -> pd.DataFrame:
    shown = shown_values(table)
    titles = [title.render(translate) for title in shown["title"]]
    return table.reset_index(drop=True).assign(title=titles).drop(columns=["department_code", "district_code"])


def _figures(table: pd.DataFrame, translate: Translate) -> Part:
    heads = [N_("figure"), N_("value"), N_("above / below"), N_("target"), N_("target met")]
    rows = [
        [row["title"].render(translate), row["shown"], row["counts"], row["shown_target"], row["mark"]]
        for row in shown_values(table).to_dict("records")
    ]
    remark = translate(N_("● target met, ○ missed; rows count once they can no longer be done in time."))
    return Part(translate(N_("Figures of the period")), _translated(heads, translate), rows, remark)


def _scores(table: pd.DataFrame, names: dict[str, str], translate: Translate, *, title: str) -> Part:
    is_department = title == N_("Scorecards of the departments")
    code = "department_code" if is_department else "district_code"
    held = table[table[code] != ""].sort_values(["score", code], ascending=[False, True])
    heads = [N_("department") if is_department else N_("district"), N_("share of targets reached"), N_("points")]
    heads += [N_("out of"), N_("figures")]
    rows, bars = [], []
    for row in held.to_dict("records"):
        called = _called(str(row[code]), names)
        rows.append([called, f"{row['score']:.1%}", f"{row['points']:.1f}", f"{row['out_of']:.0f}", f"{row['n_kpis']}"])
        bars.append({"name": called, "score": round(float(row["score"]), 6), "text": f"{row['score']:.1%}"})
    return Part(translate(title), _translated(heads, translate), rows, chart=_bars(bars) if bars else None)


def _by_department(table: pd.DataFrame, names: dict[str, str], translate: Translate) -> list[Part]:
    """A table per department that has any row."""
    parts = []
    heads = [N_("figure"), N_("value"), N_("above / below"), N_("target"), N_("target met")]
    for code, own in table[table["department_code"] != ""].groupby("department_code", sort=True):
        rows = [
            [row["title"].render(translate), row["shown"], row["counts"], row["shown_target"], row["mark"]]
            for row in shown_values(own).to_dict("records")
        ]
        parts.append(Part(_called(str(code), names), _translated(heads, translate), rows))
    return parts


def _punishment(table: pd.DataFrame, translate: Translate) -> Part:
    heads = [N_("step"), N_("cases"), N_("share of those triggered"), N_("median days after the step before")]
    rows = [
        [
            translate(STEP_WORDS[str(row["step"])]),
            f"{row['n']:,}",
            "–" if pd.isna(row["share"]) else f"{row['share']:.1%}",
            "–" if pd.isna(row["median_days"]) else f"{row['median_days']:.1f}",
        ]
        for row in table.to_dict("records")
    ]
    return Part(translate(N_("Joint punishment by step")), _translated(heads, translate), rows)


def _measures(table: pd.DataFrame, translate: Translate) -> Part:
    heads = [N_("measure of punishment"), N_("cases"), N_("applications")]
    rows = [[row["measure_id"], f"{row['triggered']:,}", f"{row['applied']:,}"] for row in table.to_dict("records")]
    return Part(translate(N_("Restrictions by measure")), _translated(heads, translate), rows)


def _bars(rows: Sequence[dict[str, object]]) -> dict[str, object]:
    """A Vega-Lite chart of horizontal bars, the best first."""
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 260}}
    x = {"field": "score", "type": "quantitative", "title": None, "axis": {"format": "%"}, "scale": {"domain": [0, 1]}}
    text = {"type": "text", "align": "left", "dx": 4}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": {"font": CHART_FONT},
        "width": 520,
        "height": {"step": 22},
        "data": {"values": list(rows)},
        "layer": [
            {"mark": {"type": "bar", "color": BAR}, "encoding": {"x": x, "y": y}},
            {"mark": text, "encoding": {"x": x, "y": y, "text": {"field": "text", "type": "nominal"}}},
        ],
    }


def _called(code: str, names: dict[str, str]) -> str:
    return f"{names[code]}（{code}）" if code in names else code


def _translated(heads: Sequence[str], translate: Translate) -> list[str]:
    return [translate(head) for head in heads]
