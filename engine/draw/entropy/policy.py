"""Whether the chosen events make a fair draw, apart from whether their bytes are right.

A draw that claims a policy must keep it, and no claim may be weaker than the protocol's floor: at least 80 bits in
total, two operators with at least 16 bits each drawing within a few hours of each other, a day between commitment and
event. A draw that claims none (the published examples, simulations) is not failed for it; readers are told. Source:
docs/spec/draw-protocol.md §3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.draw.entropy.sources import SOURCES, EntropyEvent, EntropyValue
from engine.errors import CommitmentRefusedError, EntropyRefusedError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class EntropyPolicy:
    """The claim a commitment makes about its events.

    Parameters
    ----------
    bits : least bits in total.
    operators : least number of operators that reach ``operator_bits``.
    operator_bits : least bits of such an operator.
    gap_hours : least time between commitment and any event.
    spread_hours : most time between the first and the last event.
    """

    bits: int
    operators: int
    operator_bits: int
    gap_hours: int
    spread_hours: int

    def record(self) -> dict[str, int]:
        """Return the claim as written in the commitment."""
        return {
            "bits": self.bits,
            "operators": self.operators,
            "operator_bits": self.operator_bits,
            "gap_hours": self.gap_hours,
            "spread_hours": self.spread_hours,
        }

    def is_weaker_than(self, floor: "EntropyPolicy") -> bool:
        """Whether any part of this claim falls short of ``floor``."""
        return (
            self.bits < floor.bits
            or self.operators < floor.operators
            or self.operator_bits < floor.operator_bits
            or self.gap_hours < floor.gap_hours
            or self.spread_hours > floor.spread_hours
        )


PROTOCOL_FLOOR = EntropyPolicy(bits=80, operators=2, operator_bits=16, gap_hours=24, spread_hours=24)
"""The weakest claim that ssdraw/1 accepts for a real draw."""


def policy_from_record(record: Mapping[str, Any]) -> EntropyPolicy:
    """Return the claim written in a commitment (its schema is checked there)."""
    return EntropyPolicy(**{name: record[name] for name in EntropyPolicy.__dataclass_fields__})


def check_events(events: Sequence[EntropyEvent], *, policy: EntropyPolicy) -> None:
    """Raise unless the planned events can satisfy the claim, and the claim reaches the protocol's floor.

    Raises
    ------
    CommitmentRefusedError
        Too few bits or operators, or a claim below the floor.
    """
    if policy.is_weaker_than(PROTOCOL_FLOOR):
        raise CommitmentRefusedError(
            where="entropy_policy",
            problem=Message(
                N_("the claim is below the floor of {bits} bits, {operators} operators and {gap} hours"),
                {"bits": PROTOCOL_FLOOR.bits, "operators": PROTOCOL_FLOOR.operators, "gap": PROTOCOL_FLOOR.gap_hours},
            ),
        )
    per_operator: dict[str, float] = {}
    for event in events:
        source = SOURCES.get(event.source)
        if source is not None:
            per_operator[source.operator] = per_operator.get(source.operator, 0.0) + source.bits
    strong = sum(bits >= policy.operator_bits for bits in per_operator.values())
    total = sum(per_operator.values())
    if total < policy.bits or strong < policy.operators:
        raise CommitmentRefusedError(
            where="entropy",
            problem=Message(
                N_("the events bring {bits} bits and {strong} strong operator(s); {need_bits} and {need} are claimed"),
                {"bits": round(total, 1), "strong": strong, "need_bits": policy.bits, "need": policy.operators},
            ),
        )


def read_time(text: str, *, where: str) -> datetime:
    """Return an RFC 3339 time with offset.

    Raises
    ------
    CommitmentRefusedError
        The text is not such a time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or len(text) < len("2026-01-01T00:00:00Z"):
        raise CommitmentRefusedError(
            where=where,
            problem=Message(
                N_("{text!r} is not a time with offset, such as 2026-03-05T21:15:00+08:00"), {"text": text}
            ),
        )
    return moment


def check_timing(
    values: Sequence[EntropyValue],
    *,
    committed_at: str,
    not_before: str,
    deadlines: Mapping[str, str],
    policy: EntropyPolicy | None,
) -> None:
    """Raise unless every event happened after the commitment plus the gap, in its window and near the others.

    Without a claimed policy the gap is 0, but an event before its own commitment is refused all the same.

    Raises
    ------
    EntropyRefusedError
        An event lies too early, after its deadline, or too far from the others.
    """
    earliest = read_time(committed_at, where="committed_at") + timedelta(hours=policy.gap_hours if policy else 0)
    earliest = max(earliest, read_time(not_before, where="not_before"))
    moments = []
    for value in values:
        moment = read_time(value.drawn_at, where=f"entropy_used.{value.source}")
        moments.append(moment)
        if moment < earliest:
            raise EntropyRefusedError(
                source=value.source,
                problem=Message(
                    N_("event {event} of {at} lies before {earliest}, the commitment plus its gap"),
                    {"event": value.event, "at": value.drawn_at, "earliest": earliest.isoformat()},
                ),
            )
        deadline = deadlines.get(value.source)
        if deadline is not None and moment > read_time(deadline, where="deadlines"):
            raise EntropyRefusedError(
                source=value.source,
                problem=Message(
                    N_("event {event} of {at} lies after its deadline {deadline}"),
                    {"event": value.event, "at": value.drawn_at, "deadline": deadline},
                ),
            )
    if policy and moments and max(moments) - min(moments) > timedelta(hours=policy.spread_hours):
        raise EntropyRefusedError(
            source=values[-1].source,
            problem=Message(N_("the events lie more than {hours} hours apart"), {"hours": policy.spread_hours}),
        )
