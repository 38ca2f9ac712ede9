from datetime import date, timedelta

import pytest

from engine.features.labels import Grain, LabelStatus, eve_rows, label_outcomes, outcomes
from engine.vocabulary import SelectionMode
from engine.windows import LabelWindow
from tests import feature_world as world

FIRM = "uscc:1"
UNTIL = date(2023, 12, 31)
ROUTINE = (SelectionMode.RANDOM, SelectionMode.SCHEDULED)


def check(day, result, *, number, mode="scheduled", item="i1", probability=None, known=None, visit=None):
    return {
        "inspection_id": number,
        "visit_id": visit or number,
        "entity_id": FIRM,
        "occurred_on": day,
        "known_at": known or day,
        "item_code": item,
        "selection_mode": mode,
        "inclusion_probability": probability,
        "result_codes": result,
        "violations_critical": None,
        "violations_major": None,
        "violations_minor": None,
        "severity_score": None,
    }


def found(rows, *, known_until=UNTIL, modes=ROUTINE, grain=Grain.ENTITY_DAY):
    engine = world.engine()
    engine.load({"inspections": rows})
    return outcomes(engine.connection.table("inspections"), modes=modes, known_until=known_until, grain=grain)


def labelled(rows, as_of, *, known_until=UNTIL, first_only=False, lag=0, **options):
    engine = world.engine()
    table = found(rows, known_until=known_until, **options)
    engine.fill("spine", [{"entity_id": FIRM, "as_of": as_of}], world.SPINE)
    labels = label_outcomes(
        engine.connection.table("spine"),
        table,
        window=LabelWindow(6, lag),
        known_until=known_until,
        first_only=first_only,
    )
    return engine.connection.execute(labels).sort_values("occurred_on").to_dict("records")


def statuses(rows):
    return [(row["label_status"], None if row["label"] != row["label"] else row["label"]) for row in rows]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2022, 1, 31), LabelStatus.NOT_INSPECTED),
        (date(2022, 2, 1), LabelStatus.KNOWN),
        (date(2022, 7, 31), LabelStatus.KNOWN),
        (date(2022, 8, 1), LabelStatus.NOT_INSPECTED),
    ],
)
def test_the_window_begins_after_as_of_and_holds_its_last_day(day, expected):
    rows = labelled([check(day, "corrected", number="a")], date(2022, 1, 31))

    assert [row["label_status"] for row in rows] == [expected]


def test_an_open_window_gives_no_label_even_when_something_was_found():
    finding = [check(date(2022, 3, 1), "corrected", number="a")]

    closed = labelled(finding, date(2022, 1, 31), known_until=date(2022, 8, 30), lag=30)
    still_open = labelled(finding, date(2022, 1, 31), known_until=date(2022, 8, 29), lag=30)

    assert statuses(closed) == [(LabelStatus.KNOWN, 1)]
    assert statuses(still_open) == [(LabelStatus.WINDOW_OPEN, None)]


def test_directed_checks_make_no_label():
    rows = labelled([check(date(2022, 3, 1), "corrected", number="a", mode="directed")], date(2022, 1, 31))

    assert statuses(rows) == [(LabelStatus.NOT_INSPECTED, None)]


def test_a_firm_without_the_activity_is_not_a_clean_one():
    rows = labelled([check(date(2022, 3, 1), "no_activity", number="a")], date(2022, 1, 31))

    assert statuses(rows) == [(LabelStatus.NOT_ASSESSABLE, None)]


def test_the_first_assessable_visit_decides_when_only_the_first_counts():
    history = [
        check(date(2022, 2, 10), "no_activity", number="a"),
        check(date(2022, 3, 1), "no_problem", number="b"),
        check(date(2022, 4, 1), "corrected", number="c"),
    ]

    first = labelled(history, date(2022, 1, 31), first_only=True)
    every = labelled(history, date(2022, 1, 31))

    assert statuses(first) == [(LabelStatus.KNOWN, 0)]
    assert [row["label"] for row in every if row["label"] == row["label"]] == [0, 1]


def test_several_items_are_one_outcome_by_day_and_several_by_item():
    day = date(2022, 3, 1)
    history = [
        check(day, "no_problem", number="a", item="i1", mode="random", probability=0.1, visit="v"),
        check(day, "corrected", number="b", item="i2", mode="random", probability=0.25, visit="v"),
    ]
    execute = world.engine().connection.execute

    by_day = execute(found(history)).iloc[0]
    by_item = execute(found(history, grain=Grain.ENTITY_ITEM)).sort_values("item_code")

    assert (by_day["label"], by_day["n_items"], by_day["n_adverse"], by_day["weight"]) == (1, 2, 1, 4.0)
    assert by_item["label"].tolist() == [0, 1]
    assert by_item["weight"].tolist() == [10.0, 4.0]


def test_a_result_known_after_the_split_is_no_label():
    late = check(date(2022, 3, 1), "corrected", number="a", known=UNTIL + timedelta(days=1))

    assert statuses(labelled([late], date(2022, 1, 31))) == [(LabelStatus.NOT_INSPECTED, None)]


def test_the_eve_is_the_day_before_the_inspection():
    rows = world.engine().connection.execute(eve_rows(found([check(date(2022, 3, 1), "corrected", number="a")])))

    assert rows["as_of"].dt.date.tolist() == [date(2022, 2, 28)]
    assert rows["label"].tolist() == [1]
