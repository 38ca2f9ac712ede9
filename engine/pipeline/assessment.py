"""From features to grades: score each entity, let the champion's score decide, apply what law overrides.

One function per hand-over; tables in, tables out. The tables are those of ``docs/decisions/0001-structure.md``.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.grading.champions import champion_scores, read_champions, scorecard_names
from engine.grading.cutoffs import achieved_shares, assign_grades, read_cutoffs
from engine.grading.overrides import apply_overrides, read_overrides
from engine.parameters import PolicyBook
from engine.scorecard.points import score_points
from engine.scorecard.reasons import reasons
from engine.scorecard.tree import read_scorecard

SCORECARD_MODEL = "scorecard"
REASONS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scoring step gives.

    Parameters
    ----------
    scores : table ``scores``.
    reasons : table ``reasons``.
    """

    scores: pd.DataFrame
    reasons: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading step gives.

    Parameters
    ----------
    grades : table ``grades``, one row per entity in scope.
    shares : achieved beside target shares, key (population, grade).
    """

    grades: pd.DataFrame
    shares: pd.DataFrame


def score_entities(features: pd.DataFrame, entities: pd.DataFrame, *, book: PolicyBook, as_of: date) -> Scored:
    """Score every entity whose type has a scorecard.

    Parameters
    ----------
    features : one row per (entity_id, as_of), all of this ``as_of``.
    entities : key entity_id; reads entity_type, population. The cohort of ``as_of``.
    book : gives the scorecards in force on ``as_of``.

    Returns
    -------
    Scored; entities of a type without a scorecard have no score.

    Notes
    -----
    Cost: one pass over the features per scorecard.
    """
    described = features.merge(entities[["entity_id", "entity_type", "population"]], on="entity_id", validate="m:1")
    names = scorecard_names(described, book=book, on=as_of)
    scores, told = [], []
    for name in sorted(names.dropna().unique()):
        rows = described[names == name]
        scorecard = read_scorecard(book, name=name, on=as_of)
        points = score_points(rows, scorecard)
        scores.append(
            points[["entity_id", "as_of", "score", "coverage_ratio"]].assign(
                model=SCORECARD_MODEL, population=rows["population"].to_numpy()
            )
        )
        told.append(reasons(rows, points, scorecard, model=SCORECARD_MODEL, top=REASONS_KEPT))
    if not scores:
        return Scored(pd.DataFrame(columns=[*_SCORE_COLUMNS]), pd.DataFrame(columns=[*_REASON_COLUMNS]))
    return Scored(
        pd.concat(scores, ignore_index=True)[[*_SCORE_COLUMNS]], pd.concat(told, ignore_index=True)[[*_REASON_COLUMNS]]
    )


_SCORE_COLUMNS = ("entity_id", "as_of", "model", "population", "score", "coverage_ratio")
_REASON_COLUMNS = ("entity_id", "as_of", "model", "rank", "feature", "value", "points", "template", "params")


def grade_entities(
    scores: pd.DataFrame, entities: pd.DataFrame, listings: pd.DataFrame, *, book: PolicyBook, as_of: date
) -> Graded:
    """Cut the champion's scores into grades and apply what law fixes.

    Parameters
    ----------
    scores : table ``scores``, any number of models, all of this ``as_of``.
    entities : the cohort of ``as_of``, key entity_id; reads population. Entities without a score become U.
    listings : listings not removed as of ``as_of`` (entity_id, listing_id, list_type, occurred_on).
    book : gives champion, shares, limits and overrides of ``as_of``.

    Returns
    -------
    Graded, one row per entity.
    """
    deciding = champion_scores(scores, read_champions(book, on=as_of))
    return grade_by(deciding, entities, listings, book=book, as_of=as_of)


def grade_by(
    deciding: pd.DataFrame, entities: pd.DataFrame, listings: pd.DataFrame, *, book: PolicyBook, as_of: date
) -> Graded:
    """Cut the scores of whichever model decides into grades; see :func:`grade_entities`.

    Parameters
    ----------
    deciding : rows of table ``scores``, at most one per entity.
    """
    cohort = entities[["entity_id", "population"]].assign(as_of=as_of)
    columns = ["entity_id", "model", "score", "coverage_ratio"]
    every = cohort.merge(deciding[columns], on="entity_id", how="left", validate="1:1")
    cutoffs = read_cutoffs(book, on=as_of)
    cut = assign_grades(every, cutoffs)
    grades = apply_overrides(cut, listings, rules=read_overrides(book, on=as_of), as_of=as_of)
    return Graded(grades, achieved_shares(grades, cutoffs))
