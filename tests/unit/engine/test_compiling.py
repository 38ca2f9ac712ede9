"""Kept kernels belong to the text of all modules of their folder."""

from pathlib import Path

from engine.compiling import place_of


def test_a_changed_module_beside_a_kernel_gives_another_place(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text("from callee import x")
    (tmp_path / "callee.py").write_text("x = 1")
    before = place_of(tmp_path)
    place_of.cache_clear()
    assert place_of(tmp_path) == before

    (tmp_path / "callee.py").write_text("x = 2")
    place_of.cache_clear()

    assert place_of(tmp_path) != before
    assert place_of(tmp_path).is_relative_to(tmp_path)
