"""The draw as tables for those who may know the names: selections, strata, visits, teams.

These tables are internal: public files carry handles and opaque strata only.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.draw.drawing import Drawn, inclusion_probability
from engine.draw.encoding import DIGEST_BYTES
from engine.draw.frame import is_exclusion, rows_of
from engine.draw.preparation import Frame, Roster
from engine.draw.selection import rows_by_stratum
from engine.draw.shortage import Shortage


def _hex_column(text: str, rows: np.ndarray) -> list[str]:
    width = 2 * DIGEST_BYTES
    return [text[row * width : (row + 1) * width] for row in rows.tolist()]


def selection_table(drawn: Drawn, *, frame: Frame) -> pd.DataFrame:
    """Return one row per object and item that could be drawn.

    Parameters
    ----------
    drawn : the draw.
    frame : the frame it was drawn from, with names.

    Returns
    -------
    DataFrame, key (draw_id, object_id, item_code), sorted by item, stratum and handle; handle and ticket in hex,
    stratum, is_drawn, design_probability (ratio before rounding), inclusion_probability (n/N given the size drawn),
    visit_id (null unless drawn), selection_order (1 = smallest ticket; null unless drawn).
    """
    rows_of = {cell.cell: cell for cell in drawn.selected.cells}
    names = frame.identifiers.to_numpy(zero_copy_only=False)
    terms = drawn.commitment.items
    handles = drawn.frame.rows.handles.hex()
    dealt_text = {group: batch.hex() for group, batch in drawn.selected.tickets.items()}
    parts = []
    for item in drawn.frame.rows.items:
        dealt = dealt_text[terms[item].group]
        for stratum, rows in rows_by_stratum(drawn.frame.rows, item=item):
            if is_exclusion(stratum):
                continue
            cell = rows_of[item, stratum]
            order = pd.Series(range(1, len(cell.rows) + 1), index=list(cell.rows), dtype="Int64").reindex(rows)
            parts.append(
                pd.DataFrame(
                    {
                        "object_id": names[rows],
                        "item_code": item,
                        "stratum": stratum,
                        "handle": _hex_column(handles, rows),
                        "ticket": _hex_column(dealt, rows),
                        "is_drawn": order.notna().to_numpy(),
                        "design_probability": float(terms[item].ratios[stratum]),
                        "inclusion_probability": float(inclusion_probability(cell)),
                        "selection_order": order.array,
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "draw_id", drawn.commitment.record["draw"])
    table["visit_id"] = table["handle"].str[:16].where(table["is_drawn"])
    return table


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
