"""Figures that are estimated, not counted: from the random rows of the draws of a period, by their design.

A draw belongs to the period in which it was drawn, with the results known on the day asked; draws inside filtered pools
and checks on other grounds are left out. Few units say nothing: a small domain has its interval and no value.
"""

from datetime import date
from fractions import Fraction

import pandas as pd

from engine.api.figures.measuring import Drawn, read_drawn
from engine.api.workspace import Workspace
from engine.errors import EstimationError, UndefinedEstimateError
from engine.estimation.design import rates_by
from engine.estimation.targeting import lift_over_uniform
from engine.kpis.declaration import Facts
from engine.kpis.values import GROUPINGS
from engine.parameters import PolicyBook
from engine.pipeline.domain_measurement import EVERYTHING, measure_domains
from engine.vocabulary import SelectionMode

HIT_RATE, LIFT, RATIOS = "hit_rate", "lift", "ratios.general"
SEPARATOR = "|"
COLUMNS = ("kpi", "department_code", "district_code", "value", "n", "low", "high")


def estimated(
    workspace: Workspace, *, facts: Facts, book: PolicyBook, first: date, last: date, by: str = "all"
) -> pd.DataFrame:
    """Return the estimated figures of a period, :data:`COLUMNS`; none where no random draw of it can be measured.

    Parameters
    ----------
    facts : as known on ``facts.as_of``. first, last : days of the period; both count. by : key of ``GROUPINGS``.

    Notes
    -----
    Cost: one reading of the drawn rows of the period and their results.
    """
    found = pd.DataFrame(columns=list(COLUMNS))
    draws = _random_draws(facts, first=first, last=last)
    if not draws:
        return found
    try:
        drawn = read_drawn(workspace, draw_ids=draws, book=book, known_on=facts.as_of.date())
    except EstimationError:
        return found  # one unit of many, or none: there is nothing to estimate from
    parts = [_rates(drawn, columns=GROUPINGS[by])]
    if by == "all":
        parts.append(_lift(drawn, book=book))
    return pd.concat([part for part in parts if len(part)] or [found], ignore_index=True)


def _random_draws(facts: Facts, *, first: date, last: date) -> list[str]:
    """Draws of the period whose rows were all drawn from the whole library."""
    days = pd.to_datetime(facts.checks["drawn_on"])
    own = facts.checks[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))]
    own = own[own["mode"] != SelectionMode.RESERVE.value]
    is_random = (own["mode"] == SelectionMode.RANDOM.value).groupby(own["draw_id"]).all()
    return [str(draw) for draw, holds in is_random.items() if holds]


def _rates(drawn: Drawn, *, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = drawn.measured.sample.rows
    codes = rows[list(columns)].fillna("").astype(str)
    domain = codes.agg(SEPARATOR.join, axis=1) if columns else pd.Series(EVERYTHING, index=rows.index)
    table = measure_domains(
        drawn.measured.by_column("kpi_domain", domain),
        by="kpi_domain",
        precision=drawn.precision,
        least_units=drawn.least_units,
        level=drawn.level,
        small_cells=drawn.small_cells,
    )
    table = table[(table["domain"] == EVERYTHING) != bool(columns)].drop_duplicates("domain")
    found = table.rename(columns={"rate": "value"}).assign(kpi=HIT_RATE, department_code="", district_code="")
    split = table["domain"].astype(str).str.split(SEPARATOR, expand=True)
    for place, name in enumerate(columns):
        found[name] = split[place]
    return found[list(COLUMNS)]


def _lift(drawn: Drawn, *, book: PolicyBook) -> pd.DataFrame:
    ratios = {str(grade): float(Fraction(str(ratio))) for grade, ratio in book.value(RATIOS, on=drawn.as_of).items()}
    try:
        rates = rates_by(drawn.measured.sample, by="grade", confidence=drawn.level)
        made = lift_over_uniform(rates, ratios=ratios)
    except UndefinedEstimateError:
        return pd.DataFrame(columns=list(COLUMNS))
    row = (LIFT, "", "", made.value, made.n, made.low, made.high)
    return pd.DataFrame([row], columns=list(COLUMNS))
