"""Compiled checks and pandera schemas out of the same YAML find the same in any rows."""

from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contracts.schema import CheckKind, Column, Contract, LogicalType
from engine.contracts.sql import identifier, literal
from engine.contracts.validation import checked_rows
from engine.store.documents import load_contracts
from tests import contract_reference as reference

CONTRACTS = load_contracts()
CONNECTION = duckdb.connect()
CODES = ["91350100M000100Y43", "91350100M000100Y44", "11330600098643214C", "91330602ma0000015k"]
WORDED = ["罚款10000元", "罚款人民币1万元，没收违法所得12.50元", "罚款：1,000元", "警告"]
VALUES = {
    LogicalType.STRING: ["a", "b", "uscc:91350100M000100Y43", "reg:1", "reg:", "no scheme", *CODES, *WORDED],
    LogicalType.DATE: ["2020-01-01", "2021-06-30", "2021-06-31", "20210630", "soon", "2020-02-29"],
    LogicalType.INTEGER: [
        "0",
        "1",
        "12",
        "10000",
        "1000000",
        "1250",
        "-3",
        "12.0",
        "12.5",
        "x",
        "99999999999999999999",
        "+7",
    ],
    LogicalType.NUMBER: ["0", "0.5", "1", "1.5", "-0.1", "nan", "1e3", "1_0", "x"],
    LogicalType.BOOLEAN: ["true", "是", "0", "perhaps"],
}


def cells(column: Column) -> st.SearchStrategy[str | None]:
    """Draw good, bad and missing cells of a column, codes alone and joined among them."""
    values = st.sampled_from(VALUES[column.logical_type])
    if column.codes:
        one = st.sampled_from([*column.codes, "unknown"])
        joined = st.lists(one, min_size=2, max_size=3).map((column.separator or ";").join)
        values = one | joined
    return st.none() | values | values


@cache
def rows_of(table: str) -> st.SearchStrategy[list[dict[str, str | None]]]:
    """Draw rows of text of a contract table."""
    row = st.fixed_dictionaries({column.name: cells(column) for column in CONTRACTS[table].columns})
    return st.lists(row, min_size=1, max_size=4)


def compiled_findings(contract: Contract, rows: list[dict[str, str | None]]) -> set[tuple[int, str]]:
    """Return (row number, check id) of what the compiled checks find."""
    parts = [
        "SELECT " + ", ".join(f"CAST({literal(row[name])} AS VARCHAR) AS {identifier(name)}" for name in contract.names)
        + f", 'f' AS source_file, CAST({at} AS BIGINT) AS source_line"
        for at, row in enumerate(rows)
    ]  # fmt: skip
    sql = checked_rows(contract, rows=" UNION ALL ".join(parts))
    found = CONNECTION.execute(f"SELECT source_line, findings FROM ({sql}) WHERE findings IS NOT NULL").fetchall()
    return {(line, each["check"]) for line, each_row in found for each in each_row}


@pytest.mark.parametrize("table", sorted(CONTRACTS))
def test_compiled_checks_and_pandera_agree_on_generated_rows(table):
    @given(rows_of(table))
    @settings(max_examples=6, deadline=None)
    def agree(rows):
        assert compiled_findings(CONTRACTS[table], rows) == reference.findings(CONTRACTS[table], rows)

    agree()


def test_generated_rows_break_every_kind_of_check():
    kinds = {check.kind for contract in CONTRACTS.values() for check in contract.row_checks}

    assert kinds == set(reference.RULES)
    assert kinds == {kind for kind in CheckKind if kind not in (CheckKind.REFERS_TO, CheckKind.FOLLOWS)}
