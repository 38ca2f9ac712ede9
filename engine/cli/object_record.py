"""``xinheng explain`` and ``record``: why an object has its grade, what would change it, all that is known of it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, as_of_date, current_time
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.errors import TableMissingError
from engine.messages import N_

if TYPE_CHECKING:
    from engine.api.reading.evidence import Evidence
    from engine.api.reading.peers import PeerPlace
    from engine.api.reading.prospects import Prospects
    from engine.api.workspace import Workspace

EntityArgument = Annotated[str, typer.Argument(help=N_("Identifier of the entity, e.g. uscc:9133…"))]
_COUNTS = {
    "in_force": N_("counts"),
    "ended": N_("lifted, stays in the history"),
    "superseded": N_("replaced by a later version"),
    "repaired": N_("no longer: repaired"),
    "revoked": N_("no longer: revoked"),
    "corrected": N_("no longer: corrected"),
    "withdrawn": N_("no longer: withdrawn"),
    "publicity_over": N_("no longer: publicity is over"),
    "validity_over": N_("no longer: validity is over"),
}


def explain(
    entity: EntityArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Say why an entity has its score and grade, where it stands among peers, and what would change its grade."""
    from engine.api.reading.evidence import by_rank, reason_evidence
    from engine.api.reading.prospects import grade_prospects
    from engine.api.scoring.assessment import explain as told
    from engine.api.workspace import open_workspace

    translate, opened = current_translate(), open_workspace(workspace, create=False)
    said = told(opened, entity)
    behind = by_rank(reason_evidence(opened, entity_id=entity))
    places = _places(opened, entity)
    prospects = grade_prospects(opened, entity_id=entity, on=current_time().date())
    if as_json:
        reasons = [
            {
                "rank": r.rank, "feature": r.feature, "points": r.points, "sentence": r.sentence.render(translate),
                "evidence": _evidence(behind.get(r.rank)),
            }
            for r in said.reasons
        ]  # fmt: skip
        show_json(
            {
                "entity_id": said.entity_id,
                "as_of": said.as_of,
                "model": said.model,
                "score": said.score,
                "grade": said.grade,
                "score_grade": said.score_grade,
                "override": said.override,
                "until": said.until,
                "sectors": [each.render(translate) for each in said.sectors],
                "reasons": reasons,
                "peers": None if places is None else [_place(each) for each in places],
                "prospects": None
                if prospects is None
                else asdict(prospects) | {"note": prospects.note and prospects.note.render(translate)},
            }
        )
        return
    shown = "–" if said.score is None else f"{said.score:.1f}"
    show_line(f"{said.entity_id} · {said.as_of} · {said.model} · {shown} · {said.grade or '–'}")
    if said.override:
        show_line(f"  ! {said.override}")
    for each in said.sectors:
        show_line(f"  = {each.render(translate)}")
    for place in places or ():
        show_line(f"  % {place.said.render(translate)}")
    for reason in said.reasons:
        show_line(f"  {reason.rank}. {reason.points:+.1f}  {reason.sentence.render(translate)}")
        if reason.rank in behind:
            show_line(f"       {behind[reason.rank].said.render(translate)}")
    if prospects is not None:
        _show_prospects(prospects)


def record(
    entity: EntityArgument,
    as_of: Annotated[str | None, typer.Option("--as-of", help=N_("What was known on this day; default: all."))] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the credit record of an entity: every source on one timeline, what counts, its grades and its draws."""
    from engine.api.reading.grade_steps import grade_steps
    from engine.api.reading.object_draws import found_in_draws, object_draws
    from engine.api.reading.record import credit_record
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    entries = credit_record(opened, entity, as_of=as_of_date(as_of) if as_of else None)
    steps = grade_steps(opened, entity_id=entity, on=current_time().date())
    draws = object_draws(opened, entity_id=entity)
    found = found_in_draws(opened, entity_id=entity)
    if as_json:
        told = [table.astype(object).where(table.notna(), None).to_dict("records") for table in (draws, found)]
        show_json(
            {
                "entity_id": entity,
                "entries": [asdict(entry) for entry in entries],
                "grades": [asdict(step) for step in steps],
                "draws": told[0],
                "found_in_draws": told[1],
            }
        )
        return
    translate = current_translate()
    heads = [N_("day"), N_("table"), N_("record"), N_("counts"), N_("known since"), N_("source")]
    rows = [
        [
            entry.occurred_on,
            entry.table,
            entry.record_id,
            f"{translate(_COUNTS[entry.status])}{'' if entry.until is None else f' → {entry.until}'}",
            entry.known_at,
            f"{entry.source_file}:{entry.source_line}" if entry.source_file else entry.load_id,
        ]
        for entry in entries
    ]
    show_table(f"{translate(N_('Credit record'))} · {entity}", [translate(head) for head in heads], rows)
    drawn = [
        [row["draw_id"], row["item_code"], row["grade"], translate(N_("drawn") if row["is_drawn"] else N_("not drawn")),
         f"{row['inclusion_probability']:.4f}", row["certificate_digest"][:12] or "–"]
        for row in draws.to_dict("records")
    ]  # fmt: skip
    heads = [N_("draw"), N_("item"), N_("grade"), N_("outcome"), N_("probability"), N_("certificate")]
    show_table(translate(N_("Draws that had it in their frame")), [translate(head) for head in heads], drawn)


def _places(workspace: "Workspace", entity: str) -> "Sequence[PeerPlace] | None":
    from engine.api.reading.peers import peer_places

    try:
        return peer_places(workspace, entity_id=entity)
    except TableMissingError:
        return None


def _place(place: "PeerPlace") -> dict[str, object]:
    return asdict(place) | {"riskier_than": place.riskier_than, "said": place.said.render(current_translate())}


def _evidence(held: "Evidence | None") -> dict[str, object] | None:
    if held is None:
        return None
    return asdict(held) | {"said": held.said.render(current_translate())}


def _show_prospects(told: "Prospects") -> None:
    """Print what would change the grade, where something would."""
    translate = current_translate()
    if told.note is not None:
        show_line(f"  {told.note.render(translate)}")
    for each in told.reasons:
        outcome = each.outcome
        show_line(
            "  "
            + translate(N_("without reason {rank}: {score}, grade {grade}")).format(
                rank=each.rank, score=f"{outcome.score:.1f}", grade=outcome.grade
            )
        )
    for gone in told.records:
        show_line(
            "  "
            + translate(N_("without {table} {record}: {score}, grade {grade}")).format(
                table=gone.table, record=gone.record_id, score=f"{gone.outcome.score:.1f}", grade=gone.outcome.grade
            )
        )
    for lapse in told.lapses:
        show_line(
            "  "
            + translate(N_("on {day}, if nothing new is known: {score}, grade {grade}")).format(
                day=lapse.on, score=f"{lapse.outcome.score:.1f}", grade=lapse.outcome.grade
            )
        )
