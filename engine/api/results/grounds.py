"""What stands on record about visits, draws and tasks when results come in."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.order import CERTIFIED, SUBSTITUTED
from engine.api.draws.substitution import reserve_rows
from engine.api.plans.book import rows_on
from engine.api.plans.tasks import DISPATCHED
from engine.contracts.schema import CheckKind
from engine.draw.publishing.substitution import OFFICER
from engine.errors import TableMissingError, UsageError
from engine.messages import N_, Message
from engine.outcomes.entry import CASE_MODES, Ground, Key, Known, OutsideTask, Scan
from engine.store.documents import load_code_lists, load_contracts
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER, ResultCode, SelectionMode

WORDINGS = "result_wordings"


def known_facts(workspace: Workspace, *, visits: Iterable[str], today: date, wordings: str = WORDINGS) -> Known:
    """Return what is known on a day about the given visits; states and the actor's department are left out.

    Raises
    ------
    UsageError
        There is no list of wordings of that name.
    """
    wanted = sorted(set(visits))
    items = rows_on(workspace, "items", on=today)
    return Known(
        today=today,
        drawn=_drawn(workspace, wanted),
        scans=scanned_items(workspace, on=today, visits=wanted),
        tasks=_tasks(workspace),
        item_departments=_pairs(items, "item_code", "department_code"),
        officer_departments=officer_departments(workspace, on=today),
        wordings=wordings_of(wordings),
        codes=_codes(),
    )


def officer_departments(workspace: Workspace, *, on: date) -> dict[str, str]:
    """Return the department of every officer of the register on a day."""
    return _pairs(rows_on(workspace, "inspectors", on=on), "inspector_code", "department_code")


def wordings_of(name: str) -> dict[str, str]:
    """Return wording → canonical result of a code list; the canonical names stand for themselves.

    Raises
    ------
    UsageError
    """
    lists = load_code_lists()
    if name not in lists:
        remedy = Message(N_("use one of {known}"), {"known": ", ".join(lists)})
        raise UsageError(what="--wordings", value=name, remedy=remedy)
    return {code.source: code.target for code in lists[name].codes} | {code.value: code.value for code in ResultCode}


def _codes() -> dict[str, frozenset[str]]:
    checks = load_contracts()["results"].checks
    return {
        check.column: frozenset(map(str, check.arguments["values"]))
        for check in checks
        if check.kind is CheckKind.CODES
    }


def _pairs(rows: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    return {str(name): str(text) for name, text in zip(rows[key], rows[value], strict=True)}


def _drawn(workspace: Workspace, visits: list[str]) -> dict[Key, Ground]:
    warehouse, ledger = workspace.warehouse, workspace.ledger
    held = {entry.subject: entry for entry in ledger.entries(action=CERTIFIED) if not entry.reason}
    try:
        runs = {draw: run for draw, run in latest_runs(warehouse).items() if draw in held}
    except TableMissingError:
        return {}
    found: dict[Key, Ground] = {}
    for draw, run in runs.items():
        on = _day(held[draw])
        table = warehouse.read("selections", run_id=run)
        rows = table.filter(table.is_drawn, table.draw_id == draw, table.visit_id.isin(visits)).execute()
        teams = warehouse.read("teams", run_id=run)
        sent = teams.filter(teams.draw_id == draw, teams.visit_id.isin(visits)).execute()
        departments = sent.groupby("visit_id")["department_code"].agg(frozenset).to_dict()
        officers = _officers(workspace, draw, sent)
        leaders = sent[sent["is_leader"].astype(bool)].set_index("visit_id")["inspector_code"].to_dict()
        for row in rows.to_dict("records"):
            visit = str(row["visit_id"])
            found[visit, row["entity_id"], row["item_code"]] = Ground(
                mode=SelectionMode(row.get("selection_mode") or SelectionMode.RANDOM),
                on=on,
                departments=departments.get(visit, frozenset()),
                draw_id=draw,
                stratum=row["stratum"],
                design_probability=row["design_probability"],
                inclusion_probability=row["inclusion_probability"],
                leader=leaders.get(visit),
                officers=officers.get(visit, frozenset()),
            )
        reserves = _reserves(workspace, draw, run, visits, on=on)
        found = _joined(found, reserves) | reserves
    return found


def _joined(drawn: Mapping[Key, Ground], reserves: Mapping[Key, Ground]) -> dict[Key, Ground]:
    """What was drawn, where the object is also somebody's reserve: it is visited once, and both teams are lawful."""
    also: dict[str, frozenset[str]] = {}
    for (visit, _, _), ground in reserves.items():
        also[visit] = also.get(visit, frozenset()) | ground.officers
    return {
        key: replace(ground, officers=ground.officers | also[key[0]]) if key[0] in also and ground.officers else ground
        for key, ground in drawn.items()
    }


def _officers(workspace: Workspace, draw: str, sent: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Officers drawn for each visit, with those who took a seat over by a change on record."""
    found = {str(visit): frozenset(map(str, codes)) for visit, codes in sent.groupby("visit_id")["inspector_code"]}
    for entry in workspace.ledger.entries(action=SUBSTITUTED, subject=draw):
        said = entry.particulars
        if said["entry"]["kind"] == OFFICER and said["entry"]["visit"] in found:
            visit = said["entry"]["visit"]
            found[visit] = (found[visit] - {said["inspector_code"]}) | {said["substitute_code"]}
    return found


def _reserves(workspace: Workspace, draw: str, run: str, visits: list[str], *, on: date) -> dict[Key, Ground]:
    """Reserves that stand in: the team of the object they replace goes, or the one that visits them anyway."""
    rows = reserve_rows(workspace, draw).to_dict("records")
    if not any(row["visit_id"] in visits for row in rows):
        return {}
    warehouse, found = workspace.warehouse, {}
    selections = warehouse.read("selections", run_id=run)
    drawn = selections.filter(selections.is_drawn, selections.draw_id == draw).execute()
    visit_of = {(row["entity_id"], row["item_code"]): str(row["visit_id"]) for row in drawn.to_dict("records")}
    teams = warehouse.read("teams", run_id=run)
    sent = teams.filter(teams.draw_id == draw).execute()
    departments = sent.groupby("visit_id")["department_code"].agg(frozenset).to_dict()
    officers = _officers(workspace, draw, sent)
    for row in rows:
        key = (row["replaced_entity_id"], row["item_code"])
        came_from = visit_of.get(key, "")
        visit_of[row["entity_id"], row["item_code"]] = came_from
        if row["visit_id"] in visits:
            found[row["visit_id"], row["entity_id"], row["item_code"]] = Ground(
                SelectionMode.RESERVE,
                on,
                departments=_both(departments, came_from, row["visit_id"]),
                draw_id=draw,
                stratum=row["stratum"],
                officers=_both(officers, came_from, row["visit_id"]),
            )
    return found


def _both(held: Mapping[str, frozenset[str]], replaced: str, own: str) -> frozenset[str]:
    """Of the visit that is replaced, and of the reserve's own one where it was drawn for another item as well."""
    return held.get(replaced, frozenset()) | held.get(own, frozenset())


def scanned_items(
    workspace: Workspace, *, on: date, visits: Iterable[str] | None = None
) -> dict[tuple[str, str], Scan]:
    """Return (visit, item) → the latest scan known on a day that lists the item.

    An object that two draws select keeps its visit code: the second visit is a later version of the row, and the items
    of the first stay checked. Versions are taken in the order in which they became known.
    """
    history = workspace.warehouse.history("visits")
    held = history.filter(history.known_at <= on)
    if visits is not None:
        held = held.filter(held.visit_id.isin(sorted(visits)))
    rows = pd.DataFrame(held.execute()).sort_values(["known_at", "occurred_on"], kind="stable")
    found: dict[tuple[str, str], Scan] = {}
    for row in rows.to_dict("records"):
        scan = Scan(
            entity_id=str(row["entity_id"]),
            officers=frozenset(str(row["inspector_codes"]).split(JOINER)),
            on=pd.Timestamp(row["occurred_on"]).date(),
            task_id=_text(row["task_id"]),
        )
        found |= {(str(row["visit_id"]), item): scan for item in str(row["item_codes"]).split(JOINER)}
    return found


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def _tasks(workspace: Workspace) -> dict[str, OutsideTask]:
    found = {}
    for entry in workspace.ledger.entries(action=DISPATCHED):
        said = entry.particulars
        if said["kind"] in CASE_MODES:
            ground = Ground(CASE_MODES[said["kind"]], _day(entry), departments=frozenset({said["department"]}))
            found[entry.subject] = OutsideTask(ground, frozenset(said["items"]), said["entity"] or None)
    return found


def _day(entry: Entry) -> date:
    return datetime.fromisoformat(entry.entered_at).date()
