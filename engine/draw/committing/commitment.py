"""The commitment: everything that decides a draw, fixed before the randomness exists.

``commit_digest = H("commit", canonical JSON of the record)``. New draws write version 2, a closed record; version 1
is the layout of the published examples and is only read. One commitment is one draw: the ledger enforces it, the
sequence number and the digest of the certificate before it (``prev``) make gaps and repeats visible.
Source: docs/spec/draw-protocol.md §9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from engine.draw.committing import schema
from engine.draw.entropy.policy import EntropyPolicy, check_events, policy_from_record, read_time
from engine.draw.entropy.sources import SIMULATED_SOURCE, EntropyEvent, require_registered
from engine.draw.matching.rule import MatchRule, check_rule, rule_from_record
from engine.draw.populations.frame import BlindedFrame, Cell, HashedFrame, cell_name, is_exclusion
from engine.draw.populations.merges import check_merges
from engine.draw.populations.roster import Officer, roster_root
from engine.draw.protocol.encoding import PROTOCOL, HashSuite, canonical_json, suite_named
from engine.draw.protocol.tickets import key_commitment
from engine.draw.selecting.sizes import ratio_text, read_ratio
from engine.errors import CommitmentRefusedError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """How one item is drawn.

    Parameters
    ----------
    group : ticket group; items of one group are drawn together as far as possible.
    rounding : ``ceil`` or ``cum``.
    ratios : stratum → share to draw, exact, 0..1; general items already scaled to their cap.
    """

    group: str
    rounding: str
    ratios: Mapping[str, Fraction]

    def record(self) -> dict[str, Any]:
        """Return the terms as written in the commitment."""
        return {
            "group": self.group,
            "rounding": self.rounding,
            "ratios": {stratum: ratio_text(Fraction(ratio)) for stratum, ratio in self.ratios.items()},
        }


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment record with its digest.

    Parameters
    ----------
    record : the JSON object.
    digest : 32 bytes.
    """

    record: Mapping[str, Any]
    digest: bytes

    @property
    def suite(self) -> HashSuite:
        """The hash suite it names."""
        return suite_named(self.record["hash"])

    @property
    def version(self) -> int:
        """1 for the published examples' layout, else 2."""
        return int(self.record.get("v", 1))

    @property
    def is_simulation(self) -> bool:
        """Whether the draw is simulated and decides nothing."""
        return bool(self.record.get("class") == "simulation")

    @property
    def items(self) -> dict[str, ItemTerms]:
        """The terms of every item, in byte order."""
        found = self.record["items"]
        return {
            item: ItemTerms(
                found[item]["group"],
                found[item]["rounding"],
                {stratum: read_ratio(ratio) for stratum, ratio in found[item]["ratios"].items()},
            )
            for item in sorted(found, key=str.encode)
        }

    @property
    def events(self) -> tuple[EntropyEvent, ...]:
        """The committed events, in committed order."""
        return tuple(EntropyEvent(event["id"], event["event"], event["enc"]) for event in self.record["entropy"])

    @property
    def policy(self) -> EntropyPolicy | None:
        """The claimed entropy policy."""
        claimed = self.record.get("entropy_policy")
        return policy_from_record(claimed) if claimed else None

    @property
    def rule(self) -> MatchRule:
        """The match rule (version 2)."""
        return rule_from_record(self.record["match"])

    @property
    def reserves(self) -> dict[Cell, int]:
        """Reserves per cell (version 2; none in version 1)."""
        found: dict[Cell, int] = {}
        for name, n_reserves in self.record.get("reserves", {}).items():
            item, stratum = name.split("|")
            found[item, stratum] = n_reserves
        return found


def commitment_digest(record: Mapping[str, Any], *, suite: HashSuite) -> bytes:
    """Return ``H("commit", canonical JSON of the record)``."""
    return suite.tagged("commit", canonical_json(record))


def read_commitment(record: Any) -> Commitment:
    """Return the commitment of a record after checking its schema and its terms.

    Raises
    ------
    BundleUnreadableError
        A key is missing, unknown or of the wrong type.
    CommitmentRefusedError
        Its terms contradict each other or the protocol.
    """
    version = record.get("v", 1) if isinstance(record, Mapping) else 2
    (schema.COMMITMENT_1 if version == 1 else schema.COMMITMENT_2)(record, "commit")
    commitment = Commitment(record, commitment_digest(record, suite=suite_named(record["hash"])))
    _check_terms(commitment)
    return commitment


def _check_terms(commitment: Commitment) -> None:
    """Raise unless the record agrees with itself; what the claimed policy says is checked apart."""
    record = commitment.record
    sources = [event.source for event in commitment.events]
    if not sources or len(set(sources)) != len(sources):
        raise CommitmentRefusedError(where="entropy", problem=Message(N_("sources are named, each once")))
    _ = commitment.items
    if commitment.version == 1:
        return
    check_rule(commitment.rule, items=list(record["items"]))
    check_merges(record["merges"], strata={item: terms.ratios for item, terms in commitment.items.items()})
    if (SIMULATED_SOURCE in sources) != commitment.is_simulation:
        raise CommitmentRefusedError(
            where="class", problem=Message(N_("source 'sim' and class 'simulation' go together, and only so"))
        )
    if (record["profile"] == "sealed") != (record["release"] is not None):
        raise CommitmentRefusedError(
            where="release", problem=Message(N_("a sealed draw, and only such a one, names its release"))
        )
    if record["parent"] is not None and not record["parent"]["reason"].strip():
        raise CommitmentRefusedError(where="parent", problem=Message(N_("an added sample says why it is drawn")))
    for item, terms in commitment.items.items():
        if any(is_exclusion(stratum) for stratum in terms.ratios):
            raise CommitmentRefusedError(where=f"items.{item}", problem=Message(N_("an excluded stratum has no ratio")))
        if record["profile"] == "open" and len(set(terms.ratios.values())) > 1:
            raise CommitmentRefusedError(
                where="profile", problem=Message(N_("unequal ratios would show classes; choose blind or sealed"))
            )


def check_policy(commitment: Commitment) -> None:
    """Raise unless the planned events keep the claimed policy; a real version-2 draw must claim one.

    Raises
    ------
    CommitmentRefusedError
        The claim is missing, below the protocol's floor, or not kept by the events or their time.
    """
    record, policy = commitment.record, commitment.policy
    if policy is None:
        if commitment.version >= 2 and not commitment.is_simulation:
            raise CommitmentRefusedError(
                where="entropy_policy", problem=Message(N_("a real draw claims a policy for its entropy"))
            )
        return
    check_events(commitment.events, policy=policy)
    first = read_time(record["not_before"], where="not_before")
    if first < read_time(record["committed_at"], where="committed_at") + timedelta(hours=policy.gap_hours):
        raise CommitmentRefusedError(
            where="not_before",
            problem=Message(
                N_("events may begin {hours} hours after the commitment at the earliest"), {"hours": policy.gap_hours}
            ),
        )


def check_against_frame(commitment: Commitment, frame: BlindedFrame) -> None:
    """Raise unless counts per cell, ratios and the register's own count fit the frame.

    Raises
    ------
    CommitmentRefusedError
        A count differs, a stratum has no ratio, or the register counts other than the frame.
    """
    record = commitment.record
    counts = frame.counts()
    expected = {cell_name(*cell): n_rows for cell, n_rows in counts.items()}
    committed = record.get("counts", expected)
    if frame.size != record["N"] or dict(committed) != expected:
        wrong = [
            name for name in sorted(expected.keys() | committed.keys()) if expected.get(name) != committed.get(name)
        ]
        raise CommitmentRefusedError(
            where="counts",
            problem=Message(N_("the frame counts otherwise, first at {cell}"), {"cell": wrong[0] if wrong else "N"}),
        )
    items = commitment.items
    for item, stratum in counts:
        if item not in items or not (is_exclusion(stratum) or stratum in items[item].ratios):
            raise CommitmentRefusedError(
                where=f"items.{item}", problem=Message(N_("stratum {stratum} has no ratio"), {"stratum": stratum})
            )
    for item, registered in (record.get("registry") or {}).items():
        found = sum(n_rows for (other, _), n_rows in counts.items() if other == item)
        if found != registered:
            raise CommitmentRefusedError(
                where=f"registry.{item}",
                problem=Message(
                    N_("the register counts {registered}, the frame {found}"),
                    {"registered": registered, "found": found},
                ),
            )


def committed_reserves(counts: Mapping[Cell, int], *, share: Fraction) -> dict[str, int]:
    """Return reserves per cell: the given share of its rows, rounded up, exclusion cells without."""
    return {
        cell_name(item, stratum): ceil(share * n_rows)
        for (item, stratum), n_rows in counts.items()
        if share > 0 and not is_exclusion(stratum)
    }


def build_commitment(
    frame: HashedFrame,
    roster: tuple[Officer, ...],
    *,
    key: bytes,
    plan: str,
    plan_digest: str,
    draw_id: str,
    sequence: int,
    previous: str,
    items: Mapping[str, ItemTerms],
    rule: MatchRule,
    events: Sequence[EntropyEvent],
    policy: EntropyPolicy | None,
    committed_at: str,
    not_before: str,
    deadlines: Mapping[str, str],
    profile: str,
    release: str | None,
    reserves: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    registry: Mapping[str, int] | None,
    rules: str,
    code_digest: str,
    approval: str,
    fallback_events: int,
    substitution: Mapping[str, Sequence[str]] | None = None,
    parent: Mapping[str, str] | None = None,
    rating: Mapping[str, str] | None = None,
) -> Commitment:
    """Return the commitment of a draw, version 2, after all checks that can be made beforehand.

    Parameters
    ----------
    frame, roster : frozen; their roots are committed.
    key : 32 bytes that blind both; only ``H("key", K)`` is written.
    plan, plan_digest : the annual plan and its ``H("plan", …)``.
    draw_id, sequence, previous : name, running number, digest of the certificate before (zeros only for the first).
    items : terms by item; cover every item of the frame.
    events : future events in the order in which they enter the seed; source ``sim`` makes it a simulation.
    policy : the claim about the events; needed unless simulated.
    committed_at, not_before, deadlines : RFC 3339 times with offset; deadlines by source.
    profile, release : ``open``, ``blind`` or ``sealed``, the last with its release time.
    reserves : ``item|stratum`` → k (:func:`committed_reserves`).
    merges : (small stratum, neighbour) in the order in which estimation merges them.
    registry : item → the register's own count of its objects, excluded ones included; None when it publishes none.
    rules, code_digest, approval : rulebook version, digest of the program, reference of the approval.
    fallback_events : how many following events of a source may replace a failed one.
    substitution : reason codes for which a ``reserve`` may stand in for an object and an ``officer`` for another; none
        if not given.
    parent : of an added sample: ``draw``, ``commit_digest``, ``certificate_digest`` of the draw it adds to, ``reason``.
    rating : ``as_of`` and blinded ``digest`` of the grades that cut the strata; None where no grades did.

    Raises
    ------
    CommitmentRefusedError, BundleUnreadableError, EntropyRefusedError, NotCanonicalError
        The terms contradict each other, the frame, the policy or the protocol.
    """
    suite, counts = frame.suite, frame.rows.counts()
    is_simulated = any(event.source == SIMULATED_SOURCE for event in events)
    record = {
        "v": 2,
        "protocol": PROTOCOL,
        "class": "simulation" if is_simulated else "real",
        "plan": plan,
        "plan_digest": plan_digest,
        "draw": draw_id,
        "seq": sequence,
        "prev": previous,
        "hash": suite.name,
        "frame_root": frame.root.hex(),
        "N": frame.rows.size,
        "counts": {cell_name(*cell): n_rows for cell, n_rows in counts.items()},
        "registry": dict(registry) if registry is not None else None,
        "items": {item: terms.record() for item, terms in items.items()},
        "merges": [list(pair) for pair in merges],
        "reserves": dict(reserves),
        "roster_root": roster_root(roster, suite=suite).hex(),
        "roster_size": len(roster),
        "match": rule.record(),
        "key_commit": key_commitment(suite, key=key).hex(),
        "committed_at": committed_at,
        "not_before": not_before,
        "entropy": [event.record() for event in events],
        "entropy_policy": policy.record() if policy is not None else None,
        "deadlines": dict(deadlines),
        "fallback": {"rule": "next_event", "most": fallback_events},
        "profile": profile,
        "release": release,
        "substitution": {kind: list((substitution or {}).get(kind, ())) for kind in ("reserve", "officer")},
        "parent": dict(parent) if parent is not None else None,
        "rating": dict(rating) if rating is not None else None,
        "rules": rules,
        "code": code_digest,
        "approval": approval,
    }
    commitment = read_commitment(record)
    check_policy(commitment)
    check_against_frame(commitment, frame.rows)
    for event in commitment.events:
        require_registered(event.source, encoding=event.encoding)
    return commitment
