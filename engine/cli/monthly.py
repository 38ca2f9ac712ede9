"""``xinheng run``: the monthly run, its signature, its proposed grades D, and a past run computed again."""

from typing import Annotated

import typer

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
from engine.messages import N_, Message

RunArgument = Annotated[str, typer.Argument(help=N_("The monthly run."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]
EntityOption = Annotated[str | None, typer.Option("--entity", help=N_("Show the grade of this entity beside it."))]
EntitiesOption = Annotated[list[str] | None, typer.Option("--entity", help=N_("An entity; several times for several."))]
RejectOption = Annotated[bool, typer.Option("--reject", help=N_("Reject instead of confirming."))]


def monthly(
    as_of: AsOfOption,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Run the month and make the tables of the dashboards ready; goes on where a stopped run ended."""
    from engine.api.grading.monthly import run_monthly
    from engine.api.marts.building import build_marts
    from engine.api.workspace import open_workspace

    clock, opened = StageClock(quiet=as_json), open_workspace(workspace, create=False)
    done = run_monthly(
        opened,
        as_of=as_of_date(as_of),
        profile=profile,
        actor=current_actor(),
        clock=current_time,
        progress=clock,
    )
    made = build_marts(opened, actor=current_actor(), clock=current_time, progress=clock)
    clock.close()
    if as_json:
        marts = None if made is None else made.run_id
        said = {"run_id": done.run_id, "as_of": done.as_of, "runs": done.runs, "exports": done.exports, "marts": marts}
        show_json(said)
        return
    show_line(f"{done.run_id} · exports/{done.run_id}")


def sign(
    run: RunArgument, reason: ReasonOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Let a large movement of shares stand, as the second person."""
    from engine.api.grading.monthly import sign_off
    from engine.api.workspace import open_workspace

    actor = current_actor()
    sign_off(open_workspace(workspace, create=False), run, reason=reason, actor=actor, clock=current_time)
    if as_json:
        show_json({"run_id": run, "signed_by": actor.name})
        return
    show_line(current_translate()(N_("{run} is signed by {actor}.")).format(run=run, actor=actor.name))


def confirm(
    run: RunArgument,
    entity: EntitiesOption = None,
    reject: RejectOption = False,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the proposed grades D, or confirm or reject those of the entities named."""
    from engine.api.grading.confirming import confirm_grades, high_risk_grades
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    if entity:
        confirm_grades(
            opened, run, entity, is_confirmed=not reject, reason=reason, actor=current_actor(), clock=current_time
        )
    rows = high_risk_grades(opened, run)
    if as_json:
        show_json({"run_id": run, "grades": rows.to_dict("records")})
        return
    translate = current_translate()
    heads = [N_("entity"), N_("population"), N_("score"), N_("status"), N_("decided by")]
    states = {"proposed": N_("proposed"), "confirmed": N_("confirmed"), "rejected": N_("rejected")}
    cells = [
        [r["entity_id"], r["population"], f"{r['score']:.1f}", translate(states[r["status"]]), r["decided_by"] or "–"]
        for r in rows.to_dict("records")
    ]
    show_table(translate(N_("Grades D")) + f" · {run}", [translate(head) for head in heads], cells)


def reproduce(
    run: RunArgument,
    entity: EntityOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compute a past monthly run again from its manifest and compare."""
    from engine.api.grading.reproducing import reproduce as compute
    from engine.api.workspace import open_workspace

    clock, translate = StageClock(quiet=as_json), current_translate()
    found = compute(open_workspace(workspace, create=False), run, entity_id=entity, progress=clock)
    clock.close()
    if as_json:
        show_json(
            {
                "run_id": found.run_id,
                "as_of": found.as_of,
                "ok": found.ok,
                "differing": found.differing,
                "rows": found.n_rows,
                "stored": found.stored,
                "computed": found.computed,
                "notes": [note.render(translate) for note in found.notes],
            }  # fmt: skip
        )
    else:
        heads = [N_("table"), N_("rows"), N_("rows that differ")]
        rows = [[table, f"{n:,}", f"{found.differing[table]:,}"] for table, n in found.n_rows.items()]
        show_table(f"{run} · {found.as_of}", [translate(head) for head in heads], rows)
        for name, held in found.stored.items():
            show_line(f"{name}: {held} · {found.computed[name]}")
        for note in found.notes:
            show_line(f"! {note.render(translate)}")
    if not found.ok:
        raise typer.Exit(13)


def rescore(
    run: Annotated[str | None, typer.Argument(help=N_("The monthly run, as 'run list' names it."))] = None,
    entity: EntityOption = None,
    objection: Annotated[
        str | None, typer.Option("--objection", help=N_("Keep the correction that this upheld objection asks for."))
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Compute one grade of a run again from the records as they stand now: show it, or keep it on an objection."""
    from engine.api.grading.rescoring import keep_rescore
    from engine.api.grading.rescoring import rescore as compute
    from engine.api.workspace import open_workspace
    from engine.errors import UsageError

    opened = open_workspace(workspace, create=False)
    if objection is not None:
        found = keep_rescore(opened, objection, reason=reason, actor=current_actor(), clock=current_time)
    elif run is None or entity is None:
        raise UsageError(what="run", value=run or "", remedy=Message(N_("name a run and --entity, or --objection")))
    else:
        found = compute(opened, run, entity, known_by=current_time().date())
    if as_json:
        show_json({**found.told(), "is_kept": objection is not None})
        return
    for name, held in found.before.items():
        show_line(f"{name}: {_said(held)} → {_said(found.after[name])}")
    for name, (before, after) in found.features.items():
        show_line(f"  {name}: {_said(before)} → {_said(after)}")


def history(
    entity: Annotated[str, typer.Argument(help=N_("Identifier of the entity."))],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the grades of an entity over the monthly runs, with why it moved and what was corrected."""
    from engine.api.grading.history import grade_history
    from engine.api.workspace import open_workspace
    from engine.grading.migration import CAUSE_NAMES

    rows = grade_history(open_workspace(workspace, create=False), entity, on=current_time().date())
    told = rows.astype(object).where(rows.notna(), None).to_dict("records")
    if as_json:
        show_json({"entity_id": entity, "grades": told})
        return
    translate = current_translate()
    heads = [N_("as of"), N_("grade"), N_("grade by score"), N_("cause of the move"), N_("above the score")]
    heads += [N_("corrected to"), N_("run")]
    cells = [
        [
            r["as_of"], r["grade"] + (" ?" if r["is_disputed"] else ""), r["score_grade"],
            translate(CAUSE_NAMES[r["cause"]]) if r["cause"] else "–", r["override_code"] or "–",
            r["corrected_to"] or "–", r["run_id"],
        ]
        for r in told
    ]  # fmt: skip
    title = translate(N_("Grades of {entity} (? = disputed)")).format(entity=entity)
    show_table(title, [translate(head) for head in heads], cells)


def _said(value: object) -> str:
    return "–" if value is None else str(value)


def list_runs(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the monthly runs."""
    from engine.api.grading.model_governance import governance
    from engine.api.workspace import open_workspace

    rows = governance(open_workspace(workspace, create=False))["runs"].to_dict("records")
    if as_json:
        show_json({"runs": rows})
        return
    translate = current_translate()
    heads = [N_("run"), N_("as of"), N_("started by"), N_("finished")]
    ended = [r["finished_at"] if isinstance(r["finished_at"], str) else "–" for r in rows]
    cells = [[r["run_id"], r["as_of"], r["starter"], end] for r, end in zip(rows, ended, strict=True)]
    show_table(translate(N_("Monthly runs")), [translate(head) for head in heads], cells)
