"""Features of the entity itself and of the place it shares."""

from engine.features.declaration import Aggregate, Feature
from engine.messages import N_, Message

SOURCE = "entities"
BASIS = "General indicator system, group basic attributes: size, age"

FEATURES = (
    Feature(
        "entity_age_years",
        SOURCE,
        Aggregate.ATTRIBUTE,
        Message(N_("Years since establishment")),
        "years of 365.25 days",
        0,
        "Young firms fail more often; age alone is no fault.",
        BASIS,
        column="age_years",
    ),
    Feature(
        "entity_capital",
        SOURCE,
        Aggregate.ATTRIBUTE,
        Message(N_("Registered capital")),
        "yuan",
        0,
        "Size; no sign is claimed.",
        BASIS,
        column="capital",
    ),
    Feature(
        "entity_same_address_count",
        SOURCE,
        Aggregate.PEER_COUNT,
        Message(N_("Other active entities at the same address")),
        "entities",
        0,
        "Ten and more firms at one address are a known sign of shell registration; markets and malls are not.",
        "Shandong 2020: addresses with ten or more firms are drawn at a higher ratio",
        column="address",
    ),
)
