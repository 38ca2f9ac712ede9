"""Hit rates over time as tables of text, with the column names of the reader's language."""

import pandas as pd

from dashboards import words
from dashboards.tables import remark
from engine.messages import Translate
from engine.vocabulary import JOINER


def rate_table(rates: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per way of selection, period and grade; a rate on too few is not written, its interval is.

    Parameters
    ----------
    rates : see ``engine.api.reading.trend.Trend``.
    """
    _ = translate
    return pd.DataFrame(
        {
            _("Selection"): [words.mode_name(mode, _) for mode in rates["mode"]],
            _("Period"): rates["period"],
            _("Grade"): [words.grade_name(grade, _) for grade in rates["grade"]],
            **_period_figures(rates, translate=_),
        }
    )


def period_table(periods: pd.DataFrame, *, translate: Translate) -> pd.DataFrame:
    """Return one row per way of selection and period, all grades together.

    Parameters
    ----------
    periods : see ``engine.api.reading.trend.Trend``.
    """
    _ = translate
    return pd.DataFrame(
        {
            _("Selection"): [words.mode_name(mode, _) for mode in periods["mode"]],
            _("Period"): periods["period"],
            _("Draw"): periods["draws"].str.replace(JOINER, ", "),
            _("Drawn"): [words.count(n) if n else words.NOTHING for n in periods["n_drawn"]],
            _("With a result"): periods["n_known"].map(words.count),
            **_period_figures(periods, translate=_),
            _("Trend test p"): periods["trend_p"].map(words.p_value),
        }
    )


def _period_figures(rows: pd.DataFrame, *, translate: Translate) -> dict[str, object]:
    _ = translate
    notes = rows["note"] if "note" in rows else [""] * len(rows)
    return {
        "n": rows["n"].map(words.count),
        _("Hits"): rows["hits"].map(words.count),
        _("Hit rate"): rows["hit_rate"].map(words.share),
        _("Interval"): [
            words.NOTHING if words.is_missing(low) else words.share_interval(low, high)
            for low, high in zip(rows["low"], rows["high"], strict=True)
        ],
        _("Remark"): [
            " · ".join([*filter(None, [remark(small=small, note=note, translate=_)]), *late])
            for small, note, late in zip(
                rows["is_small"], notes, [[] if each else [_("provisional")] for each in rows["is_mature"]], strict=True
            )
        ],
    }
