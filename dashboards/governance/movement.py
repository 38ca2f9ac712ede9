"""Movement from run to run: the score's index, changed grades, features, shares and expected chances."""

from collections.abc import Mapping
from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import parts, queries, words
from dashboards.governance import charts, shared
from dashboards.queries import PROFILE
from dashboards.theme import INK, grade_scale, styled
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading.model_governance import stability, stability_limits
from engine.api.grading.rescoring import feature_titles
from engine.messages import N_

KINDS = {"score": N_("The score"), "changed": N_("Grades changed"), "shares": N_("Shares of the grades")}


def show(population: str, view: View) -> None:
    """Show how score, grades and features of a population moved."""
    _ = view.translate
    on = view.desk.clock().date()
    held = queries.kept(view, stability, needs=Action.SEE_MODELS, profile=PROFILE, on=on)
    own = {name: table[table["population"] == population].reset_index(drop=True) for name, table in held.items()}
    st.subheader(_("Movement from run to run"))
    if own["shares"].empty:
        parts.nothing_yet(_("No monthly run is finished yet."), command="xinheng run monthly --help")
        return
    kind = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Figure"),
        tuple(KINDS),
        name="movement",
        default="score",
        label_of=lambda each: _(KINDS[each]),
    )
    if kind == "shares":
        _shares(own["shares"], own["expected"], view)
    else:
        _over_time(own, kind, view)
    _features(own["features"], view)


def _over_time(own: Mapping[str, pd.DataFrame], kind: str, view: View) -> None:
    _ = view.translate
    limits = queries.kept(view, stability_limits, needs=Action.SEE_MODELS, profile=PROFILE, on=view.desk.clock().date())
    if kind == "score":
        rows, value, title, form = own["scores"], "psi", _("Stability index"), ".3f"
        watch, moved = limits.index_watch, limits.index_moved
    else:
        rows, value, title, form = own["changed"], "share", _("Grades changed"), ".1%"
        watch, moved = limits.changed_watch, limits.changed_moved
    if rows.empty:
        parts.nothing_yet(_("No run has stored its movement yet: the first run has none before it."))
        return
    n = rows["n_now"] if kind == "score" else rows["n"]
    shown = rows.assign(day=rows["as_of"].map(words.day), value=rows[value].astype(float), n=n)
    chart = charts.movement(shown, watch=watch, moved=moved, title=title, form=form, translate=_)
    table = score_table(rows, view) if kind == "score" else changed_table(rows, view)
    parts.chart_with_table(chart, table, alt_text=title, translate=_)
    st.caption(
        _("Limits of policy: watched from {watch}, moved from {last} on. {reference}").format(
            watch=f"{watch:g}", last=f"{moved:g}", reference=_(limits.reference)
        )
    )
    parts.export_menu({kind: table}, name=f"stability-{kind}", view=view)


def score_table(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the score's index by run as a table of text."""
    _ = view.translate
    return pd.DataFrame(
        {
            _("Run"): rows["run_id"],
            _("As of"): rows["as_of"].map(words.day),
            _("Stability index"): rows["psi"].map("{:.4f}".format),
            _("By chance alone"): [f"p {words.p_value(value)}" for value in rows["p_value"]],
            _("n before"): rows["n_before"].map(words.count),
            _("n now"): rows["n_now"].map(words.count),
            _("Remark"): [
                "" if before == now else _("another model decides: its scores are on another scale")
                for before, now in zip(rows["model_before"], rows["model_now"], strict=True)
            ],
            _("Verdict"): [shared.standing(each, _) for each in rows["standing"]],
        }
    )


def changed_table(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the changed grades by run as a table of text."""
    _ = view.translate
    return pd.DataFrame(
        {
            _("Run"): rows["run_id"],
            _("As of"): rows["as_of"].map(words.day),
            _("Graded in both runs"): rows["n"].map(words.count),
            _("Grade changed"): rows["changed"].map(words.count),
            _("Share"): rows["share"].map(words.share),
            _("Verdict"): [shared.standing(each, _) for each in rows["standing"]],
        }
    )


def _features(features: pd.DataFrame, view: View) -> None:
    """Show every feature that the deciding score reads, those that moved most first, for one run."""
    _ = view.translate
    st.subheader(_("What the score reads"))
    if features.empty:
        parts.nothing_yet(_("No run has stored the movement of its features yet."))
        return
    runs = list(dict.fromkeys(features["run_id"]))[::-1]
    days = dict(zip(features["run_id"], features["as_of"], strict=True))
    run = choose(
        st.selectbox,
        _("Run"),
        tuple(runs),
        name="run_moved",
        default=runs[0],
        label_of=lambda each: f"{words.day(days[each])} · {each}",
    )
    rows = features[features["run_id"] == run].sort_values("psi", ascending=False, kind="stable", ignore_index=True)
    table = feature_table(rows, view)
    parts.plain_table(table)
    parts.export_menu({"features": table}, name="stability-features", view=view)


def feature_table(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the index by feature as a table of text."""
    _ = view.translate
    titles = feature_titles(translate=_)
    return pd.DataFrame(
        {
            _("Feature"): [titles.get(str(name), str(name)) for name in rows["feature"]],
            _("Stability index"): rows["psi"].map("{:.4f}".format),
            _("By chance alone"): [f"p {words.p_value(value)}" for value in rows["p_value"]],
            _("n before"): rows["n_before"].map(words.count),
            _("n now"): rows["n_now"].map(words.count),
            _("Not known before"): rows["unknown_before"].map(words.share),
            _("Not known now"): rows["unknown_now"].map(words.share),
            _("Verdict"): [shared.standing(each, _) for each in rows["standing"]],
        }
    )


def _shares(shares: pd.DataFrame, expected: pd.DataFrame, view: View) -> None:
    """Show the share of each grade from run to run beside its target, and the chance expected of it."""
    _ = view.translate
    grades, colours, shapes = grade_scale()
    shown = shares.assign(day=shares["as_of"].map(words.day))
    classified = shown[shown["share"].notna()]
    base = alt.Chart(classified).encode(
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
    chances = expected.set_index(["run_id", "grade"])["expected_share"]
    keys = zip(shown["run_id"], shown["grade"], strict=True)
    table = pd.DataFrame(
        {
            _("As of"): shown["day"],
            _("Grade"): [words.grade_name(each, _) for each in shown["grade"]],
            _("Entities"): shown["n"].map(words.count),
            _("Share"): shown["share"].map(words.share),
            _("Target"): shown["target_share"].map(words.share),
            _("Expected chance of a finding"): [
                words.share(chances[key]) if key in chances.index else words.NOTHING for key in keys
            ],
        }
    )
    parts.chart_with_table(chart, table, alt_text=_("Shares of the grades"), translate=_)
    st.caption(_("A chance is expected only where the deciding model gives one; the points scorecard gives none."))
    parts.export_menu({"shares": table}, name="grade-shares", view=view)
