"""Errors of estimation; exit status 15."""

from engine.errors.base import SupervisionError
from engine.messages import N_


class EstimationError(SupervisionError):
    """A figure cannot be estimated honestly from these rows."""

    code = "estimation"
    exit_status = 15
    template = N_("Estimation: {problem}; {remedy}.")


class MissingInclusionProbabilityError(EstimationError):
    """A design-based estimator received rows without probabilities."""

    code = "estimation.missing_probability"
    template = N_("{n_rows} row(s) of mode {mode} carry no inclusion probability: only random rows can be used here.")


class SelectionModeError(EstimationError):
    """Rows of another kind of selection reached a design-based estimator."""

    code = "estimation.selection_mode"
    template = N_(
        "{n_rows} row(s) of mode {mode} cannot enter a design-based estimate: keep the rows of one kind of random draw."
    )


class SelfEvaluationError(EstimationError):
    """A model or grading is to be judged on the very draw it learned from."""

    code = "estimation.self_evaluation"
    template = N_("{name} learned from draw(s) {draws}: judge it on draws it has not seen.")


class UndefinedEstimateError(EstimationError):
    """The estimate does not exist for these rows."""

    code = "estimation.undefined"
    template = N_("{measure} is undefined: {reason}.")
