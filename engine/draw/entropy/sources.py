"""Public events as the source of the seed: which sources there are and how their values are written.

A value has exactly one spelling, so that two readers of the same lottery result hash the same bytes. The list of
sources is part of the protocol; bits are those of the event itself. Source: docs/spec/draw-protocol.md §3; the
spelling follows RFC 3797 §4 (numbers in a stated order, joined by points).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, log2

from engine.draw.protocol.encoding import HashSuite
from engine.errors import EntropyRefusedError
from engine.messages import N_, Message

SIMULATED_SOURCE = "sim"


@dataclass(frozen=True, slots=True)
class Encoding:
    """The one spelling of a value.

    Parameters
    ----------
    name : str, as written in the commitment.
    pattern : regular expression of the whole value.
    runs : lengths of the runs of two-digit numbers that ascend strictly; empty for plain digits.
    limits : largest number of each run, lowest is 1.
    """

    name: str
    pattern: str
    runs: tuple[int, ...] = ()
    limits: tuple[int, ...] = ()

    def accepts(self, value: str) -> bool:
        """Whether ``value`` is a possible value in this spelling."""
        if re.fullmatch(self.pattern, value, re.ASCII) is None:
            return False
        numbers = [int(part) for part in value.split(".")] if self.runs else []
        start = 0
        for length, limit in zip(self.runs, self.limits, strict=True):
            run = numbers[start : start + length]
            start += length
            if run != sorted(set(run)) or not run or run[0] < 1 or run[-1] > limit:
                return False
        return True


def _balls(name: str, *, runs: tuple[int, ...], limits: tuple[int, ...]) -> Encoding:
    return Encoding(name, r"\d\d" + r"\.\d\d" * (sum(runs) - 1), runs, limits)


@dataclass(frozen=True, slots=True)
class EntropySource:
    """One notarised public source.

    Parameters
    ----------
    identifier : str, as written in the commitment.
    name : str, for people.
    operator : who draws; bits are counted per operator.
    encoding : its spelling.
    bits : log2 of the number of equally likely values.
    """

    identifier: str
    name: str
    operator: str
    encoding: Encoding
    bits: float


_HEX_64 = Encoding("64 hex digits", r"[0-9a-f]{64}")
_SOURCES = (
    EntropySource("fc3d", "福彩3D", "welfare_lottery", Encoding("ddd", r"\d{3}"), log2(10**3)),
    EntropySource(
        "kl8",
        "快乐8",
        "welfare_lottery",
        _balls("20 asc two-digit joined by .", runs=(20,), limits=(80,)),
        log2(comb(80, 20)),
    ),
    EntropySource(
        "ssq",
        "双色球",
        "welfare_lottery",
        _balls("6 asc two-digit then 1 two-digit joined by .", runs=(6, 1), limits=(33, 16)),
        log2(comb(33, 6) * 16),
    ),
    EntropySource("pl3", "排列三", "sports_lottery", Encoding("ddd", r"\d{3}"), log2(10**3)),
    EntropySource("pl5", "排列五", "sports_lottery", Encoding("ddddd", r"\d{5}"), log2(10**5)),
    EntropySource(
        "qxc", "七星彩", "sports_lottery", Encoding("dddddd then . and 0..14", r"\d{6}\.(\d|1[0-4])"), log2(10**6 * 15)
    ),
    EntropySource(
        "dlt",
        "大乐透",
        "sports_lottery",
        _balls("5 asc two-digit then 2 asc two-digit joined by .", runs=(5, 2), limits=(35, 12)),
        log2(comb(35, 5) * comb(12, 2)),
    ),
    EntropySource("drand_quicknet", "drand quicknet", "drand", _HEX_64, 256.0),
    EntropySource("nist_beacon_2", "NIST beacon 2.0", "nist", Encoding("128 hex digits", r"[0-9a-f]{128}"), 512.0),
    EntropySource("ceremony", "public ceremony before the event", "agency", _HEX_64, 0.0),
    EntropySource(SIMULATED_SOURCE, "simulation", "simulation", _HEX_64, 0.0),
)
SOURCES: Mapping[str, EntropySource] = {source.identifier: source for source in _SOURCES}


@dataclass(frozen=True, slots=True)
class EntropyEvent:
    """An event the commitment names.

    Parameters
    ----------
    source : identifier in the registry.
    event : the operator's own number of the event.
    encoding : name of the spelling.
    """

    source: str
    event: str
    encoding: str

    def record(self) -> dict[str, str]:
        """Return the event as written in the commitment."""
        return {"id": self.source, "event": self.event, "enc": self.encoding}


def planned_event(source: str, *, event: str) -> EntropyEvent:
    """Return the event of a registered source with the source's own spelling.

    Raises
    ------
    EntropyRefusedError
        The registry has no such source.
    """
    if source not in SOURCES:
        raise EntropyRefusedError(
            source=source,
            problem=Message(N_("it is not one of the registered sources {known}"), {"known": ", ".join(SOURCES)}),
        )
    return EntropyEvent(source, event, SOURCES[source].encoding.name)


@dataclass(frozen=True, slots=True)
class EntropyValue:
    """What an event brought.

    Parameters
    ----------
    source, event : the event actually used (a fallback may differ from the committed number).
    value : in the source's spelling.
    drawn_at : RFC 3339 time of the event, as its operator published it.
    evidence : where the value can be looked up, in words.
    """

    source: str
    event: str
    value: str
    drawn_at: str
    evidence: str

    def record(self) -> dict[str, object]:
        """Return the value as written in the certificate's ``entropy_used``."""
        evidence = {"drawn_at": self.drawn_at, "reference": self.evidence}
        return {"id": self.source, "event": self.event, "value": self.value, "evidence": evidence}


def require_registered(source: str, *, encoding: str) -> EntropySource:
    """Return the registered source that uses this encoding.

    Raises
    ------
    EntropyRefusedError
        Source or encoding is unknown, or they do not belong together.
    """
    known = SOURCES.get(source)
    if known is None or known.encoding.name != encoding:
        raise EntropyRefusedError(
            source=source,
            problem=Message(N_("the protocol knows no such source with encoding {encoding!r}"), {"encoding": encoding}),
        )
    return known


def require_canonical(value: str, *, source: str, encoding: str) -> None:
    """Raise unless ``value`` is spelled as the committed encoding of a registered source says.

    Raises
    ------
    EntropyRefusedError
        Source or encoding is unknown, they do not belong together, or the value is spelled otherwise.
    """
    if not require_registered(source, encoding=encoding).encoding.accepts(value):
        raise EntropyRefusedError(
            source=source,
            problem=Message(
                N_("{value!r} is not written as {encoding!r}"), {"value": value[:130], "encoding": encoding}
            ),
        )


def seed_of(suite: HashSuite, *, commit_digest: bytes, values: Sequence[tuple[str, str, str]]) -> bytes:
    """Return ``H("seed", commit_digest, id_1, event_1, value_1, …)`` over (id, event, value) in committed order."""
    return suite.tagged("seed", commit_digest, *(field for triple in values for field in triple))


def simulated_key(suite: HashSuite, *, seed: int) -> bytes:
    """Return the blinding key of a simulated draw; anyone who knows the seed can unblind it."""
    return suite.tagged("simulated key", str(seed))


def simulated_value(suite: HashSuite, *, seed: int, event: str, drawn_at: str) -> EntropyValue:
    """Return the value that the simulation source gives for an event; never random, always marked."""
    value = suite.tagged("simulated entropy", str(seed), event).hex()
    return EntropyValue(SIMULATED_SOURCE, event, value, drawn_at, "simulated, not random")
