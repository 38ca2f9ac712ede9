"""The contracts as people meet them: documentation pages, and what changed since they were last released."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.contracts.compatibility import Change, changes, version_problem
from engine.contracts.odcs import contract_of
from engine.contracts.pages import Words, contract_page, index_page
from engine.contracts.schema import Contract
from engine.errors import ContractError
from engine.i18n import chosen_language, translator
from engine.messages import N_, Message
from engine.store.documents import SHIPPED, load_contracts, read_yaml

LANGUAGES = ("zh", "en")
RELEASED = SHIPPED / "released"


@dataclass(frozen=True, slots=True)
class ReleaseCheck:
    """What changed in one table since its last release, and why its version number does not fit, if so."""

    table: str
    released: str
    version: str
    changes: tuple[Change, ...]
    problem: Message | None


@cache
def contract_words(language: str) -> Words:
    """Return the wordings of a language; English is what the contracts are written in."""
    if not language.startswith("zh"):
        return Words({}, {})
    (document,) = read_yaml(SHIPPED / "words.zh_CN.yaml")
    return Words(document["texts"], document["codes"])


def table_names() -> dict[str, str]:
    """Return what the contracts call their tables in Chinese, by table."""
    return {table: contract.business_name for table, contract in load_contracts().items()}


@cache
def column_names(table: str) -> dict[str, str]:
    """Return what the contract of a table calls its columns in Chinese; nothing for a table without contract."""
    contract = load_contracts().get(table)
    return {} if contract is None else {column.name: column.business_name for column in contract.columns}


def contract_pages() -> dict[str, str]:
    """Return relative path → text of every documentation page, ``zh/…`` and ``en/…``."""
    pages = {}
    for language in LANGUAGES:
        words, translate = contract_words(language), translator(chosen_language(language))
        contracts = load_contracts()
        pages[f"{language}/README.md"] = index_page(contracts.values(), words=words, translate=translate)
        for table, contract in contracts.items():
            pages[f"{language}/{table}.md"] = contract_page(contract, words=words, translate=translate)
    return pages


def write_contract_pages(out: Path) -> list[Path]:
    """Write every documentation page below a folder and return the paths; other files there stay."""
    written = []
    for name, text in contract_pages().items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def released_contracts(folder: Path = RELEASED) -> dict[str, Contract]:
    """Return the contracts as they were last released, by table."""
    contracts = [contract_of(*read_yaml(path)) for path in sorted(folder.glob("*.yaml"))]
    return {contract.table: contract for contract in contracts}


def release_checks(folder: Path = RELEASED) -> list[ReleaseCheck]:
    """Return for every released table what changed since; tables that are new since have nothing to break."""
    now = load_contracts()
    return [
        ReleaseCheck(
            table,
            old.version,
            now[table].version if table in now else "",
            changes(old, now.get(table)),
            version_problem(old, now.get(table)),
        )
        for table, old in released_contracts(folder).items()
    ]


def require_released(folder: Path = RELEASED) -> list[ReleaseCheck]:
    """Return the checks of :func:`release_checks`.

    Raises
    ------
    ContractError
        A change breaks those who rely on a released contract without a version that says so.
    """
    checks = release_checks(folder)
    problems = [check for check in checks if check.problem is not None]
    if problems:
        raise ContractError(
            table=", ".join(check.table for check in problems),
            problem=Message(N_("{first}; {n} table(s) in all"), {"first": problems[0].problem, "n": len(problems)}),
            remedy=Message(N_("compare with data_contracts/released")),
        )
    return checks
