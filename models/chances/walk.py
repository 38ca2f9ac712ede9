"""A level that walks from month to month: where it stands at the end, how unsure that is, and how far it moves.

Local-level model: state_m = state_{m-1} + N(0, step²), seen in month m as state_m + N(0, noise² + error_m²), where the
month's log-odds beside the offset and its error come from the rows of the month. Step and noise are averaged over a
grid by their likelihood, so that months that do not move give a step near 0 and the last state their common mean.
Source: Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), §2.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]

MONTH_DAYS = 30.4375
STEPS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Grid of the standard deviation of a month's change, log-odds."""

NOISES = (0.0, 0.1, 0.2, 0.4)
"""Grid of the standard deviation of what passes with the month."""

MONTH_SPREAD = 2.0
"""Standard deviation that a month's own log-odds is drawn to 0 with while it is sought; taken out again after."""

START_SPREAD = 0.5
"""Standard deviation of the first state."""

NEWTON_STEPS = 25


@dataclass(frozen=True, slots=True)
class Walk:
    """The state after the last month.

    Parameters
    ----------
    last : expected state, log-odds.
    error : its standard deviation.
    step : root mean square change of a month.
    """

    last: float
    error: float
    step: float


def fit_walk(offset: FloatArray, adverse: FloatArray, weights: FloatArray, *, age_days: FloatArray) -> Walk:
    """Return where the level stands after the latest rows.

    Parameters
    ----------
    offset : log-odds of each row without the level.
    adverse, weights : outcome 0 or 1; weight > 0.
    age_days : days from each row to the latest, >= 0; months are counted back from there.

    Notes
    -----
    Cost: ``NEWTON_STEPS`` passes over the rows, then grid x months.
    """
    place = (age_days // MONTH_DAYS).astype(np.int64)
    place = place.max() - place
    seen, precision = _months(offset, adverse, weights, place)
    fits = [(_filter(seen, precision, step, noise), step) for step in STEPS for noise in NOISES]
    likelihood = np.array([fit[2] for fit, _ in fits])
    share = np.exp(likelihood - likelihood.max())
    share /= share.sum()
    state, variance = (np.array([fit[part] for fit, _ in fits]) for part in (0, 1))
    steps = np.array([step for _, step in fits])
    last = float(share @ state)
    error = math.sqrt(float(share @ (variance + state**2)) - last**2)
    return Walk(last, error, math.sqrt(float(share @ steps**2)))


def _months(
    offset: FloatArray, adverse: FloatArray, weights: FloatArray, place: npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Each month's log-odds beside the offset and its precision; 0 and 0 for a month without rows."""
    months = int(place.max()) + 1
    own: FloatArray = np.zeros(months)
    held = MONTH_SPREAD**-2
    information: FloatArray = np.zeros(months)
    for _ in range(NEWTON_STEPS):
        chance = expit(offset + own[place])
        slope = np.bincount(place, weights=weights * (adverse - chance), minlength=months) - held * own
        information = np.bincount(place, weights=weights * chance * (1 - chance), minlength=months).astype(np.float64)
        own = np.asarray(own + np.clip(slope / (information + held), -1.0, 1.0), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = np.where(information > 0, own * (information + held) / information, 0.0)
    return seen, information


def _filter(seen: FloatArray, precision: FloatArray, step: float, noise: float) -> tuple[float, float, float]:
    """Kalman filter: last state, its variance, log-likelihood of the months."""
    state, variance, fit = 0.0, START_SPREAD**2, 0.0
    for value, known in zip(seen, precision, strict=True):
        variance += step**2
        if known <= 0:
            continue
        total = variance + noise**2 + 1 / known
        gap = value - state
        fit -= (math.log(total) + gap**2 / total) / 2
        gain = variance / total
        state, variance = state + gain * gap, variance * (1 - gain)
    return state, variance, fit
