"""The registers on a day, for the command line and the pages: departments, objects, inspectors and experts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pandas as pd

from engine.messages import Message
from engine.registers.departments import department_problems, department_tree
from engine.registers.libraries import EXPERTS, INSPECTORS, Library, standing_of
from engine.registers.objects import counted, selected, stale, tag_counts
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from engine.windows import is_known

FRESHNESS = "registers.freshness"
_SIGNS = ("inspections", "annual_reports", "licences", "visits")
"""Tables whose rows are a sign that an object still exists."""


@dataclass(frozen=True, slots=True)
class Departments:
    """The departments in the order of the tree, and what is wrong with it."""

    rows: pd.DataFrame
    problems: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Objects:
    """The object library on a day.

    Parameters
    ----------
    counts : entity_type, status, n. tags : tag, n. rows : the first objects selected, as in the register.
    """

    counts: pd.DataFrame
    tags: pd.DataFrame
    rows: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Staleness:
    """What a library should look at on a day.

    Parameters
    ----------
    entities : entity_id, name, last_sign_on, at most ``limit`` rows; ``n_entities`` all of them.
    people : rows of inspectors and experts that are excluded, expiring or stale, with ``library``.
    limits, reference : the policy in force.
    """

    entities: pd.DataFrame
    n_entities: int
    people: pd.DataFrame
    limits: Mapping[str, int]
    reference: str


def standing_rows(workspace: Workspace, table: str, *, on: date) -> ibis.Table:
    """Return the rows of a register that stand at the end of a day, as known then."""
    history = workspace.require().warehouse.history(table)
    return history.filter(is_known(history, on=on)).drop("superseded_at")


def _frame(rows: ibis.Table) -> pd.DataFrame:
    return pd.DataFrame(rows.execute())


def departments(workspace: Workspace, *, on: date) -> Departments:
    """Return the department tree on a day with role, level and parent. Cost: one small table."""
    rows = _frame(standing_rows(workspace, "departments", on=on))
    return Departments(department_tree(rows), tuple(department_problems(rows)))


def objects(
    workspace: Workspace, *, on: date, entity_type: str = "", district: str = "", tag: str = "", limit: int = 20
) -> Objects:
    """Return counts, labels and the first rows of the object library. Cost: three scans of the register."""
    rows = selected(standing_rows(workspace, "entities", on=on), entity_type=entity_type, district=district, tag=tag)
    return Objects(_frame(counted(rows)), _frame(tag_counts(rows)), _frame(rows.order_by("entity_id").limit(limit)))


def inspectors(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the inspector library on a day; see :func:`engine.registers.libraries.standing_of`."""
    return _people(workspace, INSPECTORS, on=on)


def experts(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return the expert library on a day; an expert who is an officer too is excluded here."""
    officers = _frame(standing_rows(workspace, "inspectors", on=on).select("inspector_code"))
    return _people(workspace, EXPERTS, on=on, officers=frozenset(officers["inspector_code"]))


def _people(
    workspace: Workspace, library: Library, *, on: date, officers: frozenset[str] = frozenset()
) -> pd.DataFrame:
    people = _frame(standing_rows(workspace, library.table, on=on))
    trainings = _frame(standing_rows(workspace, "trainings", on=on))
    return standing_of(library, people, trainings, on=on, limits=_limits(on).value, officers=officers)


def staleness(workspace: Workspace, *, on: date, limit: int = 20) -> Staleness:
    """Return what the libraries should look at. Cost: one aggregate over each table that shows signs of objects."""
    policy = _limits(on)
    signs = [standing_rows(workspace, name, on=on).select("entity_id", "occurred_on") for name in _SIGNS]
    register = standing_rows(workspace, "entities", on=on)
    found = stale(register, signs, on=on, days=int(policy.value["entities"]))
    people = []
    for library, rows in (("inspectors", inspectors(workspace, on=on)), ("experts", experts(workspace, on=on))):
        look = (rows["excluded_because"] != "") | rows["is_expiring"] | rows["is_stale"]
        people.append(rows[look].assign(library=library))
    return Staleness(
        _frame(found.limit(limit)),
        int(found.count().execute()),
        pd.concat([part.astype(object) for part in people], ignore_index=True),
        policy.value,
        policy.reference,
    )


def _limits(on: date) -> Any:
    return load_policies().dated(FRESHNESS, on=on)
