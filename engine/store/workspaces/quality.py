"""What data quality is measured from: the manifest, and counts over the columns that say who and when."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from engine.contracts.schema import Contract
from engine.contracts.sql import identifier, literal, literals
from engine.quality.drift import Drift, drift_of
from engine.quality.gate import TableQuality
from engine.store.ledgers.decisions import FILES, LOAD_TABLES, LOADS
from engine.store.workspaces.workspace import Workspace

_REGISTER = "entities"


@dataclass(frozen=True, slots=True)
class LoadQuality:
    """One table of one load that stands: what came in and what became of it."""

    load_id: str
    loaded_at: str
    table: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int


def load_quality(workspace: Workspace) -> list[LoadQuality]:
    """Return every table of every load that stands, in order of loads. Cost: the manifest."""
    columns = [LOAD_TABLES.c[name] for name in ("rows_in", "accepted", "quarantined", "duplicates")]
    query = (
        select(LOADS.c.load_id, LOADS.c.loaded_at, LOAD_TABLES.c.table_name.label("table"), *columns)
        .join(LOAD_TABLES, LOAD_TABLES.c.load_id == LOADS.c.load_id)
        .where(LOADS.c.is_visible)
        .order_by(LOADS.c.sequence, LOAD_TABLES.c.table_name)
    )
    with workspace.require().decisions.reading() as connection:
        return [LoadQuality(**row) for row in connection.execute(query).mappings()]


def table_quality(workspace: Workspace, *, on: date) -> list[TableQuality]:
    """Return the measures of every table that was ever loaded, as known at the end of a day.

    Notes
    -----
    Cost: the manifest, one scan of ``entity_id`` and ``known_at`` per table, one hash join with the register, and for
    tables with several loads one count of their columns of codes.
    """
    loads: dict[str, list[LoadQuality]] = {}
    for each in load_quality(workspace):
        loads.setdefault(each.table, []).append(each)
    settled = _settled(workspace)
    n_register = _register(workspace, on) if _REGISTER in loads else None
    return [
        _measured(workspace, table, own, settled=settled.get(table, 0), n_register=n_register, on=on)
        for table, own in sorted(loads.items())
        if table in workspace.warehouse.contracts
    ]


def _settled(workspace: Workspace) -> dict[str, int]:
    """Table → quarantined rows that came back corrected or were left out for good."""
    query = (
        select(FILES.c.table_name, func.sum(FILES.c.n_rows))
        .join(LOADS, LOADS.c.load_id == FILES.c.load_id)
        .where(FILES.c.content == "settled", LOADS.c.is_visible)
        .group_by(FILES.c.table_name)
    )
    with workspace.decisions.reading() as connection:
        return {name: int(n) for name, n in connection.execute(query)}


def _register(workspace: Workspace, on: date) -> int:
    """Hold the register of the day for the joins that follow, and return how many of its objects are active."""
    history = workspace.warehouse.history(_REGISTER)
    known = history.filter(history.known_at <= on, history.superseded_at.isnull() | (history.superseded_at > on))
    workspace.warehouse.hold("quality_register", known.select("entity_id", "status"))
    (row,) = workspace.warehouse.execute_sql(
        "SELECT count(*) FILTER (WHERE status = 'active') AS n FROM quality_register"
    ).to_dict("records")
    return int(row["n"])


def _measured(
    workspace: Workspace, table: str, loads: list[LoadQuality], *, settled: int, n_register: int | None, on: date
) -> TableQuality:
    contract = workspace.warehouse.contracts[table]
    names_objects = "entity_id" in contract.names and table != _REGISTER and n_register is not None
    stored = f"SELECT * FROM ({workspace.warehouse.stored_sql(contract)}) WHERE known_at <= {literal(on)}"
    named = (
        "count(*) FILTER (WHERE r.entity_id IS NULL AND s.entity_id IS NOT NULL) AS n_unknown, "
        "count(DISTINCT r.entity_id) FILTER (WHERE r.status = 'active') AS n_covered "
        f"FROM ({stored}) s LEFT JOIN quality_register r ON s.entity_id = r.entity_id"
        if names_objects
        else f"0 AS n_unknown, 0 AS n_covered FROM ({stored}) s"
    )
    sql = f"SELECT count(*) AS n, max(s.known_at) AS last, {named}"
    (row,) = workspace.warehouse.execute_arrow(sql).to_pylist()
    quarantined = sum(each.quarantined for each in loads)
    return TableQuality(
        table=table,
        rows_in=sum(each.rows_in for each in loads),
        accepted=sum(each.accepted for each in loads),
        quarantined=quarantined,
        duplicates=sum(each.duplicates for each in loads),
        waiting=max(quarantined - settled, 0),
        delivered_on=max(_day(each) for each in loads),
        last_known_at=row["last"],
        freshness_days=contract.freshness_days,
        n_register=n_register if names_objects else None,
        n_covered=int(row["n_covered"]) if names_objects else None,
        n_rows=int(row["n"]),
        n_unregistered=int(row["n_unknown"]),
        drifts=tuple(_drifts(workspace, contract, delivered={x.load_id for x in loads if _day(x) <= on})),
    )


def _day(load: LoadQuality) -> date:
    return datetime.fromisoformat(load.loaded_at).date()


def _drifts(workspace: Workspace, contract: Contract, *, delivered: set[str]) -> list[Drift]:
    """Compare the newest load delivered by the day with those before, per column that holds one code a row."""
    files = [f for f in workspace.warehouse.files("records", table=contract.table) if f.load_id in delivered]
    loads = list(dict.fromkeys(file.load_id for file in files))
    if len(loads) < 2:
        return []
    found = []
    for column in contract.columns:
        if not column.codes or column.separator:
            continue
        counts = [
            _counts(workspace, [f.path for f in files if (f.load_id == loads[-1]) == is_new], column.name)
            for is_new in (False, True)
        ]
        if drift := drift_of(column.name, *counts):
            found.append(drift)
    return found


def _counts(workspace: Workspace, paths: list[str], column: str) -> dict[str, int]:
    name = identifier(column)
    listed = literals(paths).strip("()")
    held = f"SELECT {name} FROM read_parquet([{listed}], union_by_name=true) WHERE {name} IS NOT NULL"
    rows = workspace.warehouse.execute_sql(f"SELECT {name} AS code, count(*) AS n FROM ({held}) GROUP BY 1")
    return {str(row["code"]): int(row["n"]) for row in rows.to_dict("records")}
