"""A backtest side by side, as an analyst reads it: scores, calibration in the large, grades given once.

Tidy tables of what :mod:`models.judging.backtesting` found; the notebooks on reference records show these and nothing
else.
"""

import pandas as pd

from engine.estimation.reliability import observed_to_expected
from models.chances.walk import MONTH_DAYS
from models.judging.backtest_summary import observed_without_level, prefixed
from models.judging.backtesting import Backtest
from models.judging.evaluation import PROBABILITY

READINGS = ("plain", "reweighted")
RATE_COLUMNS = ["grade", "share", "n", "hits", "hit_rate", "low", "high", "unseen_share"]


def score_table(found: Backtest) -> pd.DataFrame:
    """Return every score side by side, one row per window and score, the model first.

    Returns
    -------
    DataFrame: ``window``, ``score``, ``n``, ``base_rate``, ``auc`` with ``auc_low`` and ``auc_high``,
    ``precision_at_10``, ``first_half_share`` (of the findings, in the better half of the order), and ``gain``,
    ``gain_low``, ``gain_high``: AUC of the model minus the score's on the same resamples of entities, null for the
    model.
    """
    rows = []
    for fold in found.folds:
        for judged in fold.judged:
            gap = judged.difference
            rows.append(
                {
                    "window": fold.window.name,
                    "score": judged.name,
                    "n": judged.n,
                    "base_rate": judged.base_rate,
                    "auc": judged.auc.value,
                    "auc_low": judged.auc.low,
                    "auc_high": judged.auc.high,
                    "precision_at_10": judged.precision[0.1].expected,
                    "first_half_share": judged.first_half_share,
                    "gain": None if gap is None else -gap.value,
                    "gain_low": None if gap is None else -gap.high,
                    "gain_high": None if gap is None else -gap.low,
                }
            )
    return pd.DataFrame(rows).astype({"gain": float, "gain_low": float, "gain_high": float})


def calibration_table(found: Backtest) -> pd.DataFrame:
    """Return how far the model's chances add up, one row per window.

    Returns
    -------
    DataFrame: ``window``, ``n``, ``observed_to_expected`` with ``low`` and ``high`` (entities are clusters; what the
    level may still do is not in it), ``without_level`` (the same had nothing been added for season and drift),
    ``slope``, ``level`` (log-odds added all year round), ``level_spread`` (its standard deviation on the mean day of
    the window; 0 unless the level walks).
    """
    rows = []
    for fold in found.folds:
        own = next(judged for judged in fold.judged if judged.name == found.model)
        level, scored = fold.model.card.level, fold.scored
        ratio = observed_to_expected(scored[PROBABILITY], scored["adverse"], clusters=scored["entity_id"])
        last = pd.Timestamp(fold.model.card.window.last_as_of)
        days = float((pd.to_datetime(scored["as_of"]) - last).dt.days.mean())
        rows.append(
            {
                "window": fold.window.name,
                "n": own.n,
                "observed_to_expected": ratio.value,
                "low": ratio.low,
                "high": ratio.high,
                "without_level": observed_without_level(fold),
                "slope": None if own.calibration is None else own.calibration.slope,
                "level": level.shift,
                "level_spread": level.spread_after(max(days, 0.0) / MONTH_DAYS),
            }
        )
    return pd.DataFrame(rows)


def grade_tables(found: Backtest) -> dict[str, pd.DataFrame]:
    """Return the model's grades given once as tidy tables, one row per window and grade, pair of grades, or score.

    Returns
    -------
    ``rates`` (grade, share, n, hits, hit_rate, low, high, unseen_share), ``differences`` (milder, riskier, difference,
    low, high, is_separated) and ``lifts`` (score, lift and gain of the model over it, each with limits); all with
    ``window`` and ``reading``: ``plain`` or ``reweighted``.
    """
    parts: dict[str, list[pd.DataFrame]] = {"rates": [], "differences": [], "lifts": []}
    for fold in found.folds:
        if not fold.cohort:
            continue
        for reading in READINGS:
            by = {name: judged if reading == "plain" else judged.reweighted for name, judged in fold.cohort.items()}
            held = {name: judged for name, judged in by.items() if judged is not None}
            if not held:
                continue
            own, stamp = held[found.model], {"window": fold.window.name, "reading": reading}
            parts["rates"].append(own.rates[RATE_COLUMNS].assign(**stamp))
            parts["differences"].append(own.differences.assign(**stamp))
            lifts = [
                {"score": name, **prefixed("lift", judged.lift), **prefixed("gain", judged.lift_gain)}
                for name, judged in held.items()
            ]
            parts["lifts"].append(pd.DataFrame(lifts).assign(**stamp))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items() if tables}
