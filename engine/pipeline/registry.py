"""Is the frame complete? The register loaded here against a count that somebody else made.

A frame that is cut from the register alone can hide rows together with the register. The registration authority's own
count, entered with source and date (table ``registry_counts``), is the independent witness: per district and type it
is set beside what is loaded; a real draw is refused where they differ by more than ``draw.registry`` lets pass.
Source: DRAW step 1; Arlo issue 1077 (sampling from the list that the attacker edits).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd

from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import JOINER

REGISTRY = "draw.registry"
_PLACE = ["district_code", "entity_type"]


@dataclass(frozen=True, slots=True)
class Witness:
    """The comparison of a register with independent counts.

    Parameters
    ----------
    table : key (district_code, entity_type, statuses): n_registry, n_loaded, source, source_ref, counted_on.
    faults : what does not fit or is missing, one sentence each.
    notes : small differences that are let pass, and said.
    is_required : whether policy asks for a count before a real draw.
    """

    table: pd.DataFrame
    faults: tuple[Message, ...]
    notes: tuple[Message, ...]
    is_required: bool

    def record(self) -> list[dict[str, object]]:
        """Return the comparison for the public record of the draw."""
        return [
            {
                "district": str(row["district_code"]),
                "type": str(row["entity_type"]),
                "statuses": sorted(str(row["statuses"]).split(JOINER)),
                "registry": int(row["n_registry"]),
                "loaded": int(row["n_loaded"]),
                "source": str(row["source"]),
                "reference": None if pd.isna(row["source_ref"]) else str(row["source_ref"]),
                "counted_on": pd.Timestamp(row["counted_on"]).strftime("%Y-%m-%d"),
            }
            for row in self.table.to_dict("records")
        ]


def compare_registry(
    counts: pd.DataFrame, register: pd.DataFrame, *, places: pd.DataFrame, book: PolicyBook, on: date
) -> Witness:
    """Return the comparison of independent counts with the loaded register.

    Parameters
    ----------
    counts : table ``registry_counts`` as known on the day.
    register : loaded register, key entity_id; district_code, entity_type, status.
    places : district_code and entity_type of the draw's frame; each needs a count.
    on : day of the frame.
    """
    rule: Mapping[str, Any] = book.value(REGISTRY, on=on)
    wanted = places[_PLACE].drop_duplicates().sort_values(_PLACE, ignore_index=True)
    table = _beside(_latest(counts, on=on), register, wanted)
    tolerance = Fraction(str(rule["tolerance"]))
    faults: list[Message] = []
    notes: list[Message] = []
    for row in table.to_dict("records"):
        difference = abs(int(row["n_loaded"]) - int(row["n_registry"]))
        params = {
            "district": str(row["district_code"]),
            "type": str(row["entity_type"]),
            "registry": int(row["n_registry"]),
            "loaded": int(row["n_loaded"]),
            "source": str(row["source"]),
            "day": pd.Timestamp(row["counted_on"]).strftime("%Y-%m-%d"),
        }
        age = (on - pd.Timestamp(row["counted_on"]).date()).days
        if age > int(rule["oldest_days"]):
            faults.append(Message(N_("{district}, {type}: the count of {source} is of {day}, too old"), params))
        elif difference > tolerance * int(row["n_registry"]):
            text = N_("{district}, {type}: {source} counts {registry} on {day}, the register holds {loaded}")
            faults.append(Message(text, params))
        elif difference:
            text = N_("{district}, {type}: {source} counts {registry} on {day}, the register holds {loaded}; let pass")
            notes.append(Message(text, params))
    counted = set(map(tuple, table[_PLACE].to_numpy()))
    for district, kind in wanted.itertuples(index=False, name=None):
        if (district, kind) not in counted:
            params = {"district": district, "type": kind}
            faults.append(Message(N_("{district}, {type}: no independent count was entered"), params))
    return Witness(table, tuple(faults), tuple(notes), bool(rule["is_required"]))


def _latest(counts: pd.DataFrame, *, on: date) -> pd.DataFrame:
    past = counts[pd.to_datetime(counts["occurred_on"]) <= pd.Timestamp(on)]
    ordered = past.sort_values(["occurred_on", "count_id"])
    return ordered.drop_duplicates([*_PLACE, "statuses"], keep="last")


def _beside(latest: pd.DataFrame, register: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    own = latest.merge(wanted, on=_PLACE).sort_values([*_PLACE, "statuses"], ignore_index=True)
    loaded = register.groupby([*_PLACE, "status"]).size()
    found = [
        int(sum(loaded.get((district, kind, status), 0) for status in str(statuses).split(JOINER)))
        for district, kind, statuses in own[[*_PLACE, "statuses"]].itertuples(index=False, name=None)
    ]
    named = own.rename(columns={"n_units": "n_registry", "occurred_on": "counted_on"}).assign(n_loaded=found)
    return named[[*_PLACE, "statuses", "n_registry", "n_loaded", "source", "source_ref", "counted_on"]]
