"""What a contract is: a table, its columns, its key, and the checks its rows must pass.

A contract is read from an ODCS v3.1 document (:mod:`engine.contracts.odcs`). Every check has a stable id, a severity
and a stated meaning of null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.errors import ContractError
from engine.messages import N_, Message


class LogicalType(StrEnum):
    """The types a contract column may have."""

    STRING = "string"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Severity(StrEnum):
    """What a finding does: an error sends the row to quarantine, a warning is counted and shown."""

    ERROR = "error"
    WARNING = "warning"


class CheckKind(StrEnum):
    """The closed list of checks. The first group looks at one row, the second at other rows or tables.

    Checks of the second group are warnings: whether they hold depends on what was loaded before, and the order of
    loading must not decide what the store accepts.
    """

    REQUIRED = "required"
    TYPED = "type"
    CODES = "codes"
    PATTERN = "pattern"
    RANGE = "range"
    ORDERED = "ordered"
    DIFFERS = "differs"
    REQUIRED_WHEN = "required_when"
    REFUSED_UNLESS = "refused_unless"
    STANDS_ALONE = "stands_alone"
    SCHEME_MATCHES = "scheme_matches"
    USCC = "uscc"
    AMOUNT_AS_WORDED = "amount_as_worded"

    REFERS_TO = "refers_to"
    FOLLOWS = "follows"


CROSS_TABLE_CHECKS = frozenset({CheckKind.REFERS_TO, CheckKind.FOLLOWS})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract table.

    Parameters
    ----------
    name : str, snake_case.
    business_name : str, Chinese.
    logical_type : LogicalType.
    is_required : bool, null is an error.
    description : str.
    null_meaning : str, what a missing value says; empty for required columns.
    unit : str, empty where there is none.
    separator : str, non-empty when the text holds several values.
    codes : tuple of str, the values allowed, empty when free.
    """

    name: str
    business_name: str
    logical_type: LogicalType
    is_required: bool
    description: str = ""
    null_meaning: str = ""
    unit: str = ""
    separator: str = ""
    codes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The column as people read it: name and Chinese name."""
        return f"{self.name}（{self.business_name}）"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule that rows must pass.

    Parameters
    ----------
    id : str, never reused for another rule.
    kind : CheckKind.
    severity : Severity.
    column : str, the column a person should look at.
    arguments : mapping, what the kind needs besides the column.
    passes_on_null : bool, whether a null in a column concerned passes the check.
    description : str.
    """

    id: str
    kind: CheckKind
    severity: Severity
    column: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    passes_on_null: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """A source table: columns in order, key, checks.

    Parameters
    ----------
    table : str.
    business_name : str, Chinese.
    version : str, semantic version of the contract.
    key : tuple of column names; with ``known_at`` they identify a row version.
    columns : tuple of Column.
    checks : tuple of Check, those of single columns first.
    known_at_rule : str, the column that stands in for ``known_at`` where the source does not say.
    purpose, limitations, granularity : str, what the table is for, what it cannot say, what one row is.
    freshness_days : int, the newest ``known_at`` may lie so many days back (service level); None = no promise.
    """

    table: str
    business_name: str
    version: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    known_at_rule: str
    purpose: str = ""
    limitations: str = ""
    granularity: str = ""
    freshness_days: int | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        missing = [name for name in (*self.key, "occurred_on", "known_at", self.known_at_rule) if name not in names]
        ids = [check.id for check in self.checks]
        twice = sorted({name for name in names if names.count(name) > 1} | {i for i in ids if ids.count(i) > 1})
        if missing or twice or not self.key:
            raise ContractError(
                table=self.table,
                problem=Message(
                    N_("the contract lacks {missing} or names {twice} twice"),
                    {"missing": ", ".join(missing) or "-", "twice": ", ".join(twice) or "-"},
                ),
                remedy=Message(N_("correct the contract file")),
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; a name the contract does not have is a bug."""
        return next(column for column in self.columns if column.name == name)

    def check(self, ident: str) -> Check:
        """Return the check of that id."""
        return next(check for check in self.checks if check.id == ident)

    @property
    def row_checks(self) -> tuple[Check, ...]:
        """Checks that look at one row alone."""
        return tuple(check for check in self.checks if check.kind not in CROSS_TABLE_CHECKS)

    @property
    def cross_checks(self) -> tuple[Check, ...]:
        """Checks that look at other rows or tables."""
        return tuple(check for check in self.checks if check.kind in CROSS_TABLE_CHECKS)
