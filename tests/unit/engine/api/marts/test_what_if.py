"""The stored frame of the next draw: the laboratory from it equals the one prepared anew; stale is named."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.marts.what_if import KIND, build_what_if, stored_laboratory, stored_trial
from engine.api.policies.burden import burden_change, burden_groups
from engine.api.policies.laboratory import Occasion, experiment_of, prepare
from engine.api.policies.simulation import allocate_policy, simulate_policy, simulated_table, with_ratio
from engine.errors import TableMissingError
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import ItemClass
from tests.small_workspace import ACTOR, NOW
from tests.unit.engine.cli.test_laboratory import workspace_with

DAY = date(2026, 6, 30)
ASKED = {"profile": "default", "as_of": DAY}


@pytest.fixture
def workspace(tmp_path):
    held = workspace_with(tmp_path)
    yield held
    held.close()


def build(workspace: Workspace) -> str | None:
    return build_what_if(workspace, actor=ACTOR, clock=lambda: NOW, **ASKED)


def test_the_stored_laboratory_equals_the_one_prepared_anew_to_the_last_bit(workspace: Workspace) -> None:
    build(workspace)
    fresh = prepare(workspace, profile="default", occasion=Occasion.of_year(DAY))
    fresh_experiment = experiment_of(fresh, draws=200, seed=0)
    bench, experiment, groups = stored_laboratory(workspace, draws=200, seed=0, **ASKED)
    moved = with_ratio(fresh.policy, ItemClass.KEY, "D", Fraction(9, 10))

    np.testing.assert_array_equal(experiment.rates, fresh_experiment.rates)
    for policy in (None, moved):
        one = simulate_policy(bench, experiment, policy=policy)
        other = simulate_policy(fresh, fresh_experiment, policy=policy)
        pd.testing.assert_frame_equal(simulated_table(one), simulated_table(other), check_exact=True)
        assert one.flags == other.flags
        ours, theirs = (allocate_policy(each, policy=policy) for each in (bench, fresh))
        pd.testing.assert_frame_equal(ours.table, theirs.table, check_dtype=False, check_exact=True)
        assert (ours.notes, ours.violations) == (theirs.notes, theirs.violations)
        changed = [
            burden_change(bench, experiment, groups, policy=policy),
            burden_change(fresh, fresh_experiment, burden_groups(workspace, fresh, fresh_experiment), policy=policy),
        ]
        pd.testing.assert_frame_equal(*changed, check_exact=True)
    assert bench.frame.source.render() == fresh.frame.source.render()
    assert len(bench.frame.objects) == len(bench.logged) == 0


def test_what_still_stands_is_not_built_again_and_what_does_not_is_named(workspace: Workspace) -> None:
    assert stored_trial(workspace, **ASKED) is None
    run = build(workspace)
    assert stored_trial(workspace, **ASKED).is_current
    assert build(workspace) is None
    workspace.ledger.append("warning.disposed", subject="w", content={}, actor=ACTOR, at=NOW)
    assert stored_trial(workspace, **ASKED).is_current

    workspace.ledger.append("load.reversed", subject="l", content={}, actor=ACTOR, at=NOW)
    found = stored_trial(workspace, **ASKED)

    assert (found.run_id, found.is_current) == (run, False)
    assert build(workspace) not in (None, run)
    assert stored_trial(workspace, **ASKED).is_current
    assert len(workspace.warehouse.runs(kind=KIND)) == 2


def test_a_draw_run_since_makes_it_stale_and_another_day_has_none(workspace: Workspace) -> None:
    build(workspace)
    rows = workspace.warehouse.read("selections").drop("run_id").execute().assign(draw_id="2026-002")
    workspace.warehouse.write_run(
        {"selections": rows}, kind="draw", as_of=DAY, manifest={"draw_id": "2026-002"}, actor=ACTOR, at=NOW
    )

    assert not stored_trial(workspace, **ASKED).is_current
    assert stored_trial(workspace, profile="default", as_of=date(2026, 1, 1)) is None
    with pytest.raises(TableMissingError):
        stored_laboratory(workspace, profile="default", as_of=date(2026, 1, 1), draws=5, seed=0)


def test_another_policy_than_ratios_makes_it_stale_and_ratios_do_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.api.marts import what_if as what_if_marts

    build(workspace)
    book = what_if_marts.read_policies("default", workspace=workspace)

    def under(name: str, value: object) -> bool:
        parameter = book.parameter(name)
        dated = {day: replace(each, value=value) for day, each in parameter.values.items()}
        other = replace(book, parameters={**book.parameters, name: replace(parameter, values=dated)})
        monkeypatch.setattr(what_if_marts, "read_policies", lambda *_, **__: other)
        return stored_trial(workspace, **ASKED).is_current

    assert under("ratios.key", {"A": "1/2"})
    assert not under("ratios.minimum_cell", 7)


def test_a_district_without_results_gets_its_own_sentence_and_no_row_of_the_whole(workspace: Workspace) -> None:
    scope = scope_of(districts=["330602"])
    add_account(workspace, "a@x", name="a", role=Role.ANALYST, scope=scope, actor=ACTOR, clock=lambda: NOW)
    build(workspace)
    seen = scoped(workspace, scope)

    assert stored_trial(workspace, **ASKED).problem is None
    assert stored_trial(seen, **ASKED).problem is not None
    with pytest.raises(TableMissingError):
        stored_laboratory(seen, draws=5, seed=0, **ASKED)
    for name in ("what_if_cells", "what_if_objects", "what_if_groups"):
        assert seen.warehouse.read(name, as_of=DAY).count().execute() == 0


def test_each_of_two_scopes_reads_its_own_rows(workspace: Workspace) -> None:
    scope = scope_of(departments=["SCJG"])
    add_account(workspace, "b@x", name="b", role=Role.ANALYST, scope=scope, actor=ACTOR, clock=lambda: NOW)
    build(workspace)
    fresh = prepare(workspace, profile="default", occasion=Occasion.of_year(DAY))

    for held in (workspace, scoped(workspace, scope)):
        bench, experiment, groups = stored_laboratory(held, draws=5, seed=0, **ASKED)
        assert len(bench.frame.cells) == len(fresh.frame.cells)
        assert experiment.profiles.n_objects.sum() == len(fresh.frame.objects)
        assert groups.kinds["size"].firms.sum() == len(fresh.frame.objects)
