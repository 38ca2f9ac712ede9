"""The approval path of a plan: consolidated, approved, published, each by another person; and what sends it back."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from engine.api.plans.book import (
    CONTROL,
    STEP,
    PlanBook,
    coverage_of,
    lists_for,
    plan_book,
    plan_books,
    require_faultless,
    rows_on,
)
from engine.api.plans.submission import require_nothing_waits
from engine.api.records.intake import ingest
from engine.draw.entropy.policy import read_time
from engine.draw.entropy.sources import (
    SIMULATED_SOURCE,
    EntropyValue,
    planned_event,
    require_canonical,
    simulated_key,
    simulated_value,
)
from engine.draw.protocol.encoding import canonical_json, suite_named
from engine.draw.protocol.tickets import key_commitment, salt_of
from engine.draw.publishing.certificate import plan_digest
from engine.draw.selecting.arms import arm_seed
from engine.errors import PlanError, StoreError, UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.registers.approval import RETURNED, PlanStage, Step, require_step, stage_word
from engine.registers.overlaps import conflicts
from engine.registers.plan_lines import PlanLine, line_row
from engine.registers.plan_records import edition_record, line_record
from engine.store.draws.plan_files import PlanFolder
from engine.store.ledgers.ledger import digest_of
from engine.store.sources.written import write_source
from engine.store.workspaces.workspace import Workspace

RULEBOOK = "plan.rulebook"
REFUSED = "plan.refused"
SUITE = suite_named("sha256")


@dataclass(frozen=True, slots=True)
class PublishedEdition:
    """What was published: file, digest, number of the edition and of its lines."""

    plan_id: str
    edition: int
    digest: str
    path: Path
    n_lines: int


def rulebook(book: PolicyBook, *, on: date) -> dict[str, str]:
    """Return version and digest of the joint work rules in force on a day (R15)."""
    value = book.value(RULEBOOK, on=on)
    return {"version": str(value["version"]), "digest": digest_of(value)}


def consolidate(workspace: Workspace, plan_id: str, *, book: PolicyBook, actor: Actor, clock: Clock) -> PlanBook:
    """Close the collection of a plan's lines: every line is faultless, nothing is doubled, every draw has its slot.

    Raises
    ------
    PlanError
        A line breaks a rule, duplicates wait, the calendar does not fit the lines, or the step is not due.
    """
    today = clock().date()
    held = plan_book(workspace, plan_id, on=today)
    require_faultless(plan_id, held.lines, lists_for(workspace, plan_id, book=book, on=today))
    require_nothing_waits(workspace, held, book=book, on=today)
    wanted = {(line.line_id, number) for line in held.lines for number in range(1, line.draws + 1)}
    if not held.lines or {(slot.line_id, slot.number) for slot in held.slots} != wanted:
        raise PlanError(
            plan=plan_id,
            problem=Message(N_("its calendar does not fit its lines")),
            remedy=Message(N_("run 'xinheng plan schedule'")),
        )
    _take(workspace, held, PlanStage.CONSOLIDATED, actor=actor, clock=clock, content={})
    return plan_book(workspace, plan_id, on=today)


def approve(workspace: Workspace, plan_id: str, *, document: str, actor: Actor, clock: Clock) -> PlanBook:
    """Approve a consolidated plan under a document; who consolidated or submitted cannot.

    Raises
    ------
    UsageError
        No document is named.
    PlanError
        The step is not due, the person took another one, or the lines changed.
    """
    if not document.strip():
        raise UsageError(what="--document", value=document, remedy=Message(N_("name the document of the approval")))
    held = plan_book(workspace, plan_id, on=clock().date())
    _take(workspace, held, PlanStage.APPROVED, actor=actor, clock=clock, content={"document": document})
    return plan_book(workspace, plan_id, on=clock().date())


def send_back(workspace: Workspace, plan_id: str, *, reason: str, actor: Actor, clock: Clock) -> PlanBook:
    """Send a consolidated or approved plan back to draft, with the reason.

    Raises
    ------
    UsageError
        No reason is given.
    PlanError
        It is a draft, or published: a published plan is amended by its next edition.
    """
    if not reason.strip():
        raise UsageError(what="--reason", value=reason, remedy=Message(N_("say why the plan is sent back")))
    held = plan_book(workspace, plan_id, on=clock().date())
    if held.edition.stage not in (PlanStage.CONSOLIDATED, PlanStage.APPROVED):
        raise PlanError(
            plan=plan_id,
            problem=Message(
                N_("it is {stage} and cannot be sent back"), {"stage": stage_word(held.edition.stage.value)}
            ),
            remedy=Message(N_("change its lines and consolidate them")),
        )
    _append(workspace, held, RETURNED, actor=actor, clock=clock, content={}, reason=reason)
    return plan_book(workspace, plan_id, on=clock().date())


def publish(
    workspace: Workspace,
    plan_id: str,
    *,
    book: PolicyBook,
    actor: Actor,
    clock: Clock,
    control_event: tuple[str, str] | None = None,
    simulation_seed: int | None = None,
) -> PublishedEdition:
    """Publish an approved plan: its record with digest, from which draws may be made.

    Parameters
    ----------
    control_event : source and number of the public event that will assign the control arm; needed once, when a line
        has one. Simulated plans take source ``sim``.
    simulation_seed : None for a real plan.

    Raises
    ------
    PlanError
        The step is not due, another level's published plan names the same item for the same objects, or the event of
        the control arm is missing.
    """
    at = clock()
    held = plan_book(workspace, plan_id, on=at.date())
    require_step(held.edition, PlanStage.PUBLISHED, plan=plan_id, actor=actor.name, digest=held.digest)
    _require_no_conflict(workspace, held, on=at.date())
    fresh = secrets.token_bytes(32) if simulation_seed is None else simulated_key(SUITE, seed=simulation_seed)
    folder = PlanFolder(workspace.path, plan_id=plan_id)
    event = _control_event(held, control_event, is_simulation=simulation_seed is not None)
    key = folder.keep_key(fresh)
    approved = next(step for step in held.edition.steps if step.step == PlanStage.APPROVED.value)
    record = edition_record(
        plan_id,
        edition=held.edition.number,
        lines=[line_record(line, sealed=sealed_terms(line, key=key)) for line in held.lines],
        slots=held.slots,
        rulebook=rulebook(book, on=at.date()),
        key_commit=key_commitment(SUITE, key=key).hex(),
        control_event=event,
        approval=approved.document,
        published_at=at.replace(microsecond=0).isoformat(),
        is_simulation=simulation_seed is not None,
    )
    digest = plan_digest(record, suite=SUITE)
    path = folder.write_edition(held.edition.number, record)
    content = {
        "plan_digest": digest,
        "edition": held.edition.number,
        "approval": approved.document,
        "rulebook": record["rulebook"],
        "control_event": event,
        "simulation": simulation_seed,
        "lines": [line_row(line, known_on=line.submitted_on) for line in held.lines],
        "slots": record["slots"],
    }
    _append(workspace, held, PlanStage.PUBLISHED.value, actor=actor, clock=lambda: at, content=content)
    return PublishedEdition(plan_id, held.edition.number, digest, path, len(held.lines))


def sealed_terms(line: PlanLine, *, key: bytes) -> str | None:
    """Return the salted digest that binds the classes of a line's pool without showing them; None without any."""
    if not line.pool.grades:
        return None
    terms = canonical_json({"line": line.line_id, "grades": sorted(line.pool.grades)})
    return SUITE.tagged("plan.sealed", terms, salt_of(key, f"line:{line.line_id}")).hex()


def draw_control_arm(
    workspace: Workspace, plan_id: str, *, value: EntropyValue | None, book: PolicyBook, actor: Actor, clock: Clock
) -> str:
    """Put the value of the control arm's public event on record and return the arm's seed in hex; once per plan.

    Parameters
    ----------
    value : of the event that the plan named; None for a simulated plan, whose value follows from its seed.

    Raises
    ------
    PlanError
        The plan is not published or names no event, the value is of another event or older than the plan plus the gap,
        or the arm was assigned before.
    """
    held = plan_book(workspace, plan_id, on=clock().date())
    published = held.published
    event = None if published is None else published.content["control_event"]
    if published is None or event is None:
        raise _arm_error(
            plan_id, N_("it is not published or has no control arm"), N_("publish it with its event first")
        )
    if workspace.ledger.entries(action=CONTROL, subject=plan_id):
        raise _arm_error(plan_id, N_("its control arm was assigned before"), N_("one event assigns it once"))
    used = value or _simulated(published.content, event, at=published.at)
    if (used.source, used.event) != (event["id"], event["event"]):
        raise _arm_error(plan_id, N_("the value is of another event than the plan named"), N_("give the named event's"))
    require_canonical(used.value, source=used.source, encoding=event["enc"])
    gap = int(book.value("draw.entropy", on=clock().date())["gap_hours"])
    earliest = datetime.fromisoformat(published.at) + timedelta(hours=gap)
    if read_time(used.drawn_at, where="drawn_at") < earliest:
        raise _arm_error(
            plan_id, N_("the event took place before the plan could bind itself"), N_("wait for a later event")
        )
    seed = arm_seed(SUITE, plan_digest=bytes.fromhex(published.digest), value=used).hex()
    content = {"seed": seed, "plan_digest": published.digest, "value": used.record()}
    workspace.ledger.append(
        CONTROL, subject=plan_id, content=content, actor=actor, at=clock(), idempotency_key=f"{CONTROL}:{plan_id}"
    )
    return seed


def _arm_error(plan_id: str, problem: str, remedy: str) -> PlanError:
    return PlanError(plan=plan_id, problem=Message(problem), remedy=Message(remedy))


def _simulated(content: Any, event: Any, *, at: str) -> EntropyValue:
    if content["simulation"] is None:
        raise UsageError(
            what="--value", value="-", remedy=Message(N_("give the value of the event that the plan named"))
        )
    drawn_at = (datetime.fromisoformat(at) + timedelta(hours=25)).replace(microsecond=0).isoformat()
    return simulated_value(SUITE, seed=int(content["simulation"]), event=event["event"], drawn_at=drawn_at)


def _control_event(held: PlanBook, given: tuple[str, str] | None, *, is_simulation: bool) -> dict[str, str] | None:
    """The event that assigns the control arm: the one named first stays through all editions."""
    if held.published is not None and held.published.content["control_event"] is not None:
        return dict(held.published.content["control_event"])
    if not any(line.control for line in held.lines):
        return None
    chosen = (SIMULATED_SOURCE, "1") if is_simulation else given
    if chosen is None:
        raise PlanError(
            plan=held.plan_id,
            problem=Message(N_("a line has a control arm, but no public event is named that assigns it")),
            remedy=Message(N_("name a coming event with --control-event source:number")),
        )
    record: dict[str, str] = planned_event(chosen[0], event=chosen[1]).record()
    return record


def _require_no_conflict(workspace: Workspace, held: PlanBook, *, on: date) -> None:
    others = [
        line
        for name, other in plan_books(workspace, on=on).items()
        if name != held.plan_id and other.published is not None
        for line in other.published.lines.values()
        if line.year == int(held.plan_id.partition("-")[0])
    ]
    if not others:
        return
    found = conflicts(coverage_of(workspace, (*held.lines, *others), on=on))
    own = {line.line_id for line in held.lines}
    found = tuple(one for one in found if set(one.lines) & own)
    if found:
        first = found[0]
        params = {"first": first.lines[0], "second": first.lines[1], "item": first.item, "n": first.shared}
        raise PlanError(
            plan=held.plan_id,
            problem=Message(
                N_("lines {first} and {second} of two levels name {item} for the same {n} objects"), params
            ),
            remedy=Message(N_("withdraw one, or give them different districts")),
        )


def _take(
    workspace: Workspace, held: PlanBook, to: PlanStage, *, actor: Actor, clock: Clock, content: dict[str, Any]
) -> None:
    require_step(held.edition, to, plan=held.plan_id, actor=actor.name, digest=held.digest, submitters=held.submitters)
    _append(workspace, held, to.value, actor=actor, clock=clock, content=content)


def _append(
    workspace: Workspace,
    held: PlanBook,
    step: str,
    *,
    actor: Actor,
    clock: Clock,
    content: dict[str, Any],
    reason: str = "",
) -> None:
    """One step at one place of the chain: of two people at the same moment one takes it, the other is told.

    Raises
    ------
    PlanError
        Somebody else took a step in the meantime; the attempt stays on record.
    """
    said = {"step": step, "digest": held.digest, **content}
    place, ledger, key = len(held.steps) + 1, workspace.ledger, f"{STEP}:{held.plan_id}:{len(held.steps) + 1}"
    try:
        ledger.append(
            STEP, subject=held.plan_id, content=said, actor=actor, at=clock(), reason=reason, idempotency_key=key
        )
    except StoreError:
        taken = ledger.entries(action=STEP, subject=held.plan_id)
        if len(taken) < place:
            raise
        ledger.append(REFUSED, subject=held.plan_id, content={"step": step, "place": place}, actor=actor, at=clock())
        raise PlanError(
            plan=held.plan_id,
            problem=Message(
                N_("{actor} took the step '{step}' at the same moment"),
                {"actor": taken[place - 1].actor, "step": stage_word(str(taken[place - 1].particulars["step"]))},
            ),
            remedy=Message(N_("look at the plan again before you act")),
        ) from None
    _write_approvals(workspace, held.plan_id, on=clock().date(), actor=actor, clock=clock)


def _write_approvals(workspace: Workspace, plan_id: str, *, on: date, actor: Actor, clock: Clock) -> None:
    """Bring the steps of the ledger into table ``approvals``, those too that an interruption left out."""
    steps = plan_book(workspace, plan_id, on=on).steps
    rows = [_approval_row(plan_id, number, step) for number, step in enumerate(steps, start=1)]
    held = set(rows_on(workspace, "approvals", on=on)["approval_id"])
    missing = [row for row in rows if row["approval_id"] not in held]
    if missing:
        name = digest_of(missing)[:16]
        path = write_source(workspace.path, pd.DataFrame(missing), table="approvals", name=name)
        ingest(workspace, [path], actor=actor, clock=clock)


def _approval_row(plan_id: str, number: int, step: Step) -> dict[str, object]:
    day = datetime.fromisoformat(step.at).date()
    return {
        "approval_id": f"{plan_id}#{number}",
        "subject_kind": "plan",
        "subject_id": plan_id,
        "step": step.step,
        "decided_by": step.actor,
        "role": step.role,
        "document_ref": step.document or None,
        "content_digest": step.digest,
        "reason": step.reason or None,
        "occurred_on": day,
        "known_at": day,
    }
