"""How much of what is wrong the warnings find: precision of those given, recall by the audit of those not given.

Warned firms whose warning was closed give the precision k/m. Of the firms nobody was warned of a random sample is
checked each run (``engine.warnings.audit``); x of n found wrong give the share missed. With W firms warned and N not,
found = W k/m, missed = N x/n, recall = found / (found + missed).

Interval: precision and missed share each at confidence 1 - a/2, the worst corner of both (Bonferroni), so the recall is
covered with probability at least 1 - a if warnings are closed in no chosen order. Runs differ in sampling share, so the
missed share is the weighted one with the exact limits at its effective size. Source: E. L. Korn & B. I. Graubard,
Survey Methodology 24 (1998) 193.
"""

from dataclasses import dataclass

import pandas as pd

from engine.estimation.intervals import CONFIDENCE, clopper_pearson


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its exact interval and the counts it rests on; value is None where n is 0."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Detection:
    """Precision, missed share and recall of the warnings of some runs.

    Parameters
    ----------
    n_runs : runs whose audit was checked at least in part. n_warned, n_unwarned : firms over those runs.
    precision : closed warnings that were confirmed. missed : share found wrong among firms nobody was warned of.
    recall : None while either is unknown or nothing at all was found; limits 0..1.
    """

    n_runs: int
    n_warned: int
    n_unwarned: int
    precision: Share
    missed: Share
    recall: float | None
    recall_low: float
    recall_high: float


def detection(warned: pd.DataFrame, audited: pd.DataFrame, *, confidence: float = CONFIDENCE) -> Detection:
    """Return how well firms were warned of.

    Parameters
    ----------
    warned : one row per run and warned firm: run_id, is_confirmed (None while not closed).
    audited : one row per run and audited firm: run_id, n_frame, is_found (None while not checked).

    Notes
    -----
    Runs of whose audit nothing was checked say nothing of what was missed and stay out, with their warnings.
    """
    checked = audited[audited["is_found"].notna()]
    runs = set(checked["run_id"])
    own = warned[warned["run_id"].isin(runs)]
    closed = own[own["is_confirmed"].notna()]
    inner = 1 - (1 - confidence) / 2
    precision = _share(int(closed["is_confirmed"].astype(bool).sum()), len(closed), confidence=confidence)
    missed, effective = _missed(checked, confidence=confidence)
    n_warned, n_unwarned = len(own), int(checked.groupby("run_id")["n_frame"].first().sum())
    recall = None
    if precision.value is not None and missed.value is not None:
        found, lost = n_warned * precision.value, n_unwarned * missed.value
        recall = found / (found + lost) if found + lost > 0 else None
    p = clopper_pearson(precision.hits, precision.n, confidence=inner)
    q = clopper_pearson((missed.value or 0.0) * effective, effective, confidence=inner)
    low = _recall(n_warned * float(p.low), n_unwarned * float(q.high))
    high = _recall(n_warned * float(p.high), n_unwarned * float(q.low), empty=1.0)
    return Detection(len(runs), n_warned, n_unwarned, precision, missed, recall, low, high)


def _missed(checked: pd.DataFrame, *, confidence: float) -> tuple[Share, float]:
    """The share found wrong, every run weighing as its frame, and the effective size of the sample."""
    if checked.empty:
        return Share(0, 0, None, 0.0, 1.0), 0.0
    by_run = checked.assign(is_found=checked["is_found"].astype(bool)).groupby("run_id")
    n, found, size = by_run.size(), by_run["is_found"].sum(), by_run["n_frame"].first()
    value = float((size * found / n).sum() / size.sum())
    effective = float(size.sum() ** 2 / (size**2 / n).sum())
    limits = clopper_pearson(min(value * effective, effective), effective, confidence=confidence)
    return Share(int(found.sum()), int(n.sum()), value, float(limits.low), float(limits.high)), effective


def _share(hits: int, n: int, *, confidence: float) -> Share:
    limits = clopper_pearson(hits, n, confidence=confidence)
    return Share(hits, n, hits / n if n else None, float(limits.low), float(limits.high))


def _recall(found: float, missed: float, *, empty: float = 0.0) -> float:
    return found / (found + missed) if found + missed > 0 else empty
