"""``xinheng lift``: what scores would find first, and whether chances come true, on rows drawn at random."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, ProfileOption, WorkspaceOption, as_of_date
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.errors import TableMissingError
from engine.messages import N_, Message, Translate
from engine.vocabulary import SCORE_NAMES, population_name

if TYPE_CHECKING:
    from engine.api.figures.score_lift import Calibration, ScoreLift

HALF = 0.5
PopulationOption = Annotated[str, typer.Option("--population", help=N_("The population; the first if empty."))]
DayOption = Annotated[str | None, typer.Option("--as-of", help=N_("Day of the grades; the latest measured if empty."))]


def lift(
    population: PopulationOption = "",
    as_of: DayOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what visiting the highest scores first would find, and whether predicted chances came true."""
    from engine.api.figures.score_lift import score_lift
    from engine.api.reading.measures import standing
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    held = standing(opened)
    if not held.as_ofs:
        raise TableMissingError(table="measurements", remedy=Message(N_("measure a draw first")))
    day, chosen = as_of_date(as_of) if as_of else held.as_ofs[0], population or held.populations[0]
    found = score_lift(opened, as_of=day, population=chosen, profile=profile)
    if found is None:
        raise TableMissingError(table="scores", remedy=Message(N_("measure a draw of scored objects first")))
    if as_json:
        show_json({"as_of": day, "population": chosen, **_as_json(found)})
        return
    _show(found, population=chosen, translate=current_translate())


def _as_json(found: "ScoreLift") -> dict[str, Any]:
    return {
        "deciding": found.deciding,
        "n_drawn": found.n_drawn,
        "n_reached": found.n_reached,
        "last_result": found.last_result,
        "lifts": found.lifts.to_dict("records"),
        "gains": found.gains.to_dict("records"),
        "bins": found.bins.to_dict("records"),
        "grades": found.grades.to_dict("records"),
        "overall": {name: _chances(each) for name, each in found.overall.items()},
    }


def _chances(each: "Calibration") -> dict[str, Any]:
    line = None if each.line is None else asdict(each.line)
    return {
        "expected": each.expected,
        "observed": each.observed.value,
        "low": each.observed.low,
        "high": each.observed.high,
        "brier": each.brier,
        "base_brier": each.base_brier,
        "n": each.n,
        "line": line,
    }


def _show(found: "ScoreLift", *, population: str, translate: Translate) -> None:
    said = translate(N_("{population}: {n} of {drawn} drawn rows have a result")).format(
        population=population_name(population, translate), n=found.n_reached, drawn=found.n_drawn
    )
    heads = [N_("score"), N_("first share"), "n", N_("findings"), N_("lift"), N_("interval")]
    rows = [
        [
            translate(SCORE_NAMES.get(row["score"], row["score"])),
            f"{row['budget']:.0%}",
            f"{row['n']:,}",
            f"{row['hits']:,}",
            _times(row["lift"]),
            f"{_times(row['low'])} – {_times(row['high'])}",
        ]
        for row in found.lifts.to_dict("records")
    ]
    show_table(said, [translate(head) for head in heads], rows)
    for row in found.gains[found.gains["step"] == HALF].to_dict("records"):
        text = N_("{score}: the first half finds {found} of all findings ({low} – {high}); at random {half}")
        show_line(
            translate(text).format(
                score=translate(SCORE_NAMES.get(row["score"], row["score"])),
                found=f"{row['found']:.1%}",
                low=f"{row['low']:.1%}",
                high=f"{row['high']:.1%}",
                half=f"{row['reached']:.1%}",
            )
        )
    for name, each in found.overall.items():
        text = N_("{score}: {expected} expected, {observed} found ({low} – {high}), Brier {brier}")
        show_line(
            translate(text).format(
                score=translate(SCORE_NAMES.get(name, name)),
                expected=f"{each.expected:.1%}",
                observed=f"{each.observed.value:.1%}",
                low=f"{each.observed.low:.1%}",
                high=f"{each.observed.high:.1%}",
                brier=f"{each.brier:.4f}",
            )
        )


def _times(value: float) -> str:
    return "–" if value != value else f"{value:.2f}×"
