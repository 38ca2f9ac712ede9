"""A person's mistake: one clear sentence, the right exit status, no traceback, the workspace unchanged."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


def xinheng(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XINHENG_LANG": "en"},
    )


def state(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith(("-wal", "-shm")):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loaded")
    assert xinheng("simulate", "--out", "city", "--entities", "400", "--years", "2", cwd=folder).returncode == 0
    files = sorted(str(path.relative_to(folder)) for path in (folder / "city").glob("*.csv"))
    done = xinheng("ingest", *files, cwd=folder)
    assert done.returncode == 0, done.stderr
    mapping = """
name: broken
tables:
  districts:
    input: districts.csv
    columns:
      district_code: no_such_column
      name: name
      occurred_on: occurred_on
      known_at: known_at
"""
    (folder / "broken.yaml").write_text(mapping, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["ingest", "nowhere"], 2, "There is no file or folder nowhere"),
        (["ingest", "city/districts.csv", "--mapping", "broken.yaml"], 10, "no_such_column"),
        (["ingest", "city/districts.csv", "--mapping", "not_shipped"], 2, "not_shipped"),
        (["features", "build", "--as-of", "2019-01-01"], 11, "lies outside the data"),
        (["features", "build", "--as-of", "yesterday"], 2, "YYYY-MM-DD"),
        (["features", "build", "--as-of", "2025-06-30", "--profile", "no_such_profile"], 12, "no_such_profile"),
        (["score", "--as-of", "2025-06-30"], 20, "holds no features yet"),
        (["verify", "nowhere"], 2, "There is no file or folder nowhere"),
        (["demo", "--mapping", "chicago_food"], 2, "--from"),
        (["loads", "--workspace", "elsewhere"], 20, "There is no workspace at"),
    ],
)
def test_mistakes(loaded, words, status, said):
    before = state(loaded)

    done = xinheng(*words, cwd=loaded)

    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert state(loaded) == before


def test_a_draw_that_was_never_committed_is_refused_and_the_attempt_stays_on_record(loaded):
    def others():
        return {
            path
            for path in loaded.rglob("*")
            if path.is_file() and not path.name.startswith(("decisions.db", ".draws.lock"))
        }

    before, tables = others(), state(loaded / "workspace" / "tables")

    done = xinheng("draw", "run", "2031-001", cwd=loaded)

    assert done.returncode == 20, done.stderr
    assert "no draw of this name was committed" in done.stderr
    assert "Traceback" not in done.stderr
    assert (others(), state(loaded / "workspace" / "tables")) == (before, tables)
    with sqlite3.connect(loaded / "workspace" / "decisions.db") as database:
        actions = [row[0] for row in database.execute("select action from ledger where subject = '2031-001'")]
    assert actions == ["draw.attempted", "draw.refused"]


def test_a_policy_asked_outside_its_dates_is_refused(loaded):
    from datetime import date

    from engine.errors import ParameterNotInForceError
    from engine.store.documents import load_policies

    with pytest.raises(ParameterNotInForceError, match="is in force from 2019-01-01"):
        load_policies().value("ratios.general", on=date(2018, 12, 31))
