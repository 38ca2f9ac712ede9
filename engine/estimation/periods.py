"""Several draws of one period as one frame: each draw estimates the whole period, with what was known before it.

A later draw leaves out whom an earlier one visited, so its own frame is what is left over: where grades react to
findings, a product of chances over the draws is biased. Instead each draw estimates the sum over its frame and adds the
objects left out with their known outcomes; the draws are then averaged with weights fixed beforehand. Given the draws
before, each of these estimates is unbiased for the same sum, so they are uncorrelated and their variances add.
Source: docs/spec/estimators.md §7.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message

KNOWN = "known"
"""Stratum of the objects an earlier draw of the period visited: every one is drawn, its outcome is known."""

KEY = ["entity_id", "item_code"]


def with_known(draws: Sequence[pd.DataFrame], *, spared: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Return the frame rows of all draws, each draw completed by the objects that earlier ones of the period visited.

    Parameters
    ----------
    draws : frame rows of one draw each (``draw_id``, entity_id, item_code, stratum, is_drawn, both probabilities,
        adverse, …), in the order they took place.
    spared : by draw_id the (entity_id, item_code) that were left out because they had been visited; None takes every
        drawn row of an earlier draw that is missing in the later frame. Rows left out for other reasons (closed,
        exempt) belong to no draw's target.

    Returns
    -------
    Rows of all draws with ``is_known``; known rows stand in the stratum ``KNOWN`` of their draw and item with
    probability 1 and the outcome of the draw that visited them last.
    """
    parts: list[pd.DataFrame] = []
    for position, rows in enumerate(draws):
        parts.append(rows.assign(is_known=False))
        earlier = [draw[draw["is_drawn"]] for draw in draws[:position]]
        if not earlier:
            continue
        visited = pd.concat(earlier).drop_duplicates(KEY, keep="last")
        draw_id = str(rows["draw_id"].iloc[0])
        outside = ~_is_in(visited, rows) & visited["item_code"].isin(rows["item_code"].unique()).to_numpy()
        if spared is not None and draw_id in spared:
            outside &= _is_in(visited, spared[draw_id])
        parts.append(
            visited[outside].assign(
                draw_id=draw_id,
                stratum=KNOWN,
                design_probability=1.0,
                inclusion_probability=1.0,
                is_known=True,
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    if "merge_into" in whole:
        whole["merge_into"] = whole["merge_into"].mask(whole["is_known"])
    return whole


def weighted_period(rows: pd.DataFrame, *, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return ``rows`` with the alternative probability of each draw times its weight, so that sums are the average.

    Items that only some of the draws hold are averaged over those.

    Parameters
    ----------
    rows : as :func:`with_known` gave them, with ``alternative_probability``.
    weights : by draw_id, fixed before the results, >= 0, summing to 1.

    Raises
    ------
    UsageError
        The weights do not fit the draws.
    """
    draws = sorted(rows["draw_id"].astype(str).unique())
    fits = set(draws) == set(weights) and min(weights.values()) >= 0 and np.isclose(sum(weights.values()), 1.0)
    if not fits:
        raise UsageError(
            what="weights",
            value=dict(weights),
            remedy=Message(N_("give every draw a weight of 0 or more, 1 together: {draws}"), {"draws": draws}),
        )
    share = rows["draw_id"].astype(str).map(dict(weights)).astype(float)
    held = share.groupby([rows["item_code"], rows["draw_id"]]).first().groupby(level=0).sum()
    share = share / rows["item_code"].map(held).astype(float)
    return rows.assign(alternative_probability=rows["alternative_probability"] * share)


def _is_in(rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    return np.asarray(pd.MultiIndex.from_frame(rows[KEY]).isin(pd.MultiIndex.from_frame(others[KEY])))
