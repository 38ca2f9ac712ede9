"""Is this installation able to do its job: Python, libraries that work together, hash suites, encodings, workspace."""

import hashlib
import importlib.metadata
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.messages import N_, Message

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)
NEEDED = (
    "duckdb",
    "ibis-framework",
    "lightgbm",
    "mlflow-skinny",
    "ortools",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "shap",
    "sqlalchemy",
    "streamlit",
    "typer",
)
KNOWN_BAD = {
    "duckdb": ((2, 0), N_("duckdb 2.0 and newer break the query layer: install a 1.5 release")),
    "sqlglot": ((30, 18), N_("sqlglot 30.18 and newer write broken statements: install an older release")),
}


@dataclass(frozen=True, slots=True)
class InstallationCheck:
    """One thing that was looked at.

    Parameters
    ----------
    name : str, stable.
    ok : bool.
    detail : Message, what was found and, if not ok, what to do.
    """

    name: str
    ok: bool
    detail: Message


def check_installation(workspace: Path) -> list[InstallationCheck]:
    """Return every check of this installation; nothing is written and nothing leaves the machine."""
    return [
        _python(),
        *(_library(name) for name in NEEDED),
        *(_not_broken(name) for name in KNOWN_BAD),
        _no_second_solver(),
        _suite("sha256"),
        _suite("sm3"),
        _sqlite(),
        _workspace(workspace),
    ]


def _python() -> InstallationCheck:
    found = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= OLDEST_PYTHON
    return InstallationCheck("python", fits, Message(N_("Python {found} (3.11 or newer is needed)"), {"found": found}))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _library(name: str) -> InstallationCheck:
    found = _installed(name)
    if found is None:
        return InstallationCheck(name, False, Message(N_("{name} is not installed: run make test"), {"name": name}))
    return InstallationCheck(name, True, Message(N_("version {found}"), {"found": found}))


def _not_broken(name: str) -> InstallationCheck:
    limit, advice = KNOWN_BAD[name]
    found = _installed(name) or "0"
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    fits = numbers < limit
    detail = Message(N_("version {found}"), {"found": found}) if fits else Message(advice)
    return InstallationCheck(f"{name}.compatible", fits, detail)


def _no_second_solver() -> InstallationCheck:
    clash = _installed("highspy") is not None
    text = N_("highspy clashes with ortools in one process: uninstall it") if clash else N_("one linear solver only")
    return InstallationCheck("solver", not clash, Message(text))


def _suite(name: str) -> InstallationCheck:
    offered = name in hashlib.algorithms_available
    text = N_("hash suite {name} works") if offered else N_("this OpenSSL lacks {name}: draws in that suite cannot run")
    return InstallationCheck(f"hash.{name}", offered, Message(text, {"name": name}))


def _sqlite() -> InstallationCheck:
    fits = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    return InstallationCheck("sqlite", fits, Message(N_("version {found}"), {"found": sqlite3.sqlite_version}))


def _workspace(folder: Path) -> InstallationCheck:
    there = (folder / "decisions.db").exists()
    text = N_("workspace {folder} is there") if there else N_("no workspace at {folder} yet: run xinheng demo")
    return InstallationCheck("workspace", True, Message(text, {"folder": str(folder)}))
