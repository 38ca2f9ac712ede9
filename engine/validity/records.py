"""Event relations of all histories, and why a record counts or not on a date."""

from collections.abc import Mapping
from datetime import date

import ibis

from engine.validity.endings import endings, with_endings
from engine.validity.publicity import LEVEL_COLUMNS, PublicityRules
from engine.windows import is_known

KEYS = {
    "inspections": "inspection_id",
    "penalties": "penalty_id",
    "complaints": "complaint_id",
    "listings": "listing_id",
}
"""What a repair decision names as its target."""
REPAIRS = "repairs"
PUBLICITY_OVER = "publicity_over"
VALIDITY_OVER = "validity_over"
IN_FORCE = "in_force"
FAR = date(9999, 12, 31)


def event_relations(histories: Mapping[str, ibis.Table], *, rules: PublicityRules) -> dict[str, ibis.Table]:
    """Return the histories as event relations, the form in which features read records.

    Parameters
    ----------
    histories : all versions by table name: ``inspections``, ``penalties``, ``complaints``, ``listings`` (events) and
        ``repairs``, each with ``entity_id``, ``occurred_on``, ``known_at``, ``superseded_at``; tables may be missing.
        Other tables (``entities``) are handed through.
    rules : publicity periods.

    Returns
    -------
    Mapping of name to table expression with the columns of the history and ``in_force_until`` (first date on which the
    record no longer counts, null if none is known) and ``out_of_force_reason`` (repaired, revoked, corrected,
    withdrawn, publicity_over, validity_over). ``listings`` becomes spans, one row per version of a listing, with
    ``ended_on`` (first date off the list). Cost: one hash join per table.
    """
    relations = {}
    for name, history in histories.items():
        if name == REPAIRS:
            continue
        if name not in KEYS:
            relations[name] = history
            continue
        records = listing_spans(history) if name == "listings" else history
        relations[name] = _in_force(records, histories.get(REPAIRS), table=name, rules=rules)
    return relations


def listing_spans(events: ibis.Table) -> ibis.Table:
    """Return listing decisions as spans.

    Parameters
    ----------
    events : all versions of listing and removal decisions; ``listing_id``, ``event`` (listed, removed).

    Returns
    -------
    Table expression, one row per version of a listing decision, with ``ended_on``: first date off the list as known
    (null while no removal is known). A removal ends the span; the listing stays in the history unless repaired.
    """
    listed = events.filter(events.event == "listed")
    removals = endings(events.filter(events.event == "removed"), target="listing_id", reason="event")
    return with_endings(listed, removals, key="listing_id").rename(ended_on="ends_on").drop("end_reason", "event")


def status_on(relation: ibis.Table, *, as_of: date) -> ibis.Table:
    """Return whether each record known on a date counts, and if not, why.

    Parameters
    ----------
    relation : one of the tables of :func:`event_relations`.
    as_of : date, end of day.

    Returns
    -------
    Table expression with the columns of ``relation``, one row per record known on ``as_of``, and ``status``:
    ``in_force`` or the reason why not.
    """
    known = relation.filter(is_known(relation, on=as_of))
    is_out = (known.in_force_until <= as_of).fill_null(False)
    return known.mutate(status=is_out.ifelse(known.out_of_force_reason, IN_FORCE))


def _in_force(records: ibis.Table, repairs: ibis.Table | None, *, table: str, rules: PublicityRules) -> ibis.Table:
    """Add ``in_force_until`` and its reason: the earliest of repair, end of publicity and end of validity."""
    columns = records.columns
    ends = [(rules.ends_on(records, table=table), PUBLICITY_OVER)] if table in LEVEL_COLUMNS else []
    for column, reason in (("publicity_end_on", PUBLICITY_OVER), ("valid_until", VALIDITY_OVER)):
        if column in columns:
            next_day = records[column].cast("date") + ibis.interval(days=1)
            ends.append((next_day.cast("timestamp").cast("date"), reason))
    far = ibis.literal(FAR)
    named = {f"end_{number}": value.fill_null(far) for number, (value, _) in enumerate(ends)}
    records = records.mutate(**named)
    if repairs is not None:
        repaired = endings(repairs.filter(repairs.target_table == table), target="target_id", reason="decision")
        records = with_endings(records, repaired, key=KEYS[table])
    else:
        records = records.mutate(ends_on=ibis.null().cast("date"), end_reason=ibis.null().cast("string"))
    until = ibis.least(records.ends_on.fill_null(far), *(records[name] for name in named))
    branches = [
        (records.ends_on <= until, records.end_reason),
        *((records[name] <= until, ibis.literal(reason)) for name, (_, reason) in zip(named, ends, strict=True)),
    ]
    is_ending = until < far
    return records.select(
        *columns,
        in_force_until=is_ending.ifelse(until, None).cast("date"),
        out_of_force_reason=is_ending.ifelse(ibis.cases(*branches, else_=None), None).cast("string"),
    )
