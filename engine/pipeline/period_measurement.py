"""Hit rates over time: the random draws of a draw day, quarter or year as one sample, other visits beside them.

A period's figures rest on the design of its draws alone: each row weighs one over its probability of being drawn, and
objects that a later draw left out as visited enter it with their known outcome. Visits that no draw selected describe
the period and no more.
Source: docs/spec/estimators.md §4, §7.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

import pandas as pd

from engine.errors import EstimationError, SelectionModeError
from engine.estimation.estimate import Basis
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.periods import KNOWN
from engine.messages import N_
from engine.pipeline.domain_measurement import with_spared
from engine.pipeline.measurement import (
    ALL_GRADES,
    BASE_RATE,
    HIT_RATE,
    described_rows,
    measurable,
    population_rows,
)

MIXED = N_("draws of different kinds cannot be put together")
NOT_ESTIMABLE = N_("too few were drawn in some strata to speak for all objects")
COLUMNS = (
    "measure", "population", "basis", "grade", "n", "hits", "hit_rate", "low", "high", "effective_n", "share", "method",
    "note",
)  # fmt: skip


class Over(StrEnum):
    """What a period is."""

    DRAW = "draw"
    QUARTER = "quarter"
    YEAR = "year"


def period_of(day: date, *, over: Over) -> str:
    """Return the calendar period of a day: ``2026Q1`` or ``2026``; that of a draw is the draw's own name."""
    return f"{day.year}Q{(day.month + 2) // 3}" if over is Over.QUARTER else f"{day.year}"


def last_day(period: str) -> date:
    """Return the last day of a calendar period."""
    year, _, quarter = period.partition("Q")
    return date(int(year), 12, 31) if quarter in ("", "4") else _day_before(date(int(year), 3 * int(quarter) + 1, 1))


def drawn_period(
    results: pd.DataFrame,
    strata: pd.DataFrame,
    *,
    draw_ids: Sequence[str],
    spared: Mapping[str, pd.DataFrame],
    level: float,
) -> pd.DataFrame:
    """Return what the random draws of one period say, per population.

    Parameters
    ----------
    results, strata : see :func:`engine.pipeline.measurement.measure_draw`; rows of other draws are ignored.
    draw_ids : the draws of the period, in the order they took place.
    spared : by draw the (entity_id, item_code) its frame left out as visited.
    level : coverage of the intervals, 0..1.

    Returns
    -------
    DataFrame, :data:`COLUMNS`: measure ``hit_rate`` per grade, ``base_rate`` and ``trend_p`` of all grades. ``n`` and
    ``hits`` count each check once; what cannot be estimated has its counts and the reason in ``note``.
    """
    own = pd.concat([results[results["draw_id"] == draw] for draw in draw_ids], ignore_index=True)
    sizes = strata[strata["draw_id"].isin(list(draw_ids))]
    whole, sizes = with_spared(own, sizes, spared=spared)
    try:
        sample, _, _ = measurable(whole, sizes)
    except SelectionModeError:
        return _undefined(own, note=MIXED)
    except EstimationError:
        return _undefined(own, note=NOT_ESTIMABLE)
    seen = sample.rows[sample.rows["outcome"].isin(REACHED) & (sample.rows["stratum"] != KNOWN)]
    hits = (seen["outcome"] == Outcome.VIOLATION).groupby([seen["population"], seen["grade"]]).agg(["size", "sum"])
    rows: list[dict[str, object]] = []
    for population in sorted(sample.rows["population"].unique()):
        counted = hits[hits.index.get_level_values(0) == population].droplevel(0)
        for row in population_rows(sample, population=str(population), level=level):
            part = counted if row["grade"] == ALL_GRADES else counted[counted.index == row["grade"]]
            rows.append({**row, "n": int(part["size"].sum()), "hits": int(part["sum"].sum())})
    return _table(rows)


def described_period(results: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return what visits met that no draw selected; rows as of :func:`drawn_period`, measure ``hit_rate`` only.

    Parameters
    ----------
    results : one row per visited (entity, item): population, grade, entity_id, result_codes.
    """
    return _table(described_rows(results, measure=HIT_RATE, level=level))


def _undefined(results: pd.DataFrame, *, note: str) -> pd.DataFrame:
    return _table(
        [
            {
                "measure": BASE_RATE, "population": str(population), "basis": Basis.DESIGN.value, "grade": ALL_GRADES,
                "n": 0, "hits": 0, "note": note,
            }
            for population in sorted(results["population"].unique())
        ]
    )  # fmt: skip


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*COLUMNS])
    figures = ["hit_rate", "low", "high", "effective_n", "share"]
    return table.astype({name: "float64" for name in figures})


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
