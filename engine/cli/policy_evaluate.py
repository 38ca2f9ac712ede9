"""``xinheng policy evaluate``."""

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import UsageError
from engine.messages import N_, Message

if TYPE_CHECKING:
    from engine.api.policies.evaluation import Answer
    from engine.estimation.policy_result import PolicyValue

MethodOption = Annotated[str, typer.Option("--method", "--estimator", help=N_("ht, hajek or difference."))]
GradingOption = Annotated[
    str | None, typer.Option("--grading", help=N_("Another grading: a run, or the date as of which it was made."))
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help=N_("A model whose scores are cut into the alternative's grades."))
]
PredictionOption = Annotated[
    str | None,
    typer.Option("--prediction", help=N_("A model frozen before the draw that helps --method difference.")),
]
DrawsChoice = Annotated[
    str, typer.Option("--draws", help=N_("Draws by name, with commas; all that were run if empty."))
]
PeriodOption = Annotated[
    bool, typer.Option("--period", help=N_("The draws are one period: average them, objects visited before as known."))
]
DrawsPerYearOption = Annotated[
    int, typer.Option("--draws-per-year", min=1, help=N_("Equal draws of the yearly ratio."))
]


def evaluate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    method: MethodOption = "ht",
    grading: GradingOption = None,
    model: ModelOption = None,
    prediction: PredictionOption = None,
    draws: DrawsChoice = "",
    period: PeriodOption = False,
    draws_per_year: DrawsPerYearOption = 1,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy, grading or model would have found in the draws that were run."""
    from engine.api.policies.evaluation import Question, evaluate_policy
    from engine.api.workspace import open_workspace
    from engine.estimation.policy_result import Estimator

    if method not in {one.value for one in Estimator}:
        remedy = Message(N_("choose ht, hajek or difference"))
        raise UsageError(what="--method", value=method, remedy=remedy)
    question = Question(
        profile=profile,
        as_of=as_of_date(as_of),
        estimator=Estimator(method),
        draft=draft,
        draw_ids=tuple(part.strip() for part in draws.split(",") if part.strip()),
        grading=grading,
        model=model,
        prediction=prediction,
        is_period=period,
        draws_per_year=draws_per_year,
    )
    answer = evaluate_policy(open_workspace(workspace, create=False), question)
    if as_json:
        show_json({"profile": profile, **answer_json(answer)})
    else:
        _show(answer)


def answer_json(answer: "Answer") -> dict[str, object]:
    """Return the answer with the keys that other programs read."""
    found = answer.evaluation
    return {
        **_figures(found.value),
        "checks": found.checks,
        "contrast": None if found.contrast is None else _figures(found.contrast),
        "placebo": {
            "bits": found.placebo.n_bits,
            "covered_share": found.placebo.covered_share,
            "passed": found.placebo.is_passed,
        },
        "draws": list(answer.draw_ids),
        "grading": answer.grading or None,
        "prediction": answer.prediction or None,
    }


def _show(answer: "Answer") -> None:
    translate = current_translate()
    found = answer.evaluation
    heads = [N_("figure"), N_("value"), N_("low"), N_("high")]
    named = [(N_("findings"), found.value)]
    if found.contrast is not None:
        named.append((N_("difference from what was drawn"), found.contrast))
    rows = [
        [translate(name), *(translate(N_("not given")) if number != number else f"{number:,.1f}" for number in numbers)]
        for name, numbers in ((name, (each.value, each.low, each.high)) for name, each in named)
    ]
    show_table(translate(N_("What the policy would have found")), [translate(head) for head in heads], rows)
    said = Message(
        N_("{checks} expected checks; effective sample {size}; placebo: {share} of {bits} known values held"),
        {
            "checks": f"{found.checks:,.0f}",
            "size": f"{found.value.effective_n:,.0f}",
            "share": f"{found.placebo.covered_share:.1%}",
            "bits": found.placebo.n_bits,
        },
    )
    show_line(said.render(translate))
    for caution in found.value.cautions:
        show_line(f"! {caution.render(translate)}")


def _figures(value: "PolicyValue") -> dict[str, object]:
    translate = current_translate()
    return {
        "value": None if value.value != value.value else value.value,
        "low": value.low,
        "high": value.high,
        "effective_n": value.effective_n,
        "identified": value.is_identified,
        "method": value.method,
        "n": value.n,
        "findings": value.n_findings,
        "missing_share": value.missing_share,
        "cautions": [caution.render(translate) for caution in value.cautions],
    }
