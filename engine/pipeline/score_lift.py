"""How far a score sorts what random draws then found: lift at budgets, the gains curve, and chances beside outcomes.

Everything rests on drawn rows with their inclusion probability, so the figures speak for the frame, not for the
inspected alone. Source: docs/spec/estimators.md §2–4.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.design import rate, rates_by
from engine.estimation.estimate import Estimate, PrecisionLimits, imprecisions
from engine.estimation.gains import visits_at
from engine.estimation.intervals import FloatArray
from engine.estimation.outcome import REACHED, Outcome
from engine.estimation.reliability import CalibrationLine, brier, calibration_line
from engine.estimation.sample import DesignSample
from engine.estimation.targeting import lift_over_uniform
from engine.messages import N_

BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of the objects for which lift is stated."""
TOP, TIED, REST = "top", "tied", "rest"
MINOR_TIE = 0.1
"""A tie at the cut smaller than this share of the budget is taken whole; a larger one counts in expectation."""
STEPS = tuple(at / 20 for at in range(1, 20))
"""Shares of the objects at which the gains curve is stated."""
LIFT_COLUMNS = ("budget", "reached", "n", "hits", "lift", "low", "high", "is_small", "note")
GAIN_COLUMNS = ("step", "reached", "n", "hits", "found", "low", "high", "base")
BIN_COLUMNS = ("bin", "n", "hits", "predicted", "observed", "low", "high", "is_small")
NOBODY = N_("no drawn object among these has a result yet")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the chances of one model promised beside what the drawn rows showed.

    Parameters
    ----------
    n, hits : reached rows and their findings.
    expected : weighted mean of the chances, 0..1.
    observed : estimated rate with its interval.
    brier : weighted mean squared difference, 0 best.
    base_brier : the same of one chance for everybody, the rate itself.
    line : calibration in the large and slope; None where the rows do not carry it.
    """

    n: int
    hits: int
    expected: float
    observed: Estimate
    brier: float
    base_brier: float
    line: CalibrationLine | None


def lift_by_budget(
    sample: DesignSample, values: pd.Series, *, population: str, level: float, limits: PrecisionLimits
) -> pd.DataFrame:
    """Return what visiting the highest values first would find per check, over a uniform draw, at each budget.

    Parameters
    ----------
    sample : drawn rows with ``entity_id``, ``population`` and ``outcome``.
    values : Series entity_id → value of everybody in the population, higher = visited earlier; no nulls.
    population : the domain. level : coverage of the intervals. limits : when a rate is imprecise.

    Returns
    -------
    DataFrame, one row per budget: ``budget`` (share asked for), ``reached`` (share of the objects it takes, ties at
    the cut counted in expectation where they are large), ``n``, ``hits`` (results among these), ``lift``, ``low``,
    ``high`` (null where nothing can be said, with ``note``, a catalogue key), ``is_small``.
    """
    everyone = values.to_numpy(dtype=np.float64)
    drawn = _drawn(sample, values, population=population)
    rows = []
    for budget in BUDGETS:
        cut = _cut(everyone, budget=budget)
        domain = _domain(drawn, cut)
        taken = domain.isin([TOP, TIED])
        n, hits = _counted(sample, taken)
        row: dict[str, object] = {"budget": budget, "reached": cut.reached, "n": n, "hits": hits, "note": ""}
        found = _lift(_rates(sample, domain, level=level), cut) if n else None
        if found is None:
            row |= {"lift": math.nan, "low": math.nan, "high": math.nan, "is_small": True, "note": NOBODY}
        else:
            is_small = bool(imprecisions(_rate(sample, taken, level=level), limits=limits))
            row |= {"lift": found.value, "low": found.low, "high": found.high, "is_small": is_small}
        rows.append(row)
    return pd.DataFrame(rows)[[*LIFT_COLUMNS]]


def gains_curve(sample: DesignSample, values: pd.Series, *, population: str, level: float) -> pd.DataFrame:
    """Return which share of all findings lies among the objects with the highest values, step by step.

    A rate of the frame like any other: findings among the highest, out of findings, both weighted by one over their
    probability of being drawn. It rises from step to step. A tie at the cut counts in expectation: the limits of the
    rates without and with it, in the same mixture.

    Parameters
    ----------
    sample, values, population, level : as in :func:`lift_by_budget`.

    Returns
    -------
    DataFrame, one row per ``step`` of a twentieth, ends included: ``reached`` (share of the objects visited), ``n``,
    ``hits`` (results among these), ``found``, ``low``, ``high`` (share of all findings, 0..1), ``base`` (rate of
    findings of the whole, the same in every row: no order finds more than ``reached / base``, but for the chance of the
    draw). Empty when nothing was found at all.
    """
    everyone = values.to_numpy(dtype=np.float64)
    drawn = _drawn(sample, values, population=population)
    inside = drawn.notna()
    n, hits = _counted(sample, inside)
    if hits == 0:
        return pd.DataFrame(columns=[*GAIN_COLUMNS])
    finding = inside & (sample.rows["outcome"] == Outcome.VIOLATION)

    def among(taken: "pd.Series[bool]") -> _Found:
        share = rate(sample, taken & finding, finding, measure="gains", confidence=level)
        return _Found(share.value, share.low, share.high)

    rows = [{"step": 0.0, "reached": 0.0, "n": 0, "hits": 0, "found": 0.0, "low": 0.0, "high": 0.0}]
    for step in STEPS:
        cut = _cut(everyone, budget=step)
        domain = _domain(drawn, cut)
        first, both = among(domain == TOP), among(domain.isin([TOP, TIED]))
        found = first.towards(both, part=cut.ratios.get(TIED, 0.0))
        counted = dict(zip(("n", "hits"), _counted(sample, domain.isin([TOP, TIED])), strict=True))
        row = {"step": step, "reached": cut.reached, **counted}
        rows.append({**row, "found": found.value, "low": found.low, "high": found.high})
    rows.append({"step": 1.0, "reached": 1.0, "n": n, "hits": hits, "found": 1.0, "low": 1.0, "high": 1.0})
    return pd.DataFrame(rows).assign(base=_rate(sample, inside, level=level).value)[[*GAIN_COLUMNS]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A share of all findings with its limits."""

    value: float
    low: float
    high: float

    def towards(self, other: "_Found", *, part: float) -> "_Found":
        """Return the mixture of both, ``part`` of the other."""
        pairs = ((self.value, other.value), (self.low, other.low), (self.high, other.high))
        return _Found(*(one + part * (two - one) for one, two in pairs))


@dataclass(frozen=True, slots=True)
class _Cut:
    """The value at a cut, the share taken of each group, and the share of everybody that is."""

    value: float
    ratios: dict[str, float]
    reached: float


def _drawn(sample: DesignSample, values: pd.Series, *, population: str) -> pd.Series:
    """Return the value of every drawn row of the population; null for the others."""
    return sample.rows["entity_id"].map(values).where(sample.rows["population"] == population)


def _domain(drawn: pd.Series, cut: _Cut) -> pd.Series:
    """Return on which side of a cut every drawn row lies; null where it has no value."""
    sides = np.select([drawn > cut.value, drawn == cut.value], [TOP, TIED], REST)
    domain = pd.Series(sides, index=drawn.index, dtype="object")
    return (domain if TIED in cut.ratios else domain.replace(TIED, TOP)).where(drawn.notna())


def _rates(sample: DesignSample, domain: pd.Series, *, level: float) -> pd.DataFrame:
    return rates_by(_by(sample, domain), by="domain", confidence=level).rename(columns={"domain": "grade"})


def _lift(rates: pd.DataFrame, cut: _Cut) -> Estimate | None:
    try:
        return lift_over_uniform(rates, ratios=cut.ratios)
    except UndefinedEstimateError:
        return None


def _cut(everyone: FloatArray, *, budget: float) -> _Cut:
    """Return the cut that takes a share of everybody, the highest values first."""
    k = visits_at(everyone.size, share=budget)
    cut = float(np.partition(everyone, everyone.size - k)[everyone.size - k])
    above, tied = int((everyone > cut).sum()), int((everyone == cut).sum())
    if above + tied - k <= MINOR_TIE * k:
        return _Cut(cut, {TOP: 1.0, REST: 0.0}, (above + tied) / everyone.size)
    part = (k - above) / tied
    shares = {TIED: part, REST: 0.0} if above == 0 else {TOP: 1.0, TIED: part, REST: 0.0}
    return _Cut(cut, shares, k / everyone.size)


def chances_by_bin(
    sample: DesignSample, chances: pd.Series, bins: pd.Series, *, population: str, level: float, limits: PrecisionLimits
) -> pd.DataFrame:
    """Return predicted beside observed rates per bin.

    Parameters
    ----------
    chances : Series entity_id → predicted chance, 0..1. bins : Series entity_id → bin (text; sorts in order).

    Returns
    -------
    DataFrame sorted by ``bin``: ``n``, ``hits`` (reached rows and findings), ``predicted`` (weighted mean chance of
    the reached rows), ``observed`` with ``low``, ``high`` (0..1; null without a result), ``is_small``.
    """
    own = (sample.rows["population"] == population) & sample.rows["entity_id"].isin(chances.index)
    domain = sample.rows["entity_id"].map(bins).astype("object").where(own)
    if domain.isna().all():
        return pd.DataFrame(columns=[*BIN_COLUMNS])
    rates = rates_by(_by(sample, domain), by="domain", confidence=level)
    chance, weight = _reached_chances(sample, chances)
    rows = []
    for row in rates.to_dict("records"):
        inside = (domain == row["domain"]) & weight.notna()
        predicted = float(np.average(chance[inside], weights=weight[inside])) if inside.any() else math.nan
        names = ("hit_rate", "low", "high", "effective_n")
        value, low, high, size = (float(row[name]) for name in names)
        found = Estimate("hit_rate", value, low, high, int(row["n"]), size, row["method"], row["basis"])
        rows.append(
            {
                "bin": row["domain"],
                "n": row["n"],
                "hits": row["hits"],
                "predicted": predicted,
                "observed": value,
                "low": low if row["n"] else math.nan,
                "high": high if row["n"] else math.nan,
                "is_small": bool(imprecisions(found, limits=limits)),
            }
        )
    return pd.DataFrame(rows)[[*BIN_COLUMNS]]


def calibration(sample: DesignSample, chances: pd.Series, *, population: str, level: float) -> Calibration | None:
    """Return how the chances of a model fared over the whole population; None when nobody of it was reached.

    Parameters
    ----------
    chances : Series entity_id → predicted chance, 0..1.
    """
    own = (sample.rows["population"] == population) & sample.rows["entity_id"].isin(chances.index)
    n, hits = _counted(sample, own)
    if n == 0:
        return None
    chance, weight = _reached_chances(sample, chances)
    inside = own & weight.notna()
    p, w = chance[inside].to_numpy(dtype=np.float64), weight[inside].to_numpy(dtype=np.float64)
    y = (sample.rows["outcome"] == Outcome.VIOLATION)[inside].to_numpy(dtype=np.float64)
    observed = _rate(sample, own, level=level)
    try:
        line = calibration_line(p, y, weights=w / w.mean(), confidence=level)
    except UndefinedEstimateError:
        line = None
    return Calibration(
        n=n,
        hits=hits,
        expected=float(np.average(p, weights=w)),
        observed=observed,
        brier=brier(p, y, weights=w),
        base_brier=observed.value * (1 - observed.value),
        line=line,
    )


def _reached_chances(sample: DesignSample, chances: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Chance of every drawn row, and its weight (one over its probability of being drawn) where it was reached."""
    chance = sample.rows["entity_id"].map(chances)
    weight = (1 / sample.rows["inclusion_probability"].astype(float)).where(sample.rows["outcome"].isin(REACHED))
    return chance, weight.where(chance.notna())


def _by(sample: DesignSample, domain: pd.Series) -> DesignSample:
    return replace(sample, rows=sample.rows.assign(domain=domain))


def _counted(sample: DesignSample, inside: "pd.Series[bool]") -> tuple[int, int]:
    reached = sample.rows["outcome"].isin(REACHED) & inside
    return int(reached.sum()), int((reached & (sample.rows["outcome"] == Outcome.VIOLATION)).sum())


def _rate(sample: DesignSample, inside: "pd.Series[bool]", *, level: float) -> Estimate:
    reached = sample.rows["outcome"].isin(REACHED) & inside
    found = reached & (sample.rows["outcome"] == Outcome.VIOLATION)
    return rate(sample, found, reached, measure="hit_rate", confidence=level)
