"""The six cards of the briefing: value, then interval and n; coloured only where the interval excludes "no effect"."""

import streamlit as st

from dashboards import words
from dashboards.definitions import DRAWN, GRADED, HIT_RATE, LIFT, QUARANTINED, RATE_RATIO, Definition
from dashboards.facts import Facts
from engine.api.reading import Figure
from engine.messages import Translate

NO_EFFECT = 1.0
"""Value of a ratio that means no difference."""


def show(facts: Facts, *, translate: Translate) -> None:
    """Show the cards in two rows of three."""
    first, second = st.columns(3), st.columns(3)
    with first[0]:
        _rate(facts.hit_rate, translate=translate)
    with first[1]:
        _ratio(LIFT, facts.lift, translate=translate)
    with first[2]:
        _ratio(RATE_RATIO, facts.rate_ratio, translate=translate)
    with second[0]:
        _graded(facts, translate=translate)
    with second[1]:
        _drawn(facts, translate=translate)
    with second[2]:
        _quarantined(facts, translate=translate)


def _card(
    definition: Definition, value: str, below: str, *, translate: Translate, look: tuple[str, str] = ("off", "off")
) -> None:
    colour, arrow = look
    _ = translate
    st.metric(
        _(definition.name),
        value,
        delta=below,
        delta_color=colour,
        delta_arrow=arrow,
        help=_(definition.meaning),
        border=True,
        height="stretch",
    )


def _rate(rate: Figure | None, *, translate: Translate) -> None:
    _ = translate
    if rate is None or rate.n == 0:
        _card(HIT_RATE, words.NOTHING, _("no result of a random draw yet"), translate=_)
        return
    interval = words.share_interval(rate.low, rate.high)
    below = _("{interval} · n={n}").format(interval=interval, n=words.count(rate.n))
    if rate.is_small:
        below += " · " + _("too few")
    _card(HIT_RATE, words.share(rate.value), below, translate=_)


def _ratio(definition: Definition, ratio: Figure | None, *, translate: Translate) -> None:
    _ = translate
    if ratio is None or words.is_missing(ratio.value):
        _card(definition, words.NOTHING, _("not measured yet"), translate=_)
        return
    below = _("{interval} · n={n}").format(interval=words.times_interval(ratio.low, ratio.high), n=words.count(ratio.n))
    look = ratio_look(ratio)
    if look == ("off", "off"):
        below += " · " + _("no significant difference")
    _card(definition, words.times(ratio.value), below, translate=_, look=look)


def ratio_look(ratio: Figure) -> tuple[str, str]:
    """Return colour and arrow of a ratio: green and up above 1, red and down below 1, grey when 1 is inside."""
    if ratio.low > NO_EFFECT:
        return "normal", "up"
    if ratio.high < NO_EFFECT:
        return "inverse", "down"
    return "off", "off"


def _graded(facts: Facts, *, translate: Translate) -> None:
    _ = translate
    if facts.n_graded == 0:
        _card(GRADED, words.NOTHING, _("nothing graded yet"), translate=_)
        return
    parts = [
        f"{grade} {words.share(part)}" for grade, part in zip(facts.shares["grade"], facts.shares["share"], strict=True)
    ]
    _card(GRADED, words.count(facts.n_graded), " · ".join(parts), translate=_)


def _drawn(facts: Facts, *, translate: Translate) -> None:
    _ = translate
    draw = facts.draw
    if draw is None:
        _card(DRAWN, words.NOTHING, _("no draw yet"), translate=_)
        return
    below = _("{visits} visits · {checks} item checks").format(
        visits=words.count(draw.n_visits), checks=words.count(draw.n_checks)
    )
    _card(DRAWN, words.count(draw.n_objects), below, translate=_)


def _quarantined(facts: Facts, *, translate: Translate) -> None:
    _ = translate
    intake = facts.intake
    if intake.rows_in == 0:
        _card(QUARANTINED, words.NOTHING, _("nothing loaded yet"), translate=_)
        return
    below = _("{share} of {rows} rows").format(
        share=words.share(intake.quarantined / intake.rows_in, digits=2), rows=words.count(intake.rows_in)
    )
    _card(QUARANTINED, words.count(intake.quarantined), below, translate=_)
