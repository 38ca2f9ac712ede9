"""The notebook runs from top to bottom over a small workspace and shows its tables."""

from pathlib import Path

import jupytext
from nbclient import NotebookClient

from tests.unit.engine.cli.test_laboratory import workspace_with

SOURCE = Path(__file__).parents[3] / "notebooks" / "ratio_laboratory.py"


def test_the_notebook_runs_over_a_small_workspace(tmp_path, monkeypatch):
    workspace = workspace_with(tmp_path)
    settings = {"WORKSPACE": workspace.path, "AS_OF": "2026-01-01", "FUTURES": "50", "REPEATS": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"XINHENG_{name}", str(value))
    notebook = jupytext.read(SOURCE)

    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()

    printed = "".join(
        output.get("text", "") + "".join(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "frame of draw 2026-001" in printed
    assert "one more check finds" in printed
    assert "visits_before" in printed
    assert "placebo:" in printed
    assert "unknown to the city" in printed
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code" and "alt.Chart" in cell.source)
