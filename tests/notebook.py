"""Runs a notebook from top to bottom and keeps what it showed: ``make notebook NOTEBOOK=new_york_restaurants``."""

import os
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.conftest import reference_folder

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
TIMEOUT_SECONDS = 3600


def executed(name: str, *, until: str = "", timeout: int = TIMEOUT_SECONDS) -> NotebookNode:
    """Return the notebook ``notebooks/<name>.py`` with its outputs; a cell that raises stops it.

    Parameters
    ----------
    until : heading whose section and all after it are left out; empty = nothing is.
    """
    book = jupytext.read(NOTEBOOKS / f"{name}.py")
    if until:
        places = [place for place, cell in enumerate(book.cells) if until in cell.source.splitlines()]
        book.cells = book.cells[: places[0]]
    NotebookClient(book, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    return book


def shown(book: NotebookNode, start: str) -> str:
    """Return as text what the code cell that begins with ``start`` ends with."""
    cell = next(cell for cell in book.cells if cell.cell_type == "code" and cell.source.startswith(start))
    return str(cell.outputs[-1]["data"]["text/plain"])


def main(names: list[str]) -> int:
    """Execute notebooks and write ``build/notebooks/<name>.ipynb``; without the records skip them and say why."""
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    if not names or set(names) - set(known):
        print(f"Name a notebook: {', '.join(known)}")
        return 2
    folder = reference_folder()
    if folder is None:
        print("Skipped: the reference records are absent; set XINHENG_REFERENCE to the folder that holds data/.")
        return 0
    os.environ["XINHENG_REFERENCE"] = str(folder.parent)
    target = ROOT / "build" / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        book = executed(name)
        nbformat.write(book, target / f"{name}.ipynb")
        for cell in book.cells:
            for output in cell.get("outputs", []):
                print(output.get("data", {}).get("text/plain", output.get("text", "")))
        print(f"Kept: {target / name}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
