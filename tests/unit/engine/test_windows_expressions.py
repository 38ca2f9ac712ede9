"""The expressions of :mod:`engine.windows` say the same as its dates."""

from datetime import date, timedelta

import ibis

from engine.windows import add_months, is_known, move_months


def test_months_move_alike_in_expressions_and_dates():
    days = [date(2023, 12, 25) + timedelta(days=n) for n in range(100)]
    table = ibis.memtable({"day": days})
    columns = {f"m{months}": move_months(table.day, months=months) for months in (-36, -6, 0, 1, 12)}

    moved = ibis.duckdb.connect().execute(table.mutate(**columns))

    for months in (-36, -6, 0, 1, 12):
        assert moved[f"m{months}"].dt.date.tolist() == [add_months(day, months) for day in days]


def test_a_version_is_known_from_its_own_day_until_the_next_version_s():
    first, second = date(2022, 1, 1), date(2022, 2, 1)
    versions = ibis.memtable({"known_at": [first, second], "superseded_at": [second, None]}).cast(
        {"superseded_at": "date"}
    )
    execute = ibis.duckdb.connect().execute

    known = {
        day: execute(versions.filter(is_known(versions, on=day)))["known_at"].dt.date.tolist()
        for day in (date(2021, 12, 31), first, date(2022, 1, 31), second)
    }

    assert known == {date(2021, 12, 31): [], first: [first], date(2022, 1, 31): [first], second: [second]}
