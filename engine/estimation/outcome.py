"""What became of a drawn unit, in the five ways that must not be mixed.

Unreachable firms are neither clean nor in violation of the item checked, and units without result are not dropped:
each is a domain of its own. Source: docs/spec/estimators.md §5.
"""

from enum import StrEnum

import pandas as pd

from engine.errors import EstimationError
from engine.messages import N_, Message
from engine.vocabulary import JOINER, NOT_ASSESSABLE_RESULTS, ResultCode


class Outcome(StrEnum):
    """What a drawn (object, item) came to."""

    VIOLATION = "violation"
    CLEAN = "clean"
    UNREACHABLE = "unreachable"
    NOT_ASSESSABLE = "not_assessable"
    NOT_DONE = "not_done"


REACHED = (Outcome.VIOLATION, Outcome.CLEAN)

_PASSED_OVER = NOT_ASSESSABLE_RESULTS | {ResultCode.NO_PROBLEM}


def classify_outcomes(result_codes: pd.Series) -> pd.Series:
    """Return the outcome of each row.

    Parameters
    ----------
    result_codes : Series of text, canonical results joined by ``;``; null or empty = no result yet.

    Returns
    -------
    Series of text, values of :class:`Outcome`, same index. A row is ``violation`` when it holds any adverse result
    other than unreachable, ``unreachable`` when that is its only adverse one, ``clean`` when it holds no_problem and
    nothing adverse, ``not_assessable`` when it holds only no_activity or exited, ``not_done`` when it holds none.

    Raises
    ------
    EstimationError
        A result is not one of the canonical ones.
    """
    texts = result_codes.fillna("").astype(str)
    meaning = {text: _outcome(text) for text in texts.unique()}
    return texts.map(meaning)


def _outcome(text: str) -> str:
    try:
        results = {ResultCode(part.strip()) for part in text.split(JOINER) if part.strip()}
    except ValueError:
        raise EstimationError(
            problem=Message(N_("the result {text} is not a canonical one"), {"text": text}),
            remedy=Message(N_("map the wordings of the source first")),
        ) from None
    adverse = results - _PASSED_OVER
    if adverse - {ResultCode.UNREACHABLE}:
        return Outcome.VIOLATION.value
    if adverse:
        return Outcome.UNREACHABLE.value
    if ResultCode.NO_PROBLEM in results:
        return Outcome.CLEAN.value
    return Outcome.NOT_ASSESSABLE.value if results else Outcome.NOT_DONE.value
