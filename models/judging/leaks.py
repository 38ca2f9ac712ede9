"""Does a feature table hold anything that was not known? The evaluator's own check before it believes a score.

A value may only come from records known by its ``as_of``. So a sample of the rows is built again from records cut off
at that day. A column whose value changes reads the future; a column that the rebuilt table lacks was joined on from
elsewhere (who inspected, what was found, a count to come) and cannot be vouched for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import FeatureLeakError

KEY = ("entity_id", "as_of")
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """What the check saw.

    Parameters
    ----------
    n_dates, n_rows : as-of dates and rows built again.
    unvouched : columns that records known by then do not give.
    changed : columns whose values differ, with the number of rows in which they do.
    """

    n_dates: int
    n_rows: int
    unvouched: tuple[str, ...]
    changed: Mapping[str, int]

    @property
    def leaks(self) -> tuple[str, ...]:
        """Every column that failed, by name."""
        return tuple(sorted({*self.unvouched, *self.changed}))


def compare_rebuilt(features: pd.DataFrame, rebuilt: pd.DataFrame) -> LeakCheck:
    """Compare a feature table with the same rows built from what was known.

    Parameters
    ----------
    features : key (entity_id, as_of).
    rebuilt : same key; every row must be in ``features``.
    """
    both = rebuilt[list(KEY)].merge(features, on=list(KEY), how="left", validate="one_to_one")
    columns = [name for name in features.columns if name not in KEY]
    changed = {
        name: count
        for name in columns
        if name in rebuilt and (count := int((~_alike(both[name], rebuilt[name])).sum()))
    }
    return LeakCheck(
        n_dates=int(rebuilt["as_of"].nunique()),
        n_rows=len(rebuilt),
        unvouched=tuple(sorted(name for name in columns if name not in rebuilt)),
        changed=changed,
    )


def _alike(ours: pd.Series, known: pd.Series) -> np.ndarray:
    left = ours.to_numpy(dtype=np.float64, na_value=np.nan)
    right = known.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.isclose(left, right, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


def require_no_leak(found: LeakCheck, *, columns: Sequence[str]) -> None:
    """Refuse to judge a score that reads a leaking column.

    Parameters
    ----------
    found : result of the check.
    columns : what the scores read.

    Raises
    ------
    FeatureLeakError
        One of them leaks.
    """
    read = [name for name in found.leaks if name in set(columns)]
    if read:
        raise FeatureLeakError(columns=", ".join(read))
