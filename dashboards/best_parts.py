"""The best ratios within a capacity, in item checks or in person-days; solved when asked for, kept in the link."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboards import parts, policy_charts, queries, ratio_grid, words
from dashboards.queries import Workbench
from dashboards.view import View, choose
from engine.api.policies.optimum import BestPolicy, policy_point
from engine.errors import SupervisionError
from engine.messages import N_
from engine.ratios.policy import RatioPolicy
from engine.vocabulary import ItemClass

LEAST, MOST = 50, 150
BEST = "best"
"""Parameter of the address: whether the best ratios were asked for."""


@dataclass(frozen=True, slots=True)
class _Capacity:
    """One way to state a capacity: parameter of the address, words of the choice, of the slider and of the answer."""

    name: str
    label: str
    slider: str
    answer: str


WITHIN = {
    "checks": _Capacity(
        "capacity", N_("Item checks"), N_("Most item checks in the year"),
        N_("Within {n} checks: {findings} findings expected."),
    ),
    "days": _Capacity(
        "days", N_("Person-days"), N_("Most person-days in the year, all departments together"),
        N_("Within {n} person-days: {findings} findings expected."),
    ),
}  # fmt: skip


def best_within(policy: RatioPolicy, workbench: Workbench, view: View) -> None:
    """Offer the best ratios within a capacity, and show where present and tried ratios lie beside them."""
    _ = view.translate
    st.subheader(_("The best within a capacity"))
    within = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        _("Capacity in"),
        tuple(WITHIN),
        name="within",
        default="checks",
        label_of=lambda each: _(WITHIN[each].label),
    )
    wanted = _slider(WITHIN[within], _present(workbench, within), view)
    if st.query_params.get(BEST) != "1":
        st.caption(_("Every rule of the policy, floors, caps and order, is kept; it takes a few seconds."))
        return
    try:
        with st.spinner(_("Searching ...")):
            best = queries.best_ratios(view, workbench, within=within, most=wanted)
    except SupervisionError as error:
        st.error(error.render(_))
        return
    _curve(best, policy, workbench, view)
    said = _(WITHIN[within].answer)
    st.markdown(said.format(n=words.count(wanted), findings=f"{best.findings:,.1f}"))
    for sentence in (*best.visits, *best.binding):
        st.caption("· " + sentence.render(_))
    _ratios(best, view)
    command = f"xinheng policy optimise --{'checks' if within == 'checks' else 'person-days'} {wanted}"
    st.code(f"{command} --as-of {workbench.bench.occasion.as_of.isoformat()} --draws {queries.FUTURES}", language=None)


def _present(workbench: Workbench, within: str) -> float:
    """What the ratios in force take of a capacity."""
    now = workbench.present.simulated
    return now.checks if within == "checks" else float(now.person_days.mean())


def _slider(capacity: _Capacity, present: float, view: View) -> int:
    """Show the slider with what the link asks for, and the button that has the best ratios looked for."""
    _ = view.translate
    least, most = round(present * LEAST / 100), max(round(present * MOST / 100), 1)
    text = st.query_params.get(capacity.name, "")
    value = min(most, max(least, int(text) if text.isdecimal() else round(present)))
    key = f"slider_{capacity.name}"
    st.session_state[key] = value
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.slider(
        _(capacity.slider), min_value=least, max_value=most, key=key, on_change=_moved, args=(capacity.name, key)
    )
    right.button(_("Find the best ratios"), key="find_best", on_click=_asked, args=(capacity.name, key))
    return value


def _moved(name: str, key: str) -> None:
    """Keep the slider in the link; what was found for another capacity goes."""
    st.query_params[name] = str(st.session_state[key])
    if BEST in st.query_params:
        del st.query_params[BEST]


def _asked(name: str, key: str) -> None:
    st.query_params[name] = str(st.session_state[key])
    st.query_params[BEST] = "1"


def _ratios(best: BestPolicy, view: View) -> None:
    _ = view.translate
    rows = [
        (_(ratio_grid.CLASSES[ItemClass(owner)]), words.grade_name(grade, _), words.share(ratio, digits=2))
        for owner, held in best.ratios.items()
        for grade, ratio in held.items()
    ]
    table = pd.DataFrame(rows, columns=[_("Items"), _("Grade"), _("Best yearly ratio")])
    parts.plain_table(table)
    parts.export_menu({"best": table}, name="what-if-best", view=view)


def _curve(best: BestPolicy, policy: RatioPolicy, workbench: Workbench, view: View) -> None:
    _ = view.translate
    here = (
        (_("best plans"), best.curve),
        (_("ratios in force"), (policy_point(workbench.bench, workbench.experiment),)),
        (_("you are here"), (policy_point(workbench.bench, workbench.experiment, policy=policy),)),
    )
    points = pd.DataFrame(
        [(name, at, p.findings, p.total_cv, p.checks) for name, held in here for at, p in enumerate(held)],
        columns=["where", "plan", "findings", "total_cv", "checks"],
    )
    table = pd.DataFrame(
        {
            _("Ratios"): points["where"],
            _("Findings"): points["findings"].map("{:,.1f}".format),
            _("Coefficient of variation"): points["total_cv"].map(lambda value: words.share(value, digits=2)),
            _("Item checks"): points["checks"].map("{:,.0f}".format),
        }
    )
    chart = policy_charts.findings_against_precision(points, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Findings against precision"), translate=_)
