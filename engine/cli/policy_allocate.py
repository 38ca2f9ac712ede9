"""``xinheng policy allocate``."""

from engine.cli.laboratory import (
    DrawsPerYearOption,
    LinesOption,
    NumberOption,
    PlanOption,
    UntilOption,
    WholeYearOption,
    bench_of,
    choice_of,
)
from engine.cli.options import DEFAULT_WORKSPACE, AsOfOption, JsonOption, ProfileOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.policy import DraftOption
from engine.errors import PolicyError
from engine.messages import N_


def allocate(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    draft: DraftOption = None,
    draw_number: NumberOption = 1,
    draws_per_year: DrawsPerYearOption = 1,
    inspect_until: UntilOption = None,
    plan: PlanOption = None,
    line: LinesOption = None,
    whole_year: WholeYearOption = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Say what a draw would commit to, what was trimmed and why; exit status 12 when it could not be committed."""
    from engine.api.policies.simulation import allocate_policy

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
    found, translate = allocate_policy(bench), current_translate()
    of_plan = bench.plan.notes if bench.plan else ()
    spoken = ((*of_plan, *found.notes), found.violations)
    notes, violations = ([each.render(translate) for each in said] for said in spoken)
    status = PolicyError.exit_status if violations else 0
    source = bench.frame.source.render(translate)
    if as_json:
        frame = {"source": source, "outside": bench.frame.n_outside}
        rows = found.table.to_dict("records")
        show_json({"profile": profile, "frame": frame, "strata": rows, "notes": notes, "violations": violations})
        return status
    show_line(translate(N_("Frame: {source}")).format(source=source))
    sums = found.table.groupby(["item_code", "grade"], sort=True).agg(
        strata=("stratum", "size"), units=("n_units", "sum"), checks=("expected_units", "sum"), most=("most", "sum")
    )
    heads = [N_("item"), N_("grade"), N_("strata"), N_("units"), N_("expected checks"), N_("at most"), N_("ratio")]
    lines = [
        [item, grade, f"{strata:,}", f"{units:,}", f"{checks:,.1f}", f"{most:,}", f"{checks / units:.4f}"]
        for item, grade, strata, units, checks, most in sums.reset_index().itertuples(index=False, name=None)
    ]
    show_table(translate(N_("What a draw would commit to")), [translate(head) for head in heads], lines)
    for note in notes:
        show_line(f"· {note}")
    for violation in violations:
        show_line(f"✗ {violation}")
    return status
