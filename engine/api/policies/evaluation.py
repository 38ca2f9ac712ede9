"""What another policy, another grading or another model would have found in the draws that were run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.draws.logged import first_results, logged_draws, spared_rows
from engine.api.draws.order import COMMITTED
from engine.api.draws.roster import current
from engine.api.policies.check import read_policies
from engine.api.scoring.assessment import cohort_on, open_listings
from engine.errors import EstimationError, PolicyInconsistentError, UsageError
from engine.estimation.estimate import PrecisionLimits
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.training import Training, refuse_self_evaluation
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import grade_by
from engine.pipeline.evaluation import Evaluation, Rules, as_period, evaluate, with_alternative, with_prediction
from engine.ratios.policy import RatioPolicy, read_ratio_policy
from engine.store.outputs.model_cards import last_training_day
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the logged draws.

    Parameters
    ----------
    profile, draft, as_of : the alternative's ratios, as they stand on a day.
    estimator : how the value is estimated.
    draw_ids : the draws; empty = all that were run.
    grading : another grading: run_id, or the date (ISO) as of which the latest grades are taken.
    model : a model whose scores are cut into the alternative's grades; not together with ``grading``.
    prediction : a model whose frozen probabilities the difference estimator uses; None = cross-fitted.
    is_period : the draws are one period: the value is that of one draw over all its objects, equally weighted.
    draws_per_year : equal draws into which the alternative's yearly ratio is split.
    """

    profile: str
    as_of: date
    estimator: Estimator
    draft: Path | None = None
    draw_ids: Sequence[str] = ()
    grading: str | None = None
    model: str | None = None
    prediction: str | None = None
    is_period: bool = False
    draws_per_year: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """The evaluation and what it rests on.

    Parameters
    ----------
    evaluation : the figures.
    draw_ids : the draws it speaks of.
    grading : run whose grades the alternative used; empty for those of the draws.
    prediction : run and digest of the frozen prediction, ``cross-fitted``, or empty.
    """

    evaluation: Evaluation
    draw_ids: tuple[str, ...]
    grading: str
    prediction: str


def evaluate_policy(workspace: Workspace, question: Question) -> Answer:
    """Return what the alternative would have found in the logged draws.

    Raises
    ------
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    SelfEvaluationError
        A grading or model may have learned from a draw it is to be judged on.
    EstimationError
        A prediction was not on record before the draw was committed, or lacks somebody.
    PolicyInconsistentError
        The alternative breaks a rule of its own.
    UsageError
        A run, date or model that the workspace does not hold.
    """
    book, policy, items = _alternative(workspace, question)
    logged = logged_draws(workspace, draw_ids=question.draw_ids)
    draw_ids = tuple(dict.fromkeys(logged["draw_id"].astype(str)))
    grading, grades, trainings = _grades(workspace, question, book=book)
    predicted, probability, learned = _prediction(workspace, question, draw_ids=draw_ids)
    refuse_self_evaluation([*trainings, *learned], first_results=first_results(workspace, draw_ids=draw_ids))
    if question.is_period:
        logged = as_period(logged, spared=spared_rows(workspace.path, draw_ids=draw_ids))
    rows = with_alternative(logged, items, policy, grades=grades, draws_per_year=question.draws_per_year)
    if question.estimator is Estimator.DIFFERENCE:
        rows = with_prediction(rows, probability=probability, name=predicted)
    weights = dict.fromkeys(draw_ids, 1 / len(draw_ids)) if question.is_period else None
    rules = _rules(book, on=question.as_of)
    found = evaluate(rows, estimator=question.estimator, rules=rules, period_weights=weights)
    return Answer(found, draw_ids, grading, predicted)


def _alternative(workspace: Workspace, question: Question) -> tuple[PolicyBook, RatioPolicy, pd.DataFrame]:
    book = read_policies(question.profile, draft=question.draft, workspace=workspace)
    policy = read_ratio_policy(book, on=question.as_of)
    items = current(workspace, "items", key="item_code", on=question.as_of)
    violations = policy.check(items)
    if violations:
        raise PolicyInconsistentError(name=question.profile, problem=violations[0])
    return book, policy, items


def _rules(book: PolicyBook, *, on: date) -> Rules:
    placebo: Mapping[str, float] = book.value("estimation.placebo", on=on)
    return Rules(
        limits=EvaluationLimits(**book.value("estimation.evaluation_limits", on=on)),
        precision=PrecisionLimits(**book.value("estimation.precision_limits", on=on)),
        n_bits=int(placebo["n_bits"]),
        least=float(placebo["least"]),
        most=float(placebo["most"]),
        level=float(book.value("estimation.interval_level", on=on)),
    )


def _grades(
    workspace: Workspace, question: Question, *, book: PolicyBook
) -> tuple[str, pd.Series | None, list[Training]]:
    """Run, grade by entity_id and origin of the alternative grading; nothing when the draws' own grades are kept."""
    if question.grading is not None and question.model is not None:
        raise UsageError(
            what="--grading, --model", value=question.model, remedy=Message(N_("give one of the two, not both"))
        )
    if question.grading is not None:
        run = _run_with(workspace, "grades", named=question.grading, what="--grading")
        grades = workspace.warehouse.read("grades", run_id=run.run_id).select("entity_id", "grade").execute()
        return run.run_id, grades.set_index("entity_id")["grade"], _origins(workspace, run)
    if question.model is not None:
        run, scores = _scores(workspace, question.model, what="--model")
        graded = grade_by(
            scores,
            cohort_on(workspace.warehouse, book=book, as_of=run.as_of),
            open_listings(workspace.warehouse, book=book, as_of=run.as_of),
            book=book,
            as_of=run.as_of,
        ).grades
        return f"{run.run_id}/{question.model}", graded.set_index("entity_id")["grade"], _origins(workspace, run)
    return "", None, []


def _prediction(
    workspace: Workspace, question: Question, *, draw_ids: Sequence[str]
) -> tuple[str, pd.Series | None, list[Training]]:
    """Name, probability by entity_id and origin of a frozen prediction."""
    if question.estimator is not Estimator.DIFFERENCE:
        if question.prediction is not None:
            raise UsageError(
                what="--prediction",
                value=question.prediction,
                remedy=Message(N_("it goes with --method difference only")),
            )
        return "", None, []
    if question.prediction is None:
        return "cross-fitted", None, []
    run, scores = _scores(workspace, question.prediction, what="--prediction")
    _require_frozen(workspace, run, draw_ids=draw_ids)
    if "probability" not in scores or scores["probability"].isna().all():
        raise EstimationError(
            problem=Message(N_("{name} gives scores but no probabilities"), {"name": question.prediction}),
            remedy=Message(N_("name a model with probabilities, or leave --prediction out")),
        )
    name = f"{run.run_id}/{question.prediction} {_digest(workspace, run)}"
    return name, scores.set_index("entity_id")["probability"], _origins(workspace, run)


def _run_with(workspace: Workspace, table: str, *, named: str, what: str) -> Run:
    """The run by its id, or the latest one as of a date, that wrote a result table."""
    warehouse = workspace.warehouse
    wrote = set(warehouse.run_ids_of(table))
    runs = [run for run in warehouse.runs() if run.run_id in wrote]
    fitting = [run for run in runs if run.run_id == named or run.as_of.isoformat() == named]
    if not fitting:
        known = ", ".join(f"{run.run_id} ({run.as_of})" for run in runs[-5:]) or "-"
        raise UsageError(
            what=what,
            value=named,
            remedy=Message(N_("name a run or the date of one; there are: {runs}"), {"runs": known}),
        )
    return fitting[-1]


def _scores(workspace: Workspace, model: str, *, what: str) -> tuple[Run, pd.DataFrame]:
    """The latest run that holds scores of a model, and these scores."""
    warehouse = workspace.warehouse
    wrote = warehouse.run_ids_of("scores")
    known: set[str] = set()
    for run in reversed([run for run in warehouse.runs() if run.run_id in set(wrote)]):
        table = warehouse.read("scores", run_id=run.run_id)
        names = set(table.select("model").distinct().execute()["model"])
        if model in names:
            return run, pd.DataFrame(table.filter(table.model == model).drop("run_id").execute())
        known |= names
    raise UsageError(
        what=what,
        value=model,
        remedy=Message(N_("name a model that has scored: {models}"), {"models": ", ".join(sorted(known)) or "-"}),
    )


def _origins(workspace: Workspace, run: Run) -> list[Training]:
    """What a run could have learned from: everything known by its date, and what its models learned from."""
    digests: Mapping[str, str] = json.loads(run.manifest).get("models") or {}
    fitted = [
        Training(f"{name} {digest[:12]}", None, last_training_day(workspace.path, digest=digest))
        for name, digest in sorted(digests.items())
    ]
    return [Training(run.run_id, None, run.as_of), *fitted]


def _require_frozen(workspace: Workspace, run: Run, *, draw_ids: Sequence[str]) -> None:
    """The ledger holds the digest of the prediction before it holds the commitment of every draw."""
    own = workspace.ledger.entries(action=f"run.{run.kind}", subject=run.run_id)
    for draw_id in draw_ids:
        committed = workspace.ledger.entries(action=COMMITTED, subject=draw_id)
        if not own or not committed or own[0].sequence > committed[0].sequence:
            raise EstimationError(
                problem=Message(
                    N_("the prediction {run} was not on record before draw {draw_id} was committed"),
                    {"run": run.run_id, "draw_id": draw_id},
                ),
                remedy=Message(N_("leave --prediction out; the prediction is then cross-fitted")),
            )


def _digest(workspace: Workspace, run: Run) -> str:
    files = workspace.ledger.entries(action=f"run.{run.kind}", subject=run.run_id)[0].particulars["files"]
    return next(str(digest) for path, digest in files.items() if "/scores/" in path)[:12]
