"""One function per kind of check: the SQL expression that is true where a row breaks it, and what is said then.

Expressions are evaluated over rows that hold every column converted and, beside it, its text before conversion (see
:func:`original`). They are never null: what null means is part of each rule.
"""

from collections.abc import Callable

from engine.contracts.amounts import FEN_PER_UNIT, UNIT_FACTORS
from engine.contracts.identifiers import is_uscc
from engine.contracts.schema import Check, CheckKind, Contract, LogicalType
from engine.contracts.sql import identifier, literal, literals
from engine.errors import ContractError
from engine.messages import N_, Message

TEXT_SUFFIX = "~text"
_OPERATORS = {"minimum": "<", "exclusiveMinimum": "<=", "maximum": ">", "exclusiveMaximum": ">="}


def original(name: str, contract: Contract) -> str:
    """Return the SQL name of a column's text before conversion; the column itself where it is text."""
    is_text = contract.column(name).logical_type is LogicalType.STRING
    return identifier(name if is_text else name + TEXT_SUFFIX)


def violation(check: Check, contract: Contract) -> str:
    """Return the SQL expression that is true where a row breaks a row check, false elsewhere, never null.

    Raises
    ------
    ContractError
        The check names a column that the contract does not have.
    """
    named = (check.column, *(check.arguments.get(word, "") for word in ("earlier", "later", "other", "when")))
    unknown = [name for name in named if name and name not in contract.names]
    if unknown:
        raise ContractError(
            table=contract.table,
            problem=Message(
                N_("check {check} names the unknown column(s) {columns}"),
                {"check": check.id, "columns": ", ".join(unknown)},
            ),
            remedy=Message(N_("correct the contract file")),
        )
    on_null = "FALSE" if check.passes_on_null else "TRUE"
    return f"coalesce({_VIOLATIONS[check.kind](check, contract)}, {on_null})"


def _required(check: Check, contract: Contract) -> str:
    return f"{original(check.column, contract)} IS NULL"


def _typed(check: Check, contract: Contract) -> str:
    return f"({original(check.column, contract)} IS NOT NULL AND {identifier(check.column)} IS NULL)"


def _codes(check: Check, contract: Contract) -> str:
    allowed = literals(list(check.arguments["values"]))
    separator = contract.column(check.column).separator
    if not separator:
        return f"{identifier(check.column)} NOT IN {allowed}"
    parts = f"string_split({identifier(check.column)}, {literal(separator)})"
    return (
        f"CASE WHEN contains({identifier(check.column)}, {literal(separator)}) "
        f"THEN len(list_filter({parts}, lambda part: trim(part) NOT IN {allowed})) > 0 "
        f"ELSE {identifier(check.column)} NOT IN {allowed} END"
    )


def _pattern(check: Check, _: Contract) -> str:
    return f"NOT regexp_full_match({identifier(check.column)}, {literal(check.arguments['pattern'])})"


def _range(check: Check, _: Contract) -> str:
    column = identifier(check.column)
    return " OR ".join(f"{column} {_OPERATORS[bound]} {literal(value)}" for bound, value in check.arguments.items())


def _ordered(check: Check, _: Contract) -> str:
    return f"{identifier(check.arguments['later'])} < {identifier(check.arguments['earlier'])}"


def _differs(check: Check, _: Contract) -> str:
    return f"{identifier(check.column)} = {identifier(check.arguments['other'])}"


def _required_when(check: Check, contract: Contract) -> str:
    chosen = f"{identifier(check.arguments['when'])} IN {literals(list(check.arguments['values']))}"
    return f"({chosen} AND {original(check.column, contract)} IS NULL)"


def _refused_unless(check: Check, contract: Contract) -> str:
    chosen = f"coalesce({identifier(check.arguments['when'])} IN {literals(list(check.arguments['values']))}, FALSE)"
    return f"(NOT {chosen} AND {original(check.column, contract)} IS NOT NULL)"


def _stands_alone(check: Check, contract: Contract) -> str:
    column, separator = identifier(check.column), literal(contract.column(check.column).separator)
    parts = f"list_transform(string_split({column}, {separator}), lambda part: trim(part))"
    return f"(contains({column}, {separator}) AND list_contains({parts}, {literal(check.arguments['value'])}))"


def _scheme_matches(check: Check, _: Contract) -> str:
    prefix, column = literal(check.arguments["scheme"] + ":"), identifier(check.column)
    other = identifier(check.arguments["other"])
    return f"(starts_with({column}, {prefix}) AND {column} IS DISTINCT FROM {prefix} || {other})"


def _uscc(check: Check, _: Contract) -> str:
    return f"NOT {is_uscc(identifier(check.column))}"


def _amount_as_worded(check: Check, _: Contract) -> str:
    """An amount in fen is the worded one in another unit: the two differ by exactly 100, 10,000 or 1,000,000."""
    column, wording = identifier(check.column), identifier(check.arguments["other"])
    form = literal(f"{check.arguments['after']}(?:人民币)?[:：]?([0-9][0-9,，]*(?:\\.[0-9]+)?)(万)?元")
    digits = f"replace(replace(regexp_extract({wording}, {form}, 1), ',', ''), '，', '')"
    is_wan = f"regexp_extract({wording}, {form}, 2) = '万'"
    unit = f"CASE WHEN {is_wan} THEN {FEN_PER_UNIT['万元']} ELSE {FEN_PER_UNIT['元']} END"
    worded = f"CAST(round(TRY_CAST({digits} AS DECIMAL(24, 6)) * ({unit})) AS HUGEINT)"
    factors = ", ".join(map(str, UNIT_FACTORS))
    found = f"list_transform([{factors}], lambda k: {column} * k = w OR {column} = w * k)"
    return f"({column} > 0 AND list_contains(list_transform([{worded}], lambda w: list_contains({found}, TRUE)), TRUE))"


_VIOLATIONS: dict[CheckKind, Callable[[Check, Contract], str]] = {
    CheckKind.REQUIRED: _required,
    CheckKind.TYPED: _typed,
    CheckKind.CODES: _codes,
    CheckKind.PATTERN: _pattern,
    CheckKind.RANGE: _range,
    CheckKind.ORDERED: _ordered,
    CheckKind.DIFFERS: _differs,
    CheckKind.REQUIRED_WHEN: _required_when,
    CheckKind.REFUSED_UNLESS: _refused_unless,
    CheckKind.STANDS_ALONE: _stands_alone,
    CheckKind.SCHEME_MATCHES: _scheme_matches,
    CheckKind.USCC: _uscc,
    CheckKind.AMOUNT_AS_WORDED: _amount_as_worded,
}
