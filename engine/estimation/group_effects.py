"""How groups differ beyond chance, given what is known of their rows: shrunken rates and what ranks are possible.

Every group has a step of its own on the log-odds beside the chance its rows would have anywhere,

    logit P(finding) = logit p + d_j,   d_j ~ N(m, s^2),

p one rate for everybody or one per class. Mean and spread are not guessed from the groups and then taken as known: they
are averaged over a grid with the weight the counts give them (prior flat in m, in proportion to s, which keeps it off 0
where little is known). The step of each group is followed on a grid too, so that nothing is random and the same counts
give the same figures. A rank is an interval: how many others lie higher is spread by what is unsure about all of them.
Source: docs/spec/estimators.md §8; Carlin & Louis, Bayesian Methods for Data Analysis, 3rd ed. (2009), ch. 5;
Goldstein & Spiegelhalter, JRSS A 159 (1996) 385-443 (ranks); Chung et al., Psychometrika 78 (2013) (prior).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, xlog1py, xlogy

from engine.estimation.intervals import CONFIDENCE, FloatArray

STEPS = np.linspace(-8.0, 8.0, 1601)
"""Grid of the steps of a group, log-odds."""
SPREADS = np.geomspace(0.02, 2.5, 22)
"""Grid of standard deviations between groups, log-odds."""
MEANS = np.linspace(-3.0, 3.0, 9)
"""Grid of the mean step, in standard errors of what the groups say of it."""
QUANTILES = 64
"""Points by which the place of one group is followed when its rank is counted."""


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """What is known of every group, in the order given.

    Parameters
    ----------
    rate, low, high : expected share of findings were the group's rows many and of everybody's mix, and its limits;
        NaN for groups without a row.
    rank_low, rank_high : limits of the rank, 1 = the highest share; NaN for groups without a row.
    spread : expected standard deviation between groups, log-odds.
    """

    rate: FloatArray
    low: FloatArray
    high: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray
    spread: float


def group_effects(
    found: NDArray[np.int64], rows: NDArray[np.int64], chance: FloatArray, *, confidence: float = CONFIDENCE
) -> GroupEffects:
    """Return shrunken rates and rank intervals.

    Parameters
    ----------
    found, rows : (groups, classes), findings and rows, 0 <= found <= rows.
    chance : (classes,), rate of everybody in the class, in [0, 1].
    confidence : of every interval, one at a time.

    Notes
    -----
    A class where everybody's rate is 0 or 1 is given half a finding, or half a clean row, of all its rows, so that a
    group of few rows is not said to be certain. Cost: groups x steps x (spreads x means).
    """
    total = rows.sum(axis=1)
    seen = total > 0
    mix = rows.sum(axis=0) / max(float(total.sum()), 1.0)
    blank = np.full(total.size, np.nan)
    if not seen.any():
        return GroupEffects(blank, blank, blank, blank, blank, 0.0)
    rough = (found.sum(axis=0) + 0.5) / (rows.sum(axis=0) + 1.0)
    place = logit(np.where((chance > 0) & (chance < 1), chance, rough))
    posterior, spread = _posterior(_likelihood(found[seen], rows[seen], place))
    standard = mix @ expit(place[:, None] + STEPS[None, :])
    tail = (1 - confidence) / 2
    cumulated = posterior.cumsum(axis=1)
    low, high = (standard[_at(cumulated, level)] for level in (tail, 1 - tail))
    first, last = _ranks(posterior, cumulated, confidence=confidence)

    def of_all(values: FloatArray) -> FloatArray:
        told = blank.copy()
        told[seen] = values
        return told

    return GroupEffects(of_all(posterior @ standard), of_all(low), of_all(high), of_all(first), of_all(last), spread)


def _likelihood(found: NDArray[np.int64], rows: NDArray[np.int64], place: FloatArray) -> FloatArray:
    """Likelihood of every group (rows) at every step (columns), its greatest value 1."""
    logs = np.zeros((found.shape[0], STEPS.size))
    for own, base in enumerate(place):
        chance = expit(base + STEPS)
        x, n = found[:, own, None].astype(float), rows[:, own, None].astype(float)
        logs += xlogy(x, chance) + xlog1py(n - x, -chance)
    likelihood: FloatArray = np.exp(logs - logs.max(axis=1, keepdims=True))
    return likelihood


def _posterior(likelihood: FloatArray) -> tuple[FloatArray, float]:
    """Chances of the steps of every group, averaged over mean and spread, and the expected spread."""
    alone = likelihood / likelihood.sum(axis=1, keepdims=True)
    centre = alone @ STEPS
    variance = np.maximum(alone @ STEPS**2 - centre**2, 1e-9)
    priors, logs = [], []
    for spread, width in zip(SPREADS, np.gradient(SPREADS), strict=True):
        weight = 1 / (variance + spread**2)
        middle, error = float(weight @ centre / weight.sum()), float(weight.sum() ** -0.5)
        means = np.clip(middle + MEANS * error, STEPS[0], STEPS[-1])
        density = np.exp(-((STEPS - means[:, None]) ** 2) / (2 * spread**2))
        priors.append(density / density.sum(axis=1, keepdims=True))
        logs.append(np.full(MEANS.size, np.log(spread) + np.log(error) + np.log(width)))
    prior = np.concatenate(priors)
    marginal = likelihood @ prior.T
    weights = np.concatenate(logs) + np.log(np.maximum(marginal, 1e-300)).sum(axis=0)
    weights = np.exp(weights - weights.max())
    weights /= weights.sum()
    posterior = ((weights / np.maximum(marginal, 1e-300)) @ prior) * likelihood
    spread = float(weights @ np.repeat(SPREADS, MEANS.size))
    return posterior / posterior.sum(axis=1, keepdims=True), spread


def _at(cumulated: FloatArray, level: float) -> NDArray[np.int64]:
    at: NDArray[np.int64] = np.minimum((cumulated < level).sum(axis=1), STEPS.size - 1)
    return at


def _ranks(posterior: FloatArray, cumulated: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Limits of 1 + the number of groups that lie higher, the groups taken as independent given the counts."""
    groups = posterior.shape[0]
    above = 1 - cumulated + posterior / 2
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    first, last = np.empty(groups), np.empty(groups)
    tail = (1 - confidence) / 2
    for own in range(groups):
        at = np.minimum(np.searchsorted(cumulated[own], levels), STEPS.size - 1)
        chance = np.zeros((QUANTILES, groups))
        chance[:, 0] = 1.0
        for other in range(groups):
            if other != own:
                higher = above[other, at][:, None]
                moved = np.zeros_like(chance)
                moved[:, 1:] = chance[:, :-1] * higher
                chance = chance * (1 - higher) + moved
        whole = chance.mean(axis=0).cumsum()
        first[own] = 1 + int((whole < tail).sum())
        last[own] = 1 + min(int((whole < 1 - tail).sum()), groups - 1)
    return first, last
