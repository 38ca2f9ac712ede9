"""Do recent events crowd in one place, industry or address more than chance lets them?

Space-time permutation scan (Kulldorff et al., PLoS Med. 2 (2005) e59): given how many events each group had over the
whole time and how many fell into the recent window, chance deals the recent ones out like cards, so a group's recent
count is hypergeometric. The statistic is the largest Poisson log-likelihood ratio over all groups; its rank among
permutations is the p-value, valid for the whole scan at once.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

FloatArray = npt.NDArray[np.float64]


def scan_groups(events: pd.DataFrame, *, least: int, n_permutations: int, rng: Generator) -> pd.DataFrame:
    """Return each group with its recent count, what chance expects, and its p-value over the whole scan.

    Parameters
    ----------
    events : one row per event; ``group`` (nulls take no part), ``is_recent`` (bool).
    least : groups with fewer events over the whole time are not scanned, but dealt to; which these are is the same
        in every permutation, so the p-value stays valid.
    n_permutations : int >= 1; the smallest p-value is 1 / (n_permutations + 1).
    rng : seeded generator.

    Returns
    -------
    DataFrame sorted by p-value and group: group, n, n_recent, expected, llr, p_value. No rows without events.

    Notes
    -----
    Cost: groups x n_permutations.
    """
    counts = (
        events.dropna(subset=["group"])
        .groupby("group", sort=True)["is_recent"]
        .agg(n="size", n_recent="sum")
        .reset_index()
    )
    total, recent = int(counts["n"].sum()), int(counts["n_recent"].sum())
    if total == 0 or recent == 0:
        return counts.assign(expected=0.0, llr=0.0, p_value=1.0).iloc[:0]
    counts = counts[counts["n"] >= least].reset_index(drop=True)
    if counts.empty:
        return counts.assign(expected=0.0, llr=0.0, p_value=1.0)
    sizes = counts["n"].to_numpy(dtype=np.int64)
    expected = sizes * (recent / total)
    found = _llr(counts["n_recent"].to_numpy(dtype=np.float64), expected, recent)
    everybody = np.append(sizes, total - sizes.sum())
    dealt = rng.multivariate_hypergeometric(everybody, recent, size=n_permutations, method="marginals")[:, :-1]
    highest = np.sort(_llr(dealt.astype(np.float64), expected, recent).max(axis=1))
    beaten_by = n_permutations - np.searchsorted(highest, found - 1e-9, side="left")
    result = counts.assign(expected=expected, llr=found, p_value=(1 + beaten_by) / (n_permutations + 1))
    return result.sort_values(["p_value", "group"], ignore_index=True)


def _llr(n: FloatArray, expected: FloatArray, total: int) -> FloatArray:
    """Poisson log-likelihood ratio of an excess; 0 where there is none."""
    rest, rest_expected = total - n, total - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(n > 0, n * np.log(n / expected), 0.0)
        outside = np.where(rest > 0, rest * np.log(rest / np.where(rest_expected > 0, rest_expected, 1.0)), 0.0)
    return np.asarray(np.where(n > expected, inside + outside, 0.0))
