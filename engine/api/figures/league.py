"""Departments or districts beside each other for one share: figures with intervals, and who lies beyond chance.

Beside the raw share stands the shrunken one, which trusts a group as far as it has rows, and every rank the counts
allow. Findings per check, which no department is judged by, can be adjusted for the grades that were checked.
"""

from datetime import date

import numpy as np
import pandas as pd

from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.kpis import LEAST, department_names, period_named
from engine.api.plans.book import rows_on
from engine.api.policies.check import read_policies
from engine.errors import TableMissingError
from engine.estimation.group_effects import group_effects
from engine.kpis import rows as kpi_rows
from engine.kpis.declaration import Facts, Kind, Kpi
from engine.kpis.funnel import funnel_limits
from engine.kpis.mixed_funnel import mixed_funnel
from engine.kpis.registry import KPIS, SHARE
from engine.kpis.values import kpi_values
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace

__all__ = ["ADJUSTABLE", "BY", "COLUMNS", "funnel_limits", "league_table", "meanings", "shares"]

BY = ("district", "department")
COLUMNS = (
    "kpi", "is_adjusted", "code", "name", "value", "numerator", "n", "low", "high", "overall", "expected", "shrunken",
    "shrunken_low", "shrunken_high", "rank_low", "rank_high", "ranked", "low_95", "high_95", "low_998", "high_998",
    "verdict",
)  # fmt: skip
FINDINGS = Kpi(
    "findings",
    Message(N_("Findings per random check")),
    Message(N_("random checks with a violation")),
    Message(N_("published random checks of firms that were reached")),
    Kind.SHARE,
    SHARE,
    0,
    kpi_rows.findings,
    Message(N_("at once")),
    Message(N_("published results")),
    "DOMAIN.md §6.1 问题发现率, unweighted; docs/spec/estimators.md §8",
    has_interval=True,
    measures_volume=True,
)
"""Only compared here: nobody is appraised by findings, and riskier grades are drawn more often."""
ADJUSTABLE = (FINDINGS.code,)
"""Figures for which the grades of what was checked can be taken out."""
DRAWN_IN = 2.0
"""Rows of everybody's rate that the rate of a grade is drawn in by, so that none is 0 or 1 for want of rows."""
_SHARES = (*(kpi for kpi in KPIS if kpi.kind is Kind.SHARE), FINDINGS)


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
    DataFrame, key (kpi, is_adjusted, code), :data:`COLUMNS`, within a share the largest n first: name, value (share, or
    where adjusted findings over those expected), numerator, n, low, high (95 %), overall (share of all together),
    expected (findings; null unless adjusted), shrunken with limits (as the value: a share, or a ratio), rank_low,
    rank_high (1 = the highest) among ``ranked`` groups, low_95 to high_998 (limits of chance of the value), verdict
    (above, below, inside the 99.8 % limits). Groups without a row are left out; what is withheld is null.
    """
    policies = book or read_policies(profile, workspace=workspace)
    days = period_named(period)
    known = facts or read_facts(workspace, book=policies, as_of=as_of)
    first, last = days.first, min(days.last, as_of)
    least = int(policies.value(LEAST, on=as_of))
    found = kpi_values(known, first=first, last=last, by=by, least=least, kpis=_SHARES)
    rows = found[found["denominator"] > 0]
    column = "department_code" if by == "department" else "district_code"
    rows = rows.assign(code=rows[column].astype(str), n=rows["denominator"].astype("int64"), is_adjusted=False)
    names = _names(workspace, by=by, as_of=as_of)
    parts = [_judged(own) for _, own in rows.groupby("kpi", sort=False)]
    adjusted = _adjusted(rows[rows["kpi"] == FINDINGS.code], _cells(known, column, first=first, last=last))
    told = pd.concat([*parts, adjusted], ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return told.assign(name=[names.get(each, each) for each in told["code"]])[list(COLUMNS)]


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """The groups of one share with the share of all together, shrunken shares, ranks, limits and verdicts."""
    rows = rows.sort_values(["n", "code"], ascending=[False, True])
    overall = float(rows["numerator"].sum()) / float(rows.loc[rows["numerator"].notna(), "n"].sum() or 1)
    given = rows[rows["numerator"].notna()]
    counts = given["n"].to_numpy(dtype=np.int64)[:, None]
    findings = np.minimum(np.rint(given["numerator"].to_numpy(dtype=float)).astype(np.int64)[:, None], counts)
    told = _told(
        given.index, findings, counts, np.array([min(overall, 1.0)]), scale=1.0, base=counts[:, 0].astype(float)
    )
    return rows.assign(overall=overall, expected=np.nan).join(told.drop(columns="expected"))


def _adjusted(rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The groups again, findings over those that everybody's rates, grade by grade, give for what was checked."""
    given = rows[rows["numerator"].notna()].sort_values(["n", "code"], ascending=[False, True])
    if given.empty:
        return pd.DataFrame()
    wide = cells.pivot_table(index="code", columns="grade", values=["above", "below"], aggfunc="sum", fill_value=0)
    findings, counts = (wide[name].reindex(given["code"]).to_numpy(dtype=np.int64) for name in ("above", "below"))
    overall = float(findings.sum()) / float(counts.sum())
    chance = (findings.sum(axis=0) + DRAWN_IN * overall) / (counts.sum(axis=0) + DRAWN_IN)
    expected = counts @ chance
    told = _told(given.index, findings, counts, chance, scale=overall_of(counts, chance), base=expected)
    value = given["numerator"].to_numpy(dtype=float) / np.where(expected > 0, expected, np.nan)
    return given.assign(is_adjusted=True, value=value, low=np.nan, high=np.nan, overall=overall).join(told)


def overall_of(counts: "np.ndarray", chance: "np.ndarray") -> float:
    """Return everybody's rate for the mix of all rows together."""
    return float(counts.sum(axis=0) @ chance) / float(counts.sum())


def _told(
    index: pd.Index,
    findings: "np.ndarray",
    counts: "np.ndarray",
    chance: "np.ndarray",
    *,
    scale: float,
    base: "np.ndarray",
) -> pd.DataFrame:
    """Shrunken values in units of ``scale``, ranks, and limits of the count in units of ``base``."""
    effects = group_effects(findings, counts, chance)
    funnel = mixed_funnel(findings, counts, chance)
    unit = scale if scale > 0 else np.nan
    below = np.where(base > 0, base, np.nan)
    limits = {name: funnel[name].to_numpy() / below for name in ("low_95", "high_95", "low_998", "high_998")}
    return pd.DataFrame(
        {
            "expected": funnel["expected"].to_numpy(),
            "shrunken": effects.rate / unit,
            "shrunken_low": effects.low / unit,
            "shrunken_high": effects.high / unit,
            "rank_low": effects.rank_low,
            "rank_high": effects.rank_high,
            "ranked": len(index),
            **limits,
            "verdict": funnel["verdict"].to_numpy(),
        },
        index=index,
    )


def _cells(facts: Facts, column: str, *, first: date, last: date) -> pd.DataFrame:
    """Findings (``above``) and checks (``below``) of the period by group (``code``) and grade."""
    rows = facts.rows(FINDINGS)
    own = rows[(rows["on"] >= pd.Timestamp(first)) & (rows["on"] <= pd.Timestamp(last))]
    own = own.assign(code=own[column])
    by = own.groupby(["code", "grade"], sort=True)
    return by.agg(above=("numerator", "sum"), below=("denominator", "sum")).reset_index()


def _names(workspace: Workspace, *, by: str, as_of: date) -> dict[str, str]:
    if by == "department":
        return department_names(workspace, as_of=as_of)
    try:
        districts = rows_on(workspace, "districts", on=as_of)
    except TableMissingError:
        return {}
    return dict(zip(districts["district_code"].astype(str), districts["name"].astype(str), strict=True))
