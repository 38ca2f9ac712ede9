"""Which events count for an (entity_id, as_of), and how old they are.

Lookback windows are tested on ``age_months``, the smallest number of calendar months m with
``occurred_on > as_of - m months``: a window test becomes a comparison of whole numbers, the same in every engine.
"""

from collections.abc import Sequence

import ibis

from engine.features.peers import PeerBasis
from engine.features.source import IS_OPEN, Source

KEY = ("entity_id", "as_of")


def age_months(as_of: ibis.Value, day: ibis.Value) -> ibis.Value:
    """Return the smallest m with ``day > as_of - m months`` (month ends clipped), for ``day <= as_of``.

    With d = calendar months between the two months: d when ``day`` lies later in its month than ``as_of`` in its own,
    else d + 1. Clipping to the last day of a month never changes that comparison, since no day lies behind it.
    """
    months = (as_of.year() - day.year()) * 12 + (as_of.month() - day.month())
    return (months + (day.day() <= as_of.day()).cast("int64")).cast("int64")


def kept(events: ibis.Table, *, where: Sequence[str], months: int | None, after: int = 0) -> ibis.Value:
    """Return whether an event has all of ``where`` true and is over ``after`` and up to ``months`` months old."""
    tests = [events[name] != 0 for name in where]
    if months is not None:
        tests.append(events.age_months <= months)
    if after:
        tests.append(events.age_months > after)
    return ibis.and_(*tests) if tests else events.entity_id.notnull()


def events_as_of(
    spine: ibis.Table, prepared: ibis.Table, *, source: Source, peer_bases: Sequence[PeerBasis] = ()
) -> ibis.Table:
    """Return one row per (entity_id, as_of, event_id) that counts on that date.

    Parameters
    ----------
    spine : key (entity_id, as_of).
    prepared : relation made by ``source.prepare``.
    peer_bases : shares that the entity's own records are later taken out of.

    Returns
    -------
    Table expression with ``occurred_on``, ``age_months``, the source's measures and, for the n-th peer basis,
    ``own_<n>_column`` and ``own_<n>_per``. Cost: rows of the join, one per record and as_of of its entity.
    """
    rows = _counting_rows(spine, prepared)
    if source.has_span:
        rows = rows.mutate(**{IS_OPEN: (rows.open_until > rows.as_of).cast("int64")})
    rows = rows.mutate(age_months=age_months(rows.as_of, rows.occurred_on))
    own = {
        name: kept(rows, where=basis.where, months=basis.lookback_months).ifelse(rows[column], 0)
        for basis in peer_bases
        for name, column in zip(basis.own_columns, (basis.column, basis.per), strict=True)
    }
    rows = rows.mutate(**own)
    if not source.is_grouped:
        return rows
    combined = {m.name: (rows[m.name].sum() if m.combine == "sum" else rows[m.name].max()) for m in source.measures}
    return rows.group_by(*KEY, "event_id").aggregate(
        occurred_on=rows.occurred_on.max(),
        age_months=rows.age_months.min(),
        **{name: value.cast("int64") for name, value in combined.items()},
        **{name: rows[name].sum().cast("int64") for name in own},
    )


def _counting_rows(spine: ibis.Table, prepared: ibis.Table) -> ibis.Table:
    dates = spine.select(*KEY)
    prepared = prepared.rename(event_entity="entity_id")
    joined = dates.inner_join(
        prepared,
        [
            dates.entity_id == prepared.event_entity,
            prepared.known_at <= dates.as_of,
            prepared.occurred_on <= dates.as_of,
            prepared.until > dates.as_of,
        ],
    )
    return joined.drop("event_entity", "known_at", "until")
