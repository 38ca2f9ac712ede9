"""Beacons as events: the value is the network's own, of the committed round, at that round's time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from engine.draw.entropy.sources import planned_event
from engine.draw.protocol.checks import CheckState
from engine.draw.publishing.bundle import compact_bundle
from engine.draw.verifying.public_beacons import DRAND, NIST, beacon_value, check_planned_round, round_time
from engine.draw.verifying.verification import verify_bundle
from engine.errors import EntropyRefusedError
from tests.beacons import certified_key, pulse
from tests.draw_cases import beacon_case

GOLDEN = Path(__file__).parents[4] / "golden"
CERTIFICATE = GOLDEN / "nist_beacon_v2.certificate.pem"
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


def beacon_check(case, attached, **expected):
    bundle = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    found = verify_bundle(json.loads(json.dumps({**bundle, **attached})), **expected)
    assert [name for name in found.failed if name != "entropy.beacons"] == []
    return next(check for check in found.checks if check.name == "entropy.beacons")


def test_a_draw_from_a_published_drand_round_is_checked_to_the_networks_signature():
    case, attached = beacon_case(DRAND)

    assert beacon_check(case, attached).state is CheckState.PASSED
    assert beacon_check(case, {}).state is CheckState.NOT_CHECKED
    attached["beacons"][DRAND] |= {"signature": QUICKNET["sig"]}
    assert beacon_check(case, attached).state is CheckState.FAILED


def test_a_draw_from_a_published_pulse_is_checked_to_the_signature_under_a_given_certificate():
    case, attached = beacon_case(NIST)
    genuine = x509.load_pem_x509_certificate(CERTIFICATE.read_bytes())
    _, other = certified_key("engine.beacon.nist.gov")

    alone = beacon_check(case, attached)
    assert alone.state is CheckState.NOT_CHECKED
    assert "RSA signature was not checked" in str(alone.detail)
    assert beacon_check(case, attached, beacon_certificates=[other, genuine]).state is CheckState.PASSED
    assert beacon_check(case, attached, beacon_certificates=[other]).state is CheckState.FAILED


def test_a_certificate_beside_a_pulse_shows_only_that_the_two_fit():
    case, attached = beacon_case(NIST)
    beside = {"beacons": {NIST: {**attached["beacons"][NIST], "certificate": CERTIFICATE.read_text()}}}
    made_up = pulse(54_610, at=datetime(2026, 3, 4, tzinfo=UTC))
    _, certificate = certified_key("beacon.example")
    made_up["certificate"] = certificate.public_bytes(Encoding.PEM).decode()

    found = beacon_check(case, beside)
    assert found.state is CheckState.NOT_CHECKED
    assert "service's own was not checked" in str(found.detail)
    assert beacon_value(NIST, made_up)[0].event == "54610"
    with pytest.raises(EntropyRefusedError, match="signature"):
        beacon_value(NIST, {**made_up, "certificate": CERTIFICATE.read_text()})
    with pytest.raises(EntropyRefusedError, match="relay"):
        beacon_value(NIST, {**made_up, "certificate": "no certificate"})
