"""One entity's records as they stand today, read as of a past day: what a contested grade should have rested on.

A record that was wrong on that day was known wrongly then; reading honestly as of the day would give the wrong grade
again. So the entity's own rows are taken in the version known today, and what had occurred by the day counts as known
on it. Every other row is what the run of the day read.
"""

from datetime import date

import ibis

from engine.store.workspaces.snapshot import PastWarehouse, Snapshot, snapshot
from engine.store.workspaces.workspace import Workspace


class HindsightWarehouse(PastWarehouse):
    """The warehouse of a past run, with the records of one entity corrected; for reading.

    Parameters
    ----------
    workspace : whose files it reads.
    taken : what the run read.
    entity_id : whose rows are taken as they stand.
    as_of : the run's day. known_by : day up to which corrections count, not before ``as_of``.
    """

    def __init__(self, workspace: Workspace, taken: Snapshot, *, entity_id: str, as_of: date, known_by: date) -> None:
        super().__init__(workspace, taken)
        self._then, self._now = taken, snapshot(workspace)
        self._entity_id, self._as_of, self._known_by = entity_id, as_of, known_by

    def history(self, name: str) -> ibis.Table:
        """Return every version of others as the run had it, and the standing rows of the entity."""
        others = super().history(name)
        if "entity_id" not in others.columns:
            return others
        self._taken = self._now
        try:
            rows = super().history(name)
        finally:
            self._taken = self._then
        own = rows.filter(
            rows.entity_id == self._entity_id,
            rows.known_at <= self._known_by,
            rows.superseded_at.isnull() | (rows.superseded_at > self._known_by),
        )
        had_occurred = own.occurred_on.isnull() | (own.occurred_on <= self._as_of)
        own = own.mutate(
            known_at=ibis.ifelse(had_occurred, ibis.least(own.known_at, ibis.literal(self._as_of)), own.known_at),
            superseded_at=ibis.null(own.superseded_at.type()),
        )
        return others.filter(others.entity_id != self._entity_id).union(own)
