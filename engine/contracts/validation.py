"""A contract compiled: the SELECT that converts and checks rows of text, and the queries over other rows.

Rows come in as text, one column per contract column, with ``source_file`` and ``source_line``. They go out converted,
with ``findings``: the broken error checks as structs ``(check, column, value)``, null when there are none. Cost: one
pass over the rows.
"""

from collections.abc import Sequence

from engine.contracts.checks import TEXT_SUFFIX, original, violation
from engine.contracts.expressions import LOST_DIGITS, UNMAPPED
from engine.contracts.findings import DIGITS_LOST, UNMAPPED_VALUE
from engine.contracts.schema import Check, Contract, LogicalType, Severity
from engine.contracts.sql import SQL_TYPES, converted, identifier, literal, literals

PROVENANCE = ("source_file", "source_line")


def typed_rows(contract: Contract, *, rows: str) -> str:
    """Return the SELECT that converts rows of text to the contract's types, keeping each text beside its value.

    Parameters
    ----------
    rows : str, SQL of a relation with every contract column as VARCHAR and the provenance columns.
    """
    parts = []
    for column in contract.columns:
        name = identifier(column.name)
        text = f"coalesce({name}, {identifier(contract.known_at_rule)})" if column.name == "known_at" else name
        parts.append(f"{converted(text, column.logical_type)} AS {name}")
        if column.logical_type is not LogicalType.STRING:
            parts.append(f"{text} AS {identifier(column.name + TEXT_SUFFIX)}")
    return f"SELECT {', '.join((*parts, *PROVENANCE))} FROM ({rows})"


def checked_rows(contract: Contract, *, rows: str, unmapped: Sequence[str] = (), from_spreadsheet: bool = False) -> str:
    """Return the SELECT of converted, checked rows: contract columns, provenance, ``findings``.

    Parameters
    ----------
    rows : str, SQL of a relation as for :func:`typed_rows`.
    unmapped : columns whose value map may have left a value unmapped.
    from_spreadsheet : whether numbers may have lost digits before they came.
    """
    columns = ", ".join(identifier(name) for name in contract.names)
    marked = [(UNMAPPED, UNMAPPED_VALUE, name) for name in unmapped]
    marked += [(LOST_DIGITS, DIGITS_LOST, name) for name in contract.names if from_spreadsheet]
    broken = [
        (f"coalesce(contains({original(name, contract)}, {literal(mark)}), FALSE)", ident, name)
        for mark, ident, name in marked
    ] + [
        (violation(check, contract), check.id, check.column)
        for check in contract.row_checks
        if check.severity is Severity.ERROR
    ]
    any_broken = " OR ".join(sql for sql, _, _ in broken) or "FALSE"
    cases = ", ".join(f"CASE WHEN {sql} THEN {_finding(ident, name, contract)} END" for sql, ident, name in broken)
    findings = f"CASE WHEN {any_broken} THEN list_filter([{cases}], lambda found: found IS NOT NULL) END"
    return f"SELECT {columns}, {', '.join(PROVENANCE)}, {findings} AS findings FROM ({typed_rows(contract, rows=rows)})"


def _finding(ident: str, column: str, contract: Contract) -> str:
    value = unmarked(f"CAST({original(column, contract)} AS VARCHAR)")
    return f"{{'check': {literal(ident)}, 'column': {literal(column)}, 'value': {value}}}"


def unmarked(text: str) -> str:
    """Return the SQL of a text without the marks that only checks read."""
    return f"replace(replace({text}, {literal(UNMAPPED)}, ''), {literal(LOST_DIGITS)}, '')"


def warned_rows(check: Check, contract: Contract, *, rows: str) -> str:
    """Return the SELECT of the rows that break a row check of severity warning: ``value``.

    Parameters
    ----------
    rows : str, SQL of accepted rows with the contract's types.
    """
    texts = ", ".join(
        f"CAST({identifier(column.name)} AS VARCHAR) AS {identifier(column.name + TEXT_SUFFIX)}"
        for column in contract.columns
        if column.logical_type is not LogicalType.STRING
    )
    column = identifier(check.column)
    both = f"SELECT *, {texts} FROM ({rows})"
    return f"SELECT CAST({column} AS VARCHAR) AS value FROM ({both}) WHERE {violation(check, contract)}"


def unreferenced_rows(check: Check, *, rows: str, target: str) -> str:
    """Return the SELECT of rows whose reference is not on record: ``value``.

    Parameters
    ----------
    rows, target : str, SQL of the accepted rows and of everything known of the table referred to.
    """
    arguments = check.arguments
    own, other = arguments["columns"], arguments["keys"]
    same = " AND ".join(f"r.{identifier(a)} = t.{identifier(b)}" for a, b in zip(own, other, strict=True))
    keys = ", ".join(identifier(key) for key in other)
    present = " AND ".join(f"r.{identifier(name)} IS NOT NULL" for name in own)
    chosen = (
        f" AND r.{identifier(arguments['when'])} IN {literals(list(arguments['values']))}"
        if "when" in arguments
        else ""
    )
    return (
        f"SELECT CAST(r.{identifier(own[0])} AS VARCHAR) AS value FROM ({rows}) r "
        f"ANTI JOIN (SELECT DISTINCT {keys} FROM ({target})) t ON {same} WHERE {present}{chosen}"
    )


def unpreceded_rows(check: Check, *, rows: str, history: str) -> str:
    """Return the SELECT of rows that no earlier row of the stated kind precedes: ``value``.

    Parameters
    ----------
    rows, history : str, SQL of the accepted rows and of everything known of the same table.
    """
    arguments = check.arguments
    column = identifier(arguments["column"])
    same = " AND ".join(f"r.{identifier(key)} = h.{identifier(key)}" for key in arguments["keys"])
    return (
        f"SELECT CAST(r.{identifier(arguments['keys'][0])} AS VARCHAR) AS value FROM ({rows}) r "
        f"ANTI JOIN (SELECT * FROM ({history}) WHERE {column} = {literal(arguments['before'])}) h "
        f"ON {same} AND h.occurred_on <= r.occurred_on WHERE r.{column} = {literal(arguments['value'])}"
    )


def filled_rows(contract: Contract, *, rows: str) -> str:
    """Return ``rows`` (SQL), written under this or an earlier version of the contract, with the columns it lacked.

    A column that came later is null in older rows. Costs nothing beside reading ``rows``.
    """
    return f"SELECT * FROM ({rows}) UNION ALL BY NAME {empty_rows(contract)}"


def empty_rows(contract: Contract) -> str:
    """Return a SELECT without rows that has the contract's columns and types."""
    parts = ", ".join(f"CAST(NULL AS {SQL_TYPES[c.logical_type]}) AS {identifier(c.name)}" for c in contract.columns)
    return f"SELECT {parts} WHERE FALSE"
