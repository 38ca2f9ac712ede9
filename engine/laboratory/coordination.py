"""Visits beyond the least possible: what one ticket for all items of an object cannot save.

An object is drawn for an item when its ticket lies below the threshold of its stratum, the largest ticket drawn there.
Were every threshold the stratum's ratio, an object would be visited with its greatest ratio. Thresholds are order
statistics: of n of N tickets, mean n/N and variance n/N (1 - n/N)/N, and the whole n itself is rounded. Thresholds of
two strata move together as far as the strata hold the same objects: covariance N12/(N1 N2) p1 (1 - p2), p1 <= p2. The
expectation of the greatest is taken pair by pair (Clark, Operations Research 9 (1961)).
Source: docs/spec/laboratory.md §3.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
MOST_KINDS = 20_000
"""Kinds of objects for which the excess is worked out; with more, every so manieth stands for the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Kinds of objects with several items and what their strata have in common.

    Parameters
    ----------
    kinds : positions of the tickets. held : (kinds, items) position of each cell's stratum, -1 where there is none.
    common : (kinds, items, items) objects that two strata share. sizes : units of each stratum.
    """

    kinds: Codes
    held: Codes
    common: FloatArray
    sizes: FloatArray


def shared_strata(n_objects: FloatArray, starts: Codes, strata: Codes, *, sizes: FloatArray) -> Shared:
    """Return the kinds with several strata and the objects that these share.

    Parameters
    ----------
    n_objects, starts : objects per kind of ticket, and where its strata begin in ``strata``. sizes : units per stratum.
    """
    lengths = np.diff(np.r_[starts, len(strata)])
    several = np.flatnonzero(lengths > 1)
    kinds = several[:: max(1, -(-len(several) // MOST_KINDS))]
    width = int(lengths[kinds].max(initial=1))
    held = _padded(kinds, starts, lengths, strata, width=width)
    keys = np.sort(np.unique(np.concatenate([_key(held, a, b, len(sizes)) for a, b in _pairs(width)] or [kinds[:0]])))
    counts = np.zeros(len(keys))
    for length in np.unique(lengths[several]):
        same = several[lengths[several] == length]
        own = _padded(same, starts, lengths, strata, width=int(length))
        for a, b in _pairs(int(length)):
            wanted = _key(own, a, b, len(sizes))
            at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            hit = keys[at] == wanted
            counts += np.bincount(at[hit], weights=n_objects[same][hit], minlength=len(keys))
    common = np.zeros((len(kinds), width, width))
    for a, b in _pairs(width):
        both = (held[:, a] >= 0) & (held[:, b] >= 0)
        found = np.where(both, counts[np.searchsorted(keys, _key(held, a, b, len(sizes)))], 0.0)
        common[:, a, b] = common[:, b, a] = found
    return Shared(kinds, held, common, sizes)


def expected_greatest(shared: Shared, ratio: FloatArray) -> FloatArray:
    """Return the chance of a visit of every kind: the expected greatest threshold of its strata.

    Parameters
    ----------
    ratio : of each stratum, expected units over units.
    """
    inside = shared.held >= 0
    at = np.maximum(shared.held, 0)
    size = shared.sizes[at]
    mean = np.where(inside, ratio[at], 0.0)
    rounded = mean * size - np.floor(mean * size + 1e-9)
    step = np.where(inside, np.clip(rounded * (1 - rounded), 0, None) / size**2, 0.0)
    spread = np.where(inside, mean * (1 - mean) / size, 0.0) + step
    top, variance = mean[:, 0], spread[:, 0]
    with_top = _covariance(shared, mean, size, 0)
    for place in range(1, mean.shape[1]):
        cov = with_top[:, place]
        theta = np.sqrt(np.maximum(variance + spread[:, place] - 2 * cov, 0.0))
        gap = top - mean[:, place]
        sure = theta <= 1e-12
        d = np.where(sure, np.where(gap >= 0, 40.0, -40.0), gap / np.where(sure, 1.0, theta))
        stays, moves, density = ndtr(d), ndtr(-d), np.exp(-0.5 * d * d) / np.sqrt(2 * np.pi)
        greatest = top * stays + mean[:, place] * moves + theta * density
        square = (top**2 + variance) * stays + (mean[:, place] ** 2 + spread[:, place]) * moves
        square += (top + mean[:, place]) * theta * density
        own = _covariance(shared, mean, size, place)
        used = inside[:, place]
        with_top = np.where(used[:, None], with_top * stays[:, None] + own * moves[:, None], with_top)
        variance = np.where(used, np.maximum(square - greatest**2, 0.0), variance)
        top = np.where(used, greatest, top)
    apart = 1 - np.prod(1 - mean, axis=1)
    return np.asarray(np.clip(top, mean.max(axis=1), apart))


def _covariance(shared: Shared, mean: FloatArray, size: FloatArray, place: int) -> FloatArray:
    """Covariance of one threshold with each of the others."""
    low = np.minimum(mean, mean[:, [place]])
    high = np.maximum(mean, mean[:, [place]])
    return np.asarray(shared.common[:, place, :] / (size * size[:, [place]]) * low * (1 - high))


def _pairs(width: int) -> list[tuple[int, int]]:
    return list(combinations(range(width), 2))


def _padded(kinds: Codes, starts: Codes, lengths: Codes, strata: Codes, *, width: int) -> Codes:
    place = np.arange(width)
    at = starts[kinds][:, None] + place
    inside = place < lengths[kinds][:, None]
    return np.where(inside, strata[np.minimum(at, len(strata) - 1)], -1)


def _key(held: Codes, a: int, b: int, n_strata: int) -> Codes:
    low, high = np.minimum(held[:, a], held[:, b]), np.maximum(held[:, a], held[:, b])
    return np.asarray((low + 1) * (n_strata + 1) + high + 1, dtype=np.int64)
