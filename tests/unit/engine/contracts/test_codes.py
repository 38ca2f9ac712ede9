"""Code lists: results by wording, districts by day, industries by section."""

from datetime import date

import duckdb
import pytest
import yaml

from engine.contracts.codes import code_list_of, with_code_lists
from engine.contracts.expressions import TEXT, UNMAPPED, Scope, compiled
from engine.errors import MappingFormError
from engine.store.documents import load_code_lists
from engine.vocabulary import ResultCode

SCOPE = Scope("m", "t", "f.csv", {"said": "VARCHAR", "day": "DATE"})


def read(text, said, day=None):
    node = with_code_lists(yaml.safe_load(text), load_code_lists(), mapping="m")
    with duckdb.connect() as connection:
        sql = f"SELECT {compiled(node, SCOPE, to=TEXT)} FROM (SELECT ?::VARCHAR AS said, ?::DATE AS day)"
        return connection.execute(sql, [said, day]).fetchone()[0]


RESULTS = "{column: said, values: result_wordings, split: ';；'}"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("未发现问题", "no_problem"),
        ("通过登记的住所（经营场所）无法联系", "unreachable"),
        ("公示信息隐瞒真实情况、弄虚作假", "false_publicity"),
        ("发现问题已责令改正；不配合检查情节严重", "corrected;refused"),
        (" 注销 ; 迁出;", "exited;exited"),
        ("1", f"{UNMAPPED}1"),  # a number says nothing: provinces number differently
        ("未发现问题;合格", f"no_problem;{UNMAPPED}合格"),
        (None, None),
        ("；", None),
    ],
)
def test_results_go_by_wording_never_by_number(said, code):
    assert read(RESULTS, said) == code


def test_every_canonical_result_has_a_wording_and_a_number_for_delivery():
    lists = load_code_lists()

    assert {code.target for code in lists["result_wordings"].codes} == set(ResultCode)
    assert {code.source for code in lists["result_codes_zhejiang"].codes} == set(ResultCode)


@pytest.mark.parametrize(
    ("said", "day", "code"),
    [
        ("330621", date(2012, 1, 1), "330621"),
        ("330621", date(2013, 11, 8), "330603"),
        ("330621", None, "330603"),
        ("330602", date(2020, 1, 1), "330602"),
        ("3306ZB", None, "3306ZB"),
    ],
)
def test_a_district_code_is_that_of_its_day(said, day, code):
    assert read("{column: said, values: district_successors, day: day}", said, day) == code


@pytest.mark.parametrize(("said", "code"), [("6210", "H6210"), ("0111", "A0111"), ("97", "T97"), ("9999", None)])
def test_an_industry_is_its_section_and_digits(said, code):
    text = "{concat: [{expression: {substring: said, from: 1, length: 2}, values: industry_sections}, said]}"
    found = read(text, said)

    assert found == code or (code is None and UNMAPPED in found)


def test_the_sections_cover_every_division_once():
    divisions = [code.source for code in load_code_lists()["industry_sections"].codes]

    assert divisions == [f"{n:02d}" for n in range(1, 98)]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"others": "maybe", "codes": []},
        {"others": "same", "codes": [{"from": "a"}]},
        {"others": "same", "codes": [{"from": "a", "to": "b"}, {"from": "a", "to": "c"}]},
    ],
)
def test_a_list_that_cannot_be_right_is_refused(document):
    with pytest.raises(MappingFormError):
        code_list_of(document, name="l")


def test_a_list_nobody_knows_is_refused():
    with pytest.raises(MappingFormError, match="no code list"):
        read("{column: said, values: results}", "x")
