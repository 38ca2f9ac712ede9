"""``xinheng punishment effect``: re-offence within twelve months after a measure, labelled an association."""

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, ProfileOption, WorkspaceOption, as_of_date, current_time
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.cli.results import InboxDayOption
from engine.messages import N_


def effect(
    as_of: InboxDayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say how often violations come back after a measure, beside like firms without one."""
    from dataclasses import asdict

    from engine.api.policies.check import read_policies
    from engine.api.punishment.effect import LABEL, punishment_effect
    from engine.api.workspace import open_workspace

    opened, translate = open_workspace(workspace, create=False), current_translate()
    on = as_of_date(as_of) if as_of else current_time().date()
    found = punishment_effect(opened, book=read_policies(profile, workspace=opened), as_of=on)
    if as_json:
        rows = {"curve": found.curve.to_dict("records"), "balance": found.balance.to_dict("records")}
        show_json({"as_of": on, **asdict(found), **rows, "label": translate(LABEL)})
        return
    line = translate(N_("Violations at random checks in the 12 months after a measure: {with_rate}; without: {rate}."))
    show_line(line.format(with_rate=f"{found.rate_with:.1%}", rate=f"{found.rate_without:.1%}"))
    line = translate(N_("Ratio {ratio} ({low} to {high}, p = {p}); {n} findings with a measure, {others} without."))
    show_line(
        line.format(
            ratio=f"{found.ratio:.2f}", low=f"{found.low:.2f}", high=f"{found.high:.2f}", p=f"{found.p_value:.3f}",
            n=found.n_with, others=found.n_without,
        )
    )  # fmt: skip
    heads = [translate(N_("Compared on")), translate(N_("Difference before")), translate(N_("Difference after"))]
    cells = [(row.covariate, f"{row.before:+.2f}", f"{row.after:+.2f}") for row in found.balance.itertuples()]
    show_table(translate(N_("Balance (standardised differences)")), heads, cells)
    words = translate(
        N_("A hidden common cause would need a strength of {e} to explain the ratio away, {limit} its limit.")
    )
    show_line(words.format(e=f"{found.e_value:.2f}", limit=f"{found.e_value_limit:.2f}"))
    show_line(translate(LABEL))
