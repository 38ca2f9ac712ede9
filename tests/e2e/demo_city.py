"""The demonstration as a city has it after a month: loop, monthly run, accounts of every role; and its command line."""

import contextlib
import fcntl
import io
import json
import os
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.access.rights import Role
from engine.cli import main

ENTITIES, EARLIER, DAY = "2000", "2025-11-30", "2025-12-31"
AFTER = date(2026, 8, 5)
"""A day after everything that the demonstration did; accounts and the month come then."""


def xinheng(folder: Path, *words: str, actor: str = "", day: date | None = None) -> Any:
    """Call a command with ``--json`` and return what it said.

    Parameters
    ----------
    actor : ``name:role`` of who acts, the operator where none is named. day : on which it is called, today if none.
    """
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        if actor:
            patch.setenv("XINHENG_ACTOR", actor)
        if day is not None:
            patch.setattr("engine.cli.options.datetime", _standing_on(day))
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                main([*words, "--workspace", str(folder), "--json"])
            except SystemExit as ended:
                if ended.code:
                    told = f"xinheng {' '.join(words)} ended with {ended.code}: {said.getvalue()}"
                    raise AssertionError(told) from None
    return json.loads(said.getvalue())


def _standing_on(day: date) -> type[datetime]:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime(day.year, day.month, day.day, 9, tzinfo=tz)

    return Clock


def demo_city(folder: Path) -> Path:
    """Make the workspace, or take that of ``XINHENG_WORKSPACE`` as a copy in ``folder``."""
    named = os.environ.get("XINHENG_WORKSPACE")
    path = folder / "workspace"
    if named:
        shutil.copytree(named, path)
    else:
        xinheng(path, "demo", "--entities", ENTITIES)
    if not xinheng(path, "run", "list")["runs"]:
        for day in (EARLIER, DAY):
            xinheng(path, "run", "monthly", "--as-of", day, day=AFTER)
    held = {each["account"] for each in xinheng(path, "account", "list")["accounts"]}
    for role in Role:
        if f"{role.value}@city" not in held:
            words = ("account", "add", f"{role.value}@city", "--name", f"{role.value}", "--role", role.value)
            xinheng(path, *words, day=AFTER)
    xinheng(path, "marts", "build", day=AFTER)
    return path


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that one process of this test run fills and the others wait for; whoever writes copies it."""
    base = factory.getbasetemp()
    place = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (place / "done").exists():
            make(place)
            (place / "done").touch()
    return place


def city_of(factory: pytest.TempPathFactory, folder: Path) -> Path:
    """Return a copy of the demonstration in ``folder``."""
    path = folder / "workspace"
    shutil.copytree(made_once(factory, "demo-city", demo_city) / "workspace", path)
    return path
