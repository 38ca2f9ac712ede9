"""From arrays to the feature matrix."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.features.attributes import DAYS_PER_YEAR
from engine.features.declaration import Aggregate, Feature
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.sources import ENTITIES, IS_OPEN
from engine.features.sweep.asked import Asked, Spine, date_blocks
from engine.features.sweep.events import reduce_events
from engine.features.sweep.program import Program, program_of
from engine.features.sweep.rates import PeerSums, address_totals, group_totals, sharers
from engine.features.sweep.tables import NO_DAY, Ints, Reals, Records, Versions

MOST_ROWS = 65_536
"""Rows of the spine that are worked on at once."""
MOST_CELLS = 16_000_000
"""Sums by group or address and date that are held at once; more dates are taken in blocks."""


def sweep_features(
    sources: Mapping[str, Records],
    versions: Versions | None,
    spine: Spine,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature] = FEATURES,
) -> Reals:
    """Return the features of every row of the spine.

    Parameters
    ----------
    sources : records by source name; the features of a source that is left out are null.
    versions : of the entities, of the same numbering; None makes features of entities and peers null.

    Returns
    -------
    float64 (features, rows of the spine), NaN for null, in order of declaration. Cost: for each source one pass over
    the events of each row's entity, and one over all records for the peers of all dates together.
    """
    matrix = np.empty((len(features), len(spine.entity)))
    for rows, part in sweep_chunks(sources, versions, spine, parameters=parameters, features=features):
        matrix[:, rows] = part
    return matrix


def sweep_chunks(
    sources: Mapping[str, Records],
    versions: Versions | None,
    spine: Spine,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature] = FEATURES,
) -> Iterator[tuple[Ints | slice, Reals]]:
    """Return :func:`sweep_features` piece by piece, for results that need not be held at once.

    Returns
    -------
    Pairs of the places of rows in the spine and their values (features, rows). Memory: the arrays handed in, the sums
    of at most :data:`MOST_CELLS` groups and dates, and :data:`MOST_ROWS` rows of the result.
    """
    versions = None if versions is None or not len(versions.known) else versions
    programs = {
        name: program_of([f for f in features if f.source == name], records, parameters=parameters)
        for name, records in sources.items()
    }
    widest = (
        max([2 * len(p.peers) * versions.n_groups for p in programs.values()] + [versions.n_addresses, 1])
        if (versions is not None)
        else 1
    )
    for places, block in date_blocks(spine, versions, most_dates=max(1, MOST_CELLS // widest)):
        totals, at_address = {}, None
        if versions is not None:
            at_address = address_totals(versions, block.dates)
            totals = {
                name: group_totals(sources[name], versions, block.dates, program=program)
                for name, program in programs.items()
                if program.peers
            }
        for rows, asked in block.chunks(MOST_ROWS):
            part = np.full((len(features), len(asked.entity)), np.nan)
            for name, program in programs.items():
                values, own = _reduced(sources[name], asked, program)
                sums = None
                if versions is not None and name in totals:
                    sums = PeerSums(sources[name], versions, program, asked, totals[name], own)
                _write(part, features, program, values, sums, parameters=parameters)
            if versions is not None and at_address is not None:
                _write_attributes(part, features, versions, asked, at_address)
            yield (rows if isinstance(places, slice) else places[rows]), part


def _reduced(records: Records, asked: Asked, program: Program) -> tuple[Reals, Ints]:
    """Return the program's outputs by row, and the entities' own peer sums."""
    values = np.empty((len(program.features), len(asked.entity)))
    own = np.zeros((2 * len(program.peers), len(asked.entity)), np.int64)
    reduce_events(
        asked.entity,
        asked.date,
        asked.dates,
        program.window_starts(asked.dates),
        records.starts,
        records.occurred,
        records.known,
        records.until,
        records.event,
        records.measures,
        records.columns.index(IS_OPEN) if records.source.has_span else -1,
        records.source.is_grouped,
        program.sums,
        program.filters,
        program.operations,
        program.when_none,
        program.scales,
        program.bases,
        program.bands,
        program.weights,
        values,
        own,
    )
    return values, own


def _write(
    part: Reals,
    features: Sequence[Feature],
    program: Program,
    values: Reals,
    sums: PeerSums | None,
    *,
    parameters: FeatureParameters,
) -> None:
    """Write the outputs of one source to their rows, and the rates of its peers."""
    outputs: dict[str, list[Reals]] = {feature.name: [] for feature in program.declared}
    for position, feature in enumerate(program.features):
        outputs[feature.name].append(values[position])
    for row, feature in enumerate(features):
        if feature.name not in outputs:
            continue
        if feature.peers is None:
            part[row] = outputs[feature.name][0]
        elif sums is not None:
            part[row] = sums.rate(feature, outputs[feature.name], parameters=parameters)


def _write_attributes(
    part: Reals, features: Sequence[Feature], versions: Versions, asked: Asked, at_address: Ints
) -> None:
    is_known = asked.version >= 0
    for row, feature in enumerate(features):
        if feature.source != ENTITIES:
            continue
        if feature.aggregate is Aggregate.PEER_COUNT:
            part[row] = sharers(versions, asked, at_address)
        elif feature.column == "capital":
            part[row] = np.where(is_known, versions.capital[asked.version], np.nan)
        else:
            established = versions.established[asked.version].astype(np.int64)
            days = asked.dates[asked.date] - established
            has_age = is_known & (established != NO_DAY) & (days >= 0)
            part[row] = np.where(has_age, days.astype(np.float64) / DAYS_PER_YEAR, np.nan)
