import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.contracts.odcs import contract_of
from engine.contracts.schema import CROSS_TABLE_CHECKS, CheckKind, Severity
from engine.errors import ContractError
from engine.store.documents import SHIPPED, load_contracts
from engine.vocabulary import ResultCode, SelectionMode

SOURCES = sorted((SHIPPED / "sources").glob("*.yaml"))


@pytest.fixture(scope="module")
def standard():
    text = (Path(str(files("open_data_contract_standard"))) / "schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft201909Validator(json.loads(text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_shipped_contract_follows_the_standard(path, standard):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert [error.message for error in standard.iter_errors(document)] == []
    assert document["apiVersion"] == "v3.1.0"


def test_every_table_in_use_has_a_contract():
    assert set(load_contracts()) == {
        "entities", "departments", "districts", "items", "inspectors", "recusals", "inspections", "penalties",
        "listings", "repairs", "complaints", "licences", "relations", "annual_reports", "external_grades", "objections",
        "measures", "punishments", "referrals", "rectifications", "visits", "results", "warnings", "experts",
        "trainings", "leaves", "plans", "tasks", "approvals", "registry_counts",
    }  # fmt: skip


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.table)
def test_columns_are_explained_and_checks_identified(contract):
    ids = [check.id for check in contract.checks]

    assert len(ids) == len(set(ids))
    assert all(check.id.startswith(f"{contract.table}-") for check in contract.checks)
    assert all(column.business_name and column.description for column in contract.columns)
    assert all(column.null_meaning for column in contract.columns if not column.is_required)
    assert all(column.unit for column in contract.columns if column.name.endswith(("_fen", "_probability")))
    assert all(check.severity is Severity.WARNING for check in contract.cross_checks)


def test_codes_are_those_of_the_vocabulary():
    inspections = load_contracts()["inspections"]

    assert set(inspections.column("result_codes").codes) == set(ResultCode)
    assert set(inspections.column("selection_mode").codes) == set(SelectionMode)


def test_a_cross_table_error_is_refused():
    document = yaml.safe_load((SHIPPED / "sources" / "penalties.yaml").read_text(encoding="utf-8"))
    crossing = [
        q for q in document["schema"][0]["quality"] if CheckKind(q["implementation"]["check"]) in CROSS_TABLE_CHECKS
    ]
    crossing[0]["severity"] = "error"

    with pytest.raises(ContractError, match="can only warn"):
        contract_of(document)


def test_a_contract_without_its_key_column_is_refused():
    document = yaml.safe_load((SHIPPED / "sources" / "recusals.yaml").read_text(encoding="utf-8"))
    for prop in document["schema"][0]["properties"]:
        prop.pop("primaryKey", None)

    with pytest.raises(ContractError):
        contract_of(document)
