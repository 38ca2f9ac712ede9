"""Reading draws for pages: what the certificate states, and never a handle."""

import json
from pathlib import Path

import pytest

from engine.api.reading import draws as draw_reading
from engine.api.reading.draws import DrawState
from engine.errors import StoreError
from tests.small_workspace import write_draw, write_measured


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write_draw(tmp_path)
    return tmp_path


def test_a_draw_is_read_as_certificate_and_commitment_state_it(workspace: Path) -> None:
    (draw,) = draw_reading.draws(workspace)
    certificate = json.loads((workspace / "draws" / "2026-007" / "certificate.json").read_text(encoding="utf-8"))

    assert draw.state is DrawState.DRAWN
    assert draw.is_simulated
    assert draw.commit_digest == certificate["commit_digest"]
    assert draw.seed == certificate["seed"]
    assert draw.n_frame == 400
    assert draw.n_checks == 2 * (4 + 5 + 8 + 10)
    assert draw.n_visits == len(certificate["visits"]) == 27
    assert [(value.source, value.event) for value in draw.entropy] == [("sim", "1")]


def test_a_committed_draw_has_neither_seed_nor_result(workspace: Path) -> None:
    (workspace / "draws" / "2026-007" / "certificate.json").unlink()

    (draw,) = draw_reading.draws(workspace)

    assert draw.state is DrawState.COMMITTED
    assert (draw.seed, draw.n_visits, draw.entropy[0].value) == ("", 0, "")
    assert len(draw.commit_digest) == 64


def test_a_draw_that_stands_is_read_once_and_one_that_moved_on_again(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = draw_reading.draws(workspace)
    with monkeypatch.context() as patch:
        patch.setattr(draw_reading.json, "loads", None)
        assert draw_reading.draws(workspace) == (first,)
    certificate = workspace / "draws" / "2026-007" / "certificate.json"
    content = json.loads(certificate.read_text(encoding="utf-8")) | {"kind": "void", "reason": "frame incomplete"}
    certificate.write_text(json.dumps(content), encoding="utf-8")

    (after,) = draw_reading.draws(workspace)

    assert (after.state, after.reason) == (DrawState.VOID, "frame incomplete")


def test_a_damaged_record_is_named(workspace: Path) -> None:
    (workspace / "draws" / "2026-007" / "certificate.json").write_text("{", encoding="utf-8")

    with pytest.raises(StoreError, match="certificate.json"):
        draw_reading.draws(workspace)


def test_cells_carry_sizes_and_grades_but_no_handle(workspace: Path) -> None:
    cells = draw_reading.cells(workspace, draw_id="2026-007")

    assert cells.groupby("item_code")["n_drawn"].sum().to_dict() == {"fire": 27, "price": 27}
    assert "C;D" in set(cells["grade"])
    assert "handle" not in cells.columns


def test_the_loads_of_the_inspectors_add_up_to_the_seats(workspace: Path) -> None:
    loads = draw_reading.team_loads(workspace, draw_id="2026-007")

    assert loads["inspectors"].sum() == 12
    assert (loads["visits"] * loads["inspectors"]).sum() == 2 * 27


def test_a_workspace_without_draws_has_none(tmp_path: Path) -> None:
    write_measured(tmp_path)

    assert draw_reading.draws(tmp_path) == ()
    assert draw_reading.cells(tmp_path, draw_id="2026-007").empty
    assert draw_reading.team_loads(tmp_path, draw_id="2026-007").empty
