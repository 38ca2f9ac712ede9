"""Annual reports of the city: filed by 30 June, filed late, or missing and so the ground of a listing."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.layout import coded, contract_table, days, numbers
from engine.simulation.listings import late_reporters
from engine.simulation.population import Population
from engine.simulation.span import Span
from engine.simulation.stream import stream
from engine.simulation.workdays import Dates

_STATUSES = ("filed", "missing", "late")
_FILED, _MISSING, _LATE = range(3)
_DAYS_TO_FILE = 180


def annual_reports_table(population: Population, span: Span, *, seed: int, assumptions: Assumptions) -> pa.Table:
    """Return the contract table ``annual_reports``, as known on the last day.

    A report that is missing is the one for which :func:`engine.simulation.listings.listings_table` lists the entity;
    a part of the missing ones is filed afterwards, as a later version.
    """
    missed = late_reporters(population, span, stream(seed, "listings"), assumptions)
    generator = stream(seed, "annual_reports")
    entities, years, status, occurred, known = [], [], [], [], []

    def add(entity: npt.NDArray[np.int64], year: int, what: int, on: Dates, known_at: Dates) -> None:
        entities.append(entity)
        years.append(np.full(len(entity), year - 1))
        status.append(np.full(len(entity), what))
        occurred.append(on)
        known.append(known_at)

    for year, (owing, misses, listed_on) in zip(span.years, missed, strict=True):
        filing = np.flatnonzero(owing & ~np.isin(np.arange(len(population)), misses))
        new_year = np.datetime64(f"{year}-01-01")
        filed_on = new_year + generator.integers(1, _DAYS_TO_FILE, len(filing))
        add(filing, int(year), _FILED, filed_on, span.workdays.shift(filed_on, generator.integers(0, 3, len(filing))))
        add(misses, int(year), _MISSING, np.full(len(misses), np.datetime64(f"{year}-06-30")), listed_on)
        is_mended = generator.random(len(misses)) < assumptions.late_report_share
        later_on = span.workdays.shift(
            listed_on + generator.integers(5, 150, len(misses)), np.zeros(len(misses), np.int64)
        )
        is_mended &= population.gone_on[misses] > later_on
        add(misses[is_mended], int(year), _LATE, later_on[is_mended], later_on[is_mended])
    entity, year_of_report, what = (np.concatenate(parts) for parts in (entities, years, status))
    on, known_at = (np.concatenate(parts).astype("datetime64[D]") for parts in (occurred, known))
    figures = _figures(population, span, entity, year_of_report, generator, assumptions)
    kept = np.flatnonzero((known_at <= span.last_day) & (on >= span.first_day))
    kept = kept[np.lexsort((known_at[kept], year_of_report[kept], entity[kept]))]
    is_filed = what[kept] != _MISSING
    truthful, is_checked, assets, revenue, employees = (values[kept] for values in figures)
    return contract_table(
        "annual_reports",
        {
            "entity_id": coded(entity[kept], population.entity_ids),
            "report_year": pa.array(year_of_report[kept].astype(np.int64)),
            "status": coded(what[kept], _STATUSES),
            "is_truthful": numbers(truthful, where=is_checked & is_filed),
            "assets_fen": numbers(assets, where=is_filed),
            "revenue_fen": numbers(revenue, where=is_filed),
            "n_employees": numbers(employees, where=is_filed),
            "occurred_on": days(on[kept]),
            "known_at": days(known_at[kept]),
        },
    )


def _figures(
    population: Population,
    span: Span,
    entity: npt.NDArray[np.int64],
    year: npt.NDArray[np.int64],
    generator: np.random.Generator,  # noqa: TID251
    assumptions: Assumptions,
) -> tuple[npt.NDArray[np.generic], ...]:
    """Return truth, whether it was checked, and the figures of each report."""
    n = len(entity)
    risk = population.risk[entity, np.clip(year + 1 - span.first_year, 0, population.risk.shape[1] - 1)]
    size = np.array([0.0, -2.5, -1.2])[population.traits.kind[entity]]
    is_zero = generator.random(n) < expit(assumptions.zero_report_logit + assumptions.zero_report_risk_slope * risk)
    assets, revenue = (
        np.where(is_zero, 0, np.rint(np.exp(19.5 + size + 1.2 * generator.standard_normal(n)))).astype(np.int64)
        for _ in range(2)
    )
    employees = np.where(is_zero, 0, 1 + generator.poisson(np.exp(2.0 + 0.6 * size))).astype(np.int64)
    is_checked = generator.random(n) < assumptions.report_checked_share
    is_true = generator.random(n) >= expit(assumptions.false_report_logit + assumptions.false_report_risk_slope * risk)
    return is_true, is_checked, assets, revenue, employees
