"""The six cards of the briefing: value, then interval and n; coloured only where the interval excludes "no effect"."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from dashboards import words
from dashboards.definitions import DRAWN, GRADED, HIT_RATE, LIFT, QUARANTINED, RATE_RATIO, Definition
from dashboards.facts import DRAWN_COURSE, Facts
from engine.api.reading.measures import BASE_RATE, Figure
from engine.api.reading.measures import LIFT as LIFT_MEASURE
from engine.api.reading.measures import RATE_RATIO as RATIO_MEASURE
from engine.messages import Translate

NO_EFFECT = 1.0
"""Value of a ratio that means no difference."""
PLAIN = ("off", "off")
LEAST_POINTS = 3
"""Dates from which a figure has a course worth a line."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it is shown and taken away: what it is, its figure, what stands below, its look and its course."""

    definition: Definition
    value: str
    below: str
    look: tuple[str, str] = PLAIN
    course: tuple[float, ...] = ()


def show(facts: Facts, *, translate: Translate) -> None:
    """Show the cards in two rows of three."""
    places = [*st.columns(3), *st.columns(3)]
    for place, card in zip(places, cards(facts, translate=translate), strict=True):
        with place:
            _show(card, translate=translate)


def table(facts: Facts, *, translate: Translate) -> pd.DataFrame:
    """Return the cards as rows, with what each figure means."""
    _ = translate
    held = cards(facts, translate=_)
    return pd.DataFrame(
        {
            _("Figure"): [_(each.definition.name) for each in held],
            _("Value"): [each.value for each in held],
            _("Interval and n"): [each.below for each in held],
            _("Definition"): [_(each.definition.meaning) for each in held],
        }
    )


def cards(facts: Facts, *, translate: Translate) -> tuple[Card, ...]:
    """Return the cards of one population and date."""
    _ = translate
    return (
        _with_course(_rate(facts.hit_rate, translate=_), facts, BASE_RATE),
        _with_course(_ratio(LIFT, facts.lift, translate=_), facts, LIFT_MEASURE),
        _with_course(_ratio(RATE_RATIO, facts.rate_ratio, translate=_), facts, RATIO_MEASURE),
        _graded(facts, translate=_),
        _with_course(_drawn(facts, translate=_), facts, DRAWN_COURSE),
        _quarantined(facts, translate=_),
    )


def _with_course(card: Card, facts: Facts, measure: str) -> Card:
    """Add the figure's course where it was measured often enough."""
    known = tuple(value for value in facts.history.get(measure, ()) if not words.is_missing(value))
    return replace(card, course=known) if len(known) >= LEAST_POINTS else card


def _show(card: Card, *, translate: Translate) -> None:
    _ = translate
    colour, arrow = card.look
    st.metric(
        _(card.definition.name),
        card.value,
        delta=card.below,
        delta_color=colour,
        delta_arrow=arrow,
        help=_(card.definition.meaning),
        border=True,
        height="stretch",
        chart_data=card.course or None,
        chart_type="line",
    )


def _rate(rate: Figure | None, *, translate: Translate) -> Card:
    _ = translate
    if rate is None or rate.n == 0:
        return Card(HIT_RATE, words.NOTHING, _("no result of a random draw yet"))
    interval = words.share_interval(rate.low, rate.high)
    below = _("{interval} · n={n}").format(interval=interval, n=words.count(rate.n))
    return Card(HIT_RATE, words.share(rate.value), below + (" · " + _("too few") if rate.is_small else ""))


def _ratio(definition: Definition, ratio: Figure | None, *, translate: Translate) -> Card:
    _ = translate
    if ratio is None or words.is_missing(ratio.value):
        return Card(definition, words.NOTHING, _("not measured yet"))
    below = _("{interval} · n={n}").format(interval=words.times_interval(ratio.low, ratio.high), n=words.count(ratio.n))
    look = ratio_look(ratio)
    unclear = " · " + _("not significant") if look == PLAIN else ""
    return Card(definition, words.times(ratio.value), below + unclear, look)


def ratio_look(ratio: Figure) -> tuple[str, str]:
    """Return colour and arrow of a ratio: green and up above 1, red and down below 1, grey when 1 is inside."""
    if ratio.low > NO_EFFECT:
        return "normal", "up"
    if ratio.high < NO_EFFECT:
        return "inverse", "down"
    return PLAIN


def _graded(facts: Facts, *, translate: Translate) -> Card:
    _ = translate
    if facts.n_graded == 0:
        return Card(GRADED, words.NOTHING, _("nothing graded yet"))
    parts = [
        f"{grade} {words.share(part)}" for grade, part in zip(facts.shares["grade"], facts.shares["share"], strict=True)
    ]
    return Card(GRADED, words.count(facts.n_graded), " · ".join(parts))


def _drawn(facts: Facts, *, translate: Translate) -> Card:
    _ = translate
    draw = facts.draw
    if draw is None:
        return Card(DRAWN, words.NOTHING, _("no draw yet"))
    below = _("{visits} visits · {checks} item checks").format(
        visits=words.count(draw.n_visits), checks=words.count(draw.n_checks)
    )
    return Card(DRAWN, words.count(draw.n_objects), below)


def _quarantined(facts: Facts, *, translate: Translate) -> Card:
    _ = translate
    intake = facts.intake
    if intake.rows_in == 0:
        return Card(QUARANTINED, words.NOTHING, _("nothing loaded yet"))
    below = _("{share} of {rows} rows").format(
        share=words.share(intake.quarantined / intake.rows_in, digits=2), rows=words.count(intake.rows_in)
    )
    return Card(QUARANTINED, words.count(intake.quarantined), below)
