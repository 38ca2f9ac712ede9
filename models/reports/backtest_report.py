"""A backtest as one offline HTML page: tables and inline SVG, nothing fetched, the same bytes for the same run."""

from collections.abc import Sequence
from html import escape

import altair as alt
import pandas as pd
import vl_convert

from engine.estimation.reliability import reliability_table
from engine.estimation.rounds import Measure
from engine.messages import N_, Translate
from engine.vocabulary import population_name
from models.judging.attribution import gain_shares
from models.judging.backtest_summary import gain_rows, window_rows
from models.judging.backtesting import Backtest
from models.judging.evaluation import PROBABILITY
from models.reports.cohort_report import cohort_part
from models.reports.html_tables import html_table, share
from models.reports.watching_report import watching_part
from models.wording import SCORE_NAMES

FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
STYLE = f"""
body {{ font-family: {FONTS}; color: #1c2733; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; line-height: 1.5 }}
table {{ border-collapse: collapse; margin: .6rem 0 1.4rem; font-size: .92rem }}
td {{ white-space: nowrap }} th, td {{ border-bottom: 1px solid #ccd5dd; padding: .3rem .7rem; text-align: right }}
th:first-child, td:first-child {{ text-align: left }} caption {{ text-align: left; font-weight: 600; padding: .3rem 0 }}
figure {{ margin: 0 0 1.4rem }} .remark {{ color: #51606e }}
"""
BINS = 10
CLUSTER_NAMES = {"entity_id": N_("firms"), "occurred_on": N_("days")}
MEASURE_NAMES = {
    Measure.AUC: N_("AUC"),
    Measure.DAYS: N_("days earlier than a random order"),
    Measure.PRECISION: N_("precision at 10 %"),
}
BASELINE_COLOUR, MODEL_COLOUR = "#8a97a3", "#1F4E79"


def backtest_page(
    tests: Sequence[tuple[Backtest, int]], *, run_id: str, caveats: Sequence[str], translate: Translate, language: str
) -> str:
    """Return the page.

    Parameters
    ----------
    tests : each population's backtest and how often its test rows have been scored.
    caveats : catalogue keys of what must be said beside every figure.
    language : ``zh_CN`` or ``en``, for the page's own mark.
    """
    _ = translate
    title = _(N_("Backtest {run}")).format(run=run_id)
    parts = [f"<h1>{escape(title)}</h1>"]
    parts += [f'<p class="remark">{escape(_(caveat))}</p>' for caveat in caveats]
    for found, times in tests:
        parts.append(_population(found, times, _))
    mark = language.replace("_", "-")
    return (
        f'<!doctype html><html lang="{mark}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _population(found: Backtest, times: int, _: Translate) -> str:
    check = found.leak_check
    said = _(
        N_(
            "{basis}. {n} checks in {windows} windows, each scored by a model that knew only what was on record before "
            "it. This set of checks has been scored {times} time(s). Leak check: {rows} rows of {dates} days built "
            "again from what was known then, {leaks} column(s) differ."
        )
    ).format(
        basis=_(str(found.basis)),
        n=f"{sum(len(fold.scored) for fold in found.folds):,}",
        windows=len(found.folds),
        times=times,
        rows=f"{check.n_rows:,}",
        dates=check.n_dates,
        leaks=len(check.leaks),
    )
    name = population_name(found.population, _)
    return "".join(
        [
            f"<h2>{escape(name)}</h2><p>{escape(said)}</p>",
            _means(found, _),
            _attribution(found, _),
            _figure(_window_chart(found, _)),
            _windows(found, _),
            _figure(_reliability_chart(found, _)) if PROBABILITY in found.scored else "",
            cohort_part(found, _),
            watching_part(found, _),
        ]
    )


def _means(found: Backtest, _: Translate) -> str:
    rows = pd.DataFrame(gain_rows(found))
    tables = []
    for measure in Measure:
        own = rows[rows["measure"] == str(measure)]
        heads = [_(N_("score")), _(N_("mean over the windows"))]
        heads += [_(N_("gain of the model, {by} resampled")).format(by=_(by)) for by in CLUSTER_NAMES.values()]
        body = []
        for score in own["score"].drop_duplicates():
            by = {
                cluster: own[(own["score"] == score) & (own["resampled_by"] == cluster)].iloc[0]
                for cluster in CLUSTER_NAMES
            }
            first = by["entity_id"]
            star = " *" if first["is_best_other"] else ""
            cells = [_(SCORE_NAMES.get(score, score)) + star, _span(first, "mean", measure)]
            body.append([*cells, *(_span(row, "gain", measure, signed=True) for row in by.values())])
        tables.append(html_table(_(MEASURE_NAMES[measure]), heads, body))
    remark = _(N_("* the best score beside the model"))
    return "".join(tables) + f'<p class="remark">{escape(remark)}</p>'


def _attribution(found: Backtest, _: Translate) -> str:
    """What of the gain comes from who inspected."""
    shares = gain_shares(found.rounds["entity_id"], model=found.model)
    if not shares:
        return ""
    heads = [N_("share of the gain of model and inspectors together"), N_("inspectors alone"), N_("model alone")]
    heads.append(N_("model with inspectors held fixed"))
    body = [
        [_(MEASURE_NAMES[Measure(measure)]), *(share(by[key]) for key in ("inspector", "firm", "firm_adjusted"))]
        for measure, by in shares.items()
    ]
    return html_table(_(N_("Who inspected, and which firm")), [_(head) for head in heads], body)


def _windows(found: Backtest, _: Translate) -> str:
    heads = [N_("window"), N_("n"), N_("base rate"), N_("AUC"), N_("precision at 10 %"), N_("in the first half")]
    heads += [N_("days earlier"), N_("Brier"), N_("observed / expected"), N_("the same without the level")]
    heads += [N_("calibration slope")]
    body = [
        [
            row["split"],
            f"{row['n']:,}",
            share(row["base_rate"]),
            f"{row['auc']['value']:.3f} ({row['auc']['low']:.3f} – {row['auc']['high']:.3f})",  # type: ignore[index]
            share(row["precision_at"]["0.1"]),  # type: ignore[index]
            f"{share(row['first_half_by_date'])} ({share(row['first_half_actual'])})",
            f"{row['days_earlier']:.1f} ({row['days_earlier_random']:+.1f})",
            _number(row["brier"], ".4f"),
            _number(row["observed_to_expected"], ".2f"),
            _number(row["observed_to_expected_without_level"], ".2f"),
            _number(row["calibration_slope"], ".2f"),
        ]
        for row in window_rows(found)
        if row["name"] == found.model
    ]
    remark = _(
        N_("In brackets: the interval; what the real dates found in the first half; the days of a random order.")
    )
    return html_table(_(N_("The model by window")), [_(head) for head in heads], body) + (
        f'<p class="remark">{escape(remark)}</p>'
    )


def _window_chart(found: Backtest, _: Translate) -> alt.TopLevelMixin:
    rows = pd.DataFrame(
        [
            {
                "window": row["split"],
                "auc": row["auc"]["value"],  # type: ignore[index]
                "score": _(SCORE_NAMES.get(str(row["name"]), str(row["name"]))),
                "is_model": row["name"] == found.model,
            }
            for row in window_rows(found)
            if row["name"] in {found.model, *found.folds[-1].beside, *found.baselines}
        ]
    )
    names = list(rows["score"].drop_duplicates())
    colours = [MODEL_COLOUR if rows.loc[rows["score"] == n, "is_model"].any() else BASELINE_COLOUR for n in names]
    dashes = [[1, 0] if colour == MODEL_COLOUR else [4, 1 + place] for place, colour in enumerate(colours)]
    shapes = ["circle", "square", "triangle-up", "cross", "diamond", "triangle-right", "triangle-down"]
    key = {"title": None, "sort": names}
    lines = (
        alt.Chart(rows)
        .mark_line(point={"filled": True, "size": 50}, strokeWidth=2)
        .encode(
            x=alt.X("window:N", title=None, axis=alt.Axis(labelAngle=-30)),
            y=alt.Y("auc:Q", title=_(N_("AUC")), scale=alt.Scale(zero=False)),
            color=alt.Color("score:N", scale=alt.Scale(domain=names, range=colours), **key),
            shape=alt.Shape("score:N", scale=alt.Scale(domain=names, range=shapes[: len(names)]), **key),
            strokeDash=alt.StrokeDash("score:N", scale=alt.Scale(domain=names, range=dashes), **key),
        )
    )
    return lines.properties(width=760, height=260, title=_(N_("AUC by window")))


def _reliability_chart(found: Backtest, _: Translate) -> alt.TopLevelMixin:
    scored = found.scored
    table = reliability_table(scored[PROBABILITY], scored["adverse"], n_bins=BINS)
    top = float(max(table["predicted"].max(), table["high"].max()))
    axis = alt.Scale(domain=[0, top])
    base = alt.Chart(table)
    line = (
        alt.Chart(pd.DataFrame({"x": [0.0, top]}))
        .mark_line(color=BASELINE_COLOUR, strokeDash=[4, 4])
        .encode(x=alt.X("x:Q", scale=axis), y=alt.Y("x:Q", scale=axis))
    )
    x = alt.X("predicted:Q", title=_(N_("predicted")), scale=axis, axis=alt.Axis(format="%"))
    limits = base.mark_rule(color=MODEL_COLOUR).encode(x=x, y=alt.Y("low:Q", title=_(N_("observed"))), y2="high:Q")
    dots = base.mark_point(filled=True, size=60, color=MODEL_COLOUR).encode(
        x=x, y=alt.Y("observed:Q", scale=axis, axis=alt.Axis(format="%"), title=_(N_("observed")))
    )
    return (line + limits + dots).properties(width=360, height=320, title=_(N_("Predicted and observed, all windows")))


def _figure(chart: alt.TopLevelMixin) -> str:
    spec = chart.configure(font=FONTS).to_dict()  # type: ignore[attr-defined]
    return f"<figure>{vl_convert.vegalite_to_svg(spec)}</figure>"


def _span(row: pd.Series, name: str, measure: Measure, *, signed: bool = False) -> str:
    value, low, high = (row[f"{name}_{key}"] for key in ("value", "low", "high"))
    if pd.isna(value):
        return "–"
    form = ("+" if signed else "") + (".2f" if measure is Measure.DAYS else ".3f")
    return f"{value:{form}} ({low:{form}} – {high:{form}})"


def _number(value: object, form: str) -> str:
    return "–" if value is None else f"{float(value):{form}}"  # type: ignore[arg-type]
