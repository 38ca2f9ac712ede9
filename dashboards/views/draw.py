"""The draw and its certificate: what was committed, what chance decided, what was drawn, and does it recompute."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboards import charts, parts, queries, tables, words
from dashboards.definitions import DRAWN
from dashboards.view import View, choose, current_view
from engine.api.reading import DrawRecord
from engine.errors import SupervisionError


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("The draw and its certificate"), (DRAWN,), view=view)
    draws = {draw.draw_id: draw for draw in queries.draws(view)}
    if not draws:
        parts.nothing_yet(_("There has been no draw in this workspace yet."), command="xinheng draw commit --help")
        return
    chosen = choose(
        st.selectbox, _("Draw"), tuple(draws), name="draw", default=next(iter(draws)), label_of=_draw_label(draws, view)
    )
    draw = draws[chosen]
    if draw.is_simulated:
        parts.simulated_banner(_)
    _counts(draw, view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _published(draw, view)
    with right:
        _certificate(draw, view)
    _cells(queries.cells(view, chosen), view)
    _coordination(draw, view)
    _teams(queries.team_loads(view, chosen), view)
    st.caption(_("This page shows neither handles nor names: whoever links the two learns the grade of a firm."))


def _draw_label(draws: dict[str, DrawRecord], view: View) -> Callable[[str], str]:
    _ = view.translate

    def label(draw_id: str) -> str:
        simulated = " · " + _("SIMULATED") if draws[draw_id].is_simulated else ""
        return f"{draw_id} · {draws[draw_id].drawn_at}{simulated}"

    return label


def _counts(draw: DrawRecord, view: View) -> None:
    _ = view.translate
    amounts = (
        (_("Objects in the frame"), draw.n_frame),
        (_("Objects drawn"), draw.n_objects),
        (_("Visits"), draw.n_visits),
        (_("Item checks"), draw.n_checks),
    )
    for place, (label, amount) in zip(st.columns(len(amounts)), amounts, strict=True):
        place.metric(label, words.count(amount), border=True)


def _published(draw: DrawRecord, view: View) -> None:
    """Show root, commitment, entropy and seed, in the order in which they came to be."""
    _ = view.translate
    st.subheader(_("What was fixed, in this order"))
    for label, digest in (
        (_("1 · Root of the frame"), draw.frame_root),
        (_("2 · Digest of the commitment"), draw.commit_digest),
    ):
        st.markdown(f"**{label}**")
        st.code(digest, language=None, wrap_lines=True)
    st.markdown("**" + _("3 · Public entropy, after the commitment") + "**")
    parts.plain_table(tables.entropy(draw.entropy, translate=_))
    st.markdown("**" + _("4 · Seed, computed from 2 and 3") + "**")
    st.code(draw.seed, language=None, wrap_lines=True)


def _certificate(draw: DrawRecord, view: View) -> None:
    """Offer the certificate and recompute the draw on request."""
    _ = view.translate
    st.subheader(_("Certificate"))
    st.download_button(
        _("Download the certificate (JSON)"),
        data=draw.certificate.read_bytes,
        file_name=f"certificate-{draw.draw_id}.json",
        mime="application/json",
        on_click="ignore",
    )
    st.markdown(_("Anyone can recompute this draw on a machine of their own, without this page:"))
    st.code(f"xinheng verify {draw.bundle.name} --expect-commit {draw.commit_digest}", language=None, wrap_lines=True)
    if not st.button(_("Recompute this draw now"), type="primary"):
        st.caption(_("Not recomputed in this view yet."))
        return
    try:
        with st.spinner(_("Recomputing ...")):
            report = queries.verification_of(view, draw)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    if report.ok:
        st.success(_("Every check holds."))
    else:
        st.error(_("At least one check fails: this is not the draw that was committed to."))
    parts.plain_table(tables.checks(report.checks, translate=_))


def _cells(cells: pd.DataFrame, view: View) -> None:
    """Show frame and sample size per item and stratum, the chart by grade."""
    _ = view.translate
    st.subheader(_("Drawn per item and stratum"))
    by_grade = cells.groupby(["item_name", "grade"], as_index=False, sort=False)[["n_units", "n_drawn"]].sum()
    by_grade["ratio"] = by_grade["n_drawn"] / by_grade["n_units"]
    st.altair_chart(charts.sampling_ratios(by_grade, translate=_), theme=None, alt=_("Ratio drawn per item and grade"))
    parts.plain_table(tables.by_grade(by_grade, translate=_))
    with st.expander(_("All {n} strata").format(n=words.count(len(cells)))):
        st.dataframe(tables.cells(cells, translate=_), hide_index=True)


def _coordination(draw: DrawRecord, view: View) -> None:
    """Show how many visits carry the item checks, and the price of joining them."""
    _ = view.translate
    st.subheader(_("Coordination: one visit, several items"))
    amounts = pd.DataFrame({"what": [_("Item checks"), _("Visits")], "amount": [draw.n_checks, draw.n_visits]})
    st.altair_chart(charts.coordination(amounts, translate=_), theme=None, alt=_("Item checks and visits"))
    per_visit = draw.n_checks / draw.n_visits if draw.n_visits else float("nan")
    st.markdown(
        _(
            "{visits} visits carry {checks} item checks, {per_visit} per visit; checked apart they would need up to "
            "{checks} visits. The price: fewer different firms are seen."
        ).format(visits=words.count(draw.n_visits), checks=words.count(draw.n_checks), per_visit=f"{per_visit:.2f}")
    )


def _teams(loads: pd.DataFrame, view: View) -> None:
    """Show how evenly the visits fall on the inspectors."""
    _ = view.translate
    st.subheader(_("Teams"))
    if loads.empty:
        parts.nothing_yet(_("No teams were matched for this draw."))
        return
    parts.chart_with_table(
        charts.team_sizes(loads, translate=_),
        tables.team_loads(loads, translate=_),
        alt_text=_("Inspectors by number of visits"),
        translate=_,
    )


show(current_view())
