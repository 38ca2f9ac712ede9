"""Who moved between two grade tables and why, and whether so many moved that a person must sign first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from engine.errors import ShareMovementError
from engine.messages import N_, Message
from engine.vocabulary import GRADES, Grade

SHARE_MOVEMENT = "grading.share_movement"
ABSENT = "-"
"""Grade of an entity that is not in one of the two tables."""


class Cause(StrEnum):
    """Why an entity's grade is what it is now, compared with before; the first that applies, in this order."""

    NEWCOMER = "newcomer"
    LEFT = "left"
    OVERRIDE_BEGAN = "override_began"
    OVERRIDE_ENDED = "override_ended"
    MODEL_CHANGED = "model_changed"
    SCORE_MOVED = "score_moved"
    CUT_MOVED = "cut_moved"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ShareMovement:
    """A grade whose share moved more than policy allows; shares in 0..1."""

    population: str
    grade: str
    previous_share: float
    current_share: float
    limit: float

    @property
    def message(self) -> Message:
        """The sentence for people."""
        params = {
            "population": self.population,
            "grade": self.grade,
            "previous": f"{self.previous_share:.1%}",
            "current": f"{self.current_share:.1%}",
            "limit": f"{100 * self.limit:g}",
        }
        return Message(
            N_("{population}: grade {grade} moved from {previous} to {current} (limit {limit} points)"), params
        )


def moves(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return each entity's grade before and now with the cause.

    Parameters
    ----------
    previous, current : tables ``grades`` after overrides, each of one as_of.

    Returns
    -------
    DataFrame, key entity_id, sorted by it: population (the current one where there is one), from_grade, to_grade
    (``-`` when absent), cause (see :class:`Cause`; ``none`` when the grade did not change).
    """
    columns = ["entity_id", "population", "grade", "model", "score", "override_code"]
    GRADES.check(previous)
    GRADES.check(current)
    both = previous[columns].merge(
        current[columns], on="entity_id", how="outer", suffixes=("_before", "_now"), indicator=True, sort=True
    )
    left, new = both["_merge"] == "left_only", both["_merge"] == "right_only"
    is_same = (both["grade_before"] == both["grade_now"]) & ~left & ~new
    had, has = both["override_code_before"].notna(), both["override_code_now"].notna()
    same_score = (both["score_before"] == both["score_now"]) | (both["score_before"].isna() & both["score_now"].isna())
    cause = np.select(
        [new, left, is_same, has & ~had, had & ~has, both["model_before"] != both["model_now"], ~same_score],
        [
            Cause.NEWCOMER,
            Cause.LEFT,
            Cause.NONE,
            Cause.OVERRIDE_BEGAN,
            Cause.OVERRIDE_ENDED,
            Cause.MODEL_CHANGED,
            Cause.SCORE_MOVED,
        ],
        default=Cause.CUT_MOVED,
    )
    return pd.DataFrame(
        {
            "entity_id": both["entity_id"],
            "population": both["population_now"].where(~left, both["population_before"]),
            "from_grade": both["grade_before"].fillna(ABSENT),
            "to_grade": both["grade_now"].fillna(ABSENT),
            "cause": cause,
        }
    )


def migration_matrix(moved: pd.DataFrame) -> pd.DataFrame:
    """Return how many entities went from which grade to which, by cause.

    Parameters
    ----------
    moved : result of :func:`moves`.

    Returns
    -------
    DataFrame, key (population, from_grade, to_grade, cause): n (int), share (of the entities that had ``from_grade``
    in that population).
    """
    key = ["population", "from_grade", "to_grade", "cause"]
    matrix = moved.groupby(key, sort=True).size().rename("n").reset_index()
    return matrix.assign(share=matrix["n"] / matrix.groupby(["population", "from_grade"])["n"].transform("sum"))


def share_movements(previous: pd.DataFrame, current: pd.DataFrame, *, limit: float) -> tuple[ShareMovement, ...]:
    """Return the grades whose share of the classified moved by more than ``limit`` (share points, 0..1).

    Parameters
    ----------
    previous, current : tables ``grades``; populations that are in one table only are not compared.
    limit : policy ``grading.share_movement``.
    """
    before, now = _shares(previous), _shares(current)
    found = []
    for population in sorted(set(before.index) & set(now.index)):
        for grade in before.columns:
            old, new = float(before.loc[population, grade]), float(now.loc[population, grade])
            # a movement of exactly the limit is allowed although its float may lie a hair above
            if abs(new - old) > limit + 1e-12:
                found.append(ShareMovement(population, grade, old, new, limit))
    return tuple(found)


def require_sign_off(movements: Sequence[ShareMovement], *, signed_by: str | None) -> None:
    """Raise when shares moved too far and nobody signed.

    Parameters
    ----------
    movements : result of :func:`share_movements`.
    signed_by : str or None, the person who looked at the movement and lets the run stand.

    Raises
    ------
    ShareMovementError
    """
    if movements and not signed_by:
        raise ShareMovementError(movement=movements[0].message, n_movements=len(movements))


def _shares(grades: pd.DataFrame) -> pd.DataFrame:
    classified = grades[grades["grade"] != Grade.UNCLASSIFIED]
    counts = pd.crosstab(classified["population"], classified["grade"])
    counts = counts.reindex(columns=[grade.value for grade in Grade if grade is not Grade.UNCLASSIFIED], fill_value=0)
    return counts.div(counts.sum(axis=1), axis=0)
