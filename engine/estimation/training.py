"""What a model or grading learned from, and the refusal to judge it on that.

Source: docs/spec/estimators.md §7: judged on its own training draw, a policy's value was up to 4.9 times the truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.errors import SelfEvaluationError


@dataclass(frozen=True, slots=True)
class Training:
    """Origin of what makes the alternative probabilities or the predictions.

    Parameters
    ----------
    name : the model, grading or policy.
    draw_ids : draws whose results it learned from; None = not recorded.
    last_known_at : latest ``known_at`` of its training rows; None = it learned from nothing.
    """

    name: str
    draw_ids: frozenset[str] | None
    last_known_at: date | None


def refuse_self_evaluation(trainings: Sequence[Training], *, first_results: Mapping[str, date]) -> None:
    """Raise when one of ``trainings`` may have learned from a draw it is to be judged on.

    Parameters
    ----------
    trainings : origins; recorded draws decide, otherwise the training window does.
    first_results : evaluated draw to the day its first result became known.

    Raises
    ------
    SelfEvaluationError
        A recorded draw is among those evaluated, or the window of an unrecorded one reaches a first result.
    """
    for training in trainings:
        if training.draw_ids is not None:
            seen = sorted(training.draw_ids & set(first_results))
        elif training.last_known_at is not None:
            seen = sorted(draw for draw, day in first_results.items() if day <= training.last_known_at)
        else:
            seen = []
        if seen:
            raise SelfEvaluationError(name=training.name, draws=", ".join(seen))
