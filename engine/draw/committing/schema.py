"""The closed form of records: what keys there are, of which type, and nothing else.

Version 2 records refuse unknown keys, so that no reader ignores a term that another applies. Version 1, the layout of
the published examples, is open. A rule is a function of a value and its place that raises when they do not fit.
Source: docs/spec/draw-protocol.md §9.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engine.draw.entropy.policy import read_time
from engine.draw.matching.rule import RULE_ID
from engine.draw.populations.frame import CELL_SEPARATOR
from engine.draw.protocol.encoding import LARGEST_PLAIN_INTEGER, PROTOCOL
from engine.draw.selecting.sizes import ROUNDINGS
from engine.errors import BundleUnreadableError
from engine.messages import N_, Message

Rule = Callable[[Any, str], None]

PROFILES = ("open", "blind", "sealed")
DRAW_CLASSES = ("real", "simulation")


def _refuse(where: str, template: str, **params: object) -> None:
    raise BundleUnreadableError(where=where, problem=Message(template, params))


def text(value: Any, where: str) -> None:
    """Accept any text."""
    if not isinstance(value, str):
        _refuse(where, N_("text is expected"))


def code(value: Any, where: str) -> None:
    """Accept a code: text that is not empty and holds no ``|``."""
    text(value, where)
    if not value or CELL_SEPARATOR in value:
        _refuse(where, N_("a code is not empty and holds no '|': {code!r}"), code=value)


def cell(value: Any, where: str) -> None:
    """Accept ``item|stratum``."""
    text(value, where)
    parts = value.split(CELL_SEPARATOR)
    if len(parts) != 2 or not all(parts):
        _refuse(where, N_("'item|stratum' is expected"))


def hex_of(n_bytes: int) -> Rule:
    """Accept lower-case hex of that many bytes."""
    pattern = re.compile(rf"[0-9a-f]{{{2 * n_bytes}}}")

    def rule(value: Any, where: str) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            _refuse(where, N_("{n} lower-case hex digits are expected"), n=2 * n_bytes)

    return rule


digest = hex_of(32)


def threshold(value: Any, where: str) -> None:
    """Accept a digest or the empty text."""
    if value != "":
        digest(value, where)


def integer(value: Any, where: str) -> None:
    """Accept a whole number from 0 below 2^53."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_PLAIN_INTEGER:
        _refuse(where, N_("a whole number from 0 is expected"))


def large_integer(value: Any, where: str) -> None:
    """Accept a whole number, written as text from 2^53 on."""
    if isinstance(value, str) and re.fullmatch(r"-?[1-9][0-9]{15,40}", value):
        return
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST_PLAIN_INTEGER:
        _refuse(where, N_("a whole number is expected"))


def truth(value: Any, where: str) -> None:
    """Accept true or false."""
    if not isinstance(value, bool):
        _refuse(where, N_("true or false is expected"))


def time(value: Any, where: str) -> None:
    """Accept an RFC 3339 time with offset."""
    text(value, where)
    read_time(value, where=where)


def day(value: Any, where: str) -> None:
    """Accept a date as YYYY-MM-DD."""
    text(value, where)
    try:
        date.fromisoformat(value)
    except ValueError:
        _refuse(where, N_("a date as YYYY-MM-DD is expected"))


def one_of(*allowed: object) -> Rule:
    """Accept one of the values."""

    def rule(value: Any, where: str) -> None:
        if not any(value == one and type(value) is type(one) for one in allowed):
            _refuse(where, N_("one of {allowed} is expected"), allowed=", ".join(str(one) for one in allowed))

    return rule


def nullable(inner: Rule) -> Rule:
    """Accept null or what ``inner`` accepts."""
    return lambda value, where: None if value is None else inner(value, where)


def listing(inner: Rule, *, length: int | None = None) -> Rule:
    """Accept a list of what ``inner`` accepts."""

    def rule(value: Any, where: str) -> None:
        if not isinstance(value, list | tuple) or (length is not None and len(value) != length):
            _refuse(where, N_("a list is expected"))
        for position, element in enumerate(value):
            inner(element, f"{where}[{position}]")

    return rule


def mapping(key: Rule, inner: Rule) -> Rule:
    """Accept an object with any keys that ``key`` accepts."""

    def rule(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            _refuse(where, N_("an object is expected"))
        for name, element in value.items():
            key(name, f"{where} key")
            inner(element, f"{where}.{name}")

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *, closed: bool = True) -> Rule:
    """Accept an object with these keys; unknown ones are refused when closed."""
    known = {**required, **(optional or {})}

    def rule(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            _refuse(where, N_("an object is expected"))
        missing = sorted(required.keys() - value.keys())
        unknown = sorted(value.keys() - known.keys()) if closed else []
        if missing:
            _refuse(where, N_("the key(s) {keys} are missing"), keys=", ".join(missing))
        if unknown:
            _refuse(where, N_("the key(s) {keys} are unknown"), keys=", ".join(unknown))
        for name, element in value.items():
            if name in known:
                known[name](element, f"{where}.{name}")

    return rule


_PLANNED_ITEM = record({"group": text, "rounding": one_of(*ROUNDINGS), "ratios": mapping(code, text)})
_PLANNED_EVENT = record({"id": code, "event": text, "enc": text})
_DISTRICTS = mapping(code, listing(code))
_MINIMA = mapping(code, integer)
_NEED = record({"department": code, "specialities": listing(code), "experts": listing(code)})
_RUNG = record(
    {"name": text},
    {"cap_extra": integer, "rotation": truth, "departments": _MINIMA, "officer_districts": _DISTRICTS},
)
_MATCH_RULE = record(
    {
        "rule": one_of(RULE_ID),
        "team_minimum": integer,
        "departments": _MINIMA,
        "initiators": listing(code),
        "items": mapping(code, _NEED),
        "certificate_valid_on": day,
        "officer_districts": _DISTRICTS,
        "ladder": listing(_RUNG),
    }
)
_POLICY = record(
    {"bits": integer, "operators": integer, "operator_bits": integer, "gap_hours": integer, "spread_hours": integer}
)

COMMITMENT_1 = record(
    {
        "plan": text,
        "draw": text,
        "seq": integer,
        "prev": digest,
        "hash": one_of("sha256", "sm3"),
        "frame_root": digest,
        "N": integer,
        "items": mapping(code, _PLANNED_ITEM),
        "key_commit": digest,
        "not_before": time,
        "entropy": listing(_PLANNED_EVENT),
    },
    closed=False,
)
"""The open layout of the published examples."""

COMMITMENT_2 = record(
    {
        "v": one_of(2),
        "protocol": one_of(PROTOCOL),
        "class": one_of(*DRAW_CLASSES),
        "plan": text,
        "plan_digest": digest,
        "draw": code,
        "seq": integer,
        "prev": digest,
        "hash": one_of("sha256", "sm3"),
        "frame_root": digest,
        "N": integer,
        "counts": mapping(cell, integer),
        "registry": nullable(mapping(code, integer)),
        "items": mapping(code, _PLANNED_ITEM),
        "merges": listing(listing(code, length=2)),
        "reserves": mapping(cell, integer),
        "roster_root": digest,
        "roster_size": integer,
        "match": _MATCH_RULE,
        "key_commit": digest,
        "committed_at": time,
        "not_before": time,
        "entropy": listing(_PLANNED_EVENT),
        "entropy_policy": nullable(_POLICY),
        "deadlines": mapping(code, time),
        "fallback": record({"rule": one_of("next_event"), "most": integer}),
        "profile": one_of(*PROFILES),
        "release": nullable(time),
        "substitution": record({"reserve": listing(code), "officer": listing(code)}),
        "parent": nullable(
            record({"draw": code, "commit_digest": digest, "certificate_digest": digest, "reason": text})
        ),
        "rating": nullable(record({"as_of": day, "digest": digest})),
        "rules": text,
        "code": text,
        "approval": text,
    }
)

OFFICER = record(
    {
        "handle": digest,
        "department": code,
        "specialities": listing(code),
        "district": text,
        "certificate_expires_on": day,
        "cap": integer,
        "prior": integer,
        "weight": integer,
        "recused": listing(digest),
        "rotated": listing(digest),
    }
)
_CELL_RESULT_1 = record({"N": integer, "n": integer, "tau": threshold, "selected": listing(digest)}, closed=False)
_CELL_RESULT_2 = record(
    {"N": integer, "n": integer, "tau": threshold, "selected": listing(digest), "reserves": listing(digest)}
)
_CELL_PROBABILITY = record({"design": text, "inclusion": text})
_USED = record({"id": code, "event": text, "value": text, "evidence": record({"drawn_at": time, "reference": text})})
_TEAM_CODE = hex_of(8)
_POST = listing(text, length=2)
_SHORTAGE = record({"posts": listing(_POST), "needed": integer, "capacity": integer})
_MATCH_1 = record(
    {
        "teams": mapping(text, listing(text)),
        "inspectors": mapping(
            text, record({"dept": text, "cap": integer, "prior": integer, "recuse": listing(text)}, closed=False)
        ),
        "slots": listing(_POST),
        "assignment": listing(text),
        "sq_load": integer,
        "ticket_sum": large_integer,
    },
    closed=False,
)
_MATCH_2 = record(
    {
        "level": integer,
        "shortages": listing(_SHORTAGE),
        "unmatched": listing(record({"shortage": _SHORTAGE, "teams": listing(_TEAM_CODE)})),
        "slots": listing(_POST),
        "assignment": listing(_TEAM_CODE),
        "leaders": mapping(_TEAM_CODE, _TEAM_CODE),
        "sq_load": large_integer,
        "ticket_sum": large_integer,
        "duals": listing(listing(large_integer)),
    }
)
_VISITS = mapping(digest, listing(code))

CERTIFICATE_1 = record(
    {
        "entropy": mapping(text, text),
        "seed": digest,
        "result": mapping(cell, _CELL_RESULT_1),
        "visits": _VISITS,
        "match": _MATCH_1,
    },
    closed=False,
)
LOG_HEAD = record({"size": integer, "root": digest})
CERTIFICATE_2 = record(
    {
        "v": one_of(2),
        "kind": one_of("draw"),
        "class": one_of(*DRAW_CLASSES),
        "draw": code,
        "seq": integer,
        "prev": digest,
        "commit_digest": digest,
        "entropy_used": listing(_USED),
        "seed": digest,
        "result": mapping(cell, _CELL_RESULT_2),
        "pi": mapping(cell, _CELL_PROBABILITY),
        "visits": _VISITS,
        "match": _MATCH_2,
        "code": text,
        "log": nullable(LOG_HEAD),
        "issued_at": time,
        "certificate_digest": digest,
    }
)
VOID = record(
    {
        "v": one_of(2),
        "kind": one_of("void"),
        "class": one_of(*DRAW_CLASSES),
        "draw": code,
        "seq": integer,
        "prev": digest,
        "commit_digest": digest,
        "reason": text,
        "log": nullable(LOG_HEAD),
        "issued_at": time,
        "certificate_digest": digest,
    }
)
OPENING = record({"id": text, "salt": hex_of(16), "index": integer, "proof": listing(digest)}, closed=False)
"""What lets one object find its own row."""
