"""Running a committed draw: a second person brings the values of the public events, arithmetic does the rest.

One commitment is one draw. Every attempt is an entry of the ledger; an interrupted draw goes on with the values and the
time it began with.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd

from engine.api.draws.fairness import monitors_of, quick_fairness, visit_seeds
from engine.api.draws.life import current_head, step
from engine.api.draws.order import CERTIFIED, COMMITTED, STARTED, RunDraw, written
from engine.api.draws.signing import Signer, append_signature, make_signature, require_signed
from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.committing.signatures import CERTIFICATE, COMMITMENT, Signature
from engine.draw.drawing import Drawn, draw, order_values
from engine.draw.entropy.policy import check_timing
from engine.draw.entropy.sources import SIMULATED_SOURCE, EntropyValue, simulated_value
from engine.draw.measuring.visit_probability import visit_probabilities
from engine.draw.populations.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.protocol.encoding import DIGEST_BYTES
from engine.draw.protocol.tickets import tickets
from engine.draw.publishing.bundle import bundle_files
from engine.draw.publishing.certificate import Certificate, certify
from engine.draw.publishing.tables import selection_table, stratum_table, team_table, visit_table
from engine.draw.selecting.coordination import coordination
from engine.errors import AlreadyDrawnError, DrawError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER, Arm

BLIND_GROUP = "grade-blind visits"
"""Ticket group that decides which visits are grade-blind; a plan's own groups hold no blanks."""


def run_draw(
    workspace: Workspace,
    draw_id: str,
    *,
    values: Sequence[EntropyValue],
    actor: Actor,
    clock: Clock,
    key: bytes | None = None,
    beacons: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> RunDraw:
    """Draw from a commitment and the values of its public events; the same person cannot do both.

    Parameters
    ----------
    values : one per committed source; empty for a simulated draw, whose values follow from its seed.
    beacons : evidence for the values of beacons (:func:`engine.api.draws.beacons.read_beacon`), published with them.
    key : private signing key of the acting person, the first to sign the certificate; None only in a simulated draw.

    Raises
    ------
    AlreadyDrawnError
        The commitment was drawn from before.
    DrawError
        The commitment was made by the same person or signed by one alone, or a value is not usable.
    """
    with step(workspace, "run", draw_id=draw_id, actor=actor, clock=clock):
        return _run(
            workspace,
            draw_id,
            values=values,
            beacons=beacons or {},
            actor=actor,
            clock=clock,
            key=key,
            progress=progress,
        )


def _run(
    workspace: Workspace,
    draw_id: str,
    *,
    values: Sequence[EntropyValue],
    beacons: Mapping[str, Any],
    actor: Actor,
    clock: Clock,
    key: bytes | None,
    progress: Progress,
) -> RunDraw:
    folder, ledger = DrawFolder(workspace.path, draw_id=draw_id), workspace.ledger
    commitment = read_commitment(folder.read_commitment())
    private = folder.read_private()
    if ledger.entries(action=CERTIFIED, subject=draw_id):
        raise AlreadyDrawnError(draw_id=draw_id, commit_digest=commitment.digest.hex())
    require_second_person(ledger, draw_id, actor=actor)
    require_signed(ledger, draw_id, over=COMMITMENT)
    used = list(values) or _simulated_values(commitment, private)
    begun = _start(ledger, commitment, used, beacons=beacons, actor=actor, at=clock())
    progress(Message(N_("Blind and hash the frame")))
    frame = prepare_frame(private.frame, key=private.key, suite=commitment.suite)
    roster = prepare_roster(private.roster, recusals=private.recusals, rotations=private.rotations, frame=frame)
    progress(Message(N_("Draw tickets and match teams")))
    drawn = draw(frame.hashed, roster.officers, commitment=commitment, values=begun.values)
    certificate = certify(drawn, issued_at=begun.issued_at, log=begun.log)
    signer = Signer(actor, key, clock())
    signature = make_signature(ledger, commitment, private, over=CERTIFICATE, digest=certificate.digest, signer=signer)
    progress(Message(N_("Write the certificate and the bundle")))
    folder.publish(bundle_files(commitment, certificate, frame=frame.hashed, roster=roster.officers))
    tables = result_tables(drawn, frame=frame, roster=roster, private=private)
    tables["monitors"] = monitors_of(drawn, frame=frame, private=private)
    book, as_of = (
        policies_of(workspace, str(private.settings["profile"])),
        date.fromisoformat(str(private.settings["as_of"])),
    )
    seeds = visit_seeds(drawn, book=book, on=as_of)
    tables["visits"] = tables["visits"].assign(
        visit_probability=visit_probabilities(drawn, seeds=seeds), visit_seeds=len(seeds)
    )
    _store_tables(workspace, tables, drawn, certificate=certificate, private=private, actor=actor, at=clock())
    close_draw(workspace, draw_id, kind="certificate", certificate=certificate, signature=signature, signer=signer)
    fairness = quick_fairness(drawn, tables["monitors"], book=book, on=as_of)
    return _summary(drawn, certificate, tables, folder=folder, fairness=fairness)


def _store_tables(
    workspace: Workspace,
    tables: Mapping[str, pd.DataFrame],
    drawn: Drawn,
    *,
    certificate: Certificate,
    private: PrivateDraw,
    actor: Actor,
    at: datetime,
) -> None:
    """Store the result tables once; a draw that was interrupted after this finds them there."""
    draw_id = str(drawn.commitment.record["draw"])
    digest = drawn.commitment.digest.hex()
    manifest = {"draw_id": draw_id, "commit_digest": digest, "certificate": certificate.digest}
    if any(json.loads(run.manifest).get("draw_id") == draw_id for run in workspace.warehouse.runs(kind="draw")):
        return
    as_of = date.fromisoformat(str(private.settings["as_of"]))
    workspace.warehouse.write_run(tables, kind="draw", as_of=as_of, manifest=manifest, actor=actor, at=at)


def close_draw(
    workspace: Workspace,
    draw_id: str,
    *,
    kind: str,
    certificate: Certificate,
    signature: Signature,
    signer: Signer,
    reason: str = "",
) -> None:
    """Put the certificate of a draw on record together with the first signature under it."""
    ledger = workspace.ledger
    with workspace.decisions.writing() as connection:
        ledger.append(
            CERTIFIED,
            subject=draw_id,
            actor=signer.actor,
            at=signer.at,
            reason=reason,
            idempotency_key=f"{CERTIFIED}:{draw_id}",
            content={
                "kind": kind,
                "commit_digest": certificate.record["commit_digest"],
                "certificate_digest": certificate.digest,
            },
            connection=connection,
        )
        append_signature(ledger, draw_id, signature, signer=signer, connection=connection)


def result_tables(drawn: Drawn, *, frame: Frame, roster: Roster, private: PrivateDraw) -> dict[str, pd.DataFrame]:
    """Return the draw as internal tables: selections, strata, teams; grades beside strata are for the agency only."""
    strata = stratum_table(drawn).merge(private.cells, on=["item_code", "stratum"], validate="1:1")
    strata = strata.drop(columns=["n_units_y"], errors="ignore").rename(columns={"n_units_x": "n_units"})
    strata = strata.assign(arm=_arm_of_strata(strata))
    units = private.units.drop(columns="established_on", errors="ignore")
    selections = selection_table(drawn, frame=frame).merge(units, on=["object_id", "item_code"], validate="1:1")
    names = {"object_id": "entity_id"}
    return {
        "selections": selections.drop(columns="row").rename(columns=names),
        "strata": strata,
        "teams": team_table(drawn, frame=frame, roster=roster).rename(columns=names),
        "visits": _with_blind(visit_table(drawn, frame=frame), drawn, private)
        .drop(columns=["handle"])
        .rename(columns=names),
    }


def _arm_of_strata(strata: pd.DataFrame) -> pd.Series:
    """The arm that each stratum's ratio belongs to; null where nothing of the item is randomised."""
    control = strata["is_control"] if "is_control" in strata.columns else pd.Series(data=False, index=strata.index)
    tried = strata["item_code"].isin(strata.loc[control, "item_code"])
    named = control.map({True: Arm.CONTROL.value, False: Arm.GRADED.value})
    return named.where(tried, None).astype("string")


def _with_blind(visits: pd.DataFrame, drawn: Drawn, private: PrivateDraw) -> pd.DataFrame:
    """The visits with ``is_grade_blind``: whether their officers must not be told the class, by ticket of the draw."""
    shares: Mapping[str, str] = private.settings.get("blind") or {}  # type: ignore[assignment]
    wanted = visits["item_codes"].map(
        lambda joined: max(
            (Fraction(shares[item]) for item in joined.split(JOINER) if item in shares), default=Fraction(0)
        )
    )
    handles = b"".join(bytes.fromhex(handle) for handle in visits["handle"])
    dealt = tickets(drawn.commitment.suite, seed=drawn.seed, group=BLIND_GROUP, handles=handles)
    marks = [
        int.from_bytes(dealt[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES], "big") < share * 2 ** (8 * DIGEST_BYTES)
        for at, share in enumerate(wanted)
    ]
    return visits.assign(is_grade_blind=pd.array(marks, dtype="boolean"))


def require_second_person(ledger: Ledger, draw_id: str, *, actor: Actor) -> None:
    """Raise DrawError when the person who committed a draw is to close it too."""
    committed = ledger.entries(action=COMMITTED, subject=draw_id)
    if any(entry.actor == actor.name for entry in committed):
        raise DrawError(
            problem=Message(N_("{actor} made the commitment of {draw_id}"), {"actor": actor.name, "draw_id": draw_id}),
            remedy=Message(N_("a second person must run the draw (XINHENG_ACTOR)")),
        )


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a draw was begun with: an interrupted one goes on with it."""

    values: list[EntropyValue]
    issued_at: str
    log: dict[str, object]


def _start(
    ledger: Ledger,
    commitment: Commitment,
    values: Sequence[EntropyValue],
    *,
    beacons: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> _Begun:
    """Record the attempt; an interrupted draw goes on with the values, the time and the log head it began with."""
    draw_id = str(commitment.record["draw"])
    begun = ledger.entries(action=STARTED, subject=draw_id)
    if not begun:
        require_values(commitment, values)
        issued_at = _not_before_events(at, values)
        content = {
            "values": [value.record() for value in values],
            "issued_at": written(issued_at),
            "log": current_head(ledger),
            "beacons": dict(beacons),
        }
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
    return _Begun(kept, str(first["issued_at"]), first["log"])


def require_values(commitment: Commitment, values: Sequence[EntropyValue]) -> None:
    """Refuse values that cannot be used before anything is begun with them: a typing error must not end a draw.

    Raises
    ------
    EntropyRefusedError
        A value is missing, misspelled, of another event or from the wrong time.
    """
    record = commitment.record
    ordered = order_values(commitment, values)
    check_timing(
        ordered,
        committed_at=record["committed_at"],
        not_before=record["not_before"],
        deadlines=record["deadlines"],
        policy=commitment.policy,
    )


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
    drawn: Drawn,
    certificate: Certificate,
    tables: Mapping[str, pd.DataFrame],
    *,
    folder: DrawFolder,
    fairness: Mapping[str, object],
) -> RunDraw:
    items: dict[str, dict[str, dict[str, int]]] = {}
    strata = tables["strata"]
    for item, stratum, n_units, n_drawn in zip(
        strata["item_code"], strata["stratum"], strata["n_units"], strata["n_drawn"], strict=True
    ):
        items.setdefault(str(item), {})[str(stratum)] = {"N": int(n_units), "n": int(n_drawn)}
    visits = tables["visits"]
    joint = coordination(drawn.frame.rows, drawn.selected.cells)
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
        visits_independent=round(joint.independent, 1),
        visits_least=round(joint.least, 1),
        checks_per_visit=round(joint.checks_per_visit, 3),
        checks_per_visit_independent=round(joint.checks_per_independent_visit, 3),
        fairness=fairness,
    )
