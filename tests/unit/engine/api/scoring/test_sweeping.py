"""The sweep over held relations: entities that no register names, and features of a list of one's own."""

from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from engine.api.scoring.sweeping import Sweep
from engine.features.registry import FEATURES
from engine.features.settings import DecayBand, FeatureParameters

PARAMETERS = FeatureParameters(decay=(DecayBand(12, 1.0),), entity_prior_strength=10.0, peer_prior_strength=50.0)
WANTED = [f for f in FEATURES if f.name in ("complaints_count_12m", "penalties_count_12m", "entity_capital")]
ON = date(2024, 5, 1)
AS_OF = date(2024, 6, 30)


class Held:
    """What the sweep asks of a warehouse, over a connection of its own."""

    def __init__(self) -> None:
        self.connection = ibis.duckdb.connect()

    def hold(self, name: str, rows: ibis.Table) -> ibis.Table:
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")
        return self.connection.table(name)

    def execute_sql(self, sql: str) -> pd.DataFrame:
        return self.connection.con.execute(sql).df()

    def execute_arrow(self, sql: str) -> pa.Table:
        return self.connection.con.execute(sql).to_arrow_table()

    def put(self, name: str, columns: dict[str, list], kinds: dict[str, str]) -> ibis.Table:
        return self.connection.create_table(name, pa.table(columns, schema=ibis.schema(kinds).to_pyarrow()))


STAMPS = {"entity_id": "string", "occurred_on": "date", "known_at": "date", "superseded_at": "date"}


def stamped(ids: list[str | None]) -> dict[str, list]:
    return {
        "entity_id": ids,
        "occurred_on": [ON] * len(ids),
        "known_at": [ON] * len(ids),
        "superseded_at": [None] * len(ids),
    }


@pytest.fixture
def held() -> Held:
    return Held()


def relations(held: Held) -> dict[str, ibis.Table]:
    """Return a register of b and c, penalties of d and c, complaints of a, d and nobody."""
    entities = stamped(["b", "c"]) | {
        "population": ["enterprise"] * 2, "status": ["active"] * 2, "registered_capital_fen": [100, 200],
    }  # fmt: skip
    kinds = STAMPS | {"population": "string", "status": "string", "registered_capital_fen": "int64"}
    penalties = stamped(["d", "c"]) | {
        "penalty_id": ["p1", "p2"], "severity": ["none"] * 2, "fine_fen": [0, 0], "confiscated_fen": [0, 0],
    }  # fmt: skip
    of_penalties = STAMPS | {
        "penalty_id": "string", "severity": "string", "fine_fen": "int64", "confiscated_fen": "int64",
    }  # fmt: skip
    complaints = stamped(["a", "d", None, "a"]) | {
        "complaint_id": ["c1", "c2", "c3", "c4"], "is_substantiated": [True, None, True, False],
    }  # fmt: skip
    of_complaints = STAMPS | {"complaint_id": "string", "is_substantiated": "boolean"}
    return {
        "entities": held.put("event_entities", entities, kinds),
        "penalties": held.put("event_penalties", penalties, of_penalties),
        "complaints": held.put("event_complaints", complaints, of_complaints),
    }


def test_records_of_entities_that_the_register_does_not_name_count(held: Held) -> None:
    sweep = Sweep(held, relations(held), features=WANTED)
    ids = ["a", "b", "c", "d", "nobody"]
    held.put("spine", {"entity_id": ids, "as_of": [AS_OF] * 5}, {"entity_id": "string", "as_of": "date"})

    table = sweep.features("spine", parameters=PARAMETERS).set_index("entity_id")

    assert table["complaints_count_12m"].to_dict() == {"a": 2, "b": 0, "c": 0, "d": 1, "nobody": 0}
    assert table["penalties_count_12m"].to_dict() == {"a": 0, "b": 0, "c": 1, "d": 1, "nobody": 0}
    assert table["entity_capital"].dropna().to_dict() == {"b": 1.0, "c": 2.0}


def test_only_what_the_features_read_is_read(held: Held) -> None:
    sweep = Sweep(held, relations(held), features=WANTED[:1])

    assert len(WANTED) == 3
    assert set(sweep._records) == {WANTED[0].source}
    assert not sweep._records[WANTED[0].source].columns
