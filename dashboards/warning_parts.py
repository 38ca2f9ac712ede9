"""How often the rules of early warning are right: over all that was closed, and by the period of closing."""

from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from dashboards import charts, parts, queries, words
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading import warnings as inbox
from engine.messages import N_, Translate

LEVELS = {"urgent": N_("urgent"), "important": N_("important"), "attention": N_("for attention")}
RULES = {
    "licence_ending": N_("licence ends soon"),
    "licence_lapsed": N_("licence lapsed"),
    "abnormal_near_term": N_("three years on the abnormal list near"),
    "shared_address": N_("many at one address"),
    "key_changes": N_("many changes in the register"),
    "score_jump": N_("score rose sharply"),
    "complaint_surge": N_("complaints surge"),
    "complaint_cluster.district_code": N_("complaints crowd in a district"),
    "complaint_cluster.industry_code": N_("complaints crowd in an industry"),
    "complaint_cluster.address": N_("complaints crowd at an address"),
}
PERIODS = {"week": N_("by week"), "month": N_("by month"), "quarter": N_("by quarter")}


def rule_name(code: str, translate: Translate) -> str:
    """Return what people call a rule; a rule of another program keeps its code."""
    return translate(RULES[code]) if code in RULES else code


def precision(view: View, *, today: date) -> None:
    """Show how often each rule was right with its interval, which are noisy, and the course over time."""
    _ = view.translate
    st.subheader(_("Precision of the rules"))
    held = queries.kept(view, inbox.warning_precision, needs=Action.SEE_WARNINGS, on=today)
    if held.empty:
        st.caption(_("No warning was closed yet: how often a rule is right is not known."))
        return
    limits = inbox.retirement_rule(today)
    for code in held.loc[held["is_noisy"], "rule_code"]:
        said = _("“{rule}” is surely right in fewer than {share} of its warnings: give it up or make it stricter.")
        st.warning(said.format(rule=rule_name(code, _), share=words.share(limits.least_precision, digits=0)))
    table = _judged(held, view)
    parts.plain_table(table)
    period = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Period of closing"),
        tuple(PERIODS),
        name="every",
        default="week",
        label_of=lambda each: _(PERIODS[each]),
    )
    course = queries.kept(view, inbox.precision_course, needs=Action.SEE_WARNINGS, on=today, every=period)
    course = course.assign(rule=[rule_name(code, _) for code in course["rule_code"]])
    over_time = _judged(course, view)
    over_time.insert(0, _("Closed from"), course["since"].map(words.day))
    chart = charts.precision_course(course, translate=_)
    parts.chart_with_table(chart, over_time, alt_text=_("Precision of the rules over time"), translate=_)
    sheets = {"precision": table, "over-time": over_time}
    parts.export_menu(sheets, name="warning-precision", view=view)
    note = _(
        "A rule is judged from {n} closed warnings on. It is called noisy when its whole interval lies below {share}; "
        "people decide, by the dated rules of warnings."
    )
    st.caption(note.format(n=limits.least_closed, share=words.share(limits.least_precision, digits=0)))


def _judged(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    _ = view.translate
    noisy = rows["is_noisy"] if "is_noisy" in rows else pd.Series(False, index=rows.index)
    return pd.DataFrame(
        {
            _("Rule"): [rule_name(code, _) for code in rows["rule_code"]],
            _("Closed"): rows["n"],
            _("Confirmed"): rows["n_confirmed"],
            _("Precision"): rows["precision"].map(words.share),
            _("Interval"): [words.share_interval(*ends) for ends in zip(rows["low"], rows["high"], strict=True)],
            _("Remark"): [
                _("noisy") if loud else "" if enough else _("too few")
                for loud, enough in zip(noisy, rows["is_enough"], strict=True)
            ],
        }
    )
