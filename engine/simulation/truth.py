"""What the seed fixed and no one in the city can see; estimators are tested against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.judgement import Circumstances, adverse_probability
from engine.simulation.workdays import Dates


@dataclass(frozen=True, slots=True)
class Truth:
    """The hidden causes of conduct and findings.

    Parameters
    ----------
    seed : the seed of the city.
    first_day, last_day : of the history delivered.
    assumptions : every number of the generator.
    entity_ids : index of all entities.
    risk : (entity, year), logit scale, 0 = average, higher = riskier.
    years : calendar years of the columns of ``risk``; they end after the history.
    gone_on : day from which each entity no longer trades; NaT = not within ``years``.
    inspector_codes, strictness : logit scale, mean 0.
    difficulty : Series by item code, the item's intercept on the logit scale.
    """

    seed: int
    first_day: date
    last_day: date
    assumptions: Assumptions
    entity_ids: pd.Index
    risk: npt.NDArray[np.float64]
    years: npt.NDArray[np.int64]
    gone_on: Dates
    inspector_codes: pd.Index
    strictness: npt.NDArray[np.float64]
    difficulty: pd.Series

    def positions(self, entity_ids: Sequence[str] | pd.Series) -> npt.NDArray[np.int64]:
        """Return the row of each entity.

        Raises
        ------
        UsageError
            An entity is not of this city.
        """
        return _positions(self.entity_ids, entity_ids, what="entity_id")

    def risk_on(self, entity_ids: Sequence[str] | pd.Series, on: Dates) -> npt.NDArray[np.float64]:
        """Return the risk of each entity in the year of each date.

        Raises
        ------
        UsageError
            An entity is not of this city, or a date lies outside ``years``.
        """
        column = on.astype("datetime64[Y]").astype(np.int64) + 1970 - self.years[0]
        outside = (column < 0) | (column >= len(self.years))
        if outside.any():
            remedy = Message(
                N_("the truth of this city runs from {first} to {last}, choose a date inside"),
                {"first": int(self.years[0]), "last": int(self.years[-1])},
            )
            raise UsageError(what="date", value=str(on[outside][0]), remedy=remedy)
        return np.asarray(self.risk[self.positions(entity_ids), column])

    def circumstances(
        self,
        entity_ids: Sequence[str] | pd.Series,
        item_codes: Sequence[str] | pd.Series,
        *,
        on: Dates,
        strictness: npt.NDArray[np.float64] | float = 0.0,
    ) -> Circumstances:
        """Return what decides about each row on its date.

        Raises
        ------
        UsageError
            An entity or item is not of this city, or a date lies outside ``years``.
        """
        risk = self.risk_on(entity_ids, on)
        item = _positions(pd.Index(ITEM_CODES), item_codes, what="item_code")
        gone_on = self.gone_on[self.positions(entity_ids)]
        return Circumstances(
            item=item,
            risk=risk,
            propensity=self.difficulty.to_numpy()[item] + risk + strictness,
            is_gone=~np.isnat(gone_on) & (gone_on <= on),
        )

    def strictness_of(self, inspector_codes: pd.Series) -> npt.NDArray[np.float64]:
        """Return the strictness of each inspector; 0, the average, where none is named.

        Raises
        ------
        UsageError
            An inspector is not of this city.
        """
        strictness = np.zeros(len(inspector_codes))
        named = inspector_codes.notna().to_numpy()
        at = _positions(self.inspector_codes, inspector_codes[named], what="inspector_code")
        strictness[named] = self.strictness[at]
        return strictness

    def adverse_probability(
        self, entity_ids: Sequence[str] | pd.Series, item_codes: Sequence[str] | pd.Series, *, on: date
    ) -> npt.NDArray[np.float64]:
        """Return the chance that a random check of each (entity, item) on that day is adverse.

        Parameters
        ----------
        entity_ids, item_codes : equally long; the item need not apply to the entity.
        on : date within ``years``.

        Returns
        -------
        array of float in (0, 1): before an inspector of average strictness; entities that no longer trade have the
        chance of being unreachable. The denominator is every row drawn, also those not assessable.

        Raises
        ------
        UsageError
            An entity or item is not of this city, or the date lies outside ``years``.
        """
        days = np.full(len(entity_ids), np.datetime64(on, "D"))
        return adverse_probability(self.circumstances(entity_ids, item_codes, on=days), self.assumptions)


def _positions(index: pd.Index, keys: Sequence[str] | pd.Series, *, what: str) -> npt.NDArray[np.int64]:
    at = index.get_indexer(pd.Index(keys))
    if (at < 0).any():
        missing = pd.Index(keys)[at < 0][0]
        raise UsageError(what=what, value=missing, remedy=Message(N_("use the codes of the same simulated city")))
    return np.asarray(at, np.int64)
