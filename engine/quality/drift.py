"""Whether the shares of a code differ between the newest load and the loads before, given how many rows there are.

Two conditions, both: Pearson's chi-square test of homogeneity of the two samples (Pearson, Phil. Mag. 1900; k - 1
degrees of freedom) refuses chance, and the total variation distance is large enough to matter. The first alone calls
everything drift once the rows are many, the second alone once they are few.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import chi2


@dataclass(frozen=True, slots=True)
class Drift:
    """One comparison.

    Parameters
    ----------
    column : of the table. n_new, n_old : rows compared. distance : total variation distance of the shares, 0..1.
    p_value : of the test of homogeneity. largest : code whose share moved most; its shares before and now.
    """

    column: str
    n_new: int
    n_old: int
    distance: float
    p_value: float
    largest: str
    share_old: float
    share_new: float


def drift_of(column: str, old: Mapping[str, int], new: Mapping[str, int]) -> Drift | None:
    """Return the comparison of code counts; None when one side is empty."""
    n_old, n_new = sum(old.values()), sum(new.values())
    if not n_old or not n_new:
        return None
    codes = sorted({*old, *new})
    shares = {code: (old.get(code, 0) / n_old, new.get(code, 0) / n_new) for code in codes}
    moved = max(codes, key=lambda code: (abs(shares[code][1] - shares[code][0]), code))
    statistic = 0.0
    for code in codes:
        pooled = (old.get(code, 0) + new.get(code, 0)) / (n_old + n_new)
        statistic += sum(
            (held.get(code, 0) - n * pooled) ** 2 / (n * pooled) for held, n in ((old, n_old), (new, n_new))
        )
    p_value = float(chi2.sf(statistic, len(codes) - 1)) if len(codes) > 1 else 1.0
    distance = sum(abs(now - was) for was, now in shares.values()) / 2
    return Drift(column, n_new, n_old, distance, p_value, moved, *shares[moved])
