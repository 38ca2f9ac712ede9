"""A draw looked at before it is committed: the frame, who stays outside and why, seats; nothing is written."""

import json
from datetime import date
from pathlib import Path

import pytest

from engine.api.committing.rehearsal import preview_draw
from engine.cli.app import main
from engine.program import program_digest
from engine.store.workspaces.workspace import Workspace
from tests.plan_world import at, carry_through, commit, line, make, order

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make(tmp_path_factory.mktemp("previewed"))
    carry_through(workspace, line("L1"))
    return workspace


def test_a_preview_says_what_the_commitment_then_holds_and_writes_nothing(workspace: Workspace) -> None:
    head = workspace.ledger.head()
    seen = preview_draw(workspace, order("D1", "L1", day=DAY), profile="default", at=at(DAY)(), simulation_seed=11)
    assert workspace.ledger.head() == head == seen.data_version
    assert not (workspace.path / "draws" / "D1").exists()

    made = commit(workspace, "D1", "L1", day=DAY, seed=11)

    assert (seen.objects, seen.rows) == (made.objects, made.rows)
    assert seen.seats["n_units"].sum() == made.rows
    outside = {(each["item"], reason): 0 for each in made.reconciliation for reason in each["excluded"]}
    for each in made.reconciliation:
        for reason, n in each["excluded"].items():
            outside[each["item"], reason] += n
    told = zip(seen.excluded["item_code"], seen.excluded["reason"], seen.excluded["n"], strict=True)
    assert {(item, reason): n for item, reason, n in told} == outside
    record = json.loads((workspace.path / "draws" / "D1" / "commitment.json").read_bytes())
    assert record["code"] == program_digest(["engine.draw"])


def test_the_command_prints_the_preview(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = make(tmp_path)
    carry_through(held, line("L1"))
    held.close()
    monkeypatch.setenv("XINHENG_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr("engine.cli.draw_commit.current_time", at(DAY))
    asked = order("D2", "L1", day=DAY)
    words = ["draw", "commit", "D2", "--as-of", asked.as_of.isoformat(), "--line", "L1", "--simulation", "11"]

    for more in (["--preview", "--rehearse", "2", "--json"], ["--preview"]):
        with pytest.raises(SystemExit) as left:
            main([*words, *more])
        assert left.value.code == 0
    said = capsys.readouterr().out
    told, text = json.loads(said.splitlines()[0]), said.partition("\n")[2]
    assert told["preview"]["objects"] > 0 and told["rehearsal"]["seeds"] == 2
    assert told["preview"]["seats"][0]["item_name"] in text and "未作任何承诺" in text
