"""Training and judging over a workspace: reads what was known, fits, stores the model by its digest.

The only module beside registry, commands and demonstration that reaches the store. Features come from the same builder
that scores (``engine.api.scoring.featuring``), on the eve of each inspection.
"""

from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import NothingToLearnError, TableMissingError
from engine.features.cohorts import cohort, with_record
from engine.features.labels import Grain, eve_rows, label_outcomes, outcomes
from engine.grading.sector_models import SectorScope
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Progress, silent
from engine.store.workspaces.warehouse import Warehouse
from engine.windows import LabelWindow
from models.fitting.population import MIN_ADVERSE, train_population
from models.fitting.recalibration import calibrated_on_random
from models.learners.examples import MODES, Basis
from models.learners.learned import MODEL_NAME
from models.learners.tables import CohortTables, EveTables
from models.stored.artifact import FittedModel, model_files, model_from_files

MODELS = "models"
LABEL_WINDOW = "labels.window"
FOREVER = date(9999, 12, 31)
END_TOLERANCE_DAYS = 7


def members(warehouse: Warehouse, *, population: str) -> ibis.Table:
    """Return the entities that ever belonged to a population, key entity_id."""
    entities = warehouse.history("entities")
    return entities.filter(entities.population == population).select("entity_id").distinct()


def found_outcomes(warehouse: Warehouse, *, population: str, basis: Basis, known_until: date) -> ibis.Table:
    """Return what inspections of a population found, per item and day, as known on ``known_until``."""
    inspections = warehouse.history("inspections").semi_join(members(warehouse, population=population), "entity_id")
    return outcomes(inspections, modes=MODES[basis], known_until=known_until, grain=Grain.ENTITY_ITEM)


def training_basis(warehouse: Warehouse, *, population: str, known_until: date) -> Basis:
    """Return which rows give the order of a model: random ones where they suffice to learn from, else routine ones.

    Random rows are enough with ``MIN_ADVERSE`` of either outcome, or where there is nothing else. Where they are too
    few they still give the probabilities (:func:`with_random_level`).
    """
    random, routine = (
        found_outcomes(warehouse, population=population, basis=basis, known_until=known_until)
        for basis in (Basis.RANDOM, Basis.SCHEDULED)
    )
    counts = random.aggregate(rows=random.count(), adverse=random.label.sum(), known=random.label.count())
    rows, adverse, known = (int(value or 0) for value in counts.execute().fillna(0).iloc[0])
    if min(adverse, known - adverse) >= MIN_ADVERSE:
        return Basis.RANDOM
    return Basis.RANDOM if rows and not int(routine.count().execute()) else Basis.SCHEDULED


def eve_tables(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    *,
    population: str,
    basis: Basis,
    known_until: date,
    on: date,
    first_day: date | None = None,
    most: tuple[int, int] | None = None,
) -> EveTables:
    """Return the inspections of a population with the features of their eve.

    Parameters
    ----------
    warehouse, builder : record tables and their features.
    population : str.
    basis : which inspections count.
    known_until : last day whose results may be used.
    on : day whose dated numbers shape the features.
    first_day : first day of inspection; None = all.
    most : rows and seed: of more rows than these, those of entities taken at random, about as many; None = all.

    Notes
    -----
    Cost: that of the features of as many (entity, date) pairs as there are inspections.
    """
    labels = eve_labels(warehouse, population=population, basis=basis, known_until=known_until, first_day=first_day)
    if most is not None:
        labels = _of_some_entities(labels, n_rows=most[0], seed=most[1])
    spine = labels[["entity_id", "as_of"]].drop_duplicates()
    return EveTables(builder.build(spine, on=on), labels, basis)


def eve_labels(
    warehouse: Warehouse, *, population: str, basis: Basis, known_until: date, first_day: date | None = None
) -> pd.DataFrame:
    """Return what the inspections of a population found, with their eve; parameters as for :func:`eve_tables`.

    Returns
    -------
    DataFrame of :func:`engine.features.labels.eve_rows`, sorted by entity, eve and item.
    """
    found = found_outcomes(warehouse, population=population, basis=basis, known_until=known_until)
    if first_day is not None:
        found = found.filter(found.occurred_on >= first_day)
    rows: pd.DataFrame = eve_rows(found).execute()
    return rows.sort_values(["entity_id", "as_of", "item_code"], ignore_index=True)


def _of_some_entities(rows: pd.DataFrame, *, n_rows: int, seed: int) -> pd.DataFrame:
    """Return all rows of entities taken at random, each with the same chance: whole histories, and about ``n_rows``."""
    if len(rows) <= n_rows:
        return rows
    entities = rows["entity_id"].drop_duplicates().sort_values()
    rng = np.random.default_rng(seed)  # noqa: TID251 - a seeded sample
    taken = entities[rng.random(len(entities)) < n_rows / len(rows)]
    return rows[rows["entity_id"].isin(taken)].reset_index(drop=True)


def fit_population(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    *,
    book: PolicyBook,
    population: str,
    split: date,
    seed: int,
    name: str = MODEL_NAME,
    scope: SectorScope | None = None,
    most_rows: int | None = None,
    threads: int = 1,
    progress: Progress = silent,
) -> FittedModel:
    """Fit a population's model on results known before ``split``; ``name`` as in :mod:`models.learners.learned`.

    ``scope`` is the sector that the population is, read from a
    :class:`engine.store.workspaces.sector_warehouse.SectorWarehouse`. Of more than ``most_rows`` rows it learns from
    those of entities taken at random with ``seed``, about as many; None = from all.

    Raises
    ------
    NothingToLearnError, MissingInclusionProbabilityError, TableMissingError
    """
    known_by = split - timedelta(days=1)
    basis = training_basis(warehouse, population=population, known_until=known_by)
    progress(Message(N_("Build the training rows of {population}"), {"population": population}))
    most = None if most_rows is None else (most_rows, seed)
    tables = eve_tables(
        warehouse, builder, population=population, basis=basis, known_until=known_by, on=split, most=most
    )
    model = train_population(
        tables.features,
        tables.labels,
        population=population,
        known_by=known_by,
        basis=basis,
        seed=seed,
        inputs={"policies": book.digest, "profile": book.profile},
        name=name,
        scope=scope,
        threads=threads,
        progress=progress,
    )
    return with_random_level(warehouse, builder, model, basis=basis, known_by=known_by, on=split, most=most)


def with_random_level(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    model: FittedModel,
    *,
    basis: Basis,
    known_by: date,
    on: date,
    most: tuple[int, int] | None = None,
) -> FittedModel:
    """Return a model ranked on routine rows with the probabilities of random ones, where there are enough of them.

    Parameters
    ----------
    basis : rows the model learned from; one of random rows is returned as it is.
    known_by : last day whose results may be used.
    on : day whose dated numbers shape the features.
    most : as for :func:`eve_tables`.
    """
    if basis is Basis.RANDOM:
        return model
    random = eve_tables(
        warehouse,
        builder,
        population=model.card.population,
        basis=Basis.RANDOM,
        known_until=known_by,
        on=on,
        most=most,
    )
    try:
        return calibrated_on_random(model, random.features, random.labels, known_by=known_by)
    except NothingToLearnError:
        return model


def later_inspections(
    warehouse: Warehouse, builder: FeatureBuilder, *, population: str, basis: Basis, split: date
) -> EveTables:
    """Return the inspections from ``split`` on, whenever their results became known, with the features of their eve."""
    return eve_tables(
        warehouse, builder, population=population, basis=basis, known_until=FOREVER, on=split, first_day=split
    )


def cohort_tables(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    *,
    book: PolicyBook,
    population: str,
    basis: Basis,
    as_of: date,
    known_until: date,
) -> CohortTables:
    """Return the cohort of ``as_of`` with its features and what followed.

    Parameters
    ----------
    known_until : last day whose results count as outcome; the window of policy ``labels.window`` must be over by then,
        or at most ``END_TOLERANCE_DAYS`` later (an archive that ends on 30 December reaches the year's end).

    Raises
    ------
    LabelWindowOpenError
        It is not.
    """
    settings = book.value(LABEL_WINDOW, on=as_of)
    window = LabelWindow(int(settings["months"]), int(settings["result_lag_days"]))
    window.require_closed(as_of, known_until=known_until + timedelta(days=END_TOLERANCE_DAYS))
    missing_days = max(0, (window.last_day(as_of) - known_until).days + window.result_lag_days)
    if missing_days:
        known_until = FOREVER
    entities = warehouse.history("entities")
    relations = {name: warehouse.history(name) for name in ("inspections", "penalties", "listings", "complaints")}
    scope = with_record(cohort(entities, as_of=as_of, populations=[population]), relations)
    found = found_outcomes(warehouse, population=population, basis=basis, known_until=known_until)
    newcomers = _newcomers(entities, scope, found, population=population, as_of=as_of, last=window.last_day(as_of))
    everybody = scope.select("entity_id", "as_of", "entity_type", "population", "has_record").union(newcomers)
    labelled = label_outcomes(everybody, found, window=window, known_until=known_until, first_only=True)
    return CohortTables(
        features=builder.build(scope.select("entity_id", "as_of"), on=as_of),
        entities=everybody.execute().sort_values("entity_id", ignore_index=True),
        outcomes=labelled.select("entity_id", "item_code", "label", "label_status").execute(),
        missing_days=missing_days,
    )


def _newcomers(
    entities: ibis.Table, scope: ibis.Table, found: ibis.Table, *, population: str, as_of: date, last: date
) -> ibis.Table:
    """Entities outside the scope that an inspection of the window met: unknown on the date, so never graded."""
    met = found.filter(found.occurred_on > as_of, found.occurred_on <= last).select("entity_id").distinct()
    types = entities.group_by("entity_id").aggregate(entity_type=entities.entity_type.arbitrary())
    return (
        met.anti_join(scope, "entity_id")
        .inner_join(types, "entity_id")
        .select(
            "entity_id",
            as_of=ibis.literal(as_of),
            entity_type=ibis._.entity_type,
            population=ibis.literal(population),
            has_record=ibis.literal(False),
        )
    )


def models_folder(workspace: Workspace) -> Path:
    """Return the folder of stored models."""
    return workspace.path / MODELS


def store_model(workspace: Workspace, model: FittedModel) -> str:
    """Write a model's files to ``models/<digest>/`` of the workspace and return its digest; the same model once.

    The folder appears complete or not at all.
    """
    folder = models_folder(workspace)
    target = folder / model.digest
    if not target.is_dir():
        with workspace.writing() as staging:
            made = staging / model.digest
            made.mkdir()
            for name, content in model_files(model).items():
                (made / name).write_bytes(content)
            folder.mkdir(exist_ok=True)
            made.rename(target)
    return model.digest


def load_model(workspace: Workspace, *, digest: str) -> FittedModel:
    """Return a stored model, checked against its digest.

    Raises
    ------
    TableMissingError
        The workspace holds no such model.
    ScoringError
        Its files were changed.
    """
    folder = models_folder(workspace) / digest
    if not folder.is_dir():
        remedy = Message(N_("train it, or restore the folder {folder}"), {"folder": f"{MODELS}/{digest}"})
        raise TableMissingError(table=Message(N_("model {digest}"), {"digest": digest[:12]}), remedy=remedy)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return model_from_files(files, expected_digest=digest)
