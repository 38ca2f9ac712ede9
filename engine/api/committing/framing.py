"""The frame of a draw from the registers: who can be drawn for which item, what earlier draws left, who counted it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.draws.order import DrawOrder
from engine.api.draws.roster import current
from engine.api.plans.approval import SUITE
from engine.api.plans.drawing import Mandate, taken_in_year
from engine.api.scoring.assessment import stored
from engine.draw.protocol.encoding import HashSuite
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.eligibility import exclude, frame_rows
from engine.pipeline.framing import Framed, allocate
from engine.pipeline.planning import PlannedDraw, drawn_so_far, in_plan, with_arms, without_due
from engine.pipeline.registry import Witness, compare_registry
from engine.ratios.capacity import Capacity, read_capacity, read_efforts
from engine.ratios.quota import DrawOfYear
from engine.registers.item_list import in_force
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode


@dataclass(frozen=True, slots=True)
class DrawFrame:
    """A draw's frame, cut and counted.

    Parameters
    ----------
    items : of the list. framed : strata, ratios, exclusions. registry : item to the register's count of the area.
    rows : every row of the area, drawable or not. witness : the independent counts. mode : way of selection.
    """

    items: pd.DataFrame
    framed: Framed
    registry: Mapping[str, int]
    witness: Witness
    mode: SelectionMode

    def reconciliation(self) -> list[dict[str, Any]]:
        """Return per item and stratum: register = eligible + excluded, reason by reason."""
        drawable = self.framed.strata.frame[["item_code", "stratum"]].assign(reason="")
        outside = self.framed.excluded.reindex(columns=["item_code", "stratum", "reason"])
        rows = pd.concat([drawable, outside], ignore_index=True) if len(outside) else drawable
        found = []
        for (item, stratum), part in rows.groupby(["item_code", "stratum"], sort=True):
            by_reason = part["reason"].value_counts().sort_index()
            excluded = {str(reason): int(n) for reason, n in by_reason.items() if reason}
            eligible = int(by_reason.get("", 0))
            found.append(
                {"item": item, "stratum": stratum, "register": len(part), "eligible": eligible, "excluded": excluded}
            )
        return found


def frame_of(
    workspace: Workspace,
    order: DrawOrder,
    mandate: Mandate,
    *,
    book: PolicyBook,
    key: bytes,
    suite: HashSuite,
    ratios_on: date,
    drawn: pd.DataFrame | None = None,
) -> DrawFrame:
    """Return the frame of a draw.

    Parameters
    ----------
    ratios_on : day of the commitment: a ratio approved from a day on holds for every draw that is committed from then
        on, however old its grades are.
    drawn : entity_id, item_code that the draws before an added sample drew; they stand outside with reason ``drawn``.

    Raises
    ------
    TableMissingError
        Nothing was graded as of ``order.as_of``.
    UsageError
        An item is not on the list.
    DrawError
        Register and frame do not reconcile, or the policy breaks its own limits.
    """
    grades = stored(workspace.warehouse, "grades", as_of=order.as_of)
    items = _listed(workspace, mandate, on=order.as_of)
    register = register_on(workspace, on=order.as_of)
    rows = frame_rows(register, grades, items)
    planned = mandate.planned
    if planned is not None:
        rows = with_arms(in_plan(rows, planned), planned, mandate.arms, suite=SUITE)
    taken, strata = taken_in_year(workspace, mandate.year)
    checks, until = checks_known(workspace, known_by=order.as_of), mandate.window[1]
    eligible, outside, notes = exclude(rows, checks, book=book, on=order.as_of, until=until, drawn=taken)
    if drawn is not None:
        eligible, outside = _without_drawn(eligible, outside, drawn)
    own = taken[taken["item_code"].isin(mandate.items)]
    part = DrawOfYear(1, 1) if planned is None else planned.draws
    framed = allocate(
        eligible if planned is None else without_due(eligible),
        items,
        book=book,
        on=order.as_of,
        ratios_on=ratios_on,
        key=key,
        excluded=outside,
        notes=notes,
        draw=part,
        done=drawn_so_far(own, strata, outside),
        capacity=capacity_left(workspace, planned, taken, book=book, on=order.as_of),
        planned=None if planned is None else planned.planned,
    )
    held = rows.groupby("item_code").size()
    places = rows[["district_code", "entity_type"]]
    counts = current(workspace, "registry_counts", key="count_id", on=order.as_of)
    witness = compare_registry(counts, register, places=places, book=book, on=order.as_of)
    return DrawFrame(items, framed, {str(item): int(n) for item, n in held.items()}, witness, mandate.mode)


def _without_drawn(
    eligible: pd.DataFrame, outside: pd.DataFrame, drawn: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    key = ["entity_id", "item_code"]
    again = pd.MultiIndex.from_frame(eligible[key]).isin(pd.MultiIndex.from_frame(drawn[key]))
    moved = eligible[again].drop(columns="is_due").assign(reason="drawn")
    return eligible[~again].reset_index(drop=True), pd.concat([outside, moved], ignore_index=True)


def _listed(workspace: Workspace, mandate: Mandate, *, on: date) -> pd.DataFrame:
    listed = in_force(current(workspace, "items", key="item_code", on=on), on=on)
    unknown = sorted(set(mandate.items) - set(listed["item_code"]))
    if unknown:
        raise UsageError(
            what=Message(N_("items")),
            value=", ".join(unknown),
            remedy=Message(N_("name items of the list; no check off the list")),
        )
    return listed[listed["item_code"].isin(mandate.items)].reset_index(drop=True)


def register_on(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the entities that a frame of a day is built from, as ``frame_rows`` reads them."""
    entities = current(workspace, "entities", key="entity_id", on=on).rename(columns={"occurred_on": "established_on"})
    established = pd.to_datetime(entities["established_on"]) <= pd.Timestamp(on)
    return entities[established | entities["established_on"].isna()]


def checks_known(workspace: Workspace, *, known_by: date) -> pd.DataFrame:
    """Return every inspection known by a day, as ``exclude`` reads them."""
    inspections = workspace.warehouse.history("inspections")
    known = inspections.filter(
        inspections.known_at <= known_by,
        inspections.superseded_at.isnull() | (inspections.superseded_at > known_by),
    )
    columns = ("entity_id", "item_code", "visit_id", "selection_mode", "result_codes", "occurred_on")
    return pd.DataFrame(known.select(*columns).execute())


def capacity_left(
    workspace: Workspace, planned: PlannedDraw | None, taken: pd.DataFrame, *, book: PolicyBook, on: date
) -> Capacity:
    """Return what departments and lines have left for a draw: the year's person-days less what earlier draws took.

    Parameters
    ----------
    planned : the lines, None outside a plan. taken : selections of :func:`engine.api.plans.drawing.taken_in_year`.
    """
    listed = current(workspace, "items", key="item_code", on=on)
    departments = dict(zip(listed["item_code"], listed["department_code"], strict=True))
    done = taken.groupby(["item_code", "district_code"]).size().rename("n_drawn").reset_index()
    left = 1 if planned is None else max(part.left for part in planned.numbers.values())
    yearly = read_capacity(book, listed, on=on).left_for(done, departments, draws_left=left)
    if planned is None:
        return yearly
    efforts = read_efforts(book, listed, on=on)
    lines = [
        Capacity((limit,), efforts).left_for(done, departments, draws_left=planned.numbers[line_id].left)
        for line_id, limit in planned.limits.items()
    ]
    limits = (*yearly.limits, *(limit for each in lines for limit in each.limits))
    return Capacity(limits, {**efforts, **yearly.effort})
