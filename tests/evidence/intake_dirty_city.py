"""A dirty city goes in: every planted fault is found and named, no good row is lost, nothing waits in the end.

What must happen to each line stands in ``truth/faults.csv``, written by the generator; the city's clean tables say
what the store must hold in the end. Counts are compared with the lines written, not with what the load reports.
"""

import csv
import json
import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from engine.api.records.intake import ingest
from engine.api.records.quarantine import export_quarantine, retry_quarantine
from engine.contracts.pages import Words
from engine.contracts.sql import identifier, literal
from engine.pipeline.ports import Actor
from engine.simulation.city import simulate_city
from engine.simulation.layout import plain
from engine.store.loading.quarantine import waiting_rows
from engine.store.outputs.workbooks import FixRow, read_fix_sheet, write_fix_sheet
from engine.store.simulated.dirty_files import write_dirty_city
from engine.store.workspaces.workspace import Workspace

ACTOR = Actor("evidence (fictional)", "analyst")
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
SPOILT = ("entities", "inspections", "penalties", "complaints")
REPLACED = ("late", "orphan", "unknown_district", "lost_digits")
"""Kinds whose row stands in the store in another form than in the clean city; ``corrected`` adds one."""


def run(*, full: bool) -> dict:
    """Return the claim at 200,000 entities (full) or 2,000."""
    n = 200_000 if full else 2_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = simulate_city(n_entities=n, years=6, last_day=date(2025, 12, 31), seed=3)
        written = write_dirty_city(city, folder / "city")
        with (folder / "city" / "truth" / "faults.csv").open(encoding="utf-8") as file:
            faults = list(csv.DictReader(file))
        workspace = Workspace(folder / "ws")
        report = ingest(workspace, [folder / "city"], actor=ACTOR, clock=lambda: NOW)
        problems = [*miscounted(report, written, faults), *unlike_truth(workspace, faults)]
        problems += wrongly_warned(report, workspace, faults)
        problems += round_trip(workspace, folder, faults)
        problems += unlike_city(workspace, city, faults, folder)
        workspace.close()
    kinds = Counter(fault["kind"] for fault in faults)
    counts = {load.table: (load.rows_in, load.accepted, load.quarantined, load.duplicates) for load in report.loads}
    return {
        "name": "intake_dirty_city",
        "n": n,
        "value": len(problems),
        "low": None,
        "high": None,
        "passed": not problems and len(faults) > 0,
        "planted": sum(kinds.values()),
        "kinds": dict(sorted(kinds.items())),
        "in_accepted_quarantined_duplicates": counts,
        "problems": problems[:20],
    }


def miscounted(report, written, faults) -> list[str]:
    """In = accepted + quarantined + duplicates = lines written, per table."""
    lines, found = Counter(), []
    for file in written:
        lines[file.table] += file.n_rows
    for load in report.loads:
        planted = Counter(f["treatment"] for f in faults if f["table"] == load.table and f["line"] != "0")
        expected = (lines[load.table], planted["quarantined"], planted["duplicate"])
        if (load.rows_in, load.quarantined, load.duplicates) != expected:
            found.append(f"{load.table}: {load}, expected {expected}")
        if load.rows_in != load.accepted + load.quarantined + load.duplicates:
            found.append(f"{load.table}: counts do not add up")
    return found


def place(file, line) -> tuple[str, int]:
    """Name a line."""
    return str(file), int(line)


def unlike_truth(workspace, faults) -> list[str]:
    """Every line that must wait does, for the reason planted, and no other line does."""
    expected = {place(f["file"], f["line"]): f for f in faults if f["treatment"] == "quarantined"}
    waiting = {place(row.source_file, row.source_line): row for row in waiting_rows(workspace)}
    found = [f"not found: {where} {expected[where]['kind']}" for where in expected.keys() - waiting.keys()]
    found += [
        f"good row in quarantine: {where} {waiting[where].findings}" for where in waiting.keys() - expected.keys()
    ]
    for where in expected.keys() & waiting.keys():
        check = expected[where]["check"]
        named = {finding["check"] for finding in waiting[where].findings}
        if not any(ident == check or (check.endswith("-") and ident.startswith(check)) for ident in named):
            found.append(f"{where}: {check} is not among {named}")
    return found


def wrongly_warned(report, workspace, faults) -> list[str]:
    """Warnings name the planted ones, and beside them only rows whose object itself waits in quarantine."""
    found = []
    warned = {check: n for load in report.loads for check, (n, _) in load.warnings.items()}
    planted = Counter(f["check"] for f in faults if f["treatment"] == "accepted" and f["check"])
    away = {f["original"] for f in faults if f["table"] == "entities" and f["treatment"] == "quarantined"}
    objects = {json.loads(row)["entity_id"] for row in away}
    for check, n in planted.items():
        table = check.split("-")[0]
        collateral = 0
        if check.endswith("-entity_on_register"):
            held = {row["entity_id"] for row in stored(workspace, "entities", ["entity_id"])}
            rows = stored(workspace, table, ["entity_id"])
            collateral = sum(row["entity_id"] in objects - held for row in rows)
        if warned.get(check) != n + collateral:
            found.append(f"{check}: warned of {warned.get(check)}, planted {n}, beside them {collateral}")
    return found


def stored(workspace, table, columns) -> list[dict]:
    """Return columns of every version of a table."""
    return workspace.warehouse.table(table).select(columns).to_pyarrow().to_pylist()


def round_trip(workspace, folder, faults) -> list[str]:
    """Correct every row on the fix sheet as the truth says, bring it back; nothing waits any more."""
    truth = {place(f["file"], f["line"]): f for f in faults if f["treatment"] == "quarantined"}
    where = {(row.table, row.key): place(row.source_file, row.source_line) for row in waiting_rows(workspace)}
    export_quarantine(workspace, folder / "fix.xlsx", translate=lambda text: text)
    contracts = workspace.warehouse.contracts
    sheets: dict[str, list[FixRow]] = {}
    for contract, row in read_fix_sheet(folder / "fix.xlsx", contracts):
        fault = truth[where[contract.table, row.key]]
        cells = row.cells if fault["kind"] == "contradicted" else json.loads(fault["original"])
        discard = "另一行为准" if fault["kind"] == "contradictory" else ""
        sheets.setdefault(contract.table, []).append(FixRow(row.key, cells, discard=discard))
    write_fix_sheet(
        folder / "back.xlsx", [(contracts[table], rows) for table, rows in sheets.items()], words=Words({}, {})
    )
    taken = retry_quarantine(workspace, folder / "back.xlsx", actor=ACTOR, clock=lambda: NOW)
    left = waiting_rows(workspace)
    found = [f"still waiting: {row.table} {row.source_file}:{row.source_line} {row.findings}" for row in left]
    if taken.unchanged or taken.settled_before or taken.corrected + taken.discarded != len(truth):
        found.append(f"round trip: {taken}")
    return found


def unlike_city(workspace, city, faults, folder) -> list[str]:
    """The store holds the clean city, but for the rows whose planted form is to be accepted."""
    found = []
    connection = workspace.warehouse.connection.con
    for table in SPOILT:
        contract = workspace.warehouse.contracts[table]
        columns = ", ".join(map(identifier, contract.names))
        clean = folder / f"clean-{table}.parquet"
        connection.register("clean_rows", plain(city.tables[table], table).select(list(contract.names)))
        connection.execute(f"COPY (SELECT {columns} FROM clean_rows) TO {literal(str(clean))} (FORMAT parquet)")
        connection.unregister("clean_rows")
        held = f"SELECT {columns} FROM ({workspace.warehouse.stored_sql(contract)})"
        whole = f"SELECT {columns} FROM read_parquet({literal(str(clean))})"
        kinds = Counter(f["kind"] for f in faults if f["table"] == table)
        replaced = sum(kinds[kind] for kind in REPLACED)
        for sql, expected in (
            (f"({whole}) EXCEPT ALL ({held})", replaced),
            (f"({held}) EXCEPT ALL ({whole})", replaced + kinds["corrected"]),
        ):
            n = connection.execute(f"SELECT count(*) FROM ({sql})").fetchone()[0]
            if n != expected:
                found.append(f"{table}: {n} rows differ from the clean city, {expected} planted: {sql[:60]}")
    return found
