"""A new draw: what it needs, what it would be before anybody commits to it, and the commitment."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, job_parts, parts, picking, queries, tables, words
from dashboards.view import View
from engine.api.committing import console as draw_console
from engine.api.desk import Action
from engine.api.jobs.board import Job, JobState, jobs
from engine.api.jobs.kinds import order_asked
from engine.api.reading.draws import item_names
from engine.draw.entropy.sources import SIMULATED_SOURCE
from engine.messages import N_, revived
from engine.vocabulary import JOINER

GAP, SPAN = timedelta(hours=25), timedelta(days=3)


def published_lines(view: View) -> pd.DataFrame:
    """Return the lines of published plans, with the names of their items as ``item_names``."""
    lines = queries.kept(view, draw_console.published, needs=Action.SEE_PLANS, on=view.desk.clock().date())
    if lines.empty:
        return lines
    names = queries.kept(view, item_names, needs=Action.SEE_PLANS)
    listed = [[names.get(code, code) for code in codes.split(JOINER)] for codes in lines["item_codes"]]
    return lines.assign(item_names=[JOINER.join(each) for each in listed])


def new_draw(lines: pd.DataFrame, view: View) -> None:
    """Ask for what a commitment needs, show what it would be, and commit; ``lines`` are :func:`published_lines`."""
    _ = view.translate
    days = queries.kept(view, draw_console.graded_days, needs=Action.SEE_PLANS)
    if lines.empty:
        parts.nothing_yet(_("No plan is published: a draw needs a line of a published plan."), command="xinheng plan")
        return
    shown = tables.published_lines(lines, translate=_)
    parts.plain_table(shown)
    parts.export_menu({"lines": shown}, name="published-lines", view=view)
    open_lines = lines[lines["held"] < lines["draws"]]
    if open_lines.empty:
        st.info(_("Every published line has had its draws: a new draw needs a new line of a published plan."))
        return
    if not days:
        parts.nothing_yet(_("Nothing is graded yet: strata need grades."), command="xinheng grade")
        return
    if not acts.offered(view, Action.COMMIT_DRAW):
        return
    called = {
        line: f"{line} · {names.replace(JOINER, _(', '))}"
        for line, names in zip(open_lines["line_id"], open_lines["item_names"], strict=True)
    }
    offered = picking.in_sight(list(called), name="lines", view=view, label_of=called.__getitem__)
    with st.form("commit"):
        left, right = st.columns(2)
        name = left.text_input(_("Name of the draw"))
        with left:
            chosen = picking.ticked(
                _("Lines; several are one joint draw"), offered, name="lines", label_of=called.__getitem__
            )
        day = left.selectbox(_("Grades as of"), days, format_func=words.day)
        real = right.radio(
            _("Kind of draw"), (False, True), format_func=lambda one: _("real") if one else _("simulated, binds nobody")
        )
        seed = right.number_input(_("Seed of a simulated draw"), min_value=0, value=1)
        events = right.text_input(_("Public events of a real draw: source:number, with commas"))
        key = right.file_uploader(_("Your signing key, for a real draw only; it is not kept"))
        row = st.container(horizontal=True)
        sees_all = view.desk.viewer.scope.is_whole
        looks = sees_all and row.form_submit_button(_("Look at it first; nothing is committed"))
        commits = row.form_submit_button(_("Freeze the frame and publish the commitment"), type="primary")
    asked = _order(view, name.strip(), tuple(chosen), day, events if real else "") if looks or commits else None
    if asked is not None:
        asked |= {} if real else {"seed": str(int(seed))}
        if looks:
            job_parts.begin(view, "preview_draw", **asked)
        else:  # a refused look must not commit
            job_parts.begin(view, "commit_draw", key=key.getvalue() if key else None, **asked)
    _last_preview(view)


def _order(view: View, name: str, lines: tuple[str, ...], day: date, events: str) -> dict[str, str] | None:
    """Return what is asked of the work that commits; None when something is missing."""
    _ = view.translate
    pairs = [each.strip().partition(":") for each in events.replace("，", ",").split(",") if each.strip()]
    named = {source: number for source, _colon, number in pairs} or {SIMULATED_SOURCE: "1"}
    if not name or not lines or not all(named.values()):
        st.error(_("Give the draw a name, choose at least one line, and write events as source:number."))
        return None
    earliest = view.desk.clock() + GAP
    times = {"not_before": earliest.isoformat(), "deadline": (earliest + SPAN).isoformat()}
    return order_asked(draw_id=name, as_of=day, lines=lines, events=named) | times


def committed(view: View, made: Mapping[str, Any]) -> str:
    """Return what is said when the commitment stands."""
    said = view.translate(N_("Committed {draw_id}: publish the digest {digest} before the events."))
    return said.format(draw_id=made["draw_id"], digest=made["commit_digest"])


def previewed(view: View, made: Mapping[str, Any]) -> str:
    """Return what is said when a draw was worked out."""
    said = view.translate(N_("Worked out: {objects} objects are in the frame. Nothing is committed."))
    return said.format(objects=words.count(made["objects"]))


def _last_preview(view: View) -> None:
    """Show the draw that was worked out last, with what it rests on."""
    with view.desk.reading(Action.COMMIT_DRAW) as workspace:
        held = next(
            (each for each in jobs(workspace) if each.kind == "preview_draw" and each.state is JobState.DONE), None
        )
    if held is not None:
        _preview(held, view)


def _preview(held: Job, view: View) -> None:
    _ = view.translate
    seen = held.result
    st.subheader(_("As it would be committed"))
    said = _("Worked out {at} by {name} · Lines {lines} · Grades as of {as_of} · Version of the records {version}")
    st.caption(
        said.format(
            at=words.moment(held.ended_at),
            name=words.actor_name(held.name, _),
            lines=", ".join(json.loads(held.asked["lines"])),
            as_of=words.day(held.asked["as_of"]),
            version=str(seen["data_version"])[:12],
        )
    )
    if seen["data_version"] != view.data_version:
        st.warning(_("Something was written since: work it out anew before you commit."))
    seats = pd.DataFrame(seen["seats"])
    amounts = (
        (_("Objects in the frame"), words.count(seen["objects"])),
        (_("Rows that can be drawn"), words.count(seen["rows"])),
        (_("Item checks expected"), f"{seats['expected_units'].sum():,.1f}" if len(seats) else words.NOTHING),
        (_("Inspectors"), words.count(sum(row["n"] for row in seen["officers"]))),
    )
    for place, (name, amount) in zip(st.columns(len(amounts)), amounts, strict=True):
        place.metric(name, amount, border=True)
    st.caption(
        _("{n} pairs of inspector and object are kept apart by recusal.").format(n=words.count(seen["recusals"]))
    )
    for note in seen["notes"]:
        st.caption("• " + revived(note["template"], note["params"]).render(_))
    sheets = {"seats": tables.seats(seats, translate=_)}
    st.markdown("**" + _("Seats by item and grade") + "**")
    parts.long_table(sheets["seats"])
    st.markdown("**" + _("Outside the frame, and why") + "**")
    if seen["excluded"]:
        sheets["outside"] = tables.outside(pd.DataFrame(seen["excluded"]), translate=_)
        parts.long_table(sheets["outside"])
    else:
        st.caption(_("Every row of the register can be drawn."))
    parts.export_menu(sheets, name="draw-preview", view=view)
