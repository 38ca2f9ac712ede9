"""The second view of a backtest page: grades given once to everybody, met by the first inspection that followed."""

from collections.abc import Sequence
from html import escape

from engine.estimation.estimate import Estimate
from engine.messages import N_, Translate
from models.judging.backtesting import Backtest, Fold
from models.judging.cohort_claims import cohort_claims
from models.judging.cohort_judgement import CohortJudgement
from models.reports.html_tables import html_table, share
from models.wording import SCORE_NAMES

CLAIM = N_(
    "Everybody known on the eve of the window, graded once by each score with the same shares, met by the first "
    "inspection of the {months} months after it. It speaks of those that were inspected: {unseen} of the graded never "
    "were, and who was inspected was not drawn at random unless the basis above says so."
)
REWEIGHTED = N_(
    "Reweighted: each outcome stands for everybody whose last result was alike (fifths), so that those who were seen "
    "more often do not count more; what else decided whom to visit stays in."
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
    told = [said] if own.reweighted is None else [said, _(REWEIGHTED)]
    claims = "".join(
        f"<li>{escape(claim.render(_))}</li>"
        for claim in cohort_claims(fold.cohort, model=found.model, among=found.baselines)
    )
    head = "".join(f'<p class="remark">{escape(text)}</p>' for text in told)
    return f"{head}{_grades(fold, own, _)}{_differences(own, _)}{_lifts(fold, found.model, _)}<ul>{claims}</ul>"


def _beside(judged: CohortJudgement) -> list[CohortJudgement]:
    """The judgement, and the reweighted one where there is one: a column each."""
    return [judged] if judged.reweighted is None else [judged, judged.reweighted]


def _grades(fold: Fold, own: CohortJudgement, _: Translate) -> str:
    heads = [N_("grade"), N_("share"), N_("n"), N_("hits"), N_("never inspected"), N_("hit rate")]
    heads += [N_("hit rate, reweighted")] if own.reweighted else []
    rows = [judged.rates.to_dict("records") for judged in _beside(own)]
    body = [
        [
            row["grade"],
            share(row["share"]),
            f"{row['n']:,}",
            f"{row['hits']:,}",
            share(row["unseen_share"]),
            *(f"{share(each['hit_rate'])} ({share(each['low'])} – {share(each['high'])})" for each in same),
        ]
        for same in zip(*rows, strict=True)
        for row in same[:1]
    ]
    name = _(N_("The model's grades of {window}")).format(window=fold.window.name.split("..")[0])
    return html_table(name, _translated(heads, _), body)


def _differences(own: CohortJudgement, _: Translate) -> str:
    heads = [N_("neighbouring grades")]
    heads += [N_("difference of the hit rates"), N_("apart")]
    heads += [N_("difference, reweighted"), N_("apart")] if own.reweighted else []
    rows = [judged.differences.to_dict("records") for judged in _beside(own)]
    body = [
        [
            f"{same[0]['riskier']} − {same[0]['milder']}",
            *(
                text
                for row in same
                for text in (
                    f"{row['difference']:+.3f} ({row['low']:+.3f} – {row['high']:+.3f})",
                    _(N_("yes")) if row["is_separated"] else _(N_("no")),
                )
            ),
        ]
        for same in zip(*rows, strict=True)
    ]
    return html_table(_(N_("Every neighbouring pair")), _translated(heads, _), body)


def _lifts(fold: Fold, own: str, _: Translate) -> str:
    heads = [N_("score"), N_("rises A to D"), N_("lift of the ratios in force"), N_("the model's lift minus its")]
    heads += [N_("lift, reweighted"), N_("the model's minus its, reweighted")] if fold.cohort[own].reweighted else []
    body = [
        [
            _(SCORE_NAMES.get(name, name)),
            _(N_("yes")) if judged.is_rising else _(N_("no")),
            *(text for one in _beside(judged) for text in (_span(one.lift, ".2f"), _span(one.lift_gain, "+.2f"))),
        ]
        for name, judged in fold.cohort.items()
    ]
    return html_table(_(N_("Lift over a uniform draw")), _translated(heads, _), body)


def _translated(heads: Sequence[str], _: Translate) -> list[str]:
    return [_(head) for head in heads]


def _span(found: Estimate | None, form: str) -> str:
    return "–" if found is None else f"{found.value:{form}} ({found.low:{form}} – {found.high:{form}})"
