"""The import contracts of pyproject.toml hold, and the rules that imports cannot show."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGES = ("contracts", "draw", "estimation", "features", "grading", "ratios", "scorecard", "simulation", "validity")
WRITERS = {
    "to_csv",
    "to_parquet",
    "to_excel",
    "to_sql",
    "to_pickle",
    "to_feather",
    "to_json",
    "write_text",
    "write_bytes",
}


def test_import_contracts_hold():
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_layer_rule_broken_on_purpose_turns_red(tmp_path):
    """A stage that imports the store must break a contract; otherwise the contracts could not fail."""
    copied = tmp_path / "tree"
    copied.mkdir()
    for name in ("engine", "models", "dashboards", "data_contracts"):
        for source in (ROOT / name).rglob("*.py"):
            target = copied / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    (copied / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    guilty = copied / "engine" / "ratios" / "__init__.py"
    guilty.write_text(guilty.read_text(encoding="utf-8") + "\nimport engine.store\n", encoding="utf-8")

    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=copied,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(copied), "PATH": ""},
    )

    assert result.returncode != 0
    assert "engine.ratios -> engine.store" in result.stdout


@pytest.mark.parametrize("stage", STAGES)
def test_stages_write_nothing(stage):
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.attr}"
        for path in (ROOT / "engine" / stage).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in WRITERS
    ]

    assert calls == []


def test_modules_fit_in_the_head():
    long = {
        str(path.relative_to(ROOT)): n
        for package in ("engine", "models", "dashboards")
        for path in (ROOT / package).rglob("*.py")
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}
