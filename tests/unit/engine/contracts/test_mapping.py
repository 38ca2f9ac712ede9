import pytest
import yaml

from engine.contracts.mapping import DistinctBy, Lookup, mapping_of
from engine.errors import MappingFormError

BLOCK = "input: f.csv\ncolumns: {entity_id: id}\n"


def read(text):
    return mapping_of({"tables": {"entities": yaml.safe_load(text)}}, name="m", digest="0")


def test_a_block_is_read_with_all_its_keys():
    (block,) = read(
        BLOCK + "filter: {is_null: id}\nversion_by: released\ndistinct_by: {columns: [entity_id], "
        "keep: {highest: [known_at]}}\n"
        "lookup: {input: g.csv, with: {id: key}, take: [name]}\n"
    ).tables

    assert block.distinct_by == DistinctBy(("entity_id",), (("known_at", "DESC"),))
    assert block.lookups == (Lookup("g.csv", {"id": "key"}, {"name": "name"}),)
    assert (block.known_at, block.known_at_days) == ("released", 0)


def test_a_table_may_have_several_blocks():
    blocks = mapping_of({"tables": {"entities": [yaml.safe_load(BLOCK)] * 2}}, name="m", digest="0").tables

    assert len(blocks) == 2


def test_a_publication_lag_is_stated():
    (block,) = read(BLOCK + "known_at: {from: day, plus_days: 20}\n").tables

    assert (block.known_at, block.known_at_days) == ("day", 20)


@pytest.mark.parametrize(
    "text",
    [
        "columns: {}\n",
        "input: f.csv\ncolumns: entity_id\n",
        BLOCK + "filtre: x\n",
        BLOCK + "version_by: a\nknown_at: b\n",
        BLOCK + "distinct_by: {columns: [a], keep: {first: [b]}}\n",
        BLOCK + "aggregate: {by: [a], measures: {n: {median: a}}}\n",
        BLOCK + "lookup: {input: g.csv}\n",
    ],
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(MappingFormError):
        read(text)


@pytest.mark.parametrize("document", [{}, [], {"tables": {}}, {"tables": []}])
def test_a_mapping_without_tables_is_refused(document):
    with pytest.raises(MappingFormError):
        mapping_of(document, name="m", digest="0")
