"""What grades given once can claim of a population and what they cannot, in sentences made from their figures."""

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.estimation.estimate import Estimate
from engine.messages import N_, Message
from engine.vocabulary import SCORE_NAMES
from models.judging.cohort_judgement import CohortJudgement

APART = N_("Can claim: among those inspected, grade {grades} finds more than the next milder one.")
NOT_APART = N_("Cannot claim: that grade {grades} finds more than the next milder one.")
LIFT_MORE = N_(
    "Can claim: the ratios find {lift} times as much per visit as a uniform draw, and the model's lift is above that "
    "of the best simple score ({score}) by {gain} ({low} – {high})."
)
LIFT_OPEN = N_(
    "Cannot claim: that the model's lift of {lift} is above that of the best simple score ({score}); the difference is "
    "{gain} ({low} – {high})."
)
NO_LIFT = N_("Cannot claim: a lift, since a grade shows no outcome.")
UNSEEN = N_("Cannot claim: anything about the {unseen} of the graded whom no such inspection met in those months.")


def cohort_claims(cohort: Mapping[str, CohortJudgement], *, model: str, among: Sequence[str]) -> list[Message]:
    """Return what grades given once can and cannot claim, one sentence each.

    Parameters
    ----------
    cohort : judgement by name of the score.
    model : name of the score that is spoken of.
    among : simple scores one could use instead; the lift is compared with the highest of theirs.

    Notes
    -----
    "Can claim" = above 0 at the level of the intervals; where the outcomes were reweighted, in both readings.
    """
    own = cohort[model]
    claims = [*_order(_readings(own)), _lift(cohort, own, among=among)]
    if own.never_inspected_share > 0:
        claims.append(Message(UNSEEN, {"unseen": f"{own.never_inspected_share:.1%}"}))
    return claims


def _readings(judged: CohortJudgement) -> list[CohortJudgement]:
    return [judged] if judged.reweighted is None else [judged, judged.reweighted]


def _order(readings: Sequence[CohortJudgement]) -> list[Message]:
    """Which neighbouring grades are apart in every reading, and which are not."""
    every = pd.concat([reading.differences for reading in readings], ignore_index=True)
    is_apart = every.groupby("riskier")["is_separated"].all()
    grades = {
        template: ", ".join(str(grade) for grade in is_apart.index[is_apart == held])
        for template, held in ((APART, True), (NOT_APART, False))
    }
    return [Message(template, {"grades": named}) for template, named in grades.items() if named]


def _lift(cohort: Mapping[str, CohortJudgement], own: CohortJudgement, *, among: Sequence[str]) -> Message:
    rivals = [cohort[name] for name in among if name in cohort]
    found = [(rival.lift.value, rival) for rival in rivals if rival.lift is not None]
    if own.lift is None or not found:
        return Message(NO_LIFT)
    best = max(found, key=lambda pair: pair[0])[1]
    gains = [reading.lift_gain for reading in _readings(best)]
    if any(gain is None for gain in gains):
        return Message(NO_LIFT)
    lowest = min((gain for gain in gains if gain is not None), key=lambda gain: gain.low)
    return Message(LIFT_MORE if lowest.low > 0 else LIFT_OPEN, _said(own.lift, best.name, lowest))


def _said(lift: Estimate, score: str, gain: Estimate) -> dict[str, object]:
    return {
        "lift": f"{lift.value:.2f}",
        "score": Message(SCORE_NAMES.get(score, score)),
        "gain": f"{gain.value:+.2f}",
        "low": f"{gain.low:+.2f}",
        "high": f"{gain.high:+.2f}",
    }
