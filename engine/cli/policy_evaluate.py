"""``xinheng policy evaluate``."""

from typing import Annotated, Any

import typer

from engine.cli.laboratory import bench_of
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import UsageError
from engine.messages import N_, Message

EstimatorOption = Annotated[str, typer.Option("--estimator", help=N_("ht or hajek."))]


def evaluate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    estimator: EstimatorOption = "ht",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy would have found in the draws that were run."""
    from engine.api.policy_evaluation import evaluate_policy
    from engine.estimation.policy_result import Estimator

    if estimator not in (Estimator.HT, Estimator.HAJEK):
        remedy = Message(N_("choose ht or hajek"))
        raise UsageError(what=Message(N_("estimator")), value=estimator, remedy=remedy)
    bench = bench_of(workspace, profile, as_of, draft)
    value, contrast = evaluate_policy(bench, as_of=as_of_date(as_of), estimator=Estimator(estimator))
    translate = current_translate()
    if as_json:
        show_json({**_figures(value), "profile": profile, "contrast": _figures(contrast)})
        return
    heads = [N_("figure"), N_("value"), N_("low"), N_("high")]
    rows = [
        [translate(name), *(f"{number:,.1f}" for number in (each.value, each.low, each.high))]
        for name, each in ((N_("findings"), value), (N_("difference from what was drawn"), contrast))
    ]
    show_table(translate(N_("What the policy would have found")), [translate(head) for head in heads], rows)
    for caution in value.cautions:
        show_line(f"! {caution.render(translate)}")


def _figures(value: Any) -> dict[str, object]:
    translate = current_translate()
    shown = None if value.value != value.value else value.value
    return {
        "value": shown,
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
