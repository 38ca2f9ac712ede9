"""The parts of the lift page: maturity, cards, lift at budgets, gains, chances, the kept backtest."""

import pandas as pd
import streamlit as st

from dashboards import lift_charts, parts, queries, words
from dashboards.view import View
from engine.api.figures.score_lift import Calibration, KeptBacktest, ScoreLift
from engine.api.reading.measures import BASE_RATE
from engine.messages import Translate

KEY_BUDGET = 0.1
"""The budget of the first card."""
HALF = 0.5


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
    rate = queries.figures(view).get(BASE_RATE)
    small = " · " + _("too few") if rate is not None and rate.is_small else ""
    for each in list(found.overall.values())[:1]:
        below = _("{interval} · n={n}").format(
            interval=words.share_interval(each.observed.low, each.observed.high), n=words.count(each.n)
        )
        with middle:
            _card(
                _("Found ({expected} expected)").format(expected=words.share(each.expected)),
                words.share(each.observed.value),
                below + small,
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
            "Dashed line: a uniform draw. A line without a mark: too few results for a firm figure. Long intervals are "
            "cut off in the picture; the table has them whole. A score whose interval holds 1 has not shown that it "
            "helps."
        )
    )
    parts.export_menu({"lift": table}, name="lift", view=view)


def gains(found: ScoreLift, view: View) -> None:
    """Show which share of all findings the highest scores hold, beside chance and beside perfect knowledge."""
    _ = view.translate
    st.subheader(_("Gains curve"))
    if found.gains.empty:
        st.caption(_("Nothing was found among the drawn objects: no order finds more than another."))
        return
    names = {score: words.score_name(score, _) for score in dict.fromkeys(found.gains["score"])}
    table = pd.DataFrame(
        {
            _("Score"): found.gains["score"].map(names),
            _("Share visited"): found.gains["reached"].map(words.share),
            "n": found.gains["n"].map(words.count),
            _("Hits"): found.gains["hits"].map(words.count),
            _("Share of all findings"): found.gains["found"].map(words.share),
            _("Interval"): [
                words.share_interval(*ends) for ends in zip(found.gains["low"], found.gains["high"], strict=True)
            ],
            _("At random"): found.gains["reached"].map(words.share),
            _("Best possible"): [
                words.share(min(1.0, reached / base))
                for reached, base in zip(found.gains["reached"], found.gains["base"], strict=True)
            ],
        }
    )
    deciding = found.deciding if found.deciding in names else next(iter(names))
    chart = lift_charts.gains(found.gains, names=names, deciding=deciding, translate=_)
    parts.chart_with_table(chart, table, alt_text=_("Gains curve"), translate=_)
    half = found.gains[(found.gains["score"] == deciding) & (found.gains["step"] == HALF)]
    for row in half.to_dict("records"):
        said = _("{score}: the first half of the visits finds {found} of all findings ({low} – {high}, n={n}).")
        st.markdown(
            said.format(
                score=names[deciding],
                found=words.share(row["found"]),
                low=words.share(row["low"]),
                high=words.share(row["high"]),
                n=words.count(row["n"]),
            )
        )
    whole = found.gains[(found.gains["score"] == deciding) & (found.gains["step"] == 1)].iloc[0]
    said = _(
        "Band: limits of {score}. The same drawn rows as above: {hits} findings in {n} results; with few of them a "
        "curve can pass the best possible."
    )
    st.caption(said.format(score=names[deciding], hits=words.count(whole["hits"]), n=words.count(whole["n"])))
    parts.export_menu({"gains": table}, name="gains", view=view)


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
            if fifths["is_small"].any():
                st.caption(_("A line without a mark: too few results for a firm figure; read the interval."))
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
