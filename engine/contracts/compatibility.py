"""What a changed contract does to those who rely on it: rows others read, files others send.

A change breaks *readers* when rows may now look other than they were promised, *senders* when a row that was good now
waits in quarantine. Versions are semantic: what breaks readers needs a new major version, any other change of structure
a new minor one, since a sender gets his rows back with the reason; wording alone needs none. Structure is compared
column by column and check by check.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.contracts.schema import Check, CheckKind, Column, Contract, Severity
from engine.messages import N_, Message


class ChangeKind(StrEnum):
    """The closed list of changes of structure."""

    TABLE_REMOVED = "table_removed"
    KEY_CHANGED = "key_changed"
    KNOWN_AT_RULE_CHANGED = "known_at_rule_changed"
    COLUMN_REMOVED = "column_removed"
    COLUMN_ADDED = "column_added"
    REQUIRED_COLUMN_ADDED = "required_column_added"
    TYPE_CHANGED = "type_changed"
    UNIT_CHANGED = "unit_changed"
    SEPARATOR_CHANGED = "separator_changed"
    BECAME_REQUIRED = "became_required"
    BECAME_OPTIONAL = "became_optional"
    CODE_ADDED = "code_added"
    CODE_REMOVED = "code_removed"
    CODES_INTRODUCED = "codes_introduced"
    CODES_LIFTED = "codes_lifted"
    CHECK_ADDED = "check_added"
    CHECK_REMOVED = "check_removed"
    CHECK_CHANGED = "check_changed"
    WARNING_CHANGED = "warning_changed"


READERS, SENDERS = "readers", "senders"
BREAKS: Mapping[ChangeKind, frozenset[str]] = {
    ChangeKind.TABLE_REMOVED: frozenset({READERS, SENDERS}),
    ChangeKind.KEY_CHANGED: frozenset({READERS, SENDERS}),
    ChangeKind.KNOWN_AT_RULE_CHANGED: frozenset({READERS}),
    ChangeKind.COLUMN_REMOVED: frozenset({READERS, SENDERS}),
    ChangeKind.COLUMN_ADDED: frozenset(),
    ChangeKind.REQUIRED_COLUMN_ADDED: frozenset({SENDERS}),
    ChangeKind.TYPE_CHANGED: frozenset({READERS, SENDERS}),
    ChangeKind.UNIT_CHANGED: frozenset({READERS, SENDERS}),
    ChangeKind.SEPARATOR_CHANGED: frozenset({READERS, SENDERS}),
    ChangeKind.BECAME_REQUIRED: frozenset({SENDERS}),
    ChangeKind.BECAME_OPTIONAL: frozenset({READERS}),
    ChangeKind.CODE_ADDED: frozenset({READERS}),
    ChangeKind.CODE_REMOVED: frozenset({SENDERS}),
    ChangeKind.CODES_INTRODUCED: frozenset({SENDERS}),
    ChangeKind.CODES_LIFTED: frozenset({READERS}),
    ChangeKind.CHECK_ADDED: frozenset({SENDERS}),
    ChangeKind.CHECK_REMOVED: frozenset({READERS}),
    ChangeKind.CHECK_CHANGED: frozenset({READERS, SENDERS}),
    ChangeKind.WARNING_CHANGED: frozenset(),
}
"""Whom each change breaks; the rule table of releases."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of structure: its kind, and the column, code or check it concerns."""

    kind: ChangeKind
    subject: str

    @property
    def breaks(self) -> frozenset[str]:
        """Whom it breaks: readers, senders, both or nobody."""
        return BREAKS[self.kind]


def changes(old: Contract, new: Contract | None) -> tuple[Change, ...]:
    """Return the changes of structure from the released contract to the present one, in the order of the table.

    Parameters
    ----------
    new : None when the table is gone.
    """
    if new is None:
        return (Change(ChangeKind.TABLE_REMOVED, old.table),)
    return (*_table_changes(old, new), *_column_set_changes(old, new), *_check_changes(old, new))


def version_problem(old: Contract, new: Contract | None) -> Message | None:
    """Return why the present version number does not fit the changes since the release, None when it does."""
    found = changes(old, new)
    if new is None:
        return Message(N_("{table}: a released table was removed"), {"table": old.table})
    was, now = _version(old), _version(new)
    breaking = [change for change in found if READERS in change.breaks]
    params: dict[str, object] = {"table": new.table, "was": old.version, "now": new.version}
    if now < was:
        return Message(N_("{table}: the version falls from {was} to {now}"), params)
    if breaking and now[0] == was[0]:
        said = "; ".join(f"{c.kind} {c.subject}" for c in breaking)
        return Message(
            N_("{table}: version {now} after {was} breaks readers by {changes}: undo it or give a new major version"),
            {**params, "changes": said},
        )
    if found and now[:2] == was[:2]:
        said = "; ".join(f"{c.kind} {c.subject}" for c in found)
        return Message(
            N_("{table}: version {now} after {was} changes {changes}: give a new minor version"),
            {**params, "changes": said},
        )
    return None


def _version(contract: Contract) -> tuple[int, ...]:
    return tuple(int(part) for part in contract.version.split("."))


def _table_changes(old: Contract, new: Contract) -> Iterator[Change]:
    if old.key != new.key:
        yield Change(ChangeKind.KEY_CHANGED, ", ".join(new.key))
    if old.known_at_rule != new.known_at_rule:
        yield Change(ChangeKind.KNOWN_AT_RULE_CHANGED, new.known_at_rule)


def _column_set_changes(old: Contract, new: Contract) -> Iterator[Change]:
    for column in old.columns:
        if column.name not in new.names:
            yield Change(ChangeKind.COLUMN_REMOVED, column.name)
        else:
            yield from _column_changes(column, new.column(column.name))
    for column in new.columns:
        if column.name not in old.names:
            is_hard = column.is_required
            yield Change(ChangeKind.REQUIRED_COLUMN_ADDED if is_hard else ChangeKind.COLUMN_ADDED, column.name)


def _column_changes(old: Column, new: Column) -> Iterator[Change]:
    for kind, was, now in (
        (ChangeKind.TYPE_CHANGED, old.logical_type, new.logical_type),
        (ChangeKind.UNIT_CHANGED, old.unit, new.unit),
        (ChangeKind.SEPARATOR_CHANGED, old.separator, new.separator),
    ):
        if was != now:
            yield Change(kind, old.name)
    if old.is_required != new.is_required:
        yield Change(ChangeKind.BECAME_REQUIRED if new.is_required else ChangeKind.BECAME_OPTIONAL, old.name)
    if bool(old.codes) != bool(new.codes):
        yield Change(ChangeKind.CODES_INTRODUCED if new.codes else ChangeKind.CODES_LIFTED, old.name)
    elif old.codes:
        yield from (Change(ChangeKind.CODE_ADDED, f"{old.name}={c}") for c in new.codes if c not in old.codes)
        yield from (Change(ChangeKind.CODE_REMOVED, f"{old.name}={c}") for c in old.codes if c not in new.codes)


_SAID_BY_COLUMNS = frozenset({CheckKind.REQUIRED, CheckKind.TYPED, CheckKind.CODES})


def _check_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Compare the checks that columns do not already say; those of columns that came or went are said there."""
    was, now = _own_checks(old, shared=new.names), _own_checks(new, shared=old.names)
    for ident in [*was, *(each for each in now if each not in was)]:
        before, after = was.get(ident), now.get(ident)
        if _structure(before) == _structure(after):
            continue
        is_hard = any(check is not None and check.severity is Severity.ERROR for check in (before, after))
        if not is_hard:
            yield Change(ChangeKind.WARNING_CHANGED, ident)
        elif before is None or after is None:
            yield Change(ChangeKind.CHECK_ADDED if before is None else ChangeKind.CHECK_REMOVED, ident)
        else:
            yield Change(ChangeKind.CHECK_CHANGED, ident)


def _own_checks(contract: Contract, *, shared: tuple[str, ...]) -> dict[str, Check]:
    return {
        check.id: check for check in contract.checks if check.kind not in _SAID_BY_COLUMNS and check.column in shared
    }


def _structure(check: Check | None) -> tuple[object, ...]:
    if check is None:
        return ()
    return (check.kind, check.severity, check.column, dict(check.arguments), check.passes_on_null)
