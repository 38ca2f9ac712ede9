"""A draw taken through its life by processes that are killed, or that act at the same moment.

A workspace of a small synthetic city is brought to three points (before the commitment, before the draw, after it);
each trial copies one, lets processes of their own take the next step, and then looks at what stands.
"""

import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from engine.api.committing.commitment import commit_draw
from engine.api.draws.life import substitution_entries
from engine.api.draws.order import ATTEMPTED, CERTIFIED, COMMITTED, REFUSED, DrawOrder
from engine.api.draws.running import run_draw
from engine.api.draws.signing import sign_draw
from engine.api.draws.substitution import substitute_object
from engine.api.draws.verification import verify
from engine.api.plans.drawing import publish_reason
from engine.draw.committing.commitment import read_commitment
from engine.errors import SupervisionError
from engine.pipeline.ports import Actor
from engine.store.draws.folders import DrawFolder
from engine.store.ledgers.decisions import METADATA
from engine.store.workspaces.workspace import Workspace

DRAW, ITEM = "2026-900", "SCJG02"
FIRST, SECOND = Actor("first (fictional)", "draw_officer"), Actor("second (fictional)", "leader")
THIRD = Actor("third (fictional)", "leader")
MORNING = datetime.fromisoformat("2026-07-01T09:00:00+08:00")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.draw_faults"])


def _at(hours: int) -> datetime:
    return MORNING + timedelta(hours=hours)


def commit(workspace: Workspace, seed: int = 3) -> None:
    """The first person commits."""
    order = DrawOrder(
        draw_id=DRAW,
        as_of=date(2025, 12, 31),
        lines=(),
        items=(ITEM,),
        events={"sim": "1"},
        not_before=_at(25),
        deadlines={"sim": _at(72)},
        inspect_until=date(2026, 12, 31),
    )
    commit_draw(workspace, order, profile="default", actor=FIRST, clock=partial(_at, 0), simulation_seed=seed)


def run(workspace: Workspace) -> None:
    """The second person draws."""
    run_draw(workspace, DRAW, values=[], actor=SECOND, clock=partial(_at, 26))


def substitute(workspace: Workspace, place: int = 0) -> None:
    """The first person lets a reserve stand in for one of the objects drawn, counted by name."""
    gone = drawn_with_reserves(workspace)[place]
    substitute_object(
        workspace, DRAW, entity_id=gone, items=(ITEM,), reason="closed", note="x", actor=FIRST, clock=partial(_at, 50)
    )


def sign(workspace: Workspace, who: int = 0) -> None:
    """A second or a third person signs the commitment."""
    sign_draw(workspace, DRAW, actor=(SECOND, THIRD)[who], clock=partial(_at, 1))


STEPS: dict[str, Callable[..., None]] = {"commit": commit, "sign": sign, "run": run, "substitute": substitute}


def drawn_with_reserves(workspace: Workspace) -> list[str]:
    """Objects drawn in cells that have a reserve."""
    result = json.loads((workspace.path / "draws" / DRAW / "certificate.json").read_bytes())["result"]
    cells = {name.split("|")[1] for name, cell in result.items() if cell["reserves"]}
    rows = workspace.warehouse.read("selections").execute()
    own = rows[(rows["draw_id"] == DRAW) & rows["is_drawn"] & rows["stratum"].isin(cells)]
    return sorted(own["entity_id"])


@dataclass(frozen=True)
class Points:
    """Folders of the same workspace before each step, and the certificate of an undisturbed draw."""

    folders: dict[str, Path]
    certificate: bytes

    def copy(self, step: str, to: Path, *, database_url: str | None = None) -> Workspace:
        """A workspace at the point before a step; its decisions go into another database if one is named."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folders[step], to)
        if database_url is not None:
            _move_decisions(to, database_url)
        return Workspace(to, database_url=database_url)


def _move_decisions(folder: Path, database_url: str) -> None:
    source, target = Workspace(folder), Workspace(folder, database_url=database_url)
    target.decisions.migrate()
    with source.decisions.reading() as old, target.decisions.writing() as new:
        for table in reversed(METADATA.sorted_tables):
            new.execute(table.delete())
        for table in METADATA.sorted_tables:
            rows = [dict(row) for row in old.execute(table.select()).mappings()]
            if rows:
                new.execute(table.insert(), rows)
    source.close()
    target.close()
    for name in ("decisions.db", "decisions.db-wal", "decisions.db-shm"):
        (folder / name).unlink(missing_ok=True)


def make_points(base: Path, folder: Path) -> Points:
    """Take a copy of a demonstration's workspace through the steps, keeping it before each of them."""
    workspace = Workspace(Path(shutil.copytree(base, folder / "now")))
    publish_reason(
        workspace, DRAW, items=[ITEM], reason="fictional", document="No. 1", actor=FIRST, clock=partial(_at, -24)
    )
    folders = {}

    def keep(step: str) -> None:
        workspace.close()
        folders[step] = Path(shutil.copytree(workspace.path, folder / step))

    keep("commit")
    commit(workspace)
    keep("sign")
    sign(workspace)
    keep("run")
    run(workspace)
    sign_draw(workspace, DRAW, actor=FIRST, clock=partial(_at, 27))
    keep("substitute")
    return Points(folders, (workspace.path / "draws" / DRAW / "certificate.json").read_bytes())


def _act(path: Path, url: str | None, step: str, arguments: dict[str, int], stop: int, count: Path | None) -> None:
    seen = 0

    def at_call(frame: FrameType, event: str, _: object) -> None:
        nonlocal seen
        if event == "call" and (
            "/engine/store/" in frame.f_code.co_filename or "/api/draw_" in frame.f_code.co_filename
        ):
            seen += 1
            if seen == stop:
                os.kill(os.getpid(), signal.SIGKILL)

    workspace = Workspace(path, database_url=url)
    sys.setprofile(at_call)
    try:
        STEPS[step](workspace, **arguments)
    except SupervisionError:
        sys.setprofile(None)
        sys.exit(3)
    sys.setprofile(None)
    if count is not None:
        count.write_text(str(seen), encoding="utf-8")


def start(workspace: Workspace, step: str, *, stop: int = 0, count: Path | None = None, **arguments: int) -> Any:
    """Start a process that takes a step; it kills itself at its ``stop``-th call into the store or the step."""
    url = workspace.decisions.url if workspace.decisions.url.startswith("postgresql") else None
    process = _CONTEXT.Process(target=_act, args=(workspace.path, url, step, arguments, stop, count))
    process.start()
    return process


def count_calls(points: Points, step: str, folder: Path) -> int:
    """How many moments there are at which a step can be killed."""
    workspace, found = points.copy(step, folder / "counting"), folder / "count"
    start(workspace, step, count=found).join()
    return int(found.read_text(encoding="utf-8"))


def faults(workspace: Workspace, points: Points, *, n_attempts: int) -> list[str]:
    """What is wrong with what stands, after the step was taken again by somebody whom nobody killed."""
    ledger, found = workspace.ledger, []
    actions = Counter(entry.action for entry in ledger.entries(subject=DRAW))
    folder = DrawFolder(workspace.path, draw_id=DRAW)
    commitment = read_commitment(folder.read_commitment())
    committed = ledger.entries(action=COMMITTED, subject=DRAW)
    if [entry.particulars["commit_digest"] for entry in committed] != [commitment.digest.hex()]:
        found.append("not one commitment")
    if actions[ATTEMPTED] < n_attempts:
        found.append(f"{actions[ATTEMPTED]} attempts on record of {n_attempts}")
    if ledger.first_break() is not None:
        found.append("the ledger breaks")
    if actions[CERTIFIED] > 1:
        found.append("two certificates")
    if actions[CERTIFIED]:
        runs = [json.loads(one.manifest)["draw_id"] for one in workspace.warehouse.runs(kind="draw")]
        if runs.count(DRAW) != 1:
            found.append(f"result tables stored {runs.count(DRAW)} times")
        if (folder.public / "certificate.json").read_bytes() != points.certificate:
            found.append("another certificate than the undisturbed one")
        wrong = set(verify(folder.public, expect_commit=commitment.digest.hex(), expect_entropy=None).failed)
        if wrong - {"signatures.certificate"}:
            found.append(f"does not verify: {sorted(wrong)}")
    left = [path.name for path in folder.public.parent.iterdir() if path.name.startswith(".")]
    return [*found, *(f"left behind: {name}" for name in left)]


def kill_once(points: Points, step: str, *, stop: int, folder: Path, database_url: str | None = None) -> list[str]:
    """Kill a step at one moment, take it again, and return what is wrong then."""
    workspace = points.copy(step, folder, database_url=database_url)
    before = len(workspace.ledger.entries(action=ATTEMPTED, subject=DRAW))
    killed = start(workspace, step, stop=stop)
    killed.join()
    touched = len(workspace.ledger.entries(action=ATTEMPTED, subject=DRAW)) - before
    again = start(workspace, step)
    again.join()
    found = [] if killed.exitcode == -signal.SIGKILL else [f"not killed: {killed.exitcode}"]
    if again.exitcode not in (0, 3):
        found.append(f"taken again it ends with {again.exitcode}")
    found += faults(workspace, points, n_attempts=before + touched + 1)
    if step == "substitute" and len(substitution_entries(workspace.ledger, DRAW)) != 1:
        found.append("not one substitution")
    workspace.close()
    return [f"{step} killed at call {stop}: {one}" for one in found]


def two_at_once(points: Points, step: str, *, folder: Path, database_url: str | None = None) -> list[str]:
    """Let two operators take a step at the same moment and return what is wrong then."""
    workspace = points.copy(step, folder, database_url=database_url)
    before = len(workspace.ledger.entries(action=ATTEMPTED, subject=DRAW))
    others: tuple[dict[str, int], dict[str, int]] = ({"seed": 3}, {"seed": 4}) if step == "commit" else ({}, {})
    both = [start(workspace, step, **arguments) for arguments in others]
    for process in both:
        process.join()
    codes = sorted(process.exitcode for process in both)
    found = [] if codes == [0, 3] else [f"exit codes {codes}"]
    found += faults(workspace, points, n_attempts=before + 2)
    refused = workspace.ledger.entries(action=REFUSED, subject=DRAW)
    if len(refused) != 1:
        found.append(f"{len(refused)} refusals on record")
    if step == "substitute" and len(substitution_entries(workspace.ledger, DRAW)) != 1:
        found.append("not one substitution")
    workspace.close()
    return [f"two operators {step}: {one}" for one in found]


def two_signatures_at_once(points: Points, *, folder: Path, database_url: str | None = None) -> list[str]:
    """Let two people sign a commitment at the same moment: both signatures stand; the same person twice makes one."""
    found = []
    for others, codes_due, n_due in (((0, 1), [0, 0], 3), ((0, 0), [0, 3], 2)):
        workspace = points.copy("sign", folder, database_url=database_url)
        before = len(workspace.ledger.entries(action=ATTEMPTED, subject=DRAW))
        both = [start(workspace, "sign", who=who) for who in others]
        for process in both:
            process.join()
        codes = sorted(process.exitcode for process in both)
        own = faults(workspace, points, n_attempts=before + 2)
        n_signed = len(json.loads((workspace.path / "draws" / DRAW / "signatures.json").read_bytes()))
        own += [] if (codes, n_signed) == (codes_due, n_due) else [f"exit codes {codes}, {n_signed} signatures"]
        found += [f"persons {others} sign at once: {one}" for one in own]
        workspace.close()
    return found


def replay(points: Points, *, folder: Path, database_url: str | None = None) -> list[str]:
    """Draw again from a commitment that was drawn from."""
    workspace = points.copy("substitute", folder, database_url=database_url)
    before = len(workspace.ledger.entries(action=ATTEMPTED, subject=DRAW))
    process = start(workspace, "run")
    process.join()
    found = [] if process.exitcode == 3 else [f"exit code {process.exitcode}"]
    found += faults(workspace, points, n_attempts=before + 1)
    codes = [entry.particulars["code"] for entry in workspace.ledger.entries(action=REFUSED, subject=DRAW)]
    if codes != ["draw.already_drawn"]:
        found.append(f"refused as {codes}")
    workspace.close()
    return [f"replay: {one}" for one in found]
