"""Beacons against published pulses: genuine ones pass, any other round or byte does not."""

import dataclasses
import json
from pathlib import Path

import pytest

from engine.draw.entropy.drand import DrandBeacon, is_genuine, quicknet_round
from engine.errors import EntropyRefusedError

GOLDEN = Path(__file__).parents[4] / "golden"
DRAND = json.loads((GOLDEN / "drand.json").read_bytes())
BEACONS = [DrandBeacon(v["scheme"], v["pk"], v["round"], v["sig"], v.get("prev", "")) for v in DRAND["vectors"]]


@pytest.mark.parametrize("beacon", [BEACONS[0], BEACONS[2]], ids=["unchained", "chained"])
def test_published_beacon_is_genuine_and_another_round_is_not(beacon):
    assert is_genuine(beacon)
    assert not is_genuine(dataclasses.replace(beacon, round_number=beacon.round_number + 1))


def test_randomness_is_the_hash_of_the_signature():
    assert [beacon.randomness for beacon in BEACONS] == [v["rand"] for v in DRAND["vectors"]]


@pytest.mark.parametrize("signature", ["00", "b7" + "00" * 47])
def test_malformed_signature_is_not_genuine(signature):
    assert not is_genuine(dataclasses.replace(BEACONS[0], signature=signature))


def test_unknown_scheme_is_refused():
    with pytest.raises(EntropyRefusedError, match="unknown"):
        is_genuine(dataclasses.replace(BEACONS[0], scheme="other"))


def test_round_of_a_time_follows_genesis_and_period():
    genesis = DRAND["quicknet"]["genesis"]

    assert [quicknet_round(genesis + seconds) for seconds in (0, 2, 3, 366)] == [1, 1, 2, 123]
