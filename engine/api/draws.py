"""Committing to a draw and running it: two people, one commitment, one draw.

The commitment freezes frame, ratios, roster and rule before the public events; the run takes the events' values and
does the rest by arithmetic. Every attempt is an entry of the ledger.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd

from engine.api.assessment import cohort_on, said, stored
from engine.draw.bundle import bundle_files
from engine.draw.certificate import Certificate, certify, plan_digest
from engine.draw.commitment import Commitment, build_commitment, committed_reserves, read_commitment
from engine.draw.drawing import Drawn, draw
from engine.draw.encoding import canonical_json, suite_named
from engine.draw.entropy import SIMULATED_SOURCE, EntropyValue, planned_event, simulated_key, simulated_value
from engine.draw.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.tables import selection_table, stratum_table, team_table, visit_table
from engine.errors import AlreadyDrawnError, DrawError, UsageError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.drawing import OUTSIDE, entropy_policy, frame_table, item_terms, match_rule, roster_table
from engine.pipeline.framing import Framed, allocate, exclude_visited, frame_rows
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.ratios.quota import DrawOfYear
from engine.store.documents import load_policies
from engine.store.draws import DrawFolder, PrivateDraw
from engine.store.ledger import Ledger
from engine.store.workspace import Workspace

COMMITTED, STARTED, CERTIFIED = "draw.committed", "draw.started", "draw.certified"
GENESIS = "0" * 64
RULEBOOK = "ssdraw/1; engine rulebook 2026-01"


@dataclass(frozen=True, slots=True)
class DrawOrder:
    """What is to be drawn.

    Parameters
    ----------
    draw_id, plan : names; the plan is the year's.
    as_of : date of the grades that cut the strata.
    items : item codes, or empty for the whole list.
    number, draws : which of how many draws of the year.
    events : ``source -> event number`` of the public events, in the order in which they enter the seed.
    not_before : earliest time of an event; ``deadlines`` latest per source.
    inspect_until : last day of the inspections.
    profile : open, blind or sealed; ``release`` is the release time of a sealed draw.
    suite : sha256 or sm3.
    approval : reference of the approval.
    reserve_share : reserves per stratum as a share of its units, e.g. 1/50.
    """

    draw_id: str
    plan: str
    as_of: date
    items: tuple[str, ...]
    number: int
    draws: int
    events: Mapping[str, str]
    not_before: datetime
    deadlines: Mapping[str, datetime]
    inspect_until: date
    approval: str
    profile: str = "blind"
    release: datetime | None = None
    suite: str = "sha256"
    reserve_share: Fraction = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class CommittedDraw:
    """A commitment that stands.

    Parameters
    ----------
    draw_id, commit_digest : names. folder : public folder. objects, rows : size of the frame. notes : what was trimmed.
    """

    draw_id: str
    commit_digest: str
    folder: str
    objects: int
    rows: int
    notes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class RunDraw:
    """A finished draw, as ``xinheng draw run --json`` says it."""

    draw_id: str
    commit_digest: str
    certificate_digest: str
    seed: str
    items: Mapping[str, Mapping[str, Mapping[str, int]]]
    visits: int
    checks: int
    unmatched: int
    teams: int
    bundle: str
    is_simulation: bool

    def as_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return asdict(self)


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
    """
    book, at = load_policies(profile), clock()
    progress(Message(N_("Cut the frame into strata")))
    suite = suite_named(order.suite)
    key = secrets.token_bytes(32) if simulation_seed is None else simulated_key(suite, seed=simulation_seed)
    items, framed = _framed(workspace, order, book=book, key=key)
    if framed.allocation.violations:
        raise DrawError(problem=framed.allocation.violations[0], remedy=Message(N_("change the ratios first")))
    progress(Message(N_("Blind and hash the frame")))
    frame = prepare_frame(frame_table(framed), key=key, suite=suite)
    inspectors = current(workspace, "inspectors", key="inspector_code", on=order.as_of)
    roster_rows = roster_table(
        inspectors, visits_made=_visits_of_year(workspace, order.inspect_until.year, known_by=order.as_of)
    )
    recusals = current(workspace, "recusals", key=["inspector_code", "entity_id"], on=order.as_of)
    recusals = recusals[["inspector_code", "entity_id"]].rename(columns={"entity_id": "object_id"})
    roster = prepare_roster(roster_rows, recusals=recusals, rotations=recusals.iloc[:0], frame=frame)
    rule = match_rule(
        framed,
        items,
        current(workspace, "departments", key="department_code", on=order.as_of),
        book=book,
        on=order.as_of,
        districts=sorted(roster_rows["district_code"].unique()),
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
    )
    settings: dict[str, object] = {"as_of": order.as_of.isoformat(), "profile": profile, "seed": simulation_seed}
    units = framed.strata.frame[["entity_id", "item_code", "grade", "district_code"]]
    private = PrivateDraw(
        key=key,
        frame=frame_table(framed),
        roster=roster_rows,
        recusals=recusals,
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


def run_draw(
    workspace: Workspace,
    draw_id: str,
    *,
    values: Sequence[EntropyValue],
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> RunDraw:
    """Draw from a commitment and the values of its public events; the same person cannot do both.

    Parameters
    ----------
    values : one per committed source; empty for a simulated draw, whose values follow from its seed.

    Raises
    ------
    AlreadyDrawnError
        The commitment was drawn from before.
    DrawError
        The commitment was made by the same person, or a value is not usable.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    commitment = read_commitment(folder.read_commitment())
    private = folder.read_private()
    _require_second_person(workspace.ledger, draw_id, actor=actor)
    if workspace.ledger.entries(action=CERTIFIED, subject=draw_id):
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=commitment.digest.hex())
    used = list(values) or _simulated_values(commitment, private)
    used, issued_at = _start(workspace.ledger, commitment, used, actor=actor, at=clock())
    progress(Message(N_("Blind and hash the frame")))
    frame = prepare_frame(private.frame, key=private.key, suite=commitment.suite)
    rotations = private.recusals.iloc[:0]
    roster = prepare_roster(private.roster, recusals=private.recusals, rotations=rotations, frame=frame)
    progress(Message(N_("Draw tickets and match teams")))
    drawn = draw(frame.hashed, roster.officers, commitment=commitment, values=used)
    certificate = certify(drawn, issued_at=issued_at)
    progress(Message(N_("Write the certificate and the bundle")))
    folder.publish(bundle_files(commitment, certificate, frame=frame.hashed, roster=roster.officers))
    tables = result_tables(drawn, frame=frame, roster=roster, private=private)
    workspace.warehouse.write_run(
        tables,
        kind="draw",
        as_of=date.fromisoformat(str(private.settings["as_of"])),
        manifest={"draw_id": draw_id, "commit_digest": commitment.digest.hex(), "certificate": certificate.digest},
        actor=actor,
        at=clock(),
    )
    workspace.ledger.append(
        CERTIFIED,
        subject=draw_id,
        actor=actor,
        at=clock(),
        idempotency_key=f"{CERTIFIED}:{draw_id}",
        content={"commit_digest": commitment.digest.hex(), "certificate_digest": certificate.digest},
    )
    return _summary(drawn, certificate, tables, folder=folder)


def result_tables(drawn: Drawn, *, frame: Frame, roster: Roster, private: PrivateDraw) -> dict[str, pd.DataFrame]:
    """Return the draw as internal tables: selections, strata, teams; grades beside strata are for the agency only."""
    strata = stratum_table(drawn).merge(private.cells, on=["item_code", "stratum"], validate="1:1")
    strata = strata.drop(columns=["n_units_y"], errors="ignore").rename(columns={"n_units_x": "n_units"})
    selections = selection_table(drawn, frame=frame).merge(private.units, on=["object_id", "item_code"], validate="1:1")
    names = {"object_id": "entity_id"}
    return {
        "selections": selections.drop(columns=["handle", "ticket"]).rename(columns=names),
        "strata": strata,
        "teams": team_table(drawn, frame=frame, roster=roster).rename(columns=names),
        "visits": visit_table(drawn, frame=frame).drop(columns=["handle"]).rename(columns=names),
    }


def current(workspace: Workspace, table: str, *, key: str | list[str], on: date) -> pd.DataFrame:
    """Return the versions of a register's rows that hold on a day, as known then."""
    history = workspace.warehouse.history(table)
    holds = history.filter(history.known_at <= on, history.superseded_at.isnull() | (history.superseded_at > on))
    return holds.execute().sort_values(key, ignore_index=True)


def _framed(workspace: Workspace, order: DrawOrder, *, book: PolicyBook, key: bytes) -> tuple[pd.DataFrame, Framed]:
    warehouse = workspace.warehouse
    grades = stored(warehouse, "grades", as_of=order.as_of)
    listed = current(workspace, "items", key="item_code", on=order.as_of)
    unknown = sorted(set(order.items) - set(listed["item_code"]))
    if unknown:
        raise UsageError(
            what=Message(N_("items")),
            value=", ".join(unknown),
            remedy=Message(N_("name items of the list; no check off the list")),
        )
    items = listed[listed["item_code"].isin(order.items)] if order.items else listed
    rows = frame_rows(cohort_on(warehouse, as_of=order.as_of), grades, items)
    inspections = warehouse.history("inspections")
    visited = (
        inspections.filter(
            inspections.selection_mode == "random",
            inspections.known_at <= order.as_of,
            inspections.occurred_on >= date(order.inspect_until.year, 1, 1),
        )
        .select("entity_id", "item_code")
        .execute()
    )
    eligible, outside = exclude_visited(rows, visited)
    framed = allocate(
        eligible,
        items,
        book=book,
        on=order.as_of,
        key=key,
        excluded=outside,
        draw=DrawOfYear(number=order.number, draws=order.draws),
    )
    return items, framed


def _cells(framed: Framed) -> pd.DataFrame:
    table = framed.allocation.table
    return table[["item_code", "stratum", "district_code", "grade", "item_class"]].copy()


def _visits_of_year(workspace: Workspace, year: int, *, known_by: date) -> pd.Series:
    """Return the visits each inspector led in a year, as known on a day; the yearly caps run down by them."""
    inspections = workspace.warehouse.history("inspections")
    led = inspections.filter(
        inspections.known_at <= known_by,
        inspections.occurred_on >= date(year, 1, 1),
        inspections.occurred_on <= date(year, 12, 31),
        inspections.inspector_code.notnull(),
    )
    counted = led.group_by("inspector_code").agg(visits=led.visit_id.nunique()).execute()
    return counted.set_index("inspector_code")["visits"]


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
) -> Commitment:
    suite = frame.hashed.suite
    certified = ledger.entries(action=CERTIFIED)
    previous = str(certified[-1].particulars["certificate_digest"]) if certified else GENESIS
    plan = {"plan": order.plan, "draws": order.draws, "items": sorted(framed.allocation.table["item_code"].unique())}
    counts = {cell: n for cell, n in frame.rows.counts().items() if cell[1] != OUTSIDE}
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
        reserves=committed_reserves(counts, share=order.reserve_share),
        merges=(),
        registry=None,
        rules=RULEBOOK,
        code_digest=code_digest(),
        approval=order.approval,
        fallback_events=3,
    )


def written(at: datetime) -> str:
    """Return a time as the protocol writes it: RFC 3339 with offset, whole seconds."""
    return at.replace(microsecond=0).isoformat()


def code_digest() -> str:
    """Return the SHA-256 over the program that draws: the modules of ``engine.draw`` by name and content."""
    digest = hashlib.sha256()
    for module in sorted(files("engine.draw").iterdir(), key=lambda entry: entry.name):
        if module.name.endswith(".py"):
            content = module.read_bytes()
            digest.update(f"{module.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()


def _require_second_person(ledger: Ledger, draw_id: str, *, actor: Actor) -> None:
    committed = ledger.entries(action=COMMITTED, subject=draw_id)
    if any(entry.actor == actor.name for entry in committed):
        raise DrawError(
            problem=Message(N_("{actor} made the commitment of {draw_id}"), {"actor": actor.name, "draw_id": draw_id}),
            remedy=Message(N_("a second person must run the draw (XINHENG_ACTOR)")),
        )


def _start(
    ledger: Ledger, commitment: Commitment, values: Sequence[EntropyValue], *, actor: Actor, at: datetime
) -> tuple[list[EntropyValue], str]:
    """Record the attempt; an interrupted draw goes on with the values and the time it began with."""
    draw_id = str(commitment.record["draw"])
    begun = ledger.entries(action=STARTED, subject=draw_id)
    if not begun:
        issued_at = _not_before_events(at, values)
        content = {"values": [value.record() for value in values], "issued_at": written(issued_at)}
        begun = [
            ledger.append(
                STARTED, subject=draw_id, actor=actor, at=at, content=content, idempotency_key=f"{STARTED}:{draw_id}"
            )
        ]
    first = begun[0].particulars
    kept = [
        EntropyValue(
            record["id"],
            record["event"],
            record["value"],
            record["evidence"]["drawn_at"],
            record["evidence"]["reference"],
        )
        for record in first["values"]
    ]
    if values and [value.record() for value in kept] != [value.record() for value in values]:
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=commitment.digest.hex())
    return kept, str(first["issued_at"])


def _not_before_events(at: datetime, values: Sequence[EntropyValue]) -> datetime:
    """A simulated draw's events may lie ahead of the simulated clock; a certificate is never older than its events."""
    return max([at, *(datetime.fromisoformat(value.drawn_at) for value in values)])


def _simulated_values(commitment: Commitment, private: PrivateDraw) -> list[EntropyValue]:
    seed = private.settings["seed"]
    if not isinstance(seed, int):
        raise UsageError(
            what=Message(N_("entropy")), value="-", remedy=Message(N_("give the values of the committed public events"))
        )
    drawn_at = datetime.fromisoformat(commitment.record["not_before"]) + timedelta(minutes=1)
    return [
        simulated_value(commitment.suite, seed=seed, event=event.event, drawn_at=written(drawn_at))
        for event in commitment.events
        if event.source == SIMULATED_SOURCE
    ]


def _summary(
    drawn: Drawn, certificate: Certificate, tables: Mapping[str, pd.DataFrame], *, folder: DrawFolder
) -> RunDraw:
    items: dict[str, dict[str, dict[str, int]]] = {}
    for row in tables["strata"].itertuples(index=False):
        items.setdefault(row.item_code, {})[row.stratum] = {"N": int(row.n_units), "n": int(row.n_drawn)}
    visits = tables["visits"]
    return RunDraw(
        draw_id=str(drawn.commitment.record["draw"]),
        commit_digest=drawn.commitment.digest.hex(),
        certificate_digest=certificate.digest,
        seed=drawn.seed.hex(),
        items=items,
        visits=len(visits),
        checks=int(tables["strata"]["n_drawn"].sum()),
        unmatched=int((~visits["is_matched"]).sum()),
        teams=int(tables["teams"]["visit_id"].nunique()),
        bundle=str(folder.public),
        is_simulation=drawn.is_simulation,
    )
