"""The parts of the lift page: maturity, cards, lift at budgets, chances, cut points, the kept backtest."""

from datetime import date

import pandas as pd
import streamlit as st

from dashboards import charts, guard, lift_charts, parts, queries, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.score_lift import Calibration, KeptBacktest, ScoreLift, recut, score_bands, shares_in_force
from engine.errors import TableMissingError
from engine.messages import Translate
from engine.vocabulary import RISK_GRADES

KEY_BUDGET = 0.1
"""The budget of the first card."""
STEP = 0.1


def maturity(found: ScoreLift, view: View) -> None:
    """Say how many of the drawn rows have a result; the rest is open, not without findings."""
    _ = view.translate
    said = _("{n} of {drawn} randomly drawn item checks have an assessable result, the last of {day}.").format(
        n=words.count(found.n_reached), drawn=words.count(found.n_drawn), day=words.day(found.last_result)
    )
    st.caption(said + " " + _("The rest was not assessable or is not done; it counts neither way."))


def cards(found: ScoreLift, view: View) -> None:
    """Show the lift of the deciding score at a tenth, and expected beside found where a model gives chances."""
    _ = view.translate
    own = found.lifts[(found.lifts["score"] == found.deciding) & (found.lifts["budget"] == KEY_BUDGET)]
    left, middle, right = st.columns(3)
    for row in own.to_dict("records"):
        below = _("{interval} · n={n}").format(
            interval=words.times_interval(row["low"], row["high"]), n=words.count(row["n"])
        )
        name = _("Lift of the first tenth: {score}").format(score=words.score_name(found.deciding, _))
        small = " · " + _("too few") if row["is_small"] else ""
        with left:
            _card(name, words.times(row["lift"]), below + small)
    for each in list(found.overall.values())[:1]:
        below = _("{interval} · n={n}").format(
            interval=words.share_interval(each.observed.low, each.observed.high), n=words.count(each.n)
        )
        with middle:
            _card(
                _("Found ({expected} expected)").format(expected=words.share(each.expected)),
                words.share(each.observed.value),
                below,
            )
        with right:
            _card(
                _("Brier score of the learned model"),
                f"{each.brier:.4f}",
                _("one chance for all: {base}").format(base=f"{each.base_brier:.4f}"),
            )


def _card(name: str, value: str, below: str) -> None:
    st.metric(name, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def lifts(found: ScoreLift, view: View) -> None:
    """Show lift at budgets with intervals."""
    _ = view.translate
    st.subheader(_("Lift at budgets"))
    names = {score: words.score_name(score, _) for score in dict.fromkeys(found.lifts["score"])}
    table = pd.DataFrame(
        {
            _("Score"): found.lifts["score"].map(names),
            _("Objects visited first, share"): found.lifts["budget"].map(lambda value: words.share(value, digits=0)),
            _("Share reached"): found.lifts["reached"].map(words.share),
            "n": found.lifts["n"].map(words.count),
            _("Hits"): found.lifts["hits"].map(words.count),
            _("Lift"): found.lifts["lift"].map(words.times),
            _("Interval"): [
                words.times_interval(low, high)
                for low, high in zip(found.lifts["low"], found.lifts["high"], strict=True)
            ],
            _("Remark"): [
                _(note) if note else (_("too few") if small else "")
                for note, small in zip(found.lifts["note"], found.lifts["is_small"], strict=True)
            ],
        }
    )
    chart = lift_charts.lift_by_budget(found.lifts, names=names, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Lift at budgets"), translate=_)
    st.caption(
        _(
            "Dashed line: a uniform draw. Hollow marks: too few results for a firm figure. Long intervals are cut off "
            "in the picture; the table has them whole. A score whose interval holds 1 has not shown that it helps."
        )
    )
    parts.export_menu({"lift": table}, name="lift", view=view)


def chances(found: ScoreLift, view: View) -> None:
    """Show predicted beside observed by fifth of the population and by grade."""
    _ = view.translate
    st.subheader(_("Do the predicted chances come true?"))
    if not found.overall:
        st.caption(_("No model gave chances for this population; points of the scorecard are no chances."))
        return
    for name, each in found.overall.items():
        st.markdown(_line(each, words.score_name(name, _), _))
        left, right = st.columns(2, gap="large")
        fifths = found.bins[found.bins["score"] == name]
        grades = found.grades[found.grades["score"] == name]
        by_fifth = _expected(fifths, head=_("Fifth of the population"), labels=list(fifths["bin"]), translate=_)
        with left:
            parts.chart_with_table(
                lift_charts.reliability(fifths, translate=_),
                by_fifth,
                alt_text=_("Do the predicted chances come true?"),
                translate=_,
            )
        by_grade = _expected(
            grades, head=_("Grade"), labels=[words.grade_tag(grade) for grade in grades["bin"]], translate=_
        )
        with right:
            st.markdown("**" + _("Expected and found by grade") + "**")
            parts.plain_table(by_grade)
        parts.export_menu({"fifths": by_fifth, "grades": by_grade}, name=f"calibration-{name}", view=view)


def _line(each: Calibration, name: str, translate: Translate) -> str:
    _ = translate
    said = _("{score}: expected {expected}, found {found} ({low} – {high}, n={n}).").format(
        score=name,
        expected=words.share(each.expected),
        found=words.share(each.observed.value),
        low=words.share(each.observed.low),
        high=words.share(each.observed.high),
        n=words.count(each.n),
    )
    if each.line is None:
        return said + " " + _("The results do not carry a calibration line.")
    slope = _("Calibration slope {slope} ({low} – {high}); 1 is right, below 1 the chances are too extreme.").format(
        slope=f"{each.line.slope:.2f}", low=f"{each.line.slope_low:.2f}", high=f"{each.line.slope_high:.2f}"
    )
    verdict = _("The chances are too high.") if each.observed.high < each.expected else ""
    verdict = _("The chances are too low.") if each.observed.low > each.expected else verdict
    return " ".join(part for part in (said, verdict, slope) if part)


def _expected(rows: pd.DataFrame, *, head: str, labels: list[str], translate: Translate) -> pd.DataFrame:
    _ = translate
    return pd.DataFrame(
        {
            head: labels,
            _("Expected"): rows["predicted"].map(words.share).to_numpy(),
            _("Observed rate"): rows["observed"].map(words.share).to_numpy(),
            _("Interval"): [
                words.share_interval(*ends) if n else words.NOTHING
                for n, *ends in zip(rows["n"], rows["low"], rows["high"], strict=True)
            ],
            _("Hits"): rows["hits"].map(words.count).to_numpy(),
            "n": rows["n"].map(words.count).to_numpy(),
        }
    )


def cuts(view: View) -> None:
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
            value = st.number_input(
                words.grade_name(grade.value, _),
                min_value=0.0,
                max_value=100.0,
                value=usual,
                step=STEP,
                format="%.1f",
                key=f"cut_{population}_{grade.value}",
            )
        asked.append(share if value == usual else f"{value / 100:.4f}")
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
        _("{n} of {all} entities would change their grade. Nothing is changed here: shares are policy.").format(
            n=words.count(changed), all=words.count(int(moved["n"].sum()))
        )
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


def backtest(kept: KeptBacktest, view: View) -> None:
    """Show what the newest backtest kept: means with gains, and every window with its maturity."""
    _ = view.translate
    st.subheader(_("Backtest"))
    st.caption(
        _("Run {run}. Past inspections, scored on their eve; not design-based: who was visited was chosen.").format(
            run=kept.run_id
        )
    )
    means = kept.means
    compared = pd.DataFrame(
        {
            _("Score"): [words.score_name(name, _) for name in means["name"]],
            _("Mean AUC"): means["auc"].map(_figure),
            _("Interval"): [_span(*ends) for ends in zip(means["low"], means["high"], strict=True)],
            _("Gain of the learned model"): [
                words.NOTHING if words.is_missing(value) else f"{value:+.3f}" for value in means["gain"]
            ],
            _("Interval of the gain"): [
                _span(*ends, sign="+") for ends in zip(means["gain_low"], means["gain_high"], strict=True)
            ],
        }
    )
    parts.plain_table(compared)
    rows = kept.windows
    windows = pd.DataFrame(
        {
            _("Window"): [str(split).replace("..", " – ") for split in rows["split"]],
            _("Results"): [_("complete") if done else _("○ not complete yet") for done in rows["is_mature"]],
            _("Score"): [words.score_name(name, _) for name in rows["name"]],
            "n": rows["n"].map(words.count),
            _("Adverse"): rows["base_rate"].map(words.share),
            _("Lift of the first tenth"): rows["lift"].map(words.times),
            _("Interval"): [words.times_interval(*ends) for ends in zip(rows["low"], rows["high"], strict=True)],
            "AUC": rows["auc_value"].map(_figure),
            _("Interval of the AUC"): [_span(*ends) for ends in zip(rows["auc_low"], rows["auc_high"], strict=True)],
            "Brier": rows["brier"].map("{:.4f}".format).where(rows["brier"].notna(), words.NOTHING),
            _("Found over expected"): rows["observed_to_expected"].map(words.times),
        }
    )
    with st.expander(_("Every window"), expanded=False):
        parts.plain_table(windows)
    parts.export_menu({"means": compared, "windows": windows}, name="backtest", view=view)
    if not rows["is_mature"].all():
        st.caption(_("○ Windows whose results are not complete yet can still change: they judge nothing."))


def _figure(value: float) -> str:
    return words.NOTHING if words.is_missing(value) else f"{value:.3f}"


def _span(low: float, high: float, *, sign: str = "") -> str:
    return words.NOTHING if words.is_missing(low) else f"{low:{sign}.3f} – {high:{sign}.3f}"
