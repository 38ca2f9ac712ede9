"""Sentences made from figures by template; no figure enters a sentence that is not also on a card or in a chart."""

from datetime import date

import pandas as pd

from dashboards import words
from dashboards.facts import Facts
from engine.api.reading.draws import DrawRecord
from engine.api.reading.measures import Figure, Intake
from engine.messages import N_, Message
from engine.vocabulary import population_title

RISK_ORDER = ("A", "B", "C", "D")


def briefing(facts: Facts, *, as_of: date, population: str) -> Message:
    """Return the paragraph of the briefing."""
    return Message(
        N_("{graded} {rate} {lift} {ratio} {drawn} {intake}"),
        {
            "graded": Message(
                N_("As of {as_of}, {n} entities are graded ({population})."),
                {
                    "as_of": words.day(as_of),
                    "n": words.count(facts.n_graded),
                    "population": population_title(population),
                },
            ),
            "rate": _rate(facts.hit_rate),
            "lift": _lift(facts.lift),
            "ratio": _rate_ratio(facts.rate_ratio),
            "drawn": _drawn(facts.draw),
            "intake": _intake(facts.intake),
        },
    )


def _rate(rate: Figure | None) -> Message:
    if rate is None or rate.n == 0:
        return Message(N_("No result of a random draw is known yet, so there is no hit rate to state."))
    return Message(
        N_(
            "Carried over to the whole frame, {rate} of the item checks find something adverse ({low} – {high}); among "
            "those drawn, where riskier grades are more frequent, it was {hits} of {n}."
        ),
        {
            "rate": words.share(rate.value),
            "low": words.share(rate.low),
            "high": words.share(rate.high),
            "hits": words.count(rate.hits),
            "n": words.count(rate.n),
        },
    )


def _lift(lift: Figure | None) -> Message:
    if lift is None or words.is_missing(lift.value):
        return Message(N_("The lift over a uniform draw has not been measured."))
    values = {"lift": words.times(lift.value), "low": words.times(lift.low), "high": words.times(lift.high)}
    if lift.low > 1:
        return Message(
            N_("A visit under the present ratios finds {lift} as much as one of a uniform draw ({low} – {high})."),
            values,
        )
    if lift.high < 1:
        return Message(
            N_("A visit under the present ratios finds only {lift} of what a uniform draw finds ({low} – {high})."),
            values,
        )
    return Message(
        N_("The present ratios do not differ clearly from a uniform draw: {lift} per visit ({low} – {high})."), values
    )


def _rate_ratio(ratio: Figure | None) -> Message:
    if ratio is None or words.is_missing(ratio.value):
        return Message(N_("The rates of D and A cannot be compared yet."))
    values = {"ratio": words.times(ratio.value), "low": words.times(ratio.low), "high": words.times(ratio.high)}
    if ratio.low > 1:
        return Message(N_("Grade D is found wanting {ratio} as often as grade A ({low} – {high})."), values)
    return Message(
        N_("That grade D differs from grade A is not shown by these results: {ratio} ({low} – {high})."), values
    )


def _drawn(draw: DrawRecord | None) -> Message:
    if draw is None:
        return Message(N_("There has been no draw yet."))
    return Message(
        N_("Draw {draw_id} selected {objects} objects: {visits} visits carry {checks} item checks."),
        {
            "draw_id": draw.draw_id,
            "objects": words.count(draw.n_objects),
            "visits": words.count(draw.n_visits),
            "checks": words.count(draw.n_checks),
        },
    )


def _intake(intake: Intake) -> Message:
    return Message(
        N_("Of {rows} source rows, {quarantined} wait in quarantine."),
        {"rows": words.count(intake.rows_in), "quarantined": words.count(intake.quarantined)},
    )


def monotonicity(rates: pd.DataFrame, trend: Figure | None) -> tuple[Message, str]:
    """Return what can be said about the order of the grades, and the colour it is said in.

    Parameters
    ----------
    rates : one row per grade; reads ``grade``, ``n``, ``hit_rate``, ``is_small`` (an order of too few is not told).
    trend : the test against no trend, its p-value as ``value``.

    Returns
    -------
    message, colour : green when the rates rise from A to D and the test says it is not chance; orange when they rise
        and the test is missing or unsure; grey when they do not rise or there are not two grades with enough results.
    """
    seen = rates[rates["grade"].isin(RISK_ORDER) & (rates["n"] > 0)].sort_values("grade")
    if len(seen) < 2:
        return Message(N_("Too few grades with results to speak of an order")), "gray"
    p = None if trend is None or words.is_missing(trend.value) else trend.value
    seen = seen[~seen["is_small"]]
    if len(seen) < 2:
        text = N_("Too few results in each grade to speak of an order; trend test p {p}")
        return Message(text, {"p": words.p_value(p)}), "gray"
    order = " < ".join(seen["grade"])
    values = {"order": order, "p": words.p_value(p)}
    if not seen["hit_rate"].is_monotonic_increasing or not seen["hit_rate"].is_unique:
        return Message(N_("The rates do not rise over {order} (trend test p {p})"), values), "gray"
    if p is None:
        return Message(N_("Rising {order}, no test available"), {"order": order}), "orange"
    if p < SIGNIFICANT:
        return Message(N_("Rising {order}, trend test p {p}"), values), "green"
    return Message(N_("Rising {order}, but it may be chance: trend test p {p}"), values), "orange"


SIGNIFICANT = 0.05
