"""From features to grades: score each entity, let the champion's score decide, apply what law overrides.

One function per hand-over; tables in, tables out. The tables are those of ``docs/decisions/0001-structure.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.grading.champions import Champions, champion_scores, read_champions, scorecard_names
from engine.grading.cutoffs import (
    LIMIT_COLUMNS,
    Cutoffs,
    ScoreLimits,
    achieved_shares,
    assign_grades,
    grade_limits,
    read_cutoffs,
)
from engine.grading.hysteresis import read_hysteresis, settle_grades
from engine.grading.overrides import apply_overrides, read_overrides
from engine.grading.reviewed import ReviewedOverride, apply_reviewed, read_grounds
from engine.grading.sector_rules import read_sectors
from engine.grading.sectors import JOIN_COLUMNS, apply_sectors, join_sectors
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
    limits : highest score that was still A, B, C, key (population, as_of).
    sectors : how grades of sectors were joined, key (entity_id, code); see :mod:`engine.grading.sectors`.
    """

    grades: pd.DataFrame
    shares: pd.DataFrame
    limits: pd.DataFrame
    sectors: pd.DataFrame

    def unjudged(self, champions: Champions) -> dict[str, str]:
        """Return population → deciding model where that model scored nobody: there all are U, whatever they did."""
        scored = self.grades["score"].notna().groupby(self.grades["population"]).any()
        return {str(name): champions.of(str(name)) for name in scored.index[~scored]}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a grade rests on beside scores and listings; nothing of it is the default.

    Parameters
    ----------
    previous : table ``grades`` of the run before; None without one: no grade is held.
    sector_grades : grades of sectors in force, as :func:`engine.grading.sectors.join_sectors` reads them.
    overrides : what two persons set.
    limits : table of limits to cut by instead of the policy's shares, for whoever is graded apart from the others.
    """

    previous: pd.DataFrame | None = None
    sector_grades: pd.DataFrame | None = None
    overrides: Sequence[ReviewedOverride] = ()
    limits: pd.DataFrame | None = None


NOTHING_STANDS = Standing()
"""Grades from scores and listings alone."""


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
    scores: pd.DataFrame,
    entities: pd.DataFrame,
    listings: pd.DataFrame,
    *,
    book: PolicyBook,
    as_of: date,
    standing: Standing = NOTHING_STANDS,
) -> Graded:
    """Cut the champion's scores into grades and apply what stands above the score.

    Parameters
    ----------
    scores : table ``scores``, any number of models, all of this ``as_of``.
    entities : the cohort of ``as_of``, key entity_id; reads population. Entities without a score become U.
    listings : listings not removed as of ``as_of`` (entity_id, listing_id, list_type, occurred_on).
    book : gives champion, shares, limits, bands, sectors, grounds and overrides of ``as_of``.
    standing : the run before, grades of sectors, overrides by persons.

    Returns
    -------
    Graded, one row per entity.
    """
    deciding = champion_scores(scores, read_champions(book, on=as_of))
    return grade_by(deciding, entities, listings, book=book, as_of=as_of, standing=standing)


def grade_by(
    deciding: pd.DataFrame,
    entities: pd.DataFrame,
    listings: pd.DataFrame,
    *,
    book: PolicyBook,
    as_of: date,
    standing: Standing = NOTHING_STANDS,
) -> Graded:
    """Cut the scores of whichever model decides into grades; see :func:`grade_entities`.

    Parameters
    ----------
    deciding : rows of table ``scores``, at most one per entity.

    Notes
    -----
    In this order, each over the one before: cut, hysteresis, grade of the sector, override by two persons, statute.
    """
    cohort = entities[["entity_id", "population"]].assign(as_of=as_of)
    columns = ["entity_id", "model", "score", "coverage_ratio"]
    every = cohort.merge(deciding[columns], on="entity_id", how="left", validate="1:1")
    cutoffs = read_cutoffs(book, on=as_of)
    if standing.limits is not None:
        cutoffs = _fixed(cutoffs, standing.limits)
    limits = grade_limits(every, cutoffs)
    grades = assign_grades(every, cutoffs)
    grades = settle_grades(grades, standing.previous, limits=limits, hysteresis=read_hysteresis(book, on=as_of))
    joins = pd.DataFrame(columns=list(JOIN_COLUMNS))
    if standing.sector_grades is not None:
        joins = join_sectors(grades, standing.sector_grades, rules=read_sectors(book, on=as_of))
        grades = apply_sectors(grades, joins)
    grades = apply_reviewed(grades, standing.overrides, rules=read_grounds(book, on=as_of), as_of=as_of)
    grades = apply_overrides(grades, listings, rules=read_overrides(book, on=as_of), as_of=as_of)
    return Graded(grades, achieved_shares(grades, cutoffs), limits, joins)


def _fixed(cutoffs: Cutoffs, limits: pd.DataFrame) -> Cutoffs:
    rows = limits.set_index("population")[list(LIMIT_COLUMNS)]
    fixed = {str(name): ScoreLimits((float(a), float(b), float(c))) for name, a, b, c in rows.itertuples()}
    return Cutoffs(cutoffs.default, fixed, cutoffs.minimum_coverage)
