from datetime import date

import duckdb
import pytest
import yaml

from engine.contracts.expressions import DATE, INTEGER, NUMBER, TEXT, Scope, compiled, condition
from engine.errors import MappingColumnError, MappingFormError

COLUMNS = {
    "word": "VARCHAR", "digits": "VARCHAR", "score": "DOUBLE", "hole": "DOUBLE", "count": "BIGINT", "day": "TIMESTAMP",
    "german": "VARCHAR", "done": "BOOLEAN", 'a"b': "VARCHAR", "blank": "VARCHAR",
}  # fmt: skip
ROW = """SELECT ' Pass ' AS word, '28' AS digits, 28.0::DOUBLE AS score, 'nan'::DOUBLE AS hole, 3::BIGINT AS count,
    TIMESTAMP '2014-07-01 10:00:00' AS day, '31.12.2014' AS german, TRUE AS done, 'q' AS "a""b", '  ' AS blank"""
SCOPE = Scope("m", "inspections", "f.csv", COLUMNS)


def value(text, to=TEXT):
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {compiled(yaml.safe_load(text), SCOPE, to=to)} FROM ({ROW})").fetchone()[0]


def holds(text):
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {condition(yaml.safe_load(text), SCOPE)} FROM ({ROW})").fetchone()[0]


@pytest.mark.parametrize(
    ("text", "to", "expected"),
    [
        ("word", TEXT, "Pass"),
        ("blank", TEXT, None),
        ("hole", TEXT, None),
        ("score", TEXT, "28"),
        ("count", TEXT, "3"),
        ("day", TEXT, "2014-07-01"),
        ("done", TEXT, "true"),
        ('a"b', TEXT, "q"),
        ("digits", NUMBER, 28.0),
        ("score", INTEGER, 28),
        ("{column: german, date_format: '%d.%m.%Y'}", DATE, date(2014, 12, 31)),
        ("{column: german, date_format: '%Y-%m-%d'}", DATE, None),
        ("{column: german, date_format: '%Y-%m-%d'}", TEXT, "31.12.2014"),  # the contract names it
        ("{column: german, date_format: ['%Y-%m-%d', '%d.%m.%Y']}", TEXT, "2014-12-31"),
        ("{multiply: [digits, 2]}", TEXT, "56"),
        ("{multiply: [word, 2]}", TEXT, "Pass"),  # no number: stays for the contract to name
        ("{multiply: [blank, 2]}", TEXT, None),
        ("{divide: [digits, 0]}", TEXT, None),
        ("{add_days: [word, 1]}", TEXT, "Pass"),
        ("{cast: word, to: integer}", TEXT, "Pass"),
        ("{cast: word, to: integer}", NUMBER, None),
        ("{optional: nowhere}", TEXT, None),
        ("{optional: word}", TEXT, "Pass"),
        ("{extract: german, pattern: '([0-9]+)[.]'}", TEXT, "31"),
        ("{extract: german, pattern: '(x)'}", TEXT, None),
        ("{fen: {constant: '1.14'}, unit: 万元}", TEXT, "1140000"),
        ("{fen: {constant: '0.000001'}, unit: 万元}", TEXT, "1"),
        ("{fen: {constant: '1,000.50'}, unit: 元}", TEXT, "100050"),
        ("{fen: {constant: '1.005'}, unit: 元}", TEXT, "1.005"),
        ("{fen: {constant: '7'}, unit: 分}", TEXT, "7"),
        ("{fen: word, unit: 元}", TEXT, "Pass"),
        ("{fen: blank, unit: 元}", TEXT, None),
        ("{column: word, values: {Pass: no_problem}}", TEXT, "no_problem"),
        ("{column: score, values: {28: high}}", TEXT, "high"),
        ("{column: done, values: {true: ja, false: nein}}", TEXT, "ja"),
        ("{column: word, values: {Fail: x}, default: y}", TEXT, "y"),
        ("{column: blank, values: {Fail: x}, default: y}", TEXT, None),
        ("{column: blank, default: y}", TEXT, "y"),
        ("{column: count, prefix: 'reg:'}", TEXT, "reg:3"),
        ("{prefix: 'reg:', of: count}", TEXT, "reg:3"),
        ("{prefix: 'reg:', of: blank}", TEXT, None),
        ("{constant: it's}", TEXT, "it's"),
        ("{concat: [word, count], separator: '-'}", TEXT, "Pass-3"),
        ("{coalesce: [blank, hole, word]}", TEXT, "Pass"),
        (
            "{case: [{when: {at_least: [score, 28]}, then: {constant: pending}}], else: {constant: fine}}",
            TEXT,
            "pending",
        ),
        ("{subtract: [100, score]}", TEXT, "72"),
        ("{divide: [score, 0]}", NUMBER, None),
        ("{add_days: [day, {multiply: [1.5, 2]}]}", DATE, date(2014, 7, 4)),
        ("{substring: german, from: 1, length: 2}", TEXT, "31"),
        ("{upper: word}", TEXT, "PASS"),
        ("{cast: german, to: number}", NUMBER, None),
    ],
)
def test_expression_gives(text, to, expected):
    assert value(text, to) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{at_least: [score, 28]}", True),
        ("{greater_than: [digits, 28]}", False),
        ("{at_least: [hole, 28]}", False),
        ("{not: {at_least: [hole, 28]}}", True),
        ("{equals: [done, true]}", True),
        ("{equals: [word, {constant: Pass}]}", True),
        ("{less_than: [day, 2014-07-02]}", True),
        ("{one_of: count, values: [3, 4]}", True),
        ("{is_null: blank}", True),
        ("{matches: german, pattern: '[0-9.]+'}", True),
        ("{contains: german, text: '%'}", False),
        ("{all: [{equals: [count, 3]}, {is_null: blank}]}", True),
        ("{any: [{equals: [count, 4]}, {is_null: word}]}", False),
    ],
)
def test_condition_holds(text, expected):
    assert holds(text) is expected


def test_a_missing_column_is_named_with_what_there_is():
    with pytest.raises(MappingColumnError, match="'gone' for inspections is not in f.csv .*word, digits"):
        compiled("gone", SCOPE, to=TEXT)


@pytest.mark.parametrize(
    "text",
    ["{shell: x}", "{concat: word}", "{equals: [word]}", "[word]", "{column: word, mapp: {}}", "{cast: word, to: x}"],
)
def test_what_is_not_in_the_list_is_refused(text):
    node = yaml.safe_load(text)

    with pytest.raises(MappingFormError):
        condition(node, SCOPE) if "equals" in text else compiled(node, SCOPE, to=TEXT)


def test_nothing_in_a_mapping_reaches_the_database_as_sql():
    hostile = "x'); DROP TABLE t; --"

    assert value(yaml.safe_dump({"constant": hostile})) == hostile
    with pytest.raises(MappingColumnError):
        compiled(hostile, SCOPE, to=TEXT)
