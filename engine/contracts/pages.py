"""Documentation of the contracts as Markdown, out of the contracts themselves: one page per table, and an index.

Headings come from the translation catalogue; what a contract says of its columns is worded in ``words``, and stays as
the contract has it where no wording is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.contracts.schema import Check, CheckKind, Column, Contract, LogicalType
from engine.messages import N_, Translate

_TYPES = {
    LogicalType.STRING: N_("text"),
    LogicalType.DATE: N_("date"),
    LogicalType.INTEGER: N_("whole number"),
    LogicalType.NUMBER: N_("number"),
    LogicalType.BOOLEAN: N_("yes or no"),
}
_VERSIONED = N_("with known_at it names a version")
_COLUMNS = N_("Columns")
_ACROSS = N_("Checks across columns and tables")
_INDEX = N_("Contracts of the source tables")
_BESIDE_COLUMNS = frozenset({CheckKind.REQUIRED, CheckKind.TYPED, CheckKind.CODES, CheckKind.PATTERN, CheckKind.RANGE})


@dataclass(frozen=True, slots=True)
class Words:
    """Wordings of one language: of the contracts' sentences and of their codes; a missing one stays as it is."""

    texts: Mapping[str, str]
    codes: Mapping[str, str]

    def text(self, sentence: str) -> str:
        """Return a sentence of a contract in this language."""
        return self.texts.get(sentence, sentence)

    def code(self, column: str, code: str) -> str:
        """Return the meaning of a code in a column, empty when none is worded.

        One code may mean different things in two columns: ``column.code`` comes before ``code``.
        """
        return self.codes.get(f"{column}.{code}", self.codes.get(code, ""))


def sentences(contract: Contract) -> tuple[str, ...]:
    """Return every sentence of a contract that people read, each once."""
    columns = [(c.description, c.null_meaning, c.unit) for c in contract.columns]
    own = (contract.purpose, contract.limitations, contract.granularity)
    listed = [*own, *(text for each in columns for text in each), *(check.description for check in contract.checks)]
    return tuple(dict.fromkeys(text for text in listed if text))


def contract_page(contract: Contract, *, words: Words, translate: Translate) -> str:
    """Return the Markdown page of one table."""
    t = translate
    key = ", ".join(f"`{name}`" for name in contract.key)
    facts = (
        (N_("Contract version"), f"{contract.version} (ODCS v3.1)"),
        (N_("One row"), words.text(contract.granularity)),
        (N_("Key"), f"{key}; {t(_VERSIONED)}"),
        (N_("Known when"), words.text(contract.limitations)),
        (N_("Freshness promised"), _freshness(contract, t)),
    )
    lines = [f"# {contract.business_name} `{contract.table}`", "", words.text(contract.purpose), ""]
    lines += [f"- {t(head)}: {said}" for head, said in facts]
    lines += ["", f"## {t(_COLUMNS)}", ""]
    heads = [
        N_("column"),
        N_("Chinese name"),
        N_("type"),
        N_("required"),
        N_("meaning"),
        N_("empty means"),
        N_("codes"),
    ]
    lines += _table([t(head) for head in heads], [_column_row(c, contract, words, t) for c in contract.columns])
    own = [check for check in contract.checks if check.kind not in _BESIDE_COLUMNS]
    if own:
        lines += ["", f"## {t(_ACROSS)}", ""]
        heads = [N_("check"), N_("what follows"), N_("rule"), N_("columns")]
        lines += _table([t(head) for head in heads], [_check_row(check, words, t) for check in own])
    return "\n".join(lines) + "\n"


def index_page(contracts: Iterable[Contract], *, words: Words, translate: Translate) -> str:
    """Return the Markdown page that lists all tables; each line links to the table's page beside it."""
    heads = [N_("table"), N_("Chinese name"), N_("version"), N_("what it holds")]
    rows = [[f"[`{c.table}`]({c.table}.md)", c.business_name, c.version, words.text(c.purpose)] for c in contracts]
    return "\n".join([f"# {translate(_INDEX)}", "", *_table([translate(head) for head in heads], rows)]) + "\n"


def _freshness(contract: Contract, translate: Translate) -> str:
    if contract.freshness_days is None:
        return translate(N_("none; rows come when something changes"))
    return translate(N_("{days} days")).format(days=contract.freshness_days)


def _column_row(column: Column, contract: Contract, words: Words, translate: Translate) -> list[str]:
    meaning = [words.text(column.description), *([words.text(column.unit)] if column.unit else [])]
    if column.separator:
        meaning.append(translate(N_("several, joined by {separator}")).format(separator=f"`{column.separator}`"))
    meaning += [
        _bound(check, translate) for check in contract.checks if check.column == column.name and _is_bound(check)
    ]
    return [
        f"`{column.name}`",
        column.business_name,
        translate(_TYPES[column.logical_type]),
        translate(N_("yes")) if column.is_required else "",
        " · ".join(meaning),
        words.text(column.null_meaning),
        "; ".join(f"`{code}` {words.code(column.name, code)}".strip() for code in column.codes),
    ]


def _is_bound(check: Check) -> bool:
    return check.kind in (CheckKind.PATTERN, CheckKind.RANGE)


_SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _bound(check: Check, translate: Translate) -> str:
    if check.kind is CheckKind.PATTERN:
        return translate(N_("form {pattern}")).format(pattern=f"`{check.arguments['pattern']}`")
    return ", ".join(f"{_SIGNS[bound]} {value}" for bound, value in check.arguments.items())


_SEVERITIES = {"error": N_("the row goes to quarantine"), "warning": N_("counted and shown")}


def _check_row(check: Check, words: Words, translate: Translate) -> list[str]:
    named = [check.column, *(str(check.arguments[w]) for w in ("earlier", "other", "when") if w in check.arguments)]
    columns = ", ".join(f"`{name}`" for name in dict.fromkeys(name for name in named if name))
    return [f"`{check.id}`", translate(_SEVERITIES[check.severity.value]), words.text(check.description), columns]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *body]
