"""Joint punishment: where measures stall on their way from list to release, and which are late."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.definitions import PUNISHMENT
from dashboards.theme import ACCENT, INK, styled
from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.api.punishment import cases as joint_punishment
from engine.api.punishment import desk as punishment_desk
from engine.outcomes.punishment import STEP_WORDS


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Joint punishment"), PUNISHMENT, view=view, is_measured=False)
    today = view.desk.clock().date()
    asked = {"needs": Action.SEE_PUNISHMENTS, "as_of": today}
    cases = queries.kept(view, punishment_desk.cases, **asked)
    if cases.empty:
        parts.nothing_yet(_("No measure was triggered yet."), command="xinheng punishment --help")
        return
    late = joint_punishment.late_of(cases)
    stalled = queries.kept(view, punishment_desk.stalls, **asked)
    counts = (
        (_("Cases"), len(cases)),
        (_("Waiting for somebody"), len(stalled)),
        (_("Releases past their last day"), len(late)),
        (_("Released"), int((cases["state"] == "released").sum())),
    )
    for place, (name, n) in zip(st.columns(len(counts)), counts, strict=True):
        place.metric(name, words.count(n), border=True)
    st.caption(_("As of {as_of}").format(as_of=words.day(today)))
    _funnel(queries.kept(view, joint_punishment.funnel, **asked), view)
    _stalls(stalled, view)
    _catalogue(queries.kept(view, punishment_desk.catalogue, **asked), view)


def _funnel(funnel: pd.DataFrame, view: View) -> None:
    """Show how many cases reached each step, and how long the step took."""
    _ = view.translate
    st.subheader(_("From list to release"))
    days = [words.NOTHING if words.is_missing(each) else f"{each:g}" for each in funnel["median_days"]]
    names = [_(STEP_WORDS[str(each)]) for each in funnel["step"]]
    took = ["" if day == words.NOTHING else " · " + _("{days} days").format(days=day) for day in days]
    shown = funnel.assign(
        label=[name + spent for name, spent in zip(names, took, strict=True)],
        text=[f"{n:,} · {words.share(share)}" for n, share in zip(funnel["n"], funnel["share"], strict=True)],
    ).drop(columns="step")
    top = alt.Scale(domain=[0, max(1.0, float(shown["n"].max()) * 1.75)], nice=False)
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "label:N", sort=list(shown["label"]), title=None, axis=alt.Axis(labelLimit=240, ticks=False, domain=False)
        ),
        x=alt.X("n:Q", scale=top, title=_("Cases"), axis=alt.Axis(format=",d", tickMinStep=1, tickCount=5)),
    )
    words_ = base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(text="text:N")
    chart = styled(
        alt.layer(base.mark_bar(height=20, color=ACCENT), words_).properties(height=alt.Step(34), width="container")
    )
    table = pd.DataFrame(
        {
            _("Step"): names,
            _("Cases"): shown["n"].map(words.count),
            _("Share of those triggered"): shown["share"].map(words.share),
            _("Median days since the step before"): days,
        }
    )
    parts.chart_with_table(chart, table, alt_text=_("From list to release"), translate=_)
    st.caption(_("Days: the median since the step before."))
    parts.export_menu({"funnel": table}, name="punishment-funnel", view=view)


def _stalls(stalled: pd.DataFrame, view: View) -> None:
    _ = view.translate
    st.subheader(_("Who has to act"))
    if stalled.empty:
        st.caption(_("No case waits for anybody."))
        return
    table = pd.DataFrame(
        {
            _("Case"): stalled["punishment_id"],
            _("Object"): stalled["entity_id"],
            _("Department"): queries.unit_names(view, stalled["department"], needs=Action.SEE_PUNISHMENTS),
            _("State"): [_(STEP_WORDS.get(each, each)) for each in stalled["state"]],
            _("Waits for"): [each.render(_) for each in stalled["waits_for"]],
            _("Since"): stalled["since"].map(words.day),
            _("Days"): stalled["days"],
            _("Last day"): stalled["due_on"].map(words.day),
            _("Days late"): stalled["days_late"],
        }
    )
    parts.table(table, name="punishment-stalls", view=view)


def _catalogue(catalogue: pd.DataFrame, view: View) -> None:
    """Show which measures law lets be taken today, and why the others may not."""
    _ = view.translate
    with st.expander(_("Measures, and whether they may be taken today")):
        parts.plain_table(
            pd.DataFrame(
                {
                    _("Measure"): catalogue["name"],
                    _("Lawful today"): ["✓" if each else "✗" for each in catalogue["is_lawful"]],
                    _("Why not"): [
                        words.NOTHING if words.is_missing(each) else each.render(_)
                        for each in catalogue["refused_because"]
                    ],
                    _("Legal basis"): catalogue["legal_basis"],
                }
            )
        )


show(current_view())
