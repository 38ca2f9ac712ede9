"""Hit rates by period as pages and ``xinheng measure --over`` read them: small stored tables, judged by policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.marts.trend import stored_trend, trend_version
from engine.api.reading.measures import GRADE_ORDER, RANDOM, Place, opened
from engine.estimation.estimate import Basis, Estimate, PrecisionLimits, imprecisions
from engine.pipeline.measurement import ALL_GRADES, BASE_RATE, HIT_RATE, TREND
from engine.pipeline.period_measurement import Over
from engine.store.documents import load_policies
from engine.vocabulary import RISK_GRADES

RATE_COLUMNS = (
    "mode", "period", "grade", "n", "hits", "hit_rate", "low", "high", "effective_n", "basis", "is_small", "is_mature",
)  # fmt: skip
PERIOD_COLUMNS = (
    "mode", "period", "draws", "first_on", "last_on", "as_of_first", "as_of_last", "n_drawn", "n_known", "is_mature",
    "n", "hits", "hit_rate", "low", "high", "is_small", "trend_p", "is_rising", "note",
)  # fmt: skip
OVER = tuple(over.value for over in Over)
CHANGE_COLUMNS = ("mode", "period", "is_within", "kind", "name", "before", "after", "on", "reference")


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """The hit rates of one population over time.

    Parameters
    ----------
    rates : :data:`RATE_COLUMNS`, one row per way of selection, period (oldest first) and grade A to U; ``hit_rate`` is
        null where ``is_small`` (policy calls it imprecise or too few) or nothing was seen: its interval stands alone.
    periods : :data:`PERIOD_COLUMNS`, one row per way of selection and period; figures of all grades together,
        ``trend_p`` of the test against no trend, ``is_rising`` whether the shown rates rise from A to D (null with
        fewer than two), ``is_mature`` whether every result of the period can be on record.
    changes : :data:`CHANGE_COLUMNS`, what changed before a period, or inside it (``is_within``).
    known_on : day whose results count. is_current : whether no draw, grades or measurement came since.
    level : coverage of the intervals, 0..1.
    """

    rates: pd.DataFrame
    periods: pd.DataFrame
    changes: pd.DataFrame
    known_on: date
    is_current: bool
    level: float


def hit_rate_trend(place: Place, *, population: str, over: str) -> Trend | None:
    """Return the hit rates of a population by draw, quarter or year; None where none are stored.

    Parameters
    ----------
    place : folder, or an open workspace. over : a value of :class:`engine.pipeline.period_measurement.Over`.
    """
    with opened(place) as workspace:
        held = stored_trend(workspace)
        version = trend_version(workspace)
    rates, periods, changes = (table for table in held.values())
    if periods.empty:
        return None
    known_on = pd.Timestamp(periods["known_on"].iloc[0]).date()
    is_current = bool((periods["version"] == version).all())
    own = [
        table[(table["population"] == population) & (table["over"] == Over(over).value)] for table in (rates, periods)
    ]
    book = load_policies()
    limits = PrecisionLimits(**book.value("estimation.precision_limits", on=known_on))
    least = int(book.value("estimation.least_units", on=known_on))
    judged = _judged(own[0], limits=limits, least=least)
    named = _named(own[1], judged)
    shown = judged[(judged["measure"] == HIT_RATE) & judged["grade"].isin(GRADE_ORDER)]
    return Trend(
        _ordered(shown.merge(named[["mode", "period", "is_mature", "at"]], on=["mode", "period"], how="inner")),
        named[[*PERIOD_COLUMNS]],
        _placed(changes[changes["population"].isin(["", population])], named),
        known_on,
        is_current,
        float(book.value("estimation.interval_level", on=known_on)),
    )


def _judged(rates: pd.DataFrame, *, limits: PrecisionLimits, least: int) -> pd.DataFrame:
    """The rows with ``is_small``; a rate that is, or rests on nothing, is taken away."""
    small = [_is_small(row, limits=limits, least=least) for row in rates.to_dict("records")]
    table = rates.assign(is_small=pd.array(small, dtype=bool))
    is_rate = table["measure"] != TREND
    table["hit_rate"] = table["hit_rate"].mask(is_rate & (table["is_small"] | (table["n"] == 0)))
    table[["low", "high"]] = table[["low", "high"]].mask(is_rate & (table["n"] == 0))
    return table


def _is_small(row: Mapping[Any, Any], *, limits: PrecisionLimits, least: int) -> bool:
    if row["measure"] == TREND or not row["n"]:
        return False
    value, low, high, size = (float(row[name]) for name in ("hit_rate", "low", "high", "effective_n"))
    rate = Estimate(HIT_RATE, value, low, high, int(row["n"]), size, str(row["method"]), Basis(row["basis"]))
    return row["n"] < least or bool(imprecisions(rate, limits=limits))


def _named(periods: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """The periods, oldest first, random ones on top, with the figures of all grades and what the order of grades is."""
    key = ["mode", "period"]
    counted = judged[judged["measure"] == HIT_RATE].groupby(key)[["n", "hits"]].sum()
    figures = ["hit_rate", "low", "high", "is_small", "note"]
    whole = judged[(judged["measure"] == BASE_RATE) & (judged["grade"] == ALL_GRADES)].set_index(key)[figures]
    trend = judged[judged["measure"] == TREND].set_index(key)["hit_rate"].rename("trend_p")
    rising = {name: _is_rising(rows) for name, rows in judged[judged["measure"] == HIT_RATE].groupby(key) if len(rows)}
    table = periods.drop(columns=["known_on", "version", "population", "over"])
    for part in (counted, whole, trend):
        table = table.join(part, on=key)
    table = table.assign(
        n=table["n"].fillna(0).astype(int),
        hits=table["hits"].fillna(0).astype(int),
        is_rising=pd.array([rising.get(name) for name in table[key].itertuples(index=False, name=None)], "boolean"),
        other=table["mode"] != RANDOM,
        note=table["note"].astype(object).fillna(""),
        is_small=table["is_small"].astype("boolean").fillna(value=False).astype(bool),
        **{name: pd.to_datetime(table[name]).dt.date for name in ("first_on", "last_on", "as_of_first", "as_of_last")},
    )
    table = table.sort_values(["other", "mode", "first_on", "period"], kind="stable", ignore_index=True)
    return table.assign(at=table.index)


def _is_rising(rates: pd.DataFrame) -> bool | None:
    """Whether the rates that stand rise strictly from A to D; None when fewer than two stand."""
    order = [grade.value for grade in RISK_GRADES]
    seen = rates[rates["grade"].isin(order) & rates["hit_rate"].notna()].sort_values("grade")["hit_rate"]
    return None if len(seen) < 2 else bool(seen.is_monotonic_increasing and seen.is_unique)


def _ordered(rates: pd.DataFrame) -> pd.DataFrame:
    rank = rates["grade"].map({grade: at for at, grade in enumerate(GRADE_ORDER)})
    return rates.assign(rank=rank).sort_values(["at", "rank"], ignore_index=True)[[*RATE_COLUMNS]]


def _placed(changes: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Each change at the first period whose grades are those after it; before all periods there is nothing to mark."""
    rows = []
    for mode, own in periods.groupby("mode", sort=False):
        for change in changes.to_dict("records"):
            after = pd.Timestamp(change["to_as_of"]).date()
            later = own[own["as_of_last"] >= after]
            if later.empty or (later.index[0] == own.index[0] and later["as_of_first"].iloc[0] >= after):
                continue
            here = later.iloc[0]
            rows.append(
                {**change, "mode": mode, "period": here["period"], "is_within": here["as_of_first"] < after,
                 "on": pd.Timestamp(change["on"]).date()}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[*CHANGE_COLUMNS])


def as_json(trend: Trend) -> dict[str, object]:
    """Return the figures as a JSON object: what cannot be said is null."""
    return {
        "known_on": trend.known_on, "is_current": trend.is_current, "level": trend.level,
        **{name: _records(table) for name, table in
           (("periods", trend.periods), ("rates", trend.rates), ("changes", trend.changes))},
    }  # fmt: skip


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    held = table.astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in held.where(table.notna(), None).to_dict("records")
    ]
