"""``xinheng draw commit``, ``draw run`` and ``draw void``."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.draw_fairness import DrawArgument, show_rehearsal
from engine.cli.options import (
    DEFAULT_WORKSPACE,
    AsOfOption,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, show_json, show_line
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.windows import parse_date

LineOption = Annotated[
    list[str] | None, typer.Option("--line", help=N_("Published plan line to draw from; several are one joint draw."))
]
ItemOption = Annotated[
    list[str] | None, typer.Option("--item", help=N_("Item of a draw outside the plan, as its published reason says."))
]
EventOption = Annotated[
    list[str] | None, typer.Option("--event", help=N_("Public event as source:number; repeat it, in seed order."))
]
NotBeforeOption = Annotated[
    str | None, typer.Option("--not-before", help=N_("Earliest time of the events, with offset."))
]
DeadlineOption = Annotated[str | None, typer.Option("--deadline", help=N_("Latest time of the events, with offset."))]
UntilOption = Annotated[str | None, typer.Option("--inspect-until", help=N_("Last day of the inspections."))]
DisclosureOption = Annotated[str, typer.Option("--disclosure", help=N_("open, blind or sealed."))]
ReleaseOption = Annotated[str | None, typer.Option("--release", help=N_("Release time of a sealed draw, with offset."))]
SuiteOption = Annotated[str, typer.Option("--suite", help=N_("Hash suite: sha256 or sm3."))]
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
RehearseOption = Annotated[
    int,
    typer.Option("--rehearse", min=0, help=N_("Only try so many fake seeds and say how often visits can be staffed.")),
]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why the draw is void; it is published."))]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help=N_("Your signing key file (xinheng draw key); not needed in a simulation."))
]
ParentOption = Annotated[str, typer.Option("--adds-to", help=N_("Finished draw that this added sample adds to."))]
BecauseOption = Annotated[str, typer.Option("--because", help=N_("Why an added sample is drawn; it is published."))]
BeaconOption = Annotated[
    list[str] | None,
    typer.Option("--beacon", help=N_("Answer of a beacon's relay as source:FILE (JSON); repeat it.")),
]

BeaconCertificateOption = Annotated[
    Path | None,
    typer.Option("--beacon-certificate", help=N_("Certificate of the NIST beacon; the pulse must bear its signature.")),
]


def commit(
    draw_id: DrawArgument,
    as_of: AsOfOption,
    line: LineOption = None,
    item: ItemOption = None,
    event: EventOption = None,
    not_before: NotBeforeOption = None,
    deadline: DeadlineOption = None,
    inspect_until: UntilOption = None,
    disclosure: DisclosureOption = "blind",
    release: ReleaseOption = None,
    suite: SuiteOption = "sha256",
    simulation: SimulationOption = None,
    rehearse: RehearseOption = 0,
    adds_to: ParentOption = "",
    because: BecauseOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Freeze the frame and publish the commitment under your signature; a second person signs it, then it stands."""
    from engine.api.committing.commitment import commit_draw, rehearse_draw
    from engine.api.draws.order import DrawOrder
    from engine.api.draws.signing import read_signing_key
    from engine.api.workspace import open_workspace

    graded_on, now = as_of_date(as_of), current_time()
    events = {"sim": "1"} if simulation is not None else _events(event or [])
    earliest = _time(not_before, what="--not-before") if not_before else now + timedelta(hours=25)
    latest = _time(deadline, what="--deadline") if deadline else earliest + timedelta(days=3)
    order = DrawOrder(
        draw_id=draw_id,
        as_of=graded_on,
        lines=tuple(line or ()),
        items=tuple(item or ()),
        events=events,
        not_before=earliest,
        deadlines=dict.fromkeys(events, latest),
        inspect_until=parse_date(inspect_until, what="--inspect-until") if inspect_until else None,
        profile=disclosure,
        release=_time(release, what="--release") if release else None,
        suite=suite,
        parent=adds_to,
        added_because=because,
    )
    clock = StageClock(quiet=as_json)
    if rehearse:
        tried = rehearse_draw(
            open_workspace(workspace, create=False),
            order,
            profile=profile,
            at=now,
            seeds=rehearse,
            simulation_seed=simulation,
            progress=clock,
        )
        clock.close()
        show_rehearsal(tried, as_json=as_json)
        return
    committed = commit_draw(
        open_workspace(workspace, create=False),
        order,
        profile=profile,
        actor=current_actor(),
        clock=current_time,
        simulation_seed=simulation,
        key=read_signing_key(key),
        progress=clock,
    )
    clock.close()
    translate = current_translate()
    if as_json:
        show_json(
            {
                "draw_id": committed.draw_id,
                "commit_digest": committed.commit_digest,
                "folder": committed.folder,
                "objects": committed.objects,
                "rows": committed.rows,
                "plan": committed.plan,
                "plan_digest": committed.plan_digest,
                "numbers": {name: list(pair) for name, pair in committed.numbers.items()},
                "reconciliation": committed.reconciliation,
                "registry": committed.registry,
                "notes": [note.render(translate) for note in committed.notes],
            }
        )
        return
    for note in committed.notes:
        show_line(note.render(translate))
    for name, (which, of) in sorted(committed.numbers.items()):
        show_line(
            translate(N_("{line}: draw {number} of {draws} in the year")).format(line=name, number=which, draws=of)
        )
    show_line(
        translate(
            N_("Committed {draw_id}: {objects} objects, digest {digest}. Publish the digest before the events.")
        ).format(draw_id=committed.draw_id, objects=f"{committed.objects:,}", digest=committed.commit_digest)
    )
    show_line(
        translate(N_("Not final yet: a second person signs it with 'xinheng draw sign {draw_id}'.")).format(
            draw_id=draw_id
        )
    )


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


def _events(texts: list[str]) -> dict[str, str]:
    events = {}
    for text in texts:
        source, _, number = text.partition(":")
        if not source or not number:
            raise UsageError(what="--event", value=text, remedy=Message(N_("write it as source:number")))
        events[source] = number
    if not events:
        raise UsageError(
            what="--event", value="-", remedy=Message(N_("name the public events, or use --simulation SEED"))
        )
    return events


def event_value(text: str) -> tuple[str, str, str, str]:
    """Return source, event, value and time of ``source:number:value@time``."""
    head, _, drawn_at = text.rpartition("@")
    parts = head.split(":", 2)
    if len(parts) != 3 or not drawn_at:
        raise UsageError(what="--value", value=text, remedy=Message(N_("write it as source:number:value@time")))
    return parts[0], parts[1], parts[2], drawn_at


def _time(text: str, *, what: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(
            what=what, value=text, remedy=Message(N_("write the time with offset, such as 2026-03-05T21:15:00+08:00"))
        ) from None
    return at
