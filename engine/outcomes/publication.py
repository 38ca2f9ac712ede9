"""A published result as a row of table ``inspections``, with the way of selection and the probabilities for life."""

from datetime import date

from engine.outcomes.entry import Entry
from engine.vocabulary import JOINER


def inspection_row(entry: Entry, *, published_on: date) -> dict[str, object]:
    """Return the row; its key is the result's, so that a corrected publication is a later version of it."""
    cells, ground = entry.cells, entry.ground
    return {
        "inspection_id": entry.key,
        "visit_id": cells["visit_id"],
        "entity_id": cells["entity_id"],
        "item_code": cells["item_code"],
        "department_code": cells["department_code"],
        "selection_mode": ground.mode.value,
        "draw_id": ground.draw_id,
        "stratum": ground.stratum,
        "design_probability": ground.design_probability,
        "inclusion_probability": ground.inclusion_probability,
        "result_codes": JOINER.join(entry.result_codes),
        "inspector_code": ground.leader,
        "occurred_on": date.fromisoformat(cells["occurred_on"]),
        "known_at": published_on,
    }
