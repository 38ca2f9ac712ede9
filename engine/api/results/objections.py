"""Objections as they stand: what was objected to, until when it is to be decided, what a correction changed in public.

A published result that is to be corrected waits until its department has published it anew; for other records
(penalties, listings, grades …) the decision is kept here and the correction arrives with the record itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.results.entry import ACTIONS
from engine.errors import TableMissingError, UsageError
from engine.messages import N_, Message
from engine.outcomes.objections import CORRECTED, Objection, ObjectionEvent
from engine.outcomes.review import State
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace

ACTION, INSPECTIONS = "objection", "inspections"
COLUMNS = (
    "objection_id", "entity_id", "target_table", "target_id", "department", "state", "filed_on", "due_on", "decided_on",
    "is_marked", "republished_on", "claim", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrected objection asks to be published.

    Parameters
    ----------
    entity_id, item_code : of the result.
    before, after : result codes as they were public and as they are, the latter empty until republished.
    published_on, republished_on : days; the latter None until then.
    """

    objection: Objection
    entity_id: str
    item_code: str
    before: str
    published_on: date | None
    after: str = ""
    republished_on: date | None = None


def objections(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    """Return every objection as it stands on a day, the one due first first.

    Returns
    -------
    DataFrame, key objection_id, :data:`COLUMNS`: ``department`` answers for the record, empty when unknown;
    ``is_marked`` while the record is disputed; ``decided_on`` null while open; ``republished_on`` day on which the
    corrected result became public, null until then and for other decisions; ``claim`` is what was said to be wrong,
    ``reason`` why the last step since was taken.
    """
    public = _publications(workspace, as_of=as_of)
    rows = []
    for one in objections_on(workspace, on=as_of).values():
        decided = None if one.is_open else one.events[-1].on
        again = public.again_on(one)
        rows.append(
            (one.objection_id, one.entity_id, one.target_table, one.target_id, one.owner, one.state, one.filed_on,
             one.due_on, decided, one.is_marked, again, one.claim,
             one.events[-1].reason if len(one.events) > 1 else "")
        )  # fmt: skip
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values(["due_on", "objection_id"], ignore_index=True, na_position="last")


def unsettled(workspace: Workspace, *, as_of: date) -> list[Objection]:
    """Return what still waits on a day: objections not decided, and results to be corrected that are not public yet."""
    public = _publications(workspace, as_of=as_of)
    return [one for one in objections_on(workspace, on=as_of).values() if one.is_open or public.waits(one)]


def marked(workspace: Workspace, *, as_of: date) -> frozenset[tuple[str, str]]:
    """Return (table, record) of everything that stands under the mark *disputed*, or waits for its correction."""
    return frozenset(
        (one.target_table, one.target_id)
        for one in unsettled(workspace, as_of=as_of)
        if one.is_marked or one.state == CORRECTED
    )


def objections_on(workspace: Workspace, *, on: date) -> dict[str, Objection]:
    """Return the objections of a day by number, with their events in order."""
    try:
        rows = rows_on(workspace, "objections", on=on)
    except TableMissingError:
        return {}
    found: dict[str, Objection] = {}
    for row in rows.sort_values(["occurred_on", "known_at", "objection_event_id"]).to_dict("records"):
        name, table, target = str(row["objection_id"]), str(row["target_table"]), str(row["target_id"])
        held = found.get(name) or Objection(name, str(row["entity_id"]), table, target, owner_of(table, target))
        due = None if pd.isna(row["due_on"]) else _day(row["due_on"])
        reason = row["reason"] if isinstance(row["reason"], str) else ""
        found[name] = held.after(ObjectionEvent(str(row["event"]), _day(row["occurred_on"]), reason, due))
    return found


def named(target: str) -> tuple[str, str]:
    """Return table and identifier of a record named as TABLE:ID, a result as VISIT-ITEM-DEPARTMENT."""
    table, colon, identifier = target.partition(":")
    return (table, identifier) if colon else (INSPECTIONS, target)


def owner_of(table: str, identifier: str) -> str:
    """Return the department that answers for a record: the last part of a result's key, unknown for the others."""
    return identifier.rpartition("-")[2] if table == INSPECTIONS else ""


def correction_of(workspace: Workspace, objection_id: str, *, as_of: date) -> Correction:
    """Return what was public before and after a corrected objection to a result.

    Raises
    ------
    UsageError
        No such objection, or it did not lead to a correction of a result.
    """
    one = objections_on(workspace, on=as_of).get(objection_id)
    if one is None or one.state != CORRECTED or one.target_table != INSPECTIONS:
        remedy = Message(N_("name an objection on which a result was corrected; see 'xinheng objection list'"))
        raise UsageError(what=Message(N_("objection")), value=objection_id, remedy=remedy)
    history = workspace.warehouse.history("inspections")
    rows = history.filter(history.inspection_id == one.target_id, history.known_at <= as_of).execute()
    versions = rows.sort_values("known_at").to_dict("records")
    again = _publications(workspace, as_of=as_of).again_on(one)
    until = one.events[-1].on if again is None else again
    place = max(at for at, row in enumerate(versions) if _day(row["known_at"]) <= until)
    was = versions[place if again is None else max(place - 1, 0)]
    found = Correction(
        one, str(was["entity_id"]), str(was["item_code"]), str(was["result_codes"]), _day(was["known_at"])
    )
    if again is None:
        return found
    return replace(found, after=str(versions[place]["result_codes"]), republished_on=again)


@dataclass(frozen=True, slots=True)
class _Publications:
    """When results became public, and when objections to them were decided, as the ledger has it in order.

    Parameters
    ----------
    of_result : result → its publications. decided : objection → number of the entry that corrected it.
    """

    of_result: Mapping[str, Sequence[Entry]]
    decided: Mapping[str, int]

    def again_on(self, one: Objection) -> date | None:
        """Return the day on which a corrected result became public anew, None until then.

        A decision and the publication that follows it may fall on one day, so the order of entries decides; where
        another system keeps the objection, the days do.
        """
        after = self.decided.get(one.objection_id)
        later = (
            _entered_on(entry)
            for entry in self.of_result.get(one.target_id, ())
            if (entry.sequence > after if after is not None else _entered_on(entry) > one.events[-1].on)
        )
        return next(later, None) if one.state == CORRECTED else None

    def waits(self, one: Objection) -> bool:
        """Whether a result published here is to be corrected and is not public anew."""
        return one.state == CORRECTED and one.target_id in self.of_result and self.again_on(one) is None


def _publications(workspace: Workspace, *, as_of: date) -> _Publications:
    published: dict[str, list[Entry]] = {}
    for entry in workspace.ledger.entries(action=ACTIONS[State.PUBLISHED]):
        for key, _, _ in entry.particulars["results"] if _entered_on(entry) <= as_of else ():
            published.setdefault(key, []).append(entry)
    decided = {
        step[0]: entry.sequence
        for entry in workspace.ledger.entries(action=f"{ACTION}.{CORRECTED}")
        for step in entry.particulars["steps"]
    }
    return _Publications(published, decided)


def _entered_on(entry: Entry) -> date:
    return date.fromisoformat(entry.entered_at[:10])


def _day(value: Any) -> date:
    day: date = pd.Timestamp(value).date()
    return day
