"""Sources, spellings, policy and timing of entropy."""

from dataclasses import replace

import pytest

from engine.draw.drawing import is_following
from engine.draw.entropy.policy import PROTOCOL_FLOOR, check_events, check_timing, read_time
from engine.draw.entropy.sources import (
    SOURCES,
    EntropyEvent,
    planned_event,
    require_canonical,
    simulated_key,
    simulated_value,
)
from engine.draw.protocol.encoding import suite_named
from engine.errors import CommitmentRefusedError, EntropyRefusedError
from tests.draw_cases import COMMITTED_AT, NOT_BEFORE, REAL_VALUES

GOOD = {
    "fc3d": "007",
    "kl8": ".".join(f"{n:02d}" for n in range(61, 81)),
    "ssq": "01.02.03.04.05.33.16",
    "pl3": "999",
    "pl5": "00000",
    "qxc": "123456.14",
    "dlt": "01.02.03.04.35.11.12",
    "drand_quicknet": "ab" * 32,
    "nist_beacon_2": "0f" * 64,
    "ceremony": "00" * 32,
    "sim": "00" * 32,
}
BITS = {"fc3d": 10.0, "kl8": 61.6, "ssq": 24.1, "pl3": 10.0, "pl5": 16.6, "qxc": 23.8, "dlt": 24.4}


def spell(source, value):
    require_canonical(value, source=source, encoding=SOURCES[source].encoding.name)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_each_source_accepts_its_one_spelling(source):
    spell(source, GOOD[source])


@pytest.mark.parametrize("source", sorted(BITS))
def test_bits_are_those_of_the_event(source):
    assert round(SOURCES[source].bits, 1) == BITS[source]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("fc3d", "7"),
        ("fc3d", "0407"),
        ("fc3d", "407\n"),
        ("fc3d", "４０７"),
        ("kl8", ".".join(f"{n:02d}" for n in range(62, 82))),
        ("kl8", ".".join(f"{n:02d}" for n in (2, 1, *range(3, 21)))),
        ("kl8", ".".join(f"{n:02d}" for n in (1, 1, *range(3, 21)))),
        ("kl8", ".".join(f"{n:02d}" for n in range(20))),
        ("ssq", "01.02.03.04.05.34.16"),
        ("ssq", "01.02.03.04.05.33.17"),
        ("dlt", "01.02.03.04.35.12.11"),
        ("qxc", "123456.15"),
        ("qxc", "123456.07"),
        ("sim", "AB" * 32),
        ("sim", ""),
    ],
)
def test_any_other_spelling_is_refused(source, value):
    with pytest.raises(EntropyRefusedError):
        spell(source, value)


def test_a_source_with_anothers_encoding_is_refused():
    with pytest.raises(EntropyRefusedError):
        require_canonical("407", source="pl5", encoding="ddd")
    with pytest.raises(EntropyRefusedError, match="registered"):
        planned_event("stock_index", event="1")


@pytest.mark.parametrize(
    ("used", "follows"),
    [
        ("2026054", True),
        ("2026055", True),
        ("2026057", True),
        ("2026058", False),
        ("2026053", False),
        ("20260540", False),
        ("latest", False),
        ("٢٠٢٦٠٥٥", False),
    ],
)
def test_fallback_is_one_of_the_next_events(used, follows):
    assert is_following(EntropyEvent("fc3d", "2026054", "ddd"), used, most=3) is follows


def test_enough_bits_from_two_operators_pass_and_fewer_do_not():
    events = [planned_event(value.source, event=value.event) for value in REAL_VALUES]

    check_events(events, policy=PROTOCOL_FLOOR)
    for short in (events[:2], events[1:2], [planned_event("fc3d", event="1"), planned_event("pl5", event="1")]):
        with pytest.raises(CommitmentRefusedError, match="bits"):
            check_events(short, policy=PROTOCOL_FLOOR)


@pytest.mark.parametrize(
    "change", [{"bits": 79}, {"operators": 1}, {"operator_bits": 15}, {"gap_hours": 23}, {"spread_hours": 25}]
)
def test_a_claim_below_the_floor_is_refused(change):
    events = [planned_event(value.source, event=value.event) for value in REAL_VALUES]

    with pytest.raises(CommitmentRefusedError, match="floor"):
        check_events(events, policy=replace(PROTOCOL_FLOOR, **change))


def timing(values, **changes):
    arguments = {"committed_at": COMMITTED_AT, "not_before": NOT_BEFORE, "deadlines": {}, "policy": PROTOCOL_FLOOR}
    check_timing(values, **{**arguments, **changes})


def test_events_after_the_gap_pass():
    timing(REAL_VALUES)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"committed_at": "2026-03-05T09:00:00+08:00"}, "before"),
        ({"not_before": "2026-03-05T21:16:00+08:00"}, "before"),
        ({"committed_at": "2026-03-06T09:00:00+08:00", "policy": None}, "before"),
        ({"deadlines": {"pl5": "2026-03-05T21:20:00+08:00"}}, "deadline"),
        ({"policy": replace(PROTOCOL_FLOOR, spread_hours=0)}, "apart"),
    ],
)
def test_events_out_of_time_are_refused(changes, match):
    with pytest.raises(EntropyRefusedError, match=match):
        timing(REAL_VALUES, **changes)


@pytest.mark.parametrize("text", ["2026-03-05", "2026-03-05T21:15:00", "soon", ""])
def test_a_time_needs_its_offset(text):
    with pytest.raises(CommitmentRefusedError):
        read_time(text, where="x")


def test_simulated_values_follow_from_the_seed_and_are_marked():
    suite = suite_named("sha256")

    value = simulated_value(suite, seed=7, event="1", drawn_at=NOT_BEFORE)

    assert value == simulated_value(suite, seed=7, event="1", drawn_at=NOT_BEFORE)
    assert value.value != simulated_value(suite, seed=8, event="1", drawn_at=NOT_BEFORE).value
    assert "simulated" in value.evidence
    assert simulated_key(suite, seed=7) != simulated_key(suite, seed=8)
