"""What an inspection finds: the one place that turns risk and chance into results.

For a row (visit, entity, item), with p_u = chance that nobody is met and p_n = chance of no such activity,

    gone entity:    unreachable with a fixed share, else exited (the whole visit)
    trading entity: unreachable with p_u (the whole visit); else no_activity with p_n; else a problem with
                    logistic(difficulty + risk + strictness + lead), else no_problem

so the chance of an adverse row is p_u + (1 - p_u)(1 - p_n) logistic(…), or that fixed share.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from engine.simulation.assumptions import Assumptions
from engine.simulation.item_list import IS_FOOD, IS_PUBLICITY
from engine.vocabulary import JOINER, ResultCode

Floats = npt.NDArray[np.float64]

RESULTS = tuple(ResultCode)
RESULT_TEXTS = tuple(
    first.value if second is None else JOINER.join([first.value, second.value])
    for first in RESULTS
    for second in (None, *RESULTS)
)
"""Every text a row can hold: index = first result * (number of results + 1) + (second result + 1, or 0 for none)."""
METHODS = ("onsite_check", "document_review", "online_monitoring")
_NO_SECOND = -1
_NOT_COUNTED = -1
_ON_TIME_DAYS, _LATE_DAYS = 20, 45
_MIX_RESULTS = np.array(
    [RESULTS.index(code) for code in ("pending", "not_publicised", "false_publicity", "corrected", "other_law")]
)
_CORRECTED, _OTHER_LAW, _NOT_PUBLICISED = (RESULTS.index(code) for code in ("corrected", "other_law", "not_publicised"))
_NO_PROBLEM, _NO_ACTIVITY, _UNREACHABLE, _EXITED, _REFUSED = (
    RESULTS.index(code) for code in ("no_problem", "no_activity", "unreachable", "exited", "refused")
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides about each row; one element per row.

    Parameters
    ----------
    item : index of the item.
    risk : of the entity in that year.
    propensity : difficulty + risk + strictness + lead, logit scale.
    is_gone : trading has ended by the day of the visit.
    """

    item: npt.NDArray[np.integer]
    risk: Floats
    propensity: Floats
    is_gone: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Result of each row.

    Parameters
    ----------
    first, second : indices into ``RESULTS``; ``second`` is -1 for none.
    minor, major, critical : violations; -1 where nothing could be inspected.
    severity_score : food sector only, 0..100, higher = worse; NaN elsewhere.
    method : index into ``METHODS``.
    publicity_lag : working days until the result is public.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    minor: npt.NDArray[np.int64]
    major: npt.NDArray[np.int64]
    critical: npt.NDArray[np.int64]
    severity_score: Floats
    method: npt.NDArray[np.int64]
    publicity_lag: npt.NDArray[np.int64]

    @property
    def texts(self) -> npt.NDArray[np.int64]:
        """Indices into ``RESULT_TEXTS``."""
        return self.first * (len(RESULTS) + 1) + self.second + 1

    @property
    def is_violation(self) -> npt.NDArray[np.bool_]:
        """Whether an inspected row showed a problem (unreachable ones are adverse but not inspected)."""
        return self.minor > 0


def unreachable_probability(risk: Floats, assumptions: Assumptions) -> Floats:
    """Return the chance that a trading entity is not met at its address."""
    return np.minimum(assumptions.unreachable_share * np.exp(assumptions.unreachable_risk_slope * risk), 0.5)


def adverse_probability(circumstances: Circumstances, assumptions: Assumptions) -> Floats:
    """Return the exact chance that each row is adverse (any result but no_problem, no_activity, exited)."""
    unreachable = unreachable_probability(circumstances.risk, assumptions)
    problem = (1 - assumptions.no_activity_share) * expit(circumstances.propensity)
    trading = unreachable + (1 - unreachable) * problem
    return np.where(circumstances.is_gone, assumptions.gone_unreachable_share, trading)


def judge(
    circumstances: Circumstances, *, row_uniforms: Floats, visit_uniforms: Floats, assumptions: Assumptions
) -> Judgement:
    """Return what every row finds.

    Parameters
    ----------
    row_uniforms : (row, 8), own to each row.
    visit_uniforms : (row, >= 3), equal for the rows of one visit.
    """
    met, refusal, lag = visit_uniforms[:, 0], visit_uniforms[:, 1], visit_uniforms[:, 2]
    gone = circumstances.is_gone
    limit = np.where(gone, assumptions.gone_unreachable_share, unreachable_probability(circumstances.risk, assumptions))
    is_unreachable = met < limit
    is_inspected = ~gone & ~is_unreachable
    has_activity = row_uniforms[:, 0] >= assumptions.no_activity_share
    is_problem = is_inspected & has_activity & (row_uniforms[:, 1] < expit(circumstances.propensity))
    is_refused = is_problem & (refusal < assumptions.refused_share)
    first, second = _wordings(circumstances.item, row_uniforms[:, 2], row_uniforms[:, 3], assumptions)
    first = np.select(
        [is_unreachable, gone, ~has_activity, is_refused, is_problem],
        [_UNREACHABLE, _EXITED, _NO_ACTIVITY, _REFUSED, first],
        _NO_PROBLEM,
    )
    second = np.where(is_problem & ~is_refused, second, _NO_SECOND)
    counts = _violations(circumstances.risk, row_uniforms[:, 4:7], assumptions)
    is_counted = is_inspected & has_activity
    minor, major, critical = (np.where(is_problem, count, np.where(is_counted, 0, _NOT_COUNTED)) for count in counts)
    is_scored = is_counted & IS_FOOD[circumstances.item]
    score = np.minimum(3.0 * minor + 8.0 * major + 20.0 * critical, 100.0)
    late = assumptions.late_publicity_share
    on_time = 1 + np.floor((lag - late) / (1 - late) * _ON_TIME_DAYS)
    overdue = _ON_TIME_DAYS + 1 + np.floor(lag / late * (_LATE_DAYS - _ON_TIME_DAYS))
    steps = np.cumsum([assumptions.onsite_share, assumptions.document_share])
    return Judgement(
        first=first,
        second=second,
        minor=minor,
        major=major,
        critical=critical,
        severity_score=np.where(is_scored, score, np.nan),
        method=np.where(is_scored, 0, np.searchsorted(steps, row_uniforms[:, 7], side="right")),
        publicity_lag=np.where(lag < late, overdue, on_time).astype(np.int64),
    )


def _wordings(
    item: npt.NDArray[np.integer], choice: Floats, further: Floats, assumptions: Assumptions
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return first and second result of a problem, by the kind of item."""
    is_publicity = IS_PUBLICITY[item]
    at = np.where(
        is_publicity,
        np.searchsorted(np.cumsum(assumptions.publicity_mix)[:-1], choice, side="right"),
        np.searchsorted(np.cumsum(assumptions.conduct_mix)[:-1], choice, side="right"),
    )
    first = _MIX_RESULTS[at]
    beside = np.where(is_publicity, _NOT_PUBLICISED, _OTHER_LAW)
    second = np.where(first == _CORRECTED, beside, _CORRECTED)
    return first, np.where(further < assumptions.second_code_share, second, _NO_SECOND)


def _violations(
    risk: Floats, uniforms: Floats, assumptions: Assumptions
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return minor (>= 1, geometric tail), major (0..2) and critical (0 or 1) violations of a problem."""
    mean = assumptions.mean_further_minor
    minor = 1 + np.floor(np.log1p(-uniforms[:, 0]) / np.log(mean / (1 + mean))).astype(np.int64)
    p_major = np.minimum(assumptions.major_share * np.exp(assumptions.major_risk_slope * risk), 0.8)
    major = (uniforms[:, 1] < p_major).astype(np.int64) + (uniforms[:, 1] < p_major / 5)
    p_critical = np.minimum(assumptions.critical_share * np.exp(assumptions.critical_risk_slope * risk), 0.5)
    return np.minimum(minor, 12), major, (uniforms[:, 2] < p_critical).astype(np.int64)
