"""Who moved between two grade tables and why, and whether so many moved that a person must sign first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import GRADES, Grade

SHARE_MOVEMENT = "grading.share_movement"
ABSENT = "-"
"""Grade of an entity that is not in one of the two tables."""


class Cause(StrEnum):
    """Why an entity's grade is what it is now, compared with before; the first that applies, in this order."""

    NEWCOMER = "newcomer"
    LEFT = "left"
    HYSTERESIS = "hysteresis"
    """The cut alone would have moved it; its band held it."""
    NONE = "none"
    STATUTE_BEGAN = "statute_began"
    REVIEWED_BEGAN = "reviewed_began"
    SECTOR_BEGAN = "sector_began"
    STATUTE_ENDED = "statute_ended"
    REVIEWED_ENDED = "reviewed_ended"
    SECTOR_ENDED = "sector_ended"
    MODEL_CHANGED = "model_changed"
    CUT_MOVED = "cut_moved"
    """Its score is the same, the rule or its limit is not."""
    NEW_RECORDS = "new_records"
    """Its score moved, and records of its own became known since."""
    SCORE_MOVED = "score_moved"
    """Its score moved without: records grew old, or those of peers and relatives changed."""


CAUSE_NAMES: Mapping[str, str] = {
    Cause.NEWCOMER: N_("new in the register"),
    Cause.LEFT: N_("left the register"),
    Cause.HYSTERESIS: N_("held by its band"),
    Cause.NONE: N_("did not move"),
    Cause.STATUTE_BEGAN: N_("a statute applies"),
    Cause.REVIEWED_BEGAN: N_("set by two persons"),
    Cause.SECTOR_BEGAN: N_("the sector's grade"),
    Cause.STATUTE_ENDED: N_("a statute no longer applies"),
    Cause.REVIEWED_ENDED: N_("no longer set by persons"),
    Cause.SECTOR_ENDED: N_("no longer the sector's grade"),
    Cause.MODEL_CHANGED: N_("another model decides"),
    Cause.CUT_MOVED: N_("the rule or its limit moved"),
    Cause.NEW_RECORDS: N_("new records of its own"),
    Cause.SCORE_MOVED: N_("the score moved without new records of its own"),
}
"""What people call the causes."""


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


def moves(previous: pd.DataFrame, current: pd.DataFrame, *, with_news: Collection[str] = frozenset()) -> pd.DataFrame:
    """Return each entity's grade before and now with the cause.

    Parameters
    ----------
    previous, current : tables ``grades`` after overrides, each of one as_of.
    with_news : entities of which a record became known, or was replaced, between the two.

    Returns
    -------
    DataFrame, key entity_id, sorted by it: population (the current one where there is one), from_grade, to_grade
    (``-`` when absent), cause (see :class:`Cause`; ``none`` or ``hysteresis`` when the grade did not change).
    """
    GRADES.check(previous)
    GRADES.check(current)
    both = _compared(previous).merge(
        _compared(current), on="entity_id", how="outer", suffixes=("_before", "_now"), indicator=True, sort=True
    )
    left, new = both["_merge"] == "left_only", both["_merge"] == "right_only"
    is_same = (both["grade_before"] == both["grade_now"]) & ~left & ~new
    is_held = is_same & (both["settled_grade_now"] != both["score_grade_now"])
    is_overridden = _changed(both, "override_code") | (both["settled_grade_before"] == both["settled_grade_now"])
    # what ended tells more than nothing, what began tells more than what ended
    began, ended = _kinds(both["override_code_now"]), _kinds(both["override_code_before"])
    kinds = [is_overridden & (side == kind) for side in (began, ended) for kind in _KINDS]
    cause = np.select(
        [
            new, left, is_held, is_same, *kinds, _changed(both, "model"), ~_changed(both, "score"),
            both["entity_id"].isin(with_news),
        ],
        [
            Cause.NEWCOMER, Cause.LEFT, Cause.HYSTERESIS, Cause.NONE,
            Cause.STATUTE_BEGAN, Cause.REVIEWED_BEGAN, Cause.SECTOR_BEGAN,
            Cause.STATUTE_ENDED, Cause.REVIEWED_ENDED, Cause.SECTOR_ENDED,
            Cause.MODEL_CHANGED, Cause.CUT_MOVED, Cause.NEW_RECORDS,
        ],
        default=Cause.SCORE_MOVED,
    )  # fmt: skip
    return pd.DataFrame(
        {
            "entity_id": both["entity_id"],
            "population": both["population_now"].where(~left, both["population_before"]),
            "from_grade": both["grade_before"].fillna(ABSENT),
            "to_grade": both["grade_now"].fillna(ABSENT),
            "cause": cause,
        }
    )


_KINDS = ("statute", "reviewed", "sector")


def _compared(grades: pd.DataFrame) -> pd.DataFrame:
    columns = ["entity_id", "population", "grade", "model", "score", "override_code", "score_grade"]
    # runs of before there were bands hold the grade of the cut only
    settled = grades["settled_grade"] if "settled_grade" in grades.columns else grades["score_grade"]
    return grades[columns].assign(settled_grade=settled)


def _changed(both: pd.DataFrame, name: str) -> pd.Series:
    before, now = both[f"{name}_before"], both[f"{name}_now"]
    return (before != now) & ~(before.isna() & now.isna())


def _kinds(codes: pd.Series) -> pd.Series:
    """Kind of every override code: ``sector`` and ``reviewed`` by their prefix, a statute otherwise; null without."""
    prefix = codes.astype("object").map(lambda code: str(code).partition(".")[0], na_action="ignore")
    return prefix.where(prefix.isna() | prefix.isin(_KINDS[1:]), _KINDS[0])


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


def read_movement(book: PolicyBook, *, on: date) -> float:
    """Read policy ``grading.share_movement``: largest change of a grade's share without a signature, 0..1.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    limit = float(book.value(SHARE_MOVEMENT, on=on))
    if not 0 <= limit <= 1:
        raise PolicyInconsistentError(name=SHARE_MOVEMENT, problem=Message(N_("it is a share, 0..1")))
    return limit


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


def _shares(grades: pd.DataFrame) -> pd.DataFrame:
    classified = grades[grades["grade"] != Grade.UNCLASSIFIED]
    counts = pd.crosstab(classified["population"], classified["grade"])
    counts = counts.reindex(columns=[grade.value for grade in Grade if grade is not Grade.UNCLASSIFIED], fill_value=0)
    return counts.div(counts.sum(axis=1), axis=0)
