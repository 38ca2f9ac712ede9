"""``xinheng policy simulate``."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.laboratory import (
    DrawsOption,
    DrawsPerYearOption,
    LinesOption,
    NumberOption,
    PlanOption,
    SeedOption,
    UntilOption,
    WholeYearOption,
    bench_of,
    choice_of,
)
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.messages import N_

if TYPE_CHECKING:
    import pandas as pd

    from engine.api.policies.simulation import ComparedPolicies, SimulatedPolicy
    from engine.laboratory.simulation import Simulated, Spread

AgainstOption = Annotated[
    str | None, typer.Option("--against", help=N_("Profile to compare with, in the same simulated futures."))
]
DASH = "–"
_FIGURES = {
    "findings": (N_("findings"), ",.0f"),
    "visits": (N_("visits"), ",.0f"),
    "person_days": (N_("person-days"), ",.0f"),
    "days_per_finding": (N_("person-days per finding"), ",.2f"),
    "missed": (N_("findings missed"), ",.0f"),
    "cv": (N_("coefficient of variation of the next measurement"), ".1%"),
    "visits_a": (N_("visits to objects of grade A"), ",.0f"),
    "visited_share": (N_("share of objects visited"), ".1%"),
}


def simulate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    against: AgainstOption = None,
    draw_number: NumberOption = 1,
    draws_per_year: DrawsPerYearOption = 1,
    inspect_until: UntilOption = None,
    plan: PlanOption = None,
    line: LinesOption = None,
    whole_year: WholeYearOption = False,
    draws: DrawsOption = 1000,
    seed: SeedOption = 0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy would find and cost, as P10, P50 and P90."""
    from engine.api.policies.burden import burden_change, burden_groups
    from engine.api.policies.laboratory import experiment_of, policy_of
    from engine.api.policies.simulation import allocate_policy, compare_policies, plan_table, simulate_policy
    from engine.api.workspace import open_workspace

    chosen = choice_of(plan, line, whole_year=whole_year, number=draw_number, draws=draws_per_year, until=inspect_until)
    bench = bench_of(
        workspace,
        profile,
        as_of,
        draft,
        number=draw_number,
        draws=draws_per_year,
        until=inspect_until,
        lines=chosen,
    )
    experiment = experiment_of(bench, draws=draws, seed=seed)
    moved = None
    if against is None:
        compared, found = None, simulate_policy(bench, experiment)
    else:
        opened = open_workspace(workspace, create=False)
        other = policy_of(opened, against, as_of=as_of_date(as_of))
        compared = compare_policies(bench, experiment, other, name=against)
        found = compared.policy
        moved = burden_change(bench, experiment, burden_groups(opened, bench, experiment, before=other))
    allocated = allocate_policy(bench)
    violations = [violation.render(current_translate()) for violation in allocated.violations]
    frame = {"source": bench.frame.source.render(current_translate()), "outside": bench.frame.n_outside}
    notes = [note.render(current_translate()) for note in (bench.plan.notes if bench.plan else ())]
    notes += [note.render(current_translate()) for note in allocated.notes]
    by_line = plan_table(bench, experiment).to_dict("records")
    if as_json:
        extra = {}
        if compared is not None and moved is not None:
            groups = {"groups": moved.to_dict("records")}
            extra = {"against": {"profile": against, **_compared_json(compared), **groups}}
        which: dict[str, Any] = {"draw_number": draw_number, "draws_per_year": draws_per_year, "frame": frame}
        if bench.plan is not None:
            which = {"frame": frame, "plan": bench.plan.plan, "lines": by_line}
        which |= {"notes": notes, "violations": violations}
        show_json({"profile": profile, **which, **_policy_json(found), **extra})
        return
    show_line(current_translate()(N_("Frame: {source}")).format(source=frame["source"]))
    _show_policy(found)
    if by_line:
        _show_lines(by_line)
    for note in notes:
        show_line(f"· {note}")
    for violation in violations:
        show_line(f"✗ {violation}")
    if compared is not None and moved is not None:
        _show_change(compared, str(against))
        _show_groups(moved)


def _policy_json(found: "SimulatedPolicy") -> dict[str, Any]:
    from engine.laboratory.simulation import measures, spread

    result, translate = found.simulated, current_translate()
    visits, days = spread(result.visits.sum(axis=1)), spread(result.person_days)
    return {
        "measures": {name: asdict(spread(values)) for name, values in measures(result).items()},
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
        "cv_spread": {"total": asdict(spread(result.total_cvs)), **_cv_spreads(result)},
        "half_width": {"level": found.level, "total": found.half_widths[""], **_by_grade(found.half_widths)},
        "flags": [flag.render(translate) for flag in found.flags],
    }


def _by_grade(values: Mapping[str, float]) -> dict[str, float]:
    return {grade: value for grade, value in values.items() if grade}


def _cv_spreads(result: "Simulated") -> dict[str, dict[str, float]]:
    from engine.laboratory.simulation import spread

    return {grade: asdict(spread(result.grade_cvs[:, at])) for at, grade in enumerate(result.burden)}


def _compared_json(compared: "ComparedPolicies") -> dict[str, Any]:
    change = {name: {"mean": gap.mean, **asdict(gap.spread)} for name, gap in compared.change.items()}
    return {**_policy_json(compared.other), "difference": change}


def _show_policy(found: "SimulatedPolicy") -> None:
    from engine.laboratory.simulation import measures, spread

    result, translate = found.simulated, current_translate()
    heads = [N_("figure"), "P10", "P50", "P90"]
    rows = [_figure_row(name, spread(values)) for name, values in measures(result).items()]
    show_table(translate(N_("What the policy would find and cost")), [translate(head) for head in heads], rows)
    half = N_("next hit rate ±, points")
    heads = [N_("grade"), N_("visits per firm"), half, N_("coefficient of variation"), "P10", "P50", "P90"]
    every = {"total": asdict(spread(result.total_cvs)), **_cv_spreads(result)}
    burden = {"total": result.visited_share, **result.burden}
    points = {"total": result.total_cv, **result.grade_cv}
    rows = [
        [
            translate(N_("all")) if name == "total" else name,
            f"{burden[name]:.3f}",
            f"{100 * found.half_widths['' if name == 'total' else name]:.2f}",
            f"{cv:.1%}",
            *(f"{value:.1%}" for value in every[name].values()),
        ]
        for name, cv in points.items()
    ]
    show_table(translate(N_("Burden and precision")), [translate(head) for head in heads], rows)
    text = N_("{checks} checks; {share} of the firms are visited")
    show_line(translate(text).format(checks=f"{result.checks:,.0f}", share=f"{result.visited_share:.1%}"))
    for flag in found.flags:
        show_line(f"! {flag.render(translate)}")


def _show_lines(by_line: list[dict[Any, Any]]) -> None:
    translate = current_translate()
    heads = [N_("plan line"), N_("arm"), N_("items"), N_("units"), N_("checks"), N_("person-days"), N_("findings")]
    rows = [
        [
            row["line_id"],
            translate(N_("control arm")) if row["arm"] else "",
            row["item_codes"],
            f"{row['units']:,.0f}",
            *(f"{row[name]:,.1f}" for name in ("checks", "person_days", "findings")),
        ]
        for row in by_line
    ]
    show_table(translate(N_("Expected, line by line")), [translate(head) for head in heads], rows)


def _figure_row(name: str, found: "Spread") -> list[str]:
    text, form = _FIGURES[name]
    values = (DASH if value != value else f"{value:{form}}" for value in asdict(found).values())
    return [current_translate()(text), *values]


def _show_change(compared: "ComparedPolicies", other: str) -> None:
    translate = current_translate()
    heads = [N_("figure"), "P10", "P50", "P90"]
    rows = [_figure_row(name, gap.spread) for name, gap in compared.change.items()]
    title = translate(N_("Difference from {profile} in the same futures")).format(profile=other)
    show_table(title, [translate(head) for head in heads], rows)
    for flag in compared.other.flags:
        show_line(f"! {other}: {flag.render(translate)}")


def _show_groups(moved: "pd.DataFrame") -> None:
    from engine.registers.sizes import SIZES

    translate = current_translate()
    kinds = {"district": N_("district"), "size": N_("size"), "sector": N_("sector")}
    verdicts = {"more": N_("more"), "less": N_("less"), "same": N_("the same")}
    heads = [N_("grouped by"), N_("group"), N_("firms"), N_("visits before"), N_("after"), N_("change"), N_("verdict")]
    rows = [
        [
            translate(kinds[row["by"]]),
            row["name"] or (translate(SIZES[row["group"]]) if row["by"] == "size" else row["group"]),
            f"{row['firms']:,.0f}",
            f"{row['visits_before']:,.1f}",
            f"{row['visits_after']:,.1f}",
            f"{row['change']:+,.1f}",
            translate(verdicts[row["verdict"]]),
        ]
        for row in moved.to_dict("records")
    ]
    show_table(translate(N_("Who is visited more, who less")), [translate(head) for head in heads], rows)
