"""Which part of a gain comes from who inspects: a report beside every backtest whose records name inspectors.

A list is made before anyone knows who will inspect, so the inspector is no feature. But rates of peers and places carry
him in, and a ranking may gain by foretelling who inspects rather than what the firm does. Three diagnostic scores say
how much: the inspectors' effects alone, the model with them, and a model fitted with them held fixed, whose firm part
owes nothing to who came. None of the three may be used to choose whom to visit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.inspector_effects import InspectorEffects, estimate_inspector_effects
from engine.estimation.rounds import Measure, Rounds
from engine.features.registry import FEATURES
from models.learners.admission import admitted_features
from models.learners.examples import Examples
from models.learners.learned import LEARNED
from models.learners.ranker import Ranker, fit_ranker
from models.stored.artifact import FittedModel

FloatArray = npt.NDArray[np.float64]

INSPECTOR, WITH_INSPECTOR, ADJUSTED = "inspector_only", "model_with_inspector", "model_inspector_adjusted"
DIAGNOSTICS = (INSPECTOR, WITH_INSPECTOR, ADJUSTED)
"""Scores that only explain."""

NAMED_SHARE = 0.5
"""Share of the training rows that must name an inspector."""


@dataclass(frozen=True, slots=True)
class InspectorView:
    """What a training past says of its inspectors.

    Parameters
    ----------
    effects : beside the model's own log-odds.
    adjusted : ranker fitted with the effects held fixed.
    """

    effects: InspectorEffects
    adjusted: Ranker

    def scores(self, model: FittedModel, rows: pd.DataFrame) -> Mapping[str, FloatArray]:
        """Return the diagnostic scores of feature rows with ``inspector_code``."""
        effect = self.effects.of(rows["inspector_code"])
        return {
            INSPECTOR: effect,
            WITH_INSPECTOR: model.ranker.log_odds(rows) + effect,
            ADJUSTED: self.adjusted.log_odds(rows),
        }


def inspector_view(model: FittedModel, examples: Examples, *, seed: int, threads: int = 1) -> InspectorView | None:
    """Estimate the effects on a training past; None where too few rows name an inspector.

    Parameters
    ----------
    model : fitted on ``examples``.
    examples : with ``inspector_code``.
    """
    rows = examples.rows
    if rows["inspector_code"].notna().mean() < NAMED_SHARE:
        return None
    offset = model.ranker.log_odds(rows, threads=threads)
    try:
        effects = estimate_inspector_effects(offset, examples.adverse, rows["inspector_code"], weights=examples.weights)
    except UndefinedEstimateError:
        return None
    configuration = next(c for c in LEARNED[model.card.name] if c.name == model.card.configuration["name"])
    adjusted = fit_ranker(
        examples,
        features=admitted_features(rows, declared=FEATURES),
        configuration=configuration,
        held=effects.of(rows["inspector_code"]),
        seed=seed,
        threads=threads,
    )
    return InspectorView(effects, adjusted)


def gain_shares(rounds: Rounds, *, model: str) -> dict[str, dict[str, float]]:
    """Return by measure what inspectors alone and firms alone gain over a random order, as shares of both together.

    Returns
    -------
    ``{measure: {"inspector": share, "firm": share, "firm_adjusted": share}}``; shares do not add up to 1, since what
    both foretell is counted in each. Empty where the diagnostics were not judged.
    """
    if not set(DIAGNOSTICS) <= set(rounds.scores):
        return {}
    shares = {}
    for measure in (Measure.AUC, Measure.DAYS):
        nothing = 0.5 if measure is Measure.AUC else 0.0
        gain = {name: rounds.mean(name, measure).value - nothing for name in (*DIAGNOSTICS, model)}
        both = gain[WITH_INSPECTOR]
        shares[str(measure)] = {
            "inspector": gain[INSPECTOR] / both,
            "firm": gain[model] / both,
            "firm_adjusted": gain[ADJUSTED] / both,
        }
    return shares
