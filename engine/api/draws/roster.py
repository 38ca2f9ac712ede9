"""Reading the roster of a draw from the registers: officers, experts, leave, recusals and who came last time."""

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from engine.api.draws.order import DrawOrder
from engine.parameters import PolicyBook
from engine.pipeline.drawing import TEAM
from engine.pipeline.rostering import EXPERT_SCHEME, attendance, roster_table, rotation_pairs
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RosterTables:
    """What the roster of a draw is made of.

    Parameters
    ----------
    people : officers and experts (:func:`engine.pipeline.rostering.roster_table`).
    recusals, rotations : inspector_code, object_id.
    """

    people: pd.DataFrame
    recusals: pd.DataFrame
    rotations: pd.DataFrame


def current(workspace: Workspace, table: str, *, key: str | list[str], on: date) -> pd.DataFrame:
    """Return the versions of a register's rows that hold on a day, as known then."""
    return pd.DataFrame(held(workspace, table, on=on).execute()).sort_values(key, ignore_index=True)


def held(workspace: Workspace, table: str, *, on: date) -> ibis.Table:
    """Return the rows of a record table that are known and not superseded on a day."""
    history = workspace.warehouse.history(table)
    return history.filter(history.known_at <= on, history.superseded_at.isnull() | (history.superseded_at > on))


def roster_tables(workspace: Workspace, order: DrawOrder, *, until: date, book: PolicyBook) -> RosterTables:
    """Return the roster as known on the day of the grades, for visits between the draw and ``until``.

    Notes
    -----
    Cost: one pass over inspections and visits in the warehouse; one row per officer and object last visited.
    """
    on = order.as_of
    attended = attendance(held(workspace, "inspections", on=on), held(workspace, "visits", on=on))
    year = until.year
    this_year = attended.filter(attended.occurred_on >= date(year, 1, 1), attended.occurred_on <= date(year, 12, 31))
    counted = pd.DataFrame(this_year.group_by("inspector_code").agg(n=this_year.visit_id.nunique()).execute())
    experts = current(workspace, "experts", key="expert_code", on=on)
    people = roster_table(
        current(workspace, "inspectors", key="inspector_code", on=on),
        experts=experts,
        leaves=current(workspace, "leaves", key=["inspector_code", "occurred_on"], on=on),
        visits_made=dict(zip(counted["inspector_code"], counted["n"].astype(int), strict=True)),
        first=min(order.not_before.date(), until),
        last=until,
    )
    recusals = current(workspace, "recusals", key=["inspector_code", "entity_id"], on=on)
    is_expert = recusals["inspector_code"].isin(experts["expert_code"])
    codes = recusals["inspector_code"].astype(object).where(~is_expert, EXPERT_SCHEME + recusals["inspector_code"])
    last = int(book.value(TEAM, on=on)["rotation_visits"])
    rotations = pd.DataFrame(rotation_pairs(attended, last=last).order_by(["inspector_code", "object_id"]).execute())
    return RosterTables(people, pd.DataFrame({"inspector_code": codes, "object_id": recusals["entity_id"]}), rotations)
