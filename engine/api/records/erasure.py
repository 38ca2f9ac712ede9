"""Erasure that law requires, its tombstones, and what can no longer be reproduced because of it."""

from datetime import date

from engine.errors import ErasedError, StoreError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.registers.merges import same_object
from engine.store.draws.folders import PRIVATE, PUBLIC
from engine.store.loading.erasures import Erased, Tombstone, tombstones
from engine.store.loading.erasures import erase as erase_rows
from engine.store.workspaces.aliases import merge_decisions
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace

_CERTIFICATE = "certificate.json"


def erase(workspace: Workspace, entity_id: str, *, reference: str, reason: str, actor: Actor, clock: Clock) -> Erased:
    """Erase every stored row of an entity and of the identifiers merged with it; a tombstone stays.

    Parameters
    ----------
    reference : law and article that orders it. reason : the case, e.g. the number of the request.

    Raises
    ------
    UsageError
        Reference or reason is missing, or nothing is stored under the identifier.
    StoreError
        A committed draw that has the entity in its frame was not drawn yet.

    Notes
    -----
    Cost: one scan of every stored file. Files that people brought are outside the workspace and are theirs to clear.
    """
    at = clock()
    _, ids = same_object(merge_decisions(workspace.require().decisions), entity_id, on=date.max)
    _require_no_open_draw(workspace, {entity_id, *ids})
    return erase_rows(workspace, sorted({entity_id, *ids}), reference=reference, reason=reason, actor=actor, at=at)


def _require_no_open_draw(workspace: Workspace, ids: set[str]) -> None:
    """Refuse while a frame that names the object is committed and not drawn: its draw could never be run."""
    for folder in sorted((workspace.path / PRIVATE).glob("*")):
        if (workspace.path / PUBLIC / folder.name / _CERTIFICATE).is_file() or not (folder / "frame.parquet").is_file():
            continue
        frame = workspace.warehouse.read_file(folder / "frame.parquet")
        if frame.filter(frame.object_id.isin(sorted(ids))).count().execute():
            raise StoreError(
                workspace=workspace.path,
                problem=Message(
                    N_("draw {draw} is committed with this object and not drawn yet"), {"draw": folder.name}
                ),
                remedy=Message(N_("run or void it first")),
            )


def listed_tombstones(workspace: Workspace) -> list[Tombstone]:
    """Return every erasure, the oldest first."""
    return tombstones(workspace.require().ledger)


def require_unerased(workspace: Workspace, run: Run) -> None:
    """Raise when rows that a run read or wrote were erased after it.

    Raises
    ------
    ErasedError
        Says under which law and when.
    """
    made = {entry.sequence for entry in workspace.ledger.entries(subject=run.run_id)}
    for each in tombstones(workspace.ledger):
        is_later = not made or each.sequence > max(made)
        was_read = each.first_known_at is not None and each.first_known_at <= run.as_of
        if is_later and (was_read or run.run_id in each.runs):
            raise erased_error(workspace, run.run_id, each)


def require_unerased_draw(workspace: Workspace, draw_id: str) -> None:
    """Raise when the private frame of a draw lost rows to an erasure.

    Raises
    ------
    ErasedError
        The public bundle still verifies; openings and the frame do not come again.
    """
    for each in tombstones(workspace.ledger):
        if draw_id in each.draws:
            raise erased_error(workspace, draw_id, each)


def erased_error(workspace: Workspace, what: str, tombstone: Tombstone) -> ErasedError:
    """Return the sentence that names law, day and extent of an erasure."""
    return ErasedError(
        workspace=workspace.path,
        what=what,
        reference=tombstone.reference,
        day=tombstone.day,
        rows=sum(tombstone.rows.values()),
    )
