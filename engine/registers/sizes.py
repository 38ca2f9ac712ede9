"""Sizes of the objects by registered capital; the register states neither staff nor turnover."""

import numpy as np
import pandas as pd

from engine.messages import N_

UNKNOWN = ""
SIZES = {
    "individual": N_("individual business"),
    "small": N_("registered capital under 1 million yuan"),
    "medium": N_("registered capital of 1 to 10 million yuan"),
    "large": N_("registered capital of 10 million yuan and more"),
    UNKNOWN: N_("not stated"),
}
"""Sizes and what people call them."""
_INDIVIDUAL = "individual_business"
_MILLION_YUAN_IN_FEN = 100_000_000


def size_of(kind: pd.Series, capital_fen: pd.Series) -> pd.Series:
    """Return the size of each object, a key of :data:`SIZES`.

    Parameters
    ----------
    kind : ``entity_type`` by object. capital_fen : registered capital in fen, null where none is on record.
    """
    capital = pd.to_numeric(capital_fen, errors="coerce").to_numpy(dtype=float)
    found = np.select(
        [
            (kind == _INDIVIDUAL).to_numpy(dtype=bool),
            capital < _MILLION_YUAN_IN_FEN,
            capital < 10 * _MILLION_YUAN_IN_FEN,
            capital >= 10 * _MILLION_YUAN_IN_FEN,
        ],
        ["individual", "small", "medium", "large"],
        default=UNKNOWN,
    )
    return pd.Series(found, index=kind.index, dtype=object)
