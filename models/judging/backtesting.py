"""Backtests over a workspace: for every window a model that knew only what was on record before it, judged on it.

Everything is fitted anew per window, the configuration is chosen inside that window's past, and the simple baselines,
the points scorecard and a random order stand beside it on the same rows. The primary figure is the mean over the
windows with a paired gain, resampled by entity and by day.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import LabelWindowOpenError, UndefinedEstimateError
from engine.estimation.drift import CalibrationWatch
from engine.estimation.ranking import REPLICATES
from engine.estimation.rounds import Rounds, judge_rounds
from engine.grading.sector_models import SectorScope
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Progress, silent
from engine.store.workspaces.sector_warehouse import SectorWarehouse
from engine.store.workspaces.warehouse import Warehouse
from models.fitting.rebuilding import rebuild_sample
from models.fitting.training import LABEL_WINDOW, cohort_tables, members, training_basis
from models.judging.attribution import DIAGNOSTICS, InspectorView
from models.judging.cohort_judgement import CohortJudgement
from models.judging.evaluation import PROBABILITY, judge_cohorts, later_scores, score_names
from models.judging.eve_features import EveFeatures
from models.judging.judgement import InspectionJudgement, judge_inspection_level
from models.judging.leaks import LeakCheck, compare_rebuilt, require_no_leak
from models.judging.watching import entity_groups, parity_rows, watched
from models.judging.window_fits import GENERAL, STANDING, GeneralModel, fit_before
from models.judging.windows import TestWindow
from models.learners.examples import Basis
from models.learners.learned import MODEL_NAME
from models.learners.tables import EveTables
from models.stored.application import ModelScorer
from models.stored.artifact import FittedModel

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
    cohort : everybody known on the eve of the window, graded by every score and met by the first inspection of the
        months that followed; empty where the records end before those months are over.
    beside : other learned models of the same past, by name; their scores stand in ``scored`` too.
    """

    window: TestWindow
    model: FittedModel
    scored: pd.DataFrame
    judged: tuple[InspectionJudgement, ...]
    inspectors: InspectorView | None = None
    cohort: Mapping[str, CohortJudgement] = field(default_factory=dict)
    beside: Mapping[str, FittedModel] = field(default_factory=dict)


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
    label_months : length of the months in which the outcome of a cohort counts.
    parity : rows of :func:`models.judging.watching.parity_rows` over all windows.
    watch : over the chances of all windows.
    """

    population: str
    basis: Basis
    folds: tuple[Fold, ...]
    rounds: Mapping[str, Rounds]
    leak_check: LeakCheck
    test_digest: str
    label_months: int
    parity: pd.DataFrame
    watch: CalibrationWatch

    @property
    def model(self) -> str:
        """Name of the model that was judged."""
        return self.folds[-1].model.card.name

    @property
    def baselines(self) -> tuple[str, ...]:
        """The simple scores that could be used instead; neither diagnostics nor other learned models."""
        scores = next(iter(self.rounds.values())).scores
        learned = {self.model, *self.folds[-1].beside, *DIAGNOSTICS}
        return tuple(name for name in scores if name not in learned)

    @property
    def scored(self) -> pd.DataFrame:
        """The rows of all windows with their ``window``."""
        return pd.concat([fold.scored.assign(window=fold.window.name) for fold in self.folds], ignore_index=True)


def backtest_population(
    workspace: Workspace,
    builder: FeatureBuilder,
    *,
    book: PolicyBook,
    population: str,
    windows: Sequence[TestWindow],
    seed: int,
    models: Sequence[str] = (MODEL_NAME,),
    scope: SectorScope | None = None,
    standing: FittedModel | None = None,
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
    models : learned models by name; the first is judged, the others stand beside it in the same pairs.
    scope : the sector that ``population`` is, if it is one: the first model, fitted on the whole population's past,
        then stands beside as ``general``.
    standing : stored model that decides the class now; beside the others as ``standing``. It must have learned from
        nothing of the windows.
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
    Cost: one feature build over all inspections and one over everybody per window; per window the fits of
    :func:`models.fitting.population.train_population`; ``SAMPLED_DATES`` small builds for the leak check.
    """
    warehouse = workspace.warehouse if scope is None else SectorWarehouse(workspace, scope)
    general = None if scope is None else GeneralModel(workspace, builder, book=book, scope=scope, name=models[0])
    basis = training_basis(warehouse, population=population, known_until=windows[0].begins - timedelta(days=1))
    progress(Message(N_("Build the features of every inspection of {population}"), {"population": population}))
    eves = EveFeatures(warehouse, builder, book=book, population=population, basis=basis)
    types = entity_types(warehouse, population=population)
    rng = np.random.default_rng(seed)  # noqa: TID251 - seeded resamples of an interval
    tests = {window: labels_inside(eves.labels, window) for window in windows}
    tests = {window: test for window, test in tests.items() if test["label"].dropna().nunique() > 1}
    if not tests:
        raise UndefinedEstimateError(measure="backtest", reason=Message(N_("no window holds both outcomes")))
    leak_check = _leaks(workspace, eves, tests, book=book)
    folds = []
    for place, (window, test) in enumerate(tests.items()):
        told = Message(N_("Window {window} of {population}"), {"window": window.name, "population": population})
        progress(told, place / len(tests))
        (model, view), *others = (
            fit_before(
                warehouse,
                builder,
                eves,
                window=window,
                book=book,
                population=population,
                name=name,
                scope=scope,
                seed=seed,
                threads=threads,
            )
            for name in models
        )
        beside = {other.card.name: other for other, _ in others}
        if general is not None:
            beside[GENERAL] = general.before(window, seed=seed, threads=threads)
        if standing is not None:
            beside[STANDING] = standing
        for fitted in (model, *beside.values()):
            require_no_leak(leak_check, columns=fitted.card.feature_names)
        later = EveTables(eves.of(test, on=window.begins), test, basis)
        scored = with_scores(
            later_scores(model, later, types, book=book, on=window.begins, rng=rng), beside, features=later.features
        )
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
        met = cohort_before(warehouse, builder, model, window=window, book=book, basis=basis, rng=rng)
        folds.append(Fold(window, model, scored, judged, view, met, beside))
    names = [name for name in score_names(folds[0].scored) if all(name in fold.scored for fold in folds)]
    every = pd.concat([fold.scored.assign(window=fold.window.name) for fold in folds], ignore_index=True)
    rounds = {
        cluster: judge_rounds(every, names=names, cluster=cluster, rng=rng, replicates=replicates)
        for cluster in CLUSTERS
    }
    months = int(book.value(LABEL_WINDOW, on=folds[-1].window.begins)["months"])
    return Backtest(
        population,
        basis,
        tuple(folds),
        rounds,
        leak_check,
        rows_digest(every),
        months,
        parity_rows(every, entity_groups(warehouse, population=population)),
        watched(every),
    )


def _leaks(
    workspace: Workspace, eves: EveFeatures, tests: Mapping[TestWindow, pd.DataFrame], *, book: PolicyBook
) -> LeakCheck:
    """Build rows of the last window again from what was known, before any score is believed."""
    window, labels = list(tests.items())[-1]
    tested = eves.of(labels, on=window.begins)
    return compare_rebuilt(tested, rebuild_sample(workspace, tested, book=book, on=window.begins))


def with_scores(scored: pd.DataFrame, models: Mapping[str, FittedModel], *, features: pd.DataFrame) -> pd.DataFrame:
    """Return test rows with one more score column per model, by its name here."""
    for name, model in models.items():
        own = ModelScorer(model).score(features)[["entity_id", "as_of", "score"]].rename(columns={"score": name})
        scored = scored.merge(own, on=["entity_id", "as_of"], validate="many_to_one")
    return scored


def cohort_before(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    model: FittedModel,
    *,
    window: TestWindow,
    book: PolicyBook,
    basis: Basis,
    rng: Generator,
) -> Mapping[str, CohortJudgement]:
    """Grade everybody known on the eve of a window; by score name, empty while the label window is open."""
    eve = window.begins - timedelta(days=1)
    try:
        cohort = cohort_tables(
            warehouse,
            builder,
            book=book,
            population=model.card.population,
            basis=basis,
            as_of=eve,
            known_until=warehouse.bounds().last,
        )
    except LabelWindowOpenError:
        return {}
    return judge_cohorts(model, cohort, book=book, on=eve, rng=rng)


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
