"""The declarations of one source as tables of numbers that the kernels interpret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from engine.features.declaration import OF_OTHERS, Aggregate, Feature
from engine.features.peers import PeerBasis, peer_bases
from engine.features.settings import FeatureParameters
from engine.features.sweep.tables import Days, Ints, Reals, Records, measure_positions
from engine.windows import add_months

CODES = {aggregate: number for number, aggregate in enumerate(Aggregate)}
TOTAL = len(CODES)
"""Sum of the known values, 0 when there are none: the two halves of a shrunken rate."""
NONE = -1
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Program:
    """What the kernels do for one source.

    Parameters
    ----------
    operations : int64 (outputs, 6): code, filter, column, per, window, window of twice the length; -1 for none.
    when_none : float64 (outputs,), value when no event is kept, NaN for null; ``scales`` what the column is divided by.
    filters : int64 (filters, width): columns that must be true, -1 for none.
    bases : int64 (peer bases, 4): filter, column, per, window.
    bands : int64, windows of the decay bands; ``weights`` float64.
    sums : bool (columns), whether the rows of an event are added up (else the largest counts).
    months : lookbacks by window number, None for the whole history.
    declared : the features of the source.
    features : declaration of each output; a shrunken rate has two, its column and its per; a peer rate has none.
    peers : the bases as declared.
    """

    operations: Ints
    when_none: Reals
    scales: Reals
    filters: Ints
    bases: Ints
    bands: Ints
    weights: Reals
    sums: np.ndarray[Any, Any]
    months: tuple[int | None, ...]
    declared: tuple[Feature, ...]
    features: tuple[Feature, ...]
    peers: tuple[PeerBasis, ...]

    def window_starts(self, days: Days) -> Days:
        """Return int32 (dates, windows): an event lies in the window iff its day is later and not after ``as_of``."""
        starts = np.full((len(days), len(self.months)), np.iinfo(np.int32).min, np.int32)
        for row, day in enumerate(days.astype("datetime64[D]").tolist()):
            for window, months in enumerate(self.months):
                if months is not None:
                    starts[row, window] = (np.datetime64(add_months(day, -months), "D")).astype(np.int32)
        return starts


class _Numbers(Generic[Thing]):
    """Numbers things in order of first mention."""

    def __init__(self, first: Thing) -> None:
        self.known: dict[Thing, int] = {first: 0}

    def __call__(self, thing: Thing) -> int:
        return self.known.setdefault(thing, len(self.known))


def program_of(features: Sequence[Feature], records: Records, *, parameters: FeatureParameters) -> Program:
    """Return the tables for the features of one source.

    Parameters
    ----------
    features : declarations of the source; peer rates become bases, and neither they nor shares of related entities
        have an output of their own.
    """
    position = measure_positions(records)
    filters: _Numbers[tuple[str, ...]] = _Numbers(())
    windows: _Numbers[int | None] = _Numbers(None)
    outputs = [part for f in features for part in _outputs(f)]
    operations, when_none = [], []
    for code, feature, column in outputs:
        months = feature.lookback_months
        per = NONE if feature.per is None else position[feature.per]
        twice = NONE if months is None or feature.aggregate is not Aggregate.SURGE else windows(2 * months)
        where = filters(feature.where)
        operations.append((code, where, NONE if column is None else position[column], per, windows(months), twice))
        value = feature.value_when_none if code != TOTAL else 0.0
        when_none.append(np.nan if value is None else value)
    peers = peer_bases(features)
    bases = [(filters(b.where), position[b.column], position[b.per], windows(b.lookback_months)) for b in peers]
    bands = [windows(band.months) for band in parameters.decay]
    return Program(
        operations=np.array(operations, np.int64).reshape(-1, 6),
        when_none=np.array(when_none, np.float64),
        scales=np.array([records.source.scale(f.column) for _, f, _ in outputs], np.float64),
        filters=_filter_table(list(filters.known), position),
        bases=np.array(bases, np.int64).reshape(-1, 4),
        bands=np.array(bands, np.int64),
        weights=np.array([band.weight for band in parameters.decay], np.float64),
        sums=np.array([measure.combine == "sum" for measure in records.source.measures]),
        months=tuple(windows.known),
        declared=tuple(features),
        features=tuple(feature for _, feature, _ in outputs),
        peers=peers,
    )


def _outputs(feature: Feature) -> list[tuple[int, Feature, str | None]]:
    if feature.aggregate in OF_OTHERS:
        return []
    if feature.aggregate is Aggregate.SHRUNKEN:
        return [(TOTAL, feature, feature.column), (TOTAL, feature, feature.per)]
    return [(CODES[feature.aggregate], feature, feature.column)]


def _filter_table(filters: Sequence[tuple[str, ...]], position: Mapping[str, int]) -> Ints:
    width = max([1, *(len(where) for where in filters)])
    table = np.full((len(filters), width), NONE, np.int64)
    for row, where in enumerate(filters):
        for place, name in enumerate(where):
            table[row, place] = position[name]
    return table
