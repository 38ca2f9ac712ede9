"""Whom a model is fitted for: whole populations, or sectors of them that policy defines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.api.workspace import Workspace
from engine.errors import UsageError
from engine.grading.sector_models import SectorScope, read_sector_scopes
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.store.workspaces.sector_warehouse import SectorWarehouse
from engine.store.workspaces.warehouse import Warehouse
from engine.vocabulary import SECTOR_MARK


@dataclass(frozen=True, slots=True)
class Target:
    """One population, or one sector of one.

    Parameters
    ----------
    name : as scores and policy call it. scope : the sector, None for a whole population.
    """

    name: str
    scope: SectorScope | None = None

    def warehouse(self, workspace: Workspace) -> Warehouse:
        """Return the records in which it is a population."""
        return workspace.warehouse if self.scope is None else SectorWarehouse(workspace, self.scope)


def targets(
    workspace: Workspace, *, book: PolicyBook, on: date, sector: str | None, populations: Sequence[str] | None
) -> tuple[Target, ...]:
    """Return whom a command means.

    Parameters
    ----------
    book, on : policy that defines the sectors, and its day.
    sector : code of a sector; None = whole populations.
    populations : names; None = all. A name with a dot is a sector of a population.

    Raises
    ------
    UsageError
        No such population is on the register, or policy defines no such sector (of it).
    """
    known = _populations(workspace)
    if sector is None and not any(SECTOR_MARK in name for name in populations or ()):
        for name in populations or ():
            if name not in known:
                _refuse("--population", name, known)
        return tuple(Target(name) for name in populations or known)
    scopes = {scope.name: scope for scope in read_sector_scopes(book, on=on)}
    if sector is not None:
        wanted = [name for name, scope in scopes.items() if scope.code == sector and scope.population in known]
        if not wanted:
            _refuse("--sector", sector, sorted({scope.code for scope in scopes.values()}))
        asked = [name for name in wanted if not populations or scopes[name].population in populations]
        if not asked:
            _refuse("--population", ", ".join(populations or ()), [scopes[name].population for name in wanted])
    else:
        asked = list(populations or ())
    for name in asked:
        if name not in scopes and name not in known:
            _refuse("--population", name, [*known, *scopes])
    return tuple(Target(name, scopes.get(name)) for name in asked)


def _populations(workspace: Workspace) -> list[str]:
    found = workspace.warehouse.table("entities").select("population").distinct().order_by("population").execute()
    return [str(name) for name in found["population"]]


def _refuse(what: str, value: str, known: Sequence[str]) -> None:
    raise UsageError(what=what, value=value, remedy=Message(N_("give one of {names}"), {"names": ", ".join(known)}))
