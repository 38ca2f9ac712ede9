"""The draw as tables for those who may know the names: selections, strata, visits, teams.

These tables are internal: public files carry handles and opaque strata only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.draw.drawing import Drawn, inclusion_probability
from engine.draw.matching.shortage import Shortage
from engine.draw.populations.frame import is_exclusion, rows_of
from engine.draw.populations.preparation import Frame, Roster
from engine.draw.selecting.selection import DrawnCell, Rows, rows_by_stratum


def selection_table(drawn: Drawn, *, frame: Frame) -> pd.DataFrame:
    """Return one row per object and item that could be drawn.

    Parameters
    ----------
    drawn : the draw.
    frame : the frame it was drawn from, with names.

    Returns
    -------
    DataFrame, key (draw_id, object_id, item_code), sorted by item, stratum and handle; row (of the frame, from 0),
    stratum, is_drawn, design_probability (ratio before rounding), inclusion_probability (n/N given the size drawn),
    selection_order (1 = smallest ticket; null unless drawn), visit_id (null unless drawn). Cost: O(rows x items).
    """
    cell_of, terms = {cell.cell: cell for cell in drawn.selected.cells}, drawn.commitment.items
    parts = []
    for item in drawn.frame.rows.items:
        for stratum, rows in rows_by_stratum(drawn.frame.rows, item=item):
            if not is_exclusion(stratum):
                parts.append(_SelectionPart(cell_of[item, stratum], rows, float(terms[item].ratios[stratum])))
    sizes = [len(part.rows) for part in parts]
    whole = np.concatenate([part.rows for part in parts]) if parts else np.zeros(0, dtype=np.intp)
    order = np.concatenate([part.order() for part in parts]) if parts else np.zeros(0, dtype=np.int64)
    visit_ids = np.full(len(whole), None, dtype=object)
    visit_ids[order > 0] = [drawn.frame.rows.handle(row).hex()[:16] for row in whole[order > 0].tolist()]

    def spread(values: list[str] | list[float]) -> np.ndarray:
        return np.repeat(np.array(values, dtype=object if values and isinstance(values[0], str) else float), sizes)

    return pd.DataFrame(
        {
            "draw_id": drawn.commitment.record["draw"],
            "object_id": pd.array(frame.identifiers.take(pa.array(whole)), dtype="str"),
            "item_code": spread([part.cell.item for part in parts]),
            "row": whole,
            "stratum": spread([part.cell.stratum for part in parts]),
            "is_drawn": order > 0,
            "design_probability": spread([part.ratio for part in parts]),
            "inclusion_probability": spread([float(inclusion_probability(part.cell)) for part in parts]),
            "selection_order": pd.arrays.IntegerArray(order, mask=order == 0),
            "visit_id": pd.array(visit_ids, dtype="str"),
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class _SelectionPart:
    """One cell with its rows in handle order and its ratio."""

    cell: DrawnCell
    rows: Rows
    ratio: float

    def order(self) -> np.ndarray:
        """The place of every row in ticket order, from 1; 0 where it was not drawn."""
        found = np.zeros(len(self.rows), dtype=np.int64)
        drawn = np.array(self.cell.rows, dtype=np.intp)
        found[np.searchsorted(self.rows, drawn)] = np.arange(1, len(drawn) + 1)
        return found


def stratum_table(drawn: Drawn) -> pd.DataFrame:
    """Return one row per drawn cell: item_code, stratum, n_units, n_drawn, threshold, probabilities, merge_into.

    ``merge_into`` is the committed partner of a small stratum where the draw gave that partner a row of the item, else
    null: sizes decide it, results never do.
    """
    terms = drawn.commitment.items
    partner = dict(drawn.commitment.record.get("merges", ()))
    drew = {(cell.item, cell.stratum) for cell in drawn.selected.cells if cell.rows}
    records = [
        {
            "draw_id": drawn.commitment.record["draw"],
            "item_code": cell.item,
            "stratum": cell.stratum,
            "n_units": cell.size,
            "n_drawn": len(cell.rows),
            "threshold": cell.threshold.hex(),
            "design_probability": float(terms[cell.item].ratios[cell.stratum]),
            "inclusion_probability": float(inclusion_probability(cell)),
            "merge_into": partner[cell.stratum] if (cell.item, partner.get(cell.stratum)) in drew else None,
        }
        for cell in drawn.selected.cells
    ]
    return pd.DataFrame.from_records(records).astype({"merge_into": "string"})


def reserve_table(drawn: Drawn, *, frame: Frame) -> pd.DataFrame:
    """Return the reserves: draw_id, item_code, stratum, reserve_order (1 = next), object_id, handle."""
    records = [
        (
            drawn.commitment.record["draw"],
            cell.item,
            cell.stratum,
            k,
            frame.identifiers[row].as_py(),
            frame.rows.handle(row).hex(),
        )
        for cell in drawn.selected.cells
        for k, row in enumerate(cell.reserves, start=1)
    ]
    columns = ["draw_id", "item_code", "stratum", "reserve_order", "object_id", "handle"]
    return pd.DataFrame.from_records(records, columns=columns)


def visit_table(drawn: Drawn, *, frame: Frame) -> pd.DataFrame:
    """Return one row per visit: draw_id, visit_id, object_id, handle, item_codes (joined by ``;``), is_matched."""
    rows = rows_of(frame.rows, [visit.handle for visit in drawn.visits])
    names = frame.identifiers.take(pa.array(rows, type=pa.int64())).to_pylist()
    unmatched = {team for entry in drawn.match.unmatched for team in entry.teams}
    records = [
        (
            drawn.commitment.record["draw"],
            visit.team,
            name,
            visit.handle.hex(),
            ";".join(visit.items),
            visit.team not in unmatched,
        )
        for visit, name in zip(drawn.visits, names, strict=True)
    ]
    columns = ["draw_id", "visit_id", "object_id", "handle", "item_codes", "is_matched"]
    return pd.DataFrame.from_records(records, columns=columns)


def team_table(drawn: Drawn, *, frame: Frame, roster: Roster) -> pd.DataFrame:
    """Return one row per seat: draw_id, visit_id, object_id, inspector_code, department_code, role, is_leader."""
    visits = visit_table(drawn, frame=frame)
    object_of: Mapping[str, str] = dict(zip(visits["visit_id"], visits["object_id"], strict=True))
    position_of = {officer.code: position for position, officer in enumerate(roster.officers)}
    records = []
    for (team, role), code in zip(drawn.match.slots, drawn.match.assignment, strict=True):
        position = position_of[code]
        records.append(
            (
                drawn.commitment.record["draw"],
                team,
                object_of[team],
                roster.inspector_codes[position],
                roster.officers[position].department,
                role,
                drawn.match.leaders[team] == code,
            )
        )
    columns = ["draw_id", "visit_id", "object_id", "inspector_code", "department_code", "role", "is_leader"]
    return pd.DataFrame.from_records(records, columns=columns)


def shortage_table(shortages: tuple[Shortage, ...]) -> pd.DataFrame:
    """Return the posts that failed rungs of the ladder could not fill: rung, visit_id, role, needed, capacity."""
    records = [
        (rung, team, role, shortage.needed, shortage.capacity)
        for rung, shortage in enumerate(shortages)
        for team, role in shortage.posts
    ]
    return pd.DataFrame.from_records(records, columns=["rung", "visit_id", "role", "needed", "capacity"])
