"""Benchmarks: ``make bench`` writes ``docs/benchmarks/latest.json``, ratios within one run, medians of the runs.

A benchmark is a module here with ``rows() -> list[dict]`` giving stage, engine, n, seconds, peak_mb, limit_seconds,
ratio, peer and peer_seconds. Nothing is asserted about time.
"""

import importlib
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
RESULT = HERE.parents[1] / "docs" / "benchmarks" / "latest.json"
LIBRARIES = ("duckdb", "ibis-framework", "lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "ortools")


def main() -> None:
    """Run all benchmarks, or those named, and write their rows; rows of the others are kept."""
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    wanted = sys.argv[1:] or names
    kept = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if RESULT.exists() and sys.argv[1:] else []
    rows = []
    for name in wanted:
        for row in importlib.import_module(f"tests.bench.{name}").rows():
            rows.append(row)
            sys.stdout.write(json.dumps(row, ensure_ascii=False, default=float) + "\n")
    stages = {row["stage"] for row in rows}
    machine = {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}
    content = {
        "machine": machine,
        "versions": {library: version(library) for library in LIBRARIES},
        "rows": [row for row in kept if row["stage"] not in stages] + rows,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=float) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
