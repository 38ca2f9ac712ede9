"""A load or reversal killed at a random moment leaves the store as before or as after; begun again it completes.

Each trial has a workspace of its own that already holds a load. Half the processes are killed from outside after a
random part of the time a whole one takes, so also inside the database engines; the others at a random call into the
store, half of these among the last ones, where the commit is. All by SIGKILL. What is read then (records with their
versions, quarantine, loads, ledger) must equal the state before or the state after; the work is done again and must
give the state after. Then loads at once: two of different files both land, two of the same land once.
"""

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import sqlalchemy

from engine.api.records.intake import loads, reverse
from engine.api.records.quarantine import quarantined_rows
from engine.store.workspaces.workspace import Workspace
from tests.killed_load import start_load, start_reversal
from tests.postgres import program, server
from tests.small_sources import (
    ACTOR,
    COMPLAINT_HEADER,
    ENTITY_HEADER,
    NOW,
    complaint,
    entity,
    rows,
    take_in,
    write_lines,
)  # fmt: skip

SEED = 20261125
_LAST_CALLS = 60
"""About so many calls a commit takes; half of the kills at a call fall among them."""


def run(*, full: bool) -> list[dict]:
    """Return one claim per database and kind of work: 50 kills each of a load, 20 of a reversal (full), or 3."""
    claims = []
    with tempfile.TemporaryDirectory() as name:
        for database, urls in _databases(Path(name)):
            with urls as url_of:
                for work, n in (("load", 50), ("reversal", 20)):
                    folder = Path(name) / f"{database}-{work}"
                    claims.append(_claim(database, work, _trials(folder, work, n if full else 3, url_of)))
                claims.append(_claim(database, "at_once", _at_once(Path(name) / f"{database}-at-once", url_of)))
    return claims


def _claim(database: str, work: str, outcomes: Counter[str]) -> dict:
    bad = sum(n for outcome, n in outcomes.items() if outcome not in ("before", "after", "both landed", "once"))
    return {
        "name": f"intake_killed_{work}_{database}" if work != "at_once" else f"intake_at_once_{database}",
        "n": sum(outcomes.values()),
        "value": bad,
        "low": None,
        "high": None,
        "passed": not bad and sum(outcomes.values()) > 0,
        "outcomes": dict(sorted(outcomes.items())),
    }


def _databases(folder: Path) -> Iterator[tuple[str, object]]:
    yield "sqlite", nullcontext(lambda _: None)
    if program("initdb") and program("pg_ctl"):
        yield "postgresql", _postgres(folder / "pg")


@contextmanager
def _postgres(folder: Path):
    folder.mkdir()
    with server(folder) as url:
        maker = sqlalchemy.create_engine(url.format(name="postgres"), isolation_level="AUTOCOMMIT")

        def url_of(name: str) -> str:
            with maker.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            return url.format(name=name)

        yield url_of
        maker.dispose()


def _sources(folder: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    first = (
        write_lines(folder / "entities-a.csv", ENTITY_HEADER, *map(entity, range(300)), entity(900, status="x")),
        write_lines(folder / "complaints-a.csv", COMPLAINT_HEADER, *map(complaint, range(300))),
    )
    second = (
        write_lines(folder / "entities-b.csv", ENTITY_HEADER, *map(entity, range(200, 5200)), entity(901, status="x")),
        write_lines(
            folder / "complaints-b.csv",
            COMPLAINT_HEADER,
            *map(complaint, range(250, 5000)),
            *(complaint(n, true="true", known_at="2021-06-01") for n in range(100)),
        ),
    )
    return first, second


def _state(workspace: Workspace) -> tuple[object, ...]:
    """What anybody can read of a workspace."""
    records = tuple(tuple(map(str, rows(workspace, table))) for table in ("entities", "complaints"))
    waiting = tuple((row.table, row.original) for row in quarantined_rows(workspace))
    listed = tuple((x.load_id, x.table, x.accepted, x.quarantined, x.duplicates, x.stands) for x in loads(workspace))
    assert workspace.ledger.first_break() is None
    return records, waiting, listed, tuple((entry.action, entry.subject) for entry in workspace.ledger.entries())


def _trials(folder: Path, work: str, n: int, url_of) -> Counter[str]:
    generator = random.Random(f"{SEED} {work}")
    first, second = _sources(folder / "sources")
    outcomes: Counter[str] = Counter()
    took, n_calls, after = 0.0, 0, None
    for trial in range(-2, n):  # the first two are not killed: they give the time and the calls a whole one takes
        place, began, count = (folder / f"{what}{trial + 2}" for what in ("ws", "began", "count"))
        url = url_of(f"{work}{trial + 2}")
        workspace = Workspace(place, database_url=url)
        load_id = take_in(workspace, *first).loads[0].load_id
        if work == "reversal":
            take_in(workspace, *second)
        before = _state(workspace)
        first_call = max(1, n_calls - _LAST_CALLS) if trial % 4 == 3 else 1
        at_call = generator.randint(first_call, n_calls) if trial > 0 and trial % 2 else 0
        how = {"stop": at_call, "began": began, "database_url": url, "count": count if trial == -1 else None}
        process = start_load(place, second, **how) if work == "load" else start_reversal(place, load_id, **how)
        while not began.exists():
            time.sleep(0.002)
        started = time.perf_counter()
        if trial >= 0 and not at_call:
            time.sleep(generator.uniform(0.0, took))
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGKILL)
        process.join()
        found = _state(workspace)
        if trial < 0:
            took = time.perf_counter() - started if trial == -2 else took
            n_calls = int(count.read_text()) if trial == -1 else 0
            assert found != before
            assert after in (None, found)
            after = found
        else:
            outcomes["before" if found == before else "after" if found == after else "between"] += 1
            if found == before:
                _again(workspace, work, second, load_id)
            outcomes["not completed"] += _state(workspace) != after
            outcomes["rest left"] += any(place.rglob("*.partial"))
        workspace.close()
    return +outcomes


def _again(workspace: Workspace, work: str, sources: tuple[Path, ...], load_id: str) -> None:
    if work == "load":
        take_in(workspace, *sources)
    else:
        reverse(workspace, load_id, reason="killed", actor=ACTOR, clock=lambda: NOW)


def _at_once(folder: Path, url_of) -> Counter[str]:
    first, second = _sources(folder / "sources")
    outcomes: Counter[str] = Counter()
    for trial, (one, other, n_loads) in enumerate(((first, second, 2), (second, second, 1))):
        place, url = folder / f"ws{trial}", url_of(f"once{trial}")
        started = [start_load(place, sources, database_url=url) for sources in (one, other)]
        for process in started:
            process.join()
        workspace = Workspace(place, database_url=url)
        landed = len(workspace.ledger.entries(action="load.accepted"))
        good = landed == n_loads and all(process.exitcode == 0 for process in started)
        held = len({row["entity_id"] for row in rows(workspace, "entities")})
        good = good and held == (5200 if n_loads == 2 else 5000) == len(rows(workspace, "entities"))
        outcomes[("both landed" if n_loads == 2 else "once") if good else f"landed {landed}, {held} entities"] += 1
        workspace.close()
    return outcomes
