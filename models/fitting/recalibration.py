"""A model ranked on whatever was inspected, its chances taken from random rows alone.

Where officers choose whom to visit by what no record shows, rows of their choosing give an order but no level: they
say how often the chosen fail. A random draw too small to learn an order from still says how often firms of a score
fail. So the order comes from the many rows and the line from score to chance from the few random ones.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from engine.errors import NothingToLearnError, UndefinedEstimateError
from engine.estimation.reliability import calibration_line
from engine.features.registry import FEATURES
from models.chances.calibration import fit_platt
from models.chances.level import NO_LEVEL
from models.learners.admission import has_record
from models.learners.examples import Basis, Examples, assemble_examples
from models.stored.artifact import FittedModel

FloatArray = npt.NDArray[np.float64]

MIN_ADVERSE = 20
"""Adverse random rows, and clean ones, below which a line of two numbers says nothing."""


def calibrated_on_random(
    model: FittedModel, features: pd.DataFrame, labels: pd.DataFrame, *, known_by: date
) -> FittedModel:
    """Return the model with the order it has and the probabilities of random rows.

    Parameters
    ----------
    model : fitted on rows that are not among ``labels``: in its own rows a model sees less risk spread than it says.
    features, labels : random rows, as for :func:`models.learners.examples.assemble_examples`.
    known_by : last day on which a result may have become known.

    Returns
    -------
    FittedModel; ``inputs`` of its card say how many random rows gave the line (``calibrated_on``) and within which
    multiples of its slope the true one lies (``calibration_slope_low``, ``calibration_slope_high``, 95 %; 1 = the line
    itself). Scores and reasons are unchanged.

    Raises
    ------
    NothingToLearnError
        Fewer than ``MIN_ADVERSE`` random rows are adverse, or clean.
    MissingInclusionProbabilityError
        A row carries no probability.

    Notes
    -----
    One line, log loss weighted by 1 / probability (Platt): isotonic steps and a walking level ask for more rows. Source
    of the split of order and level: Cox, Biometrika 45 (1958).
    """
    card = model.card
    rows = assemble_examples(features, labels, population=card.population, known_by=known_by, basis=Basis.RANDOM)
    # as in training: a firm without a record is not graded, and where it stands says nothing of the others
    read = [feature for feature in FEATURES if feature.name in card.feature_names]
    rows = rows.part(has_record(rows.rows, features=read))
    n_adverse = int(rows.adverse.sum())
    if min(n_adverse, len(rows.rows) - n_adverse) < MIN_ADVERSE:
        raise NothingToLearnError(
            population=card.population, n_rows=len(rows.rows), n_positive=n_adverse, need=MIN_ADVERSE
        )
    raw = np.asarray(model.ranker.log_odds(rows.rows), dtype=np.float64)
    calibration = fit_platt(raw, rows.adverse, rows.weights)
    inputs = dict(card.inputs) | {"calibrated_on": f"{len(rows.rows)} random rows, {n_adverse} adverse"}
    inputs |= _slope_limits(calibration.log_odds(raw), rows)
    return FittedModel(replace(card, calibration=calibration, level=NO_LEVEL, inputs=inputs), model.ranker)


def _slope_limits(said: FloatArray, rows: Examples) -> dict[str, str]:
    """What the random rows leave open about the slope; nothing where every row has the same score."""
    try:
        line = calibration_line(expit(said), rows.adverse, weights=rows.weights)
    except UndefinedEstimateError:
        return {}
    return {"calibration_slope_low": f"{line.slope_low:.3f}", "calibration_slope_high": f"{line.slope_high:.3f}"}
