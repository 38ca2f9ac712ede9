"""How an object fared: its grades from run to run with what came and lapsed, and the draws it stood in."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import parts, queries, record_charts, words
from dashboards.drawing import show_chart
from dashboards.grades.shared import above_score
from dashboards.record.shared import NEEDS, above_score_text, record_name, status_name
from dashboards.view import View
from engine.api.desk import Action
from engine.api.grading.months import ABSENT, CAUSE_NAMES
from engine.api.reading.grade_steps import GradeStep, grade_steps
from engine.api.reading.object_draws import found_in_draws, object_draws
from engine.messages import N_

SHOWN = 3
"""Records named in a cell; of more the number is said."""
CLOSED = {"certificate": N_("certificate issued"), "void": N_("void"), "": N_("no certificate yet")}


def show(entity: str, view: View) -> None:
    """Show the part."""
    _grades(entity, view)
    if view.desk.may(Action.SEE_DRAWS):
        _draws(entity, view)


def _grades(entity: str, view: View) -> None:
    _ = view.translate
    st.subheader(_("Its grades, run by run"))
    steps = queries.kept(view, grade_steps, needs=NEEDS, entity_id=entity, on=view.desk.clock().date())
    if not steps:
        parts.nothing_yet(_("No run has graded this object yet."))
        return
    rows = pd.DataFrame(
        {
            "day": [each.as_of.isoformat() for each in steps],
            "score": [each.score for each in steps],
            "grade": [each.grade for each in steps],
            "tag": [words.grade_tag(each.grade) for each in steps],
        }
    )
    if rows["score"].notna().any():
        show_chart(record_charts.grade_course(rows, translate=_), alt_text=_("Score and grade from run to run"))
    table = pd.DataFrame(
        {
            _("As of"): [words.day(each.as_of) for each in steps],
            _("Grade"): [words.grade_name(each.grade, _) for each in steps],
            _("Score"): [words.NOTHING if each.score is None else f"{each.score:,.1f}" for each in steps],
            _("Cause of the move"): [_cause(each, view, first=at == 0) for at, each in enumerate(steps)],
            _("Newly known since"): [_records([each[:2] for each in step.came], view) for step in steps],
            _("Lapsed since"): [_lapsed(step, view) for step in steps],
            _("What the grade rests on"): [_rests_on(each, view) for each in steps],
            _("Model"): [words.NOTHING if each.model is None else words.score_name(each.model, _) for each in steps],
            _("Corrected to"): [
                words.NOTHING if each.corrected_to is None else words.grade_name(each.corrected_to, _) for each in steps
            ],
            _("Disputed"): [_("yes") if each.is_disputed else words.NOTHING for each in steps],
            _("Run"): [each.run_id for each in steps],
        }
    )
    parts.table(table.iloc[::-1], name="grades-of-object", view=view)


def _cause(step: GradeStep, view: View, *, first: bool) -> str:
    """Say why the grade moved; the first grade on record moved from nowhere."""
    _ = view.translate
    if first and step.from_grade in (None, ABSENT):
        return _("first grade on record")
    if step.cause is None:
        return _("did not move") if step.is_monthly else words.NOTHING
    before = "" if step.from_grade in (None, ABSENT) else f"{words.grade_tag(step.from_grade)} → "
    return before + (f"{words.grade_tag(step.grade)} · " if before else "") + _(CAUSE_NAMES[step.cause])


def _rests_on(step: GradeStep, view: View) -> str:
    if step.override_code and step.override_reference:
        return above_score_text(step.override_code, step.override_reference, view)
    return above_score(step.override_code, view)


def _records(named: Sequence[tuple[str, ...]], view: View) -> str:
    said = [record_name(table, name, view) for table, name in named[:SHOWN]]
    if len(named) > SHOWN:
        said.append(view.translate(N_("and {n} more")).format(n=words.count(len(named) - SHOWN)))
    return "; ".join(said) or words.NOTHING


def _lapsed(step: GradeStep, view: View) -> str:
    said = [f"{record_name(table, name, view)} ({status_name(why, view)})" for table, name, why in step.lapsed[:SHOWN]]
    if len(step.lapsed) > SHOWN:
        said.append(view.translate(N_("and {n} more")).format(n=words.count(len(step.lapsed) - SHOWN)))
    return "; ".join(said) or words.NOTHING


def _draws(entity: str, view: View) -> None:
    """Show the draws; what the visits found for whoever sees results."""
    _ = view.translate
    st.subheader(_("Draws that had it in their frame"))
    draws = queries.kept(view, object_draws, needs=Action.SEE_DRAWS, entity_id=entity)
    if draws.empty:
        st.caption(_("No draw had this object in its frame yet."))
        return
    found = {}
    if view.desk.may(Action.SEE_RESULTS):
        rows = queries.kept(view, found_in_draws, needs=Action.SEE_RESULTS, entity_id=entity)
        found = {(row["draw_id"], row["item_code"]): row for row in rows.to_dict("records")}
    n_drawn = int(draws["is_drawn"].sum())
    st.caption(
        _("Drawn for {n_drawn} of {n} item checks.").format(n_drawn=words.count(n_drawn), n=words.count(len(draws)))
    )
    table = pd.DataFrame(
        {
            _("Draw"): draws["draw_id"],
            _("Item"): draws["item_name"],
            _("Grade then"): [
                words.NOTHING if words.is_missing(each) else words.grade_tag(str(each)) for each in draws["grade"]
            ],
            _("Probability by policy"): draws["design_probability"].map(lambda value: words.share(value, digits=2)),
            _("Probability of being drawn"): draws["inclusion_probability"].map(
                lambda value: words.share(value, digits=2)
            ),
            _("Whether drawn"): [_("drawn") if each else _("not drawn") for each in draws["is_drawn"]],
            _("What the visit found"): [
                _found(found.get((row["draw_id"], row["item_code"])), row["is_drawn"], view)
                for row in draws.to_dict("records")
            ],
            _("Certificate"): [_(CLOSED.get(each, each)) for each in draws["certificate_kind"]],
            _("Digest"): draws["certificate_digest"].map(words.shortened),
        }
    )
    parts.table(table, name="draws-of-object", view=view)


def _found(row: dict[str, object] | None, is_drawn: bool, view: View) -> str:
    if row is not None:
        codes = words.code_name("result_codes", str(row["result_codes"]), view.translate)
        return f"{words.day(str(row['occurred_on']))} · {codes}"
    return view.translate(N_("no public result")) if is_drawn else words.NOTHING
