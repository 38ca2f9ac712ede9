"""Pieces that every page has: the as-of strip, the definitions, honest empty states, a chart with its table."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import words
from dashboards.definitions import Definition
from dashboards.view import View
from engine.messages import Translate


def heading(title: str, definitions: Sequence[Definition], *, view: View) -> None:
    """Show the page's title, its definitions on request and the strip that says what it stands on."""
    _ = view.translate
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    left.title(title)
    if definitions:
        with right.popover(_("Definitions"), width="stretch"):
            for definition in definitions:
                st.markdown(f"**{_(definition.name)}**  \n{_(definition.meaning)}")
    as_of_strip(view)


def as_of_strip(view: View) -> None:
    """Say as of which date, for which population and on which version of the records the page speaks."""
    _ = view.translate
    population = words.population_name(view.population, _) if view.population else words.NOTHING
    st.caption(
        _("As of {as_of} · Population: {population} · Version of the records {version} · Intervals at 95 %").format(
            as_of=words.day(view.as_of), population=population, version=view.data_version[:12]
        )
    )


def nothing_yet(sentence: str, *, command: str | None = None) -> None:
    """Say that there is nothing to show and which command would make something."""
    st.info(sentence)
    if command is not None:
        st.code(command, language=None)


def chart_with_table(chart: alt.TopLevelMixin, table: pd.DataFrame, *, alt_text: str, translate: Translate) -> None:
    """Show a chart and the same figures as a table that a keyboard and a screen reader reach."""
    _ = translate
    st.altair_chart(chart, theme=None, alt=alt_text)
    with st.expander(_("Show as a table"), expanded=False):
        plain_table(table)


def plain_table(table: pd.DataFrame) -> None:
    """Show a table as plain text cells."""
    st.table(table, hide_index=True, border="horizontal")


def simulated_banner(translate: Translate) -> None:
    """Say loudly that a draw was simulated."""
    _ = translate
    st.warning(
        "**" + _("SIMULATED") + "** · " + _("Clock and entropy of this draw are simulated: it binds nobody."),
    )
