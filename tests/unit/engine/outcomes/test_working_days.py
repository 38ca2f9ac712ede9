"""Working days against the official notices of 2024 to 2026, and deadlines across Spring Festival."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PolicyInconsistentError
from engine.outcomes.deadlines import PUBLISH_RESULT, clocks, deadline, due
from engine.outcomes.working_days import CALENDAR, HOURS, WorkingDays, working_days_of
from engine.store.documents import load_policies

BOOK = load_policies()
CALENDAR_OF_CHINA = WorkingDays()


def span(first, last):
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=k) for k in range((end - start).days + 1)]


# 国办发明电〔2023〕7号, 国办发明电〔2024〕12号, 国办发明电〔2025〕7号
OFF = {
    2024: [("01-01", "01-01"), ("02-10", "02-17"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-10", "06-10"),
           ("09-15", "09-17"), ("10-01", "10-07")],
    2025: [("01-01", "01-01"), ("01-28", "02-04"), ("04-04", "04-06"), ("05-01", "05-05"), ("05-31", "06-02"),
           ("10-01", "10-08")],
    2026: [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
           ("09-25", "09-27"), ("10-01", "10-07")],
}  # fmt: skip
MAKE_UP = {
    2024: ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_of_the_official_years(year):
    off = {day for first, last in OFF[year] for day in span(f"{year}-{first}", f"{year}-{last}")}
    made_up = {date.fromisoformat(f"{year}-{day}") for day in MAKE_UP[year]}
    for day in span(f"{year}-01-01", f"{year}-12-31"):
        expected = day in made_up or (day.weekday() < 5 and day not in off)
        assert CALENDAR_OF_CHINA.is_working(day) == expected, day


def test_twenty_working_days_across_spring_festival_2026():
    """Check of Monday 2 February 2026: 14 and 28 February are made up, 15 to 23 February are off."""
    until, reference = deadline(BOOK, PUBLISH_RESULT, event=date(2026, 2, 2), on=date(2026, 2, 3))

    # 3-6 Feb (4), 9-14 Feb (10), 24-28 Feb (15), 2-6 March (20)
    assert (until.on, until.is_provisional) == (date(2026, 3, 6), False)
    assert "20 working days" in reference


def test_a_deadline_in_2027_is_provisional_until_its_holidays_are_entered():
    entered = working_days_of({"off": [date(2027, 1, 1)], "on": [], "years": [2027]})

    assert CALENDAR_OF_CHINA.after(date(2026, 12, 21), 20).is_provisional
    assert CALENDAR_OF_CHINA.after(date(2026, 12, 21), 5) == CALENDAR_OF_CHINA.after(date(2026, 12, 21), 5)
    assert not CALENDAR_OF_CHINA.after(date(2026, 12, 21), 5).is_provisional
    later = entered.after(date(2026, 12, 31), 1)
    assert (later.on, later.is_provisional) == (date(2027, 1, 4), False)
    assert CALENDAR_OF_CHINA.after(date(2026, 12, 31), 1).on == date(2027, 1, 1)


def test_calendar_days_that_end_on_a_holiday_end_on_the_next_working_day():
    assert CALENDAR_OF_CHINA.after(date(2026, 2, 12), 3, unit=CALENDAR).on == date(2026, 2, 24)
    assert CALENDAR_OF_CHINA.after(date(2026, 3, 2), 3, unit=CALENDAR).on == date(2026, 3, 5)
    assert CALENDAR_OF_CHINA.after(date(2026, 2, 14), 24, unit=HOURS).on == date(2026, 2, 15)


def test_every_clock_has_one_limit_and_what_is_late_says_by_how_much():
    names = clocks(BOOK)
    for name in names:
        until, reference = deadline(BOOK, name, event=date(2026, 4, 8), on=date(2026, 4, 8))
        assert until.on > date(2026, 4, 8) and reference
    late = due(BOOK, PUBLISH_RESULT, subject="R1", department="SCJG", event=date(2026, 2, 2), as_of=date(2026, 3, 9))

    assert len(names) == 22
    assert late.is_overdue and late.days_late == 3


@given(st.dates(date(2010, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_a_limit_holds_exactly_so_many_working_days(event, n):
    until = CALENDAR_OF_CHINA.after(event, n)
    passed = [event + timedelta(days=k) for k in range(1, (until.on - event).days + 1)]

    assert sum(map(CALENDAR_OF_CHINA.is_working, passed)) == n
    assert not passed or CALENDAR_OF_CHINA.is_working(until.on)


@pytest.mark.parametrize("value", [{"off": ["2027-01-01"]}, {"off": [date(2027, 1, 1)], "on": [date(2027, 1, 1)]}])
def test_a_calendar_that_contradicts_itself_is_refused(value):
    with pytest.raises(PolicyInconsistentError, match="2027-01-01"):
        working_days_of(value)


def test_a_unit_that_cannot_be_counted_is_refused():
    with pytest.raises(PolicyInconsistentError, match="fortnights"):
        CALENDAR_OF_CHINA.after(date(2026, 1, 5), 2, unit="fortnights")
