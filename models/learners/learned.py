"""The learned models by name: what each may choose its configuration from."""

from collections.abc import Mapping, Sequence

from engine.errors import UsageError
from engine.messages import N_, Message
from models.learners.challenger import CANDIDATES
from models.learners.ranker import AnyConfiguration
from models.learners.woe_logistic import POINTS_CANDIDATES

MODEL_NAME, POINTS_MODEL = "challenger", "woe_scorecard"

LEARNED: Mapping[str, Sequence[AnyConfiguration]] = {MODEL_NAME: CANDIDATES, POINTS_MODEL: POINTS_CANDIDATES}
"""Learned models by the name they have in scores and policy, with the configurations to choose from, simplest first."""


def learned_names(asked: Sequence[str] | None) -> tuple[str, ...]:
    """Return the models asked for, each once, in that order; the challenger where none is.

    Raises
    ------
    UsageError
        There is no such model.
    """
    names = tuple(dict.fromkeys(asked or (MODEL_NAME,)))
    for name in names:
        if name not in LEARNED:
            remedy = Message(N_("give one of {names}"), {"names": ", ".join(LEARNED)})
            raise UsageError(what="--model", value=name, remedy=remedy)
    return names
