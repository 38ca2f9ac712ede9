"""The ledger as a person with limits sees it: entries that speak of no firm, and those that speak of seen firms only.

What an entry does not show to be harmless is hidden. An entry about several results shows those in sight.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, Protocol

import ibis
import pandas as pd

from engine.errors import AccessError, TableMissingError
from engine.messages import N_, Message
from engine.outcomes.entry import key_of
from engine.pipeline.ports import Actor
from engine.store.ledgers.decisions import Decisions
from engine.store.ledgers.ledger import Entry, Ledger, canonical

OPEN_ACTIONS = (
    "arm.", "draw.archived", "draw.attempted", "draw.audit_folder", "draw.certified", "draw.committed", "draw.refused",
    "draw.signed", "draw.stamped", "draw.started", "item_list.", "load.", "model.", "monthly.", "plan.", "policy.",
    "quality.", "result.refused", "results.", "run.", "signer.", "site.", "task.acknowledged",
)  # fmt: skip
"""Beginnings of ledger actions whose entries name no firm."""
WARNING, RESULT, TASK = "warning.", "result.", "task."
_ONE = frozenset({"entity_id", "entity", "kept_id", "merged_id", "object_id"})
_MANY = frozenset({"entity_ids", "entities"})


class Seen(Protocol):
    """What the filter asks the filtered tables."""

    def seen_ids(self, entity_ids: Sequence[str]) -> list[str]:
        """Return those of the objects that are in sight."""

    def table(self, name: str) -> ibis.Table:
        """Return the records of a table that are in sight."""

    def read(self, name: str, *, run_id: str | None = None) -> ibis.Table:
        """Return the result rows of a table that are in sight."""

    def run_ids_of(self, table: str) -> list[str]:
        """Return the runs that wrote a result table."""


class ScopedLedger(Ledger):
    """The ledger behind the filter of a scope; reads only."""

    def __init__(self, decisions: Decisions, seen: Seen) -> None:
        super().__init__(decisions)
        self._whole = Ledger(decisions)
        self._seen = seen

    def entries(self, *, action: str | None = None, subject: str | None = None) -> list[Entry]:
        """Return the entries in sight, in order."""
        found = [self._cut(entry) for entry in self._whole.entries(action=action, subject=subject)]
        kept = [entry for entry in found if entry is not None]
        named = {entry.sequence: firms_of(entry) for entry in kept}
        seen = set(self._seen.seen_ids(sorted({firm for firms in named.values() for firm in firms})))
        return [
            entry
            for entry in kept
            if named[entry.sequence] <= seen and (named[entry.sequence] or self._names_nobody(entry))
        ]

    def _names_nobody(self, entry: Entry) -> bool:
        return entry.action.startswith((*OPEN_ACTIONS, RESULT, WARNING, TASK))

    def _cut(self, entry: Entry) -> Entry | None:
        """Return the entry with what is in sight of it; None when nothing is."""
        if entry.action.startswith(WARNING):
            return entry if entry.subject in self._warnings() else None
        if not entry.action.startswith(RESULT) or entry.action.startswith(OPEN_ACTIONS):
            return entry
        told = entry.particulars
        results = [each for each in told.get("results", ()) if each[0] in self._results()]
        return replace(entry, content=canonical({**told, "results": results})) if results else None

    def _warnings(self) -> frozenset[str]:
        if not hasattr(self, "_warning_ids"):
            tables = [self._seen.read("warnings", run_id=run) for run in self._seen.run_ids_of("warnings")]
            self._warning_ids = frozenset(str(one) for table in tables for one in table.warning_id.execute())
        return self._warning_ids

    def _results(self) -> frozenset[str]:
        if not hasattr(self, "_result_keys"):
            try:
                rows = pd.DataFrame(self._seen.table("results").execute())
            except TableMissingError:
                rows = pd.DataFrame()
            self._result_keys = frozenset(
                key_of({str(name): str(cell) for name, cell in row.items()}) for row in rows.to_dict("records")
            )
        return self._result_keys

    def append(
        self,
        action: str,
        *,
        subject: str,
        content: Mapping[str, object],
        actor: Actor,
        at: datetime,
        reason: str = "",
        idempotency_key: str | None = None,
        connection: Any = None,
    ) -> Entry:
        """Refuse."""
        refuse_writing()

    def first_break(self) -> int | None:
        """Return the first break of the whole chain, which a part of it cannot show."""
        return self._whole.first_break()


def firms_of(entry: Entry) -> frozenset[str]:
    """Return every object that the particulars of an entry name."""
    return frozenset(_named(entry.particulars))


def _named(told: object) -> Iterator[str]:
    if isinstance(told, list):
        for each in told:
            yield from _named(each)
    elif isinstance(told, Mapping):
        for key, value in told.items():
            if key in _ONE and isinstance(value, str):
                yield value
            elif key in _MANY and isinstance(value, list):
                yield from (each for each in value if isinstance(each, str))
            else:
                yield from _named(value)


def refuse_writing() -> NoReturn:
    """Raise: whoever sees a part does not write; a permitted write goes to the whole, see ``engine.api.desk``."""
    raise AccessError(problem=Message(N_("a view limited to some districts or departments cannot write")))
