"""Three figures for firms that could not be checked, instead of dropping them or counting them as hits.

Per domain: the share that was not reached, the violation rate among those reached, and bounds for the violation rate
when drawn units have no result yet. Dropping them would overstate totals, counting the unreachable as violations
would make a flat rate look graded. Source: docs/spec/estimators.md §5.
"""

import pandas as pd

from engine.estimation.design import rate
from engine.estimation.estimate import Estimate
from engine.estimation.intervals import CONFIDENCE
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.sample import DesignSample


def reach_figures(sample: DesignSample, *, by: str, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return the three figures per value of ``by``.

    Parameters
    ----------
    sample : its rows hold ``outcome`` and ``by``.

    Returns
    -------
    DataFrame, one row per (value of ``by``, ``figure``), sorted: ``value``, ``low``, ``high``, ``n``,
    ``effective_n``; shares in 0..1. Figures: ``not_done`` (drawn units without a result), ``not_assessable`` and
    ``unreachable`` (of units with a result), ``violation_among_reached``, ``violation_bounds`` (value null; low and
    high are the limits when none or all of the units without a result are violations). A figure whose domain is
    empty is left out.
    """
    outcome = sample.rows["outcome"]
    rows = []
    for value in sorted(sample.rows[by].dropna().unique()):
        inside = sample.rows[by] == value
        for figure, (top, bottom) in _domains(outcome, inside).items():
            if bottom.any():
                found = rate(sample, top, bottom, measure=figure, confidence=confidence)
                rows.append(_row(found, by=by, at=value, value=found.value, high=found.high))
        bounds = _bounds(sample, inside, confidence=confidence)
        if bounds is not None:
            rows.append(_row(bounds[0], by=by, at=value, value=None, high=bounds[1].high))
    return pd.DataFrame(rows)


def _domains(outcome: pd.Series, inside: pd.Series) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Numerator and denominator of each figure."""
    done = inside & (outcome != Outcome.NOT_DONE)
    assessable = done & (outcome != Outcome.NOT_ASSESSABLE)
    return {
        "not_done": (inside & (outcome == Outcome.NOT_DONE), inside),
        "not_assessable": (done & (outcome == Outcome.NOT_ASSESSABLE), done),
        "unreachable": (assessable & (outcome == Outcome.UNREACHABLE), assessable),
        "violation_among_reached": (assessable & (outcome == Outcome.VIOLATION), assessable & outcome.isin(REACHED)),
    }


def _bounds(sample: DesignSample, inside: pd.Series, *, confidence: float) -> tuple[Estimate, Estimate] | None:
    """Violation rate when every unit without a result is clean, and when every one is a violation."""
    outcome = sample.rows["outcome"]
    open_ = inside & (outcome == Outcome.NOT_DONE)
    concerned = inside & (outcome.isin(REACHED) | open_)
    if not concerned.any():
        return None
    found = inside & (outcome == Outcome.VIOLATION)
    least = rate(sample, found, concerned, measure="violation_bounds", confidence=confidence)
    most = rate(sample, found | open_, concerned, measure="violation_bounds", confidence=confidence)
    return least, most


def _row(found: Estimate, *, by: str, at: object, value: float | None, high: float) -> dict[str, object]:
    return {
        by: at,
        "figure": found.measure,
        "value": value,
        "low": found.low,
        "high": high,
        "n": found.n,
        "effective_n": found.effective_n,
    }
