"""Features of grades that other bodies gave; kept as data, never mixed with the internal class."""

from engine.features.declaration import Aggregate, Feature
from engine.features.source import IS_OPEN
from engine.messages import N_, Message

SOURCE = "external_grades"
BASIS = "国办发〔2026〕8号: the official credit evaluation is imported; 国市监信发〔2022〕6号: data of others"

FEATURES = (
    Feature(
        "external_grades_last",
        SOURCE,
        Aggregate.LAST,
        Message(N_("Place of the last valid outside grade, from best to worst")),
        "0 = best, 1 = worst",
        1,
        "What another body found of the same firm.",
        BASIS,
        where=(IS_OPEN,),
        column="position",
    ),
    Feature(
        "external_grades_worst",
        SOURCE,
        Aggregate.MAX,
        Message(N_("Place of the worst valid outside grade")),
        "0 = best, 1 = worst",
        1,
        "One body's bad grade is not undone by another's good one.",
        BASIS,
        where=(IS_OPEN,),
        column="position",
    ),
    Feature(
        "external_grades_at_worst",
        SOURCE,
        Aggregate.COUNT,
        Message(N_("Valid outside grades at the worst place of their scheme")),
        "grades",
        1,
        "The worst class of a scheme is a finding of its own.",
        BASIS,
        where=("is_worst", IS_OPEN),
    ),
    Feature(
        "external_grades_change",
        SOURCE,
        Aggregate.CHANGE,
        Message(N_("Change between the last two outside grades")),
        "0 = best, 1 = worst",
        0,
        "Schemes differ in scale, so no sign is claimed.",
        BASIS,
        column="position",
    ),
)
