"""Exchange with departments that have no account: a workbook out, the filled-in workbook back as acknowledgement.

The bureau enters the answers of the department under its own name; the ledger says from which batch and file they came.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from engine.api.plans.book import rows_on
from engine.api.punishment.book import ACTION, punishment_book
from engine.api.punishment.steps import Desk
from engine.errors import SupervisionError, UsageError
from engine.messages import N_, Message
from engine.outcomes.punishment import Case, CaseEvent, walk
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import digest_of
from engine.store.outputs.exchange_files import NO, YES, ExchangeRow, read_exchange, write_exchange
from engine.store.workspaces.workspace import Workspace

EXPORTED, IMPORTED = f"{ACTION}.exported", f"{ACTION}.imported"
_REQUESTS = {
    "pushed": "实施 apply",
    "received": "实施 apply",
    "fed_back": "实施 apply",
    "release_pushed": "解除 release",
}
_FEN = 100


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a workbook: steps taken (case, event), rows refused (line, case, why), rows without answer."""

    batch: str
    taken: tuple[tuple[str, str], ...]
    refused: tuple[tuple[int, str, Message], ...]
    unanswered: int


def export_batch(
    workspace: Workspace, path: Path, *, department: str, book: PolicyBook, actor: Actor, clock: Clock
) -> tuple[str, int]:
    """Write what waits for a department into a workbook; return the number of the batch and of its rows.

    Raises
    ------
    UsageError
        Nothing waits for the department.
    """
    today = clock().date()
    state = punishment_book(workspace, book=book, on=today)
    waiting = [
        case
        for case in sorted(state.cases.values(), key=lambda one: one.punishment_id)
        if case.department == department and case.state in _REQUESTS
    ]
    if not waiting:
        raise UsageError(what="--department", value=department, remedy=Message(N_("no case waits for it")))
    said = [[case.punishment_id, case.state] for case in waiting]
    batch = digest_of([department, today, said])[:12]
    entities = rows_on(workspace, "entities", on=today)
    names = dict(zip(entities["entity_id"], entities["name"], strict=True))
    rows = []
    for case in waiting:
        measure = state.measures.get(case.measure_id)
        cells = (measure.name, measure.legal_basis, measure.business_field) if measure else ("", "", "")
        last = case.events[-1].on.isoformat()
        asked = (batch, case.punishment_id, _REQUESTS[case.state], case.entity_id, str(names.get(case.entity_id) or ""))
        rows.append(ExchangeRow((*asked, *cells, last)))
    write_exchange(path, rows)
    content = {"department": department, "cases": said, "file": path.name}
    workspace.ledger.append(EXPORTED, subject=batch, content=content, actor=actor, at=clock())
    return batch, len(rows)


def import_batch(workspace: Workspace, path: Path, *, book: PolicyBook, actor: Actor, clock: Clock) -> Answered:
    """Take the answers of a workbook back: receipt, application or refusal with reason, feedback, release.

    Rows are taken one by one; what the rules do not allow is returned with its reason, the other rows stand. The same
    workbook again takes nothing twice.

    Raises
    ------
    UsageError
        The workbook is of no batch that was exported, or mixes batches.
    """
    rows = read_exchange(path)
    batches = {row.asked[0] for row in rows}
    known = {entry.subject: entry for entry in workspace.ledger.entries(action=EXPORTED)}
    if len(batches) != 1 or not batches <= set(known):
        remedy = Message(N_("send back one exported workbook, its first column unchanged"))
        raise UsageError(what=path.name, value=", ".join(sorted(batches)), remedy=remedy)
    (batch,) = batches
    said = known[batch].particulars
    asked_of = {name for name, _ in said["cases"]}
    desk = Desk(workspace, book=book, department=said["department"], actor=actor, clock=clock)
    state = punishment_book(workspace, book=book, on=desk.today)
    plans: dict[str, list[CaseEvent]] = {}
    refused: list[tuple[int, str, Message]] = []
    for row in rows:
        name = row.asked[1]
        if name not in asked_of or name in plans:
            refused.append((row.line, name, Message(N_("the batch does not hold it, or it stands twice"))))
            continue
        try:
            plans[name] = _answers(desk, state.cases[name], row)
            walk(state.cases[name], plans[name], terms=state.terms(state.cases[name]))
        except SupervisionError as broken:
            plans[name] = []
            refused.append((row.line, name, broken.message))
    desk.carry_out(plans, said=[batch, digest_of([[row.asked, row.answer] for row in rows])])
    taken = [(name, event.event) for name, events in plans.items() for event in events]
    unanswered = sum(not events for events in plans.values()) - len({name for _, name, _ in refused} & set(plans))
    content = {"file": path.name, "taken": taken, "refused": [[line, case, str(why)] for line, case, why in refused]}
    workspace.ledger.append(IMPORTED, subject=batch, content=content, actor=actor, at=clock())
    return Answered(batch, tuple(taken), tuple(refused), unanswered)


def _answers(desk: Desk, case: Case, row: ExchangeRow) -> list[CaseEvent]:
    """Events that the answer of a row asks for, in order; what was answered before is not asked for again."""
    received, business, applied, reason, amount, released = row.answer
    if case.state == "release_pushed":
        return [desk.event("released")] if released == YES else []
    found = [desk.event("received")] if case.state == "pushed" and received == YES else []
    if not business or applied not in (YES, NO) or any(one.business_no == business for one in case.events):
        return found
    said = {"business_no": business, "reason": reason}
    answer = (
        desk.event("applied", amount_fen=_fen(amount), **said) if applied == YES else desk.event("declined", **said)
    )
    return [*found, desk.event("hit", business_no=business), answer, desk.event("fed_back", reason=reason)]


def _fen(amount: str) -> int | None:
    if not amount:
        return None
    try:
        return int((Decimal(amount.replace(",", "")) * _FEN).to_integral_exact())
    except InvalidOperation:
        remedy = Message(N_("write the amount in yuan as a number"))
        raise UsageError(what="amount", value=amount, remedy=remedy) from None
