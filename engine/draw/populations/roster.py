"""The roster: officers who can be matched, under handles, with what the match may look at.

A row is ``lp`` of fixed fields in fixed order: handle, department, number of specialities and each of them, district,
certificate expiry, cap, prior load, weight, number of recused objects and each handle, number of rotated objects and
each handle; numbers are decimal text. Rows are sorted by handle and hashed like the frame's, so that changing a cap
after the commitment is seen. Recusals (interest, kinship, former employer) are never relaxed; rotation (was there on
the last visits) may be, by the committed ladder, and is therefore a list of its own.
Source: docs/spec/draw-protocol.md §6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite, field_bytes, lp
from engine.draw.protocol.merkle import leaf_hash, tree_root
from engine.errors import CommitmentRefusedError
from engine.messages import N_, Message

LEADER = "leader"
"""The speciality of officers who may lead a team."""
EXPERT_DEPARTMENT = "expert"
"""The department of experts, who join a team but never count as officers."""
LARGEST_LOAD = 100_000
LARGEST_WEIGHT = 1_000
TEAM_CODE_LENGTH = 16
"""Teams and officers are called by the first 16 hex digits of their handle."""


@dataclass(frozen=True, slots=True)
class Officer:
    """One row of the roster.

    Parameters
    ----------
    handle : 32 bytes, salted like an object's; the identifier is ``inspector:<code>``.
    department, district : codes.
    specialities : codes in byte order; ``leader`` marks who may lead.
    certificate_expires_on : date as YYYY-MM-DD.
    cap : most visits in this draw, ≥ 0.
    prior : visits already made in the period, ≥ 0.
    weight : integer factor of the cost of a visit, ≥ 1; part-timers have more.
    recused, rotated : handles of objects this officer must not (again) visit, ascending.
    """

    handle: bytes
    department: str
    specialities: tuple[str, ...]
    district: str
    certificate_expires_on: str
    cap: int
    prior: int
    weight: int
    recused: tuple[bytes, ...]
    rotated: tuple[bytes, ...]

    @property
    def code(self) -> str:
        """The officer's name in tickets and records: 16 hex digits."""
        return self.handle.hex()[:TEAM_CODE_LENGTH]

    def row(self) -> bytes:
        """Return the row that is hashed."""
        fields: list[str | bytes] = [self.handle, self.department, str(len(self.specialities)), *self.specialities]
        fields += [self.district, self.certificate_expires_on, str(self.cap), str(self.prior), str(self.weight)]
        fields += [str(len(self.recused)), *self.recused, str(len(self.rotated)), *self.rotated]
        return b"".join([lp(field_bytes(field)) for field in fields])

    def record(self) -> dict[str, Any]:
        """Return the officer as written in bundles."""
        return {
            "handle": self.handle.hex(),
            "department": self.department,
            "specialities": self.specialities,
            "district": self.district,
            "certificate_expires_on": self.certificate_expires_on,
            "cap": self.cap,
            "prior": self.prior,
            "weight": self.weight,
            "recused": tuple(handle.hex() for handle in self.recused),
            "rotated": tuple(handle.hex() for handle in self.rotated),
        }


def is_countable(officer: Officer) -> bool:
    """Whether cap and prior load are 0..100,000 and the weight 1..1,000, so that all sums stay exact."""
    return 0 <= min(officer.cap, officer.prior) <= max(officer.cap, officer.prior) <= LARGEST_LOAD and (
        1 <= officer.weight <= LARGEST_WEIGHT
    )


def officer_from_record(record: Mapping[str, Any]) -> Officer:
    """Return the officer of a bundle record whose types were checked."""
    return Officer(
        handle=bytes.fromhex(record["handle"]),
        department=record["department"],
        specialities=tuple(record["specialities"]),
        district=record["district"],
        certificate_expires_on=record["certificate_expires_on"],
        cap=record["cap"],
        prior=record["prior"],
        weight=record["weight"],
        recused=tuple(bytes.fromhex(handle) for handle in record["recused"]),
        rotated=tuple(bytes.fromhex(handle) for handle in record["rotated"]),
    )


def sorted_roster(officers: Iterable[Officer]) -> tuple[Officer, ...]:
    """Return officers by handle.

    Raises
    ------
    CommitmentRefusedError
        Two officers share a code.
    """
    ranked = tuple(sorted(officers, key=lambda officer: officer.handle))
    codes = {officer.code for officer in ranked}
    if len(codes) != len(ranked):
        raise CommitmentRefusedError(where="roster", problem=Message(N_("two officers share a code; take another key")))
    return ranked


def roster_root(roster: tuple[Officer, ...], *, suite: HashSuite) -> bytes:
    """Return the Merkle root over the roster, in the order given."""
    return tree_root(suite, b"".join(leaf_hash(suite, officer.row()) for officer in roster))


def first_fault(roster: tuple[Officer, ...]) -> Message | None:
    """Return what is wrong with the form of a published roster, or None."""
    for position, officer in enumerate(roster):
        lists = ((officer.recused, "recused"), (officer.rotated, "rotated"))
        if len(officer.handle) != DIGEST_BYTES:
            return Message(N_("officer {n}: a handle has 32 bytes"), {"n": position})
        if position and officer.handle <= roster[position - 1].handle:
            return Message(N_("officer {n}: rows are not strictly increasing by handle"), {"n": position})
        if position and officer.code == roster[position - 1].code:
            return Message(N_("officer {n}: two officers share a code"), {"n": position})
        if not is_countable(officer):
            return Message(N_("officer {n}: cap, prior load or weight is out of range"), {"n": position})
        for handles, name in lists:
            if list(handles) != sorted(set(handles)) or any(len(handle) != DIGEST_BYTES for handle in handles):
                return Message(N_("officer {n}: {name} is not in strict order"), {"n": position, "name": name})
        encoded = [speciality.encode() for speciality in officer.specialities]
        if encoded != sorted(set(encoded)):
            return Message(N_("officer {n}: {name} is not in strict order"), {"n": position, "name": "specialities"})
    return None
