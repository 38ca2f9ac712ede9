"""The part of the hit rate page that shows time: small charts per grade, what changed between, the order per period."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboards import job_parts, parts, queries, sentences, trend_tables, words
from dashboards.drawing import show_chart
from dashboards.trend_charts import marker, rates_over_time
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.reading.measures import RANDOM, Figure
from engine.api.reading.trend import OVER, Trend, hit_rate_trend
from engine.estimation.estimate import Basis
from engine.messages import N_, Message
from engine.vocabulary import Grade

PERIODS = {"draw": N_("Each draw"), "quarter": N_("Quarter"), "year": N_("Year")}
DEFAULT = "quarter"
MODEL = "model"


def over_time(view: View, *, with_others: bool) -> None:
    """Show the hit rates of every draw, quarter or year; rows not drawn at random apart and only on request."""
    _ = view.translate
    st.subheader(_("Over time"))
    over = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Period"),
        OVER,
        name="over",
        default=DEFAULT,
        label_of=lambda each: _(PERIODS[each]),
    )
    trend = queries.kept(
        view, hit_rate_trend, needs=Action.SEE_FIGURES, population=view.population, over=over
    )  # fmt: skip
    if trend is None or trend.periods.empty:
        if not queries.draws(view):
            parts.nothing_yet(_("There has been no draw in this workspace yet."))
            return
        parts.nothing_yet(_("No hit rate by period is stored yet for this population."), command="xinheng marts build")
        job_parts.offer(view, "marts", label=_("Make them ready"))
        return
    _standing(trend, view)
    modes = [mode for mode in dict.fromkeys(trend.periods["mode"]) if mode == RANDOM or with_others]
    for mode in modes:
        _of_mode(trend, mode, view)
    if with_others and modes == [RANDOM]:
        st.caption(_("Since the first grades no visit outside random draws is on record."))
    shown = Trend(*(table[table["mode"].isin(modes)] for table in (trend.rates, trend.periods, trend.changes)),
                  trend.known_on, trend.is_current, trend.level)  # fmt: skip
    sheets = {
        "rates": trend_tables.rate_table(shown.rates, translate=_),
        "periods": trend_tables.period_table(shown.periods, translate=_),
    }
    if len(shown.changes):
        sheets["changes"] = _changes_table(shown.changes, view)
    parts.plain_table(sheets["periods"])
    with st.expander(_("Show as a table"), expanded=False):
        parts.plain_table(sheets["rates"])
    parts.export_menu(sheets, name="hit-rate-trend", view=view)


def _standing(trend: Trend, view: View) -> None:
    _ = view.translate
    said = _("Every result known on {day}; intervals at {level}. The same by {command}.").format(
        day=words.day(trend.known_on), level=words.share(trend.level, digits=0), command="`xinheng measure --over`"
    )
    st.caption(said)
    if not trend.is_current:
        st.warning(_("Draws, grades or measurements came since these periods were measured."))
        job_parts.offer(view, "marts", label=_("Make them ready"))


def _of_mode(trend: Trend, mode: str, view: View) -> None:
    """Charts of one way of selection, with what changed and what each period says about the order of the grades."""
    _ = view.translate
    rates, periods = (table[table["mode"] == mode] for table in (trend.rates, trend.periods))
    changes = trend.changes[trend.changes["mode"] == mode].reset_index(drop=True)
    changes = changes.assign(mark=[marker(at) for at in range(len(changes))])
    st.markdown(f"**{words.mode_name(mode, _)}**")
    names, top = list(periods["period"]), min(1.0, float(rates["high"].max()) * 1.25) if rates["n"].any() else 1.0
    held = [grade for grade in (each.value for each in Grade) if (rates.loc[rates["grade"] == grade, "n"] > 0).any()]
    for at in range(0, len(held), 2):
        for column, grade in zip(st.columns(2), held[at : at + 2], strict=False):
            own = rates[rates["grade"] == grade]
            chart = rates_over_time(own, changes, periods=names, top=top, translate=_)
            said = _("Hit rate of grade {grade} by period, with intervals").format(grade=grade)
            show_chart(chart, alt_text=said, place=column)
    _legend(rates, periods, view)
    for change in changes.to_dict("records"):
        st.markdown(f"{change['mark']} {change_sentence(change, view)}")
    if mode == RANDOM:
        for period in periods.to_dict("records"):
            _order(period, rates[rates["period"] == period["period"]], view)


def _legend(rates: pd.DataFrame, periods: pd.DataFrame, view: View) -> None:
    _ = view.translate
    said = []
    if rates["is_small"].any():
        said.append(_("Grey line without a mark: too few results for a firm figure; read the interval."))
    firm = rates[(rates["n"] > 0) & ~rates["is_small"]]
    for period in periods[~periods["is_mature"]].to_dict("records"):
        if period["n_drawn"]:
            text = _("{period} is provisional, {known} of {drawn} drawn item checks have a result.")
        else:
            text = _("{period} is provisional, results are still to come.")
        if (firm["period"] == period["period"]).any():
            text = _("Hollow and grey: {what}").format(what=text)
        said.append(
            text.format(
                period=period["period"], known=words.count(period["n_known"]), drawn=words.count(period["n_drawn"])
            )
        )
    for sentence in said:
        st.caption(sentence)


def _order(period: dict[str, object], rates: pd.DataFrame, view: View) -> None:
    """Say of one period whether its rates rise over the grades."""
    _ = view.translate
    if period["note"]:
        st.markdown(f"{period['period']} · {_(str(period['note']))}")
        return
    p = period["trend_p"]
    trend = Figure("trend_p", float(p), float("nan"), float("nan"), 0, 0, Basis.DESIGN.value, False, "")  # type: ignore[arg-type]
    message, colour = sentences.monotonicity(rates, trend)
    late = "" if period["is_mature"] else " · " + _("provisional")
    st.markdown(f"{period['period']} · n={words.count(period['n'])}{late} :{colour}-badge[{message.render(_)}]")  # type: ignore[arg-type]


def change_sentence(change: dict[str, object], view: View) -> str:
    """Return what changed, when it began to hold, before or inside which period, and the document it rests on."""
    _ = view.translate
    if change["kind"] == MODEL:
        what = Message(
            N_("the deciding model changed from {before} to {after}"),
            {"before": _model(str(change["before"]), view), "after": _model(str(change["after"]), view)},
        ).render(_)
    else:
        what = _("policy changed: {name}").format(name=words.policy_name(str(change["name"]), _))
    place = N_("{day}, inside {period}: {what}") if change["is_within"] else N_("{day}, before {period}: {what}")
    said = _(place).format(day=words.day(change["on"]), period=change["period"], what=what)  # type: ignore[arg-type]
    document = words.document(str(change["reference"]))
    return said + (_(" ({document})").format(document=document) if document else "")


def _model(text: str, view: View) -> str:
    name, _, digest = text.partition(" ")
    return f"{words.score_name(name, view.translate)} {digest}".strip()


def _changes_table(changes: pd.DataFrame, view: View) -> pd.DataFrame:
    _ = view.translate
    return pd.DataFrame(
        {
            _("Selection"): [words.mode_name(mode, _) for mode in changes["mode"]],
            _("Period"): changes["period"],
            _("Change"): [change_sentence(change, view) for change in changes.to_dict("records")],
        }
    )
