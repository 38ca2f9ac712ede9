"""Everything that a commitment needs, worked out with all checks and without writing anything."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import pandas as pd

from engine.api.committing.framing import DrawFrame, frame_of
from engine.api.draws.order import CERTIFIED, COMMITTED, DrawOrder, written
from engine.api.draws.origin import drawn_before, parent_of
from engine.api.draws.roster import RosterTables, current, roster_tables
from engine.api.plans.approval import rulebook
from engine.api.plans.drawing import Mandate, mandate_of
from engine.api.records.quality import require_quality
from engine.draw.committing.commitment import Commitment, build_commitment, committed_reserves
from engine.draw.entropy.sources import planned_event, simulated_key
from engine.draw.populations.merges import committed_merges
from engine.draw.populations.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.protocol.encoding import HashSuite, suite_named
from engine.draw.publishing.certificate import plan_digest
from engine.draw.verifying.public_beacons import check_planned_round
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.auditing import grade_digest
from engine.pipeline.drawing import entropy_policy, frame_table, item_terms, match_rule
from engine.pipeline.framing import Framed
from engine.pipeline.ports import Progress
from engine.program import program_digest
from engine.registers.plan_records import draw_record
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

GENESIS = "0" * 64
FRAME, SUBSTITUTION = "draw.frame", "draw.substitution"
PROTOCOL_RULES = "ssdraw/1"


@dataclass(frozen=True, slots=True)
class Terms:
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


@dataclass(frozen=True, slots=True)
class Ready:
    """A draw that could be committed now: its terms, blinded frame, roster, commitment and what it carries out."""

    terms: Terms
    frame: Frame
    tables: RosterTables
    roster: Roster
    commitment: Commitment
    carried: dict[str, Any]


def prepare_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    at: datetime,
    simulation_seed: int | None,
    progress: Progress,
) -> Ready:
    """Return everything that a commitment needs; raises as ``engine.api.committing.commitment.commit_draw``."""
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
    terms = Terms(mandate, cut, book, suite, key, at, simulation_seed is not None)
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
    carried, units = _carried_out(order, terms), unit_table(framed, mandate)
    rating = {"as_of": order.as_of.isoformat(), "digest": grade_digest(units, key=key, suite=suite)}
    commitment = _commitment(
        ledger, order, frame, roster, terms, rule=rule, plan=carried, parent=added_to, rating=rating
    )
    return Ready(terms, frame, tables, roster, commitment, carried)


def _check_rounds(order: DrawOrder) -> None:
    """A beacon's round is fixed by its number and must fall into the window of the events."""
    for source, event in order.events.items():
        planned = planned_event(source, event=event)
        check_planned_round(planned, not_before=order.not_before, deadline=order.deadlines.get(source))


def _carried_out(order: DrawOrder, terms: Terms) -> dict[str, Any]:
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


def unit_table(framed: Framed, mandate: Mandate) -> pd.DataFrame:
    """Return what the agency keeps of every row that can be drawn: grade, district, arm, line and way of selection."""
    names = ["entity_id", "item_code", "grade", "district_code", "established_on"]
    units = framed.strata.frame.reindex(columns=[*names, "arm"]).rename(columns={"entity_id": "object_id"})
    planned = mandate.planned
    line_of = {} if planned is None else {item: line.line_id for item, line in planned.line_of.items()}
    return units.assign(
        arm=units["arm"].astype("string"),
        line_id=units["item_code"].map(line_of).astype("string"),
        selection_mode=mandate.mode.value,
    )


def _commitment(
    ledger: Ledger,
    order: DrawOrder,
    frame: Frame,
    roster: Roster,
    terms: Terms,
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
        code_digest=program_digest(["engine.draw"]),
        approval=terms.mandate.approval,
        fallback_events=int(frame_policy["fallback_events"]),
        substitution=terms.book.value(SUBSTITUTION, on=order.as_of),
        parent=parent,
        rating=rating,
    )
