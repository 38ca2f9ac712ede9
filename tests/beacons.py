"""Beacons of our own making, for days of which no published round is at hand: a NIST-like service and a drand-like one.

Their keys are made here and known to nobody as a service's; a test puts them in the place of the real ones. The real
rounds and pulses lie in ``tests/golden``.
"""

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.x509.oid import NameOID

from engine.draw.entropy.drand import quicknet_round
from engine.draw.entropy.nist_pulse import certificate_id, pulse_message, pulse_output

SECRET = 20_260_304


@cache
def certified_key(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """Return a key and a certificate for it that it signed itself, valid from 2026 to 2027."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), 1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    )
    return key, builder.sign(key, SHA256())


def pulse(number: int, *, at: datetime, signer: str = "beacon.example", named: str = "") -> dict[str, Any]:
    """Return the answer of a NIST-like service for one pulse; ``named`` is another certificate that it claims."""
    key, certificate = certified_key(signer)
    zeros = "00" * 64
    fields = {
        "uri": f"https://beacon.example/beacon/2.0/chain/2/pulse/{number}",
        "version": "Version 2.0",
        "cipherSuite": 0,
        "period": 60_000,
        "certificateId": named or certificate_id(certificate),
        "chainIndex": 2,
        "pulseIndex": number,
        "timeStamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "localRandomValue": hashlib.sha512(b"local %d" % number).hexdigest().upper(),
        "external": {"sourceId": zeros, "statusCode": 0, "value": zeros},
        "listValues": [{"uri": "", "type": kind, "value": zeros} for kind in ("previous", "hour", "day")],
        "precommitmentValue": hashlib.sha512(b"next %d" % number).hexdigest().upper(),
        "statusCode": 0,
    }
    signed = {**fields, "signatureValue": key.sign(pulse_message(fields), PKCS1v15(), SHA512()).hex().upper()}
    return {"pulse": {**signed, "outputValue": pulse_output(signed).upper()}}


def network_key() -> str:
    """Return the public key of the drand-like network, as :mod:`engine.draw.entropy.drand` writes it."""
    from py_ecc.bls.point_compression import compress_G2  # noqa: PLC0415 - slow to load
    from py_ecc.optimized_bls12_381 import G2, multiply  # noqa: PLC0415

    first, second = compress_G2(multiply(G2, SECRET))
    return first.to_bytes(48, "big").hex() + second.to_bytes(48, "big").hex()


def round_answer(at: datetime) -> dict[str, Any]:
    """Return the answer of a drand-like relay for the round that is newest at a time."""
    from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: PLC0415 - slow to load
    from py_ecc.bls.point_compression import compress_G1  # noqa: PLC0415
    from py_ecc.optimized_bls12_381 import multiply  # noqa: PLC0415

    number = quicknet_round(int(at.timestamp()))
    message = hashlib.sha256(number.to_bytes(8, "big")).digest()
    point = multiply(hash_to_G1(message, b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", hashlib.sha256), SECRET)
    signature = compress_G1(point).to_bytes(48, "big").hex()
    return {"round": number, "randomness": hashlib.sha256(bytes.fromhex(signature)).hexdigest(), "signature": signature}
