"""One department's hand: who acts for which department, by which clock, under which policies."""

from engine.api.results.review import acting_department
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.workspaces.workspace import Workspace


class ActingDesk:
    """What every desk of a department has; each call on one is all or nothing and may carry an idempotency key.

    Parameters
    ----------
    department : acts; empty for an officer of the register, who has his own.

    Raises
    ------
    ResultRefusedError, UsageError
        See :func:`engine.api.results.review.acting_department`.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        book: PolicyBook,
        department: str = "",
        actor: Actor,
        clock: Clock,
        idempotency_key: str | None = None,
    ) -> None:
        self._workspace, self._book, self._actor, self._clock = workspace, book, actor, clock
        self._key, self.today = idempotency_key, clock().date()
        self.department = acting_department(workspace, department, actor=actor, on=self.today)
