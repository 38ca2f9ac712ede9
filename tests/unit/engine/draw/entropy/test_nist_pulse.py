"""A published NIST pulse under the certificate that signed it: every changed field, key or time is refused."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from engine.draw.entropy.nist_pulse import certificate_id, is_chained, is_signed_under, pulse_message, pulse_output
from tests.beacons import certified_key, pulse

GOLDEN = Path(__file__).parents[4] / "golden"
PULSE = json.loads((GOLDEN / "nist_beacon_v2.json").read_bytes())["pulse"]
CERTIFICATE = x509.load_pem_x509_certificate((GOLDEN / "nist_beacon_v2.certificate.pem").read_bytes())
KINDS = ("previous", "hour", "day", "month", "year")


def test_the_output_covers_every_field():
    assert pulse_output(PULSE) == PULSE["outputValue"].lower()
    assert pulse_output({**PULSE, "period": PULSE["period"] + 1}) != PULSE["outputValue"].lower()


def test_listed_values_are_read_as_the_service_sends_them():
    sent = [{"uri": "…", "type": kind, "value": value} for kind, value in zip(KINDS, PULSE["listValues"], strict=True)]

    assert pulse_message({**PULSE, "listValues": sent}) == pulse_message(PULSE)


def test_the_pulse_bears_the_signature_of_the_certificate_it_names():
    assert certificate_id(CERTIFICATE) == PULSE["certificateId"]
    assert is_signed_under(PULSE, CERTIFICATE)


@pytest.mark.parametrize(
    "change",
    [
        {"pulseIndex": PULSE["pulseIndex"] + 1},
        {"localRandomValue": "00" * 64},
        {"signatureValue": "00" * 512},
        {"signatureValue": ""},
        {"certificateId": "00" * 64},
        {"timeStamp": "2019-02-01T00:00:00.000Z"},
    ],
)
def test_a_changed_pulse_does_not(change):
    assert not is_signed_under({**PULSE, **change}, CERTIFICATE)


def test_another_certificate_of_the_same_name_is_not_the_one_named():
    _, other = certified_key("engine.beacon.nist.gov")

    assert not is_signed_under(PULSE, other)


def test_a_genuine_signature_counts_only_under_the_certificate_named_and_while_it_is_valid():
    _, own = certified_key("beacon.example")
    in_time, too_late = datetime(2026, 3, 4, tzinfo=UTC), datetime(2027, 3, 4, tzinfo=UTC)

    assert is_signed_under(pulse(1, at=in_time)["pulse"], own)
    assert not is_signed_under(pulse(1, at=in_time, named="ab" * 64)["pulse"], own)
    assert not is_signed_under(pulse(1, at=too_late)["pulse"], own)


def test_pulses_are_chained_by_precommitment():
    local = "AB" * 64
    earlier = {"precommitmentValue": hashlib.sha512(bytes.fromhex(local)).hexdigest().upper()}

    assert is_chained(earlier, {"localRandomValue": local})
    assert not is_chained(earlier, {"localRandomValue": "AC" * 64})
