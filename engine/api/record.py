"""The credit record (信用档案) of one entity: everything known of it on a date, where from, and whether it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pandas as pd

from engine.api.policies import read_policies
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.store.warehouse import Warehouse
from engine.store.workspace import Workspace
from engine.validity.publicity import PublicityRules
from engine.validity.records import IN_FORCE, KEYS, REPAIRS, event_relations, status_on
from engine.windows import is_known

SUPERSEDED = "superseded"
ENDED = "ended"
_SAID_APART = {
    "entity_id", "occurred_on", "known_at", "superseded_at", "in_force_until", "out_of_force_reason", "status",
    "load_id", "source_file", "source_line", "run_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One line of the record.

    Parameters
    ----------
    table : contract table, or ``grades`` and ``selections`` for what this system decided.
    record_id : key of the row. occurred_on : day of the event. known_at : day from which it was known.
    status : in_force; superseded by a later version; ended (a listing that was lifted: it stays in the history); or
        why it no longer counts (repaired, revoked, corrected, withdrawn, publicity_over, validity_over).
    until : first day on which it no longer counts or stood, None while that is open.
    details : the row's other values, empty ones left out.
    load_id, source_file, source_line : where it came from; for decisions the run.
    """

    table: str
    record_id: str
    occurred_on: date
    known_at: date
    status: str
    until: date | None
    details: Mapping[str, object]
    load_id: str
    source_file: str = ""
    source_line: int | None = None


def credit_record(
    workspace: Workspace, entity_id: str, *, as_of: date | None = None, profile: str = "default"
) -> tuple[RecordEntry, ...]:
    """Return everything known of an entity on a date, the oldest first.

    Parameters
    ----------
    entity_id : ``scheme:value``. as_of : end of that day; None = the last day on which anything became known.
    profile : policies that say when a record counts.

    Raises
    ------
    TableMissingError
        Nothing is known of the entity on that date.

    Notes
    -----
    Cost: one filtered scan per table with entities, and one per run of grades and draws.
    """
    warehouse = workspace.require().warehouse
    tables = [name for name, contract in warehouse.contracts.items() if "entity_id" in contract.names]
    on = as_of or warehouse.bounds(*tables).last
    rules = PublicityRules.from_policies(read_policies(profile))
    own = {name: (rows := warehouse.history(name)).filter(rows.entity_id == entity_id) for name in tables}
    relations = event_relations({name: own[name] for name in (*KEYS, REPAIRS)}, rules=rules)
    found: list[RecordEntry] = []
    for name in tables:
        found += _entries(warehouse, name, own[name], relations.get(name), entity_id=entity_id, on=on)
    found += _decided(warehouse, entity_id, on=on)
    if not found:
        remedy = Message(N_("nothing is known of {entity_id} on {as_of}"), {"entity_id": entity_id, "as_of": on})
        raise TableMissingError(table="entities", remedy=remedy)
    return tuple(sorted(found, key=lambda entry: (entry.occurred_on, entry.known_at, entry.table, entry.record_id)))


def _entries(
    warehouse: Warehouse, name: str, own: ibis.Table, relation: ibis.Table | None, *, entity_id: str, on: date
) -> list[RecordEntry]:
    """Versions of one table known on the date: those that stand with their status, and those superseded by then."""
    standing = own.filter(is_known(own, on=on))
    if relation is None:
        rows = pd.DataFrame(standing.execute()).assign(status=IN_FORCE, in_force_until=None)
    else:
        rows = pd.DataFrame(status_on(relation, as_of=on).execute())
    if name == "listings":
        rows = _with_removals(rows, pd.DataFrame(standing.filter(own.event == "removed").execute()), on=on)
    past = pd.DataFrame(own.filter(own.superseded_at <= on).execute()).assign(status=SUPERSEDED)
    both = pd.concat([part for part in (rows, past) if len(part)], ignore_index=True) if len(rows) + len(past) else rows
    if both.empty:
        return []
    contract = warehouse.contracts[name]
    origins = warehouse.provenance(name)
    origins = origins.filter(origins.entity_id == entity_id)
    version = list(dict.fromkeys((*contract.key, "known_at")))
    told = pd.DataFrame(origins.select(*version, "load_id", "source_file", "source_line").execute())
    both = both.merge(told.drop_duplicates(version), on=version, how="left")
    return [_entry(name, contract.key, row) for row in both.to_dict("records")]


def _with_removals(spans: pd.DataFrame, removals: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Say when listings ended, and put the decisions that lifted them beside them as events of their own."""
    lifted = (pd.to_datetime(spans["ended_on"]) <= pd.Timestamp(on)) & (spans["status"] == IN_FORCE)
    marked = spans.assign(
        status=spans["status"].mask(lifted, ENDED),
        in_force_until=spans["in_force_until"].astype(object).mask(lifted, spans["ended_on"].astype(object)),
        event="listed",
    ).drop(columns="ended_on")
    return pd.concat([marked, removals.assign(status=IN_FORCE, in_force_until=None)], ignore_index=True)


def _entry(name: str, key: tuple[str, ...], row: Mapping[Any, Any]) -> RecordEntry:
    until = row["superseded_at"] if row["status"] == SUPERSEDED else row.get("in_force_until")
    details = {str(k): v for k, v in row.items() if k not in _SAID_APART and k not in key and not pd.isna(v)}
    line = row["source_line"]
    return RecordEntry(
        name,
        " · ".join(str(row[part]) for part in key),
        _day(row["occurred_on"]),
        _day(row["known_at"]),
        str(row["status"]),
        None if pd.isna(until) else _day(until),
        details,
        str(row["load_id"]),
        str(row["source_file"]),
        None if pd.isna(line) else int(line),
    )


def _decided(warehouse: Warehouse, entity_id: str, *, on: date) -> list[RecordEntry]:
    """What this system decided of the entity: its grades, and draws that had it in the frame."""
    found = []
    for kinds, table, key in ((("assess", "grade"), "grades", ()), (("draw",), "selections", ("draw_id", "item_code"))):
        for run in (run for run in warehouse.runs() if run.kind in kinds and run.as_of <= on):
            rows = warehouse.read(table, run_id=run.run_id)
            for row in pd.DataFrame(rows.filter(rows.entity_id == entity_id).execute()).to_dict("records"):
                name = " · ".join(str(row[part]) for part in key) or run.run_id
                details = {str(k): v for k, v in row.items() if k not in (*_SAID_APART, *key) and not pd.isna(v)}
                found.append(RecordEntry(table, name, run.as_of, run.as_of, IN_FORCE, None, details, run.run_id))
    return found


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()
