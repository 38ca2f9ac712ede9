"""Features of the eve of every inspection, as a backtest reads them window by window."""

from datetime import date

import pandas as pd

from engine.api.scoring.featuring import FeatureBuilder
from engine.features.settings import FeatureParameters
from engine.parameters import PolicyBook
from engine.store.workspaces.warehouse import Warehouse
from models.fitting.training import FOREVER, eve_labels
from models.learners.examples import Basis


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
