"""Features of the firms an entity is linked with through shareholders, legal representative, address and branches."""

from engine.features.declaration import Aggregate, Feature
from engine.features.source import IS_OPEN
from engine.messages import N_, Message

BASIS = "General indicator system, group relations: shares of affiliates listed, penalised, in default"
UNIT = "share of links, 0..1"
WHY = "Who runs or owns a firm that broke the law runs or owns this one too; null when nobody is linked."

PENALISED = Feature(
    "related_penalised_36m",
    "penalties",
    Aggregate.RELATED_SHARE,
    Message(N_("Share of links to firms penalised in the last {months} months"), {"months": 36}),
    UNIT,
    1,
    WHY,
    BASIS,
    lookback_months=36,
)
ADVERSE = Feature(
    "related_adverse_36m",
    "inspections",
    Aggregate.RELATED_SHARE,
    Message(N_("Share of links to firms with an adverse finding in the last {months} months"), {"months": 36}),
    UNIT,
    1,
    WHY,
    BASIS,
    where=("adverse",),
    lookback_months=36,
)
TITLES = {
    "abnormal": N_("Share of links to firms now on the list of abnormal operations"),
    "serious_violation": N_("Share of links to firms now on the list of serious violations"),
    "judgment_defaulter": N_("Share of links to firms now on the list of judgment defaulters"),
}
LISTED = tuple(
    Feature(
        f"related_{name}_open",
        "listings",
        Aggregate.RELATED_SHARE,
        Message(title),
        UNIT,
        1,
        WHY,
        BASIS,
        where=(name, IS_OPEN),
    )
    for name, title in TITLES.items()
)

FEATURES = (PENALISED, ADVERSE, *LISTED)
