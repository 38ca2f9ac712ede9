"""Mappings: how any other layout becomes contract tables, without code.

A mapping document names, per contract table, the input file and one expression per contract column, plus ``filter``,
``lookup``, ``aggregate``, ``distinct_by``, ``version_by`` and ``known_at`` (docs/guide/mapping.md). It compiles to one
SELECT per table over the rows of the input file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import MappingFormError
from engine.messages import N_, Message

Document = Mapping[str, Any]
_KEYS = frozenset(
    {
        "input",
        "columns",
        "filter",
        "lookup",
        "aggregate",
        "distinct_by",
        "version_by",
        "known_at",
    }
)
_ORDERS = {"lowest": "ASC", "highest": "DESC"}


@dataclass(frozen=True, slots=True)
class Lookup:
    """Columns taken from a second file, at most one row per key.

    Parameters
    ----------
    input : str, file name or glob.
    on : mapping of column of the main file to column of the second.
    take : mapping of new column name to column of the second file.
    """

    input: str
    on: Mapping[str, str]
    take: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Several source rows become one.

    Parameters
    ----------
    by : mapping of new column name to expression.
    measures : mapping of new column name to (function, expression); functions in :data:`AGGREGATES`.
    """

    by: Mapping[str, Any]
    measures: Mapping[str, tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class DistinctBy:
    """One row per combination of contract columns; the others count as duplicates.

    Parameters
    ----------
    columns : tuple of contract columns.
    keep : tuple of (contract column, ``ASC`` or ``DESC``): the first in this order stays, then source order.
    """

    columns: tuple[str, ...]
    keep: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How one input becomes rows of one contract table.

    Parameters
    ----------
    table : str, contract table.
    input : str, file name or glob inside the given folder.
    columns : mapping of contract column to expression.
    known_at : expression of the day the row became known, None when the contract's rule applies.
    known_at_days : int, days added to it (a stated publication lag).
    filter : condition, None for all rows.
    lookups, aggregate, distinct_by : as in their classes.
    """

    table: str
    input: str
    columns: Mapping[str, Any]
    known_at: Any = None
    known_at_days: int = 0
    filter: Any = None
    lookups: tuple[Lookup, ...] = ()
    aggregate: Aggregate | None = None
    distinct_by: DistinctBy | None = None


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A whole mapping file.

    Parameters
    ----------
    name : str.
    tables : tuple of TableMapping, in the order of the file.
    digest : str, hex SHA-256 of the file; recorded with every load.
    caveats : catalogue keys of what must be said beside any figure from these records.
    """

    name: str
    tables: tuple[TableMapping, ...]
    digest: str
    caveats: tuple[str, ...] = ()


def mapping_of(document: Document, *, name: str, digest: str) -> SourceMapping:
    """Return the mapping that a parsed mapping file states.

    Raises
    ------
    MappingFormError
        A key is unknown, missing or of the wrong shape.
    """
    tables = document.get("tables") if isinstance(document, Mapping) else None
    if not isinstance(tables, Mapping) or not tables:
        raise _refused(name, Message(N_("it names no tables")))
    blocks = tuple(
        _table_mapping(block, table=str(table), mapping=name)
        for table, given in tables.items()
        for block in (given if isinstance(given, list) else [given])
    )
    caveats = document.get("caveats", [])
    if not isinstance(caveats, list) or not all(isinstance(each, str) for each in caveats):
        raise _refused(name, Message(N_("caveats is not a list of sentences")))
    return SourceMapping(
        name=str(document.get("name", name)), tables=blocks, digest=digest, caveats=tuple(map(str, caveats))
    )


def _refused(mapping: str, problem: Message) -> MappingFormError:
    return MappingFormError(
        mapping=mapping, problem=problem, remedy=Message(N_("see the mapping language in docs/guide/mapping.md"))
    )


def _table_mapping(block: Any, *, table: str, mapping: str) -> TableMapping:
    if not isinstance(block, Mapping) or not block.get("input") or not isinstance(block.get("columns"), Mapping):
        raise _refused(mapping, Message(N_("table {table} needs input and columns"), {"table": table}))
    unknown = sorted(set(block) - _KEYS)
    if unknown:
        raise _refused(mapping, Message(N_("table {table}: unknown key {key!r}"), {"table": table, "key": unknown[0]}))
    try:
        known_at, days = _known_at(block)
        return TableMapping(
            table=table,
            input=str(block["input"]),
            columns=dict(block["columns"]),
            known_at=known_at,
            known_at_days=days,
            filter=block.get("filter"),
            lookups=tuple(_lookups(block.get("lookup"))),
            aggregate=_aggregate(block.get("aggregate")),
            distinct_by=_distinct_by(block.get("distinct_by")),
        )
    except _MisreadError as error:
        said = {"table": table, "problem": error.problem}
        raise _refused(mapping, Message(N_("table {table}: {problem}"), said)) from error
    except KeyError as error:
        said = {"table": table, "key": error.args[0]}
        raise _refused(mapping, Message(N_("table {table}: {key!r} is missing or not known there"), said)) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise _refused(
            mapping, Message(N_("table {table}: a key is not written as it should be"), {"table": table})
        ) from error


class _MisreadError(Exception):
    """Part of a block that cannot be read, with what is wrong."""

    def __init__(self, problem: Message) -> None:
        self.problem = problem


def _known_at(block: Document) -> tuple[Any, int]:
    """Return (expression, days): ``version_by`` is the release date itself, ``known_at`` may add a stated lag."""
    if "version_by" in block and "known_at" in block:
        raise _MisreadError(Message(N_("version_by and known_at exclude each other")))
    rule = block.get("version_by", block.get("known_at", block["columns"].get("known_at")))
    if isinstance(rule, Mapping) and "from" in rule:
        return rule["from"], int(rule.get("plus_days", 0))
    return rule, 0


def _lookups(given: Any) -> Iterator[Lookup]:
    for each in given if isinstance(given, list) else [given] if given else []:
        take = each["take"]
        names = {name: name for name in take} if isinstance(take, list) else dict(take)
        yield Lookup(input=str(each["input"]), on=dict(each["with"]), take=names)


def _aggregate(given: Any) -> Aggregate | None:
    if given is None:
        return None
    by = {name: name for name in given["by"]} if isinstance(given["by"], list) else dict(given["by"])
    measures = {}
    for name, measure in given.get("measures", {}).items():
        ((function, expression),) = measure.items()
        if function not in AGGREGATES:
            known = {"function": function, "known": ", ".join(AGGREGATES)}
            raise _MisreadError(Message(N_("there is no measure {function}; there are {known}"), known))
        measures[str(name)] = (str(function), expression)
    return Aggregate(by=by, measures=measures)


AGGREGATES = ("count", "sum", "min", "max", "any")


def _distinct_by(given: Any) -> DistinctBy | None:
    if given is None:
        return None
    if isinstance(given, list):
        return DistinctBy(columns=tuple(given))
    keep = tuple((str(column), _ORDERS[order]) for order, names in given.get("keep", {}).items() for column in names)
    return DistinctBy(columns=tuple(given["columns"]), keep=keep)
