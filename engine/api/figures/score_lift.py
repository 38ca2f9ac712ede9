"""What the lift page and ``xinheng lift`` show: scores against what random draws found, and what backtests kept.

The design-based part rests on the measured draw of a date and the scores of that date; the backtest part on the tables
that ``xinheng backtest`` stored. Nothing is fitted here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.errors import TableMissingError
from engine.estimation.estimate import PrecisionLimits
from engine.estimation.gains import visits_at
from engine.estimation.intervals import clopper_pearson
from engine.estimation.outcome import REACHED
from engine.estimation.sample import DesignSample
from engine.grading.cutoffs import TargetShares, read_cutoffs
from engine.pipeline.measurement import measurable
from engine.pipeline.score_lift import (
    BIN_COLUMNS,
    Calibration,
    calibration,
    chances_by_bin,
    gains_curve,
    lift_by_budget,
)
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Run, Warehouse
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import RISK_GRADES, Grade
from engine.windows import parse_date

__all__ = [
    "BACKTEST",
    "COUNTED",
    "Calibration",
    "KeptBacktest",
    "ScoreLift",
    "kept_backtest",
    "recut",
    "score_bands",
    "score_lift",
    "shares_in_force",
]

COUNTED = "penalties_count_24m"
"""Feature whose plain count is the simplest rule a score has to beat."""
N_BINS = 5
TENTH = 0.1
BACKTEST = "backtest"
WINDOW_COLUMNS = (
    "name", "split", "n", "base_rate", "lift", "low", "high", "k", "auc_value", "auc_low", "auc_high",
    "brier", "calibration_slope", "observed_to_expected", "is_mature",
)  # fmt: skip
MEAN_COLUMNS = ("name", "auc", "low", "high", "gain", "gain_low", "gain_high")


@dataclass(frozen=True, slots=True, eq=False)
class ScoreLift:
    """Lift and calibration of every score of one population as of one date, on the rows its draws chose at random.

    Parameters
    ----------
    deciding : name of the score that gave the grades.
    n_drawn, n_reached : drawn rows of the population, and those of them with an assessable result.
    last_result : day of the last result; None without one.
    lifts : ``score`` (name of a model, or :data:`COUNTED`) and the columns of ``pipeline.score_lift.lift_by_budget``.
    gains : ``score`` and the columns of ``pipeline.score_lift.gains_curve``.
    bins : ``score`` and the columns of ``chances_by_bin``: predicted and observed by fifth of the population.
    grades : the same by grade at the freeze.
    overall : model → how its chances fared.
    """

    deciding: str
    n_drawn: int
    n_reached: int
    last_result: date | None
    lifts: pd.DataFrame
    gains: pd.DataFrame
    bins: pd.DataFrame
    grades: pd.DataFrame
    overall: dict[str, Calibration]


def score_lift(workspace: Workspace, *, as_of: date, population: str, profile: str = "default") -> ScoreLift | None:
    """Return lift and calibration of a population's scores; None when nothing of it was drawn, scored and measured.

    Notes
    -----
    Cost: one pass over the population's scores, one over the drawn rows.
    """
    warehouse = workspace.warehouse
    try:
        results = pd.DataFrame(warehouse.read("graded_results", as_of=as_of).drop("run_id").execute())
        scores = _scores(warehouse, as_of=as_of, population=population)
    except TableMissingError:
        return None
    own = results[results["population"] == population]
    if own.empty or scores.empty:
        return None
    sample, _, _ = measurable(
        results.drop(columns=["outcome", "adverse"]), _strata(warehouse, list(results["draw_id"].unique()))
    )
    book = policies_of(workspace, profile)
    level = float(book.value("estimation.interval_level", on=as_of))
    limits = PrecisionLimits(**book.value("estimation.precision_limits", on=as_of))
    reached = own[own["outcome"].isin([str(each) for each in REACHED])]
    values = {str(name): part.set_index("entity_id")["score"] for name, part in scores.groupby("model", sort=False)}
    counted = _counted(warehouse, as_of=as_of, among=scores["entity_id"].drop_duplicates())
    if counted is not None:
        values[COUNTED] = counted
    lifts = [
        lift_by_budget(sample, series, population=population, level=level, limits=limits).assign(score=name)
        for name, series in values.items()
    ]
    curves = [
        gains_curve(sample, series, population=population, level=level).assign(score=name)
        for name, series in values.items()
    ]
    chances = {
        str(name): part.set_index("entity_id")["probability"].astype(float)
        for name, part in scores.dropna(subset=["probability"]).groupby("model", sort=False)
    }
    fared = {name: calibration(sample, each, population=population, level=level) for name, each in chances.items()}

    def binned(bins_of: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
        parts = [
            chances_by_bin(sample, each, bins_of(each), population=population, level=level, limits=limits).assign(
                score=name
            )
            for name, each in chances.items()
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["score", *BIN_COLUMNS])

    return ScoreLift(
        deciding=_deciding(warehouse, as_of=as_of, population=population),
        n_drawn=len(own),
        n_reached=len(reached),
        last_result=None if reached.empty else pd.Timestamp(reached["occurred_on"].max()).date(),
        lifts=pd.concat(lifts, ignore_index=True),
        gains=pd.concat(curves, ignore_index=True),
        bins=binned(_fifths),
        grades=binned(lambda _chances: _grades(sample)),
        overall={name: found for name, found in fared.items() if found is not None},
    )


def _deciding(warehouse: Warehouse, *, as_of: date, population: str) -> str:
    table = warehouse.read("grades", as_of=as_of)
    own = table.filter(table.population == population, table.model.notnull())
    names = own.group_by("model").agg(n=own.count()).order_by("n").execute()["model"]
    return str(names.iloc[-1]) if len(names) else ""


def _scores(warehouse: Warehouse, *, as_of: date, population: str) -> pd.DataFrame:
    """Scores of every model of that day, each from the newest run that has it."""
    of_day = [run.run_id for run in reversed(warehouse.runs()) if run.as_of == as_of]
    wrote = set(warehouse.run_ids_of("scores"))
    held: dict[str, pd.DataFrame] = {}
    for run_id in of_day:
        if run_id not in wrote:
            continue
        table = warehouse.read("scores", run_id=run_id)
        kept = [name for name in ("entity_id", "model", "score", "probability") if name in table.columns]
        own = table.filter(table.population == population, table.score.notnull(), ~table.model.isin([*held, ""]))
        for model, rows in own.select(*kept).execute().groupby("model", sort=False):
            held[str(model)] = rows
    parts = list(held.values())
    joined = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["entity_id", "model", "score"])
    return joined if "probability" in joined else joined.assign(probability=np.nan)


def _counted(warehouse: Warehouse, *, as_of: date, among: pd.Series) -> pd.Series | None:
    try:
        table = warehouse.read("features", as_of=as_of)
    except TableMissingError:
        return None
    if COUNTED not in table.columns:
        return None
    rows = pd.DataFrame(table.select("entity_id", COUNTED).execute()).set_index("entity_id")[COUNTED]
    return rows.astype(float).reindex(among.to_numpy()).fillna(0.0)


def _strata(warehouse: Warehouse, draw_ids: list[str]) -> pd.DataFrame:
    parts = []
    for draw_id, run_id in latest_runs(warehouse, draw_ids=draw_ids).items():
        table = warehouse.read("strata", run_id=run_id)
        parts.append(pd.DataFrame(table.filter(table.draw_id == draw_id).execute()))
    return pd.concat(parts, ignore_index=True)


def _fifths(chances: pd.Series) -> pd.Series:
    """Bins of about equal size over the whole population, numbered from the lowest chance; equal chances share one."""
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, N_BINS + 1)[1:-1], method="higher"))
    return pd.Series(np.searchsorted(edges, chances, side="right") + 1, index=chances.index).astype(str)


def _grades(sample: DesignSample) -> pd.Series:
    """Grade at the freeze of every drawn object; merged grades count as theirs."""
    return pd.Series(sample.rows.drop_duplicates("entity_id").set_index("entity_id")["grade"])


def score_bands(workspace: Workspace, *, as_of: date, population: str, profile: str = "default") -> pd.DataFrame:
    """Return how many objects have which score of the deciding model, to the point, and which grade it gave them.

    Returns
    -------
    DataFrame: ``points`` (score rounded down), ``score_grade``, ``n``; empty when nothing was graded. Grades that a
    listing or a person changed are counted as the score alone had them.
    """
    try:
        table = workspace.warehouse.read("grades", as_of=as_of)
    except TableMissingError:
        return pd.DataFrame({"points": [], "score_grade": [], "n": []})
    own = table.filter(table.population == population, table.score.notnull())
    by = own.group_by(points=own.score.floor().cast("int64"), score_grade=own.score_grade).agg(n=own.count())
    return pd.DataFrame(by.order_by("points", "score_grade").execute())


def shares_in_force(
    workspace: Workspace, *, as_of: date, population: str, profile: str = "default"
) -> tuple[str, ...] | None:
    """Return the target shares of A to D of a population, as policy with its amendments writes them.

    None where score limits cut it.
    """
    rule = read_cutoffs(policies_of(workspace, profile), on=as_of).of(population)
    return tuple(str(float(each)) for each in rule.shares) if isinstance(rule, TargetShares) else None


def recut(workspace: Workspace, *, as_of: date, population: str, shares: tuple[str, ...]) -> pd.DataFrame:
    """Return who would move from grade to grade if a population were cut by other shares.

    Parameters
    ----------
    shares : of A, B, C, D, decimal text; they sum to 1.

    Returns
    -------
    DataFrame: ``from_grade``, ``to_grade``, ``n``; grades by the score alone, before listings and persons change them.

    Notes
    -----
    Cost: one sort of the population's scores. The same shares as in force move nobody.
    """
    table = workspace.warehouse.read("grades", as_of=as_of)
    own = table.filter(table.population == population, table.score_grade != Grade.UNCLASSIFIED.value)
    rows = pd.DataFrame(own.select("score", "score_grade").execute())
    a, b, c, d = (Fraction(each) for each in shares)
    limits = TargetShares((a, b, c, d)).limits(rows["score"])
    names = np.asarray([grade.value for grade in RISK_GRADES], dtype=object)
    to = names[np.searchsorted(np.asarray(limits), rows["score"].to_numpy(dtype=np.float64), side="left")]
    moved = pd.DataFrame({"from_grade": rows["score_grade"], "to_grade": to})
    return moved.groupby(["from_grade", "to_grade"], as_index=False).size().rename(columns={"size": "n"})


@dataclass(frozen=True, slots=True, eq=False)
class KeptBacktest:
    """What the newest backtest kept of one population.

    Parameters
    ----------
    run_id : its run. windows : columns :data:`WINDOW_COLUMNS`, oldest window first: n checks, the share adverse, lift
        of the tenth with the highest scores with ``k`` checks and exact limits, AUC, chances. ``is_mature`` = every
        result of the window can be on record.
    means : per score the mean AUC over the windows, and what the learned model gains over it in pairs.
    """

    run_id: str
    windows: pd.DataFrame
    means: pd.DataFrame


def kept_backtest(workspace: Workspace, *, population: str, run_id: str | None = None) -> KeptBacktest | None:
    """Return what a backtest kept of a population, the newest that judged it where no run is named; None without."""
    warehouse = workspace.warehouse
    for run in reversed(warehouse.runs(kind=BACKTEST)):
        if run_id not in (None, run.run_id):
            continue
        windows = pd.DataFrame(warehouse.read("backtest_windows", run_id=run.run_id).execute())
        own = windows[windows["population"] == population]
        if own.empty:
            continue
        gains = pd.DataFrame(warehouse.read("backtest_gains", run_id=run.run_id).execute())
        return KeptBacktest(run.run_id, _windows(own, run), _means(gains, population))
    return None


def _windows(own: pd.DataFrame, run: Run) -> pd.DataFrame:
    said = json.loads(run.manifest)
    ends = own["split"].map(lambda name: parse_date(str(name).partition("..")[2], what="window"))
    lag = date.fromisoformat(said["mature_on"]) - max(ends)
    known = date.fromisoformat(said["last_known"])
    k = own["n"].map(lambda n: visits_at(int(n), share=TENTH))
    hits = (own["precision_at_10"].astype(float) * k).clip(upper=k)
    limits = clopper_pearson(hits.to_numpy(), k.to_numpy())
    base = own["base_rate"].astype(float)
    rows = own.assign(
        k=k,
        lift=own["precision_at_10"] / base,
        low=limits.low / base,
        high=limits.high / base,
        is_mature=[end + lag <= known for end in ends],
    )
    return rows.sort_values(["split"], kind="stable", ignore_index=True)[[*WINDOW_COLUMNS]]


def _means(gains: pd.DataFrame, population: str) -> pd.DataFrame:
    own = gains[
        (gains["population"] == population) & (gains["resampled_by"] == "entity_id") & (gains["measure"] == "auc")
    ]
    named = {"score": "name", "mean_value": "auc", "mean_low": "low", "mean_high": "high", "gain_value": "gain"}
    return own.rename(columns=named).reset_index(drop=True)[[*MEAN_COLUMNS]]
