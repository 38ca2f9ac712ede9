"""Features of administrative licences: standing, expired, withdrawn, suspended."""

from engine.features.declaration import Aggregate, Feature
from engine.features.source import IS_OPEN
from engine.messages import N_, Message

SOURCE = "licences"
BASIS = "General indicator system, group dynamic: licences expired or lapsed; 发改办财金〔2018〕424号"

FEATURES = (
    Feature(
        "licences_standing",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Licences in force")),
        "licences",
        0,
        "What the firm may do; holding a licence is no merit and no fault.",
        BASIS,
        where=("standing", IS_OPEN),
    ),
    Feature(
        "licences_expired_12m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Licences that ran out unrenewed in the last {months} months"), {"months": 12}),
        "licences",
        1,
        "A firm that goes on after its licence ended trades without one.",
        BASIS,
        where=("expired",),
        lookback_months=12,
    ),
    Feature(
        "licences_expired_36m",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Licences that ran out unrenewed in the last {months} months"), {"months": 36}),
        "licences",
        1,
        "A firm that goes on after its licence ended trades without one.",
        BASIS,
        where=("expired",),
        lookback_months=36,
    ),
    Feature(
        "licences_days_since_expired",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since a licence last ran out unrenewed")),
        "days",
        -1,
        "The fresher, the higher the risk; null when none ran out.",
        BASIS,
        where=("expired",),
    ),
    Feature(
        "licences_withdrawn",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Licences revoked or withdrawn by the authority")),
        "licences",
        1,
        "An authority found that the firm must not do what it was licensed for.",
        BASIS,
        where=("withdrawn",),
    ),
    Feature(
        "licences_suspended",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Licences now suspended")),
        "licences",
        1,
        "Suspension lasts until what caused it is mended.",
        BASIS,
        where=("suspended", IS_OPEN),
    ),
    Feature(
        "licences_days_since_granted",
        SOURCE,
        Aggregate.DAYS_SINCE_LAST,
        Message(N_("Days since a licence was last granted")),
        "days",
        0,
        "How long ago an authority last looked at the firm's papers; no sign is claimed.",
        BASIS,
        where=("granted",),
    ),
)
