"""Model governance: may this model go on, should another replace it, how to go back, and who signed for it."""

from functools import partial

import streamlit as st

from dashboards import acts, parts, queries
from dashboards.definitions import GOVERNANCE
from dashboards.governance import deciding, going_back, movement, parity, runs
from dashboards.queries import PROFILE
from dashboards.view import View, choose, current_view
from engine.api.desk import Action
from engine.api.figures.model_evidence import contest, model_populations
from engine.api.grading.champion_history import OTHERS
from engine.messages import N_
from engine.vocabulary import population_name

PARTS = {
    "model": N_("The model"),
    "parity": N_("Groups of firms"),
    "stability": N_("Stability"),
    "back": N_("History and return"),
    "runs": N_("Runs and sign-offs"),
}


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Model governance"), GOVERNANCE, view=view, is_measured=False)
    acts.tell_done()
    if not view.desk.viewer.scope.is_whole:
        st.info(_("Models are judged on all firms: this page is for people who may see every district."))
        return
    part = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Part"),
        tuple(PARTS),
        name="part_of_models",
        default="model",
        label_of=lambda each: _(PARTS[each]),
    )
    if part == "runs":
        runs.show(view)
        return
    names = queries.kept(view, model_populations, needs=Action.SEE_MODELS, profile=PROFILE)
    if part == "back" and not names:
        going_back.show(OTHERS, view)
        return
    if not names:
        parts.nothing_yet(
            _("Nothing was graded, judged or promoted in this workspace yet: no model decides anything."),
            command="xinheng run monthly --help",
        )
        return
    population = choose(
        st.selectbox,
        _("Population"),
        names,
        name="governed",
        default=view.population if view.population in names else names[0],
        label_of=lambda each: population_name(each, _),
    )
    if part == "stability":
        movement.show(population, view)
        return
    if part == "back":
        going_back.show(population, view)
        return
    found = queries.kept(
        view, contest, needs=Action.SEE_MODELS, population=population, profile=PROFILE, on=view.desk.clock().date()
    )
    if part == "parity":
        parity.show(found, view)
    else:
        deciding.show(found, population, view)


show(current_view())
