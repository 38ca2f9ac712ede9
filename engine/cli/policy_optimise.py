"""``xinheng policy optimise``."""

from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.laboratory import DrawsOption, SeedOption, bench_of
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import UsageError
from engine.messages import N_, Message

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
    from engine.api.laboratory import experiment_of
    from engine.api.policy_optimum import optimise_policy
    from engine.pipeline.best_ratios import Wishes

    bench = bench_of(workspace, profile, as_of, draft)
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


def _days(text: str) -> tuple[str, float]:
    department, _, days = text.partition("=")
    try:
        return department, float(days)
    except ValueError:
        remedy = Message(N_("write DEPARTMENT=DAYS, e.g. SCJG=1200"))
        raise UsageError(what="--person-days", value=text, remedy=remedy) from None
