"""Both engines over one workspace: a simulated city, several dates, sources left out."""

from datetime import date

import pandas as pd
import pytest

from engine.api.records.simulation import simulate
from engine.api.scoring.featuring import FeatureBuilder, FeatureEngine
from engine.features.cohorts import cohort
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from models.demonstrations.shared import china_morning, load_records

LAST_DAY = date(2025, 12, 31)
AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    path = tmp_path_factory.mktemp("city")
    made = simulate(path / "sources", n_entities=200, years=2, seed=4, last_day=LAST_DAY)
    workspace = Workspace(path / "workspace")
    load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
    return workspace


@pytest.fixture(scope="module")
def builders(city: Workspace) -> dict[FeatureEngine, FeatureBuilder]:
    book = load_policies()
    return {engine: FeatureBuilder(city.warehouse, book=book, engine=engine) for engine in FeatureEngine}


def spine_of(city: Workspace) -> pd.DataFrame:
    """Return the cohort on three dates, shuffled, with an entity no record knows."""
    members = cohort(city.warehouse.history("entities"), as_of=AS_OF).execute()["entity_id"]
    ids = [*members, "uscc:unknown"]
    dates = [pd.Timestamp(day) for day in (AS_OF, date(2024, 8, 31), date(2025, 2, 28))]
    spine = pd.DataFrame({"entity_id": ids * 3, "as_of": [day for day in dates for _ in ids]})
    return spine.iloc[::-1].assign(as_of=lambda rows: rows.as_of.dt.date)


def test_both_engines_give_the_same_table_of_a_city(city: Workspace, builders: dict) -> None:
    spine = spine_of(city)

    swept, queried = (builders[engine].build(spine, on=AS_OF) for engine in (FeatureEngine.SWEEP, FeatureEngine.IBIS))

    pd.testing.assert_frame_equal(swept, queried, rtol=1e-12, atol=0)
    assert len(swept) == len(spine)
    assert swept["inspections_count_36m"].sum() > 0
    assert swept["peers_district_adverse_rate_36m"].notna().any()


def test_a_source_left_out_is_null_and_not_zero(city: Workspace, builders: dict) -> None:
    held = frozenset({"entities", "inspections"})

    swept, queried = (
        builders[engine].build(spine_of(city), on=AS_OF, sources=held)
        for engine in (FeatureEngine.SWEEP, FeatureEngine.IBIS)
    )

    pd.testing.assert_frame_equal(swept, queried, rtol=1e-12, atol=0)
    assert swept["complaints_count_12m"].isna().all()
