"""Firms with a measure beside like firms without one, from the same moment after a like finding.

Every finding is followed through bins of days since it (sequential trials: Hernán and Robins, Am. J. Epidemiol. 183
(2016) 758; risk-set matching: Li, Propert and Rosenbaum, JASA 96 (2001) 870). In a bin a firm is *with* when the
measure for that finding was applied in it, *without* when it could still have been: on the market, no newer finding,
no measure, none of an earlier finding within the time followed. Both clocks start in the same bin after a finding of
their own, so that neither the days a measure takes (immortal time) nor the fall after any finding (regression to the
mean) speak for the measure. A firm without one is followed until it gets one. Cells are exact (coarsened exact
matching: Iacus, King and Porro, Polit. Anal. 20 (2012) 1); rows without weigh as their cell's rows with.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

START_COLUMNS = ("entity_id", "found_on", "bin", "is_with", "start_on", "end_on", "cell", "weight")
_QUARTER = "quarter"


def followed_pairs(
    findings: pd.DataFrame,
    *,
    covariates: Sequence[str],
    bin_days: int = 30,
    n_bins: int = 12,
    follow_days: int = 365,
    last_day: pd.Timestamp,
) -> pd.DataFrame:
    """Return the matched rows: who is followed from when until when, with or without a measure.

    Parameters
    ----------
    findings : one row per finding; ``entity_id``, ``found_on``, ``measured_on`` (of the measure that rests on it, or
        null), ``gone_on`` (null while on the market), all datetime64; ``covariates`` as known on that day.
    covariates : columns that a cell has in common, beside the quarter of the finding and the bin.
    bin_days, n_bins : width and number of the bins; a measure later than all bins starts nothing.
    follow_days : days followed. last_day : last day of the records; nobody is followed beyond it.

    Returns
    -------
    DataFrame, key (entity_id, found_on, bin): is_with, start_on, end_on (first day no longer followed), cell, weight
    (1 with a measure; without: rows with over rows without in the cell). Cells without both kinds are left out.

    Notes
    -----
    Cost: O(findings x bins).
    """
    rows = findings.sort_values(["entity_id", "found_on"], kind="stable", ignore_index=True)
    next_on = rows.groupby("entity_id")["found_on"].shift(-1)
    over = pd.concat([next_on, rows["gone_on"]], axis=1).min(axis=1)
    earlier = rows.groupby("entity_id")["measured_on"].shift().groupby(rows["entity_id"]).cummax()
    free_on = earlier + pd.Timedelta(days=follow_days)
    coming = rows["measured_on"].iloc[::-1].groupby(rows["entity_id"].iloc[::-1])
    next_measure = coming.shift().groupby(rows["entity_id"].iloc[::-1]).cummin().iloc[::-1]
    lag = (rows["measured_on"] - rows["found_on"]).dt.days
    lag = lag.where(rows["measured_on"].lt(over) | over.isna())
    quarter = rows["found_on"].dt.to_period("Q").astype(str)
    cells = [quarter.rename(_QUARTER), *(rows[name] for name in covariates)]
    cell = pd.concat(cells, axis=1).groupby([_QUARTER, *covariates], observed=True, dropna=False).ngroup()
    parts = []
    for at in range(n_bins):
        begins, middle = at * bin_days, at * bin_days + bin_days // 2
        is_with = lag.ge(begins) & lag.lt(begins + bin_days)
        start = rows["found_on"] + pd.to_timedelta(lag.where(is_with, middle), unit="D")
        is_there = (over.isna() | over.gt(start)) & start.lt(last_day) & (free_on.isna() | free_on.le(start))
        is_without = ~is_with & (lag.isna() | lag.ge(begins + bin_days))
        chosen = is_there & (is_with | is_without)
        end = start + pd.Timedelta(days=follow_days)
        later = (rows["found_on"] + pd.to_timedelta(lag, unit="D")).where(~is_with)
        ends = pd.concat([end, rows["gone_on"], later, next_measure.where(~is_with)], axis=1).min(axis=1)
        ends = ends.where(ends.le(last_day), last_day + pd.Timedelta(days=1))
        part = pd.DataFrame(
            {"entity_id": rows["entity_id"], "found_on": rows["found_on"], "bin": at, "is_with": is_with,
             "start_on": start, "end_on": ends, "cell": cell * n_bins + at, "finding": rows.index}
        )  # fmt: skip
        parts.append(part[chosen])
    pairs = pd.concat(parts, ignore_index=True)
    counts = pairs.groupby("cell")["is_with"].agg(n="size", n_with="sum")
    both = counts[(counts["n_with"] > 0) & (counts["n_with"] < counts["n"])]
    pairs = pairs[pairs["cell"].isin(both.index)].reset_index(drop=True)
    ratio = pairs["cell"].map(both["n_with"] / (both["n"] - both["n_with"]))
    return pairs.assign(weight=np.where(pairs["is_with"], 1.0, ratio))


def balance(pairs: pd.DataFrame, findings: pd.DataFrame, *, covariates: Sequence[str]) -> pd.DataFrame:
    """Return the standardised differences of covariates, with against without, before and after matching.

    Parameters
    ----------
    pairs : of :func:`followed_pairs`; findings : what it was made from (numbers or booleans in ``covariates``).

    Returns
    -------
    DataFrame, key covariate: before (every finding, ever measured against never), after (matched rows, weighted). A
    difference under .1 is usually called balanced (Austin, Stat. Med. 28 (2009) 3083).
    """
    sorted_findings = findings.sort_values(["entity_id", "found_on"], kind="stable", ignore_index=True)
    ever = sorted_findings["measured_on"].notna().to_numpy()
    rows = []
    for name in covariates:
        values = sorted_findings[name].astype(float).to_numpy()
        matched = values[pairs["finding"].to_numpy()]
        is_with, weight = pairs["is_with"].to_numpy(), pairs["weight"].to_numpy()
        before = _difference(values, ever, np.ones(len(values)))
        rows.append((name, before, _difference(matched, is_with, weight)))
    return pd.DataFrame(rows, columns=["covariate", "before", "after"])


def _difference(values: np.ndarray, is_with: np.ndarray, weight: np.ndarray) -> float:
    means, variances = [], []
    for side in (is_with, ~is_with):
        mean = float(np.average(values[side], weights=weight[side])) if side.any() else float("nan")
        means.append(mean)
        spread = np.average((values[side] - mean) ** 2, weights=weight[side]) if side.any() else np.nan
        variances.append(float(spread))
    pooled = float(np.sqrt(sum(variances) / 2))
    return (means[0] - means[1]) / pooled if pooled > 0 else 0.0
