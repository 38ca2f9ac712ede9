"""Notebooks run from top to bottom and show what they claim."""

import ast
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


def _shown(book, start):
    """What the code cell that begins with ``start`` ends with."""
    cell = next(cell for cell in book.cells if cell.cell_type == "code" and cell.source.startswith(start))
    return cell.outputs[-1]["data"]["text/plain"]


@pytest.mark.reference
@pytest.mark.filterwarnings("ignore")
def test_chicago_protocol(reference_data, monkeypatch):
    # arrange
    monkeypatch.setenv("XINHENG_REFERENCE", str(reference_data.parent))
    monkeypatch.setenv("XINHENG_REPLICATES", "50")
    book = jupytext.read(ROOT / "notebooks" / "chicago_protocol.py")
    # act
    NotebookClient(book, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    # assert: the published figures, and ours beside them
    published = ast.literal_eval(_shown(book, "table ="))
    assert (published["n"], round(published["auc"], 4), round(published["days_earlier"], 3)) == (1665, 0.6747, 7.589)
    assert _shown(book, "is_gain_proved") == "True"
    assert "model_inspector_adjusted" in _shown(book, "{\n    name:")
    assert "'leaks': ()" in _shown(book, "single =")
