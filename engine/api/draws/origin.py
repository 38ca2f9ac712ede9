"""An added sample: a new commitment that names the draw it adds to and says why.

The size of a draw is fixed before its seed; adding rows afterwards would be choosing. Whoever wants more draws again,
with new events, and leaves out what was drawn before.
"""

import pandas as pd

from engine.api.draws.order import CERTIFIED, DrawOrder
from engine.errors import DrawError, StoreError, UsageError
from engine.messages import N_, Message
from engine.store.draws.folders import DrawFolder
from engine.store.ledgers.ledger import Ledger
from engine.store.workspaces.workspace import Workspace


def parent_of(ledger: Ledger, order: DrawOrder) -> dict[str, str] | None:
    """Return what the commitment says of the draw it adds to, or None for a draw of its own.

    Raises
    ------
    DrawError
        The draw that is to be added to has no certificate, or is void.
    UsageError
        An added sample comes without a reason.
    """
    if not order.parent:
        return None
    if not order.added_because.strip():
        raise UsageError(what="--because", value="-", remedy=Message(N_("an added sample says why it is drawn")))
    closed = ledger.entries(action=CERTIFIED, subject=order.parent)
    if not closed or closed[0].particulars["kind"] != "certificate":
        raise DrawError(
            problem=Message(N_("draw {parent} has no certificate to add to"), {"parent": order.parent}),
            remedy=Message(N_("an added sample follows a finished draw")),
        )
    said = closed[0].particulars
    return {
        "draw": order.parent,
        "commit_digest": str(said["commit_digest"]),
        "certificate_digest": str(said["certificate_digest"]),
        "reason": order.added_because,
    }


def drawn_before(workspace: Workspace, draw_id: str) -> pd.DataFrame:
    """Return what a draw and those it adds to drew already: entity_id, item_code."""
    selections = workspace.warehouse.read("selections")
    own = selections.filter(selections.draw_id == draw_id, selections.is_drawn)
    found: pd.DataFrame = own.select("entity_id", "item_code").execute()
    committed = DrawFolder(workspace.path, draw_id=draw_id).read_commitment()
    parent = committed.get("parent") if isinstance(committed, dict) else None
    if parent is None:
        return found
    return pd.concat([found, drawn_before(workspace, parent["draw"])], ignore_index=True)


def require_uncommitted(folder: DrawFolder) -> None:
    """Raise StoreError when a draw of this name is committed."""
    if folder.public.exists():
        raise StoreError(
            workspace=folder.public,
            problem=Message(N_("a draw of this name is committed already")),
            remedy=Message(N_("one commitment is one draw; choose the next planned draw")),
        )
