"""Backtests over a workspace: for every window a model that knew only what was on record before it, judged on it.

Everything is fitted anew per window, the configuration is chosen inside that window's past, and the simple baselines,
the points scorecard and a random order stand beside it on the same rows. The primary figure is the mean over the
windows with a paired gain, resampled by entity and by day.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from engine.api.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import UndefinedEstimateError
from engine.estimation.ranking import REPLICATES
from engine.estimation.rounds import Rounds, judge_rounds
from engine.features.settings import FeatureParameters
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Progress, silent
from engine.store.warehouse import Warehouse
from models.artifact import FittedModel
from models.attribution import DIAGNOSTICS, InspectorView, inspector_view
from models.evaluation import PROBABILITY, later_scores, score_names
from models.examples import Basis
from models.fitting import train_population, training_examples
from models.judgement import InspectionJudgement, judge_inspection_level
from models.leaks import LeakCheck, compare_rebuilt, require_no_leak
from models.rebuilding import rebuild_sample
from models.tables import EveTables
from models.training import FOREVER, eve_labels, members, training_basis
from models.windows import TestWindow

CLUSTERS = ("entity_id", "occurred_on")
"""What is resampled: firms, and days."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One window: the model of its past and what it scored.

    Parameters
    ----------
    window : the days judged.
    model : fitted on results known before the window.
    scored : one row per check of the window: entity_id, as_of, occurred_on, item_code, adverse, scores, probability.
    judged : figures of every score, the model first.
    inspectors : what the past says of its inspectors; None where records name too few.
    """

    window: TestWindow
    model: FittedModel
    scored: pd.DataFrame
    judged: tuple[InspectionJudgement, ...]
    inspectors: InspectorView | None = None


@dataclass(frozen=True, slots=True)
class Backtest:
    """Everything said about one population.

    Parameters
    ----------
    population, basis : whom, and which rows.
    folds : by window, oldest first.
    rounds : means and paired gains, by what was resampled.
    leak_check : of the features the scores read.
    test_digest : hex SHA-256 of the test rows: which set was looked at.
    """

    population: str
    basis: Basis
    folds: tuple[Fold, ...]
    rounds: Mapping[str, Rounds]
    leak_check: LeakCheck
    test_digest: str

    @property
    def model(self) -> str:
        """Name of the model that was judged."""
        return self.folds[-1].model.card.name

    @property
    def baselines(self) -> tuple[str, ...]:
        """The other scores that could be used instead."""
        scores = next(iter(self.rounds.values())).scores
        return tuple(name for name in scores if name != self.model and name not in DIAGNOSTICS)

    @property
    def scored(self) -> pd.DataFrame:
        """The rows of all windows with their ``window``."""
        return pd.concat([fold.scored.assign(window=fold.window.name) for fold in self.folds], ignore_index=True)


class EveFeatures:
    """Features of the eve of every inspection of a population, built once per set of dated numbers.

    Parameters
    ----------
    warehouse, builder, book : records, their features, dated numbers.
    population, basis : whose inspections, and which.
    """

    def __init__(
        self, warehouse: Warehouse, builder: FeatureBuilder, *, book: PolicyBook, population: str, basis: Basis
    ) -> None:
        self._builder = builder
        self._book = book
        self._labels = eve_labels(warehouse, population=population, basis=basis, known_until=FOREVER)
        self._built: dict[FeatureParameters, pd.DataFrame] = {}

    @property
    def labels(self) -> pd.DataFrame:
        """What every inspection found, whenever it became known."""
        return self._labels

    def of(self, labels: pd.DataFrame, *, on: date) -> pd.DataFrame:
        """Return the feature rows of ``labels`` under the numbers in force on a day."""
        parameters = FeatureParameters.from_policies(self._book, on=on)
        if parameters not in self._built:
            spine = self._labels[["entity_id", "as_of"]].drop_duplicates()
            self._built[parameters] = self._builder.build(spine, on=on)
        keys = labels[["entity_id", "as_of"]].drop_duplicates()
        return self._built[parameters].merge(keys, on=["entity_id", "as_of"], how="inner", validate="one_to_one")


def backtest_population(
    workspace: Workspace,
    builder: FeatureBuilder,
    *,
    book: PolicyBook,
    population: str,
    windows: Sequence[TestWindow],
    seed: int,
    threads: int = 1,
    replicates: int = REPLICATES,
    progress: Progress = silent,
) -> Backtest:
    """Judge the learned model, the scorecard and the baselines over windows.

    Parameters
    ----------
    workspace, builder, book : records, their features, dated numbers.
    population : str, judged alone.
    windows : oldest first, at least one; those without both outcomes are left out.
    seed, threads : of the fits; threads change no result.
    replicates : resamples of the intervals.

    Raises
    ------
    NothingToLearnError
        Too little was known before the first window.
    UndefinedEstimateError
        No window holds both outcomes.
    FeatureLeakError
        A feature could not have been known.

    Notes
    -----
    Cost: one feature build over all inspections, per window the fits of :func:`models.fitting.train_population`, and
    ``SAMPLED_DATES`` small builds for the leak check.
    """
    warehouse = workspace.warehouse
    basis = training_basis(warehouse, population=population, known_until=windows[0].begins - timedelta(days=1))
    progress(Message(N_("Build the features of every inspection of {population}"), {"population": population}))
    eves = EveFeatures(warehouse, builder, book=book, population=population, basis=basis)
    types = entity_types(warehouse, population=population)
    rng = np.random.default_rng(seed)  # noqa: TID251 - seeded resamples of an interval
    folds = []
    for place, window in enumerate(windows):
        told = Message(N_("Window {window} of {population}"), {"window": window.name, "population": population})
        progress(told, place / len(windows))
        test = labels_inside(eves.labels, window)
        if test["label"].dropna().nunique() < 2:
            continue
        model, view = fit_before(
            warehouse, eves, window=window, book=book, population=population, seed=seed, threads=threads
        )
        later = EveTables(eves.of(test, on=window.begins), test, basis)
        scored = later_scores(model, later, types, book=book, on=window.begins, rng=rng)
        if view is not None:
            rows = scored[["entity_id", "as_of", "inspector_code"]].merge(later.features, on=["entity_id", "as_of"])
            scored = scored.assign(**view.scores(model, rows))
        judged = judge_inspection_level(
            scored,
            names=score_names(scored),
            reference=model.card.name,
            probability={model.card.name: PROBABILITY},
            rng=rng,
        )
        folds.append(Fold(window, model, scored, judged, view))
    if not folds:
        raise UndefinedEstimateError(measure="backtest", reason=Message(N_("no window holds both outcomes")))
    tested = eves.of(labels_inside(eves.labels, folds[-1].window), on=folds[-1].window.begins)
    rebuilt = rebuild_sample(workspace, tested, book=book, on=folds[-1].window.begins)
    leak_check = compare_rebuilt(tested, rebuilt)
    require_no_leak(leak_check, columns=[name for fold in folds for name in fold.model.card.feature_names])
    names = [name for name in score_names(folds[0].scored) if all(name in fold.scored for fold in folds)]
    every = pd.concat([fold.scored.assign(window=fold.window.name) for fold in folds], ignore_index=True)
    rounds = {
        cluster: judge_rounds(every, names=names, cluster=cluster, rng=rng, replicates=replicates)
        for cluster in CLUSTERS
    }
    return Backtest(population, basis, tuple(folds), rounds, leak_check, rows_digest(every))


def fit_before(
    warehouse: Warehouse,
    eves: EveFeatures,
    *,
    window: TestWindow,
    book: PolicyBook,
    population: str,
    seed: int,
    threads: int,
) -> tuple[FittedModel, InspectorView | None]:
    """Fit on results known before a window began, read as they were known then; the model, and its inspectors."""
    known_by = window.begins - timedelta(days=1)
    basis = training_basis(warehouse, population=population, known_until=known_by)
    labels = eve_labels(warehouse, population=population, basis=basis, known_until=known_by)
    features = eves.of(labels, on=window.begins)
    model = train_population(
        features,
        labels,
        population=population,
        known_by=known_by,
        basis=basis,
        seed=seed,
        inputs={"policies": book.digest, "profile": book.profile},
        threads=threads,
    )
    examples = training_examples(features, labels, population=population, known_by=known_by, basis=basis)
    return model, inspector_view(model, examples, seed=seed, threads=threads)


def labels_inside(labels: pd.DataFrame, window: TestWindow) -> pd.DataFrame:
    """Return the rows of labels whose inspection lies in a window."""
    day = pd.to_datetime(labels["occurred_on"])
    return labels[(day >= pd.Timestamp(window.begins)) & (day < pd.Timestamp(window.ends))].reset_index(drop=True)


def entity_types(warehouse: Warehouse, *, population: str) -> pd.Series:
    """Return the entity type by entity_id."""
    entities = warehouse.history("entities").semi_join(members(warehouse, population=population), "entity_id")
    types = entities.group_by("entity_id").aggregate(entity_type=entities.entity_type.max()).execute()
    return pd.Series(types.set_index("entity_id")["entity_type"])


def rows_digest(scored: pd.DataFrame) -> str:
    """Return the hex SHA-256 over the sorted keys and outcomes of test rows: the same set has the same digest."""
    keys = scored[["entity_id", "occurred_on", "item_code", "adverse"]].astype(str)
    lines = sorted("\x1f".join(row) for row in keys.itertuples(index=False, name=None))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
