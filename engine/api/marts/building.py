"""Small tables made ready for the pages, one set of rows per scope: the measurements and the grade shares of each.

The figures of a district or department are those of a domain of the draw: the strata stay whole, rows outside the scope
count as outside the domain, so that intervals are honest. They need the whole sample, which a person with limits never
sees; therefore they are computed here, beforehand, for every scope that some account has. Each row names the run it
rests on: once a draw was measured again, the old row is no answer any more, and the page says so.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.access.scope import Scope
from engine.api.access_log import anchor_access_log
from engine.api.accounts import accounts
from engine.api.marts.league import build_league
from engine.api.marts.lift import build_lift
from engine.api.marts.names import build_names
from engine.api.marts.peers import build_peers
from engine.api.marts.punishment import build_effect
from engine.api.marts.quality import build_quality
from engine.api.marts.trend import build_trend
from engine.api.marts.what_if import build_what_if
from engine.api.policies.check import read_policies
from engine.api.results.draw import measured_results
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace

MEASUREMENTS, SHARES = "scope_measurements", "scope_grade_shares"
KIND = "marts"
PROFILE = "default"
_OUTSIDE = "\x00"
_KEY = ["draw_id", "entity_id", "item_code"]
_RESTS = "rests_on"


@dataclass(frozen=True, slots=True)
class Marts:
    """What was built: the run, the scopes and as-of dates it has rows for.

    ``what_if`` is the run of the frame of the next draw, ``league`` of the tables by department and district; None
    where the stored one still stands.
    """

    run_id: str
    scopes: tuple[str, ...]
    as_ofs: tuple[date, ...]
    n_rows: int
    what_if: str | None = None
    league: str | None = None


def build_marts(workspace: Workspace, *, actor: Actor, clock: Clock, progress: Progress = silent) -> Marts | None:
    """Compute the tables of every scope that an active account has, store them, and anchor the log of reads.

    Cost: per scope and measured day one pass over the drawn rows and one over the grades; as of the newest measured
    day, unless they stand, lift and calibration (:func:`engine.api.marts.lift.build_lift`) and per scope the frame of
    the next draw (:func:`engine.api.marts.what_if.build_what_if`); as of the clock's day departments and districts
    beside each other (:func:`engine.api.marts.league.build_league`); the measures of data quality; the hit rates of
    every draw, quarter and year (:func:`engine.api.marts.trend.build_trend`); how the newest scores are spread among
    peers (:func:`engine.api.marts.peers.build_peers`); the names of the register as they are searched
    (:func:`engine.api.marts.names.build_names`); and what followed joint punishment
    (:func:`engine.api.marts.punishment.build_effect`).

    Returns
    -------
    What was built; None when nothing was graded or measured yet.
    """
    scopes = sorted({each.scope for each in accounts(workspace).values() if each.is_active}, key=lambda one: one.key)
    limited = [each for each in scopes if not each.is_whole]
    anchor_access_log(workspace, actor=actor, clock=clock)
    measured, graded = _latest(workspace, "measurements"), _latest(workspace, "grades")
    steps = len(measured) * len(limited) + len(graded) + 1
    done = 0
    figures, shares = [], []
    for run in graded:
        progress(Message(N_("grade shares as of {day}"), {"day": run.as_of}), done / steps)
        shares += [_shares(workspace, run, scope) for scope in (Scope(), *limited)]
        done += 1
    for run in measured:
        for scope in limited:
            progress(
                Message(N_("figures of {scope} as of {day}"), {"scope": scope.key, "day": run.as_of}), done / steps
            )
            figures.append(_figures(workspace, run, scope))
            done += 1
    tables = {name: _joined(parts) for name, parts in ((MEASUREMENTS, figures), (SHARES, shares))}
    held = {name: table for name, table in tables.items() if len(table)}
    if not held:
        return None
    days = sorted({run.as_of for run in (*measured, *graded)})
    keys = tuple(each.key for each in (Scope(), *limited))
    run_id = workspace.warehouse.write_run(
        held, kind=KIND, as_of=days[-1], manifest={"scopes": keys}, actor=actor, at=clock()
    )
    what_if = None
    if measured:
        build_lift(workspace, as_of=measured[0].as_of, actor=actor, clock=clock)
        what_if = build_what_if(
            workspace,
            as_of=measured[0].as_of,
            profile=PROFILE,
            actor=actor,
            clock=clock,
            progress=lambda stage, share=None: progress(stage, None if share is None else (done + share) / steps),
        )
    league = build_league(workspace, as_of=clock().date(), profile=PROFILE, actor=actor, clock=clock, progress=progress)
    build_quality(workspace, actor=actor, clock=clock, progress=progress)
    build_trend(workspace, scopes=(Scope(), *limited), profile=PROFILE, actor=actor, clock=clock, progress=progress)
    build_peers(workspace, actor=actor, clock=clock, progress=progress)
    build_names(workspace, actor=actor, clock=clock, progress=progress)
    build_effect(workspace, as_of=clock().date(), profile=PROFILE, actor=actor, clock=clock, progress=progress)
    progress(Message(N_("done")), 1.0)
    return Marts(run_id, keys, tuple(days), sum(len(table) for table in held.values()), what_if, league)


def scope_table(workspace: Workspace, name: str, *, as_of: date, source: str) -> pd.DataFrame | None:
    """Return the rows of one scope and day out of the newest build; None when it has none on the newest ``source`` run.

    Parameters
    ----------
    workspace : whose scope it is. name : :data:`MEASUREMENTS` or :data:`SHARES`.
    source : the table the rows were computed from.
    """
    rests_on = next((run.run_id for run in _latest(workspace, source) if run.as_of == as_of), None)
    try:
        table = workspace.warehouse.read(name)
    except TableMissingError:
        return None
    key = workspace.scope.key
    rows = pd.DataFrame(
        table.filter(table["scope"] == key, table[_RESTS] == rests_on).drop("scope", _RESTS, "run_id").execute()
    )
    return rows if len(rows) else None


def _latest(workspace: Workspace, table: str) -> list[Run]:
    """The newest run of every day that wrote a table, the latest day first."""
    wrote = set(workspace.warehouse.run_ids_of(table))
    newest = {run.as_of: run for run in workspace.warehouse.runs() if run.run_id in wrote}
    return [newest[day] for day in sorted(newest, reverse=True)]


def _shares(workspace: Workspace, run: Run, scope: Scope) -> pd.DataFrame:
    grades = scoped(workspace, scope).warehouse.read("grades", run_id=run.run_id)
    counted = grades.group_by("population", "grade").agg(n_entities=grades.count()).execute()
    return pd.DataFrame(counted).assign(scope=scope.key, as_of=run.as_of, **{_RESTS: run.run_id})


def _figures(workspace: Workspace, run: Run, scope: Scope) -> pd.DataFrame:
    """The measurements of the drawn rows inside the scope, as a domain of the whole draw."""
    try:
        whole = workspace.warehouse.read("graded_results", run_id=run.run_id).drop("run_id").execute()
    except TableMissingError:
        return pd.DataFrame()
    seen = scoped(workspace, scope).warehouse.read("graded_results", run_id=run.run_id).select(*_KEY).execute()
    inside = pd.MultiIndex.from_frame(whole[_KEY]).isin(pd.MultiIndex.from_frame(seen))
    draws = _draws(run, whole)
    results = whole.drop(columns=["as_of", "outcome", "adverse"])
    results = results.assign(population=results["population"].where(inside, _OUTSIDE))
    book = read_policies(PROFILE, workspace=workspace)
    found = measured_results(workspace, results, draw_ids=draws, book=book, as_of=run.as_of)
    own = found[found["population"] != _OUTSIDE]
    return own.assign(scope=scope.key, **{_RESTS: run.run_id})


def _draws(run: Run, results: pd.DataFrame) -> Sequence[str]:
    named = json.loads(run.manifest).get("draws")
    return [str(each) for each in named or sorted(results["draw_id"].unique())]


def _joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    held = [part for part in parts if len(part)]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame()
