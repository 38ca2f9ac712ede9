"""Hit rate by grade of inspected rows whose selection is not a known random design.

Rows of unknown design (``scheduled``) describe what was seen and no more; the table says "not design-based". Rates
from random rows come from ``engine.estimation.design`` in the same columns. Source: docs/spec/estimators.md §2.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import ContractError
from engine.estimation.estimate import Basis
from engine.estimation.intervals import CONFIDENCE, FloatArray, clopper_pearson
from engine.messages import N_, Message
from engine.vocabulary import RISK_GRADES, Grade, TableShape

GRADED = TableShape("graded outcomes", (), {"grade": "A..D or U", "adverse": "true, false, or null when not inspected"})

GRADE_ORDER = tuple(grade.value for grade in (*RISK_GRADES, Grade.UNCLASSIFIED))


def hit_rates(
    graded: pd.DataFrame, *, cluster: str | None = None, weight: str | None = None, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return hit rate and interval per grade of rows whose selection is not a known random design.

    Parameters
    ----------
    graded : one row per unit (or visit); ``grade`` A..D or U, ``adverse`` true, false or null (no outcome seen).
    cluster : column whose equal values are not independent (entity, team); null = every row on its own.
    weight : column of positive weights, e.g. 1 / P(inspected); null = equal.
    confidence : share in (0, 1).

    Returns
    -------
    DataFrame in the order A, B, C, D, U (U only when present): ``grade``, ``units`` (rows), ``share`` (of all rows),
    ``n`` (rows with an outcome), ``hits``, ``hit_rate`` (NaN when n = 0), ``low``, ``high``, ``effective_n``,
    ``unseen_share`` (rows without outcome over rows), ``method``, ``basis``. Cost: one pass over the rows.

    Raises
    ------
    SchemaMismatchError
        A column is missing.
    ContractError
        A grade is null or unknown.

    Notes
    -----
    Clopper–Pearson on hits and n; with weights or clusters on the effective size p(1-p)/v, v the linearised variance
    of the weighted share between clusters, never above the number of rows.
    """
    GRADED.check(graded)
    if not graded["grade"].isin(GRADE_ORDER).all():
        raise ContractError(
            table="graded outcomes",
            problem=Message(N_("a grade is empty or not one of A, B, C, D, U")),
            remedy=Message(N_("grade every row")),
        )
    present = [g for g in GRADE_ORDER if g != Grade.UNCLASSIFIED or (graded["grade"] == g).any()]
    rows = [
        _grade_row(graded[graded["grade"] == grade], grade=grade, cluster=cluster, weight=weight, confidence=confidence)
        for grade in present
    ]
    table = pd.DataFrame(rows)
    table.insert(2, "share", table["units"] / max(len(graded), 1))
    return table


def _grade_row(
    rows: pd.DataFrame, *, grade: str, cluster: str | None, weight: str | None, confidence: float
) -> dict[str, object]:
    seen = rows[rows["adverse"].notna()]
    adverse = seen["adverse"].to_numpy(dtype=float)
    n, hits = len(seen), int(adverse.sum())
    weights = np.ones(n) if weight is None else seen[weight].to_numpy(dtype=float)
    rate = _rate(adverse, weights) if n else math.nan
    size = float(n)
    if n and (cluster is not None or weight is not None):
        codes = np.arange(n) if cluster is None else pd.factorize(seen[cluster])[0]
        size = _effective_n(adverse, weights, codes)
    limits = clopper_pearson(0.0 if n == 0 else rate * size, size, confidence=confidence)
    return {
        "grade": grade,
        "units": len(rows),
        "n": n,
        "hits": hits,
        "hit_rate": rate,
        "low": float(limits.low),
        "high": float(limits.high),
        "effective_n": size,
        "unseen_share": 1 - n / len(rows) if len(rows) else math.nan,
        "method": "clopper_pearson" if cluster is None and weight is None else "clopper_pearson_effective",
        "basis": Basis.DESCRIPTIVE.value,
    }


def _rate(adverse: FloatArray, weights: FloatArray) -> float:
    """Return the weighted share of adverse rows; product and sum round apart, so that all of them could exceed 1."""
    return min(1.0, float(weights @ adverse / weights.sum()))


def _effective_n(adverse: FloatArray, weights: FloatArray, codes: NDArray[np.int64]) -> float:
    """Size of a simple random sample as precise as these weighted, clustered rows (at most the number of rows)."""
    total, rate = weights.sum(), _rate(adverse, weights)
    clusters = int(codes.max()) + 1
    if rate in (0.0, 1.0) or clusters < 2:
        return float(total**2 / np.square(np.bincount(codes, weights)).sum())
    scores = np.bincount(codes, weights * (adverse - rate)) / total
    variance = clusters / (clusters - 1) * float(np.square(scores).sum())
    return min(float(adverse.size), rate * (1 - rate) / variance) if variance > 0 else float(adverse.size)
