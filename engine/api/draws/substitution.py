"""Substitutions in a finished draw: whom they concern and why is said by an operator, who stands in follows.

The public entry carries handles and a reason of the committed list; names and words stay in the ledger. A firm's name
must never stand beside its handle in public.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from engine.api.draws.life import step, substitution_entries
from engine.api.draws.order import SUBSTITUTED, written
from engine.api.draws.signing import require_signed
from engine.draw.committing.commitment import read_commitment
from engine.draw.committing.signatures import CERTIFICATE
from engine.draw.populations.preparation import OFFICER_SCHEME
from engine.draw.populations.roster import TEAM_CODE_LENGTH
from engine.draw.protocol.tickets import handle_of, handles_of, salt_of
from engine.draw.publishing.bundle import CERTIFICATE as CERTIFICATE_FILE
from engine.draw.publishing.bundle import ROSTER
from engine.draw.publishing.substitution import OFFICER, RESERVE, VACANT, Standing
from engine.draw.verifying.published import read_roster
from engine.errors import SubstitutionRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.store.draws.bundles import read_json_file
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode


class _Operation:
    """A draw as it stands, with the names behind its handles."""

    def __init__(self, workspace: Workspace, draw_id: str) -> None:
        self.workspace, self.draw_id = workspace, draw_id
        self.folder = DrawFolder(workspace.path, draw_id=draw_id)
        self.commitment = read_commitment(self.folder.read_commitment())
        require_signed(workspace.ledger, draw_id, over=CERTIFICATE)
        self.private: PrivateDraw = self.folder.read_private()
        certificate = read_json_file(self.folder.public / CERTIFICATE_FILE)
        if certificate["kind"] != "draw":
            raise SubstitutionRefusedError(problem=Message(N_("draw {draw_id} is void"), {"draw_id": draw_id}))
        roster = read_roster(read_json_file(self.folder.public / ROSTER))
        self.standing = Standing(self.commitment, certificate, roster=roster)
        for entry in substitution_entries(workspace.ledger, draw_id):
            self.standing.apply(entry)

    def handle(self, identifier: str) -> str:
        salt = salt_of(self.private.key, identifier)
        return handle_of(self.commitment.suite, identifier=identifier, salt=salt).hex()

    def object_of(self, handle: str, *, item: str) -> str:
        """Return the object behind a handle among the rows of an item."""
        frame = self.private.frame
        listed = frame.loc[frame["item_code"] == item, "object_id"].tolist()
        joined = handles_of(self.commitment.suite, key=self.private.key, identifiers=listed)
        wanted = bytes.fromhex(handle)
        return str(next(one for at, one in enumerate(listed) if joined[32 * at : 32 * at + 32] == wanted))

    def keep(
        self, entries: Sequence[tuple[dict[str, Any], dict[str, object]]], *, note: str, actor: Actor, at: datetime
    ) -> None:
        """Put entries on record, all of them or none."""
        with self.workspace.decisions.writing() as connection:
            for entry, names in entries:
                self.workspace.ledger.append(
                    SUBSTITUTED,
                    subject=self.draw_id,
                    actor=actor,
                    at=at,
                    reason=note,
                    content={"entry": entry, **names},
                    idempotency_key=f"{SUBSTITUTED}:{self.draw_id}:{entry['n']}",
                    connection=connection,
                )

    def moment(self, at: datetime) -> str:
        """Return the time of an entry: never before the one it follows."""
        return written(max(at, datetime.fromisoformat(self.standing.moment)))


def substitute_object(
    workspace: Workspace,
    draw_id: str,
    *,
    entity_id: str,
    items: Sequence[str] = (),
    reason: str,
    note: str,
    actor: Actor,
    clock: Clock,
) -> list[dict[str, Any]]:
    """Let the next reserves stand in for an object that cannot be inspected; one published entry per item.

    Parameters
    ----------
    entity_id : the object (drawn, or itself a reserve in use).
    items : items that cannot be checked there; all of its visit when empty.
    reason : code of the committed list.
    note : why, in words; kept in the ledger, not published.

    Returns
    -------
    list of the entries with ``entity_id`` and ``reserve_id`` beside, for those who may know the names.

    Raises
    ------
    SubstitutionRefusedError
        The object is not visited for the item, the reason is not committed, or no reserve is left. Nothing is kept.
    """
    with step(workspace, "substitute", draw_id=draw_id, actor=actor, clock=clock):
        operation, at = _Operation(workspace, draw_id), clock()
        standing, handle = operation.standing, operation.handle(entity_id)
        wanted = list(items) or sorted(item for (one, item) in standing.stratum_of if one == handle)
        if not wanted:
            raise SubstitutionRefusedError(
                problem=Message(
                    N_("{entity_id} is not visited in draw {draw_id}"), {"entity_id": entity_id, "draw_id": draw_id}
                )
            )
        made = []
        for item in wanted:
            heading = standing.heading(
                kind=RESERVE, at=operation.moment(at), name=actor.name, role=actor.role, reason=reason
            )
            due = standing.next_reserve(handle, item=item)
            entry = standing.sealed({**heading, "item": item, "replaced": handle, **due})
            names: dict[str, object] = {
                "entity_id": entity_id,
                "reserve_id": operation.object_of(due["reserve"], item=item),
            }
            made.append((entry, names))
        operation.keep(made, note=note, actor=actor, at=at)
    return [{**entry, **names} for entry, names in made]


def substitute_officer(
    workspace: Workspace,
    draw_id: str,
    *,
    visit: str,
    inspector_code: str,
    role: str = "",
    reason: str,
    note: str,
    actor: Actor,
    clock: Clock,
) -> dict[str, Any]:
    """Let the next officer by ticket with a free cap take a seat; one published entry.

    Parameters
    ----------
    visit : code of the visit, 16 hex digits.
    inspector_code : who cannot go; empty for a seat that is vacant, then ``role`` names the seat.
    reason, note : see :func:`substitute_object`.

    Returns
    -------
    dict; the entry with ``substitute_code`` beside, the inspector code of who goes.

    Raises
    ------
    SubstitutionRefusedError
        No such seat, the reason is not committed, or nobody has a free cap. Nothing is kept.
    """
    with step(workspace, "substitute", draw_id=draw_id, actor=actor, clock=clock):
        operation, at = _Operation(workspace, draw_id), clock()
        standing = operation.standing
        replaced = VACANT
        if inspector_code:
            replaced = operation.handle(OFFICER_SCHEME + inspector_code)[:TEAM_CODE_LENGTH]
        held = [seat for seat, officer in standing.teams.get(visit, []) if officer == replaced]
        if not held or (role and role not in held):
            raise SubstitutionRefusedError(
                problem=Message(
                    N_("{officer} has no seat {role} in visit {visit}"),
                    {"officer": inspector_code or "-", "role": role or "-", "visit": visit},
                )
            )
        seat = role or held[0]
        heading = standing.heading(
            kind=OFFICER, at=operation.moment(at), name=actor.name, role=actor.role, reason=reason
        )
        due = standing.next_officer(visit, role=seat, replaced=replaced)
        entry = standing.sealed({**heading, "visit": visit, "role": seat, "replaced": replaced, **due})
        codes = [str(code) for code in operation.private.roster["inspector_code"]]
        by_handle = {operation.handle(OFFICER_SCHEME + code)[:TEAM_CODE_LENGTH]: code for code in codes}
        names = {"inspector_code": inspector_code, "substitute_code": by_handle[due["substitute"]]}
        operation.keep([(entry, dict(names))], note=note, actor=actor, at=at)
    return {**entry, **names}


def reserve_rows(workspace: Workspace, draw_id: str) -> pd.DataFrame:
    """Return the objects that stand in for others, as their results are entered: never of mode ``random``.

    Returns
    -------
    DataFrame, key (entity_id, item_code), in the order of the entries: draw_id, visit_id, stratum, selection_mode
    (``reserve``), replaced_entity_id. They carry no probability, since a reserve changes none.
    """
    columns = ["draw_id", "entity_id", "item_code", "visit_id", "stratum", "selection_mode", "replaced_entity_id"]
    rows = [
        (
            draw_id,
            said["reserve_id"],
            said["entry"]["item"],
            said["entry"]["reserve"][:TEAM_CODE_LENGTH],
            said["entry"]["stratum"],
            SelectionMode.RESERVE.value,
            said["entity_id"],
        )
        for entry in workspace.ledger.entries(action=SUBSTITUTED, subject=draw_id)
        if (said := entry.particulars)["entry"]["kind"] == RESERVE
    ]
    return pd.DataFrame.from_records(rows, columns=columns)
