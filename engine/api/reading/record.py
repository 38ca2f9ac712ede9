"""The credit record (信用档案) of one entity: everything known of it on a date, where from, and whether it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.api.draws.order import CERTIFIED
from engine.api.workspace import open_workspace
from engine.contracts.schema import LogicalType
from engine.errors import EntityUnknownError
from engine.messages import N_, Message
from engine.registers.merges import same_object
from engine.store.documents import load_contracts, load_policies
from engine.store.loading.erasures import tombstone_of
from engine.store.workspaces.aliases import ACCEPTED, UNDONE, merge_decisions
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace
from engine.validity.own_ends import ENDED, own_status
from engine.validity.publicity import PublicityRules
from engine.validity.records import IN_FORCE, KEYS, REPAIRS, event_relations, status_on

SUPERSEDED = "superseded"
MATCHES = "matches"
_SAID_APART = {
    "entity_id", "occurred_on", "known_at", "superseded_at", "in_force_until", "out_of_force_reason", "status",
    "load_id", "source_file", "source_line", "run_id", "as_of",
}  # fmt: skip
_IBIS_TYPES = {
    LogicalType.STRING: "string",
    LogicalType.DATE: "date",
    LogicalType.INTEGER: "int64",
    LogicalType.NUMBER: "float64",
    LogicalType.BOOLEAN: "boolean",
}
_DECIDED = {
    "grades": (),
    "grade_sectors": ("code",),
    "selections": ("draw_id", "item_code"),
    "teams": ("draw_id", "visit_id", "inspector_code"),
    "graded_results": ("draw_id", "item_code"),
}
"""Result tables that say something about one entity, with what identifies a row beside it."""


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One line of the record.

    Parameters
    ----------
    table : contract table; or what this system decided: ``grades``, ``grade_sectors`` (a sector's grade joined),
        ``selections``, ``teams``, ``graded_results``, ``matches`` (merging of duplicates).
    record_id : key of the row. occurred_on : day of the event. known_at : day from which it was known.
    status : in_force; superseded by a later version; ended (lifted, closed: it stays in the history); or why it no
        longer counts (repaired, revoked, corrected, withdrawn, publicity_over, validity_over).
    until : first day on which it no longer counts or stood, None while that is open.
    details : the row's other values, empty ones left out; draws carry the digest of their certificate.
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
    entity_id : ``scheme:value``; of merged duplicates any, the record holds what all of them brought.
    as_of : end of that day; None = the last day on which anything became known.
    profile : policies that say when a record counts.

    Raises
    ------
    EntityUnknownError
        Nothing is known of the entity on that date, or it was erased under law.

    Notes
    -----
    Cost: about a second to compile the rules of validity on the first call; then one scan of the column
    ``entity_id`` per contract table and result table, a second one of tables in which records were corrected.
    Validity is judged on the entity's rows alone.
    """
    warehouse = workspace.require().warehouse
    tables = [name for name, contract in warehouse.contracts.items() if "entity_id" in contract.names]
    on = as_of or warehouse.bounds(*tables).last
    kept, ids = same_object(merge_decisions(workspace.decisions), entity_id, on=on)
    own = {name: rows for name in tables if (rows := warehouse.rows_of(name, ids)).num_rows}
    statuses = _statuses(warehouse, own, profile, on=on)
    found = [
        _entry(name, warehouse.contracts[name].key, row, kept=kept)
        for name, rows in statuses.items()
        for row in rows.to_dict("records")
    ]
    found += _decided(workspace, ids, kept=kept, on=on)
    found += _merges(workspace, ids, on=on)
    if not found:
        raise _nothing_known(workspace, entity_id, on=on)
    return tuple(sorted(found, key=lambda entry: (entry.occurred_on, entry.known_at, entry.table, entry.record_id)))


def timeline(path: Path, entity_id: str, *, as_of: date | None = None, profile: str = "default") -> pd.DataFrame:
    """Return the credit record as a table for pages: one row per entry, columns as in :class:`RecordEntry`."""
    workspace = open_workspace(path, create=False)
    try:
        entries = credit_record(workspace, entity_id, as_of=as_of, profile=profile)
    finally:
        workspace.close()
    return pd.DataFrame([asdict(entry) for entry in entries])


def _nothing_known(workspace: Workspace, entity_id: str, *, on: date) -> EntityUnknownError:
    erased = tombstone_of(workspace.ledger, entity_id)
    if erased is not None:
        said = {"day": erased.day, "reference": erased.reference}
        problem = Message(N_("it was erased on {day} under {reference}"), said)
    else:
        text = N_("nothing is known of it on {as_of}; 'xinheng registers objects' lists the objects")
        problem = Message(text, {"as_of": on})
    return EntityUnknownError(entity_id=entity_id, problem=problem)


def _statuses(warehouse: Warehouse, own: Mapping[str, Any], profile: str, *, on: date) -> dict[str, pd.DataFrame]:
    """Per table the versions known on the date: those that stand with their status, and those superseded by then."""
    judged = tuple(name for name in KEYS if name in own)
    held = (*judged, *((REPAIRS,) if REPAIRS in own else ()))
    for name in held:
        warehouse.hold(f"own_{name}", own[name])
    statements = _judging(held, profile, on)
    found = {}
    for name, arrow in own.items():
        rows = arrow.to_pandas()
        is_past = _days(rows["superseded_at"]) <= pd.Timestamp(on)
        standing = rows[(_days(rows["known_at"]) <= pd.Timestamp(on)) & ~is_past]
        if name in judged:
            now = warehouse.execute_sql(statements[name])
            if name == "listings":
                now = _with_removals(now, standing[standing["event"] == "removed"], on=on)
        else:
            now = own_status(standing, table=name, as_of=on)
        parts = [part for part in (now, rows[is_past].assign(status=SUPERSEDED)) if len(part)]
        if parts:
            found[name] = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    return found


@lru_cache(maxsize=256)
def _judging(held: tuple[str, ...], profile: str, on: date) -> Mapping[str, str]:
    """Return table → SQL over the held rows of one entity; compiling it costs more than running it."""
    import ibis

    extra = {"superseded_at": "date", "source_file": "string", "source_line": "int64", "load_id": "string"}
    tables = {}
    for name in held:
        columns = {column.name: _IBIS_TYPES[column.logical_type] for column in load_contracts()[name].columns}
        tables[name] = ibis.table({**columns, **extra}, name=f"own_{name}")
    relations = event_relations(tables, rules=PublicityRules.from_policies(load_policies(profile)))
    judged = {name: relation for name, relation in relations.items() if name in KEYS}
    return {name: str(ibis.to_sql(status_on(each, as_of=on), dialect="duckdb")) for name, each in judged.items()}


def _days(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values)


def _with_removals(spans: pd.DataFrame, removals: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Say when listings ended, and put the decisions that lifted them beside them as events of their own."""
    lifted = (_days(spans["ended_on"]) <= pd.Timestamp(on)) & (spans["status"] == IN_FORCE)
    marked = spans.assign(
        status=spans["status"].mask(lifted, ENDED),
        in_force_until=spans["in_force_until"].astype(object).mask(lifted, spans["ended_on"].astype(object)),
        event="listed",
    ).drop(columns="ended_on")
    beside = removals.assign(status=IN_FORCE, in_force_until=None)
    return pd.concat([part.astype(object) for part in (marked, beside) if len(part)], ignore_index=True)


def _entry(name: str, key: Sequence[str], row: Mapping[Any, Any], *, kept: str) -> RecordEntry:
    until = row["superseded_at"] if row["status"] == SUPERSEDED else row.get("in_force_until")
    line = row["source_line"]
    return RecordEntry(
        name,
        " · ".join(str(row[part]) for part in key),
        _day(row["occurred_on"]),
        _day(row["known_at"]),
        str(row["status"]),
        None if pd.isna(until) else _day(until),
        _details(row, key, kept=kept),
        str(row["load_id"]),
        str(row["source_file"]),
        None if pd.isna(line) else int(line),
    )


def _details(row: Mapping[Any, Any], key: Sequence[str], *, kept: str) -> dict[str, object]:
    said = {str(k): v for k, v in row.items() if k not in _SAID_APART and k not in key and not pd.isna(v)}
    return said if row["entity_id"] == kept else {**said, "loaded_under": row["entity_id"]}


def _decided(workspace: Workspace, ids: Sequence[str], *, kept: str, on: date) -> list[RecordEntry]:
    """What this system decided of the entity: its grades, draws that had it in the frame, teams, results of draws."""
    runs = {run.run_id: run for run in workspace.warehouse.runs() if run.as_of <= on}
    certificates = {
        entry.subject: entry.particulars.get("certificate_digest")
        for entry in workspace.ledger.entries(action=CERTIFIED)
    }
    found = []
    for table, key in _DECIDED.items():
        for row in workspace.warehouse.results_of(table, ids).to_dict("records"):
            run = runs.get(str(row["run_id"]))
            if run is None:
                continue
            details = _details(row, key, kept=kept)
            if digest := certificates.get(str(row.get("draw_id"))):
                details["certificate_digest"] = digest
            name = " · ".join(str(row[part]) for part in key) or run.run_id
            found.append(RecordEntry(table, name, run.as_of, run.as_of, IN_FORCE, None, details, run.run_id))
    return found


def _merges(workspace: Workspace, ids: Sequence[str], *, on: date) -> list[RecordEntry]:
    """Decisions that these identifiers are one object, or no longer are."""
    found = []
    for action in (ACCEPTED, UNDONE):
        for entry in workspace.ledger.entries(action=action):
            told = entry.particulars
            day = date.fromisoformat(told["on"])
            if day <= on and {told["kept_id"], told["merged_id"]} & set(ids):
                details = {**told, "action": action, "actor": entry.actor, "reason": entry.reason}
                source = f"ledger {entry.sequence}"
                found.append(RecordEntry(MATCHES, entry.subject, day, day, IN_FORCE, None, details, source))
    return found


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return pd.Timestamp(value).date()
