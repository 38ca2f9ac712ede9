"""Predictions for the difference estimator that no drawn row has a part in: fitted on the other folds.

A fold is a number of the object's digest, so it is fixed for the whole frame before anything is drawn and all rows of
one object share it. The prediction is the share of findings in the row's cell, drawn in to the share of its item: the
estimate stays unbiased however crude it is, a good one only makes it narrower. Source: docs/spec/estimators.md §7.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.intervals import FloatArray
from engine.messages import N_, Message

FOLDS = 2
PRIOR_ROWS = 20.0
"""Rows at the share of the item by which each cell is drawn in."""


def folds_of(names: Sequence[str], *, folds: int = FOLDS) -> np.ndarray:
    """Return the fold 0..folds-1 of each object: SHA-256("fold|" + name) modulo ``folds``."""
    codes, unique = pd.factorize(np.asarray(names, dtype=object))
    known = [int.from_bytes(hashlib.sha256(f"fold|{name}".encode()).digest()[:8], "big") % folds for name in unique]
    return np.array(known, dtype=np.int64)[codes]


def cross_fitted(rows: pd.DataFrame, *, by: Sequence[str], folds: int = FOLDS) -> pd.DataFrame:
    """Return ``rows`` with ``fold`` and ``prediction``, fitted on the drawn rows of the other folds alone.

    Parameters
    ----------
    rows : every frame row: entity_id, item_code, ``is_drawn``, ``adverse`` (null when not drawn or without result) and
        the columns of ``by``.
    by : columns whose combinations are the cells, e.g. old and new grade; null is a value of its own.

    Raises
    ------
    UndefinedEstimateError
        The other folds of some fold hold no result at all.

    Notes
    -----
    (findings + k r) / (n + k) per cell and item, r the share of the item drawn in to that of all rows in the same way,
    k = ``PRIOR_ROWS``.
    """
    fold = folds_of(rows["entity_id"].tolist(), folds=folds)
    seen = (rows["is_drawn"] & rows["adverse"].notna()).to_numpy(dtype=bool)
    found = np.asarray(rows["adverse"].astype("Float64").to_numpy(dtype=float, na_value=0.0), dtype=np.float64)
    item = pd.factorize(rows["item_code"])[0]
    cell = rows.groupby(["item_code", *by], sort=False, dropna=False).ngroup().to_numpy()
    prediction = np.empty(len(rows))
    for at in range(folds):
        learned = seen & (fold != at)
        if not learned.any():
            raise UndefinedEstimateError(
                measure="prediction", reason=Message(N_("too few results to predict one half from the other"))
            )
        whole = np.full(len(rows), float(np.mean(found[learned])))
        by_item = _drawn_in(found, item, learned=learned, toward=whole)
        prediction[fold == at] = _drawn_in(found, cell, learned=learned, toward=by_item)[fold == at]
    return rows.assign(fold=fold, prediction=prediction)


def _drawn_in(found: FloatArray, codes: np.ndarray, *, learned: np.ndarray, toward: FloatArray) -> FloatArray:
    length = int(codes.max()) + 1
    n = np.bincount(codes[learned], minlength=length)[codes]
    hits = np.bincount(codes[learned], weights=found[learned], minlength=length)[codes]
    return np.asarray((hits + PRIOR_ROWS * toward) / (n + PRIOR_ROWS))
