"""Pieces that every page has: the as-of strip, the definitions, honest empty states, a chart with its table."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import queries, words
from dashboards.definitions import Definition
from dashboards.view import View
from engine.messages import Translate


def heading(title: str, definitions: Sequence[Definition], *, view: View, is_measured: bool = True) -> None:
    """Show the page's title, its definitions on request and the strip that says what it stands on.

    Parameters
    ----------
    is_measured : whether the page shows figures of one date and population; else the strip names the records only.
    """
    _ = view.translate
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    left.title(title)
    if definitions:
        with right.popover(_("Definitions"), width="stretch"):
            for definition in definitions:
                st.markdown(f"**{_(definition.name)}**  \n{_(definition.meaning)}")
    if is_measured:
        as_of_strip(view)
    else:
        st.caption(_("Version of the records {version}").format(version=view.data_version[:12]))


def as_of_strip(view: View) -> None:
    """Say as of which date, for which population and on which version of the records the page speaks."""
    _ = view.translate
    if view.as_of is None or view.population is None:
        return
    st.caption(
        _("As of {as_of} · Population: {population} · Version of the records {version} · Intervals at {level}").format(
            as_of=words.day(view.as_of),
            population=words.population_name(view.population, _),
            version=view.data_version[:12],
            level=words.share(queries.interval_level(view), digits=0),
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


def simulated_banner(draw_id: str, *, translate: Translate) -> None:
    """Say loudly that a draw was simulated."""
    _ = translate
    said = _("Clock and entropy of draw {draw_id} are simulated: it binds nobody.").format(draw_id=draw_id)
    st.warning("**" + _("SIMULATED") + "** · " + said)
