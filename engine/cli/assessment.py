"""``xinheng features build`` and ``list``, ``score`` and ``grade``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    AsOfOption,
    DatesOption,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, show_json, show_line, show_table
from engine.messages import N_
from engine.vocabulary import SCORE_NAMES, population_name


class EngineChoice(StrEnum):
    """The engines of ``engine.api.scoring.featuring``, which is imported when a command runs."""

    SWEEP = "sweep"
    IBIS = "ibis"


EngineOption = Annotated[
    EngineChoice, typer.Option("--engine", help=N_("What computes the features; both engines give the same values."))
]


def features_build(
    as_of: DatesOption,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    engine: EngineOption = EngineChoice.SWEEP,
    as_json: JsonOption = False,
) -> None:
    """Build and store one row of features per entity, one run per date."""
    from engine.api.scoring.assessment import build_dates
    from engine.api.scoring.featuring import FeatureEngine
    from engine.api.workspace import open_workspace

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    run_ids = build_dates(
        opened,
        dates=[as_of_date(day) for day in as_of],
        profile=profile,
        actor=current_actor(),
        clock=current_time,
        progress=clock,
        engine=FeatureEngine(engine),
    )
    clock.close()
    rows = {run_id: int(opened.warehouse.read("features", run_id=run_id).count().execute()) for run_id in run_ids}
    if as_json:
        show_json({"runs": [{"run_id": run_id, "rows": n} for run_id, n in rows.items()]})
        return
    for run_id, n in rows.items():
        show_line(f"{run_id} · {n:,}")


def features_list(
    csv: Annotated[Path | None, typer.Option("--csv", help=N_("Write the list to this file as CSV."))] = None,
    as_json: JsonOption = False,
) -> None:
    """Show every feature with source, filter, aggregate, window, unit, direction, reason and legal basis."""
    from engine.features.registry import feature_table

    translate = current_translate()
    table = feature_table(translate=translate)
    if csv is not None:
        csv.write_text(table.to_csv(index=False), encoding="utf-8-sig")
    if as_json:
        show_json({"features": table.to_dict("records")})
        return
    shown = ["name", "title", "source", "filter", "aggregate", "column", "lookback", "unit", "direction"]
    heads = [
        N_("feature"),
        N_("what it says"),
        N_("source"),
        N_("filter"),
        N_("aggregate"),
        N_("column"),
        N_("window"),
        N_("unit"),
        N_("direction"),
    ]
    show_table(translate(N_("Features")), [translate(head) for head in heads], table[shown].to_numpy().tolist())


def score(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Score the stored features by the scorecards in force."""
    from engine.api.scoring.assessment import score as run
    from engine.api.workspace import open_workspace

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    scored = run(
        opened, as_of=as_of_date(as_of), profile=profile, actor=current_actor(), clock=current_time, progress=clock
    )
    clock.close()
    by = scored.scores.groupby(["population", "model"])["score"]
    if as_json:
        show_json({"scores": by.describe().reset_index().to_dict("records")})
        return
    translate = current_translate()
    heads = [N_("population"), N_("model"), N_("entities"), N_("median score"), N_("highest score")]
    rows = [[*key, f"{len(part):,}", f"{part.median():.1f}", f"{part.max():.1f}"] for key, part in by]
    show_table(translate(N_("Scores")), [translate(head) for head in heads], rows)


def grade(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Turn the stored scores into grades under the dated policy."""
    from engine.api.policies.check import read_policies
    from engine.api.scoring.assessment import grade as run
    from engine.api.workspace import open_workspace
    from engine.grading.champions import read_champions

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    graded = run(
        opened, as_of=as_of_date(as_of), profile=profile, actor=current_actor(), clock=current_time, progress=clock
    )
    clock.close()
    if as_json:
        show_json({"shares": graded.shares.to_dict("records")})
        return
    translate = current_translate()
    heads = [N_("population"), N_("grade"), N_("entities"), N_("share"), N_("target share")]
    rows = [
        [row["population"], row["grade"], f"{row['n']:,}", _share(row["share"]), _share(row["target_share"])]
        for row in graded.shares.to_dict("records")
    ]
    show_table(translate(N_("Grades")), [translate(head) for head in heads], rows)
    champions = read_champions(read_policies(profile, workspace=opened), on=as_of_date(as_of))
    said = N_(
        "{population}: by policy the {model} decides, and it scored nobody: all are U, not classified. Have it score "
        "them first, or let policy name another."
    )
    for population, model in graded.unjudged(champions).items():
        name = translate(SCORE_NAMES.get(model, model))
        show_line(translate(said).format(population=population_name(population, translate), model=name))


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.1%}"
