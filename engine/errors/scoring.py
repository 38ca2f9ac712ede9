"""Errors of features, scorecards and learned models; exit status 13."""

from engine.errors.base import SupervisionError
from engine.messages import N_


class ScoringError(SupervisionError):
    """A score cannot be computed as asked."""

    code = "scoring"
    exit_status = 13
    template = N_("Scoring: {problem}; {remedy}.")


class FeatureSetMismatchError(ScoringError):
    """A model and a feature table disagree on the columns."""

    code = "scoring.feature_set"
    template = N_(
        "The model needs feature(s) {columns}, which the feature table lacks: build it with the same version."
    )


class PromotionRefusedError(ScoringError):
    """A challenger has not earned the champion's place."""

    code = "scoring.promotion_refused"
    template = N_(
        "Run {run} promotes nothing: {objections}. The champion stays; judge on later windows, or name with "
        "--population those that nothing stands against."
    )


class FeatureDeclarationError(ScoringError):
    """A feature is declared twice or against the closed list of operators."""

    code = "scoring.feature_declaration"
    template = N_("Feature {name}: {problem}.")


class UnknownBinError(ScoringError):
    """A value falls into no bin of a points table."""

    code = "scoring.unknown_bin"
    template = N_("{indicator}: the value {value} falls into no bin; complete the bins in policy {policy}.")


class NothingToLearnError(ScoringError):
    """Too few labelled rows to fit a model."""

    code = "scoring.nothing_to_learn"
    template = N_(
        "{population}: of {n_rows} checks with a known result {n_positive} had findings; "
        "a model needs at least {need} with findings and {need} without."
    )


class SectorTooSmallError(NothingToLearnError):
    """A sector has fewer rows than policy asks before it gets a model of its own."""

    code = "scoring.sector_too_small"
    template = N_(
        "{population}: {n_rows} checks with a known result, {n_positive} with findings; policy asks for {least_rows} "
        "and {least_positive} before a sector has a model of its own (grading.sector_models); until then the model of "
        "{whole} scores it."
    )
