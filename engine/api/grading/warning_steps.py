"""What people do with warnings: give to somebody, take up, put off once, close; several at once, all or none."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.api.grading.warnings import advanced, raised_warnings, state_of, steps_taken
from engine.errors import WarningRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.workspaces.workspace import Workspace
from engine.warnings.disposal import Outcome, Step, WarningState


def assign_warnings(
    workspace: Workspace, warning_ids: Sequence[str], *, assignee: str, actor: Actor, clock: Clock
) -> tuple[WarningState, ...]:
    """Give warnings to somebody; one that was given can be given on.

    Returns
    -------
    Where each stands now, in the order asked.

    Raises
    ------
    WarningRefusedError
        One of them does not exist or is closed, or nobody is named; then nothing was written.
    """
    said = {"assignee": assignee}
    return _take(workspace, warning_ids, Step.ASSIGN, said, reason="", actor=actor, clock=clock)


def acknowledge_warnings(
    workspace: Workspace, warning_ids: Sequence[str], *, actor: Actor, clock: Clock
) -> tuple[WarningState, ...]:
    """Say that the assignee has taken warnings up; returns and raises as :func:`assign_warnings`."""
    return _take(workspace, warning_ids, Step.ACKNOWLEDGE, {}, reason="", actor=actor, clock=clock)


def snooze_warnings(
    workspace: Workspace, warning_ids: Sequence[str], *, until: date, reason: str, actor: Actor, clock: Clock
) -> tuple[WarningState, ...]:
    """Put warnings off, once, to a later day; returns and raises as :func:`assign_warnings`."""
    said = {"until": until.isoformat()}
    return _take(workspace, warning_ids, Step.SNOOZE, said, reason=reason, actor=actor, clock=clock)


def close_warnings(
    workspace: Workspace, warning_ids: Sequence[str], *, outcome: str, reason: str, actor: Actor, clock: Clock
) -> tuple[WarningState, ...]:
    """Close warnings as ``confirmed`` (属实) or ``false`` (误报); returns and raises as :func:`assign_warnings`."""
    said = {"outcome": str(Outcome(outcome))}
    return _take(workspace, warning_ids, Step.CLOSE, said, reason=reason, actor=actor, clock=clock)


def _take(
    workspace: Workspace, warning_ids: Sequence[str], step: Step, said: Mapping[str, Any], *, reason: str, actor: Actor,
    clock: Clock,
) -> tuple[WarningState, ...]:  # fmt: skip
    rows = raised_warnings(workspace)
    held = {str(row["warning_id"]): row for row in rows.to_dict("records")} if len(rows) else {}
    wanted = list(dict.fromkeys(warning_ids))
    for name in wanted:
        if name not in held:
            raise WarningRefusedError(warning=name, problem=Message(N_("there is none of that name")))
    with workspace.decisions.writing() as connection:
        taken = steps_taken(workspace, among=frozenset(wanted))
        before = {name: taken.get(name, []) for name in wanted}
        after = {
            name: advanced(state_of(held[name], entries), step, actor.name, reason, said)
            for name, entries in before.items()
        }
        for name, entries in before.items():
            workspace.ledger.append(
                f"warning.{step}", subject=name, reason=reason, content=said, actor=actor, at=clock(),
                idempotency_key=f"{name}:{len(entries) + 1}", connection=connection,
            )  # fmt: skip
    return tuple(after[name] for name in wanted)
