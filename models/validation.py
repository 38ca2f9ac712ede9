"""Choosing and checking inside the training past: always fit on what was known, predict what came later.

Splits are never random. The later half of the training rows is cut into windows of equal size; for each, a model is
fitted on the rows whose result was known before the window began. The configuration is chosen by these windows, and
their predictions, each made by a model that could not know the outcome, are what the calibration is fitted on. The
rows on which a model is finally judged play no part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.ranking import auc
from engine.features.declaration import Feature
from engine.messages import N_, Message
from models.admission import admitted_features, known_values, typical_values, with_typical
from models.challenger import Configuration, fit_booster, log_odds
from models.examples import Examples

FloatArray = npt.NDArray[np.float64]

WINDOWS = 3
FIRST_ORIGIN = 0.5
"""Share of the training rows that lie before the first window."""

MIN_POSITIVES = 30
"""Adverse rows needed before a window (to fit) and inside it (to compare)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One split of the training rows.

    Parameters
    ----------
    begins : first day of the window.
    past : mask of rows whose result was known before ``begins``.
    window : mask of rows whose ``as_of`` lies in the window.
    """

    begins: pd.Timestamp
    past: npt.NDArray[np.bool_]
    window: npt.NDArray[np.bool_]


def rolling_origins(
    examples: Examples, *, windows: int = WINDOWS, first_origin: float = FIRST_ORIGIN
) -> tuple[Origin, ...]:
    """Return the splits that hold enough adverse rows on both sides, oldest first; may be empty.

    Parameters
    ----------
    examples : training rows; ``as_of`` and ``known_at`` decide.
    windows : int >= 1.
    first_origin : share of rows in (0, 1) before the first window.

    Notes
    -----
    Windows hold equal numbers of rows by ``as_of``. A row whose result became known only after a window began is not
    in that window's past, whenever it occurred. Source: Tashman, International Journal of Forecasting 16 (2000).
    """
    as_of = pd.to_datetime(examples.rows["as_of"]).to_numpy()
    known_at = pd.to_datetime(examples.rows["known_at"]).to_numpy()
    ordered = np.sort(as_of)
    places = np.linspace(first_origin, 1.0, windows + 1)[:-1] * len(ordered)
    begins = [ordered[int(place)] for place in places]
    ends = [*begins[1:], ordered[-1] + np.timedelta64(1, "D")]
    origins = []
    for begin, end in zip(begins, ends, strict=True):
        past, window = known_at < begin, (as_of >= begin) & (as_of < end)
        if min(_rarer(examples.adverse[past]), _rarer(examples.adverse[window])) >= MIN_POSITIVES:
            origins.append(Origin(pd.Timestamp(begin), past, window))
    return tuple(origins)


def _rarer(adverse: FloatArray) -> int:
    return int(min(adverse.sum(), (1 - adverse).sum())) if adverse.size else 0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one configuration did on the windows.

    Parameters
    ----------
    configuration : the configuration.
    aucs : AUC per window.
    raw, adverse, weights : log-odds, outcome and weight of every window row, oldest window first.
    """

    configuration: Configuration
    aucs: tuple[float, ...]
    raw: FloatArray
    adverse: FloatArray
    weights: FloatArray

    @property
    def mean_auc(self) -> float:
        """Mean AUC over the windows; NaN without windows."""
        return float(np.mean(self.aucs)) if self.aucs else float("nan")


def rehearse(
    examples: Examples,
    origins: Sequence[Origin],
    *,
    declared: Sequence[Feature],
    configuration: Configuration,
    seed: int,
    threads: int = 1,
) -> Rehearsal:
    """Fit on every past, predict every window.

    Parameters
    ----------
    declared : features; each past admits its own, since a feature may be unknown early on.

    Returns
    -------
    Rehearsal; windows whose past admits no feature are left out. Cost: one fit per window.
    """
    parts = list(_predictions(examples, origins, declared, configuration, seed, threads))
    aucs = tuple(auc(raw, adverse) for raw, adverse, _ in parts)
    raw, adverse, weights = (
        np.concatenate([part[place] for part in parts]) if parts else np.zeros(0) for place in range(3)
    )
    return Rehearsal(configuration, aucs, raw, adverse, weights)


def _predictions(
    examples: Examples,
    origins: Sequence[Origin],
    declared: Sequence[Feature],
    configuration: Configuration,
    seed: int,
    threads: int,
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    for origin in origins:
        past, window = examples.part(origin.past), examples.part(origin.window)
        features = admitted_features(past.rows, declared=declared)
        if not features:
            continue
        names = [feature.name for feature in features]
        typical = typical_values(past.rows, names=names)
        text = fit_booster(
            past, features=features, typical=typical, configuration=configuration, seed=seed, threads=threads
        )
        matrix = with_typical(known_values(window.rows, names=names), typical=typical)
        raw = log_odds(text, matrix, threads=threads)
        yield raw, window.adverse, window.weights


def choose(rehearsals: Sequence[Rehearsal]) -> Rehearsal:
    """Return the simplest configuration that the best one does not clearly beat.

    Parameters
    ----------
    rehearsals : simplest configuration first, all over the same windows.

    Notes
    -----
    One-standard-error rule on the paired differences in AUC between windows; without at least two windows the
    simplest. Source: Breiman et al., Classification and Regression Trees (1984), §3.4.3.

    Raises
    ------
    UndefinedEstimateError
        There is no configuration.
    """
    if not rehearsals:
        raise UndefinedEstimateError(measure="choice", reason=Message(N_("no configuration was given")))
    if len(rehearsals[0].aucs) < 2:
        return rehearsals[0]
    best = max(rehearsals, key=lambda rehearsal: rehearsal.mean_auc)
    for rehearsal in rehearsals:
        gaps = np.asarray(best.aucs) - np.asarray(rehearsal.aucs)
        if gaps.mean() <= gaps.std(ddof=1) / np.sqrt(len(gaps)):
            return rehearsal
    return best
