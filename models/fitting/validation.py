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
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.errors import UndefinedEstimateError
from engine.estimation.ranking import auc
from engine.estimation.rounds import Measure, judge_rounds
from engine.features.declaration import Feature
from engine.messages import N_, Message
from models.chances.level import FORMS, UNREHEARSED, LevelForm, fit_level, level_loss
from models.learners.admission import admitted_features
from models.learners.examples import Examples
from models.learners.ranker import AnyConfiguration, fit_ranker

FloatArray = npt.NDArray[np.float64]

WINDOWS = (3, 2, 1)
"""Numbers of windows, the first that gives every one enough adverse rows is taken."""

FIRST_ORIGIN = 0.5
"""Share of the training rows that lie before the first window."""

REPLICATES = 200
"""Resamples of the error of a difference between configurations."""

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
    examples: Examples, *, windows: Sequence[int] = WINDOWS, first_origin: float = FIRST_ORIGIN
) -> tuple[Origin, ...]:
    """Return the splits that hold enough adverse rows on both sides, oldest first; may be empty.

    Parameters
    ----------
    examples : training rows; ``as_of`` and ``known_at`` decide.
    windows : numbers of windows to try, each >= 1; where none fills them all, the most that are filled.
    first_origin : share of rows in (0, 1) before the first window.

    Notes
    -----
    Windows hold equal numbers of rows by ``as_of``. A row whose result became known only after a window began is not
    in that window's past, whenever it occurred. Source: Tashman, International Journal of Forecasting 16 (2000).
    """
    tried = [_origins(examples, windows=count, first_origin=first_origin) for count in windows]
    for origins, count in zip(tried, windows, strict=True):
        if len(origins) == count:
            return origins
    return max(tried, key=len)


def _origins(examples: Examples, *, windows: int, first_origin: float) -> tuple[Origin, ...]:
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
    raw : log-odds of every window row, oldest window first.
    rows : those rows, with their ``window``.
    """

    configuration: AnyConfiguration
    aucs: tuple[float, ...]
    raw: FloatArray
    rows: pd.DataFrame

    @property
    def adverse(self) -> FloatArray:
        """Outcome of every window row."""
        return self.rows["adverse"].to_numpy(dtype=np.float64)

    @property
    def weights(self) -> FloatArray:
        """Weight of every window row."""
        return self.rows["weight"].to_numpy(dtype=np.float64)


def rehearse(
    examples: Examples,
    origins: Sequence[Origin],
    *,
    declared: Sequence[Feature],
    configuration: AnyConfiguration,
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
    parts = []
    for past, window in _parts(examples, origins):
        features = admitted_features(past.rows, declared=declared)
        if features:
            ranker = fit_ranker(past, features=features, configuration=configuration, seed=seed, threads=threads)
            parts.append((ranker.log_odds(window.rows, threads=threads), window))
    aucs = tuple(auc(raw, window.adverse) for raw, window in parts)
    raw = np.concatenate([raw for raw, _ in parts]) if parts else np.zeros(0)
    rows = [window.rows.assign(window=place) for place, (_, window) in enumerate(parts)]
    return Rehearsal(configuration, aucs, raw, pd.concat(rows) if rows else examples.rows.iloc[:0])


def _parts(examples: Examples, origins: Sequence[Origin]) -> Iterator[tuple[Examples, Examples]]:
    for origin in origins:
        yield examples.part(origin.past), examples.part(origin.window)


def choose(rehearsals: Sequence[Rehearsal], *, rng: Generator) -> Rehearsal:
    """Return the simplest configuration that the best one does not clearly beat.

    Parameters
    ----------
    rehearsals : simplest configuration first, all over the same windows.
    rng : resamples the entities.

    Notes
    -----
    One-standard-error rule on the paired difference in mean AUC over the windows, its error from a bootstrap over the
    entities; without windows the simplest. Source: Breiman et al., Classification and Regression Trees (1984), §3.4.3.

    Raises
    ------
    UndefinedEstimateError
        There is no configuration.
    """
    if not rehearsals:
        raise UndefinedEstimateError(measure="choice", reason=Message(N_("no configuration was given")))
    first = rehearsals[0]
    if not first.aucs:
        return first
    scored = first.rows.assign(**{str(place): found.raw for place, found in enumerate(rehearsals)})
    names = [str(place) for place in range(len(rehearsals))]
    rounds = judge_rounds(
        scored, names=names, cluster="entity_id", rng=rng, replicates=REPLICATES, measures=(Measure.AUC,)
    )
    best = rounds.best(names, Measure.AUC)
    for name, rehearsal in zip(names, rehearsals, strict=True):
        gap = rounds.by_window[best, Measure.AUC] - rounds.by_window[name, Measure.AUC]
        error = np.nanstd(rounds.resampled[best, Measure.AUC] - rounds.resampled[name, Measure.AUC], ddof=1)
        if gap.mean() <= error:
            return rehearsal
    return rehearsals[int(best)]


def rehearse_level(
    examples: Examples,
    origins: Sequence[Origin],
    *,
    declared: Sequence[Feature],
    configuration: AnyConfiguration,
    seed: int,
    threads: int = 1,
) -> LevelForm:
    """Return the form of level that foretold the level of the windows best; ``UNREHEARSED`` without windows.

    Parameters
    ----------
    configuration : the one chosen; fitted on every past, its level on the same past, judged on the window.

    Notes
    -----
    Weighted log loss, summed over the windows; the simplest of equals. Cost: one fit per window.
    """
    losses = dict.fromkeys(FORMS, 0.0)
    is_rehearsed = False
    for past, window in _parts(examples, origins):
        features = admitted_features(past.rows, declared=declared)
        if not features:
            continue
        ranker = fit_ranker(past, features=features, configuration=configuration, seed=seed, threads=threads)
        past_raw, raw = (ranker.log_odds(part.rows, threads=threads) for part in (past, window))
        is_rehearsed = True
        for form in FORMS:
            level = fit_level(past_raw, past.adverse, past.weights, past.rows["as_of"], form=form)
            losses[form] += level_loss(level, raw, window.adverse, window.weights, window.rows["as_of"])
    return min(FORMS, key=lambda form: losses[form]) if is_rehearsed else UNREHEARSED
