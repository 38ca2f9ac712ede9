"""The level of the probabilities on a day: what the year's season and the latest findings add for everyone alike.

Conduct ranks firms; how many checks find something also depends on the time of year (summer kitchens) and drifts with
the law and its inspectors. The level is one number per day, added in log-odds after calibration, so it changes the
order of no two firms on the same day. Season: one yearly wave. Drift: a shift in which later rows count more, or a
level that walks from month to month (:mod:`models.chances.walk`). Which enter is decided inside the training past.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from models.chances.walk import fit_walk

FloatArray = npt.NDArray[np.float64]

YEAR_DAYS = 365.25
HALF_LIFE_DAYS = 365.0
"""Age at which a row counts half for the fading drift."""

SEASON_SPREAD = 0.3
"""Standard deviation, in log-odds, that the wave's height is drawn to 0 with."""

SHIFT_SPREAD = 0.5
"""The same for the shift."""

MIN_SPAN_DAYS = 540
"""A wave is told from a drift only over more than a year."""


class Drift(StrEnum):
    """How the shift is found."""

    NONE = "none"
    FADING = "fading"
    WALK = "walk"


@dataclass(frozen=True, slots=True)
class LevelForm:
    """What enters a level.

    Parameters
    ----------
    season : whether a yearly wave enters.
    drift : how the shift is found.
    """

    season: bool
    drift: Drift


FORMS = tuple(LevelForm(season, drift) for season in (False, True) for drift in Drift)
"""Simplest first."""

UNREHEARSED = LevelForm(False, Drift.WALK)
"""Where no window allows a choice: a walk whose step the months themselves give, 0 where they do not move."""


@dataclass(frozen=True, slots=True)
class Level:
    """Log-odds added on a day.

    Parameters
    ----------
    shift : all year round.
    cosine, sine : of the wave over the year, from 1 January.
    error : standard error of the shift at the end of the training rows; 0 unless the level walks.
    monthly_step : standard deviation of its change from month to month; 0 likewise.
    """

    shift: float
    cosine: float
    sine: float
    error: float = 0.0
    monthly_step: float = 0.0

    def log_odds(self, as_of: pd.Series) -> FloatArray:
        """Return what is added for each date."""
        waves = _waves(as_of)
        return np.asarray(self.shift + waves @ np.array([self.cosine, self.sine]))

    def spread_after(self, months: float) -> float:
        """Return the standard deviation of the shift so many months after the last training row, log-odds."""
        return float(np.sqrt(self.error**2 + self.monthly_step**2 * months))


NO_LEVEL = Level(0.0, 0.0, 0.0)


def _waves(as_of: pd.Series) -> FloatArray:
    days = pd.to_datetime(as_of).dt.day_of_year.to_numpy(dtype=np.float64)
    angle = 2 * np.pi * days / YEAR_DAYS
    return np.column_stack([np.cos(angle), np.sin(angle)])


def fit_level(
    offset: FloatArray, adverse: FloatArray, weights: FloatArray, as_of: pd.Series, *, form: LevelForm
) -> Level:
    """Return the level of least penalised weighted log loss; for a walk the state at the end of the rows.

    Parameters
    ----------
    offset : log-odds without a level.
    adverse, weights : outcome 0 or 1; weight > 0.
    as_of : date of each row.
    form : what enters; no wave where the rows span less than ``MIN_SPAN_DAYS``. Under the fading drift rows halve in
        weight every ``HALF_LIFE_DAYS``.
    """
    days = pd.to_datetime(as_of)
    season = form.season and (days.max() - days.min()).days >= MIN_SPAN_DAYS
    age = (days.max() - days).dt.days.to_numpy(dtype=np.float64)
    counted = weights * (0.5 ** (age / HALF_LIFE_DAYS) if form.drift is Drift.FADING else 1.0)
    columns = np.column_stack([np.full(len(age), float(form.drift is not Drift.NONE)), _waves(as_of) * float(season)])
    precision = np.array([SHIFT_SPREAD**-2, SEASON_SPREAD**-2, SEASON_SPREAD**-2])

    def loss(terms: FloatArray) -> tuple[float, FloatArray]:
        value = offset + columns @ terms
        error = counted * (expit(value) - adverse)
        fit = float(counted @ (np.logaddexp(0.0, value) - adverse * value))
        return fit + float(precision @ terms**2) / 2, columns.T @ error + precision * terms

    found = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B")
    level = Level(*(float(term) for term in found.x))
    if form.drift is not Drift.WALK:
        return level
    walk = fit_walk(offset + level.log_odds(as_of), adverse, weights, age_days=np.asarray(age, dtype=np.float64))
    return Level(level.shift + walk.last, level.cosine, level.sine, walk.error, walk.step)


def level_loss(level: Level, offset: FloatArray, adverse: FloatArray, weights: FloatArray, as_of: pd.Series) -> float:
    """Return the summed weighted log loss of log-odds ``offset`` with a level."""
    value = offset + level.log_odds(as_of)
    return float(weights @ (np.logaddexp(0.0, value) - adverse * value))
