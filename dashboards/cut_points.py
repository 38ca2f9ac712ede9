"""Scores with their cuts, and other cuts tried: the trial stands in the address, so that a link repeats it."""

from datetime import date

import pandas as pd
import streamlit as st

from dashboards import charts, guard, lift_charts, parts, queries, words
from dashboards.view import View, number
from engine.api.desk import Action
from engine.api.figures.score_lift import recut, score_bands, shares_in_force
from engine.errors import TableMissingError
from engine.vocabulary import RISK_GRADES

STEP = 0.1


def show(view: View) -> None:
    """Show the scores with their cuts, and who would move if the shares of the grades were others."""
    _ = view.translate
    st.subheader(_("Scores and cut points"))
    bands = queries.kept(view, score_bands, needs=Action.SEE_MODELS, as_of=view.as_of, population=view.population)
    if bands.empty:
        parts.nothing_yet(_("No entity of this population is graded yet."), command="xinheng grade")
        return
    table = bands.groupby("score_grade", as_index=False).agg(
        low=("points", "min"), high=("points", "max"), n=("n", "sum")
    )
    shown = pd.DataFrame(
        {
            _("Grade"): [words.grade_name(grade, _) for grade in table["score_grade"]],
            _("Lowest score"): table["low"].map(words.count),
            _("Highest score"): table["high"].map(words.count),
            _("Entities"): table["n"].map(words.count),
        }
    )
    parts.chart_with_table(
        lift_charts.score_histogram(bands, translate=_), shown, alt_text=_("Scores and cut points"), translate=_
    )
    if view.as_of is not None and view.population is not None:
        held = queries.kept(
            view, shares_in_force, needs=Action.SEE_MODELS, as_of=view.as_of, population=view.population
        )
        if held is None:
            st.caption(_("Score limits of the policy cut this population, not shares."))
            return
        _recut(view, held, as_of=view.as_of, population=view.population)


@guard.fragment(Action.SEE_MODELS)
def _recut(view: View, held: tuple[str, ...], *, as_of: date, population: str) -> None:
    """Try other shares; the sizes and moves follow. Nothing here is in force."""
    _ = view.translate
    st.markdown("**" + _("Try other shares (per cent); D takes the rest") + "**")
    asked = []
    for place, grade, share in zip(st.columns(4), RISK_GRADES[:3], held, strict=False):
        usual = round(float(share) * 100, 4)
        with place:
            value = _field(f"cut_{population}_{grade.value}", words.grade_name(grade.value, _), usual=usual)
        asked.append(share if value == usual else f"{value / 100:.4f}")
    st.button(_("Back to the shares in force"), on_click=_in_force, args=(population,))
    rest = 1 - sum(float(each) for each in asked)
    if rest < -1e-9:
        st.error(_("The shares of A, B and C exceed 100 %: lower one of them."))
        return
    shares = (*asked, held[3] if tuple(asked) == held[:3] else f"{max(rest, 0.0):.4f}")
    try:
        moved = queries.kept(view, recut, needs=Action.SEE_MODELS, as_of=as_of, population=population, shares=shares)
    except TableMissingError:
        return
    sizes = {
        side: moved.groupby(f"{side}_grade")["n"].sum().reindex([g.value for g in RISK_GRADES], fill_value=0)
        for side in ("from", "to")
    }
    changed = int(moved.loc[moved["from_grade"] != moved["to_grade"], "n"].sum())
    st.caption(
        _(
            "{n} of {all} entities would change their grade by score; rules above the score come after. Nothing is "
            "changed here: shares are policy."
        ).format(n=words.count(changed), all=words.count(int(moved["n"].sum())))
    )
    before, after = sizes["from"], sizes["to"]
    left, right = st.columns(2, gap="large")
    with left:
        parts.plain_table(
            pd.DataFrame(
                {
                    _("Grade"): [words.grade_name(grade, _) for grade in before.index],
                    _("in force"): before.map(words.count).to_numpy(),
                    _("tried"): after.map(words.count).to_numpy(),
                    _("Change"): [words.change(value, digits=0) for value in (after - before)],
                }
            )
        )
    with right:
        table = pd.DataFrame(
            {
                _("Grade before"): [words.grade_name(grade, _) for grade in moved["from_grade"]],
                _("Grade now"): [words.grade_name(grade, _) for grade in moved["to_grade"]],
                _("Entities"): moved["n"].map(words.count),
            }
        )
        chart = charts.moves(moved, before=_("Grade before"), after=_("Grade now"))
        parts.chart_with_table(chart, table, alt_text=_("Moves between grades"), translate=_)


def _field(name: str, label: str, *, usual: float) -> float:
    """Show one share; what differs from the one in force stands in the address, so that a link repeats the trial."""
    if name not in st.session_state:
        st.session_state[name] = number(label, name=name, usual=usual, least=0.0, most=100.0)
    value = float(st.number_input(label, min_value=0.0, max_value=100.0, step=STEP, format="%.1f", key=name))
    if value != usual:
        st.query_params[name] = f"{value:g}"
    elif name in st.query_params:
        del st.query_params[name]
    return value


def _in_force(population: str) -> None:
    """Put every share back to the one in force, in the address too."""
    for grade in RISK_GRADES[:3]:
        name = f"cut_{population}_{grade.value}"
        st.session_state.pop(name, None)
        if name in st.query_params:
            del st.query_params[name]
