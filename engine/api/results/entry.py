"""Entering results: lawful rows go on record with who and when, the others wait with the rule they break."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.plans.tasks import entered
from engine.api.records.intake import IngestReport, ingest
from engine.api.results.grounds import WORDINGS, known_facts
from engine.errors import ResultRefusedError
from engine.messages import N_, Message
from engine.outcomes.entry import DATES, OPTIONAL, REQUIRED, Entry, Refusal, judge, key_of
from engine.outcomes.review import Standing, State, Step, entry_id, standings
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import digest_of
from engine.store.loading.result_files import RefusedRow, SourceRow, keep_refused, read_rows, refused_rows
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace

ACTIONS = {state: f"result.{state.value}" for state in State}
REFUSED = "result.refused"
COLUMNS = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True, slots=True)
class EntryReport:
    """What became of the rows: ``entered`` (keys), ``merged`` over an earlier entry, ``unchanged``, ``refused``."""

    entered: tuple[str, ...]
    merged: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[RefusedRow, ...]


def enter_file(
    workspace: Workspace, path: Path, *, wordings: str = WORDINGS, actor: Actor, clock: Clock
) -> EntryReport:
    """Enter the results of a file (CSV, XLSX, Parquet; columns of contract ``results`` without number and known day).

    Raises
    ------
    SourceNotFoundError, ContractError, UsageError
        The file or the list of wordings cannot be read; nothing is entered.
    """
    return _enter(workspace, read_rows(path), source=path.name, wordings=wordings, actor=actor, clock=clock)


def enter(
    workspace: Workspace,
    rows: Sequence[Mapping[str, str | None]],
    *,
    source: str = "-",
    wordings: str = WORDINGS,
    actor: Actor,
    clock: Clock,
) -> EntryReport:
    """Enter results from another program; the same as :func:`enter_file`, row by row."""
    read = [SourceRow(at, dict(row)) for at, row in enumerate(rows, start=1)]
    return _enter(workspace, read, source=source, wordings=wordings, actor=actor, clock=clock)


def result_steps(workspace: Workspace, *, on: date | None = None) -> dict[str, Standing]:
    """Return where every result stands after the steps of a day, None = all of them; from the ledger."""
    entries = [(state, entry) for state, action in ACTIONS.items() for entry in workspace.ledger.entries(action=action)]
    steps = []
    for state, entry in sorted(entries, key=lambda pair: pair[1].sequence):
        said = entry.particulars
        if on is not None and date.fromisoformat(entry.entered_at[:10]) > on:
            continue
        for key, department, draw in said["results"]:
            steps.append(
                Step(
                    key, state, entry.actor, entry.entered_at, entry.reason, department, draw, said.get("wordings", "")
                )
            )
    return standings(steps)


def refused(workspace: Workspace) -> tuple[list[RefusedRow], list[RefusedRow]]:
    """Return the rows that were refused: those that still wait, and those whose result was entered afterwards.

    None is ever thrown away. A row is settled by a later result of the same visit, object, item and department; one
    that was refused because there was a result already waits until that is entered anew.
    """
    refused_at = {entry.subject: entry.sequence for entry in workspace.ledger.entries(action=REFUSED)}
    entered_at = {
        key: entry.sequence
        for entry in workspace.ledger.entries(action=ACTIONS[State.ENTERED])
        for key, _, _ in entry.particulars["results"]
    }
    rows = refused_rows(workspace.path)
    object_of = _objects(workspace) if rows else {}
    waiting: list[RefusedRow] = []
    settled: list[RefusedRow] = []
    for row in rows:
        cells = {name: (row.cells.get(name) or "").strip() for name in REQUIRED}
        is_over = entered_at.get(key_of(cells), 0) > refused_at.get(row.kept_in, 0)
        is_own = object_of.get(cells["visit_id"]) == cells["entity_id"]
        (settled if is_over and is_own else waiting).append(row)
    return waiting, settled


def _objects(workspace: Workspace) -> dict[str, str]:
    rows = workspace.warehouse.history("results").select("visit_id", "entity_id").distinct().execute()
    return dict(zip(rows["visit_id"], rows["entity_id"], strict=True))


def keep_step(
    workspace: Workspace,
    state: State,
    results: Sequence[tuple[str, str, str]],
    *,
    actor: Actor,
    clock: Clock,
    reason: str = "",
    wordings: str = "",
    call: str = "",
    idempotency_key: str | None = None,
) -> None:
    """Append one step of several results (key, department, draw) to the ledger."""
    content: dict[str, object] = {"results": [list(result) for result in results]}
    if call:
        content["call"] = call
    if wordings:
        content["wordings"] = wordings
    subject = digest_of(content)[:16]
    workspace.ledger.append(
        ACTIONS[state],
        subject=subject,
        content=content,
        actor=actor,
        at=clock(),
        reason=reason,
        idempotency_key=idempotency_key,
    )


def entered_cells(workspace: Workspace, *, on: date) -> dict[str, dict[str, str]]:
    """Return the cells of every entry by its identifier, as text."""
    found = {}
    for row in rows_on(workspace, "results", on=on).to_dict("records"):
        cells = {name: _as_text(row[name]) for name in COLUMNS}
        found[str(row["result_id"])] = {name: text for name, text in cells.items() if text}
    return found


def _as_text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return ""
    return pd.Timestamp(value).date().isoformat() if isinstance(value, date) else str(value)


def _enter(
    workspace: Workspace, rows: Sequence[SourceRow], *, source: str, wordings: str, actor: Actor, clock: Clock
) -> EntryReport:
    today = clock().date()
    with workspace.drawing():
        visits = {row.cells.get("visit_id") or "" for row in rows}
        facts = known_facts(workspace, visits=visits, today=today, wordings=wordings)
        held = result_steps(workspace)
        facts = replace(
            facts,
            states=_public_elsewhere(workspace, visits) | {key: one.state for key, one in held.items()},
            actor_department=facts.officer_departments.get(actor.name),
        )
        before = _standing_cells(workspace, held, on=today)
        known_cells = {tuple(sorted(cells.items())): key for key, cells in before.items()}
        same = {row.line: known_cells[_plain(row)] for row in rows if _plain(row) in known_cells}
        fresh = [row for row in rows if row.line not in same]
        verdicts = list(zip(fresh, judge([row.cells for row in fresh], facts), strict=True))
        taken = [verdict for _, verdict in verdicts if isinstance(verdict, Entry)]
        refused = tuple(
            RefusedRow(source, row.line, row.cells, verdict.rule, verdict.sentence, verdict.reference)
            for row, verdict in verdicts
            if isinstance(verdict, Refusal)
        )
        if refused:
            _wait(workspace, refused, actor=actor, clock=clock)
        if taken:
            _record(workspace, taken, held, wordings=wordings, actor=actor, clock=clock)
    merged = tuple(entry.key for entry in taken if entry.key in held)
    return EntryReport(tuple(entry.key for entry in taken), merged, tuple(same.values()), refused)


def _public_elsewhere(workspace: Workspace, visits: Collection[str]) -> dict[str, State]:
    """Results of the visits that came in as inspections, from another system: a second one would count twice."""
    history = workspace.warehouse.history("inspections")
    columns = ("visit_id", "item_code", "department_code")
    rows = history.filter(history.visit_id.isin(sorted(visits))).select(*columns).distinct().execute()
    return {key_of(row): State.PUBLISHED for row in rows.to_dict("records")}


def _plain(row: SourceRow) -> tuple[tuple[str, str], ...]:
    cells = {name: text.strip() for name, text in row.cells.items() if text and text.strip()}
    return tuple(sorted(cells.items()))


def _standing_cells(workspace: Workspace, held: Mapping[str, Standing], *, on: date) -> dict[str, dict[str, str]]:
    if not held:
        return {}
    cells = entered_cells(workspace, on=on)
    standing = {key: one.result_id for key, one in held.items() if one.state is not State.RETURNED}
    return {key: cells[name] for key, name in standing.items() if name in cells}


def _wait(workspace: Workspace, refused: Sequence[RefusedRow], *, actor: Actor, clock: Clock) -> None:
    path = keep_refused(workspace.path, refused)
    rules = [row.rule for row in refused]
    content = {"rows": len(refused), "rules": {rule: rules.count(rule) for rule in sorted(set(rules))}}
    workspace.ledger.append(REFUSED, subject=path.stem, content=content, actor=actor, at=clock())


def _record(
    workspace: Workspace,
    taken: Sequence[Entry],
    held: Mapping[str, Standing],
    *,
    wordings: str,
    actor: Actor,
    clock: Clock,
) -> None:
    today = clock().date()
    rows = pd.DataFrame([_row(entry, held.get(entry.key), today=today) for entry in taken])
    load_rows(workspace, rows, table="results", actor=actor, clock=clock)
    results = [(entry.key, entry.cells["department_code"], entry.ground.draw_id or "") for entry in taken]
    keep_step(workspace, State.ENTERED, results, actor=actor, clock=clock, wordings=wordings)
    for draw in sorted({draw for _, _, draw in results if draw}):
        entered(workspace, draw, n_rows=sum(one == draw for _, _, one in results), actor=actor, clock=clock)


def _row(entry: Entry, standing: Standing | None, *, today: date) -> dict[str, object]:
    cells = {name: entry.cells.get(name) for name in COLUMNS}
    dates = {name: date.fromisoformat(str(cells[name])) if cells[name] else None for name in DATES}
    n = standing.n + 1 if standing else 1
    return {"result_id": entry_id(entry.key, n), **cells, **dates, "known_at": today}


def load_rows(workspace: Workspace, rows: pd.DataFrame, *, table: str, actor: Actor, clock: Clock) -> IngestReport:
    """Load rows that the rules let through; their contract must let all of them through too.

    Raises
    ------
    ResultRefusedError
        The contract of the table holds some back; they wait in quarantine, and no step is taken.
    """
    name = digest_of(rows.to_dict("records"))[:16]
    path = write_source(workspace.path, rows, table=table, name=name)
    report = ingest(workspace, [path], actor=actor, clock=clock)
    held_back = sum(one.quarantined for one in report.loads)
    if held_back:
        problem = Message(N_("{n} row(s) wait in quarantine; see 'xinheng quarantine list'"), {"n": held_back})
        raise ResultRefusedError(
            subject=table, problem=problem, reference=Message(N_("contract {table}"), {"table": table})
        )
    return report
