"""``xinheng policy simulate``."""

from dataclasses import asdict

from engine.cli.laboratory import DrawsOption, SeedOption, bench_of
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.messages import N_


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
    from engine.api.laboratory import experiment_of
    from engine.api.policy_simulation import simulate_policy
    from engine.laboratory.simulation import spread

    bench = bench_of(workspace, profile, as_of, draft)
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
