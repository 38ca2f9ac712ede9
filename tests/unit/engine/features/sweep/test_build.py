"""The sweep on arrays written by hand: windows to the day, order of events, nulls, and a planted mistake that shows."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.features.declaration import Aggregate, Feature, Peers
from engine.features.settings import DecayBand, FeatureParameters
from engine.features.source import IS_OPEN, Source
from engine.features.sources import INSPECTIONS, LISTINGS
from engine.features.sweep.asked import Spine
from engine.features.sweep.build import sweep_chunks, sweep_features
from engine.features.sweep.ordering import records_from_arrow
from engine.features.sweep.program import Program
from engine.features.sweep.tables import NO_DAY, Records, Versions
from engine.messages import Message

PARAMETERS = FeatureParameters(
    decay=(DecayBand(12, 1.0), DecayBand(24, 0.5)), entity_prior_strength=10.0, peer_prior_strength=50.0
)
AS_OF = date(2024, 2, 29)
FAR = date(9999, 12, 31)


def day(value: date) -> int:
    return int(np.datetime64(value, "D").astype(np.int32))


def feature(aggregate: Aggregate, source: Source = INSPECTIONS, **declared) -> Feature:
    return Feature("x", source.name, aggregate, Message("x"), "x", 0, "x", "x", **declared)


def records(rows: list[dict], *, n_entities: int = 1, source: Source = INSPECTIONS) -> Records:
    """Return arrays of rows given as entity, on, event and measures, already in order."""
    columns = [measure.name for measure in source.measures]
    measures = [dict.fromkeys(columns, 0) | row["has"] for row in rows]
    stamps = {
        "occurred_on": [row["on"] for row in rows],
        "known_at": [row.get("known", row["on"]) for row in rows],
        "until": [row.get("until", FAR) for row in rows],
    }
    ids = [f"e{row.get('event', number)}" for number, row in enumerate(rows)]
    table = pa.table(
        {"entity": pa.array([row.get("entity", 0) for row in rows], pa.int32()), "event_id": pa.array(ids, pa.string())}
        | {name: pa.array(days, pa.date32()) for name, days in stamps.items()}
        | {name: pa.array([values[name] for values in measures], pa.int64()) for name in columns if name != IS_OPEN}
        | {IS_OPEN: pa.array([row["has"].get(IS_OPEN, FAR) for row in rows], pa.date32())}
    )
    return records_from_arrow(table, source=source, n_entities=n_entities)


def value(rows: list[dict], declared: Feature, *, as_of: date = AS_OF, source: Source = INSPECTIONS) -> float | None:
    spine = Spine(np.zeros(1, np.int64), np.array([day(as_of)], np.int32))
    matrix = sweep_features(
        {source.name: records(rows, source=source)}, None, spine, parameters=PARAMETERS, features=[declared]
    )
    return None if np.isnan(matrix[0, 0]) else float(matrix[0, 0])


def visit(on: date, **has: int | None) -> dict:
    return {"on": on, "has": has}


THREE = [
    visit(date(2022, 6, 1), severity=4000, adverse=1, n_adverse=1, n_assessable=2),
    visit(date(2023, 6, 1), severity=None, adverse=0, n_adverse=0, n_assessable=1),
    visit(date(2024, 1, 30), severity=7000, adverse=1, n_adverse=1, n_assessable=1),
]


@pytest.mark.parametrize(
    ("aggregate", "declared", "expected"),
    [
        (Aggregate.COUNT, {}, 3),
        (Aggregate.COUNT, {"lookback_months": 12}, 2),
        (Aggregate.SUM, {"column": "severity"}, 11),
        (Aggregate.MAX, {"column": "severity"}, 7),
        (Aggregate.MEAN, {"column": "severity"}, 5.5),
        (Aggregate.RATIO, {"column": "n_adverse", "per": "n_assessable"}, 0.5),
        (Aggregate.DECAYED, {}, 2.5),
        (Aggregate.DECAYED, {"column": "severity"}, 9),
        (Aggregate.LAST, {"column": "severity"}, 7),
        (Aggregate.SECOND_LAST, {"column": "severity"}, 4),
        (Aggregate.SECOND_LAST, {"column": "adverse"}, 0),
        (Aggregate.CHANGE, {"column": "severity"}, 3),
        (Aggregate.STREAK, {"column": "adverse"}, 1),
        (Aggregate.STREAK, {"column": "severity"}, 2),
        (Aggregate.TREND, {"column": "severity"}, 3 * 365 / 608),
        (Aggregate.SURGE, {"lookback_months": 12}, 1),
        (Aggregate.DAYS_SINCE_LAST, {}, 30),
        (Aggregate.DAYS_SINCE_FIRST, {}, 638),
        (Aggregate.DAYS_SINCE_FIRST, {"where": ("adverse",), "lookback_months": 12}, 30),
        (Aggregate.MEAN, {"column": "severity", "where": ("refused",)}, None),
    ],
)
def test_every_operator(aggregate: Aggregate, declared: dict, expected: float | None) -> None:
    assert value(THREE, feature(aggregate, **declared)) == (expected if expected is None else pytest.approx(expected))


def test_the_window_begins_the_day_after_the_same_day_of_the_earlier_month() -> None:
    inside, outside = visit(date(2023, 3, 1)), visit(date(2023, 2, 28))

    assert value([outside, inside], feature(Aggregate.COUNT, lookback_months=12)) == 1


def test_a_planted_off_by_one_in_the_windows_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Program.window_starts
    monkeypatch.setattr(Program, "window_starts", lambda self, days: honest(self, days) + np.int32(1))

    assert value([visit(date(2023, 3, 1))], feature(Aggregate.COUNT, lookback_months=12)) == 0


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"on": AS_OF}, 1),
        ({"on": date(2024, 3, 1)}, 0),
        ({"on": date(2024, 1, 1), "known": date(2024, 3, 1)}, 0),
        ({"on": date(2024, 1, 1), "known": AS_OF}, 1),
        ({"on": date(2024, 1, 1), "until": AS_OF}, 0),
        ({"on": date(2024, 1, 1), "until": date(2024, 3, 1)}, 1),
    ],
)
def test_a_record_counts_when_it_had_occurred_was_known_and_in_force(row: dict, expected: float) -> None:
    assert value([row | {"has": {}}], feature(Aggregate.COUNT)) == expected


def test_rows_of_one_visit_are_one_event_dated_by_the_last() -> None:
    rows = [
        visit(date(2024, 1, 1), major=2, adverse=0) | {"event": 0},
        visit(date(2024, 1, 2), major=1, adverse=0) | {"event": 1},
        visit(date(2024, 1, 3), major=None, adverse=1) | {"event": 0},
    ]

    assert value(rows, feature(Aggregate.COUNT)) == 2
    assert value(rows, feature(Aggregate.LAST, column="major")) == 2
    assert value(rows, feature(Aggregate.SECOND_LAST, column="major")) == 1
    assert value(rows, feature(Aggregate.DAYS_SINCE_LAST, where=("adverse",))) == 57


def test_a_listing_is_open_until_the_day_it_ends() -> None:
    rows = [{"on": date(2023, 1, 1), "has": {"abnormal": 1, "is_open": AS_OF}}]
    is_open = feature(Aggregate.COUNT, LISTINGS, where=("is_open",))

    assert value(rows, is_open, source=LISTINGS) == 0
    assert value(rows, is_open, source=LISTINGS, as_of=date(2024, 2, 28)) == 1


def versions(n: int) -> Versions:
    return Versions(
        starts=np.arange(n + 1, dtype=np.int64),
        known=np.full(n, day(date(2000, 1, 1)), np.int32),
        until=np.full(n, day(FAR), np.int32),
        established=np.full(n, NO_DAY, np.int32),
        capital=np.full(n, np.nan),
        is_active=np.ones(n, np.int64),
        groups=np.stack([np.zeros(n, np.int64), np.full(n, 1, np.int64), np.full(n, -1, np.int64)]),
        n_groups=2,
        address=np.zeros(n, np.int64),
        n_addresses=1,
    )


def test_peers_are_the_others_and_no_group_means_no_rate() -> None:
    rows = [
        visit(date(2024, 1, 1), n_adverse=1, n_assessable=1) | {"entity": 0},
        visit(date(2024, 1, 1), n_adverse=1, n_assessable=4) | {"entity": 1},
    ]
    declared = [
        feature(Aggregate.PEER_RATE, column="n_adverse", per="n_assessable", peers=peers)
        for peers in (Peers.POPULATION, Peers.DISTRICT, Peers.INDUSTRY)
    ]
    spine = Spine(np.arange(3, dtype=np.int64) - 1, np.full(3, day(AS_OF), np.int32))
    held = {"inspections": records(rows, n_entities=2)}

    for one, expected in zip(
        declared,
        ([np.nan, 0.25, 1.0], [np.nan, (1 + 50 * 0.25) / 54, 1.0], [np.nan] * 3),
        strict=True,
    ):
        found = sweep_features(held, versions(2), spine, parameters=PARAMETERS, features=[one])
        np.testing.assert_allclose(found[0], expected, rtol=1e-15)


def test_blocks_of_dates_and_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        visit(date(2020 + n % 4, 1 + n % 12, 5), n_adverse=n % 2, n_assessable=1) | {"entity": n // 8}
        for n in range(32)
    ]
    rows.sort(key=lambda row: (row["entity"], row["on"]))
    held = {"inspections": records(rows, n_entities=4)}
    days = [day(date(2021 + n % 3, 6, 1 + n)) for n in range(12)]
    spine = Spine(np.repeat(np.arange(4, dtype=np.int64), 3), np.array(days, np.int32))
    declared = [feature(Aggregate.PEER_RATE, column="n_adverse", per="n_assessable", peers=Peers.DISTRICT)]
    whole = sweep_features(held, versions(4), spine, parameters=PARAMETERS, features=declared)

    monkeypatch.setattr("engine.features.sweep.build.MOST_ROWS", 2)
    monkeypatch.setattr("engine.features.sweep.build.MOST_CELLS", 9)
    parts = list(sweep_chunks(held, versions(4), spine, parameters=PARAMETERS, features=declared))

    assert len(parts) > 4
    np.testing.assert_array_equal(
        sweep_features(held, versions(4), spine, parameters=PARAMETERS, features=declared), whole
    )


def test_rows_asked_together_have_the_values_of_rows_asked_alone() -> None:
    """More rows than a block holds, and an entity with more records than a block lists."""
    chance = np.random.default_rng(3)
    sizes = [4, 0, 9_000, 7, 30]
    rows = [
        visit(
            date(2018, 1, 1) + timedelta(days=int(chance.integers(0, 2200))),
            severity=[None, 1000, 52_000, 7][chance.integers(0, 4)],
            adverse=int(chance.integers(0, 2)),
            n_adverse=1,
            n_assessable=int(chance.integers(0, 3)),
        )
        | {"entity": entity, "event": int(chance.integers(0, max(1, 2 * size // 3)))}
        for entity, size in enumerate(sizes)
        for _ in range(size)
    ]
    held = {"inspections": records(rows, n_entities=len(sizes))}
    declared = [
        feature(Aggregate.COUNT, lookback_months=12, where=("adverse",)),
        feature(Aggregate.DAYS_SINCE_LAST),
        feature(Aggregate.SURGE, lookback_months=3),
        feature(Aggregate.DECAYED, column="severity"),
        feature(Aggregate.RATIO, column="n_adverse", per="n_assessable", lookback_months=36),
        *(feature(one, column="severity") for one in (Aggregate.SUM, Aggregate.MAX, Aggregate.CHANGE, Aggregate.TREND)),
        feature(Aggregate.STREAK, column="adverse"),
    ]
    declared = [replace(one, name=f"x{number}") for number, one in enumerate(declared)]
    days = np.array([day(date(2024, 1, 1)) + 11 * number for number in range(6)], np.int32)
    spine = Spine(np.tile(np.repeat(np.arange(-1, 5), 40), 6), np.repeat(days, 240))
    whole = sweep_features(held, None, spine, parameters=PARAMETERS, features=declared)

    for place in range(0, len(spine.entity), 20):
        one = Spine(spine.entity[place : place + 1], spine.as_of[place : place + 1])
        alone = sweep_features(held, None, one, parameters=PARAMETERS, features=declared)
        np.testing.assert_array_equal(whole[:, place : place + 20], np.repeat(alone, 20, axis=1))
