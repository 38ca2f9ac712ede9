"""Briefing: is supervision working, what needs a signature, what changed? Six figures, two charts, two lists."""

import pandas as pd
import streamlit as st

from dashboards import cards, charts, papers, parts, queries, sentences, standing_parts, tables
from dashboards.definitions import BRIEFING
from dashboards.facts import DRAWN_COURSE, Facts
from dashboards.view import View, current_view
from engine.api.reading import measures as reading
from engine.api.reading.draws import DrawRecord


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Briefing"), BRIEFING, view=view)
    if view.as_of is None or view.population is None:
        parts.nothing_yet(_("Nothing has been graded in this workspace yet."), command=parts.FIRST_RUN)
        others = standing_parts.waits(view) | standing_parts.changed(view)
        if others:
            parts.export_menu(others, name="briefing", view=view)
        return
    facts = _facts(view)
    if facts.draw is not None and facts.draw.is_simulated:
        parts.simulated_banner(facts.draw.draw_id, translate=_)
    cards.show(facts, translate=_)
    st.markdown(sentences.briefing(facts, as_of=view.as_of, population=view.population).render(_))
    waiting = standing_parts.waits(view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(_("Hit rate by grade"))
        _random_rates(queries.hit_rates(view), view)
    with right:
        st.subheader(_("Grades"))
        _shares(facts.shares, view)
    changed = standing_parts.changed(view)
    _taken_away(facts, waiting | changed, view)


def _taken_away(facts: Facts, others: dict[str, pd.DataFrame], view: View) -> None:
    """Offer what the page shows, one sheet each."""
    _ = view.translate
    random = queries.hit_rates(view)
    sheets = {
        "cards": cards.table(facts, translate=_),
        "hit-rate": tables.hit_rates(random[random["mode"] == reading.RANDOM], translate=_),
        "grades": tables.grade_shares(facts.shares, translate=_),
        **others,
    }
    parts.export_menu(sheets, name="briefing", view=view)
    papers.offer_bulletin(view)


def _facts(view: View) -> Facts:
    figures = queries.figures(view)
    draws = queries.draws(view)
    return Facts(
        hit_rate=figures.get(reading.BASE_RATE),
        lift=figures.get(reading.LIFT),
        rate_ratio=figures.get(reading.RATE_RATIO),
        shares=queries.grade_shares(view),
        draw=draws[0] if draws else None,
        intake=queries.intake(view),
        history=_history(draws, view),
    )


def _history(draws: tuple[DrawRecord, ...], view: View) -> dict[str, list[float]]:
    """Return the course of each figure up to the date shown, and the objects of each draw that was held."""
    held = queries.figure_history(view)
    held = held[held["as_of"] <= view.as_of]
    course = {str(name): list(rows["value"]) for name, rows in held.groupby("measure")}
    drawn = [float(each.n_objects) for each in reversed(draws) if each.issued_at]
    return course | {DRAWN_COURSE: drawn}


def _random_rates(rates: pd.DataFrame, view: View) -> None:
    _ = view.translate
    random = rates[rates["mode"] == reading.RANDOM]
    if random["n"].sum() == 0:
        parts.nothing_yet(_("No result of a random draw is known yet for this population."))
        return
    chart = charts.hit_rate_by_grade(random, translate=_)
    parts.chart_with_table(
        chart, tables.hit_rates(random, translate=_), alt_text=_("Hit rate by grade with intervals"), translate=_
    )


def _shares(shares: pd.DataFrame, view: View) -> None:
    _ = view.translate
    if shares.empty:
        parts.nothing_yet(_("No entity of this population is graded yet."), command="xinheng grade")
        return
    chart = charts.grade_shares(shares, translate=_)
    parts.chart_with_table(
        chart, tables.grade_shares(shares, translate=_), alt_text=_("Share of entities per grade"), translate=_
    )


show(current_view())
