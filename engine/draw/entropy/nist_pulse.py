"""Checking pulses of the NIST randomness beacon 2.0 offline: value, signature and chain.

``outputValue = SHA-512(all fields || signature)``, the fields written with 32-bit lengths. The signature is RSA with
PKCS #1 v1.5 padding over the SHA-512 of the same fields; its key is that of the certificate whose DER bytes have the
SHA-512 that the pulse calls ``certificateId``. That the certificate is the service's own must be known from elsewhere:
whoever makes up a pulse can make up a certificate with it. Sources: NIST IR 8213; field widths and the meaning of
``certificateId`` found on pulse 54610 of chain 1 and its certificate.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import Encoding


def pulse_message(pulse: Mapping[str, Any]) -> bytes:
    """Return the bytes of a pulse that are signed and hashed: all fields up to the status code.

    ``listValues`` may hold the values or, as the service sends them, objects with a ``value``.
    """

    def variable(raw: bytes) -> bytes:
        return len(raw).to_bytes(4, "big") + raw

    external = pulse["external"]
    listed = [one["value"] if isinstance(one, Mapping) else one for one in pulse["listValues"]]
    parts = [
        variable(pulse["uri"].encode()),
        variable(pulse["version"].encode()),
        int(pulse["cipherSuite"]).to_bytes(4, "big"),
        int(pulse["period"]).to_bytes(4, "big"),
        variable(bytes.fromhex(pulse["certificateId"])),
        int(pulse["chainIndex"]).to_bytes(8, "big"),
        int(pulse["pulseIndex"]).to_bytes(8, "big"),
        variable(pulse["timeStamp"].encode()),
        variable(bytes.fromhex(pulse["localRandomValue"])),
        variable(bytes.fromhex(external["sourceId"])),
        int(external["statusCode"]).to_bytes(4, "big"),
        variable(bytes.fromhex(external["value"])),
        *(variable(bytes.fromhex(value)) for value in listed),
        variable(bytes.fromhex(pulse["precommitmentValue"])),
        int(pulse["statusCode"]).to_bytes(4, "big"),
    ]
    return b"".join(parts)


def pulse_output(pulse: Mapping[str, Any]) -> str:
    """Return the pulse's value, SHA-512 over its fields and its signature, hex in lower case."""
    return hashlib.sha512(pulse_message(pulse) + bytes.fromhex(pulse["signatureValue"])).hexdigest()


def pulse_time(pulse: Mapping[str, Any]) -> datetime:
    """Return the time of a pulse."""
    return datetime.fromisoformat(str(pulse["timeStamp"]).replace("Z", "+00:00"))


def certificate_id(certificate: x509.Certificate) -> str:
    """Return what pulses call the certificate: the SHA-512 of its DER bytes, hex."""
    return hashlib.sha512(certificate.public_bytes(Encoding.DER)).hexdigest()


def is_signed_under(pulse: Mapping[str, Any], certificate: x509.Certificate) -> bool:
    """Whether the pulse names this certificate, was made while it was valid, and bears its key's signature."""
    key = certificate.public_key()
    at = pulse_time(pulse)
    if not isinstance(key, RSAPublicKey) or certificate_id(certificate) != str(pulse["certificateId"]).lower():
        return False
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return False
    try:
        key.verify(bytes.fromhex(pulse["signatureValue"]), pulse_message(pulse), PKCS1v15(), SHA512())
    except InvalidSignature:
        return False
    return True


def is_chained(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Return whether ``later`` opens the commitment of ``earlier``: its local value hashes to the precommitment."""
    opened = hashlib.sha512(bytes.fromhex(later["localRandomValue"])).hexdigest()
    return opened == str(earlier["precommitmentValue"]).lower()
