"""Why an object has its grade: every stored reason with the records behind it and what it would be without it."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboards import parts, queries, record_charts, words
from dashboards.record.shared import NEEDS, outcome_text
from dashboards.view import View
from engine.api.desk import Action
from engine.api.grading.rescoring import feature_titles
from engine.api.reading.evidence import Evidence, by_rank, reason_evidence
from engine.api.reading.prospects import Outcome, Prospects, grade_prospects
from engine.api.scoring.assessment import Explanation


def show(told: Explanation, view: View) -> None:
    """Show the part."""
    _ = view.translate
    st.subheader(_("Grade and reasons"))
    if not told.reasons:
        st.caption(_("No reason was stored: the score is that of an object without records."))
        return
    behind = by_rank(queries.kept(view, reason_evidence, needs=NEEDS, entity_id=told.entity_id))
    prospects = prospects_of(told.entity_id, view, is_whole=False)
    without = {} if prospects is None else {each.rank: each.outcome for each in prospects.reasons}
    if prospects is not None and _is_held(prospects):  # said once, below the table
        without = {rank: replace(outcome, override_code=None) for rank, outcome in without.items()}
    table = pd.DataFrame(
        {
            _("Rank"): [each.rank for each in told.reasons],
            _("Reason"): [each.sentence.render(_) for each in told.reasons],
            _("Points"): [f"{each.points:+,.1f}" for each in told.reasons],
            _("Records behind it"): [_behind(behind.get(each.rank), view) for each in told.reasons],
            _("Without it"): [_without(without, each.rank, view) for each in told.reasons],
        }
    )
    parts.plain_table(table)
    _caption(prospects, view)
    parts.export_menu({"reasons": table}, name="reasons", view=view)
    if view.desk.may(Action.SEE_MODELS):
        _contributions(told, view)


def prospects_of(entity: str, view: View, *, is_whole: bool = True) -> Prospects | None:
    """Return what would change the grade, as of today; of the reasons alone where no more is asked."""
    today = view.desk.clock().date()
    found: Prospects | None = queries.kept(
        view, grade_prospects, needs=NEEDS, entity_id=entity, on=today, is_whole=is_whole
    )
    return found


def _behind(held: Evidence | None, view: View) -> str:
    if held is None:
        return words.NOTHING
    _ = view.translate
    last = held.records[0]
    return _("{kind}: {n}, the latest of {day} ({number})").format(
        kind=words.table_name(held.table, _),
        n=words.count(len(held.records)),
        day=words.day(last.occurred_on),
        number=last.number or last.record_id,
    )


def _without(without: Mapping[int, Outcome], rank: int, view: View) -> str:
    return outcome_text(without[rank], view) if rank in without else words.NOTHING


def _caption(prospects: Prospects | None, view: View) -> None:
    _ = view.translate
    if prospects is None:
        return
    a, b, c = (f"{limit:,.1f}" for limit in prospects.limits)
    st.caption(_("Highest score that is still A: {a}, B: {b}, C: {c}.").format(a=a, b=b, c=c))
    if _is_held(prospects):
        st.info(_("A rule above the score holds the grade: fewer points alone change nothing."))


def _is_held(prospects: Prospects) -> bool:
    """Whether the same rule above the score holds the grade without any of the reasons."""
    held = prospects.stored.override_code
    outcomes = [each.outcome for each in prospects.reasons]
    return held is not None and bool(outcomes) and all(each.override_code == held for each in outcomes)


def _contributions(told: Explanation, view: View) -> None:
    """Draw the stored points; whoever sees models."""
    _ = view.translate
    st.subheader(_("What the score is made of"))
    titles = feature_titles(translate=_)
    rest = _("All other indicators")
    rows = pd.DataFrame(
        {
            "reason": [f"{each.rank}. {titles.get(each.feature, rest)}" for each in told.reasons],
            "points": [each.points for each in told.reasons],
        }
    )
    chart = record_charts.contributions(rows, translate=_)
    table = pd.DataFrame({_("Reason"): rows["reason"], _("Points"): rows["points"].map(lambda value: f"{value:+,.1f}")})
    parts.chart_with_table(chart, table, alt_text=_("Points of each reason of the score"), translate=_)
    st.caption(_("Stored when the score was made by {model}.").format(model=words.score_name(told.model, _)))
