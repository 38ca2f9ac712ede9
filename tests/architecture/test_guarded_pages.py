"""A page reaches the workspace, a fragment and a file through the guarded ways only."""

import ast
from pathlib import Path

import pytest

from dashboards.pages import SECTIONS

PAGES = Path(__file__).parents[2] / "dashboards"
GUARDS = {"guard.py", "sign_in.py", "app.py", "queries.py", "__main__.py"}
"""Modules that are the guarded ways themselves."""
AROUND = {"fragment", "download_button", "cache_data", "cache_resource", "open_workspace", "opened", "Workspace"}
"""Names by which a page would go around: Streamlit's own fragments, files and caches, and a workspace seen whole."""


@pytest.mark.parametrize("path", sorted(p for p in PAGES.rglob("*.py") if p.name not in GUARDS), ids=lambda p: p.name)
def test_a_page_does_not_go_around_the_guards(path: Path) -> None:
    used = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "guard":
            continue
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
        imported = [each.name for each in node.names] if isinstance(node, ast.ImportFrom) else []
        used += [each for each in (name, *imported) if each in AROUND]

    assert used == []


def test_every_page_stands_in_the_list_with_the_right_that_opens_it() -> None:
    listed = {page.name for _section, pages in SECTIONS for page in pages}

    assert listed == {path.stem for path in (PAGES / "views").glob("*.py")} - {"__init__"}
