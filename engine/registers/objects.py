"""The object library on a day: what it holds by type, status, label, and rows nothing confirmed for long."""

from collections.abc import Sequence
from datetime import date, timedelta

import ibis

from engine.vocabulary import JOINER


def selected(register: ibis.Table, *, entity_type: str = "", district: str = "", tag: str = "") -> ibis.Table:
    """Return the rows of a type, a district and a label; empty text selects everything.

    Parameters
    ----------
    register : rows that stand on a day, key ``entity_id``.
    """
    rows = register
    for column, value in (("entity_type", entity_type), ("district_code", district)):
        if value:
            rows = rows.filter(rows[column] == value)
    return rows.filter(_has_tag(rows, tag)) if tag else rows


def _has_tag(rows: ibis.Table, tag: str) -> ibis.Value:
    return (ibis.literal(JOINER) + rows.tags.fill_null("") + JOINER).contains(f"{JOINER}{tag}{JOINER}")


def counted(rows: ibis.Table) -> ibis.Table:
    """Return ``entity_type``, ``status``, ``n`` in the order of type and status."""
    return rows.group_by("entity_type", "status").agg(n=rows.count()).order_by("entity_type", "status")


def tag_counts(rows: ibis.Table) -> ibis.Table:
    """Return ``tag`` and ``n``, the most frequent first."""
    held = rows.filter(rows.tags.notnull())
    split = held.select(tag=held.tags.split(JOINER).unnest())
    trimmed = split.select(tag=split.tag.strip())
    return trimmed.group_by("tag").agg(n=trimmed.count()).order_by(ibis.desc("n"), "tag")


def stale(register: ibis.Table, signs: Sequence[ibis.Table], *, on: date, days: int) -> ibis.Table:
    """Return active rows that nothing has confirmed for ``days``: ``entity_id``, ``name``, ``last_sign_on``.

    Parameters
    ----------
    signs : tables known on the day with ``entity_id`` and ``occurred_on`` (visits, reports, licences …); each row is a
        sign that its object still exists. Cost: one aggregate per table and one join.
    """
    active = register.filter(register.status == "active")
    parts = [active.select("entity_id", sign_on=active.known_at)]
    parts += [each.select("entity_id", sign_on=each.occurred_on) for each in signs]
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    last = every.group_by("entity_id").agg(last_sign_on=every.sign_on.max())
    joined = active.select("entity_id", "name").inner_join(last, "entity_id")
    return joined.filter(joined.last_sign_on < on - timedelta(days=days)).order_by("last_sign_on", "entity_id")
