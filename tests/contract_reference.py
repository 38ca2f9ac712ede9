"""A second reading of the contracts: pandera schemas out of the same YAML, and text converted in plain Python.

Shares no code with the compiled checks beyond the parsed document; what both say of a row is compared by tests.
"""

import math
import re
from datetime import date
from decimal import Decimal

import pandas as pd
import pandera.pandas as pa

from engine.contracts.schema import CheckKind, Contract, LogicalType
from tests.small_uscc import is_valid_uscc

YES, NO = {"true", "t", "yes", "y", "1", "是"}, {"false", "f", "no", "n", "0", "否"}
TEXT = "~text"


def whole(text):
    form = re.fullmatch(r"([+-]?[0-9]+)(\.0+)?", text)
    value = int(form[1]) if form else None
    return value if value is not None and -(2**63) <= value < 2**63 else None


def number(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def day(text):
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def truth(text):
    return True if text.lower() in YES else False if text.lower() in NO else None


CONVERT = {
    LogicalType.STRING: lambda text: text,
    LogicalType.INTEGER: whole,
    LogicalType.NUMBER: number,
    LogicalType.DATE: day,
    LogicalType.BOOLEAN: truth,
}


def converted(contract: Contract, rows: list[dict[str, str | None]]) -> pd.DataFrame:
    """Return rows of text as objects of their types (None where text is not one), each beside its text."""
    columns = {}
    for column in contract.columns:
        texts = [row[column.name] for row in rows]
        if column.name == "known_at":
            rule = contract.known_at_rule
            texts = [row[rule] if text is None else text for text, row in zip(texts, rows, strict=True)]
        values = [None if text is None else CONVERT[column.logical_type](text) for text in texts]
        columns[column.name] = pd.Series(values, dtype=object)
        columns[column.name + TEXT] = pd.Series(texts, dtype=object)
    return pd.DataFrame(columns)


def schema_of(contract: Contract) -> pa.DataFrameSchema:
    """Return the pandera schema of a contract's error checks; every check is named by its id."""
    return pa.DataFrameSchema(
        {column.name: pa.Column(object, nullable=True) for column in contract.columns},
        checks=[
            pa.Check(_row_by_row(check, contract), name=check.id, ignore_na=False)
            for check in contract.row_checks
            if check.severity.value == "error"
        ],
    )


def findings(contract: Contract, rows: list[dict[str, str | None]]) -> set[tuple[int, str]]:
    """Return (row number, check id) of everything pandera finds."""
    try:
        schema_of(contract).validate(converted(contract, rows), lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        return {(int(at), str(check)) for at, check in zip(cases["index"], cases["check"], strict=True)}
    return set()


def _row_by_row(check, contract):
    rule = RULES[check.kind]
    return lambda frame: pd.Series([bool(rule(row, check, contract)) for row in frame.to_dict("records")], dtype=bool)


def _null(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def _column_rule(rule):
    def judge(row, check, contract):
        value = row[check.column]
        return check.passes_on_null if _null(value) else rule(value, check, contract)

    return judge


def _parts(value, check, contract):
    separator = contract.column(check.column).separator
    return [part.strip(" ") for part in value.split(separator)] if separator and separator in value else [value]


def _two(first, second, passes):
    def judge(row, check, contract):
        left, right = row[first(check)], row[second(check)]
        return check.passes_on_null if _null(left) or _null(right) else passes(left, right)

    return judge


def _in_range(value, check, contract):
    bounds = check.arguments
    return (
        value >= bounds.get("minimum", value)
        and value <= bounds.get("maximum", value)
        and ("exclusiveMinimum" not in bounds or value > bounds["exclusiveMinimum"])
        and ("exclusiveMaximum" not in bounds or value < bounds["exclusiveMaximum"])
    )


def _is_chosen(row, check):
    return row[check.arguments["when"]] in check.arguments["values"]


def _scheme(row, check, contract):
    value, code = row[check.column], row[check.arguments["other"]]
    prefix = check.arguments["scheme"] + ":"
    return _null(value) or not value.startswith(prefix) or (not _null(code) and value == prefix + code)


def _amount(row, check, _):
    """An amount that is 100, 10,000 or 1,000,000 times the worded one, or that part of it, is in another unit."""
    amount, wording = row[check.column], row[check.arguments["other"]]
    if _null(amount) or _null(wording) or amount <= 0:
        return True
    form = re.search(check.arguments["after"] + "(?:人民币)?[:：]?([0-9][0-9,，]*(?:[.][0-9]+)?)(万)?元", wording)
    if form is None:
        return True
    fen = Decimal(form[1].replace(",", "").replace("，", "")) * (1_000_000 if form[2] else 100)
    return not any(amount * k == round(fen) or amount == round(fen) * k for k in (100, 10_000, 1_000_000))


RULES = {
    CheckKind.REQUIRED: lambda row, check, _: not _null(row[check.column + TEXT]),
    CheckKind.TYPED: lambda row, check, _: _null(row[check.column + TEXT]) or not _null(row[check.column]),
    CheckKind.CODES: _column_rule(lambda v, k, c: all(part in k.arguments["values"] for part in _parts(v, k, c))),
    CheckKind.PATTERN: _column_rule(lambda v, k, c: re.fullmatch(k.arguments["pattern"], v, re.ASCII) is not None),
    CheckKind.RANGE: _column_rule(_in_range),
    CheckKind.ORDERED: _two(lambda k: k.arguments["earlier"], lambda k: k.arguments["later"], lambda a, b: a <= b),
    CheckKind.DIFFERS: _two(lambda k: k.column, lambda k: k.arguments["other"], lambda a, b: a != b),
    CheckKind.REQUIRED_WHEN: lambda row, k, c: not _is_chosen(row, k) or not _null(row[k.column + TEXT]),
    CheckKind.REFUSED_UNLESS: lambda row, k, c: _is_chosen(row, k) or _null(row[k.column + TEXT]),
    CheckKind.STANDS_ALONE: _column_rule(
        lambda v, k, c: len(_parts(v, k, c)) == 1 or k.arguments["value"] not in _parts(v, k, c)
    ),
    CheckKind.SCHEME_MATCHES: _scheme,
    CheckKind.USCC: _column_rule(lambda v, k, c: is_valid_uscc(v)),
    CheckKind.AMOUNT_AS_WORDED: _amount,
}
