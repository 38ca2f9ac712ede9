"""Joint punishment step by step: triggered by a list decision, checked, pushed, met in business, fed back, released.

Every event is a row of table ``punishments``; who took it, when and under which key is the ledger's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from engine.api.punishment.book import ACTION, PunishmentBook, punishment_book
from engine.api.repeated_calls import earlier_call
from engine.api.results.acting import ActingDesk
from engine.api.results.entry import load_rows
from engine.errors import UsageError
from engine.i18n import chosen_language, translator
from engine.messages import N_, Message
from engine.outcomes.measure_law import unlawful
from engine.outcomes.punishment import (
    Case,
    CaseEvent,
    case_id,
    next_case,
    require_list_decision,
    walk,
)
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace

QUERIED = f"{ACTION}.queried"


class Desk(ActingDesk):
    """One department's hand in joint punishment."""

    def trigger(self, ground: str, *, measures: Sequence[str] = ()) -> tuple[str, ...]:
        """Open the cases that a list decision asks for and return their numbers.

        Parameters
        ----------
        ground : ``listings:ID``; anything else is refused.
        measures : only these, each of which must be lawful; empty = every lawful one that is not on record yet.

        Raises
        ------
        ResultRefusedError
            No list decision, a listing not in force, a measure that may not be taken.
        UsageError
            No such listing.
        """
        listing_id = require_list_decision(ground)

        def wanted(state: PunishmentBook) -> list[Case]:
            if listing_id not in state.listings:
                raise UsageError(
                    what="listings", value=listing_id, remedy=Message(N_("name a list decision on record"))
                )
            listing = state.listings[listing_id]
            if not measures:
                found = state.waiting(listing_id, requester=self.department)
                return found or [] if listing.stands(self.today) else [self._blank(state, listing_id, "-", "-")]
            return [
                self._blank(state, listing_id, name, department)
                for name in measures
                for department in (state.measures[name].departments if name in state.measures else ("-",))
            ]

        return self._take("triggered", wanted, said=[ground, list(measures)])

    def trigger_all(self) -> tuple[str, ...]:
        """Open every lawful case of every listing in force that is not on record yet."""

        def wanted(state: PunishmentBook) -> list[Case]:
            return [
                case for listing in sorted(state.listings) for case in state.waiting(listing, requester=self.department)
            ]

        return self._take("triggered", wanted, said=["all", self.today])

    def check_basis(self, cases: Sequence[str] = ()) -> dict[str, str]:
        """Check the legal basis of triggered cases, as another person; return case → ``basis_checked`` or ``refused``.

        A case whose measure lost its basis, or whose listing ended meanwhile, is refused for good, with the reason.
        """
        reasons: dict[str, str] = {}

        def event_of(state: PunishmentBook, case: Case) -> CaseEvent:
            terms = state.terms(case)
            ended = not terms.listing.stands(self.today)
            broken = (
                unlawful(terms.measure, law=state.law, on=self.today, list_type=terms.listing.list_type,
                         department=case.department)
                if terms.measure else None
            )  # fmt: skip
            if ended or broken or terms.measure is None:
                said = broken.sentence if broken else Message(N_("the listing has ended"))
                words = said.render(translator(chosen_language("zh")))
                reasons[case.punishment_id] = f"{words} ({broken.reference})" if broken else words
                return self.event("refused", reason=reasons[case.punishment_id])
            return self.event("basis_checked")

        done = self._take(
            "basis_checked",
            self._chosen(cases, "triggered", is_own=True),
            said=["check", list(cases)],
            event_of=event_of,
        )
        return {name: "refused" if name in reasons else "basis_checked" for name in done}

    def push(self, cases: Sequence[str] = ()) -> tuple[str, ...]:
        """Push checked cases to the departments that apply the measures; without numbers all that wait."""
        return self._take("pushed", self._chosen(cases, "basis_checked", is_own=True), said=list(cases))

    def receive(self, cases: Sequence[str] = ()) -> tuple[str, ...]:
        """Confirm receipt as the applying department; without numbers all that were pushed to it."""
        return self._take("received", self._chosen(cases, "pushed"), said=list(cases))

    def query(self, entity_ids: Sequence[str], *, business_no: str, business_field: str = "") -> pd.DataFrame:
        """Ask whether objects of a business are restricted; every case that is met becomes a hit. Queries are logged.

        Parameters
        ----------
        business_no : number of the business. business_field : only measures of this field; empty = of every field.

        Returns
        -------
        DataFrame, one row per case met: entity_id, punishment_id, measure_id, measure, legal_basis, business_field.
        """
        state = punishment_book(self._workspace, book=self._book, on=self.today)
        asked = set(entity_ids)
        met = [
            case
            for case in state.cases.values()
            if case.entity_id in asked
            and case.department == self.department
            and case.state in ("received", "fed_back")
            and case.measure_id in state.measures
            and business_field in ("", state.measures[case.measure_id].business_field)
            and state.listings[case.listing_id].stands(self.today)
        ]
        content = {
            "entities": len(asked), "restricted": len({case.entity_id for case in met}), "department": self.department,
            "field": business_field,
        }  # fmt: skip
        self._workspace.ledger.append(
            QUERIED, subject=business_no, content=content, actor=self._actor, at=self._clock()
        )
        names = [case.punishment_id for case in met]
        if names:
            self._take(
                "hit", self._chosen(names, ""), said=[names, business_no],
                event_of=lambda _, case: self.event("hit", business_no=business_no),
            )  # fmt: skip
        rows = []
        for case in met:
            one = state.measures[case.measure_id]
            rows.append(
                (case.entity_id, case.punishment_id, one.measure_id, one.name, one.legal_basis, one.business_field)
            )
        columns = ["entity_id", "punishment_id", "measure_id", "measure", "legal_basis", "business_field"]
        return pd.DataFrame(rows, columns=columns)

    def apply(self, cases: Sequence[str], *, amount_fen: int | None = None, reason: str = "") -> tuple[str, ...]:
        """Put on record that the measure was applied in the business in which it was met."""
        return self._answer("applied", cases, reason=reason, amount_fen=amount_fen)

    def decline(self, cases: Sequence[str], *, reason: str) -> tuple[str, ...]:
        """Put on record that the measure was not applied, and why."""
        return self._answer("declined", cases, reason=reason)

    def feed_back(self, cases: Sequence[str], *, reason: str = "") -> tuple[str, ...]:
        """Feed back to the requesting department what was done."""
        return self._answer("fed_back", cases, reason=reason)

    def release(self, cases: Sequence[str] = (), *, reason: str = "") -> tuple[str, ...]:
        """Push the release of cases whose listing ended; without numbers all that are due. Late ones need a reason."""

        def wanted(state: PunishmentBook) -> list[Case]:
            if cases:
                return self._named(state, cases)
            return [
                case
                for case in state.cases.values()
                if case.requester == self.department
                and case.state not in ("triggered", "basis_checked", "release_pushed")
                and not case.is_over
                and not state.listings[case.listing_id].stands(self.today)
            ]

        return self._take(
            "release_pushed", wanted, said=[list(cases), reason],
            event_of=lambda _, case: self.event("release_pushed", reason=reason),
        )  # fmt: skip

    def confirm_release(self, cases: Sequence[str] = ()) -> tuple[str, ...]:
        """Confirm as the applying department that the measure is lifted; without numbers all that wait."""
        return self._take("released", self._chosen(cases, "release_pushed"), said=list(cases))

    def carry_out(self, plans: Mapping[str, Sequence[CaseEvent]], *, said: object) -> None:
        """Take several steps of several cases at once, all of them or none.

        Raises
        ------
        ResultRefusedError, UsageError
        """
        call = ["plans", self.department, said]
        with self._workspace.drawing():
            state = punishment_book(self._workspace, book=self._book, on=self.today)
            taken: list[tuple[Case, CaseEvent]] = []
            for case in self._named(state, list(plans)):
                steps = plans[case.punishment_id]
                taken += zip(walk(case, steps, terms=state.terms(case)), steps, strict=True)
            if taken:
                _keep(self._workspace, taken, call=digest_of(call), actor=self._actor, clock=self._clock, key=self._key)

    def _blank(self, state: PunishmentBook, listing_id: str, measure: str, department: str) -> Case:
        name = case_id(listing_id, measure, department)
        entity = state.listings[listing_id].entity_id
        return state.cases.get(name) or Case(name, listing_id, entity, measure, self.department, department)

    def _named(self, state: PunishmentBook, names: Sequence[str]) -> list[Case]:
        unknown = [name for name in names if name not in state.cases]
        if unknown:
            remedy = Message(N_("name cases on record; see 'xinheng punishment list'"))
            raise UsageError(what=Message(N_("case")), value=unknown[0], remedy=remedy)
        return [state.cases[name] for name in dict.fromkeys(names)]

    def _chosen(
        self, names: Sequence[str], waiting: str, *, is_own: bool = False
    ) -> Callable[[PunishmentBook], list[Case]]:
        def chosen(state: PunishmentBook) -> list[Case]:
            if names:
                return self._named(state, names)
            return [
                case
                for case in state.cases.values()
                if case.state == waiting and self.department == (case.requester if is_own else case.department)
            ]

        return chosen

    def event(self, event: str, **said: Any) -> CaseEvent:
        """Return an event of this department, person and day."""
        return CaseEvent(event, self.department, self.today, self._actor.name, **said)

    def _answer(
        self, event: str, cases: Sequence[str], *, reason: str, amount_fen: int | None = None
    ) -> tuple[str, ...]:
        def event_of(_: PunishmentBook, case: Case) -> CaseEvent:
            business = case.events[-1].business_no if case.events else ""
            return self.event(event, reason=reason, amount_fen=amount_fen, business_no=business)

        def wanted(state: PunishmentBook) -> list[Case]:
            return self._named(state, cases)

        return self._take(event, wanted, said=[list(cases), reason, amount_fen], event_of=event_of)

    def _take(
        self,
        event: str,
        wanted: Callable[[PunishmentBook], list[Case]],
        *,
        said: object,
        event_of: Callable[[PunishmentBook, Case], CaseEvent] | None = None,
    ) -> tuple[str, ...]:
        call = [event, self.department, said]
        if held := earlier_call(self._workspace, self._key, call):
            return tuple(held.particulars["cases"])
        with self._workspace.drawing():
            state = punishment_book(self._workspace, book=self._book, on=self.today)
            taken: list[tuple[Case, CaseEvent]] = []
            for case in wanted(state):
                step = event_of(state, case) if event_of else self.event(event)
                terms = state.terms(case)
                after = next_case(case, step, terms=terms)
                if step.event == "release_pushed":
                    why = "; ".join(part for part in (terms.listing.end_reason, step.reason) if part)
                    step = replace(step, reason=why)
                taken.append((after, step))
            if taken:
                _keep(self._workspace, taken, call=digest_of(call), actor=self._actor, clock=self._clock, key=self._key)
        return tuple(case.punishment_id for case, _ in taken)


def _keep(
    workspace: Workspace, taken: Sequence[tuple[Case, CaseEvent]], *, call: str, actor: Actor, clock: Clock,
    key: str | None,
) -> None:  # fmt: skip
    rows = [_row(case, step) for case, step in taken]
    load_rows(
        workspace, pd.DataFrame(rows).astype({"amount_fen": "Int64"}), table="punishments", actor=actor, clock=clock
    )  # fmt: skip
    by_event: dict[str, list[str]] = {}
    for case, step in taken:
        by_event.setdefault(step.event, []).append(case.punishment_id)
    for at, (event, cases) in enumerate(sorted(by_event.items())):
        workspace.ledger.append(
            f"{ACTION}.{event}",
            subject=cases[0] if len(cases) == 1 else call[:16],
            content={"cases": cases, "call": call},
            actor=actor,
            at=clock(),
            reason=taken[0][1].reason if len(taken) == 1 else "",
            idempotency_key=key if at == 0 else None,
        )


def _row(case: Case, step: CaseEvent) -> dict[str, object]:
    on: date = step.on
    return {
        "punishment_event_id": f"{case.punishment_id}-{len(case.events):03d}",
        "punishment_id": case.punishment_id,
        "entity_id": case.entity_id,
        "measure_id": case.measure_id,
        "listing_id": case.listing_id,
        "event": step.event,
        "department_code": step.department,
        "to_department": case.department,
        "reason": step.reason or None,
        "business_no": step.business_no or None,
        "amount_fen": step.amount_fen,
        "occurred_on": on,
        "known_at": on,
    }
