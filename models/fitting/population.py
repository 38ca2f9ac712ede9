"""From labelled features of one population to a fitted model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

import numpy as np
import pandas as pd

from engine.errors import NothingToLearnError, SectorTooSmallError
from engine.features.declaration import Feature
from engine.features.registry import FEATURES
from engine.grading.sector_models import SectorScope
from engine.messages import N_, Message
from engine.pipeline.ports import Progress, silent
from models.chances.calibration import fit_calibration
from models.chances.level import fit_level
from models.fitting.validation import choose, rehearse, rehearse_level, rolling_origins
from models.learners.admission import admitted_features, has_record, typical_values
from models.learners.anchor import fit_anchor
from models.learners.examples import Basis, Examples, assemble_examples
from models.learners.grown import GrownRanker
from models.learners.learned import LEARNED, MODEL_NAME
from models.learners.ranker import AnyConfiguration, Ranker, fit_ranker
from models.stored.artifact import FittedModel, ModelCard, ReadFeature, TrainingWindow

IMPORTANCE_ROWS = 5_000
"""Training rows on which the share of each feature is taken."""

MIN_ADVERSE = 50
"""Fewer adverse rows than this fit noise."""


def train_population(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    population: str,
    known_by: date,
    basis: Basis,
    seed: int,
    inputs: Mapping[str, str] | None = None,
    declared: Sequence[Feature] = FEATURES,
    name: str = MODEL_NAME,
    candidates: Sequence[AnyConfiguration] | None = None,
    scope: SectorScope | None = None,
    threads: int = 1,
    progress: Progress = silent,
) -> FittedModel:
    """Fit, choose and calibrate a model on what was known by a date.

    Parameters
    ----------
    features, labels : see :func:`models.learners.examples.assemble_examples`; one population.
    population : str.
    known_by : date, last day on which a training result may have become known.
    basis : which rows the labels are.
    seed : int, decides the rows and features drawn for each tree.
    inputs : digests or versions of what went in, kept with the model.
    declared : feature declarations; their directions are the monotone constraints.
    name : a key of :data:`models.learners.learned.LEARNED`.
    candidates : configurations, simplest first; chosen by rolling origins inside the training past. None = those of
        the name.
    scope : the sector that the population is, if it is one: dated policy says how many rows it takes.
    threads : int >= 1; does not change the result.
    progress : is told which fit runs.

    Raises
    ------
    NothingToLearnError
        Too few adverse or clean rows, or no feature to learn from.
    SectorTooSmallError
        Fewer rows or findings than policy asks of a sector.
    MissingInclusionProbabilityError
        A random row carries no probability.

    Notes
    -----
    The same arguments give the same digest. Cost: (windows x candidates + 1) fits.
    """
    examples = training_examples(
        features, labels, population=population, known_by=known_by, basis=basis, declared=declared
    )
    read = admitted_features(examples.rows, declared=declared)
    _require_enough(examples, read, population=population, scope=scope)
    origins = rolling_origins(examples)
    typical = typical_values(examples.rows, names=[feature.name for feature in read])
    has_anchor = fit_anchor(examples, features=read, typical=typical) is not None
    tried = LEARNED[name] if candidates is None else candidates
    grown = [candidate for candidate in tried if has_anchor or not candidate.is_anchored]
    rehearsals = []
    for place, configuration in enumerate(grown):
        progress(Message(N_("Trying configurations for {population}"), {"population": population}), place / len(grown))
        rehearsals.append(
            rehearse(examples, origins, declared=read, configuration=configuration, seed=seed, threads=threads)
        )
    chosen = choose(rehearsals, rng=np.random.default_rng(seed))  # noqa: TID251 - seeded resamples
    form = rehearse_level(
        examples, origins, declared=read, configuration=chosen.configuration, seed=seed, threads=threads
    )
    progress(Message(N_("Fitting the model of {population}"), {"population": population}))
    ranker = fit_ranker(examples, features=read, configuration=chosen.configuration, seed=seed, threads=threads)
    calibration = fit_calibration(chosen.raw, chosen.adverse, chosen.weights)
    level = fit_level(
        calibration.log_odds(ranker.log_odds(examples.rows, threads=threads)),
        examples.adverse,
        examples.weights,
        examples.rows["as_of"],
        form=form,
    )
    card = ModelCard(
        name=name,
        population=population,
        features=_read_features(ranker, examples, read),
        anchor=ranker.anchor if isinstance(ranker, GrownRanker) else None,
        window=_training_window(examples, known_by=known_by),
        configuration=asdict(chosen.configuration) | {"seed": seed},
        rehearsal={r.configuration.name: tuple(round(value, 6) for value in r.aucs) for r in rehearsals},
        calibration=calibration,
        level=level,
        inputs=dict(inputs or {}),
    )
    return FittedModel(card, ranker)


def training_examples(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    population: str,
    known_by: date,
    basis: Basis,
    declared: Sequence[Feature] = FEATURES,
) -> Examples:
    """Return the rows a model is fitted on: known by the date, of entities with a record."""
    examples = assemble_examples(features, labels, population=population, known_by=known_by, basis=basis)
    return examples.part(has_record(examples.rows, features=admitted_features(examples.rows, declared=declared)))


def _require_enough(examples: Examples, read: Sequence[Feature], *, population: str, scope: SectorScope | None) -> None:
    n_rows, n_adverse = len(examples.rows), int(examples.adverse.sum())
    if scope is not None and (n_rows < scope.least_rows or n_adverse < scope.least_adverse):
        raise SectorTooSmallError(
            population=population,
            n_rows=n_rows,
            n_positive=n_adverse,
            least_rows=scope.least_rows,
            least_positive=scope.least_adverse,
            whole=scope.population,
        )
    if min(n_adverse, n_rows - n_adverse) < MIN_ADVERSE or not read:
        raise NothingToLearnError(population=population, n_rows=n_rows, n_positive=n_adverse, need=MIN_ADVERSE)


def _read_features(ranker: Ranker, examples: Examples, read: Sequence[Feature]) -> tuple[ReadFeature, ...]:
    """What each feature moves a score by on average among training rows, as shares."""
    sample = examples.rows.iloc[:: max(1, len(examples.rows) // IMPORTANCE_ROWS)]
    sizes = np.abs(ranker.shares(sample)[:, :-1]).mean(axis=0)
    by_name = {feature.name: feature for feature in read}
    shares = sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(ranker.names), 1 / len(ranker.names))
    return tuple(
        ReadFeature(name, by_name[name].direction, value, round(float(share), 9))
        for name, value, share in zip(ranker.names, ranker.typical, shares, strict=True)
    )


def _training_window(examples: Examples, *, known_by: date) -> TrainingWindow:
    as_of = pd.to_datetime(examples.rows["as_of"])
    return TrainingWindow(
        first_as_of=as_of.min().date().isoformat(),
        last_as_of=as_of.max().date().isoformat(),
        known_by=known_by.isoformat(),
        n_rows=len(examples.rows),
        n_entities=int(examples.rows["entity_id"].nunique()),
        n_adverse=int(examples.adverse.sum()),
        basis=str(examples.basis),
    )
