"""Hit rates by period stored for the page: one row per period, way of selection, population and grade, and per scope.

Every draw that was run is read again with the results known on the day of the build, so that late results count; a page
reads the rows and computes nothing. A scope's figures are those of a domain of the whole draws, as those of
:mod:`engine.api.marts.building` are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from engine.access.scope import Scope
from engine.api.draws.logged import latest_runs, spared_rows
from engine.api.marts.trend_changes import Graded, graded_days, grading_of, switches
from engine.api.results.draw import INTERVAL_LEVEL, draw_results
from engine.api.results.drawn_checks import inspection_windows
from engine.api.stored_rows import own_rows
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.period_measurement import Over, described_period, drawn_period, last_day, period_of
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.scoped import ScopedWorkspace
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode
from engine.windows import LabelWindow

RATES, PERIODS, CHANGES = "trend_rates", "trend_periods", "trend_changes"
KIND = "trend"
LABEL_WINDOW = "labels.window"
FORM = 1
"""Changes when what is stored, or how it is computed, changes."""
DESCRIBED = (SelectionMode.SCHEDULED.value, SelectionMode.DIRECTED.value)
_OUTSIDE = "\x00"
_SOURCES = ("selections", "measurements", "grades")


@dataclass(frozen=True, slots=True, eq=False)
class _Checks:
    """What was checked: drawn rows with their strata, and visits that no draw selected.

    ``draws`` : draw_id, as_of, drawn_on, until (last day of its windows), mode, in the order the draws took place.
    """

    draws: pd.DataFrame
    drawn: pd.DataFrame
    strata: pd.DataFrame
    spared: dict[str, pd.DataFrame]
    described: pd.DataFrame


def trend_version(workspace: Workspace) -> str:
    """Return the digest of the runs that the figures rest on; results that came later do not change it."""
    runs = {name: workspace.warehouse.run_ids_of(name) for name in _SOURCES}
    return digest_of({"form": FORM, "runs": runs})


def build_trend(
    workspace: Workspace,
    *,
    scopes: Sequence[Scope],
    profile: str,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> str | None:
    """Compute the hit rates of every draw, quarter and year for every scope, store them and return the run.

    None where nothing was drawn or graded yet. Cost: one pass over the drawn rows and over the grades they were drawn
    on, and per scope and period an estimate over the period's drawn rows.
    """
    progress(Message(N_("hit rates by period")))
    on = clock().date()
    book = policies_of(workspace, profile)
    try:
        graded = graded_days(workspace)
        checks = _checks(workspace, graded, book=book, on=on)
    except TableMissingError:
        return None
    version, changes = trend_version(workspace), switches(workspace, graded, book=book)
    rates, periods = [], []
    for scope in scopes:
        seen = _seen_by(workspace, checks, scope)
        found, named = _scope_rows(seen, level=float(book.value(INTERVAL_LEVEL, on=on)), book=book, on=on)
        rates.append(found.assign(scope=scope.key))
        periods.append(named.assign(scope=scope.key, known_on=on, version=version))
    tables = {
        RATES: pd.concat(rates, ignore_index=True),
        PERIODS: pd.concat(periods, ignore_index=True),
        CHANGES: pd.concat([changes.assign(scope=scope.key) for scope in scopes], ignore_index=True),
    }
    manifest = {"profile": profile, "policies": book.digest, "version": version}
    return workspace.warehouse.write_run(tables, kind=KIND, as_of=on, manifest=manifest, actor=actor, at=clock())


def stored_trend(workspace: Workspace) -> dict[str, pd.DataFrame]:
    """Return the rows of the workspace's scope by table, without scope and run; empty where none are stored."""
    found = {name: own_rows(workspace, name) for name in (RATES, PERIODS, CHANGES)}
    return {name: table.drop(columns=["scope", "run_id"], errors="ignore") for name, table in found.items()}


def _checks(workspace: Workspace, graded: Sequence[Graded], *, book: PolicyBook, on: date) -> _Checks:
    warehouse = workspace.warehouse
    runs, windows = latest_runs(warehouse), inspection_windows(workspace, on=on)
    of = {run.run_id: run for run in warehouse.runs(kind="draw")}
    drawn, strata, rows = [], [], []
    for draw_id, run_id in runs.items():
        run, results = of[run_id], draw_results(workspace, draw_id=draw_id)
        day = datetime.fromisoformat(run.ran_at).date()
        modes = results["selection_mode"].unique()
        mode = str(modes[0]) if len(modes) == 1 else SelectionMode.RANDOM.value
        until = windows.get(draw_id, date(day.year, 12, 31))
        rows.append({"draw_id": draw_id, "as_of": run.as_of, "drawn_on": day, "until": until, "mode": mode})
        known = grading_of(workspace, results["entity_id"], as_of=run.as_of)
        drawn.append(results.assign(population=results["entity_id"].map(known["population"]).fillna(_OUTSIDE)))
        table = warehouse.read("strata", run_id=run_id)
        strata.append(pd.DataFrame(table.filter(table.draw_id == draw_id).drop("run_id").execute()))
    draws = pd.DataFrame(rows).sort_values(["drawn_on", "draw_id"], kind="stable", ignore_index=True)
    return _Checks(
        draws,
        pd.concat(drawn, ignore_index=True),
        pd.concat(strata, ignore_index=True),
        spared_rows(workspace.path, draw_ids=list(runs)),
        _described(workspace, graded, on=on),
    )


def _described(workspace: Workspace, graded: Sequence[Graded], *, on: date) -> pd.DataFrame:
    """Visits that no draw selected, each with the grade its object had before the visit."""
    history = workspace.warehouse.history("inspections")
    columns = ["entity_id", "item_code", "selection_mode", "result_codes", "occurred_on"]
    wanted = history.filter(
        history.selection_mode.isin(list(DESCRIBED)), history.superseded_at.isnull(),
        history.occurred_on > graded[0].as_of, history.occurred_on <= on,
    )  # fmt: skip
    rows = pd.DataFrame(wanted.select(*columns).execute())
    rows["occurred_on"] = pd.to_datetime(rows["occurred_on"]).dt.date
    parts = []
    for at, each in enumerate(graded):
        until = graded[at + 1].as_of if at + 1 < len(graded) else on
        own = rows[(rows["occurred_on"] > each.as_of) & (rows["occurred_on"] <= until)]
        if len(own):
            known = grading_of(workspace, own["entity_id"], as_of=each.as_of)
            parts.append(own.assign(as_of=each.as_of).join(known, on="entity_id", how="inner"))
    return pd.concat(parts, ignore_index=True) if parts else rows.assign(as_of=None, population="", grade="")[:0]


def _seen_by(workspace: Workspace, checks: _Checks, scope: Scope) -> _Checks:
    """The checks as a scope may see them: drawn rows outside it stay as another domain, described ones go."""
    if scope.is_whole:
        return checks
    warehouse = ScopedWorkspace(workspace, scope).scoped_warehouse
    ids = sorted({*checks.drawn["entity_id"], *checks.described["entity_id"]})
    items = warehouse.history("items")
    objects = set(warehouse.seen_ids(ids))
    codes = set(items.filter(items.superseded_at.isnull()).select("item_code").distinct().execute()["item_code"])

    def inside(rows: pd.DataFrame) -> pd.Series:
        return rows["entity_id"].isin(objects) & rows["item_code"].isin(codes)

    drawn = checks.drawn.assign(population=checks.drawn["population"].where(inside(checks.drawn), _OUTSIDE))
    described = checks.described[inside(checks.described)]
    return _Checks(checks.draws, drawn, checks.strata, checks.spared, described)


def _scope_rows(checks: _Checks, *, level: float, book: PolicyBook, on: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rates and the periods of one scope, for every way of cutting time."""
    lag = timedelta(days=LabelWindow(**book.value(LABEL_WINDOW, on=on)).result_lag_days)
    measured: dict[tuple[str, ...], pd.DataFrame] = {}
    rates, periods = [], []

    def keep(found: pd.DataFrame, named: pd.DataFrame, **key: str) -> None:
        rates.append(found[found["population"] != _OUTSIDE].assign(**key))
        periods.append(named[named["population"] != _OUTSIDE].assign(**key))

    for over in Over:
        names = _names(checks.draws, over)
        for (mode, period), own in checks.draws.groupby(["mode", names], sort=False):
            ids = tuple(own["draw_id"])
            if ids not in measured:
                measured[ids] = drawn_period(
                    checks.drawn, checks.strata, draw_ids=ids, spared=checks.spared, level=level
                )
            rows = checks.drawn[checks.drawn["draw_id"].isin(ids)]
            named = _drawn_named(rows, own, closes=max(own["until"]) + lag, on=on)
            keep(measured[ids], named, over=over.value, mode=str(mode), period=str(period))
        visited = _described_names(checks, over)
        for (mode, period), own in checks.described.groupby(["selection_mode", visited], sort=True):
            ends = _described_end(checks, over, str(period), on=on)
            keep(
                described_period(own, level=level),
                _described_named(own, closes=ends + lag, on=on),
                over=over.value, mode=str(mode), period=str(period),
            )  # fmt: skip
    return pd.concat(rates, ignore_index=True), pd.concat(periods, ignore_index=True)


def _names(draws: pd.DataFrame, over: Over) -> pd.Series:
    if over is Over.DRAW:
        return draws["draw_id"]
    return draws["drawn_on"].map(lambda day: period_of(day, over=over))


def _drawn_named(rows: pd.DataFrame, draws: pd.DataFrame, *, closes: date, on: date) -> pd.DataFrame:
    counted = rows["result_codes"].notna().groupby(rows["population"]).agg(n_drawn="size", n_known="sum").reset_index()
    return counted.assign(
        draws=";".join(draws["draw_id"]),
        first_on=min(draws["drawn_on"]), last_on=max(draws["drawn_on"]),
        as_of_first=min(draws["as_of"]), as_of_last=max(draws["as_of"]),
        is_mature=(counted["n_known"] == counted["n_drawn"]) | (closes < on),
    )  # fmt: skip


def _described_names(checks: _Checks, over: Over) -> pd.Series:
    """The period of each visit; with draws, the draw that had taken place last, and none before the first."""
    days = checks.described["occurred_on"]
    if over is not Over.DRAW:
        return days.map(lambda day: period_of(day, over=over))
    held = list(checks.draws[["drawn_on", "draw_id"]].itertuples(index=False, name=None))
    return days.map(lambda day: next((draw for on, draw in reversed(held) if on <= day), None))


def _described_end(checks: _Checks, over: Over, period: str, *, on: date) -> date:
    """The last day on which a visit belongs to a period."""
    if over is not Over.DRAW:
        return last_day(period)
    later = checks.draws["drawn_on"][checks.draws.index > checks.draws.index[checks.draws["draw_id"] == period][0]]
    return on if later.empty else min(later)


def _described_named(rows: pd.DataFrame, *, closes: date, on: date) -> pd.DataFrame:
    by = rows.groupby("population")
    counted = by["result_codes"].size().rename("n_known").reset_index()
    return counted.assign(
        n_drawn=0, draws="", first_on=min(rows["occurred_on"]), last_on=max(rows["occurred_on"]),
        as_of_first=min(rows["as_of"]), as_of_last=max(rows["as_of"]), is_mature=closes < on,
    )  # fmt: skip
