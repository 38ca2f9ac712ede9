"""Committing to a draw: frame, ratios, roster and rule are frozen before the public events take place."""

import hashlib
import secrets
from datetime import datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd

from engine.api.assessment import said, stored
from engine.api.draw_order import CERTIFIED, COMMITTED, CommittedDraw, DrawOrder, written
from engine.api.draw_roster import current, roster_tables
from engine.api.quality import require_quality
from engine.draw.certificate import plan_digest
from engine.draw.commitment import Commitment, build_commitment, committed_reserves
from engine.draw.encoding import canonical_json, suite_named
from engine.draw.entropy import planned_event, simulated_key
from engine.draw.merges import committed_merges
from engine.draw.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.errors import DrawError, UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.drawing import entropy_policy, frame_table, item_terms, match_rule
from engine.pipeline.framing import Framed, allocate, exclude, frame_rows, register_counts
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.ratios.capacity import read_capacity
from engine.ratios.quota import DrawOfYear
from engine.registers.item_list import in_force
from engine.store.draws import DrawFolder, PrivateDraw
from engine.store.ledger import Ledger
from engine.store.policies import policies_of
from engine.store.workspace import Workspace

GENESIS = "0" * 64
FRAME = "draw.frame"
RULEBOOK = "ssdraw/1; engine rulebook 2026-01"


def commit_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    actor: Actor,
    clock: Clock,
    simulation_seed: int | None = None,
    progress: Progress = silent,
) -> CommittedDraw:
    """Freeze the frame of a draw and publish its commitment.

    Parameters
    ----------
    profile : policy profile whose ratios apply.
    simulation_seed : None for a real draw; a seed makes a simulated one, marked as such everywhere.

    Raises
    ------
    TableMissingError
        Nothing was graded as of ``order.as_of``.
    DrawError
        Policy, frame or terms do not allow the draw; nothing is written.
    QualityGateError
        A source that the grades rest on is red and nobody took responsibility.
    """
    require_quality(workspace, as_of=order.as_of, profile=profile)
    book, at = policies_of(workspace, profile), clock()
    progress(Message(N_("Cut the frame into strata")))
    suite = suite_named(order.suite)
    key = secrets.token_bytes(32) if simulation_seed is None else simulated_key(suite, seed=simulation_seed)
    items, framed, registry = _framed(workspace, order, book=book, key=key)
    if framed.allocation.violations:
        raise DrawError(problem=framed.allocation.violations[0], remedy=Message(N_("change the ratios first")))
    progress(Message(N_("Blind and hash the frame")))
    frame = prepare_frame(frame_table(framed), key=key, suite=suite)
    tables = roster_tables(workspace, order, book=book)
    roster = prepare_roster(tables.people, recusals=tables.recusals, rotations=tables.rotations, frame=frame)
    rule = match_rule(
        framed,
        items,
        current(workspace, "departments", key="department_code", on=order.as_of),
        book=book,
        on=order.as_of,
        districts=sorted(tables.people["district_code"].unique()),
        until=order.inspect_until,
    )
    commitment = _commitment(
        workspace.ledger,
        order,
        frame,
        roster,
        framed,
        rule=rule,
        book=book,
        key=key,
        at=at,
        is_simulated=simulation_seed is not None,
        registry=registry,
    )
    settings: dict[str, object] = {"as_of": order.as_of.isoformat(), "profile": profile, "seed": simulation_seed}
    units = framed.strata.frame[["entity_id", "item_code", "grade", "district_code", "established_on"]]
    private = PrivateDraw(
        key=key,
        frame=frame_table(framed),
        roster=tables.people,
        recusals=tables.recusals,
        rotations=tables.rotations,
        cells=_cells(framed),
        units=units.rename(columns={"entity_id": "object_id"}),
        settings=settings,
    )
    folder = DrawFolder(workspace.path, draw_id=order.draw_id)
    folder.write(canonical_json(commitment.record), private)
    workspace.ledger.append(
        COMMITTED,
        subject=order.draw_id,
        actor=actor,
        at=at,
        idempotency_key=f"{COMMITTED}:{order.draw_id}",
        content={"commit_digest": commitment.digest.hex(), **said(book)},
    )
    return CommittedDraw(
        order.draw_id,
        commitment.digest.hex(),
        str(folder.public),
        frame.rows.size,
        len(framed.strata.frame),
        framed.allocation.notes,
    )


def _framed(
    workspace: Workspace, order: DrawOrder, *, book: PolicyBook, key: bytes
) -> tuple[pd.DataFrame, Framed, dict[str, int]]:
    warehouse = workspace.warehouse
    grades = stored(warehouse, "grades", as_of=order.as_of)
    listed = in_force(current(workspace, "items", key="item_code", on=order.as_of), on=order.as_of)
    unknown = sorted(set(order.items) - set(listed["item_code"]))
    if unknown:
        raise UsageError(
            what=Message(N_("items")),
            value=", ".join(unknown),
            remedy=Message(N_("name items of the list; no check off the list")),
        )
    items = listed[listed["item_code"].isin(order.items)] if order.items else listed
    listed_entities = current(workspace, "entities", key="entity_id", on=order.as_of)
    register = listed_entities.rename(columns={"occurred_on": "established_on"})
    established = pd.to_datetime(register["established_on"]) <= pd.Timestamp(order.as_of)
    register = register[established | register["established_on"].isna()]
    rows = frame_rows(register, grades, items)
    inspections = warehouse.history("inspections")
    checks = (
        inspections.filter(
            inspections.known_at <= order.as_of,
            inspections.superseded_at.isnull() | (inspections.superseded_at > order.as_of),
        )
        .select("entity_id", "item_code", "visit_id", "selection_mode", "result_codes", "occurred_on")
        .execute()
    )
    eligible, outside, notes = exclude(rows, checks, book=book, on=order.as_of, until=order.inspect_until)
    part = DrawOfYear(number=order.number, draws=order.draws)
    framed = allocate(
        eligible,
        items,
        book=book,
        on=order.as_of,
        key=key,
        excluded=outside,
        notes=notes,
        capacity=read_capacity(book, items, on=order.as_of).left_for(
            None, dict(zip(items["item_code"], items["department_code"], strict=True)), draws_left=part.left
        ),
        draw=part,
    )
    return items, framed, {item: n for item, n in register_counts(register, items).items() if n}


def _cells(framed: Framed) -> pd.DataFrame:
    table = framed.allocation.table
    return table[["item_code", "stratum", "district_code", "grade", "item_class"]].copy()


def _commitment(
    ledger: Ledger,
    order: DrawOrder,
    frame: Frame,
    roster: Roster,
    framed: Framed,
    *,
    rule: Any,
    book: PolicyBook,
    key: bytes,
    at: datetime,
    is_simulated: bool,
    registry: dict[str, int],
) -> Commitment:
    suite, frame_policy = frame.hashed.suite, book.value(FRAME, on=order.as_of)
    certified = ledger.entries(action=CERTIFIED)
    previous = str(certified[-1].particulars["certificate_digest"]) if certified else GENESIS
    plan = {"plan": order.plan, "draws": order.draws, "items": sorted(framed.allocation.table["item_code"].unique())}
    counts = frame.rows.counts()
    return build_commitment(
        frame.hashed,
        roster.officers,
        key=key,
        plan=order.plan,
        plan_digest=plan_digest(plan, suite=suite),
        draw_id=order.draw_id,
        sequence=len(certified) + 1,
        previous=previous,
        items=item_terms(framed, group=order.plan),
        rule=rule,
        events=[planned_event(source, event=event) for source, event in order.events.items()],
        policy=None if is_simulated else entropy_policy(book, on=order.as_of),
        committed_at=written(at),
        not_before=written(order.not_before),
        deadlines={source: written(day) for source, day in order.deadlines.items()},
        profile=order.profile,
        release=None if order.release is None else written(order.release),
        reserves=committed_reserves(counts, share=Fraction(str(frame_policy["reserve_share"]))),
        merges=committed_merges(item_terms(framed, group=order.plan), counts=counts),
        registry=registry,
        rules=RULEBOOK,
        code_digest=code_digest(),
        approval=order.approval,
        fallback_events=int(frame_policy["fallback_events"]),
    )


def code_digest() -> str:
    """Return the SHA-256 over the program that draws: the modules of ``engine.draw`` by name and content."""
    digest = hashlib.sha256()
    for module in sorted(files("engine.draw").iterdir(), key=lambda entry: entry.name):
        if module.name.endswith(".py"):
            content = module.read_bytes()
            digest.update(f"{module.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()
