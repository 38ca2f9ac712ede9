"""``xinheng draw run`` and ``draw void``."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.draw_fairness import DrawArgument
from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, show_json, show_line
from engine.errors import UsageError
from engine.messages import N_, Message

SimulationOption = Annotated[
    int | None, typer.Option("--simulation", min=0, help=N_("Seed of a simulated draw, marked as such everywhere."))
]
ValueOption = Annotated[
    list[str] | None,
    typer.Option("--value", help=N_("Value of an event as source:number:value@time; repeat it.")),
]
ValuesOption = Annotated[
    Path | None,
    typer.Option("--values", help=N_("File of event values (CSV or JSON): source, event, value, drawn_at, reference.")),
]
EvidenceOption = Annotated[str, typer.Option("--evidence", help=N_("Where the values can be looked up."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why the draw is void; it is published."))]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help=N_("Your signing key file (xinheng draw key); not needed in a simulation."))
]
BeaconOption = Annotated[
    list[str] | None,
    typer.Option("--beacon", help=N_("Answer of a beacon's relay as source:FILE (JSON); repeat it.")),
]

BeaconCertificateOption = Annotated[
    Path | None,
    typer.Option("--beacon-certificate", help=N_("Certificate of the NIST beacon; the pulse must bear its signature.")),
]


def run(
    draw_id: DrawArgument,
    value: ValueOption = None,
    values: ValuesOption = None,
    evidence: EvidenceOption = "",
    beacon: BeaconOption = None,
    beacon_certificate: BeaconCertificateOption = None,
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Draw from the commitment and the values of its public events; a second person must do this."""
    from engine.api.draws.beacons import read_beacon, read_event_values
    from engine.api.draws.running import run_draw
    from engine.api.draws.signing import read_signing_key
    from engine.api.workspace import open_workspace
    from engine.draw.entropy.sources import EntropyValue

    clock = StageClock(quiet=as_json)
    given = [EntropyValue(*event_value(text), evidence=evidence) for text in value or []]
    given += read_event_values(values) if values is not None else []
    beacons = {}
    for text in beacon or []:
        source, _, path = text.partition(":")
        found, beacons[source] = read_beacon(source, Path(path), certificate=beacon_certificate)
        given.append(found)
    drawn = run_draw(
        open_workspace(workspace, create=False),
        draw_id,
        values=given,
        beacons=beacons,
        actor=current_actor(),
        clock=current_time,
        key=read_signing_key(key),
        progress=clock,
    )
    clock.close()
    if as_json:
        show_json(drawn.as_json())
        return
    translate = current_translate()
    said = translate(N_("Drawn {draw_id}: {visits} visits carry {checks} checks, {teams} teams, {unmatched} unmatched"))
    show_line(
        said.format(
            draw_id=drawn.draw_id,
            visits=drawn.visits,
            checks=drawn.checks,
            teams=drawn.teams,
            unmatched=drawn.unmatched,
        )
    )
    price = translate(
        N_("Separate draws: {apart} visits; least possible: {least}; {checks} checks per visit instead of {alone}")
    )
    show_line(
        price.format(
            apart=f"{drawn.visits_independent:,.0f}",
            least=f"{drawn.visits_least:,.0f}",
            checks=f"{drawn.checks_per_visit:.2f}",
            alone=f"{drawn.checks_per_visit_independent:.2f}",
        )
    )
    fair = translate(
        N_(
            "Fairness: {visits_least} to {visits_most} new visits per officer; "
            "{few_eligible} of {teams} teams random in name only (few eligible officers); {alarms} alarm(s)"
        )
    )
    show_line(fair.format(**drawn.fairness))
    show_line(translate(N_("The dashboards show it after: xinheng marts build")))
    show_line(translate(N_("Certificate: {path}")).format(path=str(Path(drawn.bundle) / "certificate.json")))
    show_line(
        translate(N_("Not final yet: a second person signs it with 'xinheng draw sign {draw_id}'.")).format(
            draw_id=draw_id
        )
    )


def void(
    draw_id: DrawArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Close a commitment without drawing from it; a second person must do this."""
    from engine.api.draws.signing import read_signing_key
    from engine.api.draws.voiding import void_draw
    from engine.api.workspace import open_workspace

    closed = void_draw(
        open_workspace(workspace, create=False),
        draw_id,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
        key=read_signing_key(key),
    )
    if as_json:
        show_json(dict(closed.record))
        return
    said = current_translate()(N_("Void {draw_id}: its certificate {digest} stays in the chain."))
    show_line(said.format(draw_id=draw_id, digest=closed.digest))


def event_value(text: str) -> tuple[str, str, str, str]:
    """Return source, event, value and time of ``source:number:value@time``."""
    head, _, drawn_at = text.rpartition("@")
    parts = head.split(":", 2)
    if len(parts) != 3 or not drawn_at:
        raise UsageError(what="--value", value=text, remedy=Message(N_("write it as source:number:value@time")))
    return parts[0], parts[1], parts[2], drawn_at
