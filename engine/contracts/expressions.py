"""The closed list of expressions a mapping may use, compiled to SQL text.

An expression is a scalar or a one-operator mapping. Text alone names a source column, a number, yes/no or date alone
is itself. Every expression can be asked for as text, number, date or yes/no; what cannot be converted becomes null
and is judged by the contract, never guessed. Identifiers and literals are always quoted here, so nothing in a mapping
file reaches the database as SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.contracts.amounts import FEN_PER_UNIT, fen
from engine.contracts.codes import Code, CodeList
from engine.contracts.schema import LogicalType
from engine.contracts.sql import FLOATING_TYPES, as_text, converted, identifier, literal, literals
from engine.errors import MappingColumnError, MappingFormError
from engine.messages import N_, Message

TEXT, NUMBER, INTEGER = LogicalType.STRING, LogicalType.NUMBER, LogicalType.INTEGER
DATE, BOOLEAN = LogicalType.DATE, LogicalType.BOOLEAN
UNMAPPED = "⟨unmapped⟩ "
"""Marks a value that no entry of a value map covers; the row goes to quarantine (see ``validation.checked_rows``)."""
JOINER = ";"
"""Between the parts of a text that holds several codes."""
LOST_DIGITS = "⟨digits⟩ "
"""Marks a number of more than 15 digits from a spreadsheet, whose last digits the program has already changed."""
Typed = tuple[str, LogicalType]
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_COMPARISONS = {
    "equals": "=",
    "not_equals": "<>",
    "less_than": "<",
    "at_most": "<=",
    "greater_than": ">",
    "at_least": ">=",
}
_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_MODIFIERS = ("date_format", "values", "split", "day", "default", "prefix")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is read: the columns it may name, and the place to blame.

    Parameters
    ----------
    mapping, table, source : str, for error messages.
    columns : mapping of source column to its SQL type.
    """

    mapping: str
    table: str
    source: str
    columns: Mapping[str, str]

    def type_of(self, column: str) -> str:
        """Return the SQL type of a source column.

        Raises
        ------
        MappingColumnError
            The source does not have it.
        """
        if column not in self.columns:
            raise MappingColumnError(
                mapping=self.mapping,
                column=column,
                table=self.table,
                source=self.source,
                available=", ".join(self.columns),
            )
        return self.columns[column]

    def refuse(self, problem: Message) -> MappingFormError:
        """Return the error that says what cannot be read."""
        return MappingFormError(
            mapping=self.mapping,
            problem=Message(N_("{table}: {problem}"), {"table": self.table, "problem": problem}),
            remedy=Message(N_("see the mapping language in docs/guide/mapping.md")),
        )


def compiled(node: Any, scope: Scope, *, to: LogicalType) -> str:
    """Return the SQL of an expression in a logical type (integer counts as number).

    Raises
    ------
    MappingColumnError
        It names a column that the source does not have.
    MappingFormError
        It uses an operator outside the closed list.
    """
    if isinstance(node, Mapping) and "coalesce" in node:
        parts = ", ".join(compiled(part, scope, to=to) for part in _listed(node, "coalesce", scope))
        return f"coalesce({parts})"
    if isinstance(node, Mapping) and "case" in node:
        whens = " ".join(
            f"WHEN {condition(part.get('when'), scope)} THEN {compiled(part.get('then'), scope, to=to)}"
            for part in _listed(node, "case", scope)
        )
        return f"CASE {whens} ELSE {compiled(node.get('else'), scope, to=to)} END"
    sql, kind = _native(node, scope)
    unread = _unread(node, scope) if to is TEXT else ""
    return f"coalesce({_as(sql, kind, to)}, {unread})" if unread else _as(sql, kind, to)


def _unread(node: Any, scope: Scope) -> str:
    """The SQL of the first operand that is there but is no number or date; the contract then names it."""
    if not isinstance(node, Mapping):
        return ""
    operator, body = _operator(node, scope)
    if operator in _ARITHMETIC:
        operands = [(part, NUMBER) for part in body]
    elif operator == "add_days":
        operands = list(zip(body, (DATE, NUMBER), strict=True))
    elif operator == "cast":
        operands = [(body, LogicalType(node["to"]))]
    else:
        return ""
    texts = [(compiled(part, scope, to=TEXT), compiled(part, scope, to=kind)) for part, kind in operands]
    return f"coalesce({', '.join(f'CASE WHEN {value} IS NULL THEN {text} END' for text, value in texts)}, NULL)"


def condition(node: Any, scope: Scope) -> str:
    """Return the SQL of a condition, null counting as not fulfilled (see :func:`compiled`)."""
    operator, body = _operator(node, scope)
    if operator in _COMPARISONS:
        left, right = _listed(node, operator, scope, n=2)
        kind = _common_kind(left, right, scope)
        sql = f"{compiled(left, scope, to=kind)} {_COMPARISONS[operator]} {compiled(right, scope, to=kind)}"
    elif operator in ("all", "any"):
        joiner = " AND " if operator == "all" else " OR "
        sql = joiner.join(condition(part, scope) for part in _listed(node, operator, scope))
    elif operator == "not":
        sql = f"NOT {condition(body, scope)}"
    elif operator == "is_null":
        sql = f"{compiled(body, scope, to=TEXT)} IS NULL"
    elif operator == "one_of":
        sql = f"{compiled(body, scope, to=TEXT)} IN {literals([_text(v) for v in node.get('values', ())] or [None])}"
    elif operator == "matches":
        sql = f"regexp_full_match({compiled(body, scope, to=TEXT)}, {literal(str(node.get('pattern', '')))})"
    elif operator == "contains":
        sql = f"contains({compiled(body, scope, to=TEXT)}, {literal(str(node.get('text', '')))})"
    else:
        raise scope.refuse(Message(N_("{operator!r} is not a condition"), {"operator": operator}))
    return f"coalesce({sql}, FALSE)"


def _native(node: Any, scope: Scope) -> Typed:
    if node is None or isinstance(node, bool | int | float | date):
        return _constant(node)
    if isinstance(node, str):
        return _column(node, scope)
    operator, body = _operator(node, scope)
    if operator in _ARITHMETIC:
        left, right = (compiled(part, scope, to=NUMBER) for part in _listed(node, operator, scope, n=2))
        right = f"nullif({right}, 0)" if operator == "divide" else right
        return f"({left} {_ARITHMETIC[operator]} {right})", NUMBER
    if operator == "add_days":
        day, days = _listed(node, operator, scope, n=2)
        shift = f"CAST(round({compiled(days, scope, to=NUMBER)}) AS INTEGER)"
        return f"({compiled(day, scope, to=DATE)} + {shift})", DATE
    if operator in _TEXT_OPERATORS:
        return _TEXT_OPERATORS[operator](node, scope), TEXT
    if operator == "constant":
        return _constant(body)
    if operator in ("column", "expression"):
        return _modified(node, _column(body, scope) if operator == "column" else native(body, scope), scope)
    if operator == "cast":
        try:
            to = LogicalType(node.get("to"))
        except ValueError:
            raise scope.refuse(Message(N_("there is no type {to!r}"), {"to": node.get("to")})) from None
        wanted = converted(compiled(body, scope, to=TEXT), to)
        return wanted, to
    if operator in ("coalesce", "case"):
        return native(node, scope)
    raise scope.refuse(Message(N_("{operator!r} is not in the list of expressions"), {"operator": operator}))


def native(node: Any, scope: Scope) -> Typed:
    """Return (SQL, kind) of an expression in its own kind; a choice between values is read as text."""
    if isinstance(node, Mapping) and ("coalesce" in node or "case" in node):
        return compiled(node, scope, to=TEXT), TEXT
    return _native(node, scope)


def _column(name: Any, scope: Scope) -> Typed:
    sql_type = scope.type_of(str(name))
    column = identifier(str(name))
    if sql_type in FLOATING_TYPES:
        return f"CASE WHEN isfinite({column}) THEN CAST({column} AS DOUBLE) END", NUMBER
    if sql_type.startswith("DECIMAL"):
        return f"CAST({column} AS DOUBLE)", NUMBER
    if sql_type in _INTEGERS:
        return column, INTEGER
    if sql_type.startswith(("DATE", "TIMESTAMP")):
        return f"CAST({column} AS DATE)", DATE
    if sql_type == "BOOLEAN":
        return column, BOOLEAN
    return as_text(column if sql_type == "VARCHAR" else f"CAST({column} AS VARCHAR)", sql_type="VARCHAR"), TEXT


def _constant(value: Any) -> Typed:
    if isinstance(value, bool):
        return literal(value), BOOLEAN
    if isinstance(value, int | float):
        return literal(value), (INTEGER if isinstance(value, int) else NUMBER)
    if isinstance(value, date):
        return literal(value), DATE
    return ("CAST(NULL AS VARCHAR)" if value is None else literal(str(value))), TEXT


def _modified(node: Mapping[str, Any], typed: Typed, scope: Scope) -> Typed:
    sql, kind = typed
    unknown = set(node) - {"column", "expression", *_MODIFIERS}
    if unknown:
        raise scope.refuse(Message(N_("{keys} is not known here"), {"keys": ", ".join(sorted(unknown))}))
    if "date_format" in node:
        sql, kind = _dated(_as(sql, kind, TEXT), node["date_format"]), TEXT
    if "values" in node and ("split" in node or isinstance(node["values"], CodeList)):
        sql, kind = _listed_codes(node, _as(sql, kind, TEXT), scope), TEXT
    elif "values" in node:
        text = _as(sql, kind, TEXT)
        whens = " ".join(f"WHEN {literal(_text(a))} THEN {literal(_text(b))}" for a, b in node["values"].items())
        default = literal(_text(node["default"])) if "default" in node else f"'{UNMAPPED}' || ({text})"
        sql, kind = f"CASE WHEN ({text}) IS NULL THEN NULL ELSE CASE ({text}) {whens} ELSE {default} END END", TEXT
    elif "default" in node:
        sql, kind = f"coalesce({_as(sql, kind, TEXT)}, {literal(_text(node['default']))})", TEXT
    if "prefix" in node:
        sql, kind = f"{literal(str(node['prefix']))} || ({_as(sql, kind, TEXT)})", TEXT
    return sql, kind


def _dated(text: str, given: Any) -> str:
    """A date in one of the formats as ISO text; what is none stays as it is and is judged by the contract."""
    formats = [str(each) for each in (given if isinstance(given, list) else [given])]
    listed = f"[{', '.join(map(literal, formats))}]"
    return f"coalesce(CAST(CAST(try_strptime({text}, {listed}) AS DATE) AS VARCHAR), {text})"


def _listed_codes(node: Mapping[str, Any], text: str, scope: Scope) -> str:
    """Codes translated by a code list or value map, each part of a text that ``split`` (characters) divides."""
    given = node["values"]
    if isinstance(given, CodeList):
        codes = given
    else:
        pairs = tuple(Code(str(_text(a)), str(_text(b))) for a, b in given.items())
        codes = CodeList("values", pairs)
    day = compiled(node["day"], scope, to=DATE) if "day" in node else "NULL"
    if "split" not in node:
        return codes.sql(text, on=day, unmapped=UNMAPPED)
    parts = f"string_split_regex({text}, {literal('[' + str(node['split']) + ']')})"
    kept = f"list_filter(list_transform({parts}, lambda p: trim(p)), lambda p: p <> '')"
    translated = codes.sql("part", on=day, unmapped=UNMAPPED)
    return f"nullif(array_to_string(list_transform({kept}, lambda part: {translated}), {literal(JOINER)}), '')"


def _as(sql: str, kind: LogicalType, to: LogicalType) -> str:
    if kind is to:
        return sql
    if {kind, to} == {INTEGER, NUMBER}:
        return f"CAST({sql} AS DOUBLE)" if to is NUMBER else converted(_as(sql, NUMBER, TEXT), INTEGER)
    text = as_text(f"({sql})", sql_type="DOUBLE") if kind is NUMBER else f"CAST(({sql}) AS VARCHAR)"
    return text if to is TEXT else converted(f"({text})", to)


def _common_kind(left: Any, right: Any, scope: Scope) -> LogicalType:
    kinds = [native(node, scope)[1] for node in (left, right)]
    constants = [kind for node, kind in zip((left, right), kinds, strict=True) if _is_constant(node)]
    for kind in (*constants, *kinds):
        if kind is not TEXT:
            return NUMBER if kind is INTEGER else kind
    return TEXT


def _is_constant(node: Any) -> bool:
    return isinstance(node, bool | int | float | date) or (isinstance(node, Mapping) and "constant" in node)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _operator(node: Any, scope: Scope) -> tuple[str, Any]:
    if not isinstance(node, Mapping) or not node:
        raise scope.refuse(Message(N_("{node!r} is not an expression"), {"node": node}))
    operator = next((word for word in ("column", "expression") if word in node), None) or next(iter(node))
    return str(operator), node[operator]


def may_miss(node: Any) -> bool:
    """Return whether an expression holds a value map without a default, so that a value may stay unmapped."""
    if isinstance(node, list):
        return any(may_miss(part) for part in node)
    if not isinstance(node, Mapping):
        return False
    return ("values" in node and "default" not in node and "one_of" not in node) or may_miss(list(node.values()))


def _listed(node: Mapping[str, Any], operator: str, scope: Scope, *, n: int | None = None) -> list[Any]:
    parts = node[operator]
    if not isinstance(parts, list) or not parts or (n is not None and len(parts) != n):
        wanted = Message(N_("{operator!r} needs a list of {n} expressions"), {"operator": operator, "n": n or "1+"})
        raise scope.refuse(wanted)
    return parts


def _concat(node: Mapping[str, Any], scope: Scope) -> str:
    parts = ", ".join(compiled(part, scope, to=TEXT) for part in _listed(node, "concat", scope))
    return f"nullif(concat_ws({literal(str(node.get('separator', '')))}, {parts}), '')"


def _prefixed(node: Mapping[str, Any], scope: Scope) -> str:
    return f"{literal(str(node['prefix']))} || ({compiled(node.get('of'), scope, to=TEXT)})"


def _optional(node: Mapping[str, Any], scope: Scope) -> str:
    """A column that some files of a layout lack: empty there."""
    name = str(node["optional"])
    return compiled(name, scope, to=TEXT) if name in scope.columns else "CAST(NULL AS VARCHAR)"


def _extract(node: Mapping[str, Any], scope: Scope) -> str:
    pattern = literal(str(node.get("pattern", "")))
    return f"nullif(regexp_extract({compiled(node['extract'], scope, to=TEXT)}, {pattern}, 1), '')"


def _fen(node: Mapping[str, Any], scope: Scope) -> str:
    unit = str(node.get("unit"))
    if unit not in FEN_PER_UNIT:
        known = {"unit": unit, "known": ", ".join(FEN_PER_UNIT)}
        raise scope.refuse(Message(N_("there is no unit {unit!r}; there are {known}"), known))
    return fen(compiled(node["fen"], scope, to=TEXT), unit=unit)


def _substring(node: Mapping[str, Any], scope: Scope) -> str:
    first, length = int(node.get("from", 1)), int(node.get("length", 1))
    return f"substr({compiled(node['substring'], scope, to=TEXT)}, {first}, {length})"


_TEXT_OPERATORS: dict[str, Callable[[Mapping[str, Any], Scope], str]] = {
    "concat": _concat,
    "prefix": _prefixed,
    "substring": _substring,
    "upper": lambda node, scope: f"upper({compiled(node['upper'], scope, to=TEXT)})",
    "lower": lambda node, scope: f"lower({compiled(node['lower'], scope, to=TEXT)})",
    "optional": _optional,
    "extract": _extract,
    "fen": _fen,
}
