"""When a record is in force, by the law of its own date: cases a supervisor can read, under the shipped policy.

Each line: what was decided when, and the last day on which it still counts (None = until somebody ends it).
"""

from datetime import date, timedelta

import pandas as pd
import pytest

from engine.store.documents import load_policies
from engine.validity.own_ends import own_status
from engine.validity.publicity import PublicityRules
from engine.validity.records import event_relations, status_on
from tests import feature_world as world

RULES = PublicityRules.from_policies(load_policies())
FIRM = "uscc:1"
FAR = date(2060, 1, 1)

PENALTIES = [
    # decided, level, last day in force: reason
    (date(2019, 6, 1), "serious", date(2024, 5, 31)),  # Zhejiang 2017: five years
    (date(2021, 8, 31), "minor", date(2026, 8, 30)),  # the last day of the old rule
    (date(2021, 9, 1), "minor", date(2021, 11, 30)),  # SAMR Order 45: small fines three months
    (date(2021, 9, 1), "ordinary", date(2024, 8, 31)),  # and three years for the others
    (date(2023, 5, 1), "ordinary", date(2026, 4, 30)),  # NDRC Order 58 changes no length
    (date(2025, 12, 24), "ordinary", date(2028, 12, 23)),  # the last day of three years for ordinary ones
    (date(2025, 12, 25), "ordinary", date(2026, 12, 24)),  # SAMR Order 107: one year
    (date(2025, 12, 25), "serious", date(2028, 12, 24)),  # and three for serious ones
    (date(2026, 4, 1), "minor", date(2026, 6, 30)),  # NDRC Order 36: slight ones three months
    (date(2026, 4, 1), "ordinary", date(2027, 3, 31)),
    (date(2026, 4, 1), "serious", date(2029, 3, 31)),
    (date(2026, 4, 1), "none", date(2026, 6, 30)),  # a warning is not published; it counts as long as the mildest
]
LISTINGS = [
    (date(2019, 6, 1), "serious_violation", date(2024, 5, 31)),  # State Council Order 654: five years
    (date(2021, 9, 1), "serious_violation", date(2024, 8, 31)),  # SAMR Order 44: three years
    (date(2026, 4, 1), "serious_violation", date(2029, 3, 31)),
    (date(2016, 6, 1), "abnormal", None),  # until the duty is performed
    (date(2026, 4, 1), "judgment_defaulter", None),  # until the court removes it
]


@pytest.fixture(scope="module")
def ends():
    """Return (table, day, level) → first day on which it no longer counts and why, of every case at once."""
    engine = world.engine()
    engine.load(
        {
            "penalties": [penalty(day, level, f"{day} {level}") for day, level, _ in PENALTIES],
            "listings": [listing(day, kind, number=f"{day} {kind}") for day, kind, _ in LISTINGS],
            "repairs": [],
        }
    )
    tables = {name: engine.connection.table(name) for name in ("penalties", "listings", "repairs")}
    relations = event_relations(tables, rules=RULES)
    found = {}
    for table, level in (("penalties", "severity"), ("listings", "list_type")):
        for row in engine.connection.execute(relations[table]).to_dict("records"):
            until = None if pd.isna(row["in_force_until"]) else pd.Timestamp(row["in_force_until"]).date()
            key = (table, pd.Timestamp(row["occurred_on"]).date(), row[level])
            found[key] = (until, None if until is None else row["out_of_force_reason"])
    return found


def penalty(decided, level, number="p1"):
    return {
        "penalty_id": number, "entity_id": FIRM, "occurred_on": decided, "known_at": decided, "severity": level,
        "fine_fen": 1, "confiscated_fen": None, "publicity_end_on": None, "valid_until": None,
    }  # fmt: skip


def listing(day, list_type, *, event="listed", number="e1", listing_id=""):
    return {
        "listing_event_id": number, "listing_id": listing_id or number, "entity_id": FIRM, "occurred_on": day,
        "known_at": day,
        "list_type": list_type, "event": event,
    }  # fmt: skip


@pytest.mark.parametrize(("decided", "level", "last_day"), PENALTIES)
def test_a_penalty_counts_to_the_end_of_its_publicity_under_the_rule_of_its_day(ends, decided, level, last_day):
    assert ends["penalties", decided, level] == (last_day + timedelta(days=1), "publicity_over")


@pytest.mark.parametrize(("listed", "list_type", "last_day"), LISTINGS)
def test_a_listing_stands_for_its_term_or_until_removed(ends, listed, list_type, last_day):
    until = (None, None) if last_day is None else (last_day + timedelta(days=1), "publicity_over")

    assert ends["listings", listed, list_type] == until


def test_a_firm_leaves_the_list_on_the_day_of_its_removal_and_the_listing_stays_in_the_history():
    engine = world.engine()
    engine.load(
        {
            "listings": [
                listing(date(2026, 4, 1), "serious_violation", listing_id="l1"),
                listing(date(2027, 4, 1), "serious_violation", event="removed", number="e2", listing_id="l1"),
            ],
            "repairs": [],
        }
    )
    tables = {name: engine.connection.table(name) for name in ("listings", "repairs")}
    spans = event_relations(tables, rules=RULES)["listings"]

    (span,) = engine.connection.execute(status_on(spans, as_of=date(2027, 4, 1))).to_dict("records")

    assert (pd.Timestamp(span["ended_on"]).date(), span["status"]) == (date(2027, 4, 1), "in_force")


def test_every_date_on_which_the_rules_changed_is_in_the_policy():
    assert sorted(RULES.months) == [
        date(1949, 10, 1), date(2021, 9, 1), date(2023, 5, 1), date(2025, 12, 25), date(2026, 4, 1),
    ]  # fmt: skip


OWN_ENDS = [
    # table, the row's own words, first day on which it no longer stands, what it is called then
    ("licences", {"valid_until": date(2026, 6, 30)}, date(2026, 7, 1), "validity_over"),
    ("external_grades", {"valid_until": date(2026, 6, 30)}, date(2026, 7, 1), "validity_over"),
    ("relations", {"ended_on": date(2026, 6, 29)}, date(2026, 6, 30), "ended"),
    ("licences", {"valid_until": None}, None, ""),
]


@pytest.mark.parametrize(("table", "words", "gone", "called"), OWN_ENDS)
def test_licences_grades_and_links_end_on_their_own_day(table, words, gone, called):
    held = pd.DataFrame([{"occurred_on": date(2026, 1, 1), "known_at": date(2026, 1, 1), **words}])

    if gone is None:
        assert own_status(held, table=table, as_of=FAR)["status"].tolist() == ["in_force"]
    else:
        days = (gone - timedelta(days=1), gone)
        assert [own_status(held, table=table, as_of=day)["status"].item() for day in days] == ["in_force", called]


MATTERS = [
    ("punishments", "punishment_id", ["triggered", "applied", "released"]),
    ("objections", "objection_id", ["filed", "accepted", "maintained"]),
    ("referrals", "referral_id", ["sent", "received", "closed"]),
    ("rectifications", "rectification_id", ["ordered", "passed", "closed"]),
    ("warnings", "warning_id", ["raised", "confirmed", "dismissed"]),
]


@pytest.mark.parametrize(("table", "matter", "events"), MATTERS)
def test_a_matter_is_over_from_the_day_its_closing_is_known(table, matter, events):
    days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    known = [days[0], days[1], date(2026, 3, 9)]
    every = pd.DataFrame({matter: "m1", "event": events, "occurred_on": days, "known_at": known})

    def told(day):
        return own_status(every[every["known_at"] <= day], table=table, as_of=day)["status"].tolist()

    assert told(date(2026, 3, 8)) == ["in_force", "in_force"]
    assert told(date(2026, 3, 9)) == ["ended", "ended", "in_force"]


def test_other_tables_have_no_end_of_their_own():
    held = pd.DataFrame({"occurred_on": [date(2020, 1, 1)], "known_at": [date(2020, 1, 1)]})

    assert own_status(held, table="annual_reports", as_of=FAR)["status"].tolist() == ["in_force"]
