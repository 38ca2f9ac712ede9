"""Reads, exports and refusals as an auditor reads them, and whether the log still is what it was.

The log is a chained file (``engine.store.ledgers.read_log``). Every build of the marts puts its length and head into
the ledger; a log that no longer holds that line was cut or written anew.
"""

from collections import deque
from dataclasses import asdict, dataclass

import pandas as pd

from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import Entry, Ledger
from engine.store.ledgers.read_log import ReadEntry, ReadLog
from engine.store.workspaces.workspace import Workspace

ANCHORED = "audit.anchored"
COLUMNS = ("sequence", "at", "account", "role", "scope", "kind", "what", "about", "digest")
NEWEST = 5_000


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether a chain holds.

    Parameters
    ----------
    n : lines or entries. head : digest of the last. first_break : number of the first that does not follow, or None.
    anchors : how often the ledger kept the head of the log. lost : number of the first anchored line that the log no
        longer holds as it was, or None.
    """

    n: int
    head: str
    first_break: int | None
    anchors: int = 0
    lost: int | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, taken out or cut off, as far as can be known."""
        return self.first_break is None and self.lost is None


def access_log(workspace: Workspace, *, newest: int = NEWEST) -> pd.DataFrame:
    """Return the newest lines, the latest first; somebody with limits sees the lines of the same limits.

    Returns
    -------
    DataFrame, key sequence, :data:`COLUMNS`.
    """
    entries = ReadLog(workspace.path).entries()
    held = deque((each for each in entries if _is_seen(each, workspace)), maxlen=newest)
    rows = [{name: value for name, value in asdict(each).items() if name in COLUMNS} for each in reversed(held)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def check_access_log(workspace: Workspace) -> LogCheck:
    """Check the chain of the log and that it holds every line the ledger keeps. Cost: the whole file."""
    log = ReadLog(workspace.path)
    n, head = 0, ""
    first_break = log.first_break()
    anchored = {int(entry.particulars["sequence"]): str(entry.particulars["head"]) for entry in _anchors(workspace)}
    found: dict[int, str] = {}
    if first_break is None:
        for line in log.entries():
            n, head = line.sequence, line.digest
            if n in anchored:
                found[n] = head
    lost = next((at for at, digest in sorted(anchored.items()) if found.get(at) != digest), None)
    return LogCheck(n, head, first_break, len(anchored), lost if first_break is None else None)


def check_decisions(workspace: Workspace) -> LogCheck:
    """Check the chain of the ledger. Cost: every entry."""
    ledger = Ledger(workspace.decisions)
    return LogCheck(len(ledger.entries()), ledger.head(), ledger.first_break())


def decisions(workspace: Workspace, *, newest: int = NEWEST) -> pd.DataFrame:
    """Return the newest entries of the ledger in sight, the latest first.

    Returns
    -------
    DataFrame, key sequence: entered_at, actor, role, action, subject, reason, digest.
    """
    columns = ["sequence", "entered_at", "actor", "role", "action", "subject", "reason", "digest"]
    entries = workspace.ledger.entries()[-newest:]
    rows = [{name: getattr(entry, name) for name in columns} for entry in reversed(entries)]
    return pd.DataFrame(rows, columns=columns)


def anchor_access_log(workspace: Workspace, *, actor: Actor, clock: Clock) -> Entry | None:
    """Keep length and head of the log in the ledger; None when nothing was added since the last time."""
    sequence, head = ReadLog(workspace.path).head()
    held = _anchors(workspace)
    if sequence == 0 or (held and held[-1].particulars["head"] == head):
        return None
    return workspace.ledger.append(
        ANCHORED, subject=str(sequence), content={"sequence": sequence, "head": head}, actor=actor, at=clock()
    )


def _anchors(workspace: Workspace) -> list[Entry]:
    return Ledger(workspace.decisions).entries(action=ANCHORED)


def _is_seen(entry: ReadEntry, workspace: Workspace) -> bool:
    return workspace.scope.is_whole or entry.scope == workspace.scope.key
