"""Decisions that end records, each known from some date and perhaps corrected later.

At ``as_of`` a record version is ended iff an ending decision, known then and not superseded then, has taken effect:
``ends_on = max(occurred_on, known_at)`` of the decision. As long as decisions are not corrected this is one date per
record. Where a decision was corrected, the record version is cut at the date of the correction, so that each piece
again has one date and nothing known later reaches back.
"""

import ibis

END_COLUMNS = ("ends_on", "end_reason")


def endings(decisions: ibis.Table, *, target: str, reason: str) -> ibis.Table:
    """Return decisions as endings: target_id, ends_on, end_reason, known_at, superseded_at.

    Parameters
    ----------
    decisions : all versions; ``occurred_on``, ``known_at``, ``superseded_at`` and the columns named.
    target, reason : columns with the key of what is ended and with why.
    """
    return decisions.filter(decisions.superseded_at.isnull() | (decisions.superseded_at > decisions.known_at)).select(
        target_id=decisions[target],
        ends_on=ibis.greatest(decisions.occurred_on, decisions.known_at),
        end_reason=decisions[reason],
        end_known_at=decisions.known_at,
        end_superseded_at=decisions.superseded_at,
    )


def with_endings(records: ibis.Table, ends: ibis.Table, *, key: str) -> ibis.Table:
    """Return the record versions with ``ends_on`` and ``end_reason`` of the first ending that holds, null if none.

    Parameters
    ----------
    records : all versions; ``key``, ``known_at``, ``superseded_at``.
    ends : result of :func:`endings`.
    key : column of ``records`` that endings name.

    Returns
    -------
    Table expression; a version is split into several with disjoint ``[known_at, superseded_at)`` where an ending of it
    was superseded. Cost: one hash join; the splitting touches only records whose endings were corrected.
    """
    corrected = ends.filter(ends.end_superseded_at.notnull())
    whole = records.anti_join(corrected, [(key, "target_id")])
    cut = _pieces(records.semi_join(corrected, [(key, "target_id")]), corrected, key=key)
    return ibis.union(_ended(whole, ends, key=key), _ended(cut, ends, key=key).select(*records.columns, *END_COLUMNS))


def _pieces(records: ibis.Table, corrected: ibis.Table, *, key: str) -> ibis.Table:
    """Cut each version at the dates on which one of its endings was superseded."""
    corrections = records.inner_join(corrected, [(key, "target_id")])
    inside = corrections.filter(
        corrections.end_superseded_at > corrections.known_at,
        corrections.superseded_at.isnull() | (corrections.end_superseded_at < corrections.superseded_at),
    )
    cuts = ibis.union(
        records.mutate(begins=records.known_at),
        inside.mutate(begins=inside.end_superseded_at).select(*records.columns, "begins"),
    ).distinct()
    following = ibis.window(group_by=[cuts[key], cuts.known_at], order_by=cuts.begins)
    pieces = cuts.mutate(ceases=cuts.begins.lead().over(following))
    return pieces.mutate(
        known_at=pieces.begins, superseded_at=ibis.coalesce(pieces.ceases, pieces.superseded_at)
    ).select(*records.columns)


def _ended(records: ibis.Table, ends: ibis.Table, *, key: str) -> ibis.Table:
    """Add the earliest ending that holds throughout a version; ties go to the first reason in text order."""
    held = records.select(key, "known_at", "superseded_at").inner_join(ends, [(key, "target_id")])
    held = held.filter(
        held.superseded_at.isnull() | (held.end_known_at < held.superseded_at),
        held.end_superseded_at.isnull() | (held.end_superseded_at > held.known_at),
    )
    order = ibis.window(group_by=[held[key], held.known_at], order_by=[held.ends_on, held.end_reason])
    first = held.mutate(place=ibis.row_number().over(order)).filter(ibis._.place == 0)
    first = first.select(
        ended_key=first[key], ended_known_at=first.known_at, ends_on=first.ends_on, end_reason=first.end_reason
    )
    joined = records.left_join(first, [(key, "ended_key"), ("known_at", "ended_known_at")])
    return joined.select(*records.columns, *END_COLUMNS)
