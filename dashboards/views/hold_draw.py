"""Hold a draw before everybody: plan line, commitment, two signatures, public event, draw, verification."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, commit_parts, job_parts, parts, queries, tables, words
from dashboards.definitions import DRAWN
from dashboards.view import View, choose, current_view, switch
from engine.api.committing import console as draw_console
from engine.api.desk import Action
from engine.api.draws.signing import sign_draw, taken_key
from engine.api.draws.voiding import void_draw
from engine.api.jobs.kinds import values_asked
from engine.api.reading.draws import DrawRecord, DrawState
from engine.draw.entropy.sources import EntropyValue
from engine.errors import SupervisionError
from engine.messages import N_

NEW = "new"
STEPS = (
    N_("1 Plan published"),
    N_("2 Committed"),
    N_("3 Two signatures"),
    N_("4 Drawn"),
    N_("5 Certificate signed"),
)
RECORDS = {"commitment": N_("commitment"), "certificate": N_("certificate")}


@dataclass(frozen=True, slots=True)
class Stage:
    """A draw with who signed it so far."""

    draw: DrawRecord
    signatures: pd.DataFrame

    def signed(self, over: str) -> int:
        """How many different people signed a record."""
        return int(self.signatures.loc[self.signatures["over"] == over, "name"].nunique())


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Hold a draw"), (DRAWN,), view=view, is_measured=False)
    acts.tell_done()
    said = {
        "commit_draw": partial(commit_parts.committed, view),
        "preview_draw": partial(commit_parts.previewed, view),
        "run_draw": partial(_drawn, view),
    }
    busy = job_parts.under_way(view, said, needs=Action.SEE_DRAWS)
    draws = {draw.draw_id: draw for draw in queries.draws(view)}
    label = {NEW: _("A new draw"), **{name: name for name in draws}}
    chosen = choose(st.selectbox, _("Draw"), tuple(label), name="hold", default=NEW, label_of=label.__getitem__)
    ceremony = switch(_("Ceremony view for the projector"), name="ceremony")
    if chosen == NEW:
        lines = commit_parts.published_lines(view)
        _steps(min(1, len(lines)), view)
        if not busy:
            commit_parts.new_draw(lines, view)
        return
    draw = draws[chosen]
    signed = queries.kept(view, draw_console.signatures, needs=Action.SEE_DRAWS, draw_id=chosen)
    stage = Stage(draw, signed)
    _steps(_reached(stage), view)
    if draw.is_simulated:
        parts.simulated_banner(draw.draw_id, translate=_)
    if ceremony:
        _show_big(draw, view)
    else:
        _show_plain(draw, view)
    if len(signed):
        shown = tables.signatures(signed, records=RECORDS, translate=_)
        parts.plain_table(shown)
        parts.export_menu({"signatures": shown}, name="signatures", view=view)
    if draw.state is DrawState.VOID:
        st.error(_("This draw was voided and stays visible. Reason: {reason}").format(reason=draw.reason))
        return
    if not busy:
        _next(stage, view)


def _reached(stage: Stage) -> int:
    if stage.draw.state is DrawState.COMMITTED:
        return 3 if stage.signed("commitment") > 1 else 2
    return 5 if stage.signed("certificate") > 1 else 4


def _steps(reached: int, view: View) -> None:
    _ = view.translate
    for at, (place, name) in enumerate(zip(st.columns(len(STEPS)), STEPS, strict=True), start=1):
        done = at <= reached
        place.badge(f"{'✓' if done else '○'} {_(name)}", color="green" if done else "gray")


def _show_big(draw: DrawRecord, view: View) -> None:
    """Show what a hall must be able to read and write down: the digest before, the seed after."""
    _ = view.translate
    shown = [(_("Digest of the commitment"), draw.commit_digest)]
    if draw.seed:
        shown.append((_("Seed"), draw.seed))
    for name, digest in shown:
        st.subheader(name)
        groups = [digest[at : at + 8] for at in range(0, len(digest), 8)]
        for at in range(0, len(groups), 4):
            st.markdown("# `" + "  ".join(groups[at : at + 4]) + "`")
    if draw.state is DrawState.DRAWN:
        _amounts(draw, view)


def _show_plain(draw: DrawRecord, view: View) -> None:
    _ = view.translate
    st.markdown("**" + _("Digest of the commitment") + "**")
    st.code(draw.commit_digest, language=None, wrap_lines=True)
    if draw.seed:
        st.markdown("**" + _("Seed") + "**")
        st.code(draw.seed, language=None, wrap_lines=True)
    _amounts(draw, view)


def _amounts(draw: DrawRecord, view: View) -> None:
    _ = view.translate
    known = draw.state is DrawState.DRAWN
    amounts = (
        (_("Objects in the frame"), draw.n_frame),
        (_("Objects drawn"), draw.n_objects if known else None),
        (_("Visits"), draw.n_visits if known else None),
        (_("Item checks"), draw.n_checks if known else None),
    )
    for place, (name, amount) in zip(st.columns(len(amounts)), amounts, strict=True):
        place.metric(name, words.count(amount), border=True)


def _next(stage: Stage, view: View) -> None:
    """Offer the one step that is due."""
    draw = stage.draw
    if draw.state is DrawState.COMMITTED:
        if stage.signed("commitment") < 2:
            _sign(stage, "commitment", view)
        else:
            _run(draw, view)
        _void(draw, view)
    elif draw.state is DrawState.DRAWN:
        if stage.signed("certificate") < 2:
            _sign(stage, "certificate", view)
        _verify(draw, view)


def _sign(stage: Stage, over: str, view: View) -> None:
    """Let another person sign, who has everything hashed or verified again first."""
    _ = view.translate
    draw = stage.draw
    st.subheader(_("Second signature under the {record}").format(record=_(RECORDS[over])))
    st.caption(_("Whoever signs has frame and roster hashed again, or the draw verified; one person counts once."))
    if not acts.offered(view, Action.SIGN_DRAW):
        return
    key = None if draw.is_simulated else st.file_uploader(_("Your signing key; it is not kept"), key=f"key_{over}")
    if st.button(_("Check and sign"), type="primary"):
        given = key.getvalue() if key else None
        with st.spinner(_("Checking ...")):
            acts.act(
                view,
                Action.SIGN_DRAW,
                lambda workspace: sign_draw(
                    workspace, draw.draw_id, actor=view.desk.viewer.actor, clock=view.desk.clock, key=taken_key(given)
                ),
                said=lambda _made: _("Signed."),
            )


def _run(draw: DrawRecord, view: View) -> None:
    """Take the values of the public events, each typed twice, and draw."""
    _ = view.translate
    st.subheader(_("Draw"))
    st.caption(_("Another person than the one who committed draws; the values of the public events decide alone."))
    if not acts.offered(view, Action.RUN_DRAW):
        return
    with st.form("run"):
        typed = [] if draw.is_simulated else [_typed(event.source, event.event, view) for event in draw.entropy]
        key = None if draw.is_simulated else st.file_uploader(_("Your signing key; it is not kept"), key="key_run")
        asked = st.form_submit_button(_("Draw now"), type="primary")
    if not asked:
        return
    if any(once.value != again or not once.value for once, again in typed):
        st.error(_("The two readings of a value differ or are empty: read it again from the source."))
        return
    values = values_asked(tuple(once for once, _again in typed))
    job_parts.begin(view, "run_draw", key=key.getvalue() if key else None, draw_id=draw.draw_id, values=values)


def _void(draw: DrawRecord, view: View) -> None:
    """Let another person close a commitment that cannot be drawn from; it stays visible with its reason."""
    _ = view.translate
    if not view.desk.may(Action.RUN_DRAW):
        return
    with st.expander(_("Close this commitment without drawing")):
        note = _("Another person than who committed closes it; the reason is published, and the draw stays visible.")
        st.caption(note)
        with st.form("void", border=False):
            reason = st.text_input(_("Why; it is published"))
            key = None if draw.is_simulated else st.file_uploader(_("Your signing key; it is not kept"), key="key_void")
            asked = st.form_submit_button(_("Close it"))
    if asked:
        given = key.getvalue() if key else None
        acts.act(
            view,
            Action.RUN_DRAW,
            lambda workspace: void_draw(
                workspace,
                draw.draw_id,
                reason=reason,
                actor=view.desk.viewer.actor,
                clock=view.desk.clock,
                key=taken_key(given),
            ),
            said=lambda _closed: _("Closed: the draw is void. A new one needs a new name, commitment and event."),
        )


def _typed(source: str, event: str, view: View) -> tuple[EntropyValue, str]:
    _ = view.translate
    st.markdown(f"**{words.source_name(source, _)} · {event}**")
    left, middle, right = st.columns(3)
    once = left.text_input(_("Value"), key=f"value_{source}")
    again = middle.text_input(_("Value, read a second time"), key=f"again_{source}")
    at = right.text_input(_("Drawn at, with offset"), key=f"at_{source}", placeholder="2026-03-05T21:15:00+08:00")
    return EntropyValue(source, event, once.strip(), at.strip(), ""), again.strip()


def _drawn(view: View, made: Mapping[str, Any]) -> str:
    said = view.translate(N_("Drawn {draw_id}: {visits} visits carry {checks} checks."))
    counts = {"visits": words.count(made["visits"]), "checks": words.count(made["checks"])}
    return said.format(draw_id=made["draw_id"], **counts)


def _verify(draw: DrawRecord, view: View) -> None:
    """Recompute the draw from its public bundle, against the digest that this workspace published."""
    _ = view.translate
    st.subheader(_("Verify"))
    st.code(f"xinheng verify {draw.bundle.name} --expect-commit {draw.commit_digest}", language=None, wrap_lines=True)
    if not st.button(_("Recompute this draw now")):
        return
    try:
        with st.spinner(_("Recomputing ...")):
            report = queries.verification_of(view, draw, draw.commit_digest)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    (st.success if report.ok else st.error)(report.verdict.render(_))
    parts.plain_table(tables.checks(report.checks, translate=_))


show(current_view())
