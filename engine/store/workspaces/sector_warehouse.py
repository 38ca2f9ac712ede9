"""The records of a workspace with one sector as a population of its own; everything else stays what it was."""

import ibis

from engine.grading.sector_models import SectorScope, with_sectors
from engine.store.workspaces.warehouse import Warehouse
from engine.store.workspaces.workspace import Workspace


class SectorWarehouse(Warehouse):
    """A warehouse whose register says the sector's name as population of its members, version by version; for reading.

    Parameters
    ----------
    workspace : whose records. scope : the sector.
    """

    def __init__(self, workspace: Workspace, scope: SectorScope) -> None:
        super().__init__(workspace.path, workspace.decisions, writing=workspace.writing)
        self._scope = scope

    def history(self, name: str) -> ibis.Table:
        """Return every version; those of ``entities`` with the sector as population."""
        rows = super().history(name)
        return with_sectors(rows, [self._scope]) if name == "entities" else rows
