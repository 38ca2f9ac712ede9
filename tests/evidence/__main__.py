"""Statistical and fault claims at full size: ``make evidence`` writes ``docs/evidence/NAME.json`` for each.

A claim is a module here with ``run(*, full: bool) -> dict`` giving name, n, value, low, high and passed; a test runs
the same function scaled down. ``make evidence EVIDENCE="name …"`` runs only those.
"""

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "docs" / "evidence"


def claims(wanted: list[str]) -> list[str]:
    """Return the module names to run, in order."""
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    unknown = set(wanted) - set(names)
    if unknown:
        sys.exit(f"no such claim: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    return wanted or names


def main() -> None:
    """Run the claims and write one JSON file for each; leave with 1 if any did not pass."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    failed = []
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in claims(sys.argv[1:]):
        began = time.perf_counter()
        outcome = importlib.import_module(f"tests.evidence.{name}").run(full=True)
        outcomes = outcome if isinstance(outcome, list) else [outcome]
        for one in outcomes:
            one = {**one, "commit": commit, "seconds": round(time.perf_counter() - began, 1)}
            target = RESULTS / f"{one['name']}.json"
            target.write_text(json.dumps(one, ensure_ascii=False, indent=1, default=float) + "\n", encoding="utf-8")
            sys.stdout.write(f"{'pass' if one['passed'] else 'FAIL'}  {one['name']}  {one['seconds']} s\n")
            if not one["passed"]:
                failed.append(one["name"])
    sys.exit(f"not passed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
