"""``xinheng draw commit``: freeze the frame and publish the commitment; before that, look at it or rehearse it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.draw import KeyOption, SimulationOption
from engine.cli.draw_fairness import DrawArgument, rehearsal_sentence, show_rehearsal
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
from engine.cli.output import StageClock, current_translate, show_json, show_line, show_table
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.windows import parse_date

if TYPE_CHECKING:
    from engine.api.committing.rehearsal import Preview
    from engine.draw.measuring.fairness import Rehearsal

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
RehearseOption = Annotated[
    int,
    typer.Option("--rehearse", min=0, help=N_("Only try so many fake seeds and say how often visits can be staffed.")),
]
ParentOption = Annotated[str, typer.Option("--adds-to", help=N_("Finished draw that this added sample adds to."))]
BecauseOption = Annotated[str, typer.Option("--because", help=N_("Why an added sample is drawn; it is published."))]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help=N_("Only show frame, exclusions and seats as they would be committed now."))
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
    preview: PreviewOption = False,
    adds_to: ParentOption = "",
    because: BecauseOption = "",
    key: KeyOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Freeze the frame and publish the commitment under your signature; a second person signs it, then it stands."""
    from engine.api.committing.commitment import commit_draw
    from engine.api.committing.rehearsal import preview_draw, rehearse_draw
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
    held = open_workspace(workspace, create=False)
    if rehearse or preview:
        asked: dict[str, Any] = {"profile": profile, "at": now, "simulation_seed": simulation, "progress": clock}
        tried = rehearse_draw(held, order, seeds=rehearse, **asked) if rehearse else None
        seen = preview_draw(held, order, **asked) if preview else None
        clock.close()
        if tried is not None and seen is None:
            show_rehearsal(tried, as_json=as_json)
        if seen is not None:
            _show_preview(seen, tried, as_json=as_json)
        return
    committed = commit_draw(
        held,
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


def _show_preview(seen: "Preview", tried: "Rehearsal | None", *, as_json: bool) -> None:
    """Print a draw as it would be committed now, and how often it could be staffed if that was asked."""
    from engine.vocabulary import reason_name

    translate = current_translate()
    if as_json:
        told = {"preview": {**seen.told(), "notes": [note.render(translate) for note in seen.notes]}}
        show_json(told if tried is None else {**told, "rehearsal": tried.as_json()})
        return
    seats = seen.seats
    cells = [
        [name, grade, f"{units:,}", f"{low:.2%} – {high:.2%}", f"{expected:,.1f}"]
        for name, grade, units, low, high, expected in zip(
            seats["item_name"], seats["grade"], seats["n_units"], seats["lowest"], seats["highest"],
            seats["expected_units"], strict=True,
        )
    ]  # fmt: skip
    heads = [N_("item"), N_("grade"), N_("in the frame"), N_("ratios of its strata"), N_("expected to be drawn")]
    show_table(translate(N_("Seats")), [translate(head) for head in heads], cells)
    outside = [
        [name, reason_name(reason, translate), f"{n:,}"]
        for name, reason, n in zip(seen.excluded["item_name"], seen.excluded["reason"], seen.excluded["n"], strict=True)
    ]
    show_table(
        translate(N_("Outside the frame")), [translate(h) for h in (N_("item"), N_("reason"), N_("rows"))], outside
    )
    for note in seen.notes:
        show_line(note.render(translate))
    if tried is not None:
        show_line(rehearsal_sentence(tried).render(translate))
    said = N_("Nothing is committed: {objects} objects, {rows} rows that can be drawn, {officers} inspectors.")
    counts = {"objects": seen.objects, "rows": seen.rows, "officers": int(seen.officers["n"].sum())}
    show_line(translate(said).format(**{name: f"{n:,}" for name, n in counts.items()}))


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
