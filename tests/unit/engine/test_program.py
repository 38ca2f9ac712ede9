"""The digest of the program changes with every module that a record rests on."""

from pathlib import Path

import pytest

from engine.program import program_digest


@pytest.mark.parametrize("name", ["drawing.py", "tickets.py"])  # of the package itself, and of one inside it
def test_a_changed_module_changes_the_digest(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, whole = Path.read_bytes, program_digest(["engine.draw"])

    def changed(path: Path) -> bytes:
        return read(path) + (b"# another program" if path.name == name else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    assert program_digest(["engine.draw"]) != whole
