"""The demonstration as a city has it after a month: loop, monthly run, accounts of every role; and its command line."""

import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

from engine.access.rights import Role
from engine.cli import main

ENTITIES, EARLIER, DAY = "2000", "2025-11-30", "2025-12-31"


def xinheng(folder: Path, *words: str) -> Any:
    """Call a command with ``--json`` and return what it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        try:
            main([*words, "--workspace", str(folder), "--json"])
        except SystemExit as ended:
            if ended.code:
                raise AssertionError(f"xinheng {' '.join(words)} ended with {ended.code}: {said.getvalue()}") from None
    return json.loads(said.getvalue())


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
            xinheng(path, "run", "monthly", "--as-of", day)
    held = {each["account"] for each in xinheng(path, "account", "list")["accounts"]}
    for role in Role:
        if f"{role.value}@city" not in held:
            xinheng(path, "account", "add", f"{role.value}@city", "--name", f"{role.value}", "--role", role.value)
    xinheng(path, "marts", "build")
    return path
