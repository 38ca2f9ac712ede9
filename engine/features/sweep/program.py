"""The declarations of one source as tables of numbers that the kernels interpret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from engine.features.declaration import OF_OTHERS, Aggregate, Feature
from engine.features.peers import PeerBasis, peer_bases
from engine.features.settings import FeatureParameters
from engine.features.sweep.tables import Days, Ints, Reals, Records
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
    read : int64, columns of the records that outputs and their filters read; other tables number columns by it.
    sums : bool by column of the records, whether the rows of an event are added up (else the largest counts).
    filters : int64 (filters, width): columns of ``read`` that must be true, -1 for none.
    pairs : int64 (pairs, 2): a filter and a window in which its events are counted.
    operations : int64 (outputs, 6): code, filter, column, per, pair, pair of twice the length; -1 for none.
    when_none : float64 (outputs,), value when no event is kept, NaN for null; ``scales`` what the column is divided by.
    band_pairs : int64 (filters, bands): pair of each decay band, -1 where no output asks; ``weights`` float64 (bands,).
    bases : int64 (peer bases, 3): column and per as columns of the records, window.
    base_filters : int64 (peer bases, width): columns of the records that must be true, -1 for none.
    months : lookbacks by window number, None for the whole history.
    declared : the features of the source.
    features : declaration of each output; a shrunken rate has two, its column and its per; a peer rate has none.
    peers : the bases as declared.
    """

    read: Ints
    sums: np.ndarray[Any, Any]
    filters: Ints
    pairs: Ints
    operations: Ints
    when_none: Reals
    scales: Reals
    band_pairs: Ints
    weights: Reals
    bases: Ints
    base_filters: Ints
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

    def __init__(self, *first: Thing) -> None:
        self.known: dict[Thing, int] = {thing: number for number, thing in enumerate(first)}

    def __call__(self, thing: Thing) -> int:
        return self.known.setdefault(thing, len(self.known))


def program_of(features: Sequence[Feature], records: Records, *, parameters: FeatureParameters) -> Program:
    """Return the tables for the features of one source.

    Parameters
    ----------
    features : declarations of the source; peer rates become bases, and neither they nor shares of related entities
        have an output of their own.
    """
    position = {name: number for number, name in enumerate(records.columns)}
    read: _Numbers[str] = _Numbers()
    filters: _Numbers[tuple[str, ...]] = _Numbers()
    windows: _Numbers[int | None] = _Numbers(None)
    pairs: _Numbers[tuple[int, int]] = _Numbers()
    outputs = [part for f in features for part in _outputs(f)]
    operations, when_none = [], []
    bands: dict[int, list[int]] = {}
    for code, feature, column in outputs:
        months, where = feature.lookback_months, filters(feature.where)
        for name in feature.where:
            read(name)
        twice = NONE
        if feature.aggregate is Aggregate.SURGE and months is not None:
            twice = pairs((where, windows(2 * months)))
        if feature.aggregate is Aggregate.DECAYED:
            bands[where] = [pairs((where, windows(band.months))) for band in parameters.decay]
        named = (NONE if name is None else read(name) for name in (column, feature.per))
        operations.append((code, where, *named, pairs((where, windows(months))), twice))
        value = feature.value_when_none if code != TOTAL else 0.0
        when_none.append(np.nan if value is None else value)
    peers = peer_bases(features)
    summed = {measure.name for measure in records.source.measures if measure.combine == "sum"}
    nowhere = [NONE] * len(parameters.decay)
    return Program(
        read=np.array([position[name] for name in read.known], np.int64),
        sums=np.array([name in summed for name in records.columns], np.bool_),
        filters=_filter_table(list(filters.known), read.known),
        pairs=np.array(list(pairs.known), np.int64).reshape(-1, 2),
        operations=np.array(operations, np.int64).reshape(-1, 6),
        when_none=np.array(when_none, np.float64),
        scales=np.array([records.source.scale(f.column) for _, f, _ in outputs], np.float64),
        band_pairs=np.array([bands.get(n, nowhere) for n in range(len(filters.known))], np.int64).reshape(
            -1, len(parameters.decay)
        ),
        weights=np.array([band.weight for band in parameters.decay], np.float64),
        bases=np.array(
            [(position[b.column], position[b.per], windows(b.lookback_months)) for b in peers], np.int64
        ).reshape(-1, 3),
        base_filters=_filter_table([basis.where for basis in peers], position),
        months=tuple(windows.known),
        declared=tuple(features),
        features=tuple(feature for _, feature, _ in outputs),
        peers=peers,
    )


def measures_read(features: Sequence[Feature]) -> Mapping[str, frozenset[str]]:
    """Return the measures that features read, by source."""
    read: dict[str, set[str]] = {}
    for feature in features:
        named = (*feature.where, feature.column, feature.per)
        read.setdefault(feature.source, set()).update(name for name in named if name is not None)
    return {source: frozenset(names) for source, names in read.items()}


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
