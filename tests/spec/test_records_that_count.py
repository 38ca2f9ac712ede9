"""From when and until when a record counts: cases a supervisor can read.

Each case is a small history of one firm and the value of one feature on some dates.
"""

from datetime import date, timedelta

import pytest

from tests import feature_world as world

FIRM = "uscc:1"


def penalty(decided, *, known=None, severity="ordinary", penalty_id="p1", **dates):
    return {
        "penalty_id": penalty_id,
        "entity_id": FIRM,
        "occurred_on": decided,
        "known_at": known or decided,
        "severity": severity,
        "fine_fen": 100_000,
        "confiscated_fen": None,
        "publicity_end_on": dates.get("publicity_end_on"),
        "valid_until": dates.get("valid_until"),
    }


def repair(decided, *, known=None, target=("penalties", "p1"), decision="repaired", repair_id="r1"):
    return {
        "repair_id": repair_id,
        "entity_id": FIRM,
        "occurred_on": decided,
        "known_at": known or decided,
        "target_table": target[0],
        "target_id": target[1],
        "decision": decision,
    }


def listing(event, day, *, known=None, number="e1", list_type="abnormal"):
    return {
        "listing_event_id": number,
        "listing_id": "l1",
        "entity_id": FIRM,
        "occurred_on": day,
        "known_at": known or day,
        "list_type": list_type,
        "event": event,
    }


def complaint(day, *, known=None, is_substantiated=None):
    return {
        "complaint_id": "c1",
        "entity_id": FIRM,
        "occurred_on": day,
        "known_at": known or day,
        "is_substantiated": is_substantiated,
    }


def on_dates(feature, dates, **histories):
    tables = {"penalties": [], "listings": [], "complaints": [], "repairs": []} | histories
    found = world.engine().features(tables, [(FIRM, day) for day in dates], (feature,))
    return [found[FIRM, day][feature] for day in dates]


def test_a_penalty_counts_from_the_day_it_is_known_not_from_the_day_it_was_decided():
    decided, known = date(2022, 3, 1), date(2022, 4, 10)

    values = on_dates("penalties_count_36m", [date(2022, 4, 9), known], penalties=[penalty(decided, known=known)])

    assert values == [0, 1]


@pytest.mark.parametrize("decision", ["repaired", "revoked", "corrected", "withdrawn"])
def test_a_penalty_counts_zero_from_the_day_its_repair_is_known_and_not_before(decision):
    dates = [date(2023, 5, 9), date(2023, 5, 10), date(2024, 1, 1)]
    repairs = [repair(date(2023, 5, 2), known=date(2023, 5, 10), decision=decision)]

    values = on_dates("penalties_fine_sum_36m", dates, penalties=[penalty(date(2022, 3, 1))], repairs=repairs)

    assert values == [1000, 0, 0]


def test_a_repair_that_is_corrected_to_another_penalty_brings_the_first_one_back_and_changes_no_past():
    dates = [date(2022, 12, 31), date(2023, 1, 10), date(2023, 2, 28), date(2023, 3, 1), date(2023, 9, 1)]
    penalties = [penalty(date(2022, 3, 1)), penalty(date(2022, 6, 1), penalty_id="p2", severity="serious")]
    repairs = [repair(date(2023, 1, 10)), repair(date(2023, 1, 10), known=date(2023, 3, 1), target=("penalties", "p2"))]

    ordinary = on_dates("penalties_ordinary_36m", dates, penalties=penalties, repairs=repairs)
    serious = on_dates("penalties_serious_36m", dates, penalties=penalties, repairs=repairs)

    assert ordinary == [1, 0, 0, 1, 1]
    assert serious == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("decided", "severity", "last_day", "expected"),
    [
        (date(2021, 8, 31), "minor", date(2026, 8, 29), [1, 1]),
        (date(2021, 9, 1), "minor", date(2021, 11, 30), [1, 0]),
        (date(2021, 9, 1), "none", date(2021, 11, 30), [1, 0]),
        (date(2021, 11, 30), "minor", date(2022, 2, 27), [1, 0]),
        (date(2019, 1, 1), "serious", date(2023, 12, 31), [1, 0]),
        (date(2021, 9, 1), "serious", date(2024, 8, 31), [1, 0]),
    ],
)
def test_publicity_ends_by_the_rule_of_the_decision_date(decided, severity, last_day, expected):
    dates = [last_day, last_day + timedelta(days=1)]

    values = on_dates("penalties_count_60m", dates, penalties=[penalty(decided, severity=severity)])

    assert values == expected


def test_the_record_s_own_last_day_of_publicity_or_validity_shortens_the_rule_and_never_lengthens_it():
    shorter = penalty(date(2022, 1, 1), publicity_end_on=date(2022, 6, 30), valid_until=date(2099, 12, 31))
    longer = penalty(date(2022, 1, 1), severity="minor", penalty_id="p2", publicity_end_on=date(2023, 12, 31))

    values = on_dates(
        "penalties_count_60m",
        [date(2022, 3, 31), date(2022, 4, 1), date(2022, 6, 30), date(2022, 7, 1)],
        penalties=[shorter, longer],
    )

    assert values == [2, 1, 1, 0]


def test_a_firm_is_on_the_list_until_its_removal_is_known_and_the_history_remembers():
    dates = [date(2022, 1, 31), date(2022, 2, 1), date(2022, 10, 9), date(2022, 10, 10)]
    listings = [
        listing("listed", date(2022, 2, 1)),
        listing("removed", date(2022, 10, 1), known=date(2022, 10, 10), number="e2"),
    ]

    is_open = on_dates("listings_abnormal_open", dates, listings=listings)
    history = on_dates("listings_abnormal_36m", dates, listings=listings)

    assert is_open == [0, 1, 1, 0]
    assert history == [0, 1, 1, 1]


def test_a_repaired_listing_leaves_the_history_too():
    dates = [date(2022, 12, 31), date(2023, 1, 1)]
    repairs = [repair(date(2023, 1, 1), target=("listings", "l1"))]

    values = on_dates("listings_abnormal_36m", dates, listings=[listing("listed", date(2022, 2, 1))], repairs=repairs)

    assert values == [1, 0]


def test_a_complaint_becomes_proven_only_when_the_finding_is_known():
    complaints = [
        complaint(date(2022, 5, 1)),
        complaint(date(2022, 5, 1), known=date(2022, 8, 1), is_substantiated=True),
    ]

    values = on_dates(
        "complaints_substantiated_12m", [date(2022, 5, 1), date(2022, 7, 31), date(2022, 8, 1)], complaints=complaints
    )

    assert values == [0, 0, 1]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [(date(2022, 2, 28), 1), (date(2022, 8, 30), 1), (date(2022, 8, 31), 0)],
)
def test_a_window_of_twelve_months_is_open_at_its_start_and_closed_at_its_end(as_of, expected):
    values = on_dates("complaints_count_12m", [as_of], complaints=[complaint(date(2021, 8, 31))])

    assert values == [expected]


def test_a_source_that_is_there_and_holds_nothing_counts_zero_and_one_that_is_not_there_is_unknown():
    as_of = date(2022, 1, 1)
    empty = world.engine().features({"complaints": []}, [(FIRM, as_of)], ("complaints_count_12m",))
    absent = world.engine().features({"penalties": []}, [(FIRM, as_of)], ("complaints_count_12m",))
    never = world.engine().features({"complaints": []}, [(FIRM, as_of)], ("complaints_days_since_last",))

    assert empty[FIRM, as_of] == {"complaints_count_12m": 0}
    assert absent[FIRM, as_of] == {"complaints_count_12m": None}
    assert never[FIRM, as_of] == {"complaints_days_since_last": None}
