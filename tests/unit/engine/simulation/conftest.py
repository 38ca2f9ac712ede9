"""One small city, made once for all tests of the simulation."""

from datetime import date

import pandas as pd
import pytest

from engine.simulation.city import City, simulate_city
from engine.simulation.layout import plain


@pytest.fixture(scope="session")
def city() -> City:
    return simulate_city(n_entities=8_000, years=4, last_day=date(2025, 9, 30), seed=11)


@pytest.fixture(scope="session")
def tables(city: City) -> dict[str, pd.DataFrame]:
    read = {name: plain(table, name).to_pandas() for name, table in city.tables.items()}
    for table in read.values():
        for column in ("occurred_on", "known_at"):
            table[column] = pd.to_datetime(table[column])
    return read
