"""``xinheng demo`` and ``xinheng train``: the commands that fit a model."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    AsOfOption,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
)
from engine.cli.output import StageClock, current_translate, own_call, show_json, show_line, show_table
from engine.errors import UsageError
from engine.messages import N_, Message, Translate
from engine.vocabulary import population_name
from models.wording import SCORE_NAMES

EntitiesOption = Annotated[int, typer.Option("--entities", min=2000, help=N_("Number of entities of the city."))]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=N_("Seed that fixes city, draw and models."))]
FromOption = Annotated[Path | None, typer.Option("--from", help=N_("Folder with real inspection records."))]
MappingOption = Annotated[str | None, typer.Option("--mapping", help=N_("Mapping of those records: name or file."))]
AsOfChoice = Annotated[str | None, typer.Option("--as-of", help=N_("Date as of which real records are graded."))]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", help=N_("Learned model to fit: challenger or woe_scorecard."))
]
PopulationOption = Annotated[str | None, typer.Option("--population", help=N_("Only this population."))]
SectorOption = Annotated[
    str | None,
    typer.Option("--sector", help=N_("A sector of policy grading.sector_models instead of whole populations.")),
]

YEARS = 6


def demo(
    entities: EntitiesOption = 50_000,
    seed: SeedOption = 1,
    source: FromOption = None,
    mapping: MappingOption = None,
    as_of: AsOfChoice = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Run the whole loop: on a synthetic city, or on real records met by what followed."""
    clock = StageClock(quiet=as_json)
    if source is None:
        _refuse_without_source(mapping=mapping, as_of=as_of)
        from models.demonstrations.city import demonstrate_city

        shown = demonstrate_city(workspace, n_entities=entities, years=YEARS, seed=seed, progress=clock)
    else:
        from models.demonstrations.records import demonstrate_records

        if mapping is None or as_of is None:
            raise UsageError(what="--from", value=str(source), remedy=Message(N_("give --mapping and --as-of with it")))
        shown = demonstrate_records(
            workspace, source, mapping=mapping, as_of=as_of_date(as_of), seed=seed, progress=clock
        )
    clock.close()
    summary = shown.as_json()
    if as_json:
        show_json(summary)
        return
    _show_summary(summary, translate=current_translate())


def _refuse_without_source(*, mapping: str | None, as_of: str | None) -> None:
    if mapping is not None or as_of is not None:
        raise UsageError(
            what="--mapping, --as-of", value=mapping or as_of, remedy=Message(N_("they go with --from DIR"))
        )


def train(
    as_of: AsOfOption,
    population: PopulationOption = None,
    sector: SectorOption = None,
    model: ModelOption = None,
    profile: ProfileOption = "default",
    seed: SeedOption = 1,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Fit a challenger per population, or for a sector, on what was known by a date and register it."""
    from engine.api.workspace import open_workspace
    from models.learners.learned import learned_names
    from models.registry.training_run import train_challengers

    clock = StageClock(quiet=as_json)
    found = train_challengers(
        open_workspace(workspace, create=False),
        as_of=as_of_date(as_of),
        populations=[population] if population else None,
        sector=sector,
        models=learned_names(model),
        profile=profile,
        seed=seed,
        progress=clock,
    )
    clock.close()
    fitted, translate = found.models, current_translate()
    if as_json:
        left = {name: why.render(translate) for name, why in found.left_out.items()}
        show_json({"models": [asdict(each) for each in fitted], "left_out": left})
        return
    heads = [N_("population"), N_("model"), N_("rows"), N_("adverse"), N_("features"), N_("basis")]
    rows = [
        [
            f.population,  # as --population wants it
            f"{f.model} {f.digest[:12]}",
            f"{f.rows:,}",
            f"{f.adverse:,}",
            f.features,
            translate(f.basis),
        ]
        for f in fitted
    ]
    show_table(translate(N_("Models")), [translate(head) for head in heads], rows)
    for why in found.left_out.values():
        show_line(f"! {why.render(translate)}")


def _show_summary(summary: dict[str, Any], *, translate: Translate) -> None:
    show_line("")
    show_line(translate(N_("Done in {seconds} s")).format(seconds=round(sum(summary["seconds"].values()))))
    show_line(
        translate(N_("{entities} entities, {records} records, graded as of {as_of}")).format(
            entities=f"{summary['entities']:,}", records=f"{summary['records']:,}", as_of=summary["as_of"]
        )
    )
    for caveat in summary["caveats"]:
        show_line(f"! {translate(caveat)}")
    for population in summary["populations"]:
        _show_population(population, translate=translate)
    if summary["draw"]:
        drawn = summary["draw"]
        show_line(
            translate(
                N_(
                    "Draw {draw_id} (SIMULATED): {visits} visits carry {checks} checks, {teams} teams; "
                    "the published bundle verifies: {verified}"
                )
            ).format(
                draw_id=drawn["draw_id"],
                visits=drawn["visits"],
                checks=drawn["checks"],
                teams=drawn["teams"],
                verified="✓" if summary["verified"] else "✗",
            )
        )
        show_line(translate(N_("Certificate: {path}")).format(path=summary["certificate"]))
        show_line(
            translate(N_("Check it yourself: {command}")).format(
                command=own_call("verify", drawn["bundle"], "--expect-commit", drawn["commit_digest"])
            )
        )
    show_line(translate(N_("Workspace: {path}")).format(path=summary["workspace"]))
    is_default = Path(summary["workspace"]) == DEFAULT_WORKSPACE.resolve()
    elsewhere = () if is_default else ("--workspace", summary["workspace"])
    command = own_call("dashboard", "--local", *elsewhere)
    show_line(translate(N_("Dashboards: {command}")).format(command=command))


def _show_population(population: dict[str, Any], *, translate: Translate) -> None:
    cohort = population["cohort"]
    basis = (
        translate(N_("from random rows"))
        if population["basis"] == "design-based"
        else translate(N_("routine visits, not design-based"))
    )
    heads = [N_("grade"), N_("share"), N_("n"), N_("findings"), N_("hit rate"), N_("95 % interval")]
    rows = [
        [
            g["grade"],
            _percent(g["share"]),
            g["n"],
            g["hits"],
            _percent(g["hit_rate"]),
            f"{_percent(g['low'])} – {_percent(g['high'])}",
        ]
        for g in cohort["grades"]
    ]
    name = population_name(population["name"], translate)
    show_table(f"{name} ({basis})", [translate(head) for head in heads], rows)
    show_line(
        translate(N_("Lift over a uniform draw of the same size: {lift}; D over A: {ratio}; trend p {p}")).format(
            lift=_interval(cohort.get("lift_interval")),
            ratio=_ratio(cohort["rate_ratio_d_a"]),
            p=_p_value(cohort["trend_p"]),
        )
    )
    for entry in population.get("scores", []):
        judged = entry["inspection"]
        show_line(
            translate(N_("  {name}: AUC {auc} on {n} later checks, precision at 10 %: {precision}")).format(
                name=translate(SCORE_NAMES.get(judged["name"], judged["name"])),
                auc=_interval(judged["auc"]),
                n=f"{judged['n']:,}",
                precision=_percent(judged["precision_at"]["0.1"]),
            )
        )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(found: Mapping[str, float | None] | None) -> str:
    if found is None or found["value"] is None:
        return "–"
    return f"{found['value']:.3f} ({found['low']:.3f} – {found['high']:.3f})"


def _ratio(value: float | None) -> str:
    """Return a ratio; that over a rate of nothing found is without bound."""
    return "–" if value is None else "∞" if math.isinf(value) else f"{value:.2f}"


def _p_value(p: float | None) -> str:
    return "–" if p is None else ("< 0.0001" if p < 0.0001 else f"= {p:.4f}")
