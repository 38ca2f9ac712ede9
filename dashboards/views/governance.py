"""Model governance: which model decides, how shares and scores moved from run to run, who signed."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.definitions import GOVERNANCE
from dashboards.theme import INK, grade_scale, styled
from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.api.grading.model_governance import governance
from engine.messages import N_
from engine.vocabulary import population_name

# Population stability index below which a score is called steady, and from which it is called moved (common usage).
STEADY, MOVED = 0.1, 0.25
SIGNED = {"monthly.held": N_("held back"), "monthly.signed": N_("signed")}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Model governance"), GOVERNANCE, view=view, is_measured=False)
    held = queries.kept(view, governance, needs=Action.SEE_MODELS)
    st.subheader(_("Which model decides"))
    champions = held["champions"]
    parts.plain_table(
        pd.DataFrame(
            {
                _("Since"): champions["since"].map(words.day),
                _("Population"): [
                    population_name(each, _) if each else _("all others") for each in champions["population"]
                ],
                _("Model"): [words.score_name(each, _) for each in champions["model"]],
                _("Document"): [_(each) for each in champions["reference"]],
            }
        )
    )
    if held["runs"].empty:
        parts.nothing_yet(_("No monthly run was made yet."), command="xinheng run monthly --help")
        return
    _runs(held, view)
    _shares(held["shares"], view)
    _stability(held["stability"], view)
    if view.desk.may(Action.SEE_ENTITIES):
        label = _("Who moved between grades, and why")
        st.page_link("views/grades.py", label=label, icon=":material/arrow_forward:")
    _signed(held["sign_offs"], view)


def _runs(held: dict[str, pd.DataFrame], view: View) -> None:
    _ = view.translate
    runs = held["runs"]
    st.subheader(_("Monthly runs"))
    table = pd.DataFrame(
        {
            _("Run"): runs["run_id"],
            _("As of"): runs["as_of"].map(words.day),
            _("Started by"): [words.actor_name(each, _) for each in runs["starter"]],
            _("Started"): runs["started_at"].map(words.moment),
            _("Finished"): [words.NOTHING if words.is_missing(at) else words.moment(at) for at in runs["finished_at"]],
            _("Digest of the scorecards"): runs["model_digest"].str[:12],
            _("Files"): runs["n_files"],
        }
    )
    parts.table(table, name="runs", view=view)


def _shares(shares: pd.DataFrame, view: View) -> None:
    """Show the share of each grade from run to run beside its target."""
    _ = view.translate
    st.subheader(_("Shares of the grades"))
    shares = shares[shares["population"] == view.population] if view.population in set(shares["population"]) else shares
    if shares.empty:
        parts.nothing_yet(_("No monthly run is finished yet."))
        return
    grades, colours, shapes = grade_scale()
    shown = shares.assign(day=shares["as_of"].map(words.day))
    base = alt.Chart(shown).encode(
        x=alt.X("day:O", title=_("As of")),
        y=alt.Y("share:Q", title=_("Share"), axis=alt.Axis(format=".0%")),
        color=alt.Color("grade:N", scale=alt.Scale(domain=grades, range=colours), legend=None),
        tooltip=["day:O", "grade:N", alt.Tooltip("share:Q", format=".1%"), alt.Tooltip("n:Q", format=",")],
    )
    shape = alt.Shape("grade:N", scale=alt.Scale(domain=grades, range=shapes), legend=None)
    names = base.mark_text(dx=14, align="left", fontSize=13, color=INK).encode(text="grade:N")
    chart = styled(
        alt.layer(base.mark_line(), base.mark_point(size=90, filled=True).encode(shape=shape), names).properties(
            height=260, width="container"
        )
    )
    table = pd.DataFrame(
        {
            _("As of"): shown["day"],
            _("Population"): [population_name(each, _) for each in shown["population"]],
            _("Grade"): [words.grade_name(each, _) for each in shown["grade"]],
            _("Entities"): shown["n"].map(words.count),
            _("Share"): shown["share"].map(words.share),
            _("Target"): shown["target_share"].map(words.share),
        }
    )
    parts.chart_with_table(chart, table, alt_text=_("Shares of the grades"), translate=_)
    parts.export_menu({"shares": table}, name="grade-shares", view=view)


def _stability(stability: pd.DataFrame, view: View) -> None:
    _ = view.translate
    st.subheader(_("Stability of the score"))
    if stability.empty:
        st.caption(_("There is no finished run before the last one to compare with."))
        return
    verdicts = [
        _verdict(psi, enough=bool(enough)) for psi, enough in zip(stability["psi"], stability["is_enough"], strict=True)
    ]
    table = pd.DataFrame(
        {
            _("As of"): stability["as_of"].map(words.day),
            _("Population"): [population_name(each, _) for each in stability["population"]],
            _("Stability index"): stability["psi"].map("{:.4f}".format),
            "n": stability["n"].map(words.count),
            _("Verdict"): [_(each) for each in verdicts],
        }
    )
    parts.plain_table(table)
    st.caption(_("Below 0.1 steady, from 0.25 on moved: a convention, no test; with few entities it says nothing."))


def _verdict(psi: float, *, enough: bool) -> str:
    if not enough:
        return N_("too few")
    if psi >= MOVED:
        return N_("✗ moved")
    return N_("▲ watch") if psi >= STEADY else N_("✓ steady")


def _signed(signed: pd.DataFrame, view: View) -> None:
    _ = view.translate
    st.subheader(_("Sign-offs"))
    if signed.empty:
        st.caption(_("Nobody has held back or signed a run yet."))
        return
    table = pd.DataFrame(
        {
            _("Run"): signed["run_id"],
            _("Step"): [_(SIGNED.get(each, each)) for each in signed["action"]],
            _("By"): [words.actor_name(each, _) for each in signed["actor"]],
            _("Why"): signed["reason"],
            _("At"): signed["at"].map(words.moment),
        }
    )
    parts.plain_table(table)


show(current_view())
