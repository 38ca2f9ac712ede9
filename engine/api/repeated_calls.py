"""The same call made again: a writing call that carries a key is carried out once, and answered the same after that."""

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.store.ledgers.ledger import Entry, digest_of
from engine.store.workspaces.workspace import Workspace


def earlier_call(workspace: Workspace, idempotency_key: str | None, said: object) -> Entry | None:
    """Return the entry of an earlier call with the key and the same content, None when this is the first.

    Parameters
    ----------
    said : what the call asks for; the entry must hold its digest as ``call``.

    Raises
    ------
    UsageError
        The key was used for something else; nothing is written.
    """
    held = workspace.ledger.kept(idempotency_key)
    if held is not None and held.particulars.get("call") != digest_of(said):
        remedy = Message(
            N_("it was used for entry {sequence}; a new call needs a new key"), {"sequence": held.sequence}
        )
        raise UsageError(what="--key", value=idempotency_key, remedy=remedy)
    return held
