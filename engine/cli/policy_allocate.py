"""``xinheng policy allocate``."""

from engine.cli.laboratory import DrawsPerYearOption, NumberOption, UntilOption, bench_of
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
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> int:
    """Say what a draw would commit to, what was trimmed and why; exit status 12 when it could not be committed."""
    from engine.api.policy_simulation import allocate_policy

    bench = bench_of(workspace, profile, as_of, draft, number=draw_number, draws=draws_per_year, until=inspect_until)
    found, translate = allocate_policy(bench), current_translate()
    notes, violations = ([each.render(translate) for each in said] for said in (found.notes, found.violations))
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
