"""``xinheng measure --over``: the stored hit rates of every draw, quarter or year, as the page shows them."""

from typing import TYPE_CHECKING, Any

from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.errors import TableMissingError, UsageError
from engine.messages import N_, Message, Translate
from engine.vocabulary import population_name

if TYPE_CHECKING:
    from engine.api.reading.measures import Standing
    from engine.api.reading.trend import Trend
    from engine.store.workspaces.workspace import Workspace

KINDS = {
    "model": N_("another model decides"),
    "grading": N_("another grading holds"),
    "ratio": N_("other ratios hold"),
}
NOTHING = "–"


def show_over(workspace: "Workspace", *, population: str, over: str, as_json: bool) -> None:
    """Print the hit rates of a population, the largest if none is named, by draw, quarter or year.

    Raises
    ------
    UsageError
        ``over`` is none of the three, or the population was not measured.
    TableMissingError
        Nothing is stored by period.
    """
    from engine.api.reading.measures import standing
    from engine.api.reading.trend import OVER, hit_rate_trend
    from engine.api.reading.trend import as_json as as_object

    if over not in OVER:
        remedy = Message(N_("name one of {kinds}"), {"kinds": ", ".join(OVER)})
        raise UsageError(what="--over", value=over, remedy=remedy)
    held = standing(workspace)
    chosen = population or next(iter(held.populations), "")
    require_measured(chosen, held)
    trend = hit_rate_trend(workspace, population=chosen, over=over)
    if trend is None:
        remedy = Message(N_("let 'xinheng marts build' make it"))
        raise TableMissingError(table="trend_rates", remedy=remedy)
    if as_json:
        show_json({"population": chosen, "over": over, **as_object(trend)})
        return
    translate = current_translate()
    title = translate(N_("{population}, results known on {day}")).format(
        population=population_name(chosen, translate), day=trend.known_on.isoformat()
    )
    _show_rates(trend, title, translate)
    _show_periods(trend, translate)
    for change in trend.changes[trend.changes["mode"] == "random"].to_dict("records"):
        show_line(_change(change, translate))
    if not trend.is_current:
        show_line(translate(N_("! draws, grades or measurements came since: xinheng marts build")))


def require_measured(population: str, held: "Standing") -> None:
    """Raise UsageError unless the population was measured."""
    if population not in held.populations:
        remedy = Message(N_("name one of {populations}"), {"populations": ", ".join(held.populations) or "–"})
        raise UsageError(what="--population", value=population, remedy=remedy)


def _show_rates(trend: "Trend", title: str, translate: Translate) -> None:
    heads = [N_("selection"), N_("period"), N_("grade"), N_("checked"), N_("findings"), N_("rate"), N_("interval")]
    rows = [
        [row["mode"], row["period"], row["grade"], f"{row['n']:,}", f"{row['hits']:,}",
         translate(N_("too few")) if row["is_small"] else _share(row["hit_rate"]), _span(row)]
        for row in trend.rates.to_dict("records")
    ]  # fmt: skip
    show_table(title, [translate(head) for head in heads], rows)


def _show_periods(trend: "Trend", translate: Translate) -> None:
    heads = [N_("selection"), N_("period"), N_("draws"), N_("checked"), N_("findings"), N_("rate"), N_("interval"),
             N_("trend p"), N_("results in"), N_("note")]  # fmt: skip
    rows = [
        [row["mode"], row["period"], row["draws"], f"{row['n']:,}", f"{row['hits']:,}",
         translate(N_("too few")) if row["is_small"] else _share(row["hit_rate"]), _span(row),
         NOTHING if row["trend_p"] != row["trend_p"] else f"{row['trend_p']:.4f}",
         _results_in(row), _note(row, translate)]
        for row in trend.periods.to_dict("records")
    ]  # fmt: skip
    show_table(translate(N_("All grades together")), [translate(head) for head in heads], rows)


def _results_in(row: dict[Any, Any]) -> str:
    return f"{row['n_known']:,} / {row['n_drawn']:,}" if row["n_drawn"] else f"{row['n_known']:,}"


def _note(row: dict[Any, Any], translate: Translate) -> str:
    said = [translate(row["note"])] if row["note"] else []
    return " · ".join([*said, *([] if row["is_mature"] else [translate(N_("provisional: results are still to come"))])])


def _change(change: dict[Any, Any], translate: Translate) -> str:
    inside = N_("{day} inside {period}: {what} ({name}{models}) {reference}")
    before = N_("{day} before {period}: {what} ({name}{models}) {reference}")
    models = f", {change['before']} → {change['after']}" if change["after"] else ""
    said = translate(inside if change["is_within"] else before).format(
        day=change["on"], period=change["period"], what=translate(KINDS[change["kind"]]), name=change["name"],
        models=models, reference=change["reference"],
    )  # fmt: skip
    return f"│ {said}".rstrip()


def _share(value: float) -> str:
    return NOTHING if value != value else f"{value:.1%}"


def _span(row: dict[Any, Any]) -> str:
    return NOTHING if row["low"] != row["low"] else f"{_share(row['low'])}–{_share(row['high'])}"
