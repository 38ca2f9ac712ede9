"""``xinheng draw fairness``: loads, eligible officers, rehearsals and alarms of one draw."""

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_, Message

if TYPE_CHECKING:
    from engine.api.draws.fairness import FairnessReport
    from engine.draw.measuring.fairness import Rehearsal

DrawArgument = Annotated[str, typer.Argument(help=N_("Name of the draw, e.g. 2026-001."))]
SHOWN = 6
"""Tests shown of this draw and of all, the most striking first; --json has them all."""
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=20, help=N_("Fake seeds for pair probabilities; without it what policy affords.")),
]


def fairness(
    draw_id: DrawArgument,
    seeds: SeedsOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say how fair and how random a draw was; nothing is changed by it."""
    from engine.api.draws.fairness import draw_fairness
    from engine.api.workspace import open_workspace

    report = draw_fairness(open_workspace(workspace, create=False), draw_id, seeds=seeds)
    if as_json:
        show_json(report.as_json())
        return
    translate = current_translate()
    for message in _sentences(report):
        show_line(message.render(translate))
    heads = (N_("scope"), N_("test"), N_("subject"), N_("p-value"))
    rows = [
        (translate(scope), row["test"], row["subject"], f"{row['p_value']:.3g}")
        for scope, table in ((N_("this draw"), report.monitors), (N_("all draws"), report.joined))
        for row in table.nsmallest(SHOWN, "p_value").to_dict("records")
    ]
    if rows:
        show_table(translate(N_("Monitors: an alarm is a reason to look, never to draw again")), heads_of(heads), rows)
    for row in report.alarmed.to_dict("records"):
        show_line(
            translate(N_("ALARM: {test} of {subject}, p = {p_value}")).format(
                test=row["test"], subject=row["subject"], p_value=f"{row['p_value']:.3g}"
            )
        )


def heads_of(heads: tuple[str, ...]) -> list[str]:
    """Return the heads of the table in this call's language."""
    translate = current_translate()
    return [translate(head) for head in heads]


def _sentences(report: "FairnessReport") -> list[Message]:
    """What the report says in words, the table of monitors left out."""
    found = report.as_json()
    told = [
        Message(
            N_("{draw_id}: {teams} teams, {officers} officers"),
            {"draw_id": report.draw_id, "teams": found["teams"], "officers": found["officers"]},
        )
    ]
    spreads = (
        (N_("New visits per officer: {least} to {most}, mean {mean}, sd {sd}"), found["new_visits"]),
        (N_("With prior load: {least} to {most}, mean {mean}, sd {sd}"), found["total_visits"]),
        (N_("Eligible officers per team: {least} to {most}, mean {mean}, sd {sd}"), found["eligible"]),
        (N_("Effective number per team: {least} to {most}, mean {mean}, sd {sd}"), found["effective"]),
    )
    told += [Message(template, spread) for template, spread in spreads if isinstance(spread, dict) and report.is_drawn]
    if report.seeds:
        told.append(
            Message(
                N_("Highest probability of one officer in one team: {highest}, from {seeds} fake seeds"),
                {"highest": found["highest_pair_probability"], "seeds": report.seeds},
            )
        )
        told.append(Message(N_("{n} team(s) hold a seat that chance did not decide"), {"n": found["certain_seats"]}))
    few = found["few_eligible"]
    if report.is_drawn and isinstance(few, list):
        told.append(
            Message(N_("{n} team(s) random in name only: fewer eligible officers than policy asks"), {"n": len(few)})
        )
    return [*told, rehearsal_sentence(report.rehearsal)]


def rehearsal_sentence(rehearsal: "Rehearsal") -> Message:
    """Say how often the visits could be staffed under fake seeds."""
    return Message(
        N_(
            "Rehearsed with {seeds} fake seeds: staffed by the rule itself in {rule}, "
            "after relaxing in {relaxed}, not wholly in {never}"
        ),
        {
            "seeds": rehearsal.seeds,
            "rule": f"{rehearsal.rungs[0]:.1%}",
            "relaxed": f"{sum(rehearsal.rungs[1:]):.1%}",
            "never": f"{rehearsal.unstaffed:.1%}",
        },
    )


def show_rehearsal(rehearsal: "Rehearsal", *, as_json: bool) -> None:
    """Print a rehearsal alone."""
    if as_json:
        show_json({"rehearsal": rehearsal.as_json()})
        return
    show_line(rehearsal_sentence(rehearsal).render(current_translate()))
