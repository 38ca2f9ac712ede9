"""Contracts against their last release, and pages that say what the contracts say."""

import shutil
from pathlib import Path

import pytest

from engine.api.records.contracts import (
    RELEASED,
    contract_pages,
    contract_words,
    release_checks,
    released_contracts,
    require_released,
)
from engine.contracts.pages import sentences
from engine.errors import ContractError
from engine.store.documents import load_contracts

DOCS = Path(__file__).parents[5] / "docs" / "contracts"


def test_no_contract_breaks_those_who_rely_on_its_last_release():
    assert [str(check.problem) for check in release_checks() if check.problem] == []


def test_a_breaking_change_is_named_with_table_and_remedy(tmp_path):
    shutil.copytree(RELEASED, tmp_path / "released")
    path = tmp_path / "released" / "penalties.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("businessName: 处罚内容\n        logicalType: string",
                    "businessName: 处罚内容\n        logicalType: date"), encoding="utf-8")  # fmt: skip

    with pytest.raises(ContractError, match="penalties.*type_changed content.*major"):
        require_released(tmp_path / "released")


def test_released_contracts_are_readable_and_no_newer_than_the_present_ones():
    now = load_contracts()

    assert all(released.version <= now[table].version for table, released in released_contracts().items())


def test_pages_in_docs_are_current():
    pages = contract_pages()
    held = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*/*.md")}

    stale = sorted(name for name in {*pages, *held} if pages.get(name) != held.get(name))
    assert stale == [], "run: xinheng contracts docs --out docs/contracts"


def test_every_sentence_and_code_of_the_contracts_has_its_chinese_wording():
    words, contracts = contract_words("zh"), load_contracts().values()
    said = {text for contract in contracts for text in sentences(contract)}
    codes = {(c.name, code) for contract in contracts for c in contract.columns for code in c.codes}

    assert sorted(said - set(words.texts)) == [], "word them in data_contracts/words.zh_CN.yaml"
    assert sorted(set(words.texts) - said) == [], "no contract says this any more"
    assert sorted(code for column, code in codes if not words.code(column, code)) == []


def test_a_page_says_type_unit_codes_references_and_checks_in_both_languages():
    pages = contract_pages()
    chinese, english = pages["zh/penalties.md"], pages["en/penalties.md"]

    assert "| `fine_fen` | 罚款金额 | 整数 |" in chinese and "分（人民币，1/100 元）" in chinese and "≥ 0" in chinese
    assert "`serious` 严重" in chinese and "`serious`" in english
    assert "发改办财金〔2018〕424号" in english
    assert "`penalties-publicity_after_decision` | the row goes to quarantine" in english
