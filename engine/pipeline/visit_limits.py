"""Visits per firm as linear rows: all items of a firm hang on one ticket, so it is visited with its greatest ratio."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import Codes, FloatArray
from engine.pipeline.earlier_draws import EarlierDraws


@dataclass(frozen=True, slots=True, eq=False)
class VisitRows:
    """Kinds of objects, those that follow the same ratios, and the limits on their visits.

    Parameters
    ----------
    objects : objects of each kind.
    kind, ratio : pairs; the chance of a visit of ``kind`` is at least the ratio at ``ratio``.
    limits : by grade: most visits, weight of each kind's chance, visits that law makes due anyway.
    asked : by grade, most visits per firm.
    """

    objects: FloatArray
    kind: Codes
    ratio: Codes
    limits: Mapping[str, tuple[float, FloatArray, float]]
    asked: Mapping[str, float]

    def lowest(self, floors: FloatArray) -> FloatArray:
        """Return the least chance of each kind: the greatest floor of its ratios."""
        least = np.zeros(len(self.objects))
        np.maximum.at(least, self.kind, floors[self.ratio])
        return least


def visit_rows(
    experiment: Experiment, variable: Codes, asked: Mapping[str, float], earlier: EarlierDraws | None = None
) -> VisitRows:
    """Return the rows for the grades that are limited.

    Parameters
    ----------
    variable : ratio that each cell follows, -1 where law makes it due.
    asked : most visits per firm of a grade, on average over its firms.
    earlier : this year's draws so far; their visits count against what is asked.
    """
    profiles = experiment.profiles
    ends = np.r_[profiles.starts[1:], len(profiles.cells)]
    kinds: dict[tuple[str, tuple[int, ...]], float] = {}
    surely: dict[str, float] = dict.fromkeys(asked, 0.0)
    firms: dict[str, float] = dict.fromkeys(asked, 0.0)
    for at, grade_code in enumerate(profiles.grade.tolist()):
        grade = experiment.grades[grade_code]
        if grade not in asked:
            continue
        n_objects = float(profiles.n_objects[at])
        firms[grade] += n_objects
        held = variable[profiles.cells[profiles.starts[at] : ends[at]]]
        if (held < 0).any():
            surely[grade] += n_objects
            continue
        key = (grade, tuple(sorted(set(held.tolist()))))
        kinds[key] = kinds.get(key, 0.0) + n_objects
    left = asked if earlier is None else earlier.visits_left(asked, firms)
    objects = np.array(list(kinds.values()))
    pairs = [(at, ratio) for at, (_, ratios) in enumerate(kinds) for ratio in ratios]
    grades = np.array([grade for grade, _ in kinds])
    return VisitRows(
        objects,
        np.array([kind for kind, _ in pairs], dtype=np.int64),
        np.array([ratio for _, ratio in pairs], dtype=np.int64),
        {
            grade: (most * firms[grade], np.where(grades == grade, objects, 0.0), surely[grade])
            for grade, most in left.items()
        },
        asked,
    )
