"""Small source files that follow the contracts, for tests of intake and store."""

from datetime import UTC, datetime
from pathlib import Path

from engine.api.records.intake import IngestReport, ingest
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace

ACTOR = Actor("Wang Wu (fictional)", "analyst")
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
ENTITY_HEADER = "entity_id,name,entity_type,population,industry_code,district_code,status,occurred_on,known_at"
COMPLAINT_HEADER = "complaint_id,entity_id,topic,is_substantiated,occurred_on,known_at"


def entity(n: int, *, name: str = "甲", status: str = "active", known_at: str = "2020-01-02") -> str:
    """Return one line of entities.csv."""
    return f"reg:{n},{name},enterprise,enterprise,H62,330602,{status},2020-01-01,{known_at}"


def complaint(n: int, *, true: str = "", known_at: str = "2021-03-01", of: int = 1) -> str:
    """Return one line of complaints.csv."""
    return f"c{n},reg:{of},hygiene,{true},2021-03-01,{known_at}"


def write_lines(path: Path, header: str, *lines: str, encoding: str = "utf-8") -> Path:
    """Write a CSV and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
    return path


def take_in(workspace: Workspace, *paths: Path, mapping: Path | str | None = None) -> IngestReport:
    """Ingest with a fixed actor and clock."""
    return ingest(workspace, list(paths), mapping=mapping, actor=ACTOR, clock=lambda: NOW)


def counts(report: IngestReport) -> dict[str, tuple[int, int, int, int]]:
    """Return table → (rows in, accepted, quarantined, duplicates)."""
    return {x.table: (x.rows_in, x.accepted, x.quarantined, x.duplicates) for x in report.loads}


def rows(workspace: Workspace, table: str) -> list[dict[str, object]]:
    """Return the history of a table, sorted by its key and known_at."""
    keys = [*workspace.warehouse.contracts[table].key, "known_at"]
    return workspace.warehouse.history(table).order_by(keys).to_pyarrow().to_pylist()
