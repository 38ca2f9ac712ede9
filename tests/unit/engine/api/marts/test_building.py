"""Figures of a district, computed beforehand as a domain of the whole draw, and never those of another."""

from pathlib import Path

import pandas as pd
import pytest

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.access_log import access_log, check_access_log, check_decisions
from engine.api.accounts import add_account
from engine.api.marts.building import build_marts
from engine.api.reading import measures as reading
from engine.store.ledgers.read_log import ReadLog
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW
from tests.two_districts import DAY, HERE, THERE, write_two_districts

SAID = {"account": "a@x", "role": "leader", "scope": "*", "kind": "page", "what": "briefing", "about": ""}


@pytest.fixture
def workspace(tmp_path: Path):
    write_two_districts(tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    write_results(workspace)
    yield workspace
    workspace.close()


def write_results(workspace: Workspace) -> None:
    """Draw every object for two items: the objects of the one district pass, those of the other fail."""
    drawn = pd.DataFrame(
        [
            ("D1", f"reg:{n}", item, f"s-{HERE if n < 3 else THERE}", "A", "no_problem" if n < 3 else "corrected")
            for n in (1, 2, 3, 4)
            for item in ("i1", "i2")
        ],
        columns=["draw_id", "entity_id", "item_code", "stratum", "grade", "result_codes"],
    ).assign(
        selection_mode="random", inclusion_probability=1.0, design_probability=1.0, population="enterprise",
        inspector_code="p1", occurred_on=DAY, as_of=DAY, outcome="x", adverse=True,
    )  # fmt: skip
    strata = pd.DataFrame(
        [("D1", item, f"s-{d}", d, "A", 2, 2) for item in ("i1", "i2") for d in (HERE, THERE)],
        columns=["draw_id", "item_code", "stratum", "district_code", "grade", "n_units", "n_drawn"],
    )
    selections = drawn.assign(is_drawn=True, selection_order=1)[
        ["draw_id", "entity_id", "item_code", "stratum", "grade", "selection_order", "selection_mode", "is_drawn",
         "inclusion_probability", "design_probability"]
    ]  # fmt: skip
    write = workspace.warehouse.write_run
    tables = {"strata": strata, "selections": selections}
    write(tables, kind="draw", as_of=DAY, manifest={"draw_id": "D1"}, actor=ACTOR, at=NOW)
    measured = pd.DataFrame({"measure": ["base_rate"], "population": ["enterprise"], "grade": [""], "n": [8]})
    tables = {"measurements": measured, "graded_results": drawn}
    write(tables, kind="measure", as_of=DAY, manifest={"draws": ["D1"]}, actor=ACTOR, at=NOW)


def rate_of(workspace: Workspace, district: str) -> tuple[int, float]:
    seen = scoped(workspace, scope_of(districts=[district]))
    rates = reading.hit_rates(seen, as_of=DAY, population="enterprise")
    return int(rates["n"].iloc[0]), float(rates["hit_rate"].iloc[0])


def test_each_district_gets_the_rate_of_its_own_rows(workspace: Workspace) -> None:
    built = build_marts(workspace, actor=ACTOR, clock=lambda: NOW)

    assert built is not None
    assert set(built.scopes) == {"*", f"d:{HERE}", f"d:{THERE}"}
    assert rate_of(workspace, HERE) == (4, 0.0)
    assert rate_of(workspace, THERE) == (4, 1.0)


def test_the_shares_of_a_district_are_those_of_its_objects_built_or_not(workspace: Workspace) -> None:
    seen = scoped(workspace, scope_of(districts=[HERE]))
    before = reading.grade_shares(seen, as_of=DAY, population="enterprise")
    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)
    after = reading.grade_shares(scoped(workspace, scope_of(districts=[HERE])), as_of=DAY, population="enterprise")

    pd.testing.assert_frame_equal(before, after)
    assert dict(zip(after["grade"], after["n_entities"], strict=True)) == {"A": 1, "B": 1}
    assert reading.grade_shares(workspace, as_of=DAY, population="enterprise")["n_entities"].sum() == 4


def test_before_the_build_and_after_a_new_measurement_there_is_no_figure_rather_than_an_old_one(
    workspace: Workspace,
) -> None:
    seen = scoped(workspace, scope_of(districts=[HERE]))
    assert reading.standing(seen).as_ofs == ()

    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)
    assert reading.standing(seen).as_ofs == (DAY,)

    write_results(workspace)
    assert reading.standing(seen).as_ofs == ()


def test_a_scope_nobody_had_at_the_build_has_no_figures(workspace: Workspace) -> None:
    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)
    scope = scope_of(districts=["330681"])
    add_account(workspace, "new@x", name="n", role=Role.LEADER, scope=scope, actor=ACTOR, clock=lambda: NOW)

    assert reading.standing(scoped(workspace, scope)).as_ofs == ()


def test_a_build_puts_the_head_of_the_log_into_the_ledger_and_a_cut_log_shows(workspace: Workspace) -> None:
    log = ReadLog(workspace.path)
    for _ in range(3):
        log.append(SAID, at=NOW)
    build_marts(workspace, actor=ACTOR, clock=lambda: NOW)
    log.append(SAID, at=NOW)
    assert check_access_log(workspace).holds
    assert check_access_log(workspace).n == 4
    lines = log.path.read_text(encoding="utf-8").splitlines(keepends=True)

    log.path.write_text("".join(lines[:2]), encoding="utf-8")

    assert log.first_break() is None
    assert check_access_log(workspace).lost == 3
    assert not check_access_log(workspace).holds
    assert check_decisions(workspace).holds


def test_somebody_with_limits_reads_the_log_lines_of_the_same_limits(workspace: Workspace) -> None:
    log = ReadLog(workspace.path)
    log.append(SAID, at=NOW)
    log.append({**SAID, "scope": f"d:{HERE}"}, at=NOW)

    assert list(access_log(workspace)["sequence"]) == [2, 1]
    assert list(access_log(scoped(workspace, scope_of(districts=[HERE])))["sequence"]) == [2]
