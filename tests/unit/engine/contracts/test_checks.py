"""Every kind of check, on rows a person can read."""

import duckdb
import pytest

from engine.contracts.findings import Finding, explain
from engine.contracts.sql import identifier, literal
from engine.contracts.validation import checked_rows
from engine.store.documents import load_contracts

GOOD = {
    "entities": {
        "entity_id": "reg:1", "name": "甲", "entity_type": "enterprise", "population": "enterprise",
        "industry_code": "H62", "district_code": "330602", "status": "active", "occurred_on": "2020-01-01",
        "known_at": "2020-01-02",
    },
    "items": {
        "item_code": "i1", "name": "x", "department_code": "d", "item_class": "general", "ratio_cap": "0.05",
        "basis": "b", "body": "b", "content": "c", "method": "m", "edition": "1",
        "applies_to_types": "enterprise;product",
        "occurred_on": "2020-01-01",
    },
    "inspections": {
        "inspection_id": "n1", "visit_id": "v", "entity_id": "reg:1", "item_code": "i", "department_code": "d",
        "selection_mode": "random", "draw_id": "w", "stratum": "s", "design_probability": "0.1",
        "inclusion_probability": "0.2", "result_codes": "no_problem", "occurred_on": "2020-01-01",
    },
    "penalties": {
        "penalty_id": "p", "entity_id": "reg:1", "doc_no": "1", "violation_type": "x", "categories": "罚款",
        "severity": "minor", "fine_fen": "100", "occurred_on": "2020-01-01",
    },
    "districts": {"district_code": "1", "name": "n", "occurred_on": "2020-01-01"},
    "licences": {
        "licence_id": "l", "entity_id": "reg:1", "doc_no": "1", "licence_type": "ordinary", "status": "valid",
        "valid_until": "2021-01-01", "occurred_on": "2020-01-01",
    },
    "relations": {
        "relation_id": "r", "entity_id": "reg:1", "related_id": "person:9f", "relation_type": "shareholder",
        "holding_share": "0.4", "occurred_on": "2020-01-01",
    },
    "annual_reports": {
        "entity_id": "reg:1", "report_year": "2019", "status": "filed", "occurred_on": "2020-06-01",
    },
    "measures": {
        "measure_id": "m", "name": "x", "measure_class": "rights", "status": "live", "legal_basis": "b",
        "list_edition": "2024", "trigger_lists": "serious_violation;judgment_defaulter", "department_codes": "d",
        "business_field": "f", "occurred_on": "2024-01-01",
    },
    "punishments": {
        "punishment_event_id": "e", "punishment_id": "p", "entity_id": "reg:1", "measure_id": "m", "listing_id": "l",
        "event": "applied", "department_code": "d", "occurred_on": "2024-01-01",
    },
    "referrals": {
        "referral_event_id": "e", "referral_id": "r", "entity_id": "reg:1", "referral_type": "notice", "event": "sent",
        "from_department": "a", "to_department": "b", "occurred_on": "2024-01-01",
    },
    "objections": {
        "objection_event_id": "e", "objection_id": "o", "entity_id": "reg:1", "target_table": "grades",
        "target_id": "g", "event": "filed", "occurred_on": "2024-01-01",
    },
    "visits": {
        "visit_id": "v", "entity_id": "reg:1", "department_codes": "d", "inspector_codes": "a;b", "item_codes": "i;j",
        "entered_at": "09:05", "left_at": "10:30", "channel": "scan", "rating": "5", "occurred_on": "2024-01-01",
    },
}  # fmt: skip


def findings(table, **changes):
    contract = load_contracts()[table]
    row = {**dict.fromkeys(contract.names), **GOOD[table], **changes}
    cells = ", ".join(f"CAST({literal(value)} AS VARCHAR) AS {identifier(name)}" for name, value in row.items())
    rows = f"SELECT {cells}, 'f.csv' AS source_file, 2 AS source_line"
    with duckdb.connect() as connection:
        (found,) = connection.execute(f"SELECT findings FROM ({checked_rows(contract, rows=rows)})").fetchone()
    return [each["check"] for each in found or []]


@pytest.mark.parametrize("table", GOOD)
def test_a_good_row_has_no_finding(table):
    assert findings(table) == []


@pytest.mark.parametrize(
    ("table", "changes", "expected"),
    [
        ("entities", {"name": None}, ["entities-name-required"]),
        ("entities", {"status": "aktiv"}, ["entities-status-codes"]),
        ("entities", {"entity_id": "12345"}, ["entities-entity_id-pattern"]),
        ("entities", {"occurred_on": "2021-02-29"}, ["entities-occurred_on-type"]),
        ("entities", {"occurred_on": "epoch"}, ["entities-occurred_on-type"]),
        ("entities", {"known_at": "2019-12-31"}, ["entities-known_not_before_occurred"]),
        ("entities", {"registered_capital_fen": "12.5"}, ["entities-registered_capital_fen-type"]),
        ("entities", {"registered_capital_fen": "1e3"}, ["entities-registered_capital_fen-type"]),
        ("entities", {"registered_capital_fen": "-1"}, ["entities-registered_capital_fen-range"]),
        ("entities", {"registered_capital_fen": "1200.0"}, []),
        ("entities", {"entity_id": "uscc:91330602MA0000015K", "uscc": "91330602MA0000015K"}, []),
        ("entities", {"entity_id": "uscc:91330602MA0000015K"}, ["entities-uscc_names_entity"]),
        ("penalties", {"fine_fen": "1140000", "content": "处罚款人民币11400元"}, []),
        ("penalties", {"fine_fen": "11400", "content": "处罚款人民币11400元"}, ["penalties-fine_fen_unit"]),
        ("penalties", {"fine_fen": "2", "content": "罚款2万元"}, ["penalties-fine_fen_unit"]),
        ("penalties", {"fine_fen": "200", "content": "罚款2万元"}, ["penalties-fine_fen_unit"]),
        ("penalties", {"fine_fen": "2000000", "content": "罚款2万元"}, []),
        ("penalties", {"fine_fen": "20000000000", "content": "罚款：20,000元"}, ["penalties-fine_fen_unit"]),
        ("penalties", {"fine_fen": "300000", "content": "罚款1000元，并处罚款2000元"}, []),
        ("penalties", {"fine_fen": "2000", "content": "罚款贰万元"}, []),
        (
            "penalties",
            {"fine_fen": None, "confiscated_fen": "500", "content": "没收违法所得人民币500元"},
            ["penalties-confiscated_fen_unit"],
        ),
        ("entities", {"uscc": "91330602MA0000015X"}, ["entities-uscc_check_character"]),
        ("items", {"ratio_cap": None}, ["items-general_has_cap"]),
        ("items", {"item_class": "key"}, ["items-key_has_no_cap"]),
        ("items", {"ratio_cap": "0"}, ["items-ratio_cap-range"]),
        ("items", {"ratio_cap": "nan"}, ["items-ratio_cap-type"]),
        ("items", {"applies_to_types": "enterprise;ship"}, ["items-applies_to_types-codes"]),
        ("inspections", {"inclusion_probability": None}, ["inspections-drawn_has_inclusion_probability"]),
        ("inspections", {"inclusion_probability": "1.5"}, ["inspections-inclusion_probability-range"]),
        ("inspections", {"result_codes": "no_problem;pending"}, ["inspections-no_problem_stands_alone"]),
        ("inspections", {"result_codes": "corrected;pending"}, []),
        (
            "inspections",
            {"selection_mode": "scheduled"},
            ["inspections-undrawn_has_no_inclusion_probability", "inspections-undrawn_has_no_design_probability"],
        ),
        (
            "inspections",
            {"selection_mode": "scheduled", "inclusion_probability": None, "design_probability": None},
            [],
        ),
        ("penalties", {"publicity_end_on": "2019-01-01"}, ["penalties-publicity_after_decision"]),
        ("districts", {"successor_code": "1"}, ["districts-successor_other_than_self"]),
        ("licences", {"licence_type": "普通"}, ["licences-licence_type-codes"]),
        ("licences", {"valid_until": "2019-01-01"}, ["licences-valid_until_after_decision"]),
        ("relations", {"holding_share": "40"}, ["relations-holding_share-range"]),
        ("relations", {"related_id": "reg:1"}, ["relations-not_with_itself"]),
        ("annual_reports", {"report_year": "19"}, ["annual_reports-report_year-range"]),
        ("measures", {"legal_basis": None}, ["measures-live_needs_basis"]),
        ("measures", {"status": "historic", "legal_basis": None, "list_edition": None}, []),
        ("punishments", {"event": "declined"}, ["punishments-declined_says_why"]),
        ("referrals", {"to_department": "a"}, ["referrals-two_departments"]),
        ("objections", {"event": "maintained"}, ["objections-decision_says_why"]),
        ("visits", {"inspector_codes": "a"}, ["visits-inspector_codes-pattern"]),
        ("visits", {"entered_at": "9:05"}, ["visits-entered_at-pattern"]),
        ("visits", {"rating": "6"}, ["visits-rating-range"]),
    ],
)
def test_a_bad_row_names_its_check(table, changes, expected):
    assert findings(table, **changes) == expected


def test_every_reason_is_given_at_once():
    found = findings("entities", name=None, status="x", entity_id="1")

    assert set(found) == {"entities-entity_id-pattern", "entities-name-required", "entities-status-codes"}


def test_known_at_follows_the_contract_rule_where_the_source_is_silent():
    contract = load_contracts()["penalties"]
    row = {**dict.fromkeys(contract.names), **GOOD["penalties"]}
    cells = ", ".join(f"CAST({literal(value)} AS VARCHAR) AS {identifier(name)}" for name, value in row.items())
    rows = checked_rows(contract, rows=f"SELECT {cells}, '' AS source_file, 1 AS source_line")

    with duckdb.connect() as connection:
        known, occurred = connection.execute(f"SELECT known_at, occurred_on FROM ({rows})").fetchone()

    assert known == occurred


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.table)
def test_every_check_can_be_said(contract):
    for check in contract.checks:
        sentence = explain(Finding(check.id, check.column, "wert"), contract).render()
        assert contract.column(check.column).label in sentence
