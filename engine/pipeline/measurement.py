"""From findings to measurements: hit rate by grade from random rows, lift over a uniform draw, order of the grades."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.design import rates_by
from engine.estimation.estimate import Basis, Estimate
from engine.estimation.hit_rates import hit_rates
from engine.estimation.outcome import REACHED, Outcome, classify_outcomes
from engine.estimation.sample import DesignSample, design_sample
from engine.estimation.targeting import lift_over_uniform, rate_ratio, trend_test

ALL_GRADES = ""
"""Grade of a figure that stands for a whole population."""
ITEMS_LEFT_OUT = "items_left_out"
"""Measure that counts the items with too few drawn units; ``hits`` are their drawn rows, ``note`` their codes."""
LEAST_DRAWN = 2
_ITEM = ["draw_id", "item_code"]
HIT_RATE = "hit_rate"
BASE_RATE = "base_rate"
"""Hit rate of a whole population, all grades together, from random rows."""
TREND = "trend_p"
COLUMNS = (
    "measure",
    "as_of",
    "population",
    "basis",
    "grade",
    "n",
    "hits",
    "hit_rate",
    "low",
    "high",
    "share",
    "method",
    "note",
)


def measure_draw(
    results: pd.DataFrame, strata: pd.DataFrame, *, ratios: Mapping[str, float], as_of: date, level: float
) -> pd.DataFrame:
    """Return the measurements that one or more random draws support, per population.

    Parameters
    ----------
    results : every drawn (draw_id, entity_id, item_code), with or without a result: stratum, selection_mode,
        inclusion_probability, result_codes (null = not done), population, grade (at the freeze of the frame).
    strata : every stratum of those draws: draw_id, item_code, stratum, n_units, n_drawn, grade.
    ratios : sampling ratio by grade whose lift over a uniform draw is asked for.
    as_of : date of the grades.
    level : coverage of the intervals, 0..1.

    Returns
    -------
    Table ``measurements`` (docs/decisions/0001-structure.md). Populations are domains of the same draws; a grade or
    population too thin for a figure has a row with its reason in ``note``.
    """
    sample, left_out, thin = measurable(results, strata)
    rows = _left_out_rows(left_out, thin)
    for population in sorted(sample.rows["population"].unique()):
        rates, whole = _population_rates(sample, population=str(population), level=level)
        rows += _rate_rows(rates, population=str(population), measure=HIT_RATE)
        rows += _rate_rows(whole, population=str(population), measure=BASE_RATE)
        rows += _whole_rows(rates, population=str(population), ratios=ratios)
    return pd.DataFrame(rows).assign(as_of=as_of)[[*COLUMNS]]


def measure_described(results: pd.DataFrame, *, measure: str, as_of: date, level: float) -> pd.DataFrame:
    """Return hit rates by grade of visits whose selection is no random draw; they describe, and no more.

    Parameters
    ----------
    results : one row per visited (entity, item): population, grade, entity_id, result_codes.
    measure : ``hit_rate_scheduled`` or ``hit_rate_directed``.
    """
    rows = described_rows(results, measure=measure, level=level)
    return pd.DataFrame(rows, columns=[*COLUMNS]).assign(as_of=as_of)[[*COLUMNS]]


def described_rows(results: pd.DataFrame, *, measure: str, level: float) -> list[dict[str, object]]:
    """Return the rows of :func:`measure_described`, not yet a table; each with its ``effective_n``."""
    outcome = classify_outcomes(results["result_codes"])
    seen = results[outcome.isin(REACHED)].assign(adverse=outcome == Outcome.VIOLATION)
    rows: list[dict[str, object]] = []
    for population, part in seen.groupby("population", sort=True):
        rates = hit_rates(part, cluster="entity_id", confidence=level)
        rows += _rate_rows(rates, population=str(population), measure=measure)
    return rows


def population_rows(sample: DesignSample, *, population: str, level: float) -> list[dict[str, object]]:
    """Return hit rate by grade, hit rate of all grades and trend test of one population, a domain of the sample.

    Parameters
    ----------
    sample : rows with ``outcome``, ``population`` and ``grade``. level : coverage of the intervals, 0..1.
    """
    rates, whole = _population_rates(sample, population=population, level=level)
    rows = _rate_rows(rates, population=population, measure=HIT_RATE)
    rows += _rate_rows(whole, population=population, measure=BASE_RATE)
    return [*rows, _asked_row(lambda: _trend(rates), rates, measure=TREND, population=population)]


def measurable(results: pd.DataFrame, strata: pd.DataFrame) -> tuple[DesignSample, pd.DataFrame, pd.DataFrame]:
    """Return the drawn rows as a sample with their ``outcome``, and the rows and strata of items too thin for it.

    Parameters
    ----------
    results, strata : see :func:`measure_draw`.
    """
    kept, thin = split_thin_items(strata)
    inside = pd.MultiIndex.from_frame(results[_ITEM]).isin(pd.MultiIndex.from_frame(kept[_ITEM]))
    measured = results[inside]
    sample = design_sample(measured.assign(outcome=classify_outcomes(measured["result_codes"])), kept)
    return sample, results[~inside], thin


def split_thin_items(strata: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the strata into those of items that can be measured, and of items with one drawn unit or none.

    One unit of many says nothing about the spread inside its item; such an item is left out and named, not guessed.

    Parameters
    ----------
    strata : draw_id, item_code, n_units, n_drawn.
    """
    by_item = strata.groupby(_ITEM)
    n_drawn = by_item["n_drawn"].transform("sum")
    is_thin = (n_drawn < LEAST_DRAWN) & (by_item["n_units"].transform("sum") > n_drawn)
    return strata[~is_thin], strata[is_thin]


def _left_out_rows(results: pd.DataFrame, thin: pd.DataFrame) -> list[dict[str, object]]:
    codes = sorted(thin["item_code"].unique())
    return [
        {
            "measure": ITEMS_LEFT_OUT,
            "population": str(population),
            "basis": Basis.DESIGN.value,
            "grade": ALL_GRADES,
            "n": len(codes),
            "hits": len(part),
            "note": ";".join(codes),
        }
        for population, part in results.groupby("population", sort=True)
    ]


def _population_rates(sample: DesignSample, *, population: str, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rates of a population by grade, and that of all its grades together."""
    own = sample.rows["population"] == population
    named = sample.rows["grade"].where(own)
    everyone = pd.Series(ALL_GRADES, index=own.index, dtype="object").where(own)
    by_grade, whole = (
        rates_by(_with_domain(sample, domain), by="domain", confidence=level).rename(columns={"domain": "grade"})
        for domain in (named, everyone)
    )
    return by_grade, whole


def _with_domain(sample: DesignSample, domain: pd.Series) -> DesignSample:
    return replace(sample, rows=sample.rows.assign(domain=domain))


def _rate_rows(rates: pd.DataFrame, *, population: str, measure: str) -> list[dict[str, object]]:
    return [
        {
            "measure": measure,
            "population": population,
            "basis": row.basis,
            "grade": row.grade,
            "n": row.n,
            "hits": row.hits,
            "hit_rate": row.hit_rate,
            "low": row.low,
            "high": row.high,
            "effective_n": row.effective_n,
            "share": row.share,
            "method": row.method,
            "note": "",
        }
        for row in rates.itertuples(index=False)
    ]


def _whole_rows(rates: pd.DataFrame, *, population: str, ratios: Mapping[str, float]) -> list[dict[str, object]]:
    """Lift, rate ratio and trend of one population; what the rows cannot support is said in ``note``."""
    asked: dict[str, Callable[[], Estimate]] = {
        "lift": lambda: lift_over_uniform(rates, ratios=ratios),
        "rate_ratio_d_a": lambda: rate_ratio(rates),
        TREND: lambda: _trend(rates),
    }
    return [_asked_row(compute, rates, measure=measure, population=population) for measure, compute in asked.items()]


def _asked_row(
    compute: Callable[[], Estimate], rates: pd.DataFrame, *, measure: str, population: str
) -> dict[str, object]:
    found: Estimate | None
    try:
        found, note = compute(), ""
    except UndefinedEstimateError as problem:
        found, note = None, str(problem)
    return _figure_row(found, measure=measure, population=population, hits=int(rates["hits"].sum()), note=note)


def _trend(rates: pd.DataFrame) -> Estimate:
    test = trend_test(rates)
    n = int(rates["n"].sum())
    return Estimate(TREND, test.p_value, test.p_value, test.p_value, n, float(n), "cochran_armitage", Basis.DESIGN)


def _figure_row(found: Estimate | None, *, measure: str, population: str, hits: int, note: str) -> dict[str, object]:
    value, low, high = (found.value, found.low, found.high) if found else (float("nan"),) * 3
    return {
        "measure": measure,
        "population": population,
        "basis": (found.basis if found else Basis.DESIGN).value,
        "grade": ALL_GRADES,
        "n": found.n if found else 0,
        "hits": hits,
        "hit_rate": value,
        "low": low,
        "high": high,
        "share": float("nan"),
        "method": found.method if found else "",
        "note": note,
    }
