"""Figures of a period: overall, by department, by district or by both, from the same rows."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.kpis.declaration import Facts, Kind, Kpi, require_no_volume
from engine.kpis.registry import BY_CODE, KPIS
from engine.messages import N_, Message

VALUE_COLUMNS = (
    "kpi", "department_code", "district_code", "value", "numerator", "denominator", "n", "low", "high", "target",
    "meets_target",
)  # fmt: skip
ALL = ""
"""Group of everybody, in a column by which nothing is split."""

GROUPINGS: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "department": ("department_code",),
    "district": ("district_code",),
    "both": ("department_code", "district_code"),
}
Z = 1.959963984540054
HIGH_SHARE = 0.95
"""Percentile of figures that say how much falls on those on whom most does."""


def kpi_values(
    facts: Facts,
    *,
    first: date,
    last: date,
    by: str = "all",
    targets: Mapping[str, float] | None = None,
    estimates: pd.DataFrame | None = None,
    least: int = 0,
    kpis: Sequence[Kpi] = KPIS,
) -> pd.DataFrame:
    """Return every figure of a period.

    Parameters
    ----------
    facts : as known on ``facts.as_of``.
    first, last : days of the period; both count.
    by : key of :data:`GROUPINGS`.
    targets : target by code; figures without one have none.
    estimates : the figures of kind ``estimate`` of the period: kpi, the columns of the grouping, value, n, low, high.
    least : rows below which a confidential figure is withheld.

    Returns
    -------
    DataFrame, key (kpi, department_code, district_code), :data:`VALUE_COLUMNS`: value (null where the denominator is
    0, or of too few rows), numerator and denominator, n rows, low and high (95 %; Wilson for shares that rest on a
    sample, of the design for estimates), target, meets_target (null without a target, or a value). Figures in order of
    the registry, groups in order of code.

    Notes
    -----
    Cost: one pass over the facts per figure. Source of the limits: Wilson, JASA 22 (1927).
    """
    terms = {"first": first, "last": last, "columns": GROUPINGS[by]}
    parts = [
        _of_estimates(kpi, estimates, columns=GROUPINGS[by])
        if kpi.kind is Kind.ESTIMATE
        else _of_kpi(kpi, facts, **terms)  # type: ignore[arg-type]
        for kpi in kpis
    ]
    found = pd.concat(parts, ignore_index=True)
    is_small = found["kpi"].isin([kpi.code for kpi in kpis if kpi.is_confidential]) & (found["n"] < least)
    found = found.assign(**{name: found[name].mask(is_small) for name in ("value", "numerator")})
    wanted = targets or {}
    found["target"] = found["kpi"].map(wanted).astype("float64")
    signs = found["kpi"].map({kpi.code: kpi.direction for kpi in kpis})
    met = np.where(signs >= 0, found["value"] >= found["target"], found["value"] <= found["target"])
    is_known = found["target"].notna() & found["value"].notna()
    found["meets_target"] = pd.Series(met, index=found.index).where(is_known).astype("boolean")
    return found[list(VALUE_COLUMNS)]


def _of_kpi(kpi: Kpi, facts: Facts, *, first: date, last: date, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = facts.rows(kpi)
    days = rows["on"]
    begin = pd.Timestamp(last.year, 1, 1) if kpi.is_yearly else pd.Timestamp(first)
    rows = rows[days.isna() & kpi.is_yearly | (days >= begin) & (days <= pd.Timestamp(last))]
    if not columns:
        rows = rows.assign(everybody="")
    keys = list(columns) or ["everybody"]
    by = rows.groupby(keys, sort=True)
    table = by[["numerator", "denominator"]].sum()
    table["n"] = by.size()
    if kpi.kind is Kind.MEDIAN:
        table["median"] = by["numerator"].median()
    table = table.reset_index()
    if kpi.is_yearly:
        table["n"] = table["denominator"].astype(int)
    if kpi.kind in (Kind.PER_UNIT, Kind.HIGH):
        table = _per_unit(table, rows, keys=keys)
    if not columns and table.empty:
        table = _nothing()
    table = table.assign(kpi=kpi.code, value=_value(kpi, table))
    low, high = _limits(kpi, table)
    if kpi.kind in (Kind.MEDIAN, Kind.TOTAL, Kind.HIGH):
        table["denominator"] = np.nan
    if kpi.kind in (Kind.MEDIAN, Kind.HIGH):
        table["numerator"] = np.nan
    return _whole(table).assign(low=low, high=high)


def _of_estimates(kpi: Kpi, estimates: pd.DataFrame | None, *, columns: tuple[str, ...]) -> pd.DataFrame:
    """The estimates of a figure; numerators and denominators of weighted rows are no counts, so there are none."""
    own = estimates[estimates["kpi"] == kpi.code] if estimates is not None else pd.DataFrame()
    table = own[[*columns, "value", "n", "low", "high"]] if len(own) else pd.DataFrame()
    if table.empty and columns:
        return pd.DataFrame(columns=[*VALUE_COLUMNS[:9]])
    if table.empty:
        table = pd.DataFrame({"value": [np.nan], "n": [0], "low": [np.nan], "high": [np.nan]})
    return _whole(table).assign(kpi=kpi.code, numerator=np.nan, denominator=np.nan)


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """The table with both columns of groups."""
    missing = {name: ALL for name in ("department_code", "district_code") if name not in table}
    return table.assign(**missing)


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"everybody": [""], "numerator": [0.0], "denominator": [0.0], "n": [0], "median": [np.nan]})


def _per_unit(table: pd.DataFrame, rows: pd.DataFrame, *, keys: list[str]) -> pd.DataFrame:
    """Different units as denominator, and the 95th percentile of what falls on one."""
    sums = rows.groupby([*keys, "unit"], sort=True)["numerator"].sum().reset_index()
    by = sums.groupby(keys, sort=True)["numerator"]
    found = by.agg(denominator="size", high=lambda own: own.quantile(HIGH_SHARE)).reset_index()
    return table.drop(columns="denominator").merge(found.astype({"denominator": "float64"}), on=keys, how="left")


def _value(kpi: Kpi, table: pd.DataFrame) -> pd.Series:
    if kpi.kind is Kind.MEDIAN:
        return table["median"]
    if kpi.kind is Kind.HIGH:
        return table["high"] if "high" in table else pd.Series(np.nan, index=table.index)
    if kpi.kind is Kind.TOTAL:
        return table["numerator"]
    return table["numerator"] / table["denominator"].where(table["denominator"] > 0)


def _limits(kpi: Kpi, table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    n, p = table["denominator"], table["value"]
    if not kpi.has_interval:
        none = pd.Series(math.nan, index=table.index)
        return none, none
    n = n.where(n > 0)
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    reach = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return (middle - reach).clip(lower=0.0), (middle + reach).clip(upper=1.0)


def scorecard(values: pd.DataFrame, *, points: Mapping[str, float], policy: str) -> pd.DataFrame:
    """Return points per group: each figure earns its points by how much of its target is reached.

    Parameters
    ----------
    values : of :func:`kpi_values` with targets.
    points : most points by code; figures without a value or a target earn none and take none from the total.
    policy : name of the policy of the points, for messages.

    Returns
    -------
    DataFrame, key (department_code, district_code): ``points`` (earned), ``out_of`` (what could be earned), ``score``
    (share, 0..1; null where nothing could be), ``n_kpis``.

    Raises
    ------
    PolicyInconsistentError
        A figure that measures volume is to earn points, or there is no such figure.
    """
    for code in points:
        require_no_volume(_known(code, policy=policy), policy=policy)
    rows = values[values["kpi"].isin(list(points)) & values["value"].notna() & values["target"].notna()]
    reached = np.where(
        rows["kpi"].map({code: kpi.direction for code, kpi in BY_CODE.items()}) >= 0,
        rows["value"] / rows["target"].where(rows["target"] > 0),
        rows["target"] / rows["value"].where(rows["value"] > 0),
    )
    most = rows["kpi"].map(dict(points)).astype("float64")
    rows = rows.assign(earned=most * np.clip(np.nan_to_num(reached, nan=1.0), 0.0, 1.0), most=most)
    by = rows.groupby(["department_code", "district_code"], sort=True).agg(
        points=("earned", "sum"), out_of=("most", "sum"), n_kpis=("kpi", "size")
    )
    found = by.reset_index()
    return found.assign(score=found["points"] / found["out_of"].where(found["out_of"] > 0))


def _known(code: str, *, policy: str) -> Kpi:
    if code not in BY_CODE:
        raise PolicyInconsistentError(name=policy, problem=Message(N_("there is no figure {code}"), {"code": code}))
    return BY_CODE[code]
