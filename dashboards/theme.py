"""How grades and charts look: one palette, one set of shapes, one chart configuration for every page and document.

Grades are told apart three ways at once, by letter, shape and colour; the colours are those of Okabe and Ito, darkened
until each stands at least 3 : 1 against white. No font is loaded: the reader's own Chinese font is used.
"""

from dataclasses import dataclass

import altair as alt

from engine.messages import N_
from engine.vocabulary import Grade


@dataclass(frozen=True, slots=True)
class GradeMark:
    """How one grade is shown.

    Parameters
    ----------
    colour : hex code.
    shape : Vega symbol name for charts.
    symbol : one character of the same shape for text and tables.
    label : catalogue key of the words beside the letter.
    """

    colour: str
    shape: str
    symbol: str
    label: str


GRADE_MARKS = {
    Grade.A.value: GradeMark("#0072B2", "circle", "●", N_("low risk")),
    Grade.B.value: GradeMark("#008A63", "square", "■", N_("moderate risk")),
    Grade.C.value: GradeMark("#B37700", "triangle-up", "▲", N_("raised risk")),
    Grade.D.value: GradeMark("#C44E00", "diamond", "◆", N_("high risk")),
    Grade.UNCLASSIFIED.value: GradeMark("#6B7280", "cross", "✚", N_("not classified")),
}

INK = "#1F2933"
QUIET = "#5B6673"
RULE = "#E3E7EB"
ACCENT = "#1F4E79"
GOOD = "#0B6E4F"
BAD = "#B3261E"

FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'WenQuanYi Micro Hei', sans-serif"


def grade_scale() -> tuple[list[str], list[str], list[str]]:
    """Return grades, colours and shapes in the order A, B, C, D, U."""
    return (
        list(GRADE_MARKS),
        [mark.colour for mark in GRADE_MARKS.values()],
        [mark.shape for mark in GRADE_MARKS.values()],
    )


_LOOKS = alt.Config(
    font=FONT,
    background="#FFFFFF",
    axis=alt.AxisConfig(
        labelColor=INK,
        titleColor=QUIET,
        labelFontSize=13,
        titleFontSize=13,
        titleFontWeight="normal",
        gridColor=RULE,
        domainColor=RULE,
        tickColor=RULE,
        labelAngle=0,
    ),
    view=alt.ViewConfig(stroke=None),
    legend=alt.LegendConfig(labelFontSize=13, titleFontSize=13, labelColor=INK, titleColor=QUIET),
    title=alt.TitleConfig(fontSize=14, fontWeight="normal", color=INK, anchor="start"),
    header=alt.HeaderConfig(labelFontSize=13, labelColor=INK, title=None),
)


def legend_above(names: int, *, wide: int = 170) -> alt.Legend:
    """Return a legend above the chart that breaks into lines as narrow as a phone needs, none of its names cut off.

    Parameters
    ----------
    names : how many names it has. wide : pixels that the longest of them takes.
    """
    columns = alt.ExprRef(f"max(1, min({names}, floor(width / {wide})))")
    return alt.Legend(orient="top", labelLimit=320, columns=columns)


def styled(chart: alt.TopLevelMixin) -> alt.TopLevelMixin:
    """Return ``chart`` with the fonts, colours and rules of every page; one copy, however many rules."""
    dressed: alt.TopLevelMixin = chart.copy(deep=False)
    dressed.config = _LOOKS
    return dressed
