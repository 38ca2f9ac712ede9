"""``xinheng backtest`` and ``xinheng promote``: judging models as they will be used, and giving one the office."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, show_json, show_line, show_table
from engine.messages import N_, Translate
from engine.vocabulary import population_name
from models.wording import SCORE_NAMES

PopulationOption = Annotated[str | None, typer.Option("--population", help=N_("Only this population."))]
SectorOption = Annotated[
    str | None,
    typer.Option("--sector", help=N_("A sector of policy grading.sector_models instead of whole populations.")),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=N_("Seed that fixes models and intervals."))]
WindowOption = Annotated[
    list[str] | None, typer.Option("--window", help=N_("A test window, FIRST..LAST; may be given several times."))
]
FirstOption = Annotated[str | None, typer.Option("--first", help=N_("First day of the first test window."))]
DaysOption = Annotated[int, typer.Option("--window-days", min=1, help=N_("Length of the test windows in days."))]
ReportOption = Annotated[Path | None, typer.Option("--report", help=N_("Where the HTML report goes."))]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", help=N_("Learned model: challenger or woe_scorecard; the first is judged.")),
]
RunArgument = Annotated[str, typer.Argument(help=N_("The run that backtest named."))]

DEFAULT_WINDOWS = 4
"""Windows taken from the end of the records when none is asked for."""


def backtest(
    windows: WindowOption = None,
    first: FirstOption = None,
    window_days: DaysOption = 90,
    population: PopulationOption = None,
    sector: SectorOption = None,
    model: ModelOption = None,
    profile: ProfileOption = "default",
    seed: SeedOption = 1,
    report: ReportOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Judge the learned model beside the scorecard and simple columns over windows of the past."""
    from engine.api.workspace import open_workspace
    from models.judging.windows import named_windows, windows_between
    from models.learners.learned import learned_names
    from models.registry.judging_run import run_backtest

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    last = opened.warehouse.bounds().last
    if windows:
        chosen = named_windows(windows)
    else:
        begins = as_of_date(first) if first else _late_enough(last, days=window_days)
        chosen = windows_between(begins, last, days=window_days)
    found = run_backtest(
        opened,
        windows=chosen,
        populations=[population] if population else None,
        sector=sector,
        profile=profile,
        seed=seed,
        models=learned_names(model),
        actor=current_actor(),
        at=current_time(),
        report=report,
        progress=clock,
    )
    clock.close()
    if as_json:
        show_json(found)
        return
    _show(found, translate=current_translate())


def _late_enough(last: date, *, days: int) -> date:
    return last - timedelta(days=days * DEFAULT_WINDOWS - 1)


def _show(found: dict[str, Any], *, translate: Translate) -> None:
    heads = [N_("score"), N_("mean AUC"), N_("gain of the model"), N_("mean days earlier than random")]
    for population in found["populations"]:
        means: dict[str, dict[str, Any]] = {}
        for row in population["comparisons"]:
            if row["resampled_by"] == "entity_id":
                means.setdefault(row["score"], {})[row["measure"]] = row
        rows = [
            [
                translate(SCORE_NAMES.get(score, score)),
                _span(by["auc"], "mean", ".3f"),
                _span(by["auc"], "gain", "+.3f"),
                _span(by["days_earlier_over_random"], "mean", ".1f"),
            ]
            for score, by in means.items()
        ]
        name = population_name(population["name"], translate)
        said = translate(N_("{population}: {n} checks in {windows} windows, scored {times} time(s)")).format(
            population=name,
            n=f"{population['n']:,}",
            windows=len(population["windows"]),
            times=population["times_scored"],
        )
        show_table(said, [translate(head) for head in heads], rows)
    for why in found["left_out"].values():
        show_line(f"! {why}")
    show_line(translate(N_("Report: {path}")).format(path=found["report"]))
    show_line(
        translate(N_("Ask for its promotion, granted only where it is earned: {command}")).format(
            command=f"xinheng promote {found['run_id']}"
        )
    )


def _span(row: dict[str, Any], name: str, form: str) -> str:
    value, low, high = (row[f"{name}_{key}"] for key in ("value", "low", "high"))
    return "–" if value is None else f"{value:{form}} ({low:{form}} – {high:{form}})"


def promote(
    run: RunArgument,
    population: PopulationOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Give the challenger the champion's place where the backtest earns it; else say why not."""
    from engine.api.workspace import open_workspace
    from models.registry.promotion_run import promote_run

    found = promote_run(
        open_workspace(workspace, create=False),
        run_id=run,
        populations=[population] if population else None,
        actor=current_actor(),
        at=current_time(),
    )
    if as_json:
        show_json(found)
        return
    translate = current_translate()
    for row in found["promoted"]:
        show_line(
            translate(
                N_("{population}: model {digest} is promoted. It decides the class once policy says so: {line}")
            ).format(
                population=population_name(row["population"], translate),
                digest=row["digest"][:12],
                line=row["policy"],
            )
        )
    show_line(
        translate(
            N_("To let it decide, look through {draft}, then: {command}; a second person approves the draft.")
        ).format(
            draft=found["draft"],
            command=f"xinheng policy draft {found['draft']} --reason …",
        )
    )
