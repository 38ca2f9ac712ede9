"""A logged draw prepared for evaluation: the whole frame, what was drawn, and what the alternative would do.

The sample reads ``inclusion_probability`` (n_h / N_h). Whether a unit could have been drawn at all is read from
``design_probability``: a stratum that rounding left without a draw is joined to its partner, one whose ratio was 0
says nothing. Source: docs/spec/estimators.md §7.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import EstimationError
from engine.estimation.intervals import FloatArray
from engine.estimation.sample import STRATUM_KEY, DesignSample, design_sample, require_random
from engine.estimation.variance import Codes
from engine.messages import N_, Message
from engine.vocabulary import TableShape

LOGGED = TableShape(
    "logged frame",
    ("draw_id", "entity_id", "item_code"),
    {
        "stratum": "opaque code",
        "selection_mode": "random or filtered_draw",
        "is_drawn": "boolean",
        "design_probability": "ratio before rounding, 0..1",
        "inclusion_probability": "n_h / N_h",
        "alternative_probability": "chance of being drawn under the policy in question, 0..1",
        "adverse": "true, false, or null when not drawn or without result",
    },
)


@dataclass(frozen=True, slots=True, eq=False)
class LoggedFrame:
    """Frame units that the logged draw could have chosen, and the sample it chose.

    Parameters
    ----------
    rows : those frame rows, index 0..N-1.
    sample : the drawn ones; the rows of one object in one draw are a cluster, draws have seeds of their own.
    at : position in ``rows`` of each row of ``sample``.
    stratum : position in ``sample.strata`` of each row of ``rows``.
    n_outside : units whose ratio was 0 while the alternative would draw them.
    outside : sum of their alternative probabilities, the most they could add to the findings.
    """

    rows: pd.DataFrame
    sample: DesignSample
    at: Codes
    stratum: Codes
    n_outside: int
    outside: float

    @property
    def probability(self) -> FloatArray:
        """Realised probability n_h / N_h of each frame row's stratum as it enters the estimate."""
        strata = self.sample.strata
        return np.asarray((strata.drawn / strata.sizes)[self.stratum], dtype=float)

    def column(self, name: str) -> FloatArray:
        """Return a numeric column of the frame rows."""
        return self.rows[name].to_numpy(dtype=float)


def logged_frame(frame: pd.DataFrame) -> LoggedFrame:
    """Return the frame of one or more draws ready for evaluation.

    Parameters
    ----------
    frame : every frame row of the draws (not only the drawn ones), columns of ``LOGGED``; ``fold`` when predictions
        are cross-fitted (hashed over all frame rows); ``grade`` guides the choice of partner strata.

    Raises
    ------
    SelectionModeError, MissingInclusionProbabilityError
        Rows that no random draw produced.
    EstimationError
        A probability is null or outside 0..1, nothing was drawn, or rows and probabilities contradict each other.
    """
    LOGGED.check(frame)
    require_random(frame)
    for name in ("design_probability", "alternative_probability"):
        if not frame[name].between(0, 1).all():
            raise EstimationError(
                problem=Message(N_("{name} is empty or outside 0..1"), {"name": name}),
                remedy=Message(N_("give every frame row a probability")),
            )
    outside = (frame["design_probability"] == 0) & (frame["inclusion_probability"] == 0)
    rows = frame[~outside].reset_index(drop=True)
    is_drawn = rows["is_drawn"].to_numpy(dtype=bool)
    if not is_drawn.any():
        raise EstimationError(
            problem=Message(N_("no unit of the frame was drawn")),
            remedy=Message(N_("give the frame with its drawn rows")),
        )
    cells = _split_by_fold(rows) if "fold" in rows else rows
    drawn = cells[is_drawn]
    objects = drawn.assign(object=drawn.groupby(["draw_id", "entity_id"], sort=False).ngroup())
    sample = design_sample(objects, _strata(cells), cluster="object")
    stratum = sample.codes.loc[pd.MultiIndex.from_frame(cells[list(STRATUM_KEY)])].to_numpy()
    left = frame.loc[outside, "alternative_probability"]
    return LoggedFrame(
        rows=rows,
        sample=sample,
        at=np.flatnonzero(is_drawn),
        stratum=stratum,
        n_outside=int((left > 0).sum()),
        outside=float(left.sum()),
    )


def _strata(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts of the frame per stratum, with what guides the choice of a partner."""
    groups = rows.groupby(list(STRATUM_KEY), sort=True)
    table = groups.agg(n_units=("is_drawn", "size"), n_drawn=("is_drawn", "sum"))
    for guide in ("grade", "merge_into"):
        if guide in rows:
            table[guide] = groups[guide].first()
    return table.reset_index().astype({"n_drawn": "int64"})


def _split_by_fold(rows: pd.DataFrame) -> pd.DataFrame:
    """The same frame with every stratum split by fold, so that the probability becomes n_hk / N_hk."""
    whole = rows["stratum"].astype(str)
    split = rows.drop(columns="merge_into", errors="ignore").assign(
        stratum=whole + "|" + rows["fold"].astype(str), grade=whole
    )
    drawn = split["is_drawn"].groupby([split[name] for name in STRATUM_KEY])
    return split.assign(inclusion_probability=drawn.transform("mean"))
