"""Signatures of two different people over a commitment and over a certificate.

Signed is the tagged head ``lp("ssdraw/1") || lp("sign") || lp(over) || lp(digest) || lp(name) || lp(role) || lp(time)``
with Ed25519 (RFC 8032), so that nobody can lend a signature to another name, time or record. A signature says who
vouches; that a key belongs to a name must be known from elsewhere. Source: docs/spec/draw-protocol.md §9.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.draw.committing.schema import digest, hex_of, one_of, record, text, time
from engine.draw.protocol.encoding import HashSuite, tagged_head

COMMITMENT, CERTIFICATE = "commitment", "certificate"
SIGNED_RECORDS = (COMMITMENT, CERTIFICATE)
LEAST_SIGNERS = 2

SIGNATURE = record(
    {
        "over": one_of(*SIGNED_RECORDS),
        "digest": digest,
        "name": text,
        "role": text,
        "public_key": hex_of(32),
        "signed_at": time,
        "signature": hex_of(64),
    }
)


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's word for one record.

    Parameters
    ----------
    over : ``commitment`` or ``certificate``.
    digest : of that record, hex.
    name, role : who signs, as the organisation knows the person.
    public_key : Ed25519, 32 bytes in hex.
    signed_at : RFC 3339 time with offset.
    signature : 64 bytes in hex.
    """

    over: str
    digest: str
    name: str
    role: str
    public_key: str
    signed_at: str
    signature: str

    def record(self) -> dict[str, str]:
        """Return the signature as published."""
        return asdict(self)

    def is_genuine(self) -> bool:
        """Whether the key made this signature over this record, name, role and time."""
        message = signed_bytes(self.over, self.digest, name=self.name, role=self.role, signed_at=self.signed_at)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
        try:
            key.verify(bytes.fromhex(self.signature), message)
        except InvalidSignature:
            return False
        return True


def signed_bytes(over: str, digest: str, *, name: str, role: str, signed_at: str) -> bytes:
    """Return the bytes that are signed; ``digest`` is hex."""
    return tagged_head("sign", over, bytes.fromhex(digest), name, role, signed_at)


def sign(key: bytes, *, over: str, digest: str, name: str, role: str, signed_at: str) -> Signature:
    """Return the signature of a private key (32 bytes); the same arguments give the same bytes."""
    private = Ed25519PrivateKey.from_private_bytes(key)
    made = private.sign(signed_bytes(over, digest, name=name, role=role, signed_at=signed_at)).hex()
    return Signature(over, digest, name, role, public_key(key), signed_at, made)


def public_key(key: bytes) -> str:
    """Return the public key of a private one, hex."""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex()


def simulated_signing_key(suite: HashSuite, *, seed: int, name: str) -> bytes:
    """Return the key of a fictional signer in a simulated draw; anyone who knows the seed can sign with it."""
    return suite.tagged("simulated signer", str(seed), name)


def signature_from_record(found: Mapping[str, Any]) -> Signature:
    """Return the signature of a record whose form was checked."""
    return Signature(**{name: found[name] for name in Signature.__dataclass_fields__})


def person(name: str) -> str:
    """Return the name as one writes it to tell people apart: no case, no odd spaces, compatibility forms joined."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def distinct_people(signatures: Iterable[Signature]) -> int:
    """Return how many different people signed: as many as there are both different names and different keys."""
    listed = list(signatures)
    return min(len({person(one.name) for one in listed}), len({one.public_key for one in listed}))


def unknown_signers(signatures: Sequence[Signature], *, known: Mapping[str, str]) -> list[str]:
    """Return the names whose key is not the one known for them, in order of appearance."""
    return list(dict.fromkeys(one.name for one in signatures if known.get(one.name) != one.public_key))


def latest(signatures: Iterable[Signature]) -> datetime | None:
    """Return the time of the last signature, or None when there is none."""
    return max((datetime.fromisoformat(one.signed_at) for one in signatures), default=None)
