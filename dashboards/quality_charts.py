"""Charts of data quality: what came in load by load, and which share of it was held back."""

import math

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, BAD, INK, styled
from dashboards.words import count, share
from engine.messages import Translate


def rows_in(trend: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the rows of each load as points over powers of ten: a bar's length would say what such a scale does not.

    Parameters
    ----------
    trend : DataFrame, one row per load in order; reads ``place`` (its number), ``day`` (text), ``rows_in``,
        ``quarantined`` and ``share`` (0..1 or null).
    """
    _ = translate
    most = float(trend["rows_in"].max()) if len(trend) else 0.0
    powers = [0, *(10**at for at in range(max(1, math.ceil(math.log10(most + 1))) + 1))]
    scale = alt.Scale(type="symlog", constant=1, domain=[0, powers[-1]], nice=False)
    axis = alt.Axis(format=",d", values=powers, labelOverlap=True)
    base = _base(trend.assign(said=trend["rows_in"].map(count)), translate=_).encode(
        y=alt.Y("rows_in:Q", title=_("Rows in"), scale=scale, axis=axis)
    )
    dots = base.mark_point(color=ACCENT, filled=True, size=70, opacity=1)
    said = base.mark_text(dy=-11, fontSize=11, color=INK).encode(text=alt.Text("said:N"))
    return styled(alt.layer(dots, said).properties(height=200, width="container"))


def held_back(trend: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the share of each load that was quarantined, as a line with its value where there is one; see rows_in."""
    _ = translate
    highest = trend["share"].max()
    top = 0.02 if pd.isna(highest) else min(1.0, max(0.02, float(highest) * 1.25))
    texts = [share(value) if n else "" for value, n in zip(trend["share"], trend["quarantined"], strict=True)]
    base = _base(trend.assign(said=texts), translate=_).encode(
        y=alt.Y(
            "share:Q",
            title=_("Share quarantined"),
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(format=".1%", tickCount=4),
        )
    )
    line = base.mark_line(color=BAD, strokeWidth=2)
    dots = base.mark_point(color=BAD, shape="diamond", filled=True, size=60, opacity=1)
    said = base.mark_text(dy=-10, fontSize=12, color=INK).encode(text="said:N")
    return styled(alt.layer(line, dots, said).properties(height=150, width="container"))


def _base(trend: pd.DataFrame, *, translate: Translate) -> alt.Chart:
    _ = translate
    axis = alt.Axis(labelOverlap=True)
    return alt.Chart(trend).encode(
        x=alt.X("place:N", sort=list(trend["place"]), title=_("Load, in order"), axis=axis),
        tooltip=[
            alt.Tooltip("day:N", title=_("Loaded")),
            alt.Tooltip("rows_in:Q", title=_("Rows in"), format=","),
            alt.Tooltip("quarantined:Q", title=_("Quarantined"), format=","),
            alt.Tooltip("share:Q", title=_("Share quarantined"), format=".1%"),
        ],
    )
