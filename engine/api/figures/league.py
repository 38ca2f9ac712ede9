"""Departments or districts beside each other for one share: figures with intervals, and who lies beyond chance."""

from datetime import date

import pandas as pd

from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.kpis import LEAST, department_names, period_named
from engine.api.plans.book import rows_on
from engine.api.policies.check import read_policies
from engine.errors import TableMissingError
from engine.kpis.declaration import Facts, Kind
from engine.kpis.funnel import funnel_limits, verdicts
from engine.kpis.registry import KPIS
from engine.kpis.values import kpi_values
from engine.messages import Message
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

__all__ = ["BY", "COLUMNS", "funnel_limits", "league_table", "meanings", "shares"]

BY = ("district", "department")
COLUMNS = ("kpi", "code", "name", "value", "numerator", "n", "low", "high", "overall", "verdict")
_SHARES = tuple(kpi for kpi in KPIS if kpi.kind is Kind.SHARE)


def shares() -> dict[str, str]:
    """Return the shares that can be compared, code to title (a template)."""
    return {kpi.code: kpi.title.template for kpi in _SHARES}


def meanings() -> dict[str, tuple[Message, Message]]:
    """Return what each share counts, code to numerator and denominator."""
    return {kpi.code: (kpi.numerator, kpi.denominator) for kpi in _SHARES}


def league_table(
    workspace: Workspace,
    *,
    period: str,
    by: str,
    as_of: date,
    profile: str = "default",
    book: PolicyBook | None = None,
    facts: Facts | None = None,
) -> pd.DataFrame:
    """Return every share by department or district.

    Parameters
    ----------
    period : ``YYYY`` or ``YYYY-MM``. by : one of :data:`BY`.
    book, facts : read before, so that several tables cost one reading; None reads them.

    Returns
    -------
    DataFrame, key (kpi, code), :data:`COLUMNS`, within a share the largest n first: name, value, numerator, n, low,
    high, overall (share of all together), verdict (above, below, inside the 99.8 % limits of chance). Groups without a
    row are left out.
    """
    policies = book or read_policies(profile, workspace=workspace)
    days = period_named(period)
    found = kpi_values(
        facts or read_facts(workspace, book=policies, as_of=as_of),
        first=days.first,
        last=min(days.last, as_of),
        by=by,
        least=int(policies.value(LEAST, on=as_of)),
        kpis=_SHARES,
    )
    rows = found[found["denominator"] > 0]
    code = rows["department_code" if by == "department" else "district_code"].astype(str)
    rows = rows.assign(code=code, n=rows["denominator"].astype("int64"))
    names = _names(workspace, by=by, as_of=as_of)
    parts = [_judged(own) for _, own in rows.groupby("kpi", sort=False)]
    told = pd.concat(parts, ignore_index=True) if parts else rows.assign(overall=float("nan"), verdict="")
    return told.assign(name=[names.get(each, each) for each in told["code"]])[list(COLUMNS)]


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """The groups of one share with the share of all together and their verdicts."""
    overall = float(rows["numerator"].sum()) / float(rows["n"].sum())
    told = rows.assign(overall=overall, verdict=verdicts(rows, rate=overall))
    return told.sort_values(["n", "code"], ascending=[False, True])


def _names(workspace: Workspace, *, by: str, as_of: date) -> dict[str, str]:
    if by == "department":
        return department_names(workspace, as_of=as_of)
    try:
        districts = rows_on(workspace, "districts", on=as_of)
    except TableMissingError:
        return {}
    return dict(zip(districts["district_code"].astype(str), districts["name"].astype(str), strict=True))
