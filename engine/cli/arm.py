"""``xinheng arm``: a randomised control arm and grade-blind visits, planned, registered, analysed."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_, Message

if TYPE_CHECKING:
    from engine.api.figures.control_arm import ArmPlan
    from engine.estimation.estimate import Estimate

NameArgument = Annotated[str, typer.Argument(help=N_("Name of the experiment."))]
GradedOption = Annotated[float, typer.Option("--graded-rate", help=N_("Rate supposed in the graded arm, 0 to 1."))]
ControlOption = Annotated[float, typer.Option("--control-rate", help=N_("Rate supposed in the control arm, 0 to 1."))]
PowerOption = Annotated[float, typer.Option("--power", help=N_("Chance of seeing the difference, 0 to 1."))]
ShareOption = Annotated[float, typer.Option("--control-share", help=N_("Share of all checks in the control arm."))]
EffectOption = Annotated[
    float,
    typer.Option("--design-effect", help=N_("Variance over that of independent checks of equal weight, 1 or more.")),
]
OutcomeOption = Annotated[str, typer.Option("--outcome", help=N_("violation or unreachable."))]
DrawsOption = Annotated[str, typer.Option("--draws", help=N_("Draws whose results decide, with commas."))]
AssignedOption = Annotated[str, typer.Option("--assigned-by", help=N_("What the lot assigned: object or district."))]
BlindOption = Annotated[
    bool, typer.Option("--blind", help=N_("Visits whose officers do not see the class are part of it."))
]


def power(
    graded_rate: GradedOption,
    control_rate: ControlOption,
    power: PowerOption = 0.8,
    control_share: ShareOption = 0.1,
    design_effect: EffectOption = 1.5,
    as_json: JsonOption = False,
) -> None:
    """Say how many checks each arm needs."""
    from engine.api.figures.control_arm import plan_arm

    plan = plan_arm(
        name="",
        outcome="violation",
        draw_ids=(),
        assigned_by="object",
        graded_rate=graded_rate,
        control_rate=control_rate,
        power=power,
        control_share=control_share,
        design_effect=design_effect,
    )
    if as_json:
        show_json({"n_graded": plan.n_graded, "n_control": plan.n_control, "power": plan.power})
        return
    show_line(_needed(plan).render(current_translate()))


def register(
    name: NameArgument,
    draws: DrawsOption,
    graded_rate: GradedOption,
    control_rate: ControlOption,
    outcome: OutcomeOption = "violation",
    assigned_by: AssignedOption = "object",
    power: PowerOption = 0.8,
    control_share: ShareOption = 0.1,
    design_effect: EffectOption = 1.5,
    blind: BlindOption = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Put outcome, arms and power on the ledger before any result is known."""
    from engine.api.figures.control_arm import plan_arm, register_arm
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    plan = plan_arm(
        name=name,
        outcome=outcome,
        draw_ids=_names(draws),
        assigned_by=assigned_by,
        graded_rate=graded_rate,
        control_rate=control_rate,
        power=power,
        control_share=control_share,
        design_effect=design_effect,
        is_blind_tried=blind,
    )
    entry = register_arm(opened, plan, actor=current_actor(), clock=current_time)
    if as_json:
        show_json({**asdict(plan), "entry": entry.sequence, "digest": entry.digest})
        return
    translate = current_translate()
    show_line(_needed(plan).render(translate))
    said = Message(N_("Registered as entry {entry} of the ledger."), {"entry": entry.sequence})
    show_line(said.render(translate))


def analyse(
    name: NameArgument,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what a registered experiment showed."""
    from engine.api.figures.control_arm import analyse_arm
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    answer = analyse_arm(open_workspace(workspace, create=False), name=name, book=read_policies(profile))
    named: list[tuple[str, str, Estimate]] = []
    if answer.arms is not None:
        named += [
            ("graded", N_("rate, graded arm"), answer.arms.graded),
            ("control", N_("rate, control arm"), answer.arms.control),
            ("effect", N_("effect of supervision by grade"), answer.arms.effect),
        ]
    if answer.gaps is not None:
        named += [
            ("gap_seen", N_("D less A, class seen"), answer.gaps[0]),
            ("gap_blind", N_("D less A, class not seen"), answer.gaps[1]),
            ("gap_from_expectation", N_("what seeing the class adds"), answer.gaps[2]),
        ]
    if as_json:
        figures = {key: _figures(one) for key, _, one in named}
        said = {"plan": asdict(answer.plan), "registered_at": answer.registered_at, "checks": answer.checks}
        show_json({**said, **figures})
        return
    translate = current_translate()
    rows = [
        [translate(text), f"{one.value:+.2%}", f"{one.low:+.2%} … {one.high:+.2%}", f"{one.n:,}"]
        for _, text, one in named
    ]
    heads = [N_("figure"), N_("value"), N_("interval"), N_("checked")]
    show_table(translate(N_("What the experiment showed")), [translate(head) for head in heads], rows)


def _needed(plan: "ArmPlan") -> Message:
    params = {"graded": f"{plan.n_graded:,}", "control": f"{plan.n_control:,}", "power": f"{plan.power:.0%}"}
    return Message(
        N_("{graded} checks in the graded arm and {control} in the control arm give a power of {power}."), params
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _figures(found: "Estimate") -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "effective_n": found.effective_n}
