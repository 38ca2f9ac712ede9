"""Signing a draw: two different people put their names under its commitment, and two under its certificate.

Before the second signature nothing is final: no draw is run from a commitment that only one person signed. Whoever
signs second does not take the first one's word: the frame is hashed again, the draw is verified again.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from engine.api.draws.life import KEY_REGISTERED, registered_keys, signatures_of, step
from engine.api.draws.order import CERTIFIED, SIGNED, written
from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.committing.signatures import (
    CERTIFICATE,
    COMMITMENT,
    LEAST_SIGNERS,
    Signature,
    distinct_people,
    person,
    public_key,
    sign,
    simulated_signing_key,
)
from engine.draw.populations.preparation import prepare_frame, prepare_roster
from engine.draw.populations.roster import roster_root
from engine.draw.verifying.verification import verify_published
from engine.errors import DrawError, FrameChangedError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.bundles import read_bundle
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.draws.keys import key_of, read_key, write_key
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Signer:
    """Who acts and signs.

    Parameters
    ----------
    actor : the person. key : their private key, None only in a simulated draw. at : time of the signature.
    """

    actor: Actor
    key: bytes | None
    at: datetime


def new_key(workspace: Workspace, path: Path, *, actor: Actor, clock: Clock) -> str:
    """Make a signing key for the acting person, register its public half and return that in hex.

    A person who registers again signs with the new key from then on; older signatures keep the old one.

    Raises
    ------
    UsageError
        There is a file already.
    """
    workspace.decisions.migrate()
    key = public_key(write_key(path))
    workspace.ledger.append(KEY_REGISTERED, subject=actor.name, actor=actor, at=clock(), content={"public_key": key})
    return key


def sign_draw(workspace: Workspace, draw_id: str, *, actor: Actor, clock: Clock, key: bytes | None = None) -> Signature:
    """Sign the certificate of a draw, or its commitment as long as it has no certificate.

    Parameters
    ----------
    key : the person's private key; None only in a simulated draw, whose fictional people have keys from its seed.

    Raises
    ------
    DrawError
        The same person signed already, the first event may have taken place, or what is to be signed is not right.
    UsageError
        No key is given, or it is not the one registered for this person.
    """
    with step(workspace, "sign", draw_id=draw_id, actor=actor, clock=clock):
        folder, ledger = DrawFolder(workspace.path, draw_id=draw_id), workspace.ledger
        commitment = read_commitment(folder.read_commitment())
        private = folder.read_private()
        closed = ledger.entries(action=CERTIFIED, subject=draw_id)
        over = CERTIFICATE if closed else COMMITMENT
        if closed:
            digest = str(closed[0].particulars["certificate_digest"])
            _require_verified(folder, commitment)
        else:
            digest = commitment.digest.hex()
            _require_in_time(commitment, at=clock())
            _require_frozen(private, commitment)
        signer = Signer(actor, key, clock())
        made = make_signature(ledger, commitment, private, over=over, digest=digest, signer=signer)
        append_signature(ledger, draw_id, made, signer=signer)
    return made


def read_signing_key(path: Path | None) -> bytes | None:
    """Return the key in a file of its owner, or None when no file is named."""
    return None if path is None else read_key(path)


def taken_key(content: bytes | None) -> bytes | None:
    """Return the key in a file that somebody handed over, or None when none was; nothing of it is kept."""
    return key_of(content, name="-") if content else None


def make_signature(
    ledger: Ledger,
    commitment: Commitment,
    private: PrivateDraw,
    *,
    over: str,
    digest: str,
    signer: Signer,
) -> Signature:
    """Return the acting person's signature over a record of a draw.

    Raises
    ------
    DrawError
        The same person, by name or by key, signed it already.
    UsageError
        No key is given, or it is not the one registered for this person.
    """
    seed, actor, key = private.settings["seed"], signer.actor, signer.key
    if key is None and isinstance(seed, int):
        key = simulated_signing_key(commitment.suite, seed=seed, name=actor.name)
    elif key is None:
        raise UsageError(what="--key", value="-", remedy=Message(N_("a real draw is signed: give your key file")))
    elif registered_keys(ledger).get(actor.name) != public_key(key):
        raise UsageError(
            what="--key",
            value=actor.name,
            remedy=Message(N_("this key is not registered for this person; register it with 'xinheng draw key'")),
        )
    made = sign(key, over=over, digest=digest, name=actor.name, role=actor.role, signed_at=written(signer.at))
    _require_another_person(signatures_of(ledger, str(commitment.record["draw"]), over=over), made)
    return made


def _require_another_person(earlier: list[Signature], made: Signature) -> None:
    same = [one for one in earlier if person(one.name) == person(made.name) or one.public_key == made.public_key]
    if same:
        raise DrawError(
            problem=Message(N_("{name} signed this {over} already"), {"name": same[0].name, "over": made.over}),
            remedy=Message(N_("the same person twice does not make two signatures; a second person must sign")),
        )


def append_signature(
    ledger: Ledger,
    draw_id: str,
    made: Signature,
    *,
    signer: Signer,
    connection: Connection | None = None,
) -> None:
    """Put a signature on record, in a transaction of others if given; the next republication publishes it."""
    ledger.append(
        SIGNED,
        subject=draw_id,
        actor=signer.actor,
        at=signer.at,
        content=made.record(),
        idempotency_key=f"{SIGNED}:{draw_id}:{made.over}:{made.public_key}",
        connection=connection,
    )


def require_signed(ledger: Ledger, draw_id: str, *, over: str) -> None:
    """Raise DrawError unless two different people signed a record of the draw."""
    signed = signatures_of(ledger, draw_id, over=over)
    if distinct_people(signed) < LEAST_SIGNERS:
        raise DrawError(
            problem=Message(
                N_("the {over} of {draw_id} is signed by {n} of two people"),
                {"over": over, "draw_id": draw_id, "n": distinct_people(signed)},
            ),
            remedy=Message(N_("a second person must sign it first: 'xinheng draw sign'")),
        )


def _require_in_time(commitment: Commitment, *, at: datetime) -> None:
    first = datetime.fromisoformat(commitment.record["not_before"])
    if at >= first:
        raise DrawError(
            problem=Message(N_("the first event may have taken place since {first}"), {"first": written(first)}),
            remedy=Message(N_("a commitment is signed before its events; void this one and commit anew")),
        )


def _require_frozen(private: PrivateDraw, commitment: Commitment) -> None:
    """Whoever signs second has the frame and the roster hashed again."""
    frame = prepare_frame(private.frame, key=private.key, suite=commitment.suite)
    if frame.hashed.root.hex() != commitment.record["frame_root"]:
        raise FrameChangedError(found=frame.hashed.root.hex(), expected=commitment.record["frame_root"])
    roster = prepare_roster(private.roster, recusals=private.recusals, rotations=private.rotations, frame=frame)
    root = roster_root(roster.officers, suite=commitment.suite).hex()
    if root != commitment.record["roster_root"]:
        raise FrameChangedError(found=root, expected=commitment.record["roster_root"])


def _require_verified(folder: DrawFolder, commitment: Commitment) -> None:
    found = verify_published(read_bundle(folder.public), expect_commit=commitment.digest.hex())
    wrong = [name for name in found.failed if name != "signatures.certificate"]
    if wrong:
        raise DrawError(
            problem=Message(N_("the draw does not verify: {names}"), {"names": ", ".join(wrong)}),
            remedy=Message(N_("do not sign it; report this")),
        )
