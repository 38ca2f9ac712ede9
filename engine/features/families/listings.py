"""Features of the abnormal-operation, serious-violation and judgment-defaulter lists.

A removed listing stays in the history that the indicator system counts; a repaired one counts nowhere.
"""

from engine.features.declaration import Aggregate, Feature
from engine.features.source import IS_OPEN
from engine.messages import N_, Message

SOURCE = "listings"
BASES = {
    "abnormal": "国务院令654 art. 17 and the abnormal-list rules; general indicator system, group supervision",
    "serious_violation": "总局令44; general indicator system, group supervision",
    "judgment_defaulter": "法释〔2017〕7号; general indicator system, group supervision",
}
TITLES_OPEN = {
    "abnormal": N_("Now on the list of abnormal operations"),
    "serious_violation": N_("Now on the list of serious violations"),
    "judgment_defaulter": N_("Now on the list of judgment defaulters"),
}
TITLES_COUNT = {
    "abnormal": N_("Times put on the list of abnormal operations in the last {months} months"),
    "serious_violation": N_("Times put on the list of serious violations in the last {months} months"),
    "judgment_defaulter": N_("Times put on the list of judgment defaulters in the last {months} months"),
}
LOOKBACK = {"abnormal": 36, "serious_violation": 60, "judgment_defaulter": 60}

OPEN = tuple(
    Feature(
        f"listings_{name}_open",
        SOURCE,
        Aggregate.COUNT,
        Message(title),
        "listings",
        1,
        "Being on the list is a legal fact that lasts until removal.",
        BASES[name],
        where=(name, IS_OPEN),
    )
    for name, title in TITLES_OPEN.items()
)
COUNTS = tuple(
    Feature(
        f"listings_{name}_{LOOKBACK[name]}m",
        SOURCE,
        Aggregate.COUNT,
        Message(title, {"months": LOOKBACK[name]}),
        "listings",
        1,
        "History of listing, removed listings included.",
        BASES[name],
        where=(name,),
        lookback_months=LOOKBACK[name],
    )
    for name, title in TITLES_COUNT.items()
)
TITLES_SINCE = {
    "abnormal": N_("Days since last put on the list of abnormal operations"),
    "serious_violation": N_("Days since last put on the list of serious violations"),
    "judgment_defaulter": N_("Days since last put on the list of judgment defaulters"),
}
SINCE = tuple(
    Feature(
        f"listings_{name}_days_since_last",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(title),
        "days",
        -1,
        "The fresher, the higher the risk; null when never listed.",
        BASES[name],
        where=(name,),
    )
    for name, title in TITLES_SINCE.items()
)
OTHERS = (
    Feature(
        "listings_abnormal_open_days",
        SOURCE,
        Aggregate.DAYS_SINCE_FIRST,
        Message(N_("Days on the list of abnormal operations without removal")),
        "days",
        1,
        "A duty left unperformed; three years lead to the serious-violation list.",
        BASES["abnormal"],
        where=("abnormal", IS_OPEN),
        when_none=0.0,
    ),
    Feature(
        "listings_days_since_last",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since last put on any list")),
        "days",
        -1,
        "The fresher, the higher the risk; null when never listed.",
        BASES["abnormal"],
    ),
)

FEATURES = (*OPEN, *COUNTS, *SINCE, *OTHERS)
