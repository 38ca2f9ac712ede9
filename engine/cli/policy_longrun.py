"""``xinheng policy longrun``."""

from dataclasses import asdict, replace
from typing import Annotated

import typer

from engine.cli.laboratory import SeedOption
from engine.cli.options import AsOfOption, JsonOption, ProfileOption, as_of_date
from engine.cli.output import StageClock, current_translate, show_json, show_line, show_table
from engine.messages import N_

FirmsOption = Annotated[int, typer.Option("--firms", help=N_("Firms of the simulated city."))]
YearsOption = Annotated[int, typer.Option("--years", help=N_("Years of the run."))]
RepeatsOption = Annotated[int, typer.Option("--repeats", help=N_("Simulated cities."))]
ShareOption = Annotated[float, typer.Option("--share", help=N_("Checks a year as a share of firms, 0..1."))]
ShiftOption = Annotated[
    int, typer.Option("--shift-year", help=N_("Year from which firms that looked safe violate more; 0 = never."))
]
_SHOWN = {
    "findings": (N_("findings"), "{:,.0f}"),
    "lift": (N_("lift"), "{:.2f}"),
    "violations": (N_("all violations"), "{:,.0f}"),
    "estimated": (N_("estimated by the draw"), "{:,.0f}"),
    "unseen_share": (N_("where nobody was drawn"), "{:.0%}"),
    "class_a_rate": (N_("rate of class A"), "{:.1%}"),
    "class_a_seen": (N_("rate seen in class A"), "{:.1%}"),
    "class_a_visits_per_firm": (N_("visits per firm of class A"), "{:.3f}"),
}
_POLICIES = {
    "uniform": N_("uniform"),
    "graded": N_("graded"),
    "optimised": N_("optimised"),
    "greedy_without_floor": N_("greedy without floor"),
}


def longrun(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    firms: FirmsOption = 20_000,
    years: YearsOption = 5,
    repeats: RepeatsOption = 20,
    share: ShareOption = 0.08,
    shift_year: ShiftOption = 3,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare uniform, graded, optimised and greedy ratios over years in simulated cities, on stated assumptions."""
    from engine.api.policies.long_run import LongRunOrder, long_run, long_run_summary, stated_assumptions
    from engine.simulation.yearly_world import Reactions

    reactions = replace(Reactions(), shift_year=shift_year)
    order = LongRunOrder(
        as_of_date(as_of),
        profile=profile,
        n_firms=firms,
        years=years,
        repeats=repeats,
        seed=seed,
        share=share,
        reactions=reactions,
    )
    clock = StageClock(quiet=as_json)
    table = long_run_summary(long_run(order, progress=clock))
    clock.close()
    translate = current_translate()
    stated = [sentence.render(translate) for sentence in stated_assumptions(order)]
    if as_json:
        said = {"is_simulation": True, "assumptions": asdict(reactions), "stated": stated, "share": share}
        show_json({**said, "rows": table.to_dict("records")})
        return
    wide = table.pivot(index=["policy", "year"], columns="measure", values="mean")
    heads = [N_("policy"), N_("year"), *(name for name, _ in _SHOWN.values())]
    rows = []
    for policy, year in sorted(wide.index, key=lambda key: (list(_POLICIES).index(key[0]), key[1])):
        values = wide.loc[(policy, year)]
        shown = [
            form.format(values[name]) if values[name] == values[name] else "–" for name, (_, form) in _SHOWN.items()
        ]
        rows.append([translate(_POLICIES[policy]), str(year), *shown])
    title = N_("Policies over years: simulated cities, mean of {repeats}; shift in year {shift}")
    show_table(translate(title).format(repeats=repeats, shift=shift_year), [translate(head) for head in heads], rows)
    for sentence in stated:
        show_line(f"· {sentence}")
