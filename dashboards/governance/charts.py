"""Charts of the page of models: gains and groups with their limits, movement from run to run."""

import altair as alt
import pandas as pd

from dashboards.theme import ACCENT, BAD, INK, QUIET, styled
from engine.messages import Translate

ROW = 30
COLOURS = {"pass": ACCENT, "watch": "#B37700", "fail": BAD, "few": QUIET, "other": QUIET}
SHAPES = {"pass": "circle", "watch": "triangle-up", "fail": "diamond", "few": "cross", "other": "square"}


def gains(rows: pd.DataFrame, *, translate: Translate) -> alt.TopLevelMixin:
    """Return the gain of the judged model over every other score with its limits, beside the line of no gain.

    Parameters
    ----------
    rows : one per score in the order to show: ``label``, ``gain``, ``gain_low``, ``gain_high``.
    """
    _ = translate
    y = alt.Y("label:N", sort=list(rows["label"]), title=None, axis=alt.Axis(labelLimit=240))
    title = _("Gain in AUC")
    tooltip = [
        alt.Tooltip("label:N", title=_("Score")),
        alt.Tooltip("gain:Q", title=title, format="+.3f"),
        alt.Tooltip("gain_low:Q", title=_("Lower limit"), format="+.3f"),
        alt.Tooltip("gain_high:Q", title=_("Upper limit"), format="+.3f"),
    ]
    base = alt.Chart(rows).encode(y=y, tooltip=tooltip)
    spans = base.mark_rule(strokeWidth=2.5, color=ACCENT).encode(
        x=alt.X("gain_low:Q", title=title, axis=alt.Axis(tickCount=8, format="+.2f")), x2="gain_high:Q"
    )
    dots = base.mark_point(size=80, filled=True, color=ACCENT, opacity=1).encode(x="gain:Q")
    none = alt.Chart(pd.DataFrame({"gain": [0.0]})).mark_rule(color=INK, strokeDash=[5, 4]).encode(x="gain:Q")
    return styled(alt.layer(none, spans, dots).properties(height=alt.Step(ROW), width="container"))


def groups(rows: pd.DataFrame, *, least: float, most: float, translate: Translate) -> alt.TopLevelMixin:
    """Return each group's ratio over that of the reference with its limits, on the tolerated band.

    Parameters
    ----------
    rows : one per group in the order to show: ``label``, ``to_reference``, ``reference_low``, ``reference_high`` (null
        for the reference), ``standing``, ``n``. least, most : the band. Limits beyond four times are cut off.
    """
    _ = translate
    top = 4.0
    shown = rows.assign(high=rows["reference_high"].clip(upper=top), low=rows["reference_low"].clip(upper=top))
    scale = alt.Scale(domain=[0, max(most * 1.2, float(shown["high"].max(skipna=True) or 0.0))], nice=False)
    y = alt.Y("label:N", sort=list(rows["label"]), title=None, axis=alt.Axis(labelLimit=220))
    title = _("Over that of the reference")
    band = (
        alt.Chart(pd.DataFrame({"least": [least], "most": [most]}))
        .mark_rect(color=ACCENT, opacity=0.1)
        .encode(x=alt.X("least:Q", scale=scale, title=title, axis=alt.Axis(tickCount=8)), x2="most:Q")
    )
    base = alt.Chart(shown).encode(
        y=y,
        color=alt.Color("standing:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=None),
        tooltip=[
            alt.Tooltip("label:N", title=_("Group")),
            alt.Tooltip("to_reference:Q", title=title, format=".2f"),
            alt.Tooltip("reference_low:Q", title=_("Lower limit"), format=".2f"),
            alt.Tooltip("reference_high:Q", title=_("Upper limit"), format=".2f"),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )
    spans = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q")
    shape = alt.Shape("standing:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None)
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(x=alt.X("to_reference:Q", scale=scale), shape=shape)
    one = alt.Chart(pd.DataFrame({"x": [1.0]})).mark_rule(color=INK, strokeDash=[5, 4]).encode(x="x:Q")
    return styled(alt.layer(band, one, spans, dots).properties(height=alt.Step(ROW), width="container"))


def movement(
    rows: pd.DataFrame, *, watch: float, moved: float, title: str, form: str, translate: Translate
) -> alt.TopLevelMixin:
    """Return a figure of movement from run to run with both limits of policy.

    Parameters
    ----------
    rows : one per run, the oldest first: ``day``, ``value``, ``standing``, ``n``. title : of the figure.
    form : of its numbers, as the axis takes it.
    """
    _ = translate
    top = max(moved * 1.15, float(rows["value"].max()) * 1.1)
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("value:Q", scale=scale, title=title, axis=alt.Axis(format=form, tickCount=6))
    base = alt.Chart(rows).encode(
        x=alt.X("day:O", title=_("As of")),
        tooltip=[
            alt.Tooltip("day:O", title=_("As of")),
            alt.Tooltip("value:Q", title=title, format=form),
            alt.Tooltip("n:Q", title="n", format=","),
        ],
    )
    colour = alt.Color("standing:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=None)
    shape = alt.Shape("standing:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None)
    dots = base.mark_point(size=90, filled=True, opacity=1).encode(y=y, color=colour, shape=shape)
    lines = pd.DataFrame({"limit": [watch, moved], "label": [_("watch"), _("moved")]})
    drawn = alt.Chart(lines).encode(y=alt.Y("limit:Q", scale=scale))
    rules = drawn.mark_rule(strokeDash=[5, 4], color=QUIET)
    said = drawn.mark_text(align="left", dx=4, dy=-7, color=QUIET, fontSize=13).encode(x=alt.value(0), text="label:N")
    line = base.mark_line(color=QUIET, strokeWidth=1.5).encode(y=y)
    return styled(alt.layer(rules, said, line, dots).properties(height=240, width="container"))
