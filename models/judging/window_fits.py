"""Models as they could have been fitted before a window of the past began."""

from datetime import timedelta

from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.grading.sector_models import SectorScope
from engine.parameters import PolicyBook
from engine.store.workspaces.warehouse import Warehouse
from models.fitting.population import train_population, training_examples
from models.fitting.training import eve_labels, training_basis, with_random_level
from models.judging.attribution import InspectorView, inspector_view
from models.judging.eve_features import EveFeatures
from models.judging.windows import TestWindow
from models.stored.artifact import FittedModel

GENERAL = "general"
"""Name under which the model of the whole population stands beside a sector's."""
STANDING = "standing"
"""Name under which the stored model that decides now stands beside the one that is judged."""


def fit_before(
    warehouse: Warehouse,
    builder: FeatureBuilder,
    eves: EveFeatures,
    *,
    window: TestWindow,
    book: PolicyBook,
    population: str,
    name: str,
    scope: SectorScope | None = None,
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
        name=name,
        scope=scope,
        threads=threads,
    )
    model = with_random_level(warehouse, builder, model, basis=basis, known_by=known_by, on=window.begins)
    examples = training_examples(features, labels, population=population, known_by=known_by, basis=basis)
    return model, inspector_view(model, examples, seed=seed, threads=threads)


class GeneralModel:
    """The model of the whole population that a sector is a part of: what a sector's own must beat.

    Parameters
    ----------
    workspace, builder, book : records, their features, dated numbers.
    scope : the sector. name : of the learned model.
    """

    def __init__(
        self, workspace: Workspace, builder: FeatureBuilder, *, book: PolicyBook, scope: SectorScope, name: str
    ) -> None:
        self._warehouse, self._builder, self._book = workspace.warehouse, builder, book
        self._population, self._name = scope.population, name
        self._eves: EveFeatures | None = None

    def before(self, window: TestWindow, *, seed: int, threads: int) -> FittedModel:
        """Return it fitted on results known before a window began; features are built with the first window."""
        if self._eves is None:
            known_by = window.begins - timedelta(days=1)
            basis = training_basis(self._warehouse, population=self._population, known_until=known_by)
            self._eves = EveFeatures(
                self._warehouse, self._builder, book=self._book, population=self._population, basis=basis
            )
        model, _ = fit_before(
            self._warehouse,
            self._builder,
            self._eves,
            window=window,
            book=self._book,
            population=self._population,
            name=self._name,
            seed=seed,
            threads=threads,
        )
        return model
