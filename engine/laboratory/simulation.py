"""What a policy would find and cost in the next draw of a frame, as P10, P50 and P90 over simulated futures.

Given the rates, the findings of a grade are a sum of independent chances; they are read off the binomial with the same
mean and variance at the shared uniform of that future. Source: docs/spec/laboratory.md §2-§3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrik, ndtri

from engine.laboratory.coordination import expected_greatest
from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import FloatArray
from engine.vocabulary import Grade

_CERTAIN = 1e-9
_MANY = 100.0
"""Variance from which the binomial quantile is expanded (Cornish-Fisher, one term) instead of inverted."""


@dataclass(frozen=True, slots=True)
class Spread:
    """P10, P50 and P90 over simulated futures."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """One policy simulated.

    Parameters
    ----------
    findings : array (draws, grades). visits : array (draws, grades). person_days : array (draws,).
    expected_findings : by grade, under the shrunken rates; never falls when a ratio rises.
    checks : expected checks. burden : expected visits per firm by grade.
    visited_share : share of objects expected to be visited.
    missed : array (draws,), findings expected among the checks that are not drawn, under the rates of each future.
    n_objects : objects of the frame.
    total_cv, grade_cv : coefficient of variation of the next measurement of findings in the whole frame, on shrunken
        rates. total_cvs, grade_cvs : the same in every future: arrays (draws,) and (draws, grades).
    """

    findings: FloatArray
    visits: FloatArray
    person_days: FloatArray
    expected_findings: Mapping[str, float]
    checks: float
    burden: Mapping[str, float]
    visited_share: float
    missed: FloatArray
    n_objects: float
    total_cv: float
    grade_cv: Mapping[str, float]
    total_cvs: FloatArray
    grade_cvs: FloatArray

    @property
    def hits(self) -> Spread:
        """Findings of the draw."""
        return spread(self.findings.sum(axis=1))


@dataclass(frozen=True, slots=True)
class Difference:
    """One policy minus another over the same futures: its mean and its spread."""

    mean: float
    spread: Spread


def measures(one: Simulated) -> dict[str, FloatArray]:
    """Return what a policy brings, costs and leaves, future by future, by measure.

    Returns
    -------
    Arrays (draws,): findings; visits; person_days; days_per_finding (person-days, null where a future finds nothing);
    missed; cv (of the next measurement of all findings); visits_a (visits to objects of grade A; only where the frame
    has them); visited_share (0..1).
    """
    findings, visits = one.findings.sum(axis=1), one.visits.sum(axis=1)
    found = {
        "findings": findings,
        "visits": visits,
        "person_days": one.person_days,
        "days_per_finding": one.person_days / np.where(findings > 0, findings, np.nan),
        "missed": one.missed,
        "cv": one.total_cvs,
        "visited_share": visits / one.n_objects,
    }
    grades = list(one.burden)
    if Grade.A in grades:
        found["visits_a"] = one.visits[:, grades.index(Grade.A)]
    return found


def difference(one: Simulated, other: Simulated) -> dict[str, Difference]:
    """Return ``one`` minus ``other`` future by future, by measure of :func:`measures`.

    Both must come from the same experiment: rates and luck are then shared and equal ratios give exactly 0.
    """
    ours, theirs = measures(one), measures(other)
    gaps = {name: ours[name] - theirs[name] for name in ours}
    return {name: Difference(float(gap.mean()), spread(gap)) for name, gap in gaps.items()}


def spread(values: FloatArray) -> Spread:
    """Return P10, P50 and P90 of simulated values."""
    return Spread(*(float(value) for value in np.quantile(values, (0.1, 0.5, 0.9))))


def simulate(experiment: Experiment, ratios: FloatArray) -> Simulated:
    """Simulate one draw under ``ratios``.

    Parameters
    ----------
    ratios : of every cell, 0..1, in the order of ``experiment.cells``.

    Notes
    -----
    Cost: two products of (draws x cells) by (cells x grades), one pass over the profiles; nothing is drawn anew.
    """
    units = planned_units(experiment, ratios)
    moments = _moments(experiment, units)
    drawn = units / experiment.cells["n_units"].to_numpy(dtype=float)
    chance = visit_chances(experiment, drawn)
    expected, spreads, firms = _visits(experiment, chance)
    total_cv, grade_cv = precision(experiment, drawn)
    found = _by_grade(experiment, drawn * expected_in_full(experiment))
    shape = experiment.visit_luck.shape
    return Simulated(
        findings=_quantiles(moments.mean, moments.variance, experiment.finding_luck),
        visits=_quantiles(np.broadcast_to(expected, shape), np.broadcast_to(spreads, shape), experiment.visit_luck),
        person_days=_person_days(experiment, units),
        expected_findings=dict(zip(experiment.grades, found.tolist(), strict=True)),
        checks=float(units.sum()),
        burden=dict(zip(experiment.grades, (expected / np.maximum(firms, 1)).tolist(), strict=True)),
        visited_share=float(expected.sum() / firms.sum()),
        missed=_all_findings(experiment) - moments.mean.sum(axis=1),
        n_objects=float(firms.sum()),
        total_cv=total_cv,
        grade_cv=grade_cv,
        total_cvs=np.sqrt(moments.next_variance.sum(axis=1)) / np.maximum(moments.violations.sum(axis=1), _CERTAIN),
        grade_cvs=np.sqrt(moments.next_variance) / np.maximum(moments.violations, _CERTAIN),
    )


def planned_units(experiment: Experiment, ratios: FloatArray) -> FloatArray:
    """Return expected checks per cell: ratio x units; where the item's rule is ``ceil`` a stratum's are rounded up.

    A stratum's checks fall on its cells by their units, as they do on average in a draw.
    """
    size = experiment.cells["n_units"].to_numpy(dtype=float)
    exact = ratios * size
    is_up = experiment.cells["rounding"].to_numpy() == "ceil"
    of_stratum, units = (np.bincount(experiment.stratum, weights=values) for values in (exact, size))
    upward = np.minimum(np.ceil(of_stratum - _CERTAIN), units) / units
    return np.asarray(np.where(is_up, upward[experiment.stratum] * size, exact), dtype=float)


def visit_chances(experiment: Experiment, drawn: FloatArray) -> FloatArray:
    """Return the chance of a visit of every profile: items of one ticket group hang on one ticket.

    Parameters
    ----------
    drawn : share drawn of every cell, that of its stratum.

    Notes
    -----
    Of a ticket at least the greatest share, and more where strata are small (``engine.laboratory.coordination``);
    tickets of different groups are independent. Kinds that were not worked out take the mean excess of their grade.
    """
    profiles, shared = experiment.profiles, experiment.shared
    least = np.asarray(np.maximum.reduceat(drawn[profiles.cells], profiles.ticket_starts))
    chance = least
    if len(shared.kinds):
        ratio = np.zeros(len(shared.sizes))
        ratio[experiment.stratum] = drawn
        found = expected_greatest(shared, np.minimum(ratio, 1.0))
        n_grades = len(experiment.grades)
        grade = profiles.of_tickets(profiles.grade).astype(np.int64)
        weight = profiles.of_tickets(profiles.n_objects)[shared.kinds]
        ours, bound = (
            np.bincount(grade[shared.kinds], weights=weight * each, minlength=n_grades)
            for each in (found, least[shared.kinds])
        )
        several = np.diff(np.r_[profiles.ticket_starts, len(profiles.cells)]) > 1
        excess = np.where(bound > 0, ours / np.where(bound > 0, bound, 1.0), 1.0)
        chance = np.where(several, np.minimum(least * excess[grade], 1.0), least)
        chance[shared.kinds] = found
    if len(profiles.ticket_starts) == len(profiles.starts):
        return np.asarray(chance)
    return np.asarray(1 - np.multiply.reduceat(1 - chance, profiles.first_ticket))


def expected_in_full(experiment: Experiment) -> FloatArray:
    """Return the findings expected of each cell if it were drawn in full: known ones, and the rate of the others."""
    size, known, seen = (
        experiment.cells[name].to_numpy(dtype=float) for name in ("n_units", "n_findings", "n_observed")
    )
    return np.asarray(known + (size - seen) * experiment.mean)


def _all_findings(experiment: Experiment) -> FloatArray:
    """Findings of a draw of everything, expected under the rates of each future."""
    size, known, seen = (
        experiment.cells[name].to_numpy(dtype=float) for name in ("n_units", "n_findings", "n_observed")
    )
    return np.asarray(known.sum() + experiment.rates @ (size - seen))


def precision(experiment: Experiment, ratios: FloatArray) -> tuple[float, dict[str, float]]:
    """Return the coefficients of variation of the next estimate of all findings and of each grade's; inf at 0."""
    units, rate = experiment.cells["n_units"].to_numpy(dtype=float), experiment.mean
    with np.errstate(divide="ignore"):
        variance = _by_grade(experiment, units * rate * (1 - rate) * (1 / ratios - 1))
    total = _by_grade(experiment, units * rate)
    by_grade = np.sqrt(variance) / total
    return float(np.sqrt(variance.sum()) / total.sum()), dict(zip(experiment.grades, by_grade.tolist(), strict=True))


def half_widths(experiment: Experiment, one: Simulated, *, level: float) -> dict[str, float]:
    """Return half the interval of the next hit rate of every grade, a share 0..1; grade empty for all together.

    Parameters
    ----------
    one : a policy simulated in this experiment. level : coverage of the interval, in (0, 1).

    Notes
    -----
    z sqrt(sum N p(1-p)(N/n - 1)) / sum N on shrunken rates: the normal limits that a stratified sample of the planned
    size would give; infinite where nothing is drawn. Cost: that of the grades.
    """
    z = float(ndtri(0.5 + level / 2))
    units = experiment.cells["n_units"].to_numpy(dtype=float)
    size, total = _by_grade(experiment, units), _by_grade(experiment, units * experiment.mean)
    cvs = np.array([one.grade_cv[grade] for grade in experiment.grades])
    half = z * cvs * total / size
    whole = z * one.total_cv * float(total.sum() / size.sum())
    return {"": whole, **dict(zip(experiment.grades, half.tolist(), strict=True))}


def _by_grade(experiment: Experiment, values: FloatArray) -> FloatArray:
    return np.bincount(experiment.grade, weights=values, minlength=len(experiment.grades)).astype(float)


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Of every future and grade: findings' mean and variance, violations in the frame, variance of their estimate."""

    mean: FloatArray
    variance: FloatArray
    violations: FloatArray
    next_variance: FloatArray


def _moments(experiment: Experiment, units: FloatArray) -> _Moments:
    """Moments given the rates: quadratic in them, cell by cell.

    Of N units k are known findings, m are unknown with rate p; n are drawn without replacement. The next estimate of
    all violations has the variance N p(1-p)(N/n - 1).
    """
    size, known, seen = (
        experiment.cells[name].to_numpy(dtype=float) for name in ("n_units", "n_findings", "n_observed")
    )
    unknown = size - seen
    share = units * unknown / size
    without = units * np.clip(1 - units / size, 0, None) / np.maximum(size - 1, 1)
    member = np.zeros((len(size), len(experiment.grades)))
    member[np.arange(len(size)), experiment.grade] = 1.0
    constant = without * (known - known**2 / size)
    linear = share - 2 * without * known * unknown / size
    quadratic = -share + without * (unknown - unknown**2 / size)
    coming = size * (size / np.maximum(units, _CERTAIN) - 1)
    of_rates = np.hstack([member * each[:, None] for each in (share, linear, size, coming)])
    first = np.split(experiment.rates @ of_rates, 4, axis=1)
    second = np.split(
        experiment.squares @ np.hstack([member * each[:, None] for each in (quadratic, coming)]), 2, axis=1
    )
    return _Moments(
        mean=first[0] + _by_grade(experiment, units * known / size),
        variance=first[1] + second[0] + _by_grade(experiment, constant),
        violations=first[2],
        next_variance=np.maximum(first[3] - second[1], 0.0),
    )


def _visits(experiment: Experiment, chance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Expected visits, their variance and objects by grade."""
    profiles, n_grades = experiment.profiles, len(experiment.grades)
    sums = [
        np.bincount(profiles.grade, weights=profiles.n_objects * value, minlength=n_grades).astype(float)
        for value in (chance, chance * (1 - chance), np.ones_like(chance))
    ]
    return sums[0], sums[1], sums[2]


def _person_days(experiment: Experiment, units: FloatArray) -> FloatArray:
    """Person-days in every future; only the rounding of each item's total is random."""
    effort = experiment.cells.groupby(experiment.item)["effort"].first().to_numpy(dtype=float)
    totals = np.bincount(experiment.item, weights=units)
    return np.asarray(np.floor(totals + experiment.rounding_luck + _CERTAIN) @ effort)


def _quantiles(mean: FloatArray, variance: FloatArray, luck: FloatArray) -> FloatArray:
    """Read counts with given mean and variance off binomials at the shared uniforms."""
    safe = np.maximum(mean, _CERTAIN)
    chance = np.clip(1 - variance / safe, _CERTAIN, 1.0)
    is_certain = (mean <= _CERTAIN) | (chance >= 1 - _CERTAIN)
    trials = safe / chance
    deviation = np.sqrt(safe * (1 - chance))
    normal = ndtri(luck)
    # the count is the least whole number whose distribution reaches the uniform: half a unit above the expansion
    count = safe + deviation * normal + (1 - 2 * chance) * (normal**2 - 1) / 6 - 0.5
    few = (variance < _MANY) & ~is_certain
    with np.errstate(invalid="ignore"):
        count[few] = bdtrik(luck[few], trials[few], chance[few])
    found = np.ceil(np.nan_to_num(count, nan=0.0) - _CERTAIN)
    return np.where(is_certain, np.rint(mean), np.clip(found, 0, np.ceil(trials)))
