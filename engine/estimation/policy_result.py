"""The answer of a policy evaluation, and the remarks that belong beside it.

Source: docs/spec/estimators.md §7.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.messages import N_, Message


class Estimator(StrEnum):
    """How V(q) is estimated: weights, weights scaled to their known sum, or prediction plus weighted residuals."""

    HT = "ht"
    HAJEK = "hajek"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """When an evaluation is withheld or marked; the values are policy (``estimation.evaluation_limits``).

    Parameters
    ----------
    max_missing_share : share of drawn rows without result above which only limits are given.
    max_weight : largest q/pi that is not remarked on.
    min_effective_n : smallest (sum w)^2 / sum w^2 that is not remarked on.
    min_findings : findings below which the difference estimator is remarked on.
    """

    max_missing_share: float
    max_weight: float
    min_effective_n: float
    min_findings: int


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """Expected findings under an alternative, or their difference from the logged policy.

    Parameters
    ----------
    measure : ``policy_value`` or ``policy_contrast``.
    value : findings; NaN when not identified or too many results are missing (then only the limits hold).
    low, high : limits; they include all that is possible where the logged ratio was 0 or a result is missing.
    n, n_findings : drawn rows, and adverse ones among them.
    effective_n : (sum w)^2 / sum w^2 of the weights w = q/pi over the drawn rows.
    max_weight : largest q/pi of the frame.
    is_identified : False when the alternative would draw units that the logged policy could not.
    n_outside : those units.
    missing_share : drawn rows without a result over drawn rows.
    method : estimator.
    cautions : what a reader must know beside the figure.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    n_findings: int
    effective_n: float
    max_weight: float
    is_identified: bool
    n_outside: int
    missing_share: float
    method: str
    cautions: tuple[Message, ...]


def with_cautions(result: PolicyValue, *, n_joined: int, limits: EvaluationLimits) -> PolicyValue:
    """Return ``result`` with the remarks that ``limits`` call for; ``n_joined`` strata had no draw of their own."""
    few = result.method == Estimator.DIFFERENCE and result.n_findings < limits.min_findings
    found = [
        (
            not result.is_identified,
            Message(
                N_("not identified: {n_units} unit(s) could not have been drawn; only bounds are given"),
                {"n_units": result.n_outside},
            ),
        ),
        (
            result.missing_share > limits.max_missing_share,
            Message(
                N_("{share} of the drawn units have no result, more than {limit}; only bounds are given"),
                {"share": f"{result.missing_share:.1%}", "limit": f"{limits.max_missing_share:.0%}"},
            ),
        ),
        (
            result.max_weight > limits.max_weight,
            Message(
                N_("the alternative draws some units {weight} times as often as the logged policy, more than {limit}"),
                {"weight": f"{result.max_weight:.1f}", "limit": f"{limits.max_weight:g}"},
            ),
        ),
        (
            result.effective_n < limits.min_effective_n,
            Message(
                N_("the weights leave an effective sample of {effective_n}, fewer than {need}"),
                {"effective_n": f"{result.effective_n:.0f}", "need": f"{limits.min_effective_n:g}"},
            ),
        ),
        (
            few,
            Message(
                N_("only {n_findings} findings: use the ht estimator, whose interval holds for few"),
                {"n_findings": result.n_findings},
            ),
        ),
        (
            n_joined > 0,
            Message(N_("{n_strata} strata without a draw were joined to their partner"), {"n_strata": n_joined}),
        ),
    ]
    return replace(result, cautions=tuple(message for holds, message in found if holds))
