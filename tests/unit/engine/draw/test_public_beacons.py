"""Beacons as events: the value is the network's own, of the committed round, at that round's time."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.draw.entropy import planned_event
from engine.draw.public_beacons import DRAND, NIST, beacon_value, check_planned_round, round_time
from engine.errors import EntropyRefusedError

GOLDEN = Path(__file__).parents[3] / "golden"
QUICKNET = json.loads((GOLDEN / "drand.json").read_bytes())["vectors"][0]
PULSE = json.loads((GOLDEN / "nist_beacon_v2.json").read_bytes())["pulse"]
ANSWER = {"round": QUICKNET["round"], "randomness": QUICKNET["rand"], "signature": QUICKNET["sig"]}


def test_a_relays_answer_gives_the_value_at_the_time_of_its_round():
    value, evidence = beacon_value(DRAND, ANSWER)

    assert (value.event, value.value) == (str(QUICKNET["round"]), QUICKNET["rand"])
    assert value.drawn_at == round_time(QUICKNET["round"]).isoformat(timespec="seconds")
    assert evidence == {"round": QUICKNET["round"], "signature": QUICKNET["sig"]}


def test_another_round_or_source_is_refused():
    with pytest.raises(EntropyRefusedError, match="signature"):
        beacon_value(DRAND, {**ANSWER, "round": QUICKNET["round"] + 1})
    with pytest.raises(EntropyRefusedError, match="relay"):
        beacon_value(DRAND, {"round": 1})
    with pytest.raises(EntropyRefusedError, match="no beacon"):
        beacon_value("fc3d", ANSWER)


def test_a_pulse_gives_its_value_and_a_changed_one_none():
    value, _ = beacon_value(NIST, {"pulse": PULSE})

    assert value.value == PULSE["outputValue"].lower()
    with pytest.raises(EntropyRefusedError):
        beacon_value(NIST, {"pulse": {**PULSE, "localRandomValue": "00" * 64}})


def test_a_committed_round_falls_into_the_window_of_the_events():
    due = round_time(5_000_000)
    event = planned_event(DRAND, event="5000000")

    check_planned_round(event, not_before=due, deadline=due)
    with pytest.raises(EntropyRefusedError, match="outside the window"):
        check_planned_round(event, not_before=due + timedelta(seconds=1), deadline=None)
    with pytest.raises(EntropyRefusedError, match="a number"):
        check_planned_round(planned_event(DRAND, event="latest"), not_before=due, deadline=None)
