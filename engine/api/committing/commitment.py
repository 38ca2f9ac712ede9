"""Committing to a draw: frame, ratios, roster and rule are frozen before the public events take place."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd

from engine.api.committing.framing import DrawFrame, frame_of
from engine.api.committing.warnings import commitment_warnings
from engine.api.draws.life import step
from engine.api.draws.order import CERTIFIED, COMMITTED, CommittedDraw, DrawOrder, written
from engine.api.draws.origin import drawn_before, parent_of, require_uncommitted
from engine.api.draws.roster import RosterTables, current, roster_tables
from engine.api.draws.signing import Signer, append_signature, make_signature
from engine.api.plans.approval import rulebook
from engine.api.plans.drawing import Mandate, mandate_of
from engine.api.records.quality import require_quality
from engine.api.scoring.assessment import said
from engine.draw.committing.commitment import Commitment, build_commitment, committed_reserves
from engine.draw.committing.signatures import COMMITMENT
from engine.draw.entropy.sources import planned_event, simulated_key
from engine.draw.measuring.fairness import Rehearsal, fake_seeds, rehearse
from engine.draw.populations.merges import committed_merges
from engine.draw.populations.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.protocol.encoding import HashSuite, canonical_json, suite_named
from engine.draw.publishing.certificate import plan_digest
from engine.draw.verifying.public_beacons import check_planned_round
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.auditing import grade_digest
from engine.pipeline.drawing import entropy_policy, frame_table, item_terms, match_rule
from engine.pipeline.framing import Framed
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.registers.plan_lines import ratio_text
from engine.registers.plan_records import draw_record
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

GENESIS = "0" * 64
FRAME, SUBSTITUTION = "draw.frame", "draw.substitution"
PROTOCOL_RULES = "ssdraw/1"


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a commitment is built from beside the order."""

    mandate: Mandate
    frame: DrawFrame
    book: PolicyBook
    suite: HashSuite
    key: bytes
    at: datetime
    is_simulated: bool

    @property
    def groups(self) -> Mapping[str, str]:
        """Item to ticket group."""
        planned = self.mandate.planned
        return dict.fromkeys(self.mandate.items, self.mandate.plan) if planned is None else planned.groups


def commit_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    actor: Actor,
    clock: Clock,
    simulation_seed: int | None = None,
    key: bytes | None = None,
    progress: Progress = silent,
) -> CommittedDraw:
    """Freeze the frame of a draw and publish its commitment under the first signature; a second person signs it next.

    Parameters
    ----------
    profile : policy profile whose ratios apply.
    simulation_seed : None for a real draw; a seed makes a simulated one, marked as such everywhere.
    key : private signing key of the acting person; None only for a simulated draw.

    Raises
    ------
    TableMissingError
        Nothing was graded as of ``order.as_of``.
    StoreError
        A draw of this name is committed already.
    PlanError
        The lines are not published, do not fit together or have been used up.
    DrawError
        Policy, frame or terms do not allow the draw, or it stands outside the plan without a published reason; nothing
        is written.
    QualityGateError
        A source that the grades rest on is red and nobody took responsibility.
    """
    with step(workspace, "commit", draw_id=order.draw_id, actor=actor, clock=clock):
        require_uncommitted(DrawFolder(workspace.path, draw_id=order.draw_id))
        signer = Signer(actor, key, clock())
        return _commit(workspace, order, signer, profile=profile, simulation_seed=simulation_seed, progress=progress)


def _commit(
    workspace: Workspace,
    order: DrawOrder,
    signer: Signer,
    *,
    profile: str,
    simulation_seed: int | None,
    progress: Progress,
) -> CommittedDraw:
    ledger = workspace.ledger
    at, seed = signer.at, simulation_seed
    ready = _prepare(workspace, order, profile=profile, at=at, simulation_seed=seed, progress=progress)
    terms, frame, tables, commitment = ready.terms, ready.frame, ready.tables, ready.commitment
    mandate, cut, book, framed = terms.mandate, terms.frame, terms.book, terms.frame.framed
    warnings = commitment_warnings(workspace, commitment, frame.rows, book=book, on=order.as_of, at=at)
    private = PrivateDraw(
        key=terms.key,
        frame=frame_table(framed),
        roster=tables.people,
        recusals=tables.recusals,
        rotations=tables.rotations,
        cells=_cells(framed),
        units=_units(framed, mandate),
        settings={
            "as_of": order.as_of.isoformat(),
            "profile": profile,
            "seed": simulation_seed,
            "blind": _blind_shares(mandate),
        },
    )
    digest = commitment.digest.hex()
    signature = make_signature(ledger, commitment, private, over=COMMITMENT, digest=digest, signer=signer)
    folder = DrawFolder(workspace.path, draw_id=order.draw_id)
    folder.stage(canonical_json(commitment.record), private, plan=canonical_json(ready.carried))
    content = {
        "commit_digest": digest,
        "plan": mandate.plan,
        "plan_digest": commitment.record["plan_digest"],
        "year": mandate.year,
        "lines": sorted(mandate.numbers),
        "items": list(mandate.items),
        "rulebook": ready.carried["rulebook"],
        **said(book),
    }
    with workspace.decisions.writing() as connection:
        ledger.append(
            COMMITTED,
            subject=order.draw_id,
            actor=signer.actor,
            at=signer.at,
            idempotency_key=f"{COMMITTED}:{order.draw_id}",
            content=content,
            connection=connection,
        )
        append_signature(ledger, order.draw_id, signature, signer=signer, connection=connection)
    folder.finish()
    return CommittedDraw(
        draw_id=order.draw_id,
        commit_digest=digest,
        folder=str(folder.public),
        objects=frame.rows.size,
        rows=len(framed.strata.frame),
        plan=mandate.plan,
        plan_digest=str(commitment.record["plan_digest"]),
        numbers=mandate.numbers,
        reconciliation=cut.reconciliation(),
        registry=cut.witness.record(),
        notes=(
            *framed.allocation.notes,
            *cut.witness.notes,
            *(cut.witness.faults if terms.is_simulated else ()),
            *warnings,
        ),
    )


def rehearse_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    at: datetime,
    seeds: int,
    simulation_seed: int | None = None,
    progress: Progress = silent,
) -> Rehearsal:
    """Return how often the visits of this order could be staffed under fake seeds; nothing is committed or written.

    Parameters
    ----------
    seeds : how many fake seeds to try.

    Raises
    ------
    TableMissingError, PlanError, DrawError, QualityGateError
        As :func:`commit_draw`.

    Notes
    -----
    Cost: that of a commitment, and for every seed tickets and selection of all rows with one flow for every rung tried.
    """
    ready = _prepare(workspace, order, profile=profile, at=at, simulation_seed=simulation_seed, progress=progress)
    progress(Message(N_("Rehearse with fake seeds")))
    fake = fake_seeds(ready.terms.suite, commit_digest=ready.commitment.digest, n=seeds)
    return rehearse(ready.frame.rows, ready.roster.officers, commitment=ready.commitment, seeds=fake)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draw that could be committed now."""

    terms: _Terms
    frame: Frame
    tables: RosterTables
    roster: Roster
    commitment: Commitment
    carried: dict[str, Any]


def _prepare(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    at: datetime,
    simulation_seed: int | None,
    progress: Progress,
) -> _Ready:
    """Everything that a commitment needs, with all checks and without writing anything."""
    require_quality(workspace, as_of=order.as_of, profile=profile)
    book, ledger = policies_of(workspace, profile), workspace.ledger
    mandate = mandate_of(workspace, order, at=at)
    added_to = parent_of(ledger, order)
    _check_rounds(order)
    progress(Message(N_("Cut the frame into strata")))
    suite = suite_named(order.suite)
    key = secrets.token_bytes(32) if simulation_seed is None else simulated_key(suite, seed=simulation_seed)
    drawn = drawn_before(workspace, order.parent) if added_to is not None else None
    cut = frame_of(workspace, order, mandate, book=book, key=key, suite=suite, ratios_on=at.date(), drawn=drawn)
    framed = cut.framed
    if framed.allocation.violations:
        raise DrawError(problem=framed.allocation.violations[0], remedy=Message(N_("change the ratios first")))
    if simulation_seed is None and cut.witness.is_required and cut.witness.faults:
        raise DrawError(problem=cut.witness.faults[0], remedy=Message(N_("enter the registry's own count, or mend it")))
    terms = _Terms(mandate, cut, book, suite, key, at, simulation_seed is not None)
    progress(Message(N_("Blind and hash the frame")))
    frame = prepare_frame(frame_table(framed), key=key, suite=suite)
    until = mandate.window[1]
    tables = roster_tables(workspace, order, until=until, book=book)
    roster = prepare_roster(tables.people, recusals=tables.recusals, rotations=tables.rotations, frame=frame)
    departments = current(workspace, "departments", key="department_code", on=order.as_of)
    rule = match_rule(
        framed,
        cut.items,
        departments,
        book=book,
        on=order.as_of,
        districts=sorted(tables.people["district_code"].unique()),
        until=until,
        initiators=() if mandate.planned is None else tuple(line.initiator for line in mandate.planned.lines),
    )
    carried, units = _carried_out(order, terms), _units(framed, mandate)
    rating = {"as_of": order.as_of.isoformat(), "digest": grade_digest(units, key=key, suite=suite)}
    commitment = _commitment(
        ledger, order, frame, roster, terms, rule=rule, plan=carried, parent=added_to, rating=rating
    )
    return _Ready(terms, frame, tables, roster, commitment, carried)


def _check_rounds(order: DrawOrder) -> None:
    """A beacon's round is fixed by its number and must fall into the window of the events."""
    for source, event in order.events.items():
        planned = planned_event(source, event=event)
        check_planned_round(planned, not_before=order.not_before, deadline=order.deadlines.get(source))


def _carried_out(order: DrawOrder, terms: _Terms) -> dict[str, Any]:
    """The public record of what the draw carries out; its digest is the commitment's ``plan_digest``."""
    mandate, cut = terms.mandate, terms.frame
    first, last = mandate.window
    return draw_record(
        plan=mandate.plan,
        draw_id=order.draw_id,
        edition=mandate.edition,
        lines=mandate.line_records,
        numbers=mandate.numbers,
        items=mandate.items,
        item_names=dict(zip(cut.items["item_code"].astype(str), cut.items["name"].astype(str), strict=True)),
        departments=sorted(cut.items["department_code"].unique()),
        window=(first.isoformat(), last.isoformat()),
        mode=cut.mode.value,
        rulebook=rulebook(terms.book, on=terms.at.date()),
        registry=cut.witness.record(),
        control=mandate.control,
        outside=mandate.outside,
    )


def _units(framed: Framed, mandate: Mandate) -> pd.DataFrame:
    """What the agency keeps of every row that can be drawn: grade, district, arm, line and way of selection."""
    names = ["entity_id", "item_code", "grade", "district_code", "established_on"]
    units = framed.strata.frame.reindex(columns=[*names, "arm"]).rename(columns={"entity_id": "object_id"})
    planned = mandate.planned
    line_of = {} if planned is None else {item: line.line_id for item, line in planned.line_of.items()}
    return units.assign(
        arm=units["arm"].astype("string"),
        line_id=units["item_code"].map(line_of).astype("string"),
        selection_mode=mandate.mode.value,
    )


def _blind_shares(mandate: Mandate) -> dict[str, str]:
    if mandate.planned is None:
        return {}
    return {item: ratio_text(line.blind_share) for item, line in mandate.planned.line_of.items() if line.blind_share}


def _cells(framed: Framed) -> pd.DataFrame:
    table = framed.allocation.table
    return table[["item_code", "stratum", "district_code", "grade", "item_class", "is_due", "is_control"]].copy()


def _commitment(
    ledger: Ledger,
    order: DrawOrder,
    frame: Frame,
    roster: Roster,
    terms: _Terms,
    *,
    rule: Any,
    plan: Mapping[str, Any],
    parent: Mapping[str, str] | None,
    rating: Mapping[str, str],
) -> Commitment:
    suite, frame_policy = frame.hashed.suite, terms.book.value(FRAME, on=order.as_of)
    certified = ledger.entries(action=CERTIFIED)
    previous = str(certified[-1].particulars["certificate_digest"]) if certified else GENESIS
    counts = frame.rows.counts()
    items = item_terms(terms.frame.framed, groups=terms.groups)
    book = plan["rulebook"]
    return build_commitment(
        frame.hashed,
        roster.officers,
        key=terms.key,
        plan=terms.mandate.plan,
        plan_digest=plan_digest(plan, suite=suite),
        draw_id=order.draw_id,
        sequence=len(ledger.entries(action=COMMITTED)) + 1,
        previous=previous,
        items=items,
        rule=rule,
        events=[planned_event(source, event=event) for source, event in order.events.items()],
        policy=None if terms.is_simulated else entropy_policy(terms.book, on=order.as_of),
        committed_at=written(terms.at),
        not_before=written(order.not_before),
        deadlines={source: written(day) for source, day in order.deadlines.items()},
        profile=order.profile,
        release=None if order.release is None else written(order.release),
        reserves=committed_reserves(counts, share=Fraction(str(frame_policy["reserve_share"]))),
        merges=committed_merges(items, counts=counts),
        registry=dict(terms.frame.registry),
        rules=f"{PROTOCOL_RULES}; rulebook {book['version']} {book['digest'][:16]}",
        code_digest=code_digest(),
        approval=terms.mandate.approval,
        fallback_events=int(frame_policy["fallback_events"]),
        substitution=terms.book.value(SUBSTITUTION, on=order.as_of),
        parent=parent,
        rating=rating,
    )


def code_digest() -> str:
    """Return the SHA-256 over the program that draws: the modules of ``engine.draw`` by name and content."""
    digest = hashlib.sha256()
    for module in sorted(files("engine.draw").iterdir(), key=lambda entry: entry.name):
        if module.name.endswith(".py"):
            content = module.read_bytes()
            digest.update(f"{module.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()
