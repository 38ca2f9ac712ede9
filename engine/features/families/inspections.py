"""Features of inspections: how often, how they ended and how lately.

Outcomes are taken over assessable visits: a visit that found no activity, or a closed firm, says nothing about conduct.
"""

from engine.features.declaration import Aggregate, Feature, Peers
from engine.messages import N_, Message

SOURCE = "inspections"
GENERAL_SYSTEM = "SAMR general indicator system for enterprise credit risk, group supervision (double-random results)"
CLASSIFICATION = "国市监信发〔2022〕6号: inspection results are gathered and fed back into the classification"
WINDOWS = (6, 12, 24, 36, 60)

COUNTS = tuple(
    Feature(
        f"inspections_count_{months}m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Inspection visits in the last {months} months"), {"months": months}),
        "visits",
        0,
        "How much is known from inspections; being visited often is no fault.",
        CLASSIFICATION,
        lookback_months=months,
    )
    for months in (12, 24, 36)
)
ADVERSE_COUNTS = tuple(
    Feature(
        f"inspections_adverse_{months}m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Visits with an adverse finding in the last {months} months"), {"months": months}),
        "visits",
        1,
        "Found problems are the direct evidence of conduct.",
        GENERAL_SYSTEM,
        where=("adverse",),
        lookback_months=months,
    )
    for months in WINDOWS
)
SHARES = tuple(
    Feature(
        f"inspections_adverse_share_{months}m",
        SOURCE,
        Aggregate.RATIO,
        Message(N_("Share of checked items found adverse in the last {months} months"), {"months": months}),
        "share of checks, 0..1",
        1,
        "A share does not grow with the number of visits or items, which the authority decides.",
        GENERAL_SYSTEM,
        column="n_adverse",
        per="n_assessable",
        lookback_months=months,
    )
    for months in (12, 36, 60)
)


def _of_outcome(
    name: str,
    aggregate: Aggregate,
    template: str,
    *,
    unit: str,
    direction: int,
    rationale: str,
    where: tuple[str, ...] = ("assessable",),
    column: str | None = "adverse",
    months: int | None = None,
) -> Feature:
    return Feature(
        f"inspections_{name}",
        SOURCE,
        aggregate,
        Message(template, {"months": months} if months else {}),
        unit,
        direction,
        rationale,
        GENERAL_SYSTEM,
        where=where,
        column=column,
        lookback_months=months,
    )


OUTCOMES = (
    _of_outcome(
        "adverse_decayed",
        Aggregate.DECAYED,
        N_("Visits with an adverse finding, older ones counting less"),
        unit="visits, weighted by age",
        direction=1,
        rationale="Fresh findings weigh more than old ones.",
        where=("adverse",),
        column=None,
    ),
    _of_outcome(
        "last_adverse",
        Aggregate.LAST,
        N_("Whether the last visit was adverse"),
        unit="0 or 1",
        direction=1,
        rationale="The baseline every model must beat.",
    ),
    _of_outcome(
        "second_last_adverse",
        Aggregate.SECOND_LAST,
        N_("Whether the visit before the last was adverse"),
        unit="0 or 1",
        direction=1,
        rationale="Two adverse visits in a row are no accident.",
    ),
    _of_outcome(
        "adverse_streak",
        Aggregate.STREAK,
        N_("Adverse visits in a row up to the last"),
        unit="visits",
        direction=1,
        rationale="Repeated failure to mend.",
    ),
    _of_outcome(
        "routine_last_adverse",
        Aggregate.LAST,
        N_("Whether the last routine or random visit was adverse"),
        unit="0 or 1",
        direction=1,
        rationale="Not chosen for a suspicion, so comparable between firms.",
        where=("assessable", "routine"),
    ),
    _of_outcome(
        "routine_severity_last",
        Aggregate.LAST,
        N_("Severity score of the last routine or random visit"),
        unit="the sector's own scale",
        direction=1,
        rationale="Not chosen for a suspicion, so comparable between firms.",
        where=("assessable", "routine"),
        column="severity",
    ),
    _of_outcome(
        "routine_severity_mean_ever",
        Aggregate.MEAN,
        N_("Mean severity score of all known routine or random visits"),
        unit="the sector's own scale",
        direction=1,
        rationale="Not chosen for a suspicion, so comparable between firms.",
        where=("assessable", "routine"),
        column="severity",
    ),
    _of_outcome(
        "directed_count_24m",
        Aggregate.COUNT,
        N_("Directed checks in the last {months} months"),
        unit="visits",
        direction=0,
        rationale="Checks on a lead or complaint; the lead itself is no finding.",
        where=("directed",),
        column=None,
        months=24,
    ),
    _of_outcome(
        "directed_adverse_24m",
        Aggregate.COUNT,
        N_("Directed checks with an adverse finding in the last {months} months"),
        unit="visits",
        direction=1,
        rationale="A lead that proved true.",
        where=("directed", "adverse"),
        column=None,
        months=24,
    ),
    _of_outcome(
        "directed_severity_last",
        Aggregate.LAST,
        N_("Severity score of the last directed check"),
        unit="the sector's own scale",
        direction=1,
        rationale="Whether a re-check found it mended.",
        where=("assessable", "directed"),
        column="severity",
    ),
    _of_outcome(
        "refused_36m",
        Aggregate.COUNT,
        N_("Refused inspections in the last {months} months"),
        unit="visits",
        direction=1,
        rationale="Serious non-cooperation is a result of its own.",
        where=("refused",),
        column=None,
        months=36,
    ),
    _of_outcome(
        "unreachable_36m",
        Aggregate.COUNT,
        N_("Visits at which the firm could not be reached in the last {months} months"),
        unit="visits",
        direction=1,
        rationale="Ground for the abnormal list.",
        where=("unreachable",),
        column=None,
        months=36,
    ),
    _of_outcome(
        "days_since_last",
        Aggregate.DAYS_SINCE_LAST,
        N_("Days since the last visit"),
        unit="days",
        direction=0,
        rationale="Old knowledge is weak knowledge; agencies also return sooner to bad firms, so no sign is claimed.",
        where=(),
        column=None,
    ),
    _of_outcome(
        "days_since_adverse",
        Aggregate.DAYS_SINCE_LAST,
        N_("Days since the last adverse finding"),
        unit="days",
        direction=-1,
        rationale="The fresher the finding, the higher the risk; null when there never was one.",
        where=("adverse",),
        column=None,
    ),
)
DAYS_SINCE_RESULT = tuple(
    _of_outcome(
        f"days_since_{result}",
        Aggregate.DAYS_SINCE_LAST,
        template,
        unit="days",
        direction=-1,
        rationale="The fresher, the higher the risk; null when it never happened.",
        where=(result,),
        column=None,
    )
    for result, template in (
        ("refused", N_("Days since the last refused inspection")),
        ("unreachable", N_("Days since the firm was last not reached")),
    )
)
SHRUNKEN = Feature(
    "inspections_adverse_rate_shrunken_36m",
    SOURCE,
    Aggregate.SHRUNKEN,
    Message(N_("Adverse rate of {months} months, drawn to the rate of its population"), {"months": 36}),
    "share of checks, 0..1",
    1,
    "A rate of one visit is no rate: few checks are drawn to what is usual.",
    "Empirical-Bayes shrinkage with the prior strength of policy features.prior_strength",
    where=("routine",),
    column="n_adverse",
    per="n_assessable",
    lookback_months=36,
    peers=Peers.POPULATION,
)
FEATURES = (*COUNTS, *ADVERSE_COUNTS, *SHARES, SHRUNKEN, *OUTCOMES, *DAYS_SINCE_RESULT)
