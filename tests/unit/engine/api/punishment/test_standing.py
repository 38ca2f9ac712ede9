"""How cases stand, all at once, is how each stands when its events are walked one by one."""

import itertools
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from engine.api.punishment.book import PunishmentBook, punishment_book
from engine.api.punishment.cases import cases, stalls
from engine.api.records.intake import ingest
from engine.api.workspace import open_workspace
from engine.outcomes.deadlines import calendar_of
from engine.outcomes.punishment import _FROM, FINAL, WAITS_FOR, Case
from engine.store.documents import load_policies
from tests.plan_world import BAO, at, write

BOOK = load_policies()
FIRST, LAST = date(2026, 1, 5), date(2026, 6, 30)
N_CASES = 120


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Cases that went every way the steps allow, over listings that stand, were lifted, repaired, ran out, or are not
    known."""
    folder = tmp_path_factory.mktemp("standing")
    rng = np.random.default_rng(4)
    listings, repairs, events = [], [], []
    for at_row in range(30):
        name, kind = f"L{at_row}", ("serious_violation", "abnormal")[at_row % 2]
        listed_on = (FIRST, date(2020, 2, 3))[at_row % 3 == 2]
        ends_on = FIRST + timedelta(days=int(rng.integers(30, 170)))
        listings.append(_listed(name, kind, "listed", listed_on))
        if at_row % 5 == 0:
            listings.append(_listed(name, kind, "removed", ends_on))
        if at_row % 5 == 1:
            repairs.append({"repair_id": f"R{at_row}", "entity_id": "reg:1", "target_table": "listings",
                            "target_id": name, "decision": "repaired", "organ_code": "S", "occurred_on": ends_on,
                            "known_at": ends_on + timedelta(days=2)})  # fmt: skip
        if at_row % 5 == 0:  # released on its last day, and a day after it
            days = {
                "triggered": FIRST,
                "pushed": FIRST,
                "release_pushed": ends_on + timedelta(days=1 + at_row // 5 % 2),
            }
            events += [_event(f"D{at_row:03d}", f"{n}", name, step, day) for n, (step, day) in enumerate(days.items())]
    for at_row in range(N_CASES):
        state, day = "", FIRST
        for step in range(int(rng.integers(1, 12))):
            following = [each for each, before in _FROM.items() if state in before]
            if not following:
                break
            state = str(rng.choice(following))
            events.append(
                _event(f"C{at_row:03d}", f"{step:02d}", f"L{at_row % 33}", state, day)
                | {
                    "measure_id": f"P0{1 + at_row % 9}", "department_code": ("SCJG", "WJW")[step % 2],
                    "to_department": (None, "WJW", "SW")[at_row % 3],
                    "amount_fen": 100 * step if state == "applied" and at_row % 2 else None,
                    "known_at": day + timedelta(days=int(rng.integers(0, 3))),
                }
            )  # fmt: skip
            day += timedelta(days=int(rng.integers(0, 25)))
    held = open_workspace(folder / "workspace", create=True)
    tables = (("listings", listings), ("repairs", repairs), ("punishments", events))
    ingest(held, [write(folder, name, pd.DataFrame(rows)) for name, rows in tables], actor=BAO, clock=at(LAST))
    return held


def _listed(name, kind, event, on):
    return {
        "listing_event_id": f"{name}-{event}", "listing_id": name, "entity_id": "reg:1", "list_type": kind,
        "event": event, "reason": "x", "organ_code": "S", "occurred_on": on, "known_at": on,
    }  # fmt: skip


def _event(case, number, listing, event, on):
    return {
        "punishment_event_id": f"{case}-{number}", "punishment_id": case, "entity_id": f"reg:{case}",
        "listing_id": listing, "measure_id": "P01", "event": event, "department_code": "SCJG", "to_department": "SCJG",
        "business_no": "B", "reason": "虚构", "amount_fen": None, "occurred_on": on, "known_at": on,
    }  # fmt: skip


def _ended(book: PunishmentBook, case: Case):
    listing = book.listings.get(case.listing_id)
    return listing if listing and listing.ends_on and listing.ends_on <= book.on else None


def _first(case: Case, event: str):
    return next((one.on for one in case.events if one.event == event), None)


def _due(book: PunishmentBook, case: Case):
    ended = _ended(book, case)
    return book.release_due(ended) if ended and _first(case, "pushed") else None


DAYS = (FIRST, date(2026, 3, 20), LAST, date(2027, 3, 1))


@pytest.mark.parametrize("on", DAYS)
def test_the_table_of_cases_is_the_walk_of_each(workspace, on):
    book = punishment_book(workspace, book=BOOK, on=on)
    found = cases(workspace, book=BOOK, as_of=on)

    assert list(found["punishment_id"]) == sorted(book.cases)
    for row in found.astype("object").where(found.notna(), None).to_dict("records"):
        case = book.cases[row["punishment_id"]]
        ended, due = _ended(book, case), _due(book, case)
        pushed = _first(case, "release_pushed")
        amounts = [each.amount_fen for each in case.events if each.amount_fen is not None]
        listing, measure = book.listings.get(case.listing_id), book.measures.get(case.measure_id)
        assert row == {
            "punishment_id": case.punishment_id, "entity_id": case.entity_id, "listing_id": case.listing_id,
            "list_type": listing.list_type if listing else None, "measure_id": case.measure_id,
            "measure": measure.name if measure else None,
            "business_field": measure.business_field if measure else None, "requester": case.requester,
            "department": case.department, "state": case.state, "triggered_on": case.events[0].on,
            "since": case.events[-1].on, **{
                f"n_{name}": sum(each.event == event for each in case.events)
                for name, event in (("hits", "hit"), ("applied", "applied"), ("declined", "declined"))
            },
            "amount_fen": sum(amounts) if amounts else None, "listing_ends_on": ended.ends_on if ended else None,
            "end_reason": ended.end_reason if ended else "", "release_due_on": due, "release_pushed_on": pushed,
            "released_on": _first(case, "released"),
            "is_release_late": None if due is None else (pushed or on) > due,
        }  # fmt: skip


def _next_due(case, on):
    """Last day of the next step with a limit whose step before was taken and that was not, nor a later one."""
    limits = {**BOOK.value("kpi.punishment_days", on=on), "received": BOOK.value("kpi.receipt_days", on=on)}
    acted = min(filter(None, (_first(case, "applied"), _first(case, "declined"))), default=None)
    days = {name: _first(case, name) for name in ("triggered", "basis_checked", "pushed", "received", "hit")}
    days |= {"acted": acted, "fed_back": _first(case, "fed_back")}
    if case.state == "release_pushed":
        days = {name: _first(case, name) for name in ("release_pushed", "released")}
    steps = list(days)
    for before, step in itertools.pairwise(steps):
        is_open = days[before] and not any(days[later] for later in steps[steps.index(step) :])
        if step in limits and is_open and not _first(case, "refused"):
            return calendar_of(BOOK, on=on).after(days[before], limits[step]).on
    return None


@pytest.mark.parametrize("on", DAYS)
def test_who_has_to_act_follows_from_where_each_case_stands(workspace, on):
    book = punishment_book(workspace, book=BOOK, on=on)
    wanted = {}
    for case in book.cases.values():
        ended, due = _ended(book, case), _due(book, case)
        waits, is_own = WAITS_FOR.get(case.state, (None, False))
        if ended and case.state != "release_pushed":
            waits, is_own = "its release is pushed", False
        else:
            due = _next_due(case, on) if not ended or case.state == "release_pushed" else None
        if waits is None or case.state in FINAL:
            continue
        since = ended.ends_on if due and waits == "its release is pushed" else case.events[-1].on
        late = max(0, (on - due).days) if due else 0
        who = case.department if is_own else case.requester
        wanted[case.punishment_id] = (who, case.state, waits, since, (on - since).days, due, late)
    found = stalls(workspace, book=BOOK, as_of=on)
    shown = found.astype("object").where(found.notna(), None).assign(waits_for=[w.template for w in found["waits_for"]])
    order = list(zip(-found["days_late"], -found["days"], found["punishment_id"], strict=True))

    columns = ["department", "state", "waits_for", "since", "days", "due_on", "days_late"]
    assert dict(zip(shown["punishment_id"], shown[columns].itertuples(index=False, name=None), strict=True)) == wanted
    assert order == sorted(order)
    assert on != LAST or len({row[2] for row in wanted.values()}) >= 5
