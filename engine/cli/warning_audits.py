"""``xinheng warnings audit`` and ``detection``: firms checked at random that nothing warns of, and what follows."""

from typing import Annotated

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_table
from engine.cli.warnings import OutcomeChoice
from engine.messages import N_, Message


def audit(
    run: Annotated[str | None, typer.Option("--run", help=N_("Only the sample of this monthly run."))] = None,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", help=N_("A firm that was checked; several times for several."))
    ] = None,
    outcome: Annotated[OutcomeChoice | None, typer.Option("--as", help=N_("What the check showed."))] = None,
    reason: Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))] = "",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List firms to be checked although nothing warns of them, or say what the check of one found."""
    from engine.api.grading.warning_audits import record_audit, warning_audits
    from engine.api.workspace import open_workspace
    from engine.errors import UsageError

    opened = open_workspace(workspace, create=False)
    if entity:
        if run is None or outcome is None:
            raise UsageError(what="--entity", value=entity[0], remedy=Message(N_("give --run and --as with it")))
        record_audit(
            opened, run, entity, outcome=outcome.value, reason=reason, actor=current_actor(), clock=current_time
        )
    rows = warning_audits(opened, run_id=run).to_dict("records")
    if as_json:
        show_json({"audits": rows})
        return
    translate = current_translate()
    heads = [N_("run"), N_("entity"), N_("chance of being picked"), N_("What the check showed."), N_("checked by")]
    said = {"confirmed": N_("something was wrong"), "false": N_("nothing was wrong")}
    cells = [
        [
            r["run_id"], r["entity_id"], f"{r['inclusion_probability']:.4%}",
            translate(said[r["outcome"]]) if isinstance(r["outcome"], str) else "–", r["checked_by"] or "–",
        ]
        for r in rows
    ]  # fmt: skip
    title = translate(N_("Audit of firms without a warning"))
    show_table(f"{title} · {len(rows):,}", [translate(head) for head in heads], cells)


def detection(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show how much of what is wrong the warnings find: precision, and recall by the audit."""
    from dataclasses import asdict

    from engine.api.grading.warning_audits import warning_detection
    from engine.api.workspace import open_workspace

    found = warning_detection(open_workspace(workspace, create=False))
    if as_json:
        show_json(asdict(found))
        return
    translate = current_translate()
    heads = [N_("measure"), N_("hits"), "n", N_("value"), N_("95 % interval")]
    rows = [
        [translate(name), f"{part.hits:,}", f"{part.n:,}", _share(part.value), f"{part.low:.1%} – {part.high:.1%}"]
        for name, part in ((N_("precision"), found.precision), (N_("wrong without a warning"), found.missed))
    ]
    span = f"{found.recall_low:.1%} – {found.recall_high:.1%}"
    rows.append([translate(N_("recall")), "–", "–", _share(found.recall), span])
    title = translate(N_("Warnings of {runs} run(s): {warned} firms warned of, {others} not")).format(
        runs=found.n_runs, warned=f"{found.n_warned:,}", others=f"{found.n_unwarned:,}"
    )
    show_table(title, [translate(head) for head in heads], rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
