"""Features of complaints and reports."""

from engine.features.declaration import Aggregate, Feature
from engine.messages import N_, Message

SOURCE = "complaints"
BASIS = "General indicator system, group social evaluation: complaints of one year and growth over three months"

COUNTS = tuple(
    Feature(
        f"complaints_count_{months}m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Complaints in the last {months} months"), {"months": months}),
        "complaints",
        1,
        "What customers and staff notice first.",
        BASIS,
        lookback_months=months,
    )
    for months in (3, 12, 24)
)
SUBSTANTIATED = tuple(
    Feature(
        f"complaints_substantiated_{months}m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Complaints proven true in the last {months} months"), {"months": months}),
        "complaints",
        1,
        "A complaint that proved true.",
        BASIS,
        where=("substantiated",),
        lookback_months=months,
    )
    for months in (12, 24, 36)
)
OTHERS = (
    Feature(
        "complaints_substantiated_share_24m",
        SOURCE,
        Aggregate.MEAN,
        Message(N_("Share of checked complaints proven true in the last {months} months"), {"months": 24}),
        "share of checked complaints, 0..1",
        1,
        "Does not grow with a firm's number of customers.",
        BASIS,
        column="substantiated",
        lookback_months=24,
    ),
    Feature(
        "complaints_surge_3m",
        SOURCE,
        Aggregate.SURGE,
        Message(N_("Complaints of the last {months} months minus those of the {months} before"), {"months": 3}),
        "complaints",
        1,
        "Sudden growth comes before trouble.",
        BASIS,
        lookback_months=3,
    ),
    Feature(
        "complaints_substantiated_decayed",
        SOURCE,
        Aggregate.DECAYED,
        Message(N_("Complaints proven true, older ones counting less")),
        "complaints, weighted by age",
        1,
        "Fresh ones weigh more.",
        BASIS,
        where=("substantiated",),
    ),
    Feature(
        "complaints_days_since_last",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since the last complaint")),
        "days",
        -1,
        "The fresher, the higher the risk; null when there never was one.",
        BASIS,
    ),
    Feature(
        "complaints_substantiated_days_since_last",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since the last complaint proven true")),
        "days",
        -1,
        "The fresher, the higher the risk; null when there never was one.",
        BASIS,
        where=("substantiated",),
    ),
)

FEATURES = (*COUNTS, *SUBSTANTIATED, *OTHERS)
