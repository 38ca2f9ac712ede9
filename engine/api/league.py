"""Departments or districts beside each other for one share: figures with intervals, and who lies beyond chance."""

from datetime import date

import pandas as pd

from engine.api.kpis import department_names, period_named, values
from engine.api.plan_book import rows_on
from engine.api.policies import read_policies
from engine.errors import TableMissingError
from engine.kpis.funnel import funnel_limits, verdicts
from engine.kpis.registry import KPIS
from engine.messages import Message
from engine.store.workspace import Workspace

__all__ = ["funnel_limits", "league", "meanings", "shares"]


def shares() -> dict[str, str]:
    """Return the shares that can be compared, code to title (a template)."""
    return {kpi.code: kpi.title.template for kpi in KPIS if kpi.kind == "share"}


def meanings() -> dict[str, tuple[Message, Message]]:
    """Return what each share counts, code to numerator and denominator."""
    return {kpi.code: (kpi.numerator, kpi.denominator) for kpi in KPIS if kpi.kind == "share"}


def league(
    workspace: Workspace, *, kpi: str, period: str, by: str, as_of: date, profile: str = "default"
) -> pd.DataFrame:
    """Return one share by department or district.

    Parameters
    ----------
    period : ``YYYY`` or ``YYYY-MM``. by : ``department`` or ``district``.

    Returns
    -------
    DataFrame, key code, the largest n first: name, value, numerator, n, low, high, overall (share of all together),
    verdict (above, below, inside the 99.8 % limits of chance). Groups without a row are left out.
    """
    book = read_policies(profile, workspace=workspace)
    found = values(workspace, book=book, period=period_named(period), as_of=as_of, by=by)
    rows = found[(found["kpi"] == kpi) & (found["denominator"] > 0)]
    code = rows["department_code" if by == "department" else "district_code"].astype(str)
    rows = rows.assign(code=code, n=rows["denominator"].astype("int64"))
    overall = float(rows["numerator"].sum()) / float(rows["n"].sum()) if len(rows) else float("nan")
    names = _names(workspace, by=by, as_of=as_of)
    told = rows.assign(
        name=[names.get(each, each) for each in rows["code"]],
        overall=overall,
        verdict=verdicts(rows, rate=overall) if len(rows) else "",
    )
    columns = ["code", "name", "value", "numerator", "n", "low", "high", "overall", "verdict"]
    return told.sort_values(["n", "code"], ascending=[False, True], ignore_index=True)[columns]


def _names(workspace: Workspace, *, by: str, as_of: date) -> dict[str, str]:
    if by == "department":
        return department_names(workspace, as_of=as_of)
    try:
        districts = rows_on(workspace, "districts", on=as_of)
    except TableMissingError:
        return {}
    return dict(zip(districts["district_code"].astype(str), districts["name"].astype(str), strict=True))
