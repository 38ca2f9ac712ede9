"""The field's words as types: grades, ways of selection, result wordings, table shapes.

Terms and codes: the city plan of 2019, the national result wordings (GS52) and the classification notice
国市监信发〔2022〕6号 (grades A low risk … D high risk).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from engine.errors import ContractError, SchemaMismatchError
from engine.messages import N_, Message, Translate


class Grade(StrEnum):
    """Internal credit-risk class, A = low risk … D = high risk; U = not classified (no model or no record)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    UNCLASSIFIED = "U"


RISK_GRADES = (Grade.A, Grade.B, Grade.C, Grade.D)


class SelectionMode(StrEnum):
    """How an inspection came about; the kinds are never mixed in one estimate."""

    RANDOM = "random"
    FILTERED_DRAW = "filtered_draw"
    SCHEDULED = "scheduled"
    DIRECTED = "directed"
    RESERVE = "reserve"


class Arm(StrEnum):
    """Arm of a randomised trial of graded supervision: ratios by grade, or one ratio for every grade."""

    GRADED = "graded"
    CONTROL = "control"


class ItemClass(StrEnum):
    """Key items (safety, quality, public interest) know no ratio cap; general items must have one."""

    KEY = "key"
    GENERAL = "general"


class ResultCode(StrEnum):
    """Canonical inspection results; wordings differ by province and map by text, never by number."""

    NO_PROBLEM = "no_problem"
    PENDING = "pending"
    NOT_PUBLICISED = "not_publicised"
    FALSE_PUBLICITY = "false_publicity"
    UNREACHABLE = "unreachable"
    CORRECTED = "corrected"
    REFUSED = "refused"
    NO_ACTIVITY = "no_activity"
    OTHER_LAW = "other_law"
    EXITED = "exited"


NOT_ASSESSABLE_RESULTS = frozenset({ResultCode.NO_ACTIVITY, ResultCode.EXITED})
ADVERSE_RESULTS = frozenset(ResultCode) - NOT_ASSESSABLE_RESULTS - {ResultCode.NO_PROBLEM}

JOINER = ";"
"""Separates the parts of a multi-valued text column."""

SECTOR_MARK = "."
"""Stands between a population and the code of a sector of it that is modelled and graded apart."""


def whole_population(population: str) -> str:
    """Return the population that a sector is a part of; itself for a whole one."""
    return population.partition(SECTOR_MARK)[0]


POPULATION_NAMES = {
    "enterprise": N_("Enterprises"),
    "individual_business": N_("Individual businesses"),
    "farmer_cooperative": N_("Farmer cooperatives"),
    "facility": N_("Facilities"),
    "product": N_("Products"),
    "project": N_("Projects"),
    "activity": N_("Activities"),
    "all": N_("All populations"),
}
"""What people call the entity types that are populations of their own; others go by their code."""

SECTOR_NAMES = {"food": N_("Food")}
"""What people call the sectors of the shipped policy ``grading.sector_models``; a city's own go by their code."""


def population_title(population: str) -> Message | str:
    """Return what people call a population, with its sector where it is one; a code without a name stays as it is."""
    whole, _, sector = population.partition(SECTOR_MARK)
    title = Message(POPULATION_NAMES[whole]) if whole in POPULATION_NAMES else whole
    if not sector:
        return title
    part = Message(SECTOR_NAMES[sector]) if sector in SECTOR_NAMES else sector
    return Message(N_("{population} · {sector}"), {"population": title, "sector": part})


def population_name(population: str, translate: Translate) -> str:
    """Return :func:`population_title` in the reader's language."""
    title = population_title(population)
    return title if isinstance(title, str) else title.render(translate)


SECTION_NAMES = {
    "A": N_("agriculture, forestry, animal husbandry and fishery"),
    "B": N_("mining"),
    "C": N_("manufacturing"),
    "D": N_("electricity, heat, gas and water"),
    "E": N_("construction"),
    "F": N_("wholesale and retail trade"),
    "G": N_("transport, storage and post"),
    "H": N_("accommodation and catering"),
    "I": N_("information, software and information technology"),
    "J": N_("finance"),
    "K": N_("real estate"),
    "L": N_("leasing and business services"),
    "M": N_("research and technical services"),
    "N": N_("water, environment and public facilities"),
    "O": N_("resident services, repair and other services"),
    "P": N_("education"),
    "Q": N_("health and social work"),
    "R": N_("culture, sports and entertainment"),
    "S": N_("public administration, social security and social organisations"),
    "T": N_("international organisations"),
}
"""Sections of GB/T 4754-2017, 国民经济行业分类."""


def section_name(section: str, translate: Translate) -> str:
    """Return what people call a section of industry, its letter first; a letter that is none stays as it is."""
    return f"{section} {translate(SECTION_NAMES[section])}" if section in SECTION_NAMES else section


SCORE_NAMES = {
    "challenger": N_("learned model (LightGBM)"),
    "general": N_("learned model of the whole population"),
    "standing": N_("stored model that decides now"),
    "woe_scorecard": N_("learned scorecard (weights of evidence)"),
    "scorecard": N_("points scorecard"),
    "penalties_count_24m": N_("penalties of 24 months, counted"),
    "last_outcome": N_("last outcome"),
    "last_score": N_("last score"),
    "prior_rate": N_("prior rate"),
    "mean_past_score": N_("mean of past scores"),
    "random": N_("random order"),
    "inspector_only": N_("(to explain) inspectors alone"),
    "model_with_inspector": N_("(to explain) model and inspectors"),
    "model_inspector_adjusted": N_("(to explain) model with inspectors held fixed"),
}
"""What people call the scores by which entities can be ordered."""

PROBABILITY_COLUMNS = ("design_probability", "inclusion_probability")


@dataclass(frozen=True, slots=True)
class TableShape:
    """Columns a table must have when it passes from one stage to the next.

    Parameters
    ----------
    name : str, what people call the table.
    key : columns that identify a row; unique and never null.
    columns : further columns that must be there, mapped to a word on their content.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]

    def check(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``table`` unchanged, or raise.

        Raises
        ------
        SchemaMismatchError
            A column is missing.
        ContractError
            The key is null or not unique.
        """
        missing = [c for c in (*self.key, *self.columns) if c not in table.columns]
        if missing:
            raise SchemaMismatchError(table=self.name, columns=", ".join(missing))
        keys = table[list(self.key)]
        if keys.isna().to_numpy().any():
            raise ContractError(
                table=self.name,
                problem=Message(N_("the key {key} holds empty values"), {"key": ", ".join(self.key)}),
                remedy=Message(N_("fill or drop those rows")),
            )
        if keys.duplicated().any():
            twice = keys[keys.duplicated()].iloc[0].to_dict()
            raise ContractError(
                table=self.name,
                problem=Message(N_("the key {key} occurs more than once"), {"key": twice}),
                remedy=Message(N_("keep one row per key")),
            )
        return table


SCORES = TableShape(
    "scores",
    ("entity_id", "as_of", "model"),
    {"population": "text", "score": "0..1000, higher = riskier", "coverage_ratio": "share of indicators known"},
)
GRADES = TableShape(
    "grades",
    ("entity_id", "as_of"),
    {"population": "text", "grade": "A..D or U", "model": "text", "score": "0..1000", "score_grade": "by score alone"},
)
SELECTIONS = TableShape(
    "selections",
    ("draw_id", "entity_id", "item_code"),
    {
        "stratum": "opaque code",
        "is_drawn": "boolean",
        "design_probability": "ratio r_h before rounding",
        "inclusion_probability": "n_h / N_h, given the size drawn",
    },
)


OUTSIDE_REASONS = {
    "status": N_("not active"),
    "outside_pool": N_("outside the pool of this draw"),
    "exempt": N_("exempt by a document"),
    "visited": N_("visited at random this year"),
    "visit_cap": N_("has had its visits of the year"),
    "drawn": N_("drawn before"),
}
"""What people call the reasons for which a row stays outside the frame."""


def reason_name(reason: str, translate: Translate) -> str:
    """Return what people call a reason to stay outside the frame."""
    return translate(OUTSIDE_REASONS[reason]) if reason in OUTSIDE_REASONS else reason
