"""SQL text from closed building blocks: quoting, literals, and the one conversion of text to each logical type.

A value that cannot be converted becomes null, never something near it: ``12.5`` is no integer, ``30 February`` no
date, ``nan`` no number. Blanks around a value are not content, and a blank value is null.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from engine.contracts.schema import LogicalType

SQL_TYPES = {
    LogicalType.STRING: "VARCHAR",
    LogicalType.DATE: "DATE",
    LogicalType.INTEGER: "BIGINT",
    LogicalType.NUMBER: "DOUBLE",
    LogicalType.BOOLEAN: "BOOLEAN",
}
FLOATING_TYPES = ("DOUBLE", "FLOAT")
TRUE_WORDS = ("true", "t", "yes", "y", "1", "是")
FALSE_WORDS = ("false", "f", "no", "n", "0", "否")


def identifier(name: str) -> str:
    """Return ``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return ``value`` as a literal: null, boolean, number, date or text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, float):
        return f"CAST({value!r} AS DOUBLE)"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def literals(values: Iterable[object]) -> str:
    """Return a parenthesised list of literals; of none one that nothing equals."""
    return "(" + (", ".join(literal(value) for value in values) or "NULL") + ")"


def as_text(expression: str, *, sql_type: str) -> str:
    """Return text for a source column of ``sql_type``: trimmed, blank and nan as null, whole floats without ``.0``."""
    if sql_type == "VARCHAR":
        return f"nullif(trim({expression}), '')"
    if sql_type in FLOATING_TYPES:
        whole = f"CAST(CAST({expression} AS BIGINT) AS VARCHAR)"
        return (
            f"CASE WHEN isnan({expression}) THEN NULL "
            f"WHEN abs({expression}) < 1e15 AND {expression} = floor({expression}) THEN {whole} "
            f"ELSE CAST({expression} AS VARCHAR) END"
        )
    return f"CAST({expression} AS VARCHAR)"


def converted(text: str, to: LogicalType) -> str:
    """Return the value of a text expression in a logical type, null where it is not one."""
    if to is LogicalType.INTEGER:
        return f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+(\\.0+)?') THEN TRY_CAST({text} AS BIGINT) END"
    if to is LogicalType.NUMBER:
        number = f"TRY_CAST({text} AS DOUBLE)"
        # the database reads '+-0' as 0: two signs are a slip of the pen, not a number
        two_signs = f"regexp_matches({text}, '[+-][+-]')"
        return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') AND NOT {two_signs} THEN {number} END"
    if to is LogicalType.DATE:
        return f"CASE WHEN {text} >= '0' AND {text} < ':' THEN TRY_CAST({text} AS DATE) END"  # no 'epoch', 'infinity'
    if to is LogicalType.BOOLEAN:
        lowered = f"lower({text})"
        return (
            f"CASE WHEN {lowered} IN {literals(list(TRUE_WORDS))} THEN TRUE "
            f"WHEN {lowered} IN {literals(list(FALSE_WORDS))} THEN FALSE END"
        )
    return text
