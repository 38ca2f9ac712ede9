"""What grade one object would have with other scores: the grading of everybody, asked about one object many times.

Each score stands for the object in a case of its own, and all cases go through the very steps of a grading run: the
limits in force, the band, the grade of the sector, overrides by persons, statute. So a rule above the score holds the
grade here exactly as it does there.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from engine.parameters import PolicyBook
from engine.pipeline.assessment import Standing, grade_by

CASE_COLUMNS = ("score", "grade", "score_grade", "settled_grade", "override_code", "override_reference")


def grades_of_scores(
    scores: Sequence[float],
    held: "pd.Series[Any]",
    listings: Sequence[pd.DataFrame],
    *,
    standing: Standing,
    coverage_ratio: float,
    book: PolicyBook,
    as_of: date,
) -> pd.DataFrame:
    """Return the grade that an object would have with each of the scores.

    Parameters
    ----------
    scores : 0..1000 each, no nulls.
    held : the object's row of table ``grades``; reads entity_id, population, model.
    listings : the object's listings beside each score, as :func:`engine.pipeline.assessment.grade_by` reads them.
    standing : what its grade rests on beside score and listings, rows of this object only; ``limits`` must be given,
        for one object has no shares.
    coverage_ratio : share of the model that was known, 0..1.
    as_of : day of the rules.

    Returns
    -------
    DataFrame in the order of ``scores``, :data:`CASE_COLUMNS`.

    Notes
    -----
    With statute and persons unchanged a lower score never gives a riskier grade: every step rises with the score.
    """
    cases = [f"case:{at}" for at in range(len(scores))]
    entities = pd.DataFrame({"entity_id": cases, "population": held["population"]})
    deciding = entities.assign(
        model=held["model"], score=np.asarray(scores, dtype=np.float64), coverage_ratio=coverage_ratio
    )
    each = Standing(
        previous=_for_every_case(standing.previous, cases),
        sector_grades=_for_every_case(standing.sector_grades, cases),
        overrides=[replace(one, entity_id=case) for case in cases for one in standing.overrides],
        limits=standing.limits,
    )
    sizes = [len(rows) for rows in listings]
    held_lists = [rows for rows in listings if len(rows)] or listings[:1]
    listed = pd.concat(held_lists, ignore_index=True).assign(entity_id=np.repeat(np.array(cases, dtype=object), sizes))
    graded = grade_by(deciding, entities, listed, book=book, as_of=as_of, standing=each)
    return graded.grades[list(CASE_COLUMNS)].reset_index(drop=True)


def _for_every_case(rows: pd.DataFrame | None, cases: Sequence[str]) -> pd.DataFrame | None:
    """The rows of the object once for every case."""
    if rows is None or rows.empty:
        return rows
    many = rows.iloc[np.tile(np.arange(len(rows)), len(cases))]
    return many.assign(entity_id=np.repeat(np.array(cases, dtype=object), len(rows))).reset_index(drop=True)
