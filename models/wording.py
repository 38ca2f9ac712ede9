"""Words for people that several commands of this package use."""

from engine.messages import N_

SCORE_NAMES = {
    "challenger": N_("learned model (LightGBM)"),
    "scorecard": N_("points scorecard"),
    "last_outcome": N_("last outcome"),
    "last_score": N_("last score"),
    "prior_rate": N_("prior rate"),
    "mean_past_score": N_("mean of past scores"),
    "random": N_("random order"),
    "inspector_only": N_("(to explain) inspectors alone"),
    "model_with_inspector": N_("(to explain) model and inspectors"),
    "model_inspector_adjusted": N_("(to explain) model with inspectors held fixed"),
}
"""Scores by name."""
