"""Features of how bad inspections were: the sector's own severity score and violations by level.

Only assessable visits count: a visit that found no activity, or a closed firm, says nothing about conduct. What was
never inspected is unknown, not free of violations.
"""

from engine.features.declaration import Aggregate, Feature
from engine.messages import N_, Message

SOURCE = "inspections"
GENERAL_SYSTEM = "SAMR general indicator system for enterprise credit risk, group supervision (double-random results)"
PRACTICE = "Practice of risk-based inspection programmes"

SEVERITY_COLUMNS = {
    "violations_critical": "critical",
    "violations_major": "major",
    "violations_minor": "minor",
    "inspections_severity": "severity",
}
TITLES_LAST = {
    "violations_critical": N_("Critical violations at the last visit"),
    "violations_major": N_("Major violations at the last visit"),
    "violations_minor": N_("Minor violations at the last visit"),
    "inspections_severity": N_("Severity score of the last visit"),
}
TITLES_MEAN = {
    "violations_critical": N_("Critical violations per visit in the last {months} months"),
    "violations_major": N_("Major violations per visit in the last {months} months"),
    "violations_minor": N_("Minor violations per visit in the last {months} months"),
    "inspections_severity": N_("Mean severity score in the last {months} months"),
}
TITLES_DECAYED = {
    "violations_critical": N_("Critical violations, older ones counting less"),
    "violations_major": N_("Major violations, older ones counting less"),
    "violations_minor": N_("Minor violations, older ones counting less"),
}


def _unit(thing: str) -> str:
    return "the sector's own scale" if thing == "inspections_severity" else "violations"


LAST_VALUES = tuple(
    Feature(
        f"{thing}_last",
        SOURCE,
        Aggregate.LAST,
        Message(TITLES_LAST[thing]),
        _unit(thing),
        1,
        "The latest finding is the freshest measure of conduct.",
        GENERAL_SYSTEM,
        column=column,
        where=("assessable",),
    )
    for thing, column in SEVERITY_COLUMNS.items()
)
MEANS = tuple(
    Feature(
        f"{thing}_mean_{months}m",
        SOURCE,
        Aggregate.MEAN,
        Message(TITLES_MEAN[thing], {"months": months}),
        f"{_unit(thing)} per visit",
        1,
        "How bad visits were on average, whatever their number.",
        GENERAL_SYSTEM,
        column=column,
        where=("assessable",),
        lookback_months=months,
    )
    for thing, column in SEVERITY_COLUMNS.items()
    for months in (36, 60)
)
DECAYED = tuple(
    Feature(
        f"{thing}_decayed",
        SOURCE,
        Aggregate.DECAYED,
        Message(TITLES_DECAYED[thing]),
        "violations, weighted by age",
        1,
        "Fresh violations weigh more than old ones.",
        "Decay of DOMAIN 2.5: up to one, two and three years",
        column=column,
        when_none=None,
    )
    for thing, column in list(SEVERITY_COLUMNS.items())[:3]
)


def _of_severity(
    name: str, aggregate: Aggregate, template: str, *, months: int | None, direction: int, rationale: str
) -> Feature:
    return Feature(
        f"inspections_severity_{name}",
        SOURCE,
        aggregate,
        Message(template, {"months": months} if months else {}),
        "the sector's own scale" + (" per year" if aggregate is Aggregate.TREND else ""),
        direction,
        rationale,
        PRACTICE,
        column="severity",
        where=("assessable",),
        lookback_months=months,
    )


SEVERITY = (
    _of_severity(
        "second_last",
        Aggregate.SECOND_LAST,
        N_("Severity score of the visit before the last"),
        months=None,
        direction=1,
        rationale="Two bad visits in a row are no accident.",
    ),
    _of_severity(
        "change",
        Aggregate.CHANGE,
        N_("Change of the severity score between the last two visits"),
        months=None,
        direction=0,
        rationale="Getting worse or better; regression to the mean forbids a claim on its sign.",
    ),
    _of_severity(
        "max_36m",
        Aggregate.MAX,
        N_("Highest severity score in the last {months} months"),
        months=36,
        direction=1,
        rationale="The worst that was found.",
    ),
    _of_severity(
        "mean_ever",
        Aggregate.MEAN,
        N_("Mean severity score of all known visits"),
        months=None,
        direction=1,
        rationale="The mean of past scores is the strongest single column on several regulators' records.",
    ),
    _of_severity(
        "trend_60m",
        Aggregate.TREND,
        N_("Yearly change of the severity score over {months} months"),
        months=60,
        direction=0,
        rationale="Slow decline or improvement.",
    ),
)


VIOLATIONS = (
    Feature(
        "violations_last",
        SOURCE,
        Aggregate.LAST,
        Message(N_("Violations at the last visit")),
        "violations",
        1,
        "The latest finding is the freshest measure of conduct.",
        GENERAL_SYSTEM,
        column="violations",
        where=("assessable",),
    ),
    Feature(
        "violations_mean_36m",
        SOURCE,
        Aggregate.MEAN,
        Message(N_("Violations per visit in the last {months} months"), {"months": 36}),
        "violations per visit",
        1,
        "How much was found on average, whatever the number of visits.",
        GENERAL_SYSTEM,
        column="violations",
        where=("assessable",),
        lookback_months=36,
    ),
    Feature(
        "violations_critical_max_36m",
        SOURCE,
        Aggregate.MAX,
        Message(N_("Most critical violations at one visit in the last {months} months"), {"months": 36}),
        "violations",
        1,
        "The worst that was found.",
        GENERAL_SYSTEM,
        column="critical",
        where=("assessable",),
        lookback_months=36,
    ),
)

FEATURES = (*LAST_VALUES, *MEANS, *DECAYED, *SEVERITY, *VIOLATIONS)
