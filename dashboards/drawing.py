"""Charts put on a page as they are: tests hold each against the schema of its grammar, a click does not do so again."""

from typing import Any

import altair as alt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

is_checked = False
"""Whether charts are held against the schema; that takes a third of the time of a page."""


class _Chart:
    """A chart as Streamlit asks for it: by what it writes down."""

    def __init__(self, chart: alt.TopLevelMixin) -> None:
        self._chart = chart

    def to_dict(self) -> dict[str, Any]:
        return self._chart.to_dict(validate=is_checked)


def show_chart(chart: alt.TopLevelMixin, *, alt_text: str, place: DeltaGenerator | None = None) -> None:
    """Show a chart.

    Parameters
    ----------
    alt_text : what it shows, for those who hear the page. place : where; None = here.
    """
    on = st if place is None else place
    on.altair_chart(_Chart(chart), theme=None, alt=alt_text)  # type: ignore[arg-type]
