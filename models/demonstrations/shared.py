"""What demonstrations share: an own workspace, a stopwatch, the summary that they end with."""

import fcntl
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from engine.api.records.intake import IngestReport, ingest
from engine.api.workspace import Workspace, open_workspace
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Progress

CHINA_TIME = timezone(timedelta(hours=8))
OPERATOR = Actor("演示·录入员 (fictional)", "analyst")
MARKER = "demo.txt"


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, in order; the only clock of the demonstration."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, message: Message) -> Iterator[None]:
        """Time one stage and announce it."""
        self.progress(message)
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a demonstration showed, as ``xinheng demo --json`` says it.

    Parameters
    ----------
    source : ``simulation`` or the mapping. as_of : date of the grades. seconds : by stage.
    entities, records : in the workspace. certificate : path, or None where nothing was drawn.
    workspace : path. populations : one object per population, judged apart.
    draw : the draw's summary, or None. verified : whether the published bundle verified.
    caveats : catalogue keys of what must be said beside every figure.
    """

    source: str
    as_of: date
    seconds: Mapping[str, float]
    entities: int
    records: int
    certificate: str | None
    workspace: str
    populations: Sequence[Mapping[str, Any]]
    draw: Mapping[str, Any] | None = None
    verified: bool | None = None
    caveats: Sequence[str] = ()

    def as_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "source": self.source,
            "as_of": self.as_of.isoformat(),
            "seconds": {stage: round(took, 2) for stage, took in self.seconds.items()},
            "entities": self.entities,
            "records": self.records,
            "certificate": self.certificate,
            "workspace": self.workspace,
            "populations": list(self.populations),
            "draw": self.draw,
            "verified": self.verified,
            "caveats": list(self.caveats),
        }


@contextmanager
def own_workspace(path: Path) -> Iterator[Workspace]:
    """Give an empty workspace at ``path``; an earlier demonstration there gives way only when this one succeeds.

    Where one before was killed, what it was to replace still stands, and only what it left half made gives way.

    Raises
    ------
    UsageError
        The folder holds something that no demonstration made, or another one is being made there now.
    """
    earlier = path.with_name(f".{path.name}.earlier")
    with _alone(path):
        if path.exists() and any(path.iterdir()) and not (path / MARKER).is_file():
            raise _not_there(path, N_("it holds files that no demonstration made; give another folder"))
        if earlier.exists():
            shutil.rmtree(path, ignore_errors=True)
        elif path.exists():
            path.rename(earlier)
        path.mkdir(parents=True)
        (path / MARKER).write_text("made by xinheng demo; the next demo may replace this folder\n", encoding="utf-8")
        workspace = open_workspace(path, create=True)
        try:
            yield workspace
        except BaseException:
            workspace.close()
            shutil.rmtree(path, ignore_errors=True)
            if earlier.exists():
                earlier.rename(path)
            raise
        workspace.close()
        shutil.rmtree(earlier, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder for one demonstration; a killed one holds nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path.with_name(f".{path.name}.demo.lock")
    with mark.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.stat()  # gone when the one before ended between our opening and our locking
        except (BlockingIOError, FileNotFoundError):
            raise _not_there(
                path, N_("another demonstration is being made there; wait for it or give another folder")
            ) from None
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)


def _not_there(path: Path, remedy: str) -> UsageError:
    return UsageError(what="--workspace", value=str(path), remedy=Message(remedy))


def china_morning(day: date) -> datetime:
    """Return nine o'clock of a day in China; the demonstrations' clock."""
    """Return nine o'clock of a day in China; the demonstrations' clock."""
    return datetime(day.year, day.month, day.day, 9, 0, tzinfo=CHINA_TIME)


def load_records(
    workspace: Workspace, paths: Sequence[Path], *, at: datetime, mapping: str | None = None
) -> IngestReport:
    """Load source files as the demonstration's operator."""
    return ingest(workspace, list(paths), mapping=mapping, actor=OPERATOR, clock=lambda: at)


def accepted_rows(report: IngestReport) -> int:
    """Return the rows of all tables that a load accepted."""
    """Return the rows of all tables that a load accepted."""
    return sum(load.accepted for load in report.loads)
