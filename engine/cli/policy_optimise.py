"""``xinheng policy optimise``."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.laboratory import DrawsOption, DrawsPerYearOption, NumberOption, SeedOption, UntilOption, bench_of
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.vocabulary import Grade

if TYPE_CHECKING:
    from engine.api.policies.laboratory import Bench
    from engine.api.policies.optimum import BestPolicy
    from engine.ratios.capacity import CapacityLimit

ChecksOption = Annotated[float | None, typer.Option("--checks", help=N_("Most checks in a year."))]
DaysOption = Annotated[
    list[str] | None,
    typer.Option(
        "--person-days",
        help=N_(
            "Most person-days in a year: DAYS of all departments together, DEPARTMENT=DAYS, "
            "DEPARTMENT@DISTRICT=DAYS or @DISTRICT=DAYS; may be repeated."
        ),
    ),
]
TotalOption = Annotated[
    float | None,
    typer.Option("--total-cv", help=N_("Greatest coefficient of variation of the estimate of all findings.")),
]
ClassAOption = Annotated[
    float | None, typer.Option("--class-a-cv", help=N_("Greatest coefficient of variation of class A's own estimate."))
]
VisitsOption = Annotated[
    list[str] | None,
    typer.Option("--visits", help=N_("Most visits per firm of a grade, on average, GRADE=VISITS; may be repeated.")),
]
WriteOption = Annotated[Path | None, typer.Option("--write-draft", help=N_("Write the ratios as a draft file."))]
FromOption = Annotated[
    str | None, typer.Option("--valid-from", help=N_("First day of the written draft; default: next 1 January."))
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
    visits: VisitsOption = None,
    by_item: ByItemOption = False,
    write_draft: WriteOption = None,
    valid_from: FromOption = None,
    draw_number: NumberOption = 1,
    draws_per_year: DrawsPerYearOption = 1,
    inspect_until: UntilOption = None,
    draws: DrawsOption = 200,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Find the ratios that find most within the limits, and what each limit costs."""
    from engine.api.policies.laboratory import experiment_of
    from engine.api.policies.optimum import optimise_policy
    from engine.pipeline.best_ratios import Wishes

    bench = bench_of(workspace, profile, as_of, draft, number=draw_number, draws=draws_per_year, until=inspect_until)
    limits = tuple(_days(text) for text in person_days or [])
    wishes = Wishes(checks, limits, total_cv, class_a_cv, by_item, dict(map(_visits, visits or [])))
    best = optimise_policy(bench, experiment_of(bench, draws=draws, seed=seed), wishes)
    if write_draft is not None:
        _write(bench, best, write_draft, valid_from=valid_from)
    translate = current_translate()
    binding = [sentence.render(translate) for sentence in best.binding]
    expected = [sentence.render(translate) for sentence in best.visits]
    if as_json:
        curve = [asdict(point) for point in best.curve]
        said = {
            "ratios": best.ratios,
            "findings": best.findings,
            "binding": binding,
            "curve": curve,
            "visits": expected,
        }
        show_json({**said, "checks_so_far": best.checks_so_far})
        return
    if best.checks_so_far:
        text = N_("{n} checks were drawn this year already; what follows is the best of the rest, as yearly ratios.")
        show_line(Message(text, {"n": f"{best.checks_so_far:,.0f}"}).render(translate))
    grades = sorted({grade for held in best.ratios.values() for grade in held})
    rows = [[owner, *(f"{held.get(g, float('nan')):.4f}" for g in grades)] for owner, held in best.ratios.items()]
    show_table(translate(N_("Best ratios")), [translate(N_("items")), *grades], rows)
    heads = [N_("findings"), N_("coefficient of variation"), N_("of class A"), N_("checks"), N_("visits per firm of A")]
    points = [
        [
            f"{p.findings:,.1f}",
            f"{p.total_cv:.2%}",
            f"{p.class_a_cv:.1%}",
            f"{p.checks:,.0f}",
            f"{p.visits_per_firm.get('A', float('nan')):.4f}",
        ]
        for p in best.curve
    ]
    show_table(translate(N_("Findings against precision and burden")), [translate(head) for head in heads], points)
    for sentence in (*expected, *binding):
        show_line(f"· {sentence}")


def _write(bench: "Bench", best: "BestPolicy", path: Path, *, valid_from: str | None) -> None:
    from engine.api.policies.optimum import draft_of
    from engine.store.documents import write_parameters

    as_of = bench.occasion.as_of
    first = as_of_date(valid_from) if valid_from else date(as_of.year + 1, 1, 1)
    reference = f"xinheng policy optimise --as-of {as_of.isoformat()}"
    write_parameters(path, draft_of(bench, best, valid_from=first, reference=reference))


def _days(text: str) -> "CapacityLimit":
    from fractions import Fraction

    from engine.ratios.capacity import CapacityLimit

    place, named, days = text.rpartition("=")
    department, _, district = place.partition("@")
    try:
        exact = Fraction(days)
    except (ValueError, ZeroDivisionError):
        exact = Fraction(-1)
    if exact < 0 or (named and not place.strip("@")):
        remedy = Message(N_("write DAYS or DEPARTMENT=DAYS, e.g. 3000, SCJG=1200 or SCJG@330602=150"))
        raise UsageError(what="--person-days", value=text, remedy=remedy)
    return CapacityLimit(department or None, district or None, exact, "--person-days")


def _visits(text: str) -> tuple[str, float]:
    grade, _, most = text.partition("=")
    try:
        found = float(most)
    except ValueError:
        found = -1.0
    if found < 0 or grade not in {one.value for one in Grade}:
        raise UsageError(what="--visits", value=text, remedy=Message(N_("write GRADE=VISITS, e.g. A=0.02")))
    return grade, found
