from datetime import date

import numpy as np

from engine.simulation.span import Span
from engine.simulation.workdays import Workdays


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[D]")


def test_holidays_and_weekends_are_no_workdays():
    days = set(Workdays.spanning(np.datetime64("2024-01-01"), np.datetime64("2024-12-31")).days.astype(str))

    assert {"2024-01-02", "2024-09-30", "2024-10-08"} <= days
    assert not days & {"2024-01-01", "2024-02-12", "2024-10-01", "2024-10-04", "2024-06-15"}


def test_shift_counts_working_days():
    workdays = Workdays.spanning(np.datetime64("2024-01-01"), np.datetime64("2024-12-31"))

    shifted = workdays.shift(dates("2024-09-30", "2024-09-28"), np.array([1, 0]))

    assert shifted.astype(str).tolist() == ["2024-10-08", "2024-09-30"]


def test_pick_stays_inside():
    workdays = Workdays.spanning(np.datetime64("2024-01-01"), np.datetime64("2024-12-31"))
    picked = workdays.pick(dates("2024-03-04"), dates("2024-03-08"), np.linspace(0, 0.999, 50))

    assert set(picked.astype(str)) == {f"2024-03-0{day}" for day in range(4, 9)}


def test_quarters_cover_the_span_without_gaps():
    span = Span.ending(date(2025, 8, 15), years=2)
    quarters = span.quarters()

    assert [name for name, _, _ in quarters] == [
        "2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3",
    ]  # fmt: skip
    assert str(span.first_day) == "2023-08-16" == str(quarters[0][1])
    assert all(after[1] == before[2] + 1 for before, after in zip(quarters, quarters[1:], strict=False))
    assert span.truth_years.tolist() == [2023, 2024, 2025, 2026, 2027]
