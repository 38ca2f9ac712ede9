"""From logged draws to the value of an alternative: its probability on every frame row, a prediction, the estimate.

The alternative is a ratio policy, and with it another grading of the objects if one is given; its chances are computed
for every row of every logged frame as of that freeze, so a grading may cross the old strata as it likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.errors import EstimationError
from engine.estimation.cross_fitting import cross_fitted
from engine.estimation.estimate import Basis, Estimate, PrecisionLimits, imprecisions
from engine.estimation.intervals import FloatArray
from engine.estimation.logged import logged_frame
from engine.estimation.periods import weighted_period, with_known
from engine.estimation.placebo import PlaceboCheck, placebo_check
from engine.estimation.policy_result import Estimator, EvaluationLimits, PolicyValue
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.laboratory.cells import CELL_KEY
from engine.messages import N_, Message
from engine.pipeline.laboratory import planned_ratios
from engine.ratios.policy import RatioPolicy
from engine.vocabulary import Grade

UPWARD = "ceil"
"""Rounding rule under which a cell's size is rounded up (``ratios.rounding``)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a figure must keep to be shown without remark; all of it policy.

    Parameters
    ----------
    limits, precision : when a value is withheld or marked.
    n_bits, least, most : placebo check.
    level : coverage of the intervals.
    """

    limits: EvaluationLimits
    precision: PrecisionLimits
    n_bits: int
    least: float
    most: float
    level: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the alternative would have found.

    Parameters
    ----------
    value : findings; with a period, of one draw over the whole period's objects.
    contrast : difference from the logged policy at its realised probabilities; None for a period, where draws overlap.
    placebo : whether the same weights tell the truth where it is known.
    checks : expected checks, the sum of the alternative's probabilities.
    """

    value: PolicyValue
    contrast: PolicyValue | None
    placebo: PlaceboCheck
    checks: float


def as_period(logged: pd.DataFrame, *, spared: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the logged rows of several draws, each completed by the objects it left out as visited already.

    Parameters
    ----------
    logged : rows of ``with_findings`` of every draw, in the order of the draws.
    spared : see :func:`engine.estimation.periods.with_known`.
    """
    parts = [part for _, part in logged.groupby("draw_id", sort=False)]
    return with_known(parts, spared=spared)


def with_alternative(
    logged: pd.DataFrame,
    items: pd.DataFrame,
    policy: RatioPolicy,
    *,
    grades: pd.Series | None = None,
    draws_per_year: int = 1,
) -> pd.DataFrame:
    """Return the frame rows with ``alternative_grade`` and ``alternative_probability``.

    Parameters
    ----------
    logged : frame rows of every draw; rows of strata that law has drawn in full (``is_due``) stay so.
    items : item_code, item_class and what the policy's caps read.
    policy : ratios of the alternative.
    grades : grade by entity_id under another grading; who is missing there is not classified (U). None = as logged.
    draws_per_year : equal draws into which the alternative's yearly ratio is split.
    """
    graded = logged.assign(alternative_grade=logged["grade"])
    if grades is not None:
        graded["alternative_grade"] = (
            logged["entity_id"].map(grades).astype(object).fillna(Grade.UNCLASSIFIED.value).astype(str)
        )
    classes = items.set_index("item_code")["item_class"]
    due = graded["is_due"].eq(other=True).fillna(value=False).astype(bool) if "is_due" in graded else None
    parts = [] if due is None else [graded[due].assign(alternative_probability=1.0)]
    for _, part in (graded if due is None else graded[~due]).groupby("draw_id", sort=False):
        cells = part.assign(grade=part["alternative_grade"], item_class=part["item_code"].map(classes))
        codes = cells.groupby(list(CELL_KEY), sort=True, dropna=False)
        table = codes.agg(n_units=("entity_id", "size"), item_class=("item_class", "first")).reset_index()
        chances = _rounded(planned_ratios(table, policy, items, draws_per_year=draws_per_year), table, policy)
        parts.append(part.assign(alternative_probability=chances[codes.ngroup().to_numpy()]))
    return pd.concat(parts, ignore_index=True)


def _rounded(ratios: FloatArray, table: pd.DataFrame, policy: RatioPolicy) -> FloatArray:
    """The chance a draw gives a unit of a cell: the ratio, or where sizes are rounded up, that size over the units."""
    rules = table["item_class"].map({kind.value: rule for kind, rule in policy.rounding.items()})
    units = table["n_units"].to_numpy(dtype=float)
    upward = np.minimum(np.ceil(ratios * units - 1e-9), units) / units
    return np.asarray(np.where(rules == UPWARD, upward, ratios), dtype=float)


def with_prediction(rows: pd.DataFrame, *, probability: pd.Series | None, name: str = "") -> pd.DataFrame:
    """Return the rows with ``prediction``: a frozen model's chance per object, or one cross-fitted half by half.

    Parameters
    ----------
    probability : chance 0..1 by entity_id, fixed before the draw; None = cross-fitted by old and new grade.
    name : of the model, for the error.

    Raises
    ------
    EstimationError
        The model gives some object of the frame no chance.
    """
    if probability is None:
        return cross_fitted(rows, by=["grade", "alternative_grade"])
    predicted = rows["entity_id"].map(probability)
    lost = int(predicted.isna().sum())
    if lost:
        raise EstimationError(
            problem=Message(
                N_("{name} gives {n_rows} row(s) of the frame no chance of a finding"), {"name": name, "n_rows": lost}
            ),
            remedy=Message(N_("name a model with probabilities for everybody, or none")),
        )
    return rows.assign(prediction=predicted.astype(float))


def evaluate(
    rows: pd.DataFrame, *, estimator: Estimator, rules: Rules, period_weights: Mapping[str, float] | None = None
) -> Evaluation:
    """Return what the alternative of ``rows`` would have found.

    Parameters
    ----------
    rows : as :func:`with_alternative` (and :func:`with_prediction` for ``difference``) gave them.
    period_weights : weights of the draws of a period by draw_id; None adds the draws up.
    """
    whole = rows if period_weights is None else weighted_period(rows, weights=period_weights)
    logged = logged_frame(whole)
    checks = float(whole["alternative_probability"].sum())
    value = policy_value(logged, estimator=estimator, limits=rules.limits, confidence=rules.level)
    contrast = None
    if period_weights is None:
        contrast = policy_contrast(logged, estimator=estimator, limits=rules.limits, confidence=rules.level)
    placebo = placebo_check(logged, n_bits=rules.n_bits, least=rules.least, most=rules.most, confidence=rules.level)
    remarks = [*_imprecise(value, checks=checks, rules=rules), *_placebo_remarks(placebo)]
    return Evaluation(_remarked(value, remarks), contrast, placebo, checks)


def _imprecise(value: PolicyValue, *, checks: float, rules: Rules) -> tuple[Message, ...]:
    """What makes the findings per check imprecise as a rate; a value that is not given needs no such remark."""
    if checks <= 0 or value.value != value.value:
        return ()
    per_check = Estimate(
        "findings_per_check",
        value=value.value / checks,
        low=value.low / checks,
        high=value.high / checks,
        n=value.n,
        effective_n=value.effective_n,
        method=value.method,
        basis=Basis.DESIGN,
    )
    return imprecisions(per_check, limits=rules.precision)


def _placebo_remarks(placebo: PlaceboCheck) -> Sequence[Message]:
    if placebo.is_passed:
        return ()
    params = {"share": f"{placebo.covered_share:.1%}", "n_bits": placebo.n_bits}
    text = N_("the placebo check failed: the intervals of {n_bits} hash bits hold {share} of the known values")
    return (Message(text, params),)


def _remarked(value: PolicyValue, remarks: Sequence[Message]) -> PolicyValue:
    return replace(value, cautions=(*value.cautions, *remarks))
