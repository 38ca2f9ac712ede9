"""Features of an entity's neighbourhood, industry and population, without the entity itself."""

from engine.features.declaration import Aggregate, Feature, Peers
from engine.messages import N_, Message

SOURCE = "inspections"
TITLES = {
    Peers.DISTRICT: N_("Adverse rate of other entities in the district, last {months} months"),
    Peers.INDUSTRY: N_("Adverse rate of other entities of the industry, last {months} months"),
    Peers.POPULATION: N_("Adverse rate of the whole population, last {months} months"),
}
SEVERITY_TITLES = {
    Peers.DISTRICT: N_("Mean severity score of other entities in the district, last {months} months"),
    Peers.INDUSTRY: N_("Mean severity score of other entities of the industry, last {months} months"),
}

LOOKBACKS = {Peers.DISTRICT: (36, 12), Peers.INDUSTRY: (36,), Peers.POPULATION: (36,)}

RATES = tuple(
    Feature(
        f"peers_{peers}_adverse_rate_{months}m",
        SOURCE,
        Aggregate.PEER_RATE,
        Message(title, {"months": months}),
        "share of checks, 0..1",
        0,
        "What is usual around the firm; it says nothing about the firm's own conduct, so no sign is claimed.",
        "Risk-based supervision by industry and area; routine and random checks only",
        where=("routine",),
        column="n_adverse",
        per="n_assessable",
        lookback_months=months,
        peers=peers,
    )
    for peers, title in TITLES.items()
    for months in LOOKBACKS[peers]
)
SEVERITIES = tuple(
    Feature(
        f"peers_{peers}_severity_36m",
        SOURCE,
        Aggregate.PEER_RATE,
        Message(title, {"months": 36}),
        "the sector's own scale",
        0,
        "What is usual around the firm; it says nothing about the firm's own conduct, so no sign is claimed.",
        "Risk-based supervision by industry and area; routine and random checks only",
        where=("routine", "has_severity"),
        column="severity",
        per="has_severity",
        lookback_months=36,
        peers=peers,
    )
    for peers, title in SEVERITY_TITLES.items()
)

FEATURES = (*RATES, *SEVERITIES)
