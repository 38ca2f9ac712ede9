from datetime import date

import pytest

from engine.errors import UsageError
from models.judging.windows import named_windows, windows_between


def test_windows_follow_each_other_and_are_over_by_the_last_day():
    windows = windows_between(date(2024, 1, 1), date(2024, 3, 30), days=30)
    assert [window.name for window in windows] == [
        "2024-01-01..2024-01-30",
        "2024-01-31..2024-02-29",
        "2024-03-01..2024-03-30",
    ]
    assert len(windows_between(date(2024, 1, 1), date(2024, 3, 29), days=30)) == 2


def test_no_window_fits():
    with pytest.raises(UsageError, match="2024-01-29"):
        windows_between(date(2024, 1, 1), date(2024, 1, 29), days=30)


def test_named_windows_come_in_order_of_time():
    names = ["2024-03-01..2024-03-31", "2024-01-01..2024-02-29"]
    assert [window.name for window in named_windows(names)] == names[::-1]


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-01"],
        ["yesterday..today"],
        ["2024-02-01..2024-01-01"],
        ["2024-01-01..2024-01-31", "2024-01-31..2024-02-01"],
    ],
)
def test_what_is_no_window_or_overlaps_is_named(texts):
    with pytest.raises(UsageError, match=texts[-1]):
        named_windows(texts)
