"""The draw and its certificate: what was committed, what chance decided, what was drawn, and does it recompute."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboards import charts, guard, parts, queries, tables, words
from dashboards.definitions import DRAWN
from dashboards.drawing import show_chart
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.draws import verification
from engine.api.draws.document import certificate_page
from engine.api.reading.draws import DrawRecord, DrawState
from engine.draw.protocol.checks import Verification
from engine.errors import SupervisionError
from engine.messages import N_

EXPECTED = "expected_commitment"
ITEMS_SHOWN = 20

STATES = {
    DrawState.COMMITTED: N_("committed, not drawn yet"),
    DrawState.DRAWN: N_("drawn"),
    DrawState.SEALED: N_("drawn, withheld until its release"),
    DrawState.VOID: N_("void"),
}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("The draw and its certificate"), (DRAWN,), view=view, is_measured=False)
    draws = {draw.draw_id: draw for draw in queries.draws(view)}
    if not draws:
        parts.nothing_yet(_("There has been no draw in this workspace yet."), command="xinheng draw commit --help")
        return
    chosen = choose(
        st.selectbox,
        _("Choose a draw"),
        tuple(draws),
        name="draw",
        default=next(iter(draws)),
        label_of=_label_of(draws, view),
    )
    draw = draws[chosen]
    if draw.is_simulated:
        parts.simulated_banner(draw.draw_id, translate=_)
    if draw.state is DrawState.VOID:
        st.error(_("This draw was voided and stays visible. Reason: {reason}").format(reason=draw.reason))
    _counts(draw, view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _fixed(draw, view)
    with right:
        _certificate(draw, view)
        asked = draw.state is DrawState.DRAWN and _is_asked(view, draw)
    if asked:
        _recomputation(draw, view)
    if draw.state is DrawState.DRAWN:
        _cells(queries.cells(view, chosen), view)
        _coordination(draw, view)
        _teams(queries.team_loads(view, chosen), view)
    _another_file(view)
    st.caption(_("This page shows neither handles nor names: whoever links the two learns the grade of a firm."))


def _label_of(draws: dict[str, DrawRecord], view: View) -> Callable[[str], str]:
    _ = view.translate

    def label(draw_id: str) -> str:
        draw = draws[draw_id]
        said = [draw_id, words.moment(draw.issued_at or draw.committed_at), _(STATES[draw.state])]
        return " · ".join([*said, _("SIMULATED")] if draw.is_simulated else said)

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
        known = label == amounts[0][0] or draw.state is DrawState.DRAWN
        place.metric(label, words.count(amount if known else None), border=True)


def _fixed(draw: DrawRecord, view: View) -> None:
    """Show root, commitment, entropy and seed, in the order in which they came to be."""
    _ = view.translate
    st.subheader(_("What was fixed, in this order"))
    _digest(_("1 · Root of the frame"), draw.frame_root)
    _digest(_("2 · Digest of the commitment"), draw.commit_digest)
    st.caption(_("Committed at {time} · Hash {suite}").format(time=words.moment(draw.committed_at), suite=draw.suite))
    st.markdown("**" + _("3 · Public entropy, after the commitment") + "**")
    for event in draw.entropy:
        st.caption(
            _("Source {source} · Event {event} · Drawn at {time}").format(
                source=words.source_name(event.source, _), event=event.event, time=words.moment(event.drawn_at)
            )
        )
        st.code(event.value or words.NOTHING, language=None, wrap_lines=True)
    _digest(_("4 · Seed, computed from 2 and 3"), draw.seed)
    _digest(_("5 · Digest of the certificate"), draw.certificate_digest)


def _digest(label: str, digest: str) -> None:
    st.markdown(f"**{label}**")
    st.code(digest or words.NOTHING, language=None, wrap_lines=True)


def _certificate(draw: DrawRecord, view: View) -> None:
    """Offer the certificate and recompute the draw on request."""
    _ = view.translate
    st.subheader(_("Certificate"))
    if draw.state is DrawState.COMMITTED:
        parts.nothing_yet(_("The certificate is issued when the draw has taken place."))
        return
    guard.download(
        _("Download the certificate (JSON)"),
        draw.certificate.read_bytes,
        file_name=f"certificate-{draw.draw_id}.json",
        view=view,
        mime="application/json",
        needs=Action.SEE_DRAWS,
    )
    if draw.state is not DrawState.SEALED:
        guard.download(
            _("Certificate as a page with QR code (PDF)"),
            partial(certificate_page, draw.bundle),
            file_name=f"certificate-{draw.draw_id}.pdf",
            view=view,
            mime="application/pdf",
            needs=Action.SEE_DRAWS,
        )


def _is_asked(view: View, draw: DrawRecord) -> bool:
    """Show how to recompute this draw, here or elsewhere; whether it was asked for here."""
    _ = view.translate
    st.markdown(_("Anyone can recompute this draw from the published bundle, without this page:"))
    st.code(f"xinheng verify {draw.bundle.name} --expect-commit DIGEST", language=None, wrap_lines=True)
    st.text_input(
        _("Commitment digest from the public notice (optional)"),
        key=EXPECTED,
        help=_("Only a digest published before the draw shows that nothing was exchanged since."),
    )
    return st.button(_("Recompute this draw now"), type="primary")


def _recomputation(draw: DrawRecord, view: View) -> None:
    """Recompute the draw and show every named check."""
    _ = view.translate
    st.subheader(_("Recomputed from the published bundle"))
    try:
        with st.spinner(_("Recomputing ...")):
            report = queries.verification_of(view, draw, st.session_state[EXPECTED].strip() or None)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    _report(report, view)


def _another_file(view: View) -> None:
    """Check a draw that somebody brings as one file, as its receiver would."""
    _ = view.translate
    with st.expander(_("Check the file of a draw")):
        st.caption(_("The compact file that 'xinheng draw export' writes, of any draw; nothing of it is kept."))
        brought = st.file_uploader(_("File of a draw (JSON)"), type="json", key="brought")
        digest = st.text_input(_("Commitment digest from the public notice (optional)"), key="brought_digest")
        if brought is None or not st.button(_("Check it")):
            return
        try:
            with st.spinner(_("Recomputing ...")), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "draw.json"
                path.write_bytes(brought.getvalue())
                report = verification.verify(path, expect_commit=digest.strip() or None, expect_entropy=None)
        except SupervisionError as error:
            st.error(error.render(_).replace(str(path), brought.name))
            return
        _report(report, view)


def _report(report: Verification, view: View) -> None:
    """Say whether a draw recomputes, and show every named check."""
    _ = view.translate
    (st.success if report.ok and report.anchored else st.warning if report.ok else st.error)(report.verdict.render(_))
    parts.plain_table(tables.checks(report.checks, translate=_))


def _cells(cells: pd.DataFrame, view: View) -> None:
    """Show frame and sample size per item and grade, the items with most checks in the chart, all in the tables."""
    _ = view.translate
    st.subheader(_("Drawn per item and grade"))
    if cells.empty:
        parts.nothing_yet(_("The workspace holds no strata of this draw; the certificate has the counts."))
        return
    by_grade = cells.groupby(["item_name", "grade"], as_index=False, sort=False)[["n_units", "n_drawn"]].sum()
    by_grade["ratio"] = by_grade["n_drawn"] / by_grade["n_units"]
    sizes = by_grade.groupby("item_name")["n_drawn"].sum().sort_values(ascending=False, kind="stable")
    largest = by_grade[by_grade["item_name"].isin(sizes.index[:ITEMS_SHOWN])]
    show_chart(charts.sampling_ratios(largest, translate=_), alt_text=_("Ratio drawn per item and grade"))
    if len(sizes) > ITEMS_SHOWN:
        said = _("The {shown} items with most checks of {all}; the tables hold every item.")
        st.caption(said.format(shown=ITEMS_SHOWN, all=words.count(len(sizes))))
    sheets = {"by-grade": tables.by_grade(by_grade, translate=_), "strata": tables.cells(cells, translate=_)}
    with st.expander(_("Show as a table")):
        parts.long_table(sheets["by-grade"])
    with st.expander(_("All {n} strata").format(n=words.count(len(cells)))):
        parts.long_table(sheets["strata"])
    parts.export_menu(sheets, name="draw-strata", view=view)


def _coordination(draw: DrawRecord, view: View) -> None:
    """Show how many visits carry the item checks, and the price of joining them."""
    _ = view.translate
    st.subheader(_("Coordination: one visit, several items"))
    amounts = pd.DataFrame({"what": [_("Item checks"), _("Visits")], "amount": [draw.n_checks, draw.n_visits]})
    show_chart(charts.coordination(amounts, translate=_), alt_text=_("Item checks and visits"))
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
    chart = charts.team_sizes(loads, translate=_)
    table = tables.team_loads(loads, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Inspectors by number of visits"), translate=_)
    parts.export_menu({"teams": table}, name="draw-teams", view=view)


show(current_view())
