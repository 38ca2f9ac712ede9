"""A table mapping compiled: the SELECT that turns source rows into contract rows of text.

Source rows come with two extra columns, ``~file`` and ``~line``. What goes out holds every contract column as text
(null where the mapping says nothing), ``source_file`` and ``source_line``, ready for ``validation.checked_rows``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.contracts.expressions import DATE, NUMBER, TEXT, Scope, compiled, condition, may_miss, native
from engine.contracts.mapping import Aggregate, SourceMapping, TableMapping
from engine.contracts.schema import Contract
from engine.contracts.sql import SQL_TYPES, identifier
from engine.errors import MappingFormError, SchemaMismatchError, UnknownColumnsError
from engine.messages import N_, Message

FILE, LINE = "~file", "~line"


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be mapped.

    Parameters
    ----------
    name : str, file name for messages.
    sql : str, SQL of the relation, with ``~file`` and ``~line``.
    columns : mapping of column name to SQL type, without those two.
    """

    name: str
    sql: str
    columns: Mapping[str, str]


def direct_mapping(contract: Contract, *, source: Source) -> TableMapping:
    """Return the mapping of a file that already has the contract's columns, by name, Chinese name or both.

    Raises
    ------
    SchemaMismatchError
        A required column is missing (``known_at`` may be: the contract states its rule).
    UnknownColumnsError
        A column is not the contract's: dropping it in silence could lose a misnamed one.
    """
    named = {said: c.name for c in contract.columns for said in (c.label, c.business_name, c.name)}
    present = {named[column]: column for column in source.columns if column in named}
    missing = [c.name for c in contract.columns if c.is_required and c.name not in (*present, "known_at")]
    if missing:
        raise SchemaMismatchError(table=f"{source.name} ({contract.table})", columns=", ".join(missing))
    unknown = [column for column in source.columns if present.get(named.get(column, "")) != column]
    if unknown:
        raise UnknownColumnsError(table=f"{source.name} ({contract.table})", columns=", ".join(unknown))
    return TableMapping(table=contract.table, input=source.name, columns=present, known_at=present.get("known_at"))


def translated_rows(
    mapping: TableMapping, contract: Contract, *, source: Source, lookups: tuple[Source, ...], name: str
) -> str:
    """Return the SELECT of contract rows as text.

    Parameters
    ----------
    source : rows of ``mapping.input``; lookups : rows of each lookup's file, in order.
    name : str, the mapping's name for messages.

    Raises
    ------
    MappingColumnError, MappingFormError, SchemaMismatchError
    """
    unknown = [column for column in mapping.columns if column not in contract.names]
    if unknown:
        named = {"table": contract.table, "columns": ", ".join(unknown)}
        raise MappingFormError(
            mapping=name,
            problem=Message(N_("contract {table} has no column {columns}"), named),
            remedy=Message(N_("its columns are {known}"), {"known": ", ".join(contract.names)}),
        )
    missing = [c.name for c in contract.columns if c.is_required and c.name not in (*mapping.columns, "known_at")]
    if missing:
        raise SchemaMismatchError(table=f"{name}: {contract.table}", columns=", ".join(missing))
    rows = _joined(mapping, source=source, lookups=lookups, name=name)
    if mapping.filter is not None:
        kept = condition(mapping.filter, Scope(name, contract.table, source.name, rows.columns))
        rows = Source(rows.name, f"SELECT * FROM ({rows.sql}) WHERE {kept}", rows.columns)
    if mapping.aggregate is not None:
        rows = _aggregated(mapping.aggregate, rows, Scope(name, contract.table, source.name, rows.columns))
    scope = Scope(name, contract.table, source.name, rows.columns)
    parts = [f"{_value(mapping, column, scope)} AS {identifier(column)}" for column in contract.names]
    provenance = f"{identifier(FILE)} AS source_file, {identifier(LINE)} AS source_line"
    return f"SELECT {', '.join(parts)}, {provenance} FROM ({rows.sql})"


def unmapped_columns(mapping: TableMapping) -> tuple[str, ...]:
    """Return the contract columns whose value maps may leave a value unmapped."""
    return tuple(column for column, node in mapping.columns.items() if may_miss(node))


def inputs(mapping: SourceMapping) -> tuple[str, ...]:
    """Return every file name or glob a mapping reads, in order, each once."""
    named = [n for block in mapping.tables for n in (block.input, *(lookup.input for lookup in block.lookups))]
    return tuple(dict.fromkeys(named))


def _value(mapping: TableMapping, column: str, scope: Scope) -> str:
    if column == "known_at" and mapping.known_at is not None:
        known = compiled(mapping.known_at, scope, to=TEXT)
        if not mapping.known_at_days:
            return known
        later = f"CAST({compiled(mapping.known_at, scope, to=DATE)} + {int(mapping.known_at_days)} AS VARCHAR)"
        return f"coalesce({later}, {known})"  # what is no date is named, not replaced by the contract's rule
    return compiled(mapping.columns.get(column), scope, to=TEXT)


def _joined(mapping: TableMapping, *, source: Source, lookups: tuple[Source, ...], name: str) -> Source:
    sql, columns = source.sql, dict(source.columns)
    for lookup, other in zip(mapping.lookups, lookups, strict=True):
        own = Scope(name, mapping.table, source.name, columns)
        theirs = Scope(name, mapping.table, other.name, other.columns)
        on = " AND ".join(
            f"{compiled(left, own, to=TEXT)} = o.{identifier(f'~on{at}')}" for at, left in enumerate(lookup.on)
        )
        keys = [
            f"{compiled(right, theirs, to=TEXT)} AS {identifier(f'~on{at}')}"
            for at, right in enumerate(lookup.on.values())
        ]
        taken = {new: theirs.type_of(old) for new, old in lookup.take.items()}
        cells = [
            f"arg_min({identifier(old)}, {identifier(LINE)}) AS {identifier(new)}" for new, old in lookup.take.items()
        ]
        chosen = ", ".join(f"o.{identifier(new)}" for new in taken)
        groups = ", ".join(str(at + 1) for at in range(len(keys)))
        one_each = f"SELECT {', '.join(keys + cells)} FROM ({other.sql}) GROUP BY {groups}"
        kept = ", ".join(f"s.{identifier(column)}" for column in (*(c for c in columns if c not in taken), FILE, LINE))
        sql = f"SELECT {kept}, {chosen} FROM ({sql}) s LEFT JOIN ({one_each}) o ON {on}"
        columns = {**{c: t for c, t in columns.items() if c not in taken}, **taken}
    return Source(source.name, sql, columns)


def _aggregated(aggregate: Aggregate, rows: Source, scope: Scope) -> Source:
    types = {name: "VARCHAR" for name in aggregate.by}
    parts = [f"{compiled(node, scope, to=TEXT)} AS {identifier(name)}" for name, node in aggregate.by.items()]
    groups = ", ".join(str(at + 1) for at in range(len(parts)))
    for name, (function, node) in aggregate.measures.items():
        cell, types[name] = _measure(function, node, scope)
        parts.append(f"{cell} AS {identifier(name)}")
    provenance = f"min({identifier(FILE)}) AS {identifier(FILE)}, min({identifier(LINE)}) AS {identifier(LINE)}"
    return Source(rows.name, f"SELECT {', '.join(parts)}, {provenance} FROM ({rows.sql}) GROUP BY {groups}", types)


def _measure(function: str, node: object, scope: Scope) -> tuple[str, str]:
    """Return (SQL, SQL type): ``count`` and ``any`` take a condition, the others an expression."""
    if function == "count":
        return (
            f"count(*) FILTER (WHERE {condition(node, scope)})" if node not in (None, "rows") else "count(*)"
        ), "BIGINT"
    if function == "any":
        return f"bool_or({condition(node, scope)})", "BOOLEAN"
    if function == "sum":
        return f"sum({compiled(node, scope, to=NUMBER)})", "DOUBLE"
    sql, kind = native(node, scope)
    return f"{function}({sql})", SQL_TYPES[kind]


def distinct_rows(mapping: TableMapping, contract: Contract, *, rows: str) -> str:
    """Return the SELECT of ``row_id`` of good rows that ``distinct_by`` folds into another one; none without it.

    Parameters
    ----------
    rows : str, SQL of good rows with the contract's types and ``row_id`` in source order.
    """
    if mapping.distinct_by is None:
        return "SELECT CAST(NULL AS BIGINT) AS row_id WHERE FALSE"
    keys = ", ".join(identifier(name) for name in mapping.distinct_by.columns)
    order = ", ".join(f"{identifier(name)} {way} NULLS LAST" for name, way in mapping.distinct_by.keep)
    order = f"{order}, row_id" if order else "row_id"
    return f"SELECT row_id FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}) > 1"
