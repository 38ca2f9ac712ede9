"""Whatever becomes known after a date changes no feature as of that date: on a synthetic city and on HUD's records.

Later rows are permuted (who, what, with what result), earlier records are corrected afterwards, and records are added;
every feature of every engine stays the same to the last digit, while features of a later date do change.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from engine.api.records.intake import ingest
from engine.api.records.simulation import simulate
from engine.api.scoring.featuring import HISTORIES, LINKS, REGISTERS, FeatureBuilder, FeatureEngine
from engine.features.cohorts import cohort
from engine.features.registry import FEATURES
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace
from models.demonstrations.shared import china_morning, load_records

LAST_DAY = date(2025, 12, 31)
AS_OF = date(2024, 12, 31)
TABLES = (*HISTORIES, *REGISTERS, *LINKS)
KEYS = {
    "entities": ("entity_id",),
    "inspections": ("inspection_id",),
    "penalties": ("penalty_id",),
    "listings": ("listing_event_id",),
    "repairs": ("repair_id",),
    "complaints": ("complaint_id",),
    "licences": ("licence_id",),
    "annual_reports": ("entity_id", "report_year"),
    "external_grades": ("external_grade_id",),
    "relations": ("relation_id",),
}
FIXED = ("known_at", "occurred_on", "superseded_at", "load_id")


class Altered:
    """A warehouse whose histories are those handed in; everything else is the warehouse's."""

    def __init__(self, warehouse: Warehouse, histories: Mapping[str, pd.DataFrame], *, name: str) -> None:
        self._warehouse = warehouse
        self._tables = {
            table: warehouse.hold(f"{name}_{table}", _typed(_superseded(rows, KEYS[table]), warehouse, table))
            for table, rows in histories.items()
        }
        self.hold, self.execute_sql, self.execute_arrow = warehouse.hold, warehouse.execute_sql, warehouse.execute_arrow

    def history(self, name: str) -> ibis.Table:
        return self._tables[name]


def _superseded(rows: pd.DataFrame, key: tuple[str, ...]) -> pd.DataFrame:
    ordered = rows.sort_values([*key, "known_at"], kind="stable", ignore_index=True)
    following = ordered.groupby(list(key))["known_at"].shift(-1)
    return ordered.assign(superseded_at=following.where(following.notna(), None))


def _typed(rows: pd.DataFrame, warehouse: Warehouse, table: str) -> pa.Table:
    schema = warehouse.history(table).schema().to_pyarrow()
    return pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)


def versions(warehouse: Warehouse, table: str) -> pd.DataFrame:
    """Return every version of a table, without ``superseded_at``."""
    rows = warehouse.history(table).to_pyarrow().to_pandas(date_as_object=True)
    return rows.drop(columns="superseded_at")


def altered(rows: pd.DataFrame, table: str, *, as_of: date, chance: np.random.Generator) -> pd.DataFrame:
    """Return the rows with everything known later permuted, corrections to what was known, and new records."""
    later = (rows["known_at"] > as_of).to_numpy()
    free = [column for column in rows.columns if column not in (*FIXED, *KEYS[table])]
    changed = rows.copy()
    for column in free:
        changed.loc[later, column] = chance.permutation(rows.loc[later, column].to_numpy())
    corrected = rows[~later].drop_duplicates(list(KEYS[table]), keep="last").sample(frac=0.3, random_state=1)
    for column in free:
        corrected[column] = chance.permutation(rows[column].to_numpy())[: len(corrected)]
    corrected["known_at"] = as_of + timedelta(days=1)
    taken = set(map(tuple, changed[[*KEYS[table], "known_at"]].to_numpy()))
    is_new = [tuple(key) not in taken for key in corrected[[*KEYS[table], "known_at"]].to_numpy()]
    added = corrected[is_new].copy()
    if "entity_id" not in KEYS[table]:
        added[KEYS[table][0]] = "new-" + added[KEYS[table][0]].astype(str)
        added["known_at"] = as_of + timedelta(days=2)
        return pd.concat([changed, corrected[is_new], added], ignore_index=True)
    return pd.concat([changed, corrected[is_new]], ignore_index=True)


def built(warehouse: object, spine: pd.DataFrame, engine: FeatureEngine, *, profile: str = "default") -> pd.DataFrame:
    """Return the features of a spine."""
    builder = FeatureBuilder(warehouse, book=load_policies(profile), engine=engine)
    return builder.build(spine, on=AS_OF)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    path = tmp_path_factory.mktemp("leakage")
    made = simulate(path / "sources", n_entities=400, years=4, seed=11, last_day=LAST_DAY)
    workspace = Workspace(path / "workspace")
    load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
    return workspace


@pytest.fixture(scope="module")
def both(city: Workspace) -> tuple[Altered, Altered]:
    """Return the city's records as they are and with everything known after ``AS_OF`` altered."""
    chance = np.random.default_rng(5)
    rows = {table: versions(city.warehouse, table) for table in TABLES}
    changed = {table: altered(held, table, as_of=AS_OF, chance=chance) for table, held in rows.items()}
    return Altered(city.warehouse, rows, name="plain"), Altered(city.warehouse, changed, name="altered")


def spine_on(city: Workspace, as_of: date) -> pd.DataFrame:
    members = cohort(city.warehouse.history("entities"), as_of=as_of).execute()["entity_id"]
    return pd.DataFrame({"entity_id": members, "as_of": as_of})


@pytest.mark.parametrize("engine", FeatureEngine)
def test_nothing_known_later_changes_a_feature_of_the_city(city: Workspace, both, engine: FeatureEngine) -> None:
    spine = spine_on(city, AS_OF)

    before, after = (built(warehouse, spine, engine) for warehouse in both)

    pd.testing.assert_frame_equal(after, before, check_exact=True)
    known = before[[feature.name for feature in FEATURES]]
    assert known.notna().any().mean() > 0.9  # the table is not equal for want of values


def test_the_alteration_shows_as_soon_as_it_is_known(city: Workspace, both) -> None:
    spine = spine_on(city, AS_OF).assign(as_of=AS_OF + timedelta(days=2))

    before, after = (built(warehouse, spine, FeatureEngine.SWEEP) for warehouse in both)

    names = [feature.name for feature in FEATURES]
    differs = ~np.isclose(before[names].astype(float), after[names].astype(float), equal_nan=True)
    families = {FEATURES[place].source for place in np.flatnonzero(differs.any(axis=0))}
    assert families == {feature.source for feature in FEATURES}


def test_a_register_that_is_delivered_later_was_not_there_before(city: Workspace) -> None:
    rows = {table: versions(city.warehouse, table) for table in TABLES}
    none = {table: held.iloc[:0] if table in REGISTERS else held for table, held in rows.items()}
    late = {
        table: held.assign(known_at=AS_OF + timedelta(days=1)).drop_duplicates(list(KEYS[table]))
        if table in REGISTERS
        else held
        for table, held in rows.items()
    }
    spine = spine_on(city, AS_OF)

    without, with_late = (
        built(Altered(city.warehouse, held, name=name), spine, FeatureEngine.SWEEP)
        for name, held in (("none", none), ("late", late))
    )

    pd.testing.assert_frame_equal(with_late, without, check_exact=True)
    assert without["licences_standing"].isna().all()


def test_later_releases_and_permuted_later_scores_change_no_feature_of_hud(
    reference_data: Path, tmp_path: Path
) -> None:
    releases = pd.read_parquet(reference_data / "hud_reac" / "releases_all.parquet")
    properties = releases["property_id"].drop_duplicates().sample(1500, random_state=3)
    releases = releases[releases["property_id"].isin(properties)]
    days = sorted(releases["release_date"].unique())
    as_of, later = days[2].date(), releases["release_date"] > days[2]
    shuffled = releases.copy()
    for column in ("property_id", "score", "score_raw", "inspection_date"):
        shuffled.loc[later, column] = releases.loc[later, column].sample(frac=1, random_state=7).to_numpy()
    shuffled.loc[later, "inspection_id"] = None

    tables = []
    for name, rows in (("until", releases[~later]), ("all", releases), ("shuffled", shuffled)):
        workspace = Workspace(tmp_path / name)
        source = tmp_path / f"{name}-source" / "releases_all.parquet"
        source.parent.mkdir()
        rows.to_parquet(source)
        ingest(
            workspace, [source], mapping="hud_reac", actor=Actor("test", "analyst"),
            clock=lambda: datetime(2026, 7, 1, 12, tzinfo=UTC),
        )  # fmt: skip
        known = cohort(workspace.warehouse.history("entities"), as_of=as_of).execute()["entity_id"]
        spine = pd.DataFrame({"entity_id": sorted(known), "as_of": as_of})
        tables.append(built(workspace.warehouse, spine, FeatureEngine.SWEEP, profile="benchmark"))

    until, everything, permuted = tables
    assert len(until) > 1000
    assert until["inspections_severity_last"].notna().mean() > 0.5
    pd.testing.assert_frame_equal(everything, until, check_exact=True)
    pd.testing.assert_frame_equal(permuted, until, check_exact=True)
