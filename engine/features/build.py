"""From event relations and a spine to the feature table."""

from collections.abc import Mapping, Sequence

import ibis

from engine.features.aggregation import HAS_EVENTS, aggregate
from engine.features.attributes import known_attributes
from engine.features.declaration import OF_OTHERS, Aggregate, Feature, Peers
from engine.features.events import KEY, events_as_of
from engine.features.peers import GROUP_COLUMNS, PeerBasis, peer_bases, peer_steps, peer_totals, sharers
from engine.features.registry import FEATURES
from engine.features.related import linked_entities, related_shares
from engine.features.settings import FeatureParameters
from engine.features.sources import ENTITIES, EVENT_SOURCES, RELATIONS, entity_versions

Values = dict[str, ibis.Deferred]


def build_features(
    sources: Mapping[str, ibis.Table],
    spine: ibis.Table,
    *,
    parameters: FeatureParameters,
    features: Sequence[Feature] = FEATURES,
) -> ibis.Table:
    """Return the features of every (entity_id, as_of) of the spine.

    Parameters
    ----------
    sources : record tables by name (``inspections``, ``penalties``, ``listings``, ``complaints`` as made by
        ``engine.validity``; ``entities``, ``licences``, ``annual_reports``, ``external_grades``, ``relations`` with all
        versions). A table that is left out makes its features null.
    spine : key (entity_id, as_of), unique; other columns are ignored. One date for many entities and many dates per
        entity are both fine; for many entities times many dates call once per date.
    parameters : dated numbers.
    features : declarations to compute; all by default.

    Returns
    -------
    Table expression without order, one row per row of the spine: entity_id, as_of, then one float64 column per
    feature in order of declaration. Not executed here. Cost: one hash join, one sort and one group-by over the
    records of each source, plus one sort of its records per peer group.
    """
    spine = spine.select(*KEY)
    table, values = spine, Values()
    known = versions = None
    if ENTITIES in sources:
        versions = entity_versions(sources[ENTITIES])
        known = known_attributes(versions, spine)
        table, values = _with_attributes(_joined(table, known, KEY), features, versions, known)
    members = None
    if RELATIONS in sources and versions is not None:
        members = linked_entities(sources[RELATIONS], versions, spine)
    for name, source in EVENT_SOURCES.items():
        own = [feature for feature in features if feature.source == name]
        if source.table not in sources or not own:
            continue
        records = source.prepare(sources[source.table])
        related = [feature for feature in own if feature.aggregate is Aggregate.RELATED_SHARE]
        if related and members is not None:
            shares = related_shares(members, records, related, source=source, parameters=parameters)
            table = _joined(table, shares, KEY)
            values |= {feature.name: ibis._[feature.name] for feature in related}
        bases = peer_bases(own)
        events = events_as_of(spine, records, source=source, peer_bases=bases)
        direct = [feature for feature in own if feature.aggregate not in OF_OTHERS]
        piece = aggregate(events, direct, source=source, parameters=parameters, peer_bases=bases)
        table = _joined(table, _prefixed(piece, name, bases), KEY)
        values |= {f.name: _own_value(f) for f in direct if f.aggregate is not Aggregate.SHRUNKEN}
        if known is not None and versions is not None:
            table = _with_totals(table, own, bases, versions, records, known)
            values |= _rates(own, bases, parameters)
    absent = ibis.null().cast("float64")
    return table.select(
        *KEY, **{f.name: values[f.name].cast("float64") if f.name in values else absent for f in features}
    )


def _joined(table: ibis.Table, piece: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Return ``table`` with the piece's further columns, null where it has no row.

    The piece's keys stay under names of their own, so that all joins form one chain and one SELECT.
    """
    names = {key: f"{key}__{len(table.columns)}" for key in keys}
    piece = piece.rename({own: key for key, own in names.items()})
    return table.left_join(piece, list(names.items()))


def _prefixed(piece: ibis.Table, name: str, bases: Sequence[PeerBasis]) -> ibis.Table:
    """Make the columns that every source has its own."""
    shared = (HAS_EVENTS, *(column for basis in bases for column in basis.own_columns))
    return piece.rename({f"{name}__{column}": column for column in shared})


def _own_value(feature: Feature) -> ibis.Deferred:
    value = ibis._[feature.name]
    if feature.value_when_none is None:
        return value
    return ibis._[f"{feature.source}__{HAS_EVENTS}"].isnull().ifelse(feature.value_when_none, value)


def _with_attributes(
    table: ibis.Table, features: Sequence[Feature], versions: ibis.Table, known: ibis.Table
) -> tuple[ibis.Table, Values]:
    own = [feature for feature in features if feature.source == ENTITIES]
    values: Values = {f.name: ibis._[f.column] for f in own if f.aggregate is Aggregate.ATTRIBUTE}
    for feature in own:
        if feature.aggregate is Aggregate.PEER_COUNT:
            column = str(feature.column)
            counts = sharers(versions, known, column=column).rename({feature.name: "n_sharing"})
            table = _joined(table, counts, (column, "as_of"))
            values[feature.name] = ibis._[feature.name] - ibis._.is_active
    return table, values


def _total_names(source: str, basis: PeerBasis, peers: Peers) -> tuple[str, str]:
    return (f"{source}__{peers}_{basis.number}_column", f"{source}__{peers}_{basis.number}_per")


def _with_totals(
    table: ibis.Table,
    own: Sequence[Feature],
    bases: Sequence[PeerBasis],
    versions: ibis.Table,
    records: ibis.Table,
    known: ibis.Table,
) -> ibis.Table:
    """Add the sums over each peer group that a feature asks for, and over the population, which every rate needs."""
    for basis in bases:
        steps = peer_steps(versions, records, basis=basis)
        asked = {str(f.peers): f.peers for f in own if f.peers is not None and basis.matches(f)}
        for peers in {str(Peers.POPULATION): Peers.POPULATION, **asked}.values():
            totals = peer_totals(steps, known, peers=peers)
            names = dict(zip(_total_names(own[0].source, basis, peers), ("column_sum", "per_sum"), strict=True))
            table = _joined(table, totals.rename(names), (*GROUP_COLUMNS[peers], "as_of"))
    return table


def _rates(own: Sequence[Feature], bases: Sequence[PeerBasis], parameters: FeatureParameters) -> Values:
    """Return the peers' rates without the entity, and the entity's rate drawn to them."""
    values: Values = {}
    for feature in own:
        if feature.peers is None:
            continue
        basis = next(basis for basis in bases if basis.matches(feature))
        column, per = _without_own(feature, basis, Peers.POPULATION)
        prior = column / per.nullif(0.0)
        if feature.peers is not Peers.POPULATION:
            k = parameters.peer_prior_strength
            column, per = _without_own(feature, basis, feature.peers)
            prior = (column + k * prior) / (per + k)
        if feature.aggregate is Aggregate.SHRUNKEN:
            k = parameters.entity_prior_strength
            column, per = (ibis._[f"{feature.name}__{part}"].fill_null(0).cast("float64") for part in ("column", "per"))
            prior = (column + k * prior) / (per + k)
        values[feature.name] = prior
    return values


def _without_own(feature: Feature, basis: PeerBasis, peers: Peers) -> tuple[ibis.Deferred, ibis.Deferred]:
    totals = _total_names(feature.source, basis, peers)
    parts = [
        (ibis._[total] - ibis._[f"{feature.source}__{mine}"].fill_null(0)).cast("float64")
        for total, mine in zip(totals, basis.own_columns, strict=True)
    ]
    return parts[0] / _scale(feature), parts[1]


def _scale(feature: Feature) -> float:
    return EVENT_SOURCES[feature.source].scale(feature.column)
