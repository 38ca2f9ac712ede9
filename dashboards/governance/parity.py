"""Groups of firms: is the model as good for every district, size and kind? Verdicts by the band of policy."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.governance import charts, shared
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.documents.model_card import GROUPINGS, group_name
from engine.api.figures.model_evidence import Contest, Evidence
from engine.api.policies.laboratory import unit_names
from engine.grading.model_limits import Standing

COUNTED = (Standing.PASS, Standing.WATCH, Standing.FAIL, Standing.FEW)
"""Verdicts of the strip above the groups."""


def show(found: Contest, view: View) -> None:
    """Show the groups of the backtest that the deciding model won, or of the newest one."""
    _ = view.translate
    st.subheader(_("Is the model as good for every group?"))
    held = found.champion or found.challenger
    if held is None:
        parts.nothing_yet(_("No backtest judged this population yet."), command="xinheng backtest")
        return
    st.caption(
        _("Backtest {run}, {model}. Reference: the largest group of its kind.").format(
            run=held.run_id, model=words.score_name(held.model, _)
        )
    )
    if held.parity is None or held.parity.empty:
        parts.nothing_yet(_("No comparison of groups is stored with this backtest; run it again to have one."))
        return
    _strip(held, view)
    names = [name for name in GROUPINGS if name in set(held.parity["grouping"])]
    grouping = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Groups"),
        tuple(names),
        name="grouping",
        default=names[0],
        label_of=lambda each: _(GROUPINGS[each]),
    )
    rows = labelled(held, grouping, view)
    chart = charts.groups(rows, least=held.limits.least, most=held.limits.most, translate=_)
    table = parity_table(rows, view)
    parts.chart_with_table(chart, table, alt_text=_("Groups of firms"), translate=_)
    st.caption(
        _("Shaded: the tolerated band, {least} to {most}. {reference}").format(
            least=f"{held.limits.least:g}", most=f"{held.limits.most:g}", reference=_(held.limits.reference)
        )
    )
    st.caption(_("The register states no ownership; where a population has several kinds of object, these stand in."))
    whole = {name: parity_table(labelled(held, name, view), view) for name in names}
    parts.export_menu({_(GROUPINGS[name]): table for name, table in whole.items()}, name="parity", view=view)


def _strip(held: Evidence, view: View) -> None:
    """Say in one line per kind of group how many pass, are to be watched, fail."""
    _ = view.translate
    parity = held.parity
    if parity is None:
        return
    compared = parity[~parity["is_reference"]]
    rows = []
    for name in GROUPINGS:
        own = compared[compared["grouping"] == name]
        if name in set(parity["grouping"]):
            counts = own["standing"].value_counts()
            rows.append([_(GROUPINGS[name]), *(words.count(int(counts.get(each.value, 0))) for each in COUNTED)])
    heads = [_("Groups"), *(shared.standing(each.value, _) for each in COUNTED)]
    parts.plain_table(pd.DataFrame(rows, columns=heads))


def labelled(held: Evidence, grouping: str, view: View) -> pd.DataFrame:
    """Return the rows of one kind of group with what people call them, the reference first."""
    _ = view.translate
    if held.parity is None:
        return pd.DataFrame()
    units = queries.kept(view, unit_names, needs=Action.SEE_MODELS, on=view.desk.clock().date())
    rows = held.parity[held.parity["grouping"] == grouping].sort_values(
        ["is_reference", "n"], ascending=False, kind="stable", ignore_index=True
    )
    names = [group_name(grouping, str(group), units=units, translate=_) for group in rows["group"]]
    return rows.assign(label=names)


def parity_table(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the groups as a table of text."""
    _ = view.translate
    held = rows.to_dict("records")
    return pd.DataFrame(
        {
            _("Group"): [row["label"] for row in held],
            "n": [words.count(row["n"]) for row in held],
            _("Hits"): [words.count(row["findings"]) for row in held],
            _("Found over expected"): [words.times(row["observed_to_expected"]) for row in held],
            _("Interval"): [words.times_interval(row["low"], row["high"]) for row in held],
            _("Over that of the reference"): [
                _("reference group") if row["is_reference"] else words.times(row["to_reference"]) for row in held
            ],
            _("Limits of the ratio"): [shared.limits(row, "reference", ".2f") for row in held],
            _("Findings outside the riskiest fifth"): [words.share(row["miss_rate"]) for row in held],
            _("Verdict"): [shared.standing(row["standing"], _) for row in held],
        }
    )
