"""Features of changes in the register, read off the versions of the entity."""

from engine.features.declaration import Aggregate, Feature
from engine.messages import N_, Message

SOURCE = "registrations"
BASIS = "General indicator system, group dynamic: registration and filing; 国务院令746 (market entity registration)"
WHY_OFTEN = "Frequent changes of registered facts are an indicator of the general system; one change is no fault."

COUNTS = tuple(
    Feature(
        f"registrations_changes_{months}m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Changes of registered facts in the last {months} months"), {"months": months}),
        "changes",
        1,
        WHY_OFTEN,
        BASIS,
        lookback_months=months,
    )
    for months in (3, 12, 36)
)
TITLES = {
    "moved": N_("Changes of address in the last {months} months"),
    "renamed": N_("Changes of name in the last {months} months"),
    "industry_changed": N_("Changes of industry in the last {months} months"),
    "capital_cut": N_("Reductions of registered capital in the last {months} months"),
}
KINDS = tuple(
    Feature(
        f"registrations_{kind}_36m",
        SOURCE,
        Aggregate.COUNT,
        Message(title, {"months": 36}),
        "changes",
        1,
        WHY_OFTEN if kind != "capital_cut" else "Less capital stands behind what the firm owes.",
        BASIS,
        where=(kind,),
        lookback_months=36,
    )
    for kind, title in TITLES.items()
)
OTHERS = (
    Feature(
        "registrations_capital_raised_36m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Increases of registered capital in the last {months} months"), {"months": 36}),
        "changes",
        0,
        "A rise may be growth or a facade; no sign is claimed.",
        BASIS,
        where=("capital_raised",),
        lookback_months=36,
    ),
    Feature(
        "registrations_days_since_change",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since the last change of a registered fact")),
        "days",
        0,
        "How settled the firm is; no sign is claimed.",
        BASIS,
    ),
)

FEATURES = (*COUNTS, *KINDS, *OTHERS)
