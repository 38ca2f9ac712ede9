"""Contested grades: objections, grades computed again from the records as they stand, what was kept, the history."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, job_parts, parts, queries, words
from dashboards.grades import shared
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading.disputes import grade_objections
from engine.api.grading.history import grade_history
from engine.api.grading.months import CAUSE_NAMES, GradeMonth
from engine.api.grading.rescoring import corrected_grades, feature_titles
from engine.api.jobs.board import Job, JobState, jobs
from engine.messages import N_

STATES = {
    "filed": N_("waits to be taken up"),
    "accepted": N_("taken up"),
    "annotated": N_("taken up, grade marked as disputed"),
    "rejected": N_("not taken up"),
    "maintained": N_("grade upheld"),
    "corrected": N_("to be corrected"),
    "withdrawn": N_("withdrawn"),
}
CORRECTED = "corrected"
SHOWN = {
    "grade": N_("Grade"),
    "score": N_("Score"),
    "score_grade": N_("Grade by score"),
    "settled_grade": N_("Grade held by its band"),
    "override_code": N_("What the grade rests on"),
}


def show(month: GradeMonth, view: View) -> None:
    """Show the part."""
    _ = view.translate
    today = view.desk.clock().date()
    held = queries.kept(view, grade_objections, needs=shared.NEEDS, on=today)
    kept = queries.kept(view, corrected_grades, needs=shared.NEEDS)
    _way(month, view)
    if held.empty:
        parts.nothing_yet(_("No grade has been contested yet."))
        return
    after = kept.drop_duplicates("objection_id", keep="last").set_index("objection_id")
    _cards(held, after, view, today=today)
    names = shared.names_of(held["entity_id"], view)
    _table(held, after, names, view)
    label = {
        str(row["objection_id"]): f"{names.get(row['entity_id'], row['entity_id'])} · {row['objection_id']}"
        for row in held.to_dict("records")
    }
    number = choose(
        st.selectbox, _("Objection"), tuple(label), name="objection", default=next(iter(label)),
        label_of=label.__getitem__,
    )  # fmt: skip
    row = held.set_index("objection_id").loc[number]
    _history(str(row["entity_id"]), view, today=today)
    _again(number, row, is_kept=number in after.index, view=view)


def _way(month: GradeMonth, view: View) -> None:
    """Say how a grade is contested and decided, with the way to where that is done."""
    _ = view.translate
    st.caption(
        _(
            "Registered at any counter, taken up and marked, decided by somebody who neither started the run nor "
            "confirmed the grade. If a record was wrong it is corrected where it came from; then the grade is computed "
            "again as of the run's day, and kept beside the old one."
        )
    )
    if view.desk.may(Action.SEE_RESULTS):
        asked = {"target": f"grades:{month.run_id}:"}
        st.page_link(
            "views/objections.py",
            label=_("Register or decide an objection"),
            query_params=asked,
            icon=":material/arrow_forward:",
        )


def _cards(held: pd.DataFrame, after: pd.DataFrame, view: View, *, today: date) -> None:
    _ = view.translate
    is_open = held["is_disputed"].astype(bool)
    late = is_open & (pd.to_datetime(held["due_on"]) < pd.Timestamp(today))
    waits = (held["state"] == CORRECTED) & ~held["objection_id"].isin(after.index)
    counts = (
        (_("Disputed now"), int(is_open.sum())),
        (_("Past the last day"), int(late.sum())),
        (_("To be corrected, not kept yet"), int(waits.sum())),
        (_("Corrections kept"), len(after)),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)


def _table(held: pd.DataFrame, after: pd.DataFrame, names: Mapping[str, str], view: View) -> None:
    _ = view.translate
    changes = {number: f"{row['before']} → {row['after']}" for number, row in after.to_dict("index").items()}
    table = pd.DataFrame(
        {
            _("Object"): [names.get(each, each) for each in held["entity_id"]],
            _("Code of the object"): held["entity_id"],
            _("Run"): held["run_id"],
            _("State"): [_(STATES[each]) for each in held["state"]],
            _("Corrected grade"): [changes.get(each, words.NOTHING) for each in held["objection_id"]],
            _("Registered on"): held["filed_on"].map(words.day),
            _("To be decided by"): held["due_on"].map(words.day),
            _("Decided on"): held["decided_on"].map(words.day),
            _("Reason"): held["reason"],
            _("Objection"): held["objection_id"],
        }
    )
    parts.table(table, name="contested", view=view)


def _history(entity: str, view: View, *, today: date) -> None:
    """Show the grades of the object run by run; corrected ones stand beside, nothing is overwritten."""
    _ = view.translate
    st.subheader(_("Its grades, run by run"))
    held = queries.kept(view, grade_history, needs=shared.NEEDS, entity_id=entity, on=today)
    table = pd.DataFrame(
        {
            _("As of"): held["as_of"].map(words.day),
            _("Grade"): [words.grade_name(each, _) for each in held["grade"]],
            _("Grade by score"): [words.grade_name(each, _) for each in held["score_grade"]],
            _("What the grade rests on"): [shared.above_score(each, view) for each in held["override_code"]],
            _("Cause of the move"): [
                words.NOTHING if words.is_missing(each) else _(CAUSE_NAMES[each]) for each in held["cause"]
            ],
            _("Corrected to"): [
                words.NOTHING if words.is_missing(each) else words.grade_name(each, _) for each in held["corrected_to"]
            ],
            _("Disputed"): [_("yes") if each else words.NOTHING for each in held["is_disputed"]],
            _("Run"): held["run_id"],
        }
    )
    parts.plain_table(table)
    parts.export_menu({"history": table}, name="grade-history", view=view)
    shared.record_link(entity, view)


def _again(number: str, row: "pd.Series[Any]", *, is_kept: bool, view: View) -> None:
    """Compute the grade again and show what would change; keep it once the objection is upheld."""
    _ = view.translate
    st.subheader(_("Computed again"))
    asked = {"run_id": str(row["run_id"]), "entity_id": str(row["entity_id"])}
    said = {kind: lambda result: _ended(result, view) for kind in ("rescore", "keep_rescore")}
    if job_parts.under_way(view, said, needs=shared.NEEDS):
        return
    latest = _latest(asked, view)
    if latest is None:
        st.caption(_("Not computed yet. Looking is free: nothing is written."))
    else:
        _outcome(latest, view)
    job_parts.offer(view, "rescore", label=_("Compute it again from the records of today"), **asked)
    if is_kept:
        st.caption(_("The corrected grade is kept; the old one stays on record."))
    elif row["state"] != CORRECTED:
        st.caption(_("A corrected grade is kept once the objection is decided as to be corrected."))
    elif acts.offered(view, Action.DECIDE_OBJECTION):
        with st.form("keep_rescore"):
            reason = st.text_input(_("Why"))
            pressed = st.form_submit_button(_("Keep the corrected grade"), type="primary")
        if pressed and not reason.strip():
            st.error(_("Say why; it stays on record."))
        elif pressed:
            job_parts.begin(
                view, "keep_rescore", objection_id=number, entity_id=asked["entity_id"], reason=reason.strip()
            )


def _ended(result: Mapping[str, Any], view: View) -> str:
    said = view.translate(N_("Computed again: grade {before} → {after}."))
    return said.format(before=result["before"]["grade"], after=result["after"]["grade"])


def _latest(asked: Mapping[str, str], view: View) -> Job | None:
    """Return the newest computation of this grade that is done."""
    with view.desk.reading(shared.NEEDS) as workspace:
        held = [each for each in jobs(workspace) if each.kind in ("rescore", "keep_rescore")]
    own = [each for each in held if each.state is JobState.DONE and asked.items() <= each.result.items()]
    return own[0] if own else None


def _outcome(found: Job, view: View) -> None:
    _ = view.translate
    told = found.result
    st.caption(
        _("Computed at {at} for {name}: as of {as_of}, from the records known on {known_by}.").format(
            at=words.moment(found.ended_at), name=found.name, as_of=told["as_of"], known_by=told["known_by"]
        )
    )
    table = pd.DataFrame(
        {
            _("What"): [_(name) for name in SHOWN.values()],
            _("In the run"): [_cell(name, told["before"], view) for name in SHOWN],
            _("Now"): [_cell(name, told["after"], view) for name in SHOWN],
        }
    )
    parts.plain_table(table)
    if not told["features"]:
        st.caption(_("No feature of its score changed: the records say what they said."))
        return
    titles = feature_titles(translate=_)
    changed = pd.DataFrame(
        {
            _("What changed"): [titles.get(name, name) for name in told["features"]],
            _("In the run"): [_figure(pair[0]) for pair in told["features"].values()],
            _("Now"): [_figure(pair[1]) for pair in told["features"].values()],
        }
    )
    parts.plain_table(changed)
    parts.export_menu({"grade": table, "features": changed}, name="computed-again", view=view)


def _cell(name: str, row: Mapping[str, Any], view: View) -> str:
    value = row.get(name)
    if name == "override_code":
        return shared.above_score(value, view)
    if value is None:
        return words.NOTHING
    return f"{value:,.1f}" if name == "score" else words.grade_name(str(value), view.translate)


def _figure(value: object) -> str:
    if value is None:
        return words.NOTHING
    return f"{value:,.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
