"""A workspace as a person with limits sees it: every read passes one filter, and nothing can be written.

A row is seen when what it is about lies in the scope: the object's district as the register has it today, the row's own
district, its department, or the department of its item. A table that has none of these is seen by nobody with limits,
unless it is a register or an aggregate that everybody reads. Tables computed per scope carry the key of theirs in
``scope``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.access.scope import Scope
from engine.contracts.schema import Contract
from engine.contracts.sql import identifier, literal, literals
from engine.registers.merges import alias_spans
from engine.store.ledgers.ledger import Ledger
from engine.store.ledgers.scoped_ledger import ScopedLedger, refuse_writing
from engine.store.workspaces.warehouse import VisibleFile, Warehouse
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER

ITEMS = "items"
REFERENCE = frozenset({"departments", "districts", ITEMS, "measures"})
"""Registers of no firm and no person, which everybody reads; of the items, a department reads its own."""
AGGREGATES = frozenset({"grade_limits", "score_ranks"})
"""What the grades of a whole population are cut by and how its scores are spread: counts over groups too large to tell
on one firm, without which nobody can say why a firm has its grade."""


def scoped(workspace: Workspace, scope: Scope) -> Workspace:
    """Return the workspace as ``scope`` lets it be seen; itself where nothing is hidden."""
    return workspace if scope.is_whole else ScopedWorkspace(workspace, scope)


class ScopedWorkspace(Workspace):
    """A workspace behind the filter of a scope; reads only."""

    def __init__(self, whole: Workspace, scope: Scope) -> None:
        super().__init__(whole.path, database_url=whole._database_url)
        self._whole = whole
        self.scope = scope

    @cached_property
    def decisions(self) -> Any:
        """The decisions database of the whole; its manifest speaks of files, not of firms."""
        return self._whole.decisions

    @cached_property
    def warehouse(self) -> Warehouse:
        """The bulk tables, filtered."""
        return self.scoped_warehouse

    @cached_property
    def scoped_warehouse(self) -> "ScopedWarehouse":
        """The same, by its own type."""
        return ScopedWarehouse(self._whole, self.scope)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, filtered."""
        return ScopedLedger(self.decisions, self.scoped_warehouse)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Refuse."""
        refuse_writing()
        yield self.path

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Refuse."""
        refuse_writing()
        yield


class ScopedWarehouse(Warehouse):
    """Bulk tables behind the filter of a scope.

    Cost: besides the read itself, once per connection one pass over the current register of objects.
    """

    def __init__(self, whole: Workspace, scope: Scope) -> None:
        super().__init__(whole.path, whole.decisions, writing=_refused_writing)
        self._scope = scope
        self._held: set[str] = set()

    def files(self, content: str, *, table: str | None = None) -> list[VisibleFile]:
        """Return no file: a file holds the rows of every district."""
        return []

    def stored_sql(self, contract: Contract) -> str:
        """Return the SQL of the visible versions that the scope lets be seen."""
        return self._seen(contract.table, self._stored_sql(contract))

    def rows_of(self, name: str, entity_ids: Sequence[str]) -> pa.Table:
        """Return the versions that name the identifiers, as far as the scope lets them be seen."""
        rows = super().rows_of(name, self.seen_ids(entity_ids))
        if self._scope.departments is None or "department_code" not in rows.column_names:
            return rows
        return rows.filter(pc.is_in(rows["department_code"], pa.array(self._scope.departments, pa.string())))

    def results_of(self, name: str, entity_ids: Sequence[str]) -> pd.DataFrame:
        """Return the result rows about the identifiers, as far as the scope lets them be seen."""
        rows = super().results_of(name, self.seen_ids(entity_ids))
        departments = self._scope.departments
        if departments is None or rows.empty:
            return rows
        if "department_code" in rows:
            return rows[rows["department_code"].isin(departments)]
        return rows[rows["item_code"].isin(self._items())] if "item_code" in rows else rows

    def sees(self, entity_ids: Sequence[str]) -> bool:
        """Return whether every one of the objects lies in the scope."""
        return set(self.seen_ids(entity_ids)) == set(entity_ids)

    def seen_ids(self, entity_ids: Sequence[str]) -> list[str]:
        """Return those of the objects that lie in the scope."""
        if self._scope.districts is None or not entity_ids:
            return list(entity_ids)
        seen = self.execute_sql(
            f"SELECT entity_id FROM {self._objects()} WHERE entity_id IN {literals(list(entity_ids))}"
        )
        held = set(seen["entity_id"])
        return [each for each in entity_ids if each in held]

    def _items(self) -> list[str]:
        table = self._items_table()
        return [str(code) for code in self.execute_sql(f"SELECT item_code FROM {table}")["item_code"]]

    def _view(self, stem: str, sql: str) -> ibis.Table:
        return super()._view(stem, self._seen(stem.partition("_")[2], sql))

    def _seen(self, table: str, sql: str) -> str:
        """Return the SQL of the rows that may be seen."""
        if table == ITEMS and self._scope.departments is not None:
            return f"SELECT * FROM ({sql}) WHERE {self._by_department({'department_code'})}"
        if table in REFERENCE | AGGREGATES:
            return sql
        columns = {str(row[0]) for row in self.connection.con.execute(f"DESCRIBE {sql}").fetchall()}
        return f"SELECT * FROM ({sql}) WHERE {self._condition(columns)}"

    def _condition(self, columns: set[str]) -> str:
        if "scope" in columns:
            return f"scope = {literal(self._scope.key)}"
        limits = []
        if self._scope.districts is not None:
            limits.append(self._by_district(columns))
        if self._scope.departments is not None:
            limits.append(self._by_department(columns))
        return " AND ".join(limits)

    def _by_district(self, columns: set[str]) -> str:
        if "entity_id" in columns:
            return f"entity_id IN (SELECT entity_id FROM {self._objects()})"
        return self._lies_in("district_code") if "district_code" in columns else "false"

    def _by_department(self, columns: set[str]) -> str:
        if "department_code" in columns:
            return f"department_code IN {literals(list(self._scope.departments or ()))}"
        if "item_code" in columns:
            return f"item_code IN (SELECT item_code FROM {self._items_table()})"
        return "true" if columns & {"entity_id", "district_code"} else "false"

    def _lies_in(self, column: str) -> str:
        """Return the condition that every district named in a column, one or several, lies in the scope."""
        inside = " OR ".join(f"starts_with(code, {literal(prefix)})" for prefix in self._scope.prefixes or ())
        parts = f"string_split({identifier(column)}, {literal(JOINER)})"
        return f"coalesce(len(list_filter({parts}, lambda code: NOT ({inside}))) = 0, false)"

    def _objects(self) -> str:
        """Return the table of identifiers, merged ones too, whose object lies in the scope today."""
        if "scope_objects" not in self._held:
            spans = alias_spans(self._merges())
            rows = self._history_sql(self._contract("entities"))
            seen = (
                f"SELECT DISTINCT entity_id FROM ({rows}) "
                f"WHERE superseded_at IS NULL AND {self._lies_in('district_code')}"
            )
            if spans:
                pairs = ", ".join(f"({literal(s.entity_id)}, {literal(s.kept_id)})" for s in spans if s.until is None)
                seen = (
                    f"WITH seen AS ({seen}) SELECT entity_id FROM seen UNION SELECT merged FROM (VALUES {pairs}) "
                    "a(merged, kept) SEMI JOIN seen ON a.kept = seen.entity_id"
                )
            self._keep("scope_objects", seen)
        return "scope_objects"

    def _items_table(self) -> str:
        """Return the table of items that are the departments' of the scope, by the latest version of each."""
        if "scope_items" not in self._held:
            rows = self._history_sql(self._contract("items"))
            codes = literals(list(self._scope.departments or ()))
            self._keep(
                "scope_items",
                f"SELECT DISTINCT item_code FROM ({rows}) WHERE superseded_at IS NULL AND department_code IN {codes}",
            )
        return "scope_items"

    def _keep(self, name: str, sql: str) -> None:
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {sql}")
        self._held.add(name)


@contextmanager
def _refused_writing() -> Iterator[Path]:
    refuse_writing()
    yield Path()
