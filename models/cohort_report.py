"""The second view of a backtest page: grades given once to everybody, met by the first inspection that followed."""

from collections.abc import Sequence
from html import escape

from engine.estimation.estimate import Estimate
from engine.messages import N_, Translate
from models.backtesting import Backtest, Fold
from models.cohort_judgement import CohortJudgement
from models.html_tables import html_table, share
from models.wording import SCORE_NAMES

CLAIM = N_(
    "Everybody known on the eve of the window, graded once by each score with the same shares, met by the first "
    "inspection of the {months} months after it. It speaks of those that were inspected: {unseen} of the graded never "
    "were, and who was inspected was not drawn at random unless the basis above says so."
)
OPEN = N_("No window is old enough for the second view: the months in which outcomes count end after the records.")


def cohort_part(found: Backtest, _: Translate) -> str:
    """Return the tables of every window whose outcomes are complete, or one sentence that none is."""
    folds = [fold for fold in found.folds if fold.cohort]
    title = _(N_("Grades given once"))
    head = f"<h3>{escape(title)}</h3>"
    if not folds:
        return f'{head}<p class="remark">{escape(_(OPEN))}</p>'
    return head + "".join(_window(found, fold, _) for fold in folds)


def _window(found: Backtest, fold: Fold, _: Translate) -> str:
    own = fold.cohort[found.model]
    said = _(CLAIM).format(months=found.label_months, unseen=share(own.never_inspected_share))
    return f'<p class="remark">{escape(said)}</p>' + _grades(fold, own, _) + _differences(own, _) + _lifts(fold, _)


def _grades(fold: Fold, own: CohortJudgement, _: Translate) -> str:
    heads = [N_("grade"), N_("share"), N_("n"), N_("hits"), N_("hit rate"), N_("never inspected")]
    body = [
        [
            row["grade"],
            share(row["share"]),
            f"{row['n']:,}",
            f"{row['hits']:,}",
            f"{share(row['hit_rate'])} ({share(row['low'])} – {share(row['high'])})",
            share(row["unseen_share"]),
        ]
        for row in own.rates.to_dict("records")
    ]
    name = _(N_("The model's grades of {window}")).format(window=fold.window.name.split("..")[0])
    return html_table(name, _translated(heads, _), body)


def _differences(own: CohortJudgement, _: Translate) -> str:
    heads = [N_("neighbouring grades"), N_("difference of the hit rates"), N_("apart")]
    body = [
        [
            f"{row['riskier']} − {row['milder']}",
            f"{row['difference']:+.3f} ({row['low']:+.3f} – {row['high']:+.3f})",
            _(N_("yes")) if row["is_separated"] else _(N_("no")),
        ]
        for row in own.differences.to_dict("records")
    ]
    return html_table(_(N_("Every neighbouring pair")), _translated(heads, _), body)


def _lifts(fold: Fold, _: Translate) -> str:
    heads = [N_("score"), N_("lift of the ratios in force"), N_("the model's lift minus its"), N_("rises A to D")]
    body = [
        [
            _(SCORE_NAMES.get(name, name)),
            _span(judged.lift, ".2f"),
            _span(judged.lift_gain, "+.2f"),
            _(N_("yes")) if judged.is_rising else _(N_("no")),
        ]
        for name, judged in fold.cohort.items()
    ]
    return html_table(_(N_("Lift over a uniform draw")), _translated(heads, _), body)


def _translated(heads: Sequence[str], _: Translate) -> list[str]:
    return [_(head) for head in heads]


def _span(found: Estimate | None, form: str) -> str:
    return "–" if found is None else f"{found.value:{form}} ({found.low:{form}} – {found.high:{form}})"
