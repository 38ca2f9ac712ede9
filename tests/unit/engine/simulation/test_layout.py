from importlib.resources import files

import numpy as np
import pyarrow as pa
import pytest
import yaml

from engine.errors import SchemaMismatchError
from engine.simulation.layout import SCHEMAS, coded, contract_table, days, joined, numbered, plain, rank_in_group
from engine.simulation.workdays import FAR

LOGICAL = {"string": "string", "integer": "int64", "number": "double", "date": "date32[day]", "boolean": "bool"}


@pytest.mark.parametrize("table", SCHEMAS)
def test_columns_and_types_are_those_of_the_contract(table: str):
    contract = yaml.safe_load((files("data_contracts") / "sources" / f"{table}.yaml").read_text(encoding="utf-8"))
    declared = {p["name"]: LOGICAL[p["logicalType"]] for p in contract["schema"][0]["properties"]}

    assert {field.name: str(field.type) for field in SCHEMAS[table]} == declared


def test_a_table_with_a_column_too_many_is_refused():
    with pytest.raises(SchemaMismatchError, match="colour"):
        contract_table("recusals", dict.fromkeys([*SCHEMAS["recusals"].names, "colour"], []))


def test_negative_index_is_null_and_plain_decodes():
    columns = {name: pa.array(["x", "y"]) for name in SCHEMAS["recusals"].names}
    columns["reason"] = coded(np.array([1, -1]), ("first", "second"))
    columns["occurred_on"] = columns["known_at"] = days(np.array([np.datetime64("2024-01-01"), FAR]))

    table = plain(contract_table("recusals", columns), "recusals")

    assert table.schema == SCHEMAS["recusals"]
    assert table["reason"].to_pylist() == ["second", None]
    assert table["occurred_on"].to_pylist()[1] is None


def test_texts_join_and_pad():
    assert joined("CF", numbered(np.array([7, 123]), 5)).to_pylist() == ["CF00007", "CF00123"]


def test_rank_in_group_counts_earlier_rows():
    assert rank_in_group(np.array([5, 2, 5, 5, 2])).tolist() == [0, 0, 1, 2, 1]
    assert rank_in_group(np.array([], np.int64)).tolist() == []
