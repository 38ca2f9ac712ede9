"""Fairness and drift on a backtest page: whom the chances fit worse, and when they stopped to hold."""

from html import escape

from engine.estimation.parity import BUDGET
from engine.messages import N_, Translate
from engine.registers.sizes import SIZES
from models.judging.backtesting import Backtest
from models.reports.html_tables import html_table, share

GROUPING_NAMES = {
    "district_code": N_("By district"),
    "size": N_("By size"),
    "entity_type": N_("By entity type"),
    "industry_section": N_("By section of industry"),
}
MOST_ROWS = 12


def watching_part(found: Backtest, _: Translate) -> str:
    """Return the tables of every grouping and the sentence of the watch."""
    title = _(N_("Alike for all groups, and still true?"))
    return f"<h3>{escape(title)}</h3>" + _parity(found, _) + f"<p>{escape(watch_sentence(found, _))}</p>"


def watch_sentence(found: Backtest, _: Translate) -> str:
    """Say whether the chances held over the windows, and what moved."""
    watch = found.watch
    capital = f"{float(watch.table['capital'].iloc[-1]):.3g}"
    if watch.alarm_on is None:
        said = N_(
            "The chances held over all windows: a game against them that may be asked any day ended at {capital}."
        )
        return _(said).format(capital=capital)
    said = N_(
        "The chances stopped to hold by {day}: a game against them passed 20 to 1, which chances that hold do in one "
        "history of twenty at most. What gains most against them: {what}."
    )
    moved = (
        _(N_("the level moved by {shift} log-odds")).format(shift=f"{watch.shift:+.2f}")
        if watch.shift
        else _(N_("the slope is {slope} of what they say")).format(slope=f"{watch.slope:.2f}")
    )
    return _(said).format(day=watch.alarm_on.date().isoformat(), what=moved)


def _parity(found: Backtest, _: Translate) -> str:
    heads = [N_("group"), N_("n"), N_("observed / expected"), N_("findings outside the riskiest {budget}"), N_("apart")]
    parts = []
    for grouping, table in found.parity.groupby("grouping", sort=False):
        body = [
            [
                _(SIZES[row["group"]]) if grouping == "size" and row["group"] in SIZES else row["group"],
                f"{row['n']:,}",
                f"{row['observed_to_expected']:.2f} ({row['low']:.2f} – {row['high']:.2f})",
                f"{share(row['miss_rate'])} ({share(row['miss_low'])} – {share(row['miss_high'])})",
                _(N_("yes")) if row["is_apart"] or row["is_missed_apart"] else _(N_("no")),
            ]
            for row in table.head(MOST_ROWS).to_dict("records")
        ]
        caption = _(GROUPING_NAMES[str(grouping)])
        if len(table) > MOST_ROWS:
            caption += _(N_(" (the {n} largest of {all})")).format(n=MOST_ROWS, all=len(table))
        parts.append(html_table(caption, [_(head).format(budget=share(BUDGET)) for head in heads], body))
    remark = N_("Limits hold for all groups of a table together; apart = they leave out what holds for everybody else.")
    return "".join(parts) + (f'<p class="remark">{escape(_(remark))}</p>' if parts else "")
