"""Weights that let the inspected stand for everybody of their band, where who was inspected was not drawn at random.

An archive may hold an outcome for three quarters of one band of firms and a third of another. Within a band each
outcome then stands for 1 / (share seen) firms. That removes what the band explains of who was seen and nothing else:
rows so weighted stay "not design-based". Source: Rosenbaum & Rubin, Journal of the American Statistical Association 79
(1984), subclassification; docs/spec/estimators.md §2.
"""

import numpy as np
import pandas as pd

from engine.vocabulary import TableShape

BANDED = TableShape("banded outcomes", (), {"entity_id": "text", "adverse": "true, false, or null when not inspected"})

BANDS = 5
"""Bands of a column: fifths of the known values, and one for the unknown."""

UNKNOWN_BAND = -1


def value_bands(values: pd.Series, *, bands: int = BANDS) -> pd.Series:
    """Return the band of each value: equal shares of the known, ties together, ``UNKNOWN_BAND`` where null.

    Parameters
    ----------
    values : numbers, null = not known.
    bands : at most so many, >= 1; fewer where values repeat.
    """
    known = values.dropna().astype(np.float64)
    if known.empty:
        return pd.Series(UNKNOWN_BAND, index=values.index)
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, bands + 1)[1:-1]))
    place = np.searchsorted(cuts, values.to_numpy(dtype=np.float64, na_value=np.nan), side="left")
    return pd.Series(np.where(values.isna(), UNKNOWN_BAND, place), index=values.index)


def seen_weights(rows: pd.DataFrame, *, band: str) -> pd.Series:
    """Return 1 / (share of the band's entities with an outcome) for every row; 0 where nobody of the band was seen.

    Parameters
    ----------
    rows : one row per entity (per entity and item where several are checked): entity_id, ``adverse``, and ``band``.
    band : column known before anybody was inspected; null is a band of its own.

    Returns
    -------
    Series named ``weight`` with the index of ``rows``.

    Notes
    -----
    The weights of the seen entities of a band add up to the entities of the band. Cost: one pass over the rows.
    """
    BANDED.check(rows)
    entities = rows.assign(seen=rows["adverse"].notna()).groupby("entity_id", sort=False)
    each = entities.agg(band=(band, "first"), seen=("seen", "any"))
    share = each.groupby("band", dropna=False)["seen"].transform("mean")
    weight = (1 / share.where(share > 0)).fillna(0.0)
    return rows["entity_id"].map(weight).rename("weight")
