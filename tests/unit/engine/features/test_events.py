from datetime import date, timedelta

import ibis
import pytest

from engine.features.events import age_months
from engine.windows import add_months


@pytest.mark.parametrize(
    "as_of", [date(2024, 2, 29), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30), date(2023, 12, 1)]
)
def test_age_in_months_is_the_smallest_window_that_holds_the_day(as_of):
    days = [as_of - timedelta(days=back) for back in range(800)]
    table = ibis.memtable({"as_of": [as_of] * len(days), "day": days})

    ages = ibis.duckdb.connect().execute(table.mutate(age=age_months(table.as_of, table.day)))

    for day, age in zip(ages["day"].dt.date, ages["age"], strict=True):
        assert add_months(as_of, -int(age)) < day
        assert age == 1 or add_months(as_of, -int(age) + 1) >= day
