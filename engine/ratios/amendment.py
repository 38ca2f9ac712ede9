"""Amendments of policy: dated values that are drafted, approved by a second person and then hold from a day on.

An amendment never changes a value that already stands: each of its values begins after today and after the last value
of its parameter, so the past stays as it was and no two values hold on one day. Amendments travel as plain JSON.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, NoReturn

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter, PolicyBook

AMENDABLE = ("ratios.", "capacity.", "grading.")
"""Beginnings of the names of parameters that a draft may amend."""
FIXED_BY_LAW = frozenset({"grading.overrides"})
"""Parameters among them that it may not: a city does not amend a statute."""
_DAY = "$date"


@dataclass(frozen=True, slots=True)
class Amendment:
    """Values that are to hold from their days on.

    Parameters
    ----------
    draft_id : name. parameters : by name, their new dated values alone. digest : of the content.
    """

    draft_id: str
    parameters: Mapping[str, Parameter]
    digest: str

    @property
    def valid_from(self) -> date:
        """First day on which one of its values holds."""
        return min(day for parameter in self.parameters.values() for day in parameter.values)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day on which a value begins, in order."""
        return tuple(sorted({day for parameter in self.parameters.values() for day in parameter.values}))


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs between two policies on a day.

    Parameters
    ----------
    parameter, key : which value; ``key`` is the way down into the parameter's value, empty for the whole.
    before, after : as written, null where there is none. reference_before, reference_after : what they rest on.
    """

    parameter: str
    key: str
    before: str | None
    after: str | None
    reference_before: str | None
    reference_after: str | None


def amended(book: PolicyBook, amendments: Sequence[Amendment]) -> PolicyBook:
    """Return the book with the values of the amendments, in their order; its digest names them all."""
    parameters = dict(book.parameters)
    digest = book.digest
    for amendment in amendments:
        for name, new in amendment.parameters.items():
            old = parameters[name]
            parameters[name] = replace(old, values={**old.values, **new.values})
        digest = hashlib.sha256(f"{digest} amended {amendment.digest}".encode()).hexdigest()
    return PolicyBook(book.profile, parameters, digest)


def require_amendable(book: PolicyBook, parameters: Mapping[str, Parameter], *, today: date) -> None:
    """Raise unless the values can be added to the book from a day after ``today`` on.

    Raises
    ------
    PolicyInconsistentError
        A parameter is not amendable or unknown to the profile, ends, or has a value that begins today or earlier or
        overlaps one that already stands.
    """
    for name, new in sorted(parameters.items()):
        if not name.startswith(AMENDABLE) or name in FIXED_BY_LAW:
            _refuse(name, N_("a draft amends ratios, capacity and grading alone, not what law fixes"))
        if name not in book.parameters:
            _refuse(name, N_("the draft names a parameter that profile {profile} lacks"), profile=book.profile)
        if new.ends_on is not None:
            _refuse(name, N_("an amendment has no last day; it holds until the next one"))
        for day in sorted(new.values):
            if day <= today:
                _refuse(
                    name, N_("the value from {day} would hold on or before {today}; choose a later day"), day, today
                )
            standing = max(book.parameters[name].values)
            if day <= standing:
                _refuse(name, N_("the value from {day} overlaps the one that stands from {today} on"), day, standing)


def _refuse(name: str, template: str, day: date | None = None, today: date | None = None, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=name, problem=Message(template, {"day": day, "today": today, **params}))


def changes(one: PolicyBook, other: PolicyBook, *, on: date, other_on: date | None = None) -> tuple[Change, ...]:
    """Return every amendable value that differs, ``one`` on a day before, ``other`` after.

    Parameters
    ----------
    other_on : the day of ``other`` where it is another one.

    Raises
    ------
    ParameterNotInForceError
        A parameter is asked for a day before its first value.
    """
    names = sorted({name for book in (one, other) for name in book.parameters if name.startswith(AMENDABLE)})
    found = []
    for name in names:
        before = one.dated(name, on=on) if name in one.parameters else None
        after = other.dated(name, on=other_on or on) if name in other.parameters else None
        flat_before = dict(_leaves(before.value)) if before else {}
        flat_after = dict(_leaves(after.value)) if after else {}
        found += [
            Change(
                name,
                key,
                flat_before.get(key),
                flat_after.get(key),
                before.reference if before else None,
                after.reference if after else None,
            )
            for key in sorted(flat_before.keys() | flat_after.keys())
            if not _is_same(flat_before.get(key), flat_after.get(key))
        ]
    return tuple(found)


def _is_same(one: str | None, other: str | None) -> bool:
    """Whether two written values mean the same; 2/100 and 0.02 do."""
    if one == other or one is None or other is None:
        return one == other
    try:
        return Fraction(one) == Fraction(other)
    except (ValueError, ZeroDivisionError):
        return False


def _leaves(value: object, way: str = "") -> Iterator[tuple[str, str]]:
    """Every plain value below ``value`` with the way to it; a rule of a list goes by its name or place."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{way} {key}".strip())
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value, start=1):
            yield from _leaves(inner, f"{way} {_name_of(inner) or at}".strip())
    else:
        yield way, str(value)


def _name_of(rule: object) -> str:
    if not isinstance(rule, Mapping):
        return ""
    named = [str(rule[field]) for field in ("name", "department", "district") if field in rule]
    return " ".join(named)


def written(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return parameters as plain JSON: name to unit and values by day; days inside a value keep their kind."""
    return {
        name: {
            "unit": parameter.unit,
            "values": {
                day.isoformat(): {"reference": dated.reference, "value": _plain(dated.value)}
                for day, dated in sorted(parameter.values.items())
            },
        }
        for name, parameter in sorted(parameters.items())
    }


def read(content: Mapping[str, Any]) -> dict[str, Parameter]:
    """Return the parameters that :func:`written` wrote."""
    return {
        str(name): Parameter(
            str(name),
            str(body["unit"]),
            {
                date.fromisoformat(day): DatedValue(_lively(dated["value"]), str(dated["reference"]))
                for day, dated in body["values"].items()
            },
        )
        for name, body in content.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return {_DAY: value.isoformat()} if isinstance(value, date) else value


def _lively(value: Any) -> Any:
    if isinstance(value, Mapping):
        return (
            date.fromisoformat(value[_DAY])
            if set(value) == {_DAY}
            else {key: _lively(inner) for key, inner in value.items()}
        )
    return [_lively(inner) for inner in value] if isinstance(value, list) else value
