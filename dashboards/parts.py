"""Pieces that every page has: the as-of strip, the definitions, honest empty states, a chart with its table."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import guard, narrow, queries, words
from dashboards.definitions import Definition
from dashboards.drawing import show_chart
from dashboards.view import View
from engine.api.desk import Action
from engine.api.table_export import csv_bytes, json_bytes, xlsx_bytes
from engine.messages import Translate
from engine.vocabulary import population_name

Sheet = pd.DataFrame | Callable[[], pd.DataFrame]
FIGURE = re.compile(r"—|∞|[-+−]?\d[\d,]*(\.\d+)?[%×]?( – [-+−]?\d[\d,]*(\.\d+)?[%×]?)?")
"""A figure as a cell shows it: a number, a share, a ratio, an interval of these, or a dash where there is none."""

FIRST_RUN = "xinheng run monthly --as-of YYYY-MM-DD"
"""What makes the first grades of loaded records."""
ONE_LINE = 24
"""Latin characters, two for each Chinese one, that a cell of a plain table holds in one line."""


def heading(title: str, definitions: Sequence[Definition], *, view: View, is_measured: bool = True) -> None:
    """Show the page's title, its definitions on request and the strip that says what it stands on.

    Parameters
    ----------
    is_measured : whether the page shows figures of one date and population; else the strip names the records only.
    """
    _ = view.translate
    left, middle, right = st.columns([5, 1, 1], vertical_alignment="bottom")
    left.title(title)
    # opened, it runs the page: a part that ran by itself since has changed the address below
    with middle.popover(_("Link"), width="stretch", key="link_opened", on_change="rerun"):
        st.caption(_("Whoever opens it sees this very view, as far as that person may."))
        st.code(link(), language=None, wrap_lines=True)
    if definitions:
        with right.popover(_("Definitions"), width="stretch"):
            for definition in definitions:
                st.markdown(f"**{_(definition.name)}**  \n{_(definition.meaning)}")
    if is_measured:
        as_of_strip(view)
    else:
        scope_badge(view)
        st.caption(_("Version of the records {version}").format(version=view.data_version[:12]))


def link() -> str:
    """Return the address of what is shown, with everything that was chosen."""
    asked = urlencode(sorted(st.query_params.items()))
    page = str(st.context.url or "").partition("?")[0]
    return f"{page}?{asked}" if asked else page


def scope_badge(view: View) -> None:
    """Say which rows this person sees, when these are not all."""
    _ = view.translate
    scope = view.desk.viewer.scope
    if scope.is_whole:
        return
    named = [*(scope.districts or ()), *(scope.departments or ())]
    st.badge(_("Only rows of {scope}").format(scope=", ".join(named)), color="orange")


def as_of_strip(view: View) -> None:
    """Say as of which date, for which population and on which version of the records the page speaks."""
    _ = view.translate
    scope_badge(view)
    if view.as_of is None or view.population is None:
        return
    st.caption(
        _("As of {as_of} · Population: {population} · Version of the records {version} · Intervals at {level}").format(
            as_of=words.day(view.as_of),
            population=population_name(view.population, _),
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
    show_chart(chart, alt_text=alt_text)
    with st.expander(_("Show as a table"), expanded=False):
        plain_table(table)


def table(shown: pd.DataFrame, *, name: str, view: View) -> None:
    """Show a table that may be long, with the menu to take exactly it away.

    Parameters
    ----------
    shown : text cells under the reader's own column names.
    name : of the file and of its sheet.
    """
    long_table(shown)
    export_menu({name: shown}, name=name, view=view)


def long_table(shown: pd.DataFrame) -> None:
    """Show a table that may be long; counts have their thousands separated as everywhere."""
    counts = [name for name in shown.columns if pd.api.types.is_integer_dtype(shown[name])]
    looks = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    st.dataframe(shown, hide_index=True, column_config=looks)


def export_menu(sheets: Mapping[str, Sheet], *, name: str, view: View) -> None:
    """Offer tables as a workbook with one sheet each, the first as CSV, all as JSON; ids stay text, no cell runs.

    Parameters
    ----------
    sheets : sheet name to table, or to what makes it when somebody takes the file: tables too long for the page.
    """
    _ = view.translate
    if not view.desk.may(Action.EXPORT):
        return
    row = st.container(horizontal=True)
    first = {key: sheets[key] for key in list(sheets)[:1]}
    for label, make, ending, of in (
        (_("Workbook (XLSX)"), xlsx_bytes, "xlsx", sheets),
        (_("Table (CSV)"), _first_csv, "csv", first),
        (_("Data (JSON)"), json_bytes, "json", sheets),
    ):
        content = partial(_written, make, of)
        guard.download(label, content, file_name=f"{name}.{ending}", view=view, place=row, key=f"{name}_{ending}")


def _first_csv(sheets: dict[str, pd.DataFrame]) -> bytes:
    return csv_bytes(next(iter(sheets.values())))


def _written(make: Callable[[dict[str, pd.DataFrame]], bytes], sheets: Mapping[str, Sheet]) -> bytes:
    return make({key: sheet() if callable(sheet) else sheet for key, sheet in sheets.items()})


def plain_table(table: pd.DataFrame) -> None:
    """Show a short table as plain text cells, columns of figures to the right so that their digits stand in line.

    Short cells stay on one line; on a phone, a table that does not fit is stacked, see :mod:`dashboards.narrow`.
    """
    if table.empty or not table.columns.is_unique or not table.index.is_unique:
        st.table(table, hide_index=True, border="horizontal")
        return
    heads = [str(name) for name in table.columns]
    widest = [max(cells.astype(str), key=words.width) for _name, cells in table.items()]
    rules = [
        rule
        for at, (head, text) in enumerate(zip(heads, widest, strict=True))
        for rule in _rules(at, head, text, is_figures=bool(table.iloc[:, at].map(_is_figure).all()))
    ]
    widths = [max(words.width(head), words.width(text)) for head, text in zip(heads, widest, strict=True)]
    rules += narrow.stacking(heads, widths, one_line=ONE_LINE)
    st.table(table.style.set_table_styles(rules), hide_index=True, border="horizontal")


def _rules(at: int, head: str, widest: str, *, is_figures: bool) -> list[dict[str, Any]]:
    """Return how head and cells of the column at a place look; Streamlit sets both in the cell and the text within."""
    rules: list[dict[str, Any]] = [
        {"selector": f"{kind}.col{at} p", "props": [_width(text)]} for kind, text in (("th", head), ("td", widest))
    ]
    if is_figures:
        right = [("text-align", "right !important")]
        rules += [{"selector": f"{kind}.col{at}", "props": right} for kind in ("th", "td")]
    return rules


def _width(text: str) -> tuple[str, str]:
    return ("white-space", "nowrap") if words.width(text) <= ONE_LINE else ("min-width", "11rem")


def _is_figure(value: object) -> bool:
    return FIGURE.fullmatch(str(value)) is not None


def simulated_banner(draw_id: str, *, translate: Translate) -> None:
    """Say loudly that a draw was simulated."""
    _ = translate
    said = _("Clock and entropy of draw {draw_id} are simulated: it binds nobody.").format(draw_id=draw_id)
    st.warning("**" + _("SIMULATED") + "** · " + said)
