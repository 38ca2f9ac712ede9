"""Lift and calibration: recut the grades, recalibrate or retrain? Random rows first, the kept backtest beside them."""

import streamlit as st

from dashboards import cut_points, lift_parts, parts, queries
from dashboards.definitions import LIFTS
from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.api.figures.score_lift import kept_backtest
from engine.api.marts.lift import held_lift


def show(view: View) -> None:
    """Show the page."""
    _ = view.translate
    parts.heading(_("Lift and calibration"), LIFTS, view=view)
    if view.as_of is None or view.population is None:
        parts.nothing_yet(_("Nothing has been graded in this workspace yet."), command=parts.FIRST_RUN)
        return
    if not view.desk.viewer.scope.is_whole:
        st.info(_("Scores are judged on the whole sample: this page is for people who may see every district."))
        return
    asked = {"needs": Action.SEE_MODELS, "population": view.population}
    found = queries.kept(view, held_lift, as_of=view.as_of, **asked)
    if found is None or found.n_reached == 0:
        parts.nothing_yet(_("No scored object of this population was drawn at random and has a result yet."))
    else:
        lift_parts.maturity(found, view)
        lift_parts.cards(found, view)
        lift_parts.lifts(found, view)
        lift_parts.gains(found, view)
        lift_parts.chances(found, view)
    cut_points.show(view)
    kept = queries.kept(view, kept_backtest, **asked)
    if kept is None:
        st.subheader(_("Backtest"))
        parts.nothing_yet(_("No backtest judged this population yet."), command="xinheng backtest")
    else:
        lift_parts.backtest(kept, view)


show(current_view())
