"""Do a model's chances still hold, asked again with every month's random rows, without crying wolf in the end?

A fixed test repeated every month fires sooner or later though nothing changed. Here the evidence of all rows so far is
one number, the capital of a fair game against the model: as long as its chances are right, the capital exceeds 1 / a
at any time with probability at most a (Ville), however often somebody looks. The stakes are shifts of the level and of
the slope in log-odds. Source: docs/spec/estimators.md §3.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit, logsumexp

from engine.errors import UndefinedEstimateError
from engine.estimation.intervals import FloatArray
from engine.messages import N_, Message

SHIFTS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
"""Level shifts, in log-odds, on which the game stakes."""

SLOPES = (0.5, 0.75, 1.33, 2.0)
"""Slopes around the mean log-odds on which it stakes."""

RESTART_DAYS = 91
"""A new game begins every so often, beside those that run: a model that held for years must not hide its fall."""

FALSE_ALARM = 0.05
"""Probability that a model whose chances hold is ever called drifted."""


@dataclass(frozen=True, slots=True)
class CalibrationWatch:
    """The game so far.

    Parameters
    ----------
    table : one row per day with rows: ``day``, ``n``, ``findings``, ``expected`` (of the day), ``capital`` after it.
    alarm_on : first day on which the capital reached ``1 / false_alarm``; None = never.
    shift : the level shift of the stake that gained most, log-odds; 0 when a slope gained most.
    slope : its slope; 1 when a shift gained most.
    """

    table: pd.DataFrame
    alarm_on: pd.Timestamp | None
    shift: float
    slope: float


def watch_calibration(
    probabilities: ArrayLike, adverse: ArrayLike, days: ArrayLike, *, false_alarm: float = FALSE_ALARM
) -> CalibrationWatch:
    """Return the capital of the game against the chances, day by day.

    Parameters
    ----------
    probabilities : chance of each row as said before its outcome was known, in (0, 1).
    adverse : outcome, 0 or 1.
    days : date of each outcome; rows of one day count together.
    false_alarm : probability of ever alarming although the chances hold, in (0, 1).

    Raises
    ------
    UndefinedEstimateError
        No rows, or a chance outside (0, 1).

    Notes
    -----
    Capital = mean over the stakes and, weighted 1 / (k (k + 1)), over the quarters k from which the game is played, of
    Π q(y) / p(y), q the chance under the stake; games not yet begun hold 1. A martingale of mean 1 under the model, so
    P(ever >= 1/a) <= a. Rows must be random ones, or of a kind the model was fitted on. Source: Ville (1939);
    Ramdas et al., Statistical Science 38 (2023).
    """
    chance, outcome = np.asarray(probabilities, dtype=np.float64), np.asarray(adverse, dtype=np.float64)
    if chance.size == 0 or not ((chance > 0) & (chance < 1)).all():
        raise UndefinedEstimateError(
            measure="calibration watch", reason=Message(N_("it needs rows whose chances lie strictly between 0 and 1"))
        )
    day = pd.to_datetime(pd.Series(np.asarray(days))).to_numpy()
    order = np.argsort(day, kind="stable")
    chance, outcome, day = chance[order], outcome[order], day[order]
    ends = np.flatnonzero(np.r_[day[1:] != day[:-1], True])
    running = np.cumsum(_gains(chance, outcome), axis=0)[ends]
    quarter = ((day[ends] - day[0]) / np.timedelta64(RESTART_DAYS, "D")).astype(np.int64)
    by_stake = _with_restarts(running, quarter)
    log_capital = logsumexp(by_stake, axis=1) - np.log(by_stake.shape[1])
    counts = np.diff(np.r_[-1, ends])
    found, expected = (np.diff(np.r_[0.0, np.cumsum(column)[ends]]) for column in (outcome, chance))
    alarmed = np.flatnonzero(log_capital >= -np.log(false_alarm))
    best = int(np.argmax(by_stake[-1]))
    table = pd.DataFrame(
        {
            "day": day[ends],
            "n": counts,
            "findings": found.astype(np.int64),
            "expected": expected,
            "capital": np.exp(np.minimum(log_capital, 700.0)),
        }
    )
    return CalibrationWatch(
        table,
        pd.Timestamp(day[ends][alarmed[0]]) if alarmed.size else None,
        SHIFTS[best] if best < len(SHIFTS) else 0.0,
        1.0 if best < len(SHIFTS) else SLOPES[best - len(SHIFTS)],
    )


def _with_restarts(running: FloatArray, quarter: npt.NDArray[np.int64]) -> FloatArray:
    """Log capital by day and stake of games begun in every quarter; running gains and the quarter by day.

    The k-th quarter's game holds 1 / (k (k + 1)) of the money, so that all of them together hold no more than 1.
    """
    firsts = np.flatnonzero(np.r_[True, quarter[1:] != quarter[:-1]])
    total = np.full(running.shape, -np.inf)
    for first in firsts:
        place = int(quarter[first]) + 1
        before = running[first - 1] if first else np.zeros(running.shape[1])
        total[first:] = np.logaddexp(total[first:], running[first:] - before - np.log(place * (place + 1)))
    waiting = np.ones(len(running))
    for first in firsts:
        place = int(quarter[first]) + 1
        waiting[first:] -= 1 / (place * (place + 1))
    return np.asarray(np.logaddexp(total, np.log(np.maximum(waiting, 1e-300))[:, None]))


def _gains(chance: FloatArray, outcome: FloatArray) -> FloatArray:
    """Log likelihood ratio of every row under every stake; rows by stakes.

    The slopes turn about the mean log-odds of the rows before, which the row itself has no part in.
    """
    odds = logit(chance)
    before = np.r_[odds[0], np.cumsum(odds)[:-1] / np.arange(1, odds.size)] if odds.size > 1 else odds
    values = [odds + shift for shift in SHIFTS] + [before + slope * (odds - before) for slope in SLOPES]
    staked = expit(np.column_stack(values))
    with np.errstate(divide="ignore"):
        ratio = np.where(outcome[:, None] > 0, staked / chance[:, None], (1 - staked) / (1 - chance[:, None]))
        return np.asarray(np.log(np.maximum(ratio, 1e-12)))
