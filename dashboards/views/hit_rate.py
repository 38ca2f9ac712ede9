"""Hit rate by grade: do the grades separate risk? Random rows first, other rows only beside them and labelled."""

import pandas as pd
import streamlit as st

from dashboards import charts, job_parts, parts, queries, sentences, tables, words
from dashboards.definitions import HIT_RATES
from dashboards.drawing import show_chart
from dashboards.trend_parts import over_time
from dashboards.view import View, current_view, switch
from engine.api.reading import measures as reading


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Hit rate by grade"), HIT_RATES, view=view)
    job_parts.measuring(view, is_first=view.as_of is None or not queries.figures(view))
    if view.as_of is None or view.population is None:
        parts.nothing_yet(_("Nothing has been graded in this workspace yet."), command=parts.FIRST_RUN)
        return
    rates = queries.hit_rates(view)
    random, others = rates[rates["mode"] == reading.RANDOM], rates[rates["mode"] != reading.RANDOM]
    with_others = switch(_("Beside them: inspections that were not drawn at random (not design-based)"), name="others")
    if random["n"].sum() == 0:
        parts.nothing_yet(_("No result of a random draw is known yet for this population."))
    else:
        message, colour = sentences.monotonicity(random, queries.figures(view).get(reading.TREND))
        st.badge(message.render(_), color=colour)
    if with_others and others["n"].sum() == 0:
        said = _("Measured as of {day} without visits outside random draws; later ones stand below, over time.")
        st.caption(said.format(day=words.day(view.as_of)))
    _newest(rates, random, others, with_others=with_others, view=view)
    over_time(view, with_others=with_others)


def _newest(rates: pd.DataFrame, random: pd.DataFrame, others: pd.DataFrame, *, with_others: bool, view: View) -> None:
    """Show the rates as of the chosen date."""
    _ = view.translate
    shown = rates[(rates["n"].groupby(rates["mode"]).transform("sum") > 0)]
    shown = shown if with_others else shown[shown["mode"] == reading.RANDOM]
    if shown.empty:
        return
    show_chart(charts.hit_rate_by_grade(shown, translate=_), alt_text=_("Hit rate by grade with intervals"))
    if with_others and others["n"].sum() > 0:
        st.caption(
            _(
                "Only the random draw speaks for all objects. The other panels show what was met where somebody chose "
                "to look; a high rate there may come from the choice."
            )
        )
    if shown["is_small"].any():
        st.caption(_("Grey line without a mark: too few results for a firm figure; read the interval."))
    table = tables.hit_rates(shown, translate=_)
    parts.plain_table(table)
    parts.export_menu({"hit-rate": table}, name="hit-rate", view=view)
    st.caption(
        _("Random rows are weighted by one over their probability of being drawn: the rate is not hits divided by n.")
    )


show(current_view())
