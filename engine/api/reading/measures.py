"""What pages and documents read: small tidy frames out of the result tables; no function here scans a bulk table.

Measures are rows of ``measurements``; a page asks for one as-of date and one population at a time, so that populations
are never pooled. Of several runs for the same as-of date the newest counts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from engine.api.marts.building import MEASUREMENTS, SHARES, scope_table
from engine.api.records.intake import loads
from engine.api.workspace import Workspace, open_workspace
from engine.errors import TableMissingError
from engine.estimation.estimate import Basis, Estimate, PrecisionLimits, imprecisions
from engine.store.documents import load_policies
from engine.vocabulary import RISK_GRADES, Grade, SelectionMode

RANDOM = SelectionMode.RANDOM.value
OTHER = "other"

HIT_RATE = "hit_rate"
BASE_RATE = "base_rate"
LIFT = "lift"
RATE_RATIO = "rate_ratio_d_a"
TREND = "trend_p"

MODE_OF_MEASURE = {
    (HIT_RATE, Basis.DESIGN.value): RANDOM,
    (HIT_RATE, Basis.DESCRIPTIVE.value): OTHER,
    ("hit_rate_scheduled", Basis.DESCRIPTIVE.value): SelectionMode.SCHEDULED.value,
    ("hit_rate_directed", Basis.DESCRIPTIVE.value): SelectionMode.DIRECTED.value,
}
"""How the rows of a measure were selected; a rate without design of which no more is known is ``other``."""

GRADE_ORDER = (*(grade.value for grade in RISK_GRADES), Grade.UNCLASSIFIED.value)
RATE_COLUMNS = ("mode", "grade", "n", "hits", "hit_rate", "low", "high", "share", "basis", "is_small", "note")
NO_VERSION = "0" * 64
Place: TypeAlias = Path | Workspace
"""Where to read: a folder, seen whole, or a workspace somebody opened, seen as far as it shows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the workspace holds now.

    Parameters
    ----------
    data_version : str, changes with everything that becomes visible.
    as_ofs : dates that have measurements, newest first.
    populations : codes that have measurements, the largest first.
    """

    data_version: str
    as_ofs: tuple[date, ...]
    populations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    measure : str.
    value, low, high : estimate and limits of its interval; NaN where undefined.
    n, hits : rows it rests on, and adverse ones among them.
    basis : ``design-based`` or ``not design-based``.
    is_small : whether policy calls it imprecise or too few.
    note : what must be said beside it, a key of the catalogue; may be empty.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    hits: int
    basis: str
    is_small: bool
    note: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Source rows of all loads: how many came in, were accepted, wait in quarantine, were there before."""

    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int


@contextmanager
def opened(place: Place) -> Iterator[Workspace]:
    """Give a workspace for reading; one that was opened here is let go of afterwards.

    Raises
    ------
    WorkspaceMissingError
        Nothing was ever committed there.
    """
    if isinstance(place, Workspace):
        yield place
        return
    workspace = open_workspace(place, create=False)
    try:
        yield workspace
    finally:
        workspace.close()


def data_version(place: Place) -> str:
    """Return the digest of the last ledger entry: it changes with every load, run and decision. Cost: one row."""
    with opened(place) as workspace:
        return workspace.ledger.head()


def standing(place: Place) -> Standing:
    """Return what the workspace holds. Cost: the measurements, one small file per as-of date.

    Raises
    ------
    WorkspaceMissingError
        Nothing was ever committed there.
    """
    with opened(place) as workspace:
        days = sorted({run.as_of for run in workspace.warehouse.runs()}, reverse=True)
        held = {day: table for day in days if not (table := _measurements(workspace, day)).empty}
        newest = next(iter(held.values()), pd.DataFrame({"population": [], "n": []}))
        sizes = newest.groupby("population")["n"].max().sort_values(ascending=False, kind="stable")
        return Standing(
            data_version=workspace.ledger.head(), as_ofs=tuple(held), populations=tuple(map(str, sizes.index))
        )


def _measurements(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """Return the measurements of the newest run of that date; empty when there are none.

    Of somebody with limits they are those of the scope, as the marts have them; there is no other way to them.
    """
    nothing = pd.DataFrame(columns=["measure", "population", "basis", "grade", "n"])
    if not workspace.scope.is_whole:
        own = scope_table(workspace, MEASUREMENTS, as_of=as_of, source="measurements")
        return nothing if own is None else own
    try:
        return pd.DataFrame(workspace.warehouse.read("measurements", as_of=as_of).to_pyarrow().to_pandas())
    except TableMissingError:
        return nothing


def hit_rates(place: Place, *, as_of: date, population: str) -> pd.DataFrame:
    """Return hit rate and interval by way of selection and grade.

    Parameters
    ----------
    place : folder, or an open workspace.
    as_of, population : one date, one population.

    Returns
    -------
    DataFrame, random rows first, each in the order A, B, C, D, U: ``mode``, ``grade``, ``n``, ``hits``, ``hit_rate``,
    ``low``, ``high`` (0..1, null when n = 0), ``share`` (of the entities), ``basis``, ``is_small`` (imprecise or too
    few by policy), ``note``.
    """
    with opened(place) as workspace:
        table = _measurements(workspace, as_of)
    rows = table[(table["population"] == population) & table["grade"].isin(GRADE_ORDER)]
    kinds = list(zip(rows["measure"], rows["basis"], strict=True))
    modes = pd.Series([MODE_OF_MEASURE.get(kind) for kind in kinds], index=rows.index, dtype="object")
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, *RATE_COLUMNS]))).assign(mode=modes).dropna(subset=["mode"])
    limits, least = _precision_limits(as_of), _least_units(as_of)
    figures = [_figure(row, limits=limits, least=least) for row in rows.to_dict("records")]
    rows = rows.assign(
        is_small=[figure.is_small for figure in figures],
        note=[figure.note for figure in figures],
        mode_rank=rows["mode"].map({mode: at for at, mode in enumerate(MODE_OF_MEASURE.values())}),
        grade_rank=rows["grade"].map({grade: at for at, grade in enumerate(GRADE_ORDER)}),
    )
    return rows.sort_values(["mode_rank", "grade_rank"], ignore_index=True)[[*RATE_COLUMNS]]


def figures(place: Place, *, as_of: date, population: str) -> Mapping[str, Figure]:
    """Return the figures of a whole population by measure; ``base_rate`` is the hit rate of its random rows."""
    with opened(place) as workspace:
        table = _measurements(workspace, as_of)
    rows = table[(table["population"] == population) & ~table["grade"].isin(GRADE_ORDER)]
    found, limits, least = {}, _precision_limits(as_of), _least_units(as_of)
    for row in rows.to_dict("records"):
        found[str(row["measure"])] = _figure(row, limits=limits, least=least)
    return found


def figure_history(place: Place, *, population: str) -> pd.DataFrame:
    """Return the figures of a whole population on every date that has measurements, the oldest first.

    Returns
    -------
    DataFrame, key (as_of, measure): ``value`` (null where undefined), ``n``. Cost: the measurements, one small file per
    date.
    """
    with opened(place) as workspace:
        days = sorted({run.as_of for run in workspace.warehouse.runs()})
        tables = [_measurements(workspace, day).assign(as_of=day) for day in days]
    held = [each for each in tables if len(each)]
    if not held:
        return pd.DataFrame({"as_of": [], "measure": [], "value": [], "n": []}).astype({"as_of": object})
    rows = pd.concat(held, ignore_index=True)
    own = rows[(rows["population"] == population) & ~rows["grade"].isin(GRADE_ORDER)]
    return own.rename(columns={"hit_rate": "value"})[["as_of", "measure", "value", "n"]].reset_index(drop=True)


def _figure(row: Mapping[Any, Any], *, limits: PrecisionLimits, least: int) -> Figure:
    value, low, high = (
        float("nan") if pd.isna(row[name]) else float(row[name]) for name in ("hit_rate", "low", "high")
    )
    n, hits = (0 if pd.isna(row[name]) else int(row[name]) for name in ("n", "hits"))
    measure = str(row["measure"])
    rate = Estimate(measure, value, low, high, n, float(n), str(row["method"]), Basis(row["basis"]))
    is_rate = measure == BASE_RATE or measure.startswith(HIT_RATE)
    return Figure(
        measure=measure,
        value=value,
        low=low,
        high=high,
        n=n,
        hits=hits,
        basis=rate.basis.value,
        is_small=is_rate and n > 0 and (n < least or bool(imprecisions(rate, limits=limits))),
        note="" if pd.isna(row["note"]) else str(row["note"]),
    )


def _precision_limits(as_of: date) -> PrecisionLimits:
    return PrecisionLimits(**load_policies().value("estimation.precision_limits", on=as_of))


def _least_units(as_of: date) -> int:
    return int(load_policies().value("estimation.least_units", on=as_of))


def interval_level(as_of: date) -> float:
    """Return the coverage of published intervals in force on that day, 0..1."""
    return float(load_policies().value("estimation.interval_level", on=as_of))


def least_units(as_of: date) -> int:
    """Return how many rows a figure must rest on to be called firm, in force on that day."""
    return int(load_policies().value("estimation.least_units", on=as_of))


def grade_shares(place: Place, *, as_of: date, population: str) -> pd.DataFrame:
    """Return ``grade``, ``n_entities`` and ``share`` in the order A to U; empty when nothing was graded.

    Cost: a few rows of the marts; where these are not built for the newest grades, a count over two coded columns.
    """
    with opened(place) as workspace:
        counted = scope_table(workspace, SHARES, as_of=as_of, source="grades")
        if counted is None:
            try:
                grades = workspace.warehouse.read("grades", as_of=as_of)
            except TableMissingError:
                return pd.DataFrame({"grade": [], "n_entities": [], "share": []})
            by = grades.group_by("population", "grade").agg(n_entities=grades.count())
            counted = pd.DataFrame(by.to_pyarrow().to_pandas())
        counts = counted[counted["population"] == population].set_index("grade")["n_entities"]
    present = [grade for grade in GRADE_ORDER if grade in counts.index]
    sizes = counts.loc[present].astype("int64")
    return pd.DataFrame(
        {"grade": present, "n_entities": sizes.to_numpy(), "share": (sizes / max(int(sizes.sum()), 1)).to_numpy()}
    )


def intake(place: Place) -> Intake:
    """Return the source rows of all loads that stand. Cost: the manifest."""
    with opened(place) as workspace:
        tables = [each for each in loads(workspace) if each.stands]
    return Intake(
        rows_in=sum(each.rows_in for each in tables),
        accepted=sum(each.accepted for each in tables),
        quarantined=sum(each.quarantined for each in tables),
        duplicates=sum(each.duplicates for each in tables),
    )
