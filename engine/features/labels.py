"""What was found after a date: the outcome that models learn and grades are judged by.

Only inspections of the modes asked for count (random rows, or scheduled ones of foreign records; directed checks would
turn a base of 5 % into 24 %, since they are made where something is suspected). An outcome that is not known is null,
never negative. Histories are read as known on ``known_until``; a later repair does not undo what was found.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import ibis

from engine.features.source import column_or_null
from engine.features.sources import adverse, assessable
from engine.vocabulary import SelectionMode
from engine.windows import LabelWindow, is_known, move_months


class LabelStatus(StrEnum):
    """Why a label is there or not."""

    KNOWN = "known"
    WINDOW_OPEN = "window_open"
    NOT_INSPECTED = "not_inspected"
    NOT_ASSESSABLE = "not_assessable"


class Grain(StrEnum):
    """What one outcome row stands for."""

    ENTITY_DAY = "entity_day"
    """All checks of one entity on one day."""
    ENTITY_ITEM = "entity_item"
    """All checks of one item at one entity on one day."""


def outcomes(
    inspections: ibis.Table, *, modes: Sequence[SelectionMode], known_until: date, grain: Grain = Grain.ENTITY_DAY
) -> ibis.Table:
    """Return what inspections of the given modes found, as known on ``known_until``.

    Parameters
    ----------
    inspections : all versions of the history, not cut by validity.
    modes : ways of selection that count.
    known_until : the last day whose knowledge may be used (the split, for training rows).
    grain : what one row stands for.

    Returns
    -------
    Table expression, key (entity_id, occurred_on[, item_code]): ``n_items`` checked, ``n_assessable``, ``n_adverse``,
    ``label`` (1 adverse, 0 not, null not assessable), ``inspector_code`` (the leader; one of them where there were
    several), ``known_at`` (of the last of its rows),
    ``inclusion_probability`` (of the item; by entity and day the largest of its items, a lower bound of the chance of
    being drawn for any; null for scheduled rows) and ``weight`` (its inverse, 1 where there is none).
    """
    known = inspections.filter(
        is_known(inspections, on=known_until), inspections.selection_mode.isin([str(mode) for mode in modes])
    )
    known = known.mutate(inspector_code=column_or_null(known, "inspector_code", "string"))
    keys = ["entity_id", "occurred_on", *(["item_code"] if grain is Grain.ENTITY_ITEM else [])]
    found = known.group_by(keys).aggregate(
        n_items=known.item_code.nunique(),
        n_assessable=assessable(known.result_codes).sum().cast("int64"),
        n_adverse=adverse(known.result_codes).sum().cast("int64"),
        inclusion_probability=column_or_null(known, "inclusion_probability", "float64").max(),
        inspector_code=known.inspector_code.max(),
        known_at=known.known_at.max(),
    )
    label = (found.n_assessable > 0).ifelse((found.n_adverse > 0).cast("int64"), None)
    return found.mutate(label=label.cast("int64"), weight=(1.0 / found.inclusion_probability).fill_null(1.0))


def label_outcomes(
    spine: ibis.Table, found: ibis.Table, *, window: LabelWindow, known_until: date, first_only: bool = False
) -> ibis.Table:
    """Return the outcomes in the label window of every (entity_id, as_of).

    Parameters
    ----------
    spine : key (entity_id, as_of); other columns are kept.
    found : result of :func:`outcomes` for the same ``known_until``.
    window : ``(as_of, as_of + months]``, and the days until a result is known.
    known_until : the last day whose knowledge may be used.
    first_only : keep only the first assessable day in the window (all its items), the protocol for records whose later
        visits depend on the first.

    Returns
    -------
    Table expression with the columns of ``spine`` and of ``found`` and ``label_status``: ``known``; ``window_open``,
    ``not_inspected`` or ``not_assessable``, all with a null label. At least one row per row of the spine, several where
    there are several outcomes. While a window is open nothing in it counts, adverse findings neither: they are known
    earlier than clean ones are certain.
    """
    closes = move_months(spine.as_of, months=window.months)
    known = closes + ibis.interval(days=window.result_lag_days)
    windows = spine.mutate(window_end=closes, is_closed=known.cast("timestamp").cast("date") <= known_until)
    found = found.rename(found_entity="entity_id")
    inside = windows.inner_join(
        found,
        [
            windows.entity_id == found.found_entity,
            windows.is_closed,
            found.occurred_on > windows.as_of,
            found.occurred_on <= windows.window_end,
        ],
    ).drop("found_entity")
    if first_only:
        inside = _first_assessable(inside)
    columns = [name for name in inside.columns if name not in windows.columns]
    inside = inside.select("entity_id", "as_of", *columns).rename(inside_entity="entity_id", inside_as_of="as_of")
    joined = windows.left_join(inside, [("entity_id", "inside_entity"), ("as_of", "inside_as_of")])
    status = ibis.cases(
        (~joined.is_closed, str(LabelStatus.WINDOW_OPEN)),
        (joined.inside_entity.isnull(), str(LabelStatus.NOT_INSPECTED)),
        (joined.label.isnull(), str(LabelStatus.NOT_ASSESSABLE)),
        else_=str(LabelStatus.KNOWN),
    )
    return joined.select(*spine.columns, *columns, label_status=status)


def _first_assessable(inside: ibis.Table) -> ibis.Table:
    """Keep the first assessable day of each (entity_id, as_of), or the first day where none is assessable."""
    partition = ["entity_id", "as_of"]
    order = ibis.window(group_by=partition, order_by=[inside.label.isnull(), inside.occurred_on])
    return inside.mutate(place=ibis.dense_rank().over(order)).filter(ibis._.place == 0).drop("place")


def eve_rows(found: ibis.Table) -> ibis.Table:
    """Return the spine of the eve of each inspection, with what the inspection found.

    Parameters
    ----------
    found : result of :func:`outcomes`.

    Returns
    -------
    Table expression with the columns of ``found`` and ``as_of = occurred_on - 1 day``; key (entity_id, as_of) at the
    grain of entity and day. The features of ``as_of`` know nothing of the inspection itself.
    """
    eve = (found.occurred_on - ibis.interval(days=1)).cast("timestamp").cast("date")
    return found.mutate(as_of=eve)
