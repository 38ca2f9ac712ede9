"""The desk at which objections are taken: registered, accepted and marked, declined, decided, withdrawn.

Every event is a row of table ``objections``; who took it and for which department is the ledger's. A published result
that is to be corrected goes back to its department with the decision, and is entered, reviewed and published anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from engine.api.grading.disputes import GRADES, grade_makers, graded_entity
from engine.api.repeated_calls import earlier_call
from engine.api.results.acting import ActingDesk
from engine.api.results.entry import ACTIONS, keep_step, load_rows, result_steps
from engine.api.results.objections import ACTION, INSPECTIONS, named, objections_on, owner_of
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.outcomes.deadlines import deadline
from engine.outcomes.objections import (
    ACCEPTED,
    CLOCK,
    CORRECTED,
    FILED,
    LONGEST,
    MAINTAINED,
    MARKED,
    REJECTED,
    WITHDRAWN,
    Move,
    Objection,
    ObjectionEvent,
    Record,
    next_event,
)
from engine.outcomes.review import State
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER

_KEYS: Mapping[str, str] = {
    INSPECTIONS: "inspection_id", "penalties": "penalty_id", "listings": "listing_id", "punishments": "punishment_id",
    "external_grades": "external_grade_id", "entities": "entity_id",
}  # fmt: skip
"""Tables whose records can be looked up by one column; a grade is looked up in its run, a draw is taken as named."""


class ObjectionDesk(ActingDesk):
    """One department's hand in objections."""

    def register(
        self, target: str, *, reason: str, by: str = "", evidence: Sequence[str] = (), channel: str = ""
    ) -> str:
        """Put an objection on record and return its number.

        Parameters
        ----------
        target : a result as VISIT-ITEM-DEPARTMENT, or another record as TABLE:ID.
        by : who objects (``scheme:name``), empty = whom the record is about.

        Raises
        ------
        ResultRefusedError
            No such record is public, another objection to it is open, or somebody else names no evidence.
        """
        table, identifier = named(target)
        said = [FILED, table, identifier, by, reason, list(evidence), channel]
        if held := earlier_call(self._workspace, self._key, said):
            return str(held.subject)
        with self._workspace.drawing():
            found = objections_on(self._workspace, on=self.today)
            same = [one for one in found.values() if (one.target_table, one.target_id) == (table, identifier)]
            record = self._record(table, identifier)
            number = f"{identifier}-{ACTION}-{len(same) + 1}"
            who = by or record.concerned or "-"
            open_one = next((one.objection_id for one in same if one.is_open and one.entity_id == who), "")
            record = Record(record.is_public, record.concerned, record.makers, record.longest, open_one)
            blank = Objection(number, who, table, identifier, owner_of(table, identifier))
            until = deadline(self._book, CLOCK, event=self.today, on=self.today)[0].on
            move = Move(FILED, self.department, self._actor.name, self.today, reason, until, tuple(evidence))
            made = blank.after(next_event(blank, move, record=record))
            self._keep([(made, tuple(evidence), channel)], call=said)
        return number

    def accept(self, objections: Sequence[str], *, until: date | None = None, reason: str = "") -> tuple[str, ...]:
        """Accept objections and mark the records as disputed; with ``until`` the decision is put off, with the reason.

        Raises
        ------
        ResultRefusedError
            Later than ``deadlines.objection_longest`` allows, or without reason.
        """
        return self._take(ACCEPTED, objections, reason=reason, due_on=until)

    def decline(self, objections: Sequence[str], *, reason: str) -> tuple[str, ...]:
        """Decline to take objections up, with the reason."""
        return self._take(REJECTED, objections, reason=reason)

    def withdraw(self, objections: Sequence[str], *, reason: str) -> tuple[str, ...]:
        """Put on record that the parties take their objections back."""
        return self._take(WITHDRAWN, objections, reason=reason)

    def decide(self, objections: Sequence[str], *, is_corrected: bool, reason: str) -> tuple[str, ...]:
        """Decide: the record is maintained, or corrected; a published result then goes back to be entered anew.

        Raises
        ------
        ResultRefusedError
            Decided by who made the record, by another department, without reason, or before it was accepted.
        """
        return self._take(CORRECTED if is_corrected else MAINTAINED, objections, reason=reason)

    def _take(
        self, event: str, objections: Sequence[str], *, reason: str, due_on: date | None = None
    ) -> tuple[str, ...]:
        said = [event, list(objections), reason, due_on]
        if not objections:
            raise UsageError(what=Message(N_("objection")), value="", remedy=Message(N_("name the objections")))
        if earlier_call(self._workspace, self._key, said):
            return tuple(objections)
        with self._workspace.drawing():
            held = objections_on(self._workspace, on=self.today)
            made: list[tuple[Objection, tuple[str, ...], str]] = []
            for number in dict.fromkeys(objections):
                if number not in held:
                    remedy = Message(N_("name an objection on record; see 'xinheng objection list'"))
                    raise UsageError(what=Message(N_("objection")), value=number, remedy=remedy)
                one = held[number]
                record = self._record(one.target_table, one.target_id, filed_on=one.filed_on)
                move = Move(event, self.department, self._actor.name, self.today, reason, due_on)
                one = one.after(next_event(one, move, record=record))
                made.append((one, (), ""))
                if event == ACCEPTED and not any(step.event == MARKED for step in one.events):
                    made.append((one.after(ObjectionEvent(MARKED, self.today)), (), ""))
            self._keep(made, call=said)
            if event == CORRECTED:
                self._open_results([one for one, _, _ in made])
        return tuple(objections)

    def _record(self, table: str, identifier: str, *, filed_on: date | None = None) -> Record:
        concerned, is_there = _concerned(self._workspace, table, identifier, on=self.today)
        longest = deadline(self._book, LONGEST, event=filed_on or self.today, on=self.today)[0].on
        makers: frozenset[str] = frozenset()
        if table in _MAKERS:
            makers = _MAKERS[table](self._workspace, identifier)
        return Record(is_there, concerned, makers, longest)

    def _open_results(self, decided: Sequence[Objection]) -> None:
        """Take published results back, so that their department enters them anew; who decided is on record."""
        standing = result_steps(self._workspace)
        for one in decided:
            result = standing.get(one.target_id)
            if one.target_table == INSPECTIONS and result is not None and result.state is State.PUBLISHED:
                step = [(result.key, result.department, result.draw_id)]
                why = f"{one.objection_id}: {one.events[-1].reason}"
                keep_step(self._workspace, State.RETURNED, step, actor=self._actor, clock=self._clock, reason=why)

    def _keep(self, made: Sequence[tuple[Objection, tuple[str, ...], str]], *, call: object) -> None:
        rows = [_row(one, evidence=evidence, channel=channel) for one, evidence, channel in made]
        load_rows(self._workspace, pd.DataFrame(rows), table="objections", actor=self._actor, clock=self._clock)
        first, numbers = made[0][0], list(dict.fromkeys(one.objection_id for one, _, _ in made))
        steps = [[one.objection_id, one.target_table, one.target_id, one.state, one.due_on] for one, _, _ in made]
        self._workspace.ledger.append(
            f"{ACTION}.{first.state}",
            subject=numbers[0] if len(numbers) == 1 else digest_of(steps)[:16],
            content={"steps": steps, "department": self.department, "call": digest_of(call)},
            actor=self._actor,
            at=self._clock(),
            reason=first.events[-1].reason,
            idempotency_key=self._key,
        )


def _concerned(workspace: Workspace, table: str, identifier: str, *, on: date) -> tuple[str, bool]:
    """Whom a record is about, and whether it is on record; what cannot be looked up is taken as named."""
    key = _KEYS.get(table)
    if table == GRADES:
        entity = graded_entity(workspace, identifier)
        return entity, bool(entity)
    if key is None:
        return "", True
    history = workspace.warehouse.history(table)
    rows = history.filter(history.known_at <= on, history[key] == identifier).select("entity_id").distinct().execute()
    return (str(rows["entity_id"].iloc[0]), True) if len(rows) else ("", False)


def _makers(workspace: Workspace, result: str) -> frozenset[str]:
    """Who entered, submitted or published a result."""
    found = set()
    for state in (State.ENTERED, State.SUBMITTED, State.PUBLISHED):
        for entry in workspace.ledger.entries(action=ACTIONS[state]):
            if any(key == result for key, _, _ in entry.particulars["results"]):
                found.add(entry.actor)
    return frozenset(found)


_MAKERS: Mapping[str, Callable[[Workspace, str], frozenset[str]]] = {INSPECTIONS: _makers, GRADES: grade_makers}
"""Who made a record, and so does not decide on the objection to it."""


def _row(one: Objection, *, evidence: Sequence[str], channel: str) -> dict[str, Any]:
    last = one.events[-1]
    return {
        "objection_event_id": f"{one.objection_id}-{len(one.events):03d}", "objection_id": one.objection_id,
        "entity_id": one.entity_id, "target_table": one.target_table, "target_id": one.target_id, "event": last.event,
        "reason": last.reason or None, "evidence": JOINER.join(evidence) or None, "due_on": last.due_on,
        "channel": channel or None, "occurred_on": last.on, "known_at": last.on,
    }  # fmt: skip
