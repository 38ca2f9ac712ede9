"""Rates of findings per cell that borrow strength: beta-binomial empirical Bayes by grade, item and district.

A cell's rate has prior Beta(s_g mu, s_g (1 - mu)) with mu = base_g x item effect x district effect; effects are gamma
with mean 1 whose spread comes from the data. Base and effects are drawn, so that what is not known about them is in the
spread; the strength s_g and the effects' spread are held at their estimates. Only random rows may enter. Source:
docs/spec/laboratory.md §1.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here
from scipy.special import betaln

FloatArray: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]

_ROUNDS = 30
_LEAST, _MOST = 1e-6, 0.98
_STRENGTHS = np.geomspace(2.0, 5000.0, 40)
_SPREADS = (0.5, 1e4)
_ENOUGH_FINDINGS = 20
_JEFFREYS = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Multiplicative effects of one classification: ``shape`` and ``exposure`` of each gamma posterior."""

    codes: Codes
    shape: FloatArray
    exposure: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Posterior mean effect of each cell."""
        return np.asarray((self.shape / self.exposure)[self.codes])


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """The fitted hierarchy.

    Parameters
    ----------
    grade : grade code of each cell. findings, observed : counts per grade.
    base : rate per grade at effects of 1. items, districts : effects.
    strength : prior observations per grade.
    """

    grade: Codes
    findings: FloatArray
    observed: FloatArray
    base: FloatArray
    items: Effects
    districts: Effects
    strength: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Prior mean of each cell."""
        return np.clip(self.base[self.grade] * self.items.mean * self.districts.mean, _LEAST, _MOST)


def fit_prior(cells: pd.DataFrame) -> Prior:
    """Return the hierarchy fitted to the counts of ``cells`` (see ``CELLS``). Cost: O(cells)."""
    k, n = cells["n_findings"].to_numpy(dtype=float), cells["n_observed"].to_numpy(dtype=float)
    grade, item, district = (pd.factorize(cells[c], sort=True)[0] for c in ("grade", "item_code", "district_code"))
    findings, observed = (np.bincount(grade, weights=counts).astype(float) for counts in (k, n))
    pooled = (k.sum() + _JEFFREYS) / (n.sum() + 2 * _JEFFREYS)
    added = _half_in_all(findings, observed > 0)
    seen = np.where(observed > 0, added * (findings + _JEFFREYS) / (observed + 2 * _JEFFREYS), pooled)
    base = seen.copy()
    items = districts = Effects(np.zeros_like(grade), np.ones(1), np.ones(1))
    for _ in range(_ROUNDS):
        items = _effects(item, k, n * base[grade] * districts.mean)
        districts = _effects(district, k, n * base[grade] * items.mean)
        spread = np.bincount(grade, weights=n * items.mean * districts.mean)
        base = np.where(observed > 0, seen * observed / np.where(observed > 0, spread, 1.0), pooled)
    prior = Prior(grade, findings, observed, base, items, districts, np.ones(len(base)))
    return Prior(grade, findings, observed, base, items, districts, _strengths(prior.mean, k, n, grade))


def _half_in_all(findings: FloatArray, known: npt.NDArray[np.bool_]) -> float:
    """Return the factor that leaves half a finding of Jeffreys' priors in all grades together instead of in each.

    The shape of each grade's posterior stays Jeffreys'; but half a finding too many in each of four grades would
    promise several per cent too much where a draw finds some forty violations.
    """
    found = float(findings[known].sum())
    return (found + _JEFFREYS) / (found + _JEFFREYS * max(int(known.sum()), 1))


def _effects(codes: Codes, k: FloatArray, expected: FloatArray) -> Effects:
    """Gamma posteriors of effects with prior mean 1; the prior's spread by moments of (found - expected)."""
    found, exposure = np.bincount(codes, weights=k), np.bincount(codes, weights=expected)
    excess = float(np.sum((found - exposure) ** 2 - exposure))
    squares = float(np.sum(exposure**2))
    shape = np.clip(squares / excess if excess > 0 else _SPREADS[1], *_SPREADS)
    return Effects(codes, found + shape, exposure + shape)


def _strengths(mean: FloatArray, k: FloatArray, n: FloatArray, grade: Codes) -> FloatArray:
    """Prior observations per grade by marginal likelihood; grades with few findings take that of all cells."""
    fits = [betaln(s * mean + k, s * (1 - mean) + n - k) - betaln(s * mean, s * (1 - mean)) for s in _STRENGTHS]
    likelihood = np.vstack([np.bincount(grade, weights=fit) for fit in fits])
    shared = _STRENGTHS[likelihood.sum(axis=1).argmax()]
    found = np.bincount(grade, weights=k)
    return np.asarray(np.where(found >= _ENOUGH_FINDINGS, _STRENGTHS[likelihood.argmax(axis=0)], shared), dtype=float)


def posterior_mean(cells: pd.DataFrame, prior: Prior) -> FloatArray:
    """Return the shrunken rate of every cell."""
    k, n = cells["n_findings"].to_numpy(dtype=float), cells["n_observed"].to_numpy(dtype=float)
    strength = prior.strength[prior.grade]
    return np.asarray((strength * prior.mean + k) / (strength + n))


def posterior_rates(cells: pd.DataFrame, prior: Prior, *, draws: int, generator: Generator) -> FloatArray:
    """Return draws of every cell's rate from its posterior.

    Returns
    -------
    Array (draws, cells), 0..1. Cost: O(draws x cells) beta variates.
    """
    k, n = cells["n_findings"].to_numpy(dtype=float), cells["n_observed"].to_numpy(dtype=float)
    known = prior.observed > 0
    pooled = prior.findings.sum() / max(prior.observed.sum(), 1.0)
    a = np.where(known, prior.findings + _JEFFREYS, 2 * pooled + _LEAST)
    b = np.where(known, prior.observed - prior.findings + _JEFFREYS, 2 * (1 - pooled) + _LEAST)
    base = generator.beta(a, b, size=(draws, len(a)))
    base[:, known] *= _half_in_all(prior.findings, known)
    mean = np.ones((draws, len(k)))
    for effects in (prior.items, prior.districts):
        drawn = generator.gamma(effects.shape, size=(draws, len(effects.shape))) / effects.exposure
        mean *= drawn[:, effects.codes]
    # the drawn effects must leave each grade's observed rate at its drawn base: else their luck would count twice
    weight = np.zeros((len(k), len(a)))
    weight[np.arange(len(k)), prior.grade] = np.where(known[prior.grade], n, 1.0)
    level = (mean @ weight) / weight.sum(axis=0)
    mean *= (base / level)[:, prior.grade]
    np.clip(mean, _LEAST, _MOST, out=mean)
    strength = prior.strength[prior.grade]
    return np.asarray(generator.beta(mean * strength + k, (1 - mean) * strength + n - k))
