"""Kept kernels belong to the text of all modules of their package."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from engine.compiling import place_of


def test_a_changed_module_beside_a_kernel_gives_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kernels_of_a_test"
    folder.mkdir()
    for name, text in (("__init__", ""), ("caller", "from kernels_of_a_test.callee import x"), ("callee", "x = 1")):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("kernels_of_a_test")
    before = place_of(package)
    place_of.cache_clear()
    assert place_of(package) == before

    (folder / "callee.py").write_text("x = 2")
    place_of.cache_clear()

    assert place_of(package) != before
    assert os.path.dirname(place_of(package)) == str(folder / "__pycache__")
    del sys.modules["kernels_of_a_test"]
