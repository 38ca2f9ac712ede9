"""Features of one object from its own records alone, on many days and with single records left out.

What the records of others bring (rates of peers, links, neighbours at an address) is taken as it stood when the grade
was given: nobody can say what others will do. Everything else is computed by the same declarations as for everybody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.api.scoring.featuring import HISTORIES, REGISTERS, delivered
from engine.api.scoring.sector_grades import sector_grades_among
from engine.api.scoring.sweeping import Sweep
from engine.errors import TableMissingError
from engine.features.declaration import OF_OTHERS, WITH_PEERS, Aggregate
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.source import Source
from engine.features.sources import EVENT_SOURCES
from engine.parameters import PolicyBook
from engine.registers.merges import same_object
from engine.store.workspaces.aliases import merge_decisions
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace
from engine.validity.publicity import PUBLICITY_PERIOD, PublicityRules
from engine.validity.records import KEYS, event_relations

OTHERS = frozenset(
    feature.name for feature in FEATURES if feature.aggregate in WITH_PEERS | OF_OTHERS | {Aggregate.PEER_COUNT}
)
"""Features that look at other objects."""
READ = (*HISTORIES, *REGISTERS)
SPINE = "own_spine"
_NOT_TOLD = ("source_file", "source_line", "load_id")
_BY_NAME = {feature.name: feature for feature in FEATURES}


@dataclass(frozen=True, slots=True)
class Case:
    """The object on some days as if a record were not there.

    Parameters
    ----------
    days : on which its features are asked for.
    without : (table, column, value) of the record left out; None = all count.
    """

    days: tuple[date, ...]
    without: tuple[str, str, str] | None = None


class OwnRecords:
    """What is known of one object on a day, for asking its features.

    Parameters
    ----------
    workspace : whose records. entity_id : of merged duplicates any. book : says how long records count.
    on : day up to which records are known. tables : read; features need all that there are.

    Notes
    -----
    Cost: one filtered scan per table.
    """

    def __init__(
        self, workspace: Workspace, entity_id: str, *, book: PolicyBook, on: date, tables: Sequence[str] = READ
    ) -> None:
        self._book, self._held = book, False
        self._warehouse: Warehouse = workspace.warehouse
        _kept, ids = same_object(merge_decisions(workspace.decisions), entity_id, on=on)
        self.rows = {name: self._known(name, ids, on=on) for name in tables}

    def _known(self, name: str, ids: Sequence[str], *, on: date) -> pa.Table:
        """The versions known on the day; what replaces one later is not known yet."""
        rows = self._warehouse.rows_of(name, ids).drop_columns(list(_NOT_TOLD))
        rows = rows.filter(pc.less_equal(rows["known_at"], pa.scalar(on, rows["known_at"].type)))
        ends = rows["superseded_at"]
        later = pc.fill_null(pc.greater(ends, pa.scalar(on, ends.type)), False)
        place = rows.column_names.index("superseded_at")
        return rows.set_column(place, "superseded_at", pc.if_else(later, pa.scalar(None, ends.type), ends))

    def spans(self, name: str) -> pd.DataFrame:
        """Return every version of a record table with ``in_force_until`` and its reason; listings with ``ended_on``."""
        return self._events[name]

    def measures(self, source: Source) -> pd.DataFrame:
        """Return the versions of a source's events with their measures, as the features read them."""
        if not self._held:
            self._hold([Case(())])
        schema = self._warehouse.connection.table(f"event_{source.table}").schema()
        return self._warehouse.execute_sql(_prepared(source.name, schema))

    def events(self, name: str, *, on: date) -> pd.DataFrame:
        """Return what of a record table had occurred and counts at the end of a day, as the features read it."""
        rows = self._events[name]
        day = pd.Timestamp(on)
        is_begun = (rows["occurred_on"] <= day) & (rows["known_at"] <= day)
        ends = [rows[column] for column in ("superseded_at", "in_force_until")]
        return rows[is_begun & (ends[0].isna() | (ends[0] > day)) & (ends[1].isna() | (ends[1] > day))]

    def open_listings(self, on: date) -> pd.DataFrame:
        """Return the object's listings that count on a day and are not ended."""
        rows = self.events("listings", on=on)
        return rows[rows["ended_on"].isna() | (rows["ended_on"] > pd.Timestamp(on))]

    def sector_grades(self, on: date) -> pd.DataFrame | None:
        """Return the outside grades in force on a day; None where there never was one."""
        rows = self.rows["external_grades"]
        return None if not rows.num_rows else sector_grades_among(self._warehouse.hold("own_grades", rows), as_of=on)

    @cached_property
    def _events(self) -> Mapping[str, pd.DataFrame]:
        """Event relations of the records themselves, none left out."""
        if not self._held:
            self._hold([Case(())])
        whole = f"WHERE entity_id = '{_case_name(0)}'"
        held = [name for name in KEYS if name in self.rows]
        found = {name: self._warehouse.execute_sql(f"SELECT * FROM event_{name} {whole}") for name in held}
        days = ("occurred_on", "known_at", "superseded_at", "in_force_until", "ended_on")
        return {
            name: rows.assign(**{day: pd.to_datetime(rows[day]) for day in days if day in rows})
            for name, rows in found.items()
        }

    def features(
        self, cases: Sequence[Case], *, names: Sequence[str], standing: Mapping[str, Any], on: date
    ) -> pd.DataFrame:
        """Return features of every case on its days.

        Parameters
        ----------
        cases : the first with no record left out.
        names : of the features. standing : the object's stored features; those of others are taken from it.
        on : day whose dated numbers apply.

        Returns
        -------
        DataFrame, key (entity_id, as_of), sorted by it, where entity_id is the case's number as text.
        """
        own = tuple(_BY_NAME[name] for name in names if name not in OTHERS)
        spine = pd.DataFrame(
            [(_case_name(at), day) for at, case in enumerate(cases) for day in case.days],
            columns=["entity_id", "as_of"],
        )
        self._warehouse.hold(SPINE, spine)
        sweep = Sweep(self._warehouse, self._hold(cases), features=own)
        values = sweep.features(SPINE, parameters=FeatureParameters.from_policies(self._book, on=on))
        values = delivered(values, {name: self._first_known(name) for name in REGISTERS})
        return values.assign(**{name: standing[name] for name in names if name in OTHERS})

    def _hold(self, cases: Sequence[Case]) -> Mapping[str, ibis.Table]:
        """Event relations of the cases, held under the names that statements over a whole workspace use."""
        self._held = True
        held = {name: self._warehouse.hold(f"own_{name}", self._by_case(name, cases)) for name in self.rows}
        values = self._book.parameter(PUBLICITY_PERIOD).values
        rules = json.dumps({str(first): dated.value for first, dated in sorted(values.items())}, sort_keys=True)
        statements = _statements(tuple((name, table.schema()) for name, table in held.items()), rules)
        for name, sql in statements.items():
            self._warehouse.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE event_{name} AS {sql}")
        return {name: self._warehouse.connection.table(f"event_{name}") for name in statements}

    def _by_case(self, name: str, cases: Sequence[Case]) -> pa.Table:
        rows = self.rows[name]
        place, parts = rows.column_names.index("entity_id"), []
        for at, case in enumerate(cases):
            own = rows
            if case.without is not None and case.without[0] == name:
                _table, column, value = case.without
                own = rows.filter(pc.fill_null(pc.not_equal(rows[column], value), True))
            parts.append(own.set_column(place, "entity_id", pa.array([_case_name(at)] * own.num_rows, pa.string())))
        return pa.concat_tables(parts)

    def _first_known(self, name: str) -> pd.Timestamp:
        try:
            return pd.Timestamp(self._warehouse.bounds(name).first)
        except TableMissingError:
            return pd.Timestamp.max


def _case_name(at: int) -> str:
    return f"{at:06d}"


@lru_cache(maxsize=64)
def _statements(schemas: tuple[tuple[str, ibis.Schema], ...], rules: str) -> Mapping[str, str]:
    """Return table → SQL of its event relation over held rows; compiling it costs more than running it."""
    months = {date.fromisoformat(first): levels for first, levels in json.loads(rules).items()}
    tables = {name: ibis.table(schema, name=f"own_{name}") for name, schema in schemas}
    relations = event_relations(tables, rules=PublicityRules(months))
    return {name: str(ibis.to_sql(each, dialect="duckdb")) for name, each in relations.items()}


@lru_cache(maxsize=64)
def _prepared(source: str, schema: ibis.Schema) -> str:
    held = EVENT_SOURCES[source]
    return str(ibis.to_sql(held.prepare(ibis.table(schema, name=f"event_{held.table}")), dialect="duckdb"))
