"""The league tables stored for the page: counting them reads every draw, visit and result, a page must not.

Stored for whoever sees everything, for the years that the page offers and both groupings, as known on the day of the
build, with a digest of what they rest on. What changed since makes them stale: the page still shows them, names both
versions and offers to count them anew. Where nothing is stored they are counted on demand.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.league import BY, COLUMNS, league_table
from engine.api.policies.check import read_policies
from engine.api.stored_rows import own_rows
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace

FRAMES, GROUPS = "league_frames", "league_groups"
KIND = "league"
FORM = 2
"""Changes when what is stored, or how it is counted, changes."""
YEARS = 3
NOT_COUNTED = ("account.", "audit.", "kpi.", "model.", "policy.", "quality.", "run.", "signer.", "site.")
"""Beginnings of ledger actions that change no share; runs that may are named by their identifiers."""
DERIVED = ("league", "lift", "marts", "names", "peers", "punishment_effect", "quality", "trend", "what_if")
"""Kinds of runs that no share rests on: the tables of the pages, every KIND of this package."""


@dataclass(frozen=True, slots=True)
class StoredLeague:
    """The tables stored for one scope.

    Parameters
    ----------
    as_of : day whose knowledge they hold. version, present_version : digests of what they rest on, and of it now.
    """

    as_of: date
    version: str
    present_version: str

    @property
    def is_current(self) -> bool:
        """Whether no record and no policy has changed since."""
        return self.version == self.present_version


def years_of(day: date) -> tuple[str, ...]:
    """Return the years that can be compared on a day, the newest first."""
    return tuple(str(day.year - back) for back in range(YEARS))


def league_version(workspace: Workspace, book: PolicyBook) -> str:
    """Return the digest of records, decisions, runs and policies that shares rest on, the day aside."""
    runs = [run.run_id for run in workspace.warehouse.runs() if run.kind not in DERIVED]
    records = workspace.ledger.head(without=NOT_COUNTED)
    return digest_of({"form": FORM, "records": records, "runs": runs, "policies": book.digest})


def build_league(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> str | None:
    """Count every share of the last years by district and department, store them and return the run.

    None where what is stored was counted that day from the same, or no table is there to count from.
    """
    book = read_policies(profile, workspace=workspace)
    version = league_version(workspace, book)
    held = stored_league(workspace, profile=profile)
    if held is not None and (held.as_of, held.version) == (as_of, version):
        return None
    progress(Message(N_("departments and districts")))
    try:
        facts = read_facts(workspace, book=book, as_of=as_of)
        parts = [
            league_table(workspace, period=year, by=by, as_of=as_of, book=book, facts=facts).assign(period=year, by=by)
            for year in years_of(as_of)
            for by in BY
        ]
    except TableMissingError:
        return None
    groups = pd.concat(parts, ignore_index=True)
    key = workspace.scope.key
    tables = {
        FRAMES: pd.DataFrame([{"scope": key, "version": version, "form": FORM}]),
        GROUPS: groups.assign(scope=key, at=range(len(groups))),
    }
    manifest = {"profile": profile, "version": version}
    return workspace.warehouse.write_run(tables, kind=KIND, as_of=as_of, manifest=manifest, actor=actor, at=clock())


def stored_league(workspace: Workspace, *, profile: str = "default") -> StoredLeague | None:
    """Return what is stored for the workspace's scope; None when nothing is, or in another form.

    Cost: one small file.
    """
    rows = own_rows(workspace, FRAMES)
    if rows.empty or "form" not in rows or int(rows["form"].iloc[0]) != FORM:
        return None  # an older program stored other columns
    run = next(run for run in workspace.warehouse.runs(kind=KIND) if run.run_id == rows["run_id"].iloc[0])
    present = league_version(workspace, read_policies(profile, workspace=workspace))
    return StoredLeague(run.as_of, str(rows["version"].iloc[0]), present)


def stored_table(workspace: Workspace, *, period: str, by: str) -> pd.DataFrame:
    """Return what :func:`engine.api.figures.league.league_table` would for that day from the store, no other year."""
    rows = own_rows(workspace, GROUPS)
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    own = rows[(rows["period"] == period) & (rows["by"] == by)]
    return own.sort_values("at", ignore_index=True)[list(COLUMNS)]
