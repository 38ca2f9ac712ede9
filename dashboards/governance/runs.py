"""The monthly runs and who signed: runs held and signed, promotions granted and refused, drafts on who decides."""

import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.documents.model_card import STEPS
from engine.api.figures.model_evidence import refusals
from engine.api.grading.model_governance import governance
from engine.vocabulary import population_name


def show(view: View) -> None:
    """Show every run, who signed what, and why promotions were refused."""
    _ = view.translate
    held = queries.kept(view, governance, needs=Action.SEE_MODELS)
    st.subheader(_("Monthly runs"))
    if held["runs"].empty:
        parts.nothing_yet(_("No monthly run was made yet."), command="xinheng run monthly --help")
    else:
        parts.table(runs_table(held["runs"], view), name="runs", view=view)
        if view.desk.may(Action.SEE_ENTITIES):
            label = _("Who moved between grades, and why")
            st.page_link("views/grades.py", label=label, icon=":material/arrow_forward:")
    st.subheader(_("Sign-offs"))
    if held["sign_offs"].empty:
        st.caption(_("Nobody has signed, promoted or refused anything yet."))
        return
    parts.table(signed_table(held["sign_offs"], view), name="sign-offs", view=view)
    refused = queries.kept(view, refusals, needs=Action.SEE_MODELS)
    if refused:
        st.markdown("**" + _("Why promotions were refused") + "**")
    for run_id, population, objection in refused:
        named = population_name(population, _)
        st.markdown(f"- {run_id} · {named}: {objection.render(_)}")


def runs_table(runs: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the monthly runs as a table."""
    _ = view.translate
    return pd.DataFrame(
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


def signed_table(signed: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return who signed what as a table of text."""
    _ = view.translate
    return pd.DataFrame(
        {
            _("Step"): [_(STEPS[each]) for each in signed["action"]],
            _("Subject"): signed["subject"],
            _("By"): [words.actor_name(each, _) for each in signed["actor"]],
            _("Role"): [_(words.ROLES.get(each, each)) for each in signed["role"]],
            _("Why"): [each or words.NOTHING for each in signed["reason"]],
            _("At"): signed["at"].map(words.moment),
        }
    )
