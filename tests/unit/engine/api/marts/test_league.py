"""Stored league tables equal those counted anew; what changed since is named; nobody with limits reads them."""

import importlib
import pkgutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api import marts
from engine.api.figures.league import BY, league_table, shares
from engine.api.marts import league as league_marts
from engine.api.marts.building import build_marts
from engine.api.marts.league import DERIVED, KIND, build_league, stored_league, stored_table, years_of
from engine.kpis.values import kpi_values
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.kpi_world import facts
from tests.small_sources import ACTOR, ENTITY_HEADER, NOW, take_in, write_lines
from tests.two_districts import HERE, object_line, write_two_districts

DAY = date(2026, 12, 31)
EVENING = datetime(2026, 12, 31, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path):
    write_two_districts(tmp_path / "ws")
    held = Workspace(tmp_path / "ws")
    yield held
    held.close()


def build(workspace: Workspace, *, as_of: date = DAY) -> str | None:
    return build_league(workspace, as_of=as_of, profile="default", actor=ACTOR, clock=lambda: EVENING)


def test_what_is_stored_equals_what_is_counted_anew(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(league_marts, "read_facts", lambda *_, **__: facts())
    build(workspace)

    assert stored_league(workspace).as_of == DAY
    n_rows = 0
    for year in years_of(DAY):
        for by in BY:
            fresh = league_table(workspace, period=year, by=by, as_of=DAY, facts=facts())
            held = stored_table(workspace, period=year, by=by)
            pd.testing.assert_frame_equal(held, fresh, check_exact=True, check_dtype=False)
            n_rows += len(fresh)
    assert n_rows > 20


def test_shares_beside_each_other_are_those_of_the_registry_of_figures(workspace: Workspace) -> None:
    found = league_table(workspace, period="2026", by="department", as_of=DAY, facts=facts())
    figures = kpi_values(facts(), first=date(2026, 1, 1), last=DAY, by="department")
    wanted = figures[figures["kpi"].isin(shares()) & (figures["denominator"] > 0) & (figures["kpi"] != "best_visited")]
    found = found[~found["kpi"].isin(["best_visited", "findings"])]  # withheld where few rows are behind them

    key = {"kpi": "kpi", "department_code": "code", "value": "value", "numerator": "numerator"}
    pd.testing.assert_frame_equal(
        found[list(key.values())].sort_values(["kpi", "code"], ignore_index=True),
        wanted[list(key)].rename(columns=key).sort_values(["kpi", "code"], ignore_index=True),
        check_dtype=False,
    )
    for _, own in found.groupby("kpi"):
        assert own["overall"].iloc[0] == own["numerator"].sum() / own["n"].sum()
        assert list(own["n"]) == sorted(own["n"], reverse=True)


def test_it_is_counted_from_the_records_by_the_build_of_the_pages_tables(workspace: Workspace) -> None:
    day = NOW.date()
    made = build_marts(workspace, actor=ACTOR, clock=lambda: NOW)

    assert made is not None
    assert made.league is not None
    fresh = league_table(workspace, period=str(day.year), by="district", as_of=day)
    assert fresh["n"].sum() > 0
    held = stored_table(workspace, period=str(day.year), by="district")
    pd.testing.assert_frame_equal(held, fresh, check_dtype=False)


def test_what_still_stands_is_not_built_again_and_a_new_record_makes_it_stale(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert stored_league(workspace) is None
    first = build(workspace)
    assert build(workspace) is None
    assert stored_league(workspace).is_current
    workspace.ledger.append("account.changed", subject="a", content={}, actor=ACTOR, at=NOW)
    assert stored_league(workspace).is_current

    take_in(workspace, write_lines(tmp_path / "more" / "entities.csv", ENTITY_HEADER, object_line(9, HERE, "第九家")))

    assert not stored_league(workspace).is_current
    before = stored_table(workspace, period="2026", by="district")
    second = build(workspace)
    assert second not in (None, first)
    assert stored_league(workspace).is_current
    after = stored_table(workspace, period="2026", by="district")
    assert after["n"].sum() == before["n"].sum() + 1
    assert len(workspace.warehouse.runs(kind=KIND)) == 2


def test_a_run_of_a_draw_and_another_policy_make_it_stale_and_other_stored_tables_do_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(workspace)
    write, rows = workspace.warehouse.write_run, pd.DataFrame({"a": [1]})
    write({"other": rows}, kind="what_if", as_of=DAY, manifest={}, actor=ACTOR, at=NOW)
    assert stored_league(workspace).is_current
    book = league_marts.read_policies("default", workspace=workspace)
    with monkeypatch.context() as patch:
        patch.setattr(league_marts, "read_policies", lambda *_, **__: replace(book, digest="other"))
        assert not stored_league(workspace).is_current

    write({"selections": rows}, kind="draw", as_of=DAY, manifest={}, actor=ACTOR, at=NOW)

    assert not stored_league(workspace).is_current


def test_no_table_of_the_pages_makes_another_stale() -> None:
    names = [each.name for each in pkgutil.iter_modules(marts.__path__)]
    modules = [importlib.import_module(f"{marts.__name__}.{name}") for name in names]

    assert {module.KIND for module in modules if hasattr(module, "KIND")} == set(DERIVED)


def test_the_next_day_is_counted_anew_though_no_record_changed(workspace: Workspace) -> None:
    build(workspace)
    later = date(2027, 1, 1)

    assert build(workspace, as_of=later) is not None
    assert stored_league(workspace).as_of == later
    assert stored_table(workspace, period="2024", by="district").empty


def test_somebody_with_limits_reads_nothing_stored(workspace: Workspace) -> None:
    build(workspace)
    seen = scoped(workspace, scope_of(districts=[HERE]))

    assert stored_league(seen) is None
    assert stored_table(seen, period="2026", by="district").empty
    assert seen.warehouse.read(league_marts.GROUPS).count().execute() == 0
