"""LightGBM with monotone constraints: more or fresher adverse conduct never lowers the risk.

The simplest configuration is an anchor alone (:mod:`models.learners.anchor`); trees stand where the rows prove them
better. Small trees keep the reasons cheap (a million explained in minutes) and lose no accuracy at this size of signal.
The fit is a function of rows, configuration and seed alone: one thread or many give the same trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import logit

from engine.features.declaration import Feature
from models.learners.admission import known_values, with_typical
from models.learners.anchor import Anchor
from models.learners.examples import Examples

FloatArray = npt.NDArray[np.float64]
_PARAMETERS_START = "\nparameters:\n"
_PARAMETERS_END = "end of parameters\n"


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a booster is grown.

    Parameters
    ----------
    name : str.
    trees, leaves, depth : size.
    learning_rate : float in (0, 1).
    feature_share, row_share : shares in (0, 1] drawn for each tree.
    l2 : penalty on leaf values, >= 0.
    min_leaf_share : least share of the rows in a leaf; bounded by ``MIN_LEAF_ROWS``.
    is_anchored : whether the trees start from the anchor. Being monotone they can add to its slope, not take from it.
    """

    name: str
    trees: int
    leaves: int
    depth: int
    learning_rate: float
    feature_share: float = 0.4
    row_share: float = 0.6
    l2: float = 30.0
    min_leaf_share: float = 0.005
    is_anchored: bool = False


MIN_LEAF_ROWS = (20, 500)
"""Bounds of the least number of rows in a leaf."""

CANDIDATES = (
    Configuration("anchor", trees=0, leaves=2, depth=1, learning_rate=0.03, is_anchored=True),
    Configuration("pairs", trees=200, leaves=4, depth=2, learning_rate=0.05),
    Configuration("triples", trees=200, leaves=8, depth=3, learning_rate=0.05),
    Configuration("long", trees=400, leaves=8, depth=4, learning_rate=0.04),
)
"""Configurations to choose from, simplest first: the anchor alone, then trees on more features together."""


def fit_booster(
    examples: Examples,
    *,
    features: Sequence[Feature],
    typical: Sequence[float],
    configuration: Configuration,
    anchor: Anchor | None,
    seed: int,
    held: FloatArray | None = None,
    threads: int = 1,
) -> str:
    """Return a booster as LightGBM text, without the block that repeats its settings.

    Parameters
    ----------
    examples : training rows, both outcomes present.
    features : what the booster reads, in this order; directions +1 and -1 become monotone constraints.
    typical : value of each feature where it is not known.
    configuration : size and regularisation.
    anchor : where the trees start; None = the base rate.
    held : log-odds per row that are held fixed and are no part of the result; None = none.
    seed : int, decides the rows and features drawn for each tree.
    threads : int >= 1; does not change the result.

    Notes
    -----
    Objective: weighted log loss. Source: Ke et al., LightGBM, NIPS 2017. Cost: rows x features x trees.
    """
    names = [feature.name for feature in features]
    rows = len(examples.rows)
    low, high = MIN_LEAF_ROWS
    settings = {
        "objective": "binary",
        "num_leaves": configuration.leaves,
        "max_depth": configuration.depth,
        "learning_rate": configuration.learning_rate,
        "feature_fraction": configuration.feature_share,
        "bagging_fraction": configuration.row_share,
        "bagging_freq": 1,
        "lambda_l2": configuration.l2,
        "min_data_in_leaf": int(np.clip(rows * configuration.min_leaf_share, low, high)),
        "monotone_constraints": [feature.direction for feature in features],
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbose": -1,
    }
    matrix = with_typical(known_values(examples.rows, names=names), typical=typical)
    table = lightgbm.Dataset(
        matrix,
        init_score=_start(examples, matrix, names=names, anchor=anchor, held=held),
        label=examples.adverse,
        weight=examples.weights,
        feature_name=names,
        params={"verbose": -1},
    )
    booster = lightgbm.Booster(settings, table)
    for _ in range(configuration.trees):
        booster.update()
    return without_settings(booster.model_to_string(num_iteration=-1))


def _start(
    examples: Examples, matrix: FloatArray, *, names: Sequence[str], anchor: Anchor | None, held: FloatArray | None
) -> FloatArray | None:
    """Where the trees start; with something held but no anchor, at the base rate, as they would by themselves."""
    if held is None:
        return None if anchor is None else anchor.log_odds(matrix, names=names)
    base = float(logit(np.average(examples.adverse, weights=examples.weights)))
    return held + (base if anchor is None else anchor.log_odds(matrix, names=names))


def without_settings(text: str) -> str:
    """Return LightGBM text without its ``parameters`` block, which names threads and would make the digest unstable."""
    head, found, tail = text.partition(_PARAMETERS_START)
    return head + "\n" + tail.partition(_PARAMETERS_END)[2].lstrip("\n") if found else text
