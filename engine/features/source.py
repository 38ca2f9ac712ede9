"""What a source of features is: an event relation with integer measures.

``prepare`` turns an event relation (columns of ``docs/decisions/0001-structure.md``) into

    entity_id, event_id, occurred_on, known_at, until, [open_until,] measures…

where a row counts at ``as_of`` iff ``occurred_on <= as_of and known_at <= as_of < until``. Measures are whole numbers
(0 or 1 for yes and no, thousandths for a sector's own scale, fen for money), so that sums do not depend on the order of
rows. Rows with the same ``event_id`` are one event: a joint visit of several departments over several items is one
visit, dated by its last row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis

FAR = date(9999, 12, 31)
IS_OPEN = "is_open"
"""Measure of sources with ``open_until``: 1 when ``as_of < open_until``."""
YES_OR_NO = "int16"
"""Type of measures that are 0 or 1: millions of them are moved."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A whole-number column of a source.

    Parameters
    ----------
    name : str.
    combine : ``sum`` or ``max``, how the rows of one event become one value.
    scale : the published value is the measure divided by this.
    """

    name: str
    combine: str = "max"
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A prepared event relation.

    Parameters
    ----------
    name : str.
    measures : what features may filter on and reduce.
    prepare : event relation to prepared relation.
    is_grouped : whether an event may have several rows.
    has_span : whether it carries ``open_until``.
    made_of : the record table it is made of, its own name unless given.
    """

    name: str
    measures: tuple[Measure, ...]
    prepare: Callable[[ibis.Table], ibis.Table]
    is_grouped: bool = False
    has_span: bool = False
    made_of: str | None = None

    @property
    def table(self) -> str:
        """The record table that the source is made of."""
        return self.made_of or self.name

    def scale(self, column: str | None) -> float:
        """Return what the values of a measure are divided by, 1 for no measure."""
        return next((float(measure.scale) for measure in self.measures if measure.name == column), 1.0)


def column_or_null(table: ibis.Table, name: str, kind: str) -> ibis.Value:
    """Return the column as ``kind``, or typed nulls where the table does not have it."""
    return table[name].cast(kind) if name in table.columns else ibis.null().cast(kind)


def until(table: ibis.Table) -> ibis.Value:
    """Return the first date on which a version no longer counts: superseded, or out of force."""
    far = ibis.literal(FAR)
    ends = [column_or_null(table, name, "date").fill_null(far) for name in ("superseded_at", "in_force_until")]
    return ibis.least(*ends)


def one_if(condition: ibis.Value) -> ibis.Value:
    """Return 1 where the condition holds, 0 where it does not or is not known; two bytes wide."""
    return condition.fill_null(False).cast(YES_OR_NO)


def prepared(table: ibis.Table, event_id: ibis.Value, **measures: ibis.Value) -> ibis.Table:
    """Return a prepared relation: key, dates, identifier of the event and measures."""
    return table.select(
        entity_id=table.entity_id,
        event_id=event_id,
        occurred_on=table.occurred_on,
        known_at=table.known_at,
        until=until(table),
        **measures,
    )
