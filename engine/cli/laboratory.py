"""``xinheng policy simulate``, ``evaluate`` and ``optimise``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import UsageError
from engine.messages import N_, Message

DrawsOption = Annotated[int, typer.Option("--draws", min=10, help=N_("Simulated futures."))]
SeedOption = Annotated[int, typer.Option("--seed", help=N_("Seed of the simulation; the same seed repeats it."))]
EstimatorOption = Annotated[str, typer.Option("--estimator", help=N_("ht or hajek."))]
ChecksOption = Annotated[float | None, typer.Option("--checks", help=N_("Most checks in a year."))]
DaysOption = Annotated[
    list[str] | None,
    typer.Option("--person-days", help=N_("Most person-days of a department, DEPARTMENT=DAYS; may be repeated.")),
]
TotalOption = Annotated[
    float | None,
    typer.Option("--total-cv", help=N_("Greatest coefficient of variation of the estimate of all findings.")),
]
ClassAOption = Annotated[
    float | None, typer.Option("--class-a-cv", help=N_("Greatest coefficient of variation of class A's own estimate."))
]
ByItemOption = Annotated[bool, typer.Option("--by-item", help=N_("Ratios per item instead of per item class."))]


def simulate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    draws: DrawsOption = 1000,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy would find and cost, as P10, P50 and P90."""
    from engine.api.laboratory import experiment_of, simulate_policy
    from engine.laboratory.simulation import spread

    bench = _bench(workspace, profile, as_of, draft)
    translate = current_translate()
    found = simulate_policy(bench, experiment_of(bench, draws=draws, seed=seed))
    result = found.simulated
    visits, days = spread(result.visits.sum(axis=1)), spread(result.person_days)
    flags = [flag.render(translate) for flag in found.flags]
    if as_json:
        show_json(
            {
                "profile": profile,
                "hits": asdict(result.hits),
                "visits": visits.p50,
                "visits_spread": asdict(visits),
                "person_days": days.p50,
                "person_days_spread": asdict(days),
                "checks": result.checks,
                "burden": result.burden,
                "visited_share": result.visited_share,
                "expected_findings": result.expected_findings,
                "cv": {"total": result.total_cv, **result.grade_cv},
                "flags": flags,
            }
        )
        return
    heads = [N_("figure"), "P10", "P50", "P90"]
    named = {N_("findings"): result.hits, N_("visits"): visits, N_("person-days"): days}
    rows = [[translate(name), *(f"{value:,.0f}" for value in asdict(s).values())] for name, s in named.items()]
    show_table(translate(N_("What the policy would find and cost")), [translate(head) for head in heads], rows)
    heads = [N_("grade"), N_("visits per firm"), N_("coefficient of variation")]
    rows = [[grade, f"{result.burden[grade]:.3f}", f"{cv:.1%}"] for grade, cv in result.grade_cv.items()]
    show_table(translate(N_("Burden and precision")), [translate(head) for head in heads], rows)
    for flag in flags:
        show_line(f"! {flag}")


def evaluate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    estimator: EstimatorOption = "ht",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy would have found in the draws that were run."""
    from engine.api.laboratory import evaluate_policy
    from engine.estimation.policy_result import Estimator

    if estimator not in (Estimator.HT, Estimator.HAJEK):
        remedy = Message(N_("choose ht or hajek"))
        raise UsageError(what=Message(N_("estimator")), value=estimator, remedy=remedy)
    bench = _bench(workspace, profile, as_of, draft)
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


def optimise(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    checks: ChecksOption = None,
    person_days: DaysOption = None,
    total_cv: TotalOption = None,
    class_a_cv: ClassAOption = None,
    by_item: ByItemOption = False,
    draws: DrawsOption = 200,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find the ratios that find most within the limits, and what each limit costs."""
    from engine.api.laboratory import experiment_of, optimise_policy
    from engine.pipeline.laboratory import Wishes

    bench = _bench(workspace, profile, as_of, draft)
    wishes = Wishes(checks, dict(map(_days, person_days or [])), total_cv, class_a_cv, by_item)
    best = optimise_policy(bench, experiment_of(bench, draws=draws, seed=seed), wishes)
    translate = current_translate()
    binding = [sentence.render(translate) for sentence in best.binding]
    if as_json:
        curve = [asdict(point) for point in best.curve]
        show_json({"ratios": best.ratios, "findings": best.findings, "binding": binding, "curve": curve})
        return
    grades = sorted({grade for held in best.ratios.values() for grade in held})
    rows = [[owner, *(f"{held.get(g, float('nan')):.4f}" for g in grades)] for owner, held in best.ratios.items()]
    show_table(translate(N_("Best ratios")), [translate(N_("items")), *grades], rows)
    heads = [N_("findings"), N_("coefficient of variation"), N_("of class A"), N_("checks")]
    points = [
        [f"{p.findings:,.1f}", f"{p.total_cv:.2%}", f"{p.class_a_cv:.1%}", f"{p.checks:,.0f}"] for p in best.curve
    ]
    show_table(translate(N_("Findings against precision")), [translate(head) for head in heads], points)
    for sentence in binding:
        show_line(f"· {sentence}")


def _bench(workspace: Path, profile: str, as_of: str, draft: Path | None) -> Any:
    from engine.api.laboratory import prepare
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    return prepare(opened, profile=profile, as_of=as_of_date(as_of), draft=draft)


def _days(text: str) -> tuple[str, float]:
    department, _, days = text.partition("=")
    try:
        return department, float(days)
    except ValueError:
        remedy = Message(N_("write DEPARTMENT=DAYS, e.g. SCJG=1200"))
        raise UsageError(what="--person-days", value=text, remedy=remedy) from None


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
