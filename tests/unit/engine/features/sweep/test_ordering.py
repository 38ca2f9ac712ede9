"""Rows in any order come out by entity, day and identifier, and rows of one event carry one number."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.source import Source
from engine.features.sweep.ordering import packed, records_from_arrow
from engine.features.sweep.sorting import number_events
from engine.features.sweep.tables import ABSENT, NARROW_ABSENT

START = date(2020, 1, 1)
GROUPED = Source("visits", (), lambda table: table, is_grouped=True)
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.sampled_from(["", "a", "ab", "b", "é", "z9", "z10"])),
    max_size=120,
)


def table(rows: list[tuple[int, int, str]]) -> pa.Table:
    days = pa.array([START + timedelta(days=day) for _, day, _ in rows], pa.date32())
    entity = pa.array([entity for entity, _, _ in rows], pa.int32())
    ids = pa.array([identifier for _, _, identifier in rows], pa.string())
    known = pa.array([START + timedelta(days=number) for number in range(len(rows))], pa.date32())
    stamps = {"occurred_on": days, "known_at": known, "until": days}
    return pa.table({"entity": entity, "event_id": ids, **stamps})


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_rows_come_by_entity_day_and_identifier_and_equal_identifiers_are_one_event(rows) -> None:
    held = records_from_arrow(table(rows), source=GROUPED, n_entities=4)

    taken = held.known - (START - date(1970, 1, 1)).days  # known_at tells which row it was
    assert [rows[row] for row in taken] == sorted(rows, key=lambda row: (row[0], row[1], row[2].encode()))
    assert held.starts.tolist() == [sum(row[0] < entity for row in rows) for entity in range(5)]
    for one in range(len(rows)):
        for other in range(one):
            (entity, _, own), (peer, _, its) = rows[taken[one]], rows[taken[other]]
            if entity == peer:
                is_one_event = held.event[one] == held.event[other] and held.event[one] >= 0
                assert is_one_event == (own == its)


def test_two_identifiers_with_one_hash_stay_two_events() -> None:
    ids = pa.array(["a", "b", "a", "b"] * 10, pa.large_string())
    _, offsets, text = ids.buffers()
    order, event = np.arange(40, dtype=np.int32), np.full(40, -1, np.int32)

    n = number_events(
        np.array([0, 40]), order, np.zeros(40, np.uint64), np.frombuffer(offsets, np.int64),
        np.frombuffer(text, np.uint8), event,
    )  # fmt: skip

    assert n == 2
    assert len(set(event[::2])) == len(set(event[1::2])) == 1
    assert event[0] != event[1]


def test_small_numbers_take_two_bytes_and_nulls_stay_nulls() -> None:
    small, large = pa.chunked_array([[1, None, -5]]), pa.chunked_array([[40_000, None, 3]])
    edge = pa.chunked_array([[int(NARROW_ABSENT), 0, 0]])

    narrow, wide, places = packed([small, large, edge], order=np.array([2, 0, 1], np.int32))

    assert places.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert narrow[:, 0].tolist() == [-5, 1, NARROW_ABSENT]
    assert wide[:, 0].tolist() == [3, 40_000, ABSENT]
    assert wide[:, 1].tolist() == [0, NARROW_ABSENT, 0]
