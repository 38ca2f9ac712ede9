"""Checking rounds of the drand beacons offline.

The signed message is ``SHA-256(u64be(round))`` for unchained networks and ``SHA-256(previous signature ||
u64be(round))`` for chained ones; the signature is BLS on curve BLS12-381; the randomness is ``SHA-256(signature)``.
A relay's word is never taken: the signature is verified against the network's public key, and both must lie in the
right subgroup, since otherwise one round would have several valid spellings and as many values. Sources: drand
crypto/schemes.go; RFC 9380 (hash to curve).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from engine.errors import EntropyRefusedError
from engine.messages import N_, Message

QUICKNET_GENESIS = 1_692_803_367
QUICKNET_PERIOD_SECONDS = 3
QUICKNET_PUBLIC_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc2"
    "2b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
UNCHAINED_G1 = "bls-unchained-g1-rfc9380"
CHAINED = "pedersen-bls-chained"
_DST_G1 = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_DST_G2 = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"


@dataclass(frozen=True, slots=True)
class DrandBeacon:
    """One round of a drand network.

    Parameters
    ----------
    scheme : ``bls-unchained-g1-rfc9380`` (quicknet) or ``pedersen-bls-chained`` (main network).
    public_key : of the network, compressed, hex.
    round_number : ≥ 1.
    signature : compressed, hex.
    previous_signature : hex; empty for unchained networks.
    """

    scheme: str
    public_key: str
    round_number: int
    signature: str
    previous_signature: str = ""

    @property
    def randomness(self) -> str:
        """The round's value: SHA-256 of the signature, hex."""
        return hashlib.sha256(bytes.fromhex(self.signature)).hexdigest()

    @property
    def message(self) -> bytes:
        """What the network signed."""
        return hashlib.sha256(bytes.fromhex(self.previous_signature) + self.round_number.to_bytes(8, "big")).digest()


def quicknet_round(unix_seconds: int) -> int:
    """Return the quicknet round that is newest at a time: ⌊(T − genesis) / 3⌋ + 1."""
    return (unix_seconds - QUICKNET_GENESIS) // QUICKNET_PERIOD_SECONDS + 1


def is_genuine(beacon: DrandBeacon) -> bool:
    """Return whether the signature is the network's own on this round; about 0.3 s.

    Raises
    ------
    EntropyRefusedError
        The scheme is unknown or the pairing library is not installed.
    """
    try:
        from py_ecc.bls.g2_primitives import subgroup_check  # noqa: PLC0415 - optional
        from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2  # noqa: PLC0415 - optional
        from py_ecc.bls.point_compression import decompress_G1, decompress_G2  # noqa: PLC0415
        from py_ecc.optimized_bls12_381 import FQ12, G1, G2, final_exponentiate, neg, pairing  # noqa: PLC0415
    except ImportError:
        raise _refused(N_("install py_ecc to check beacon signatures")) from None
    key, signature = bytes.fromhex(beacon.public_key), bytes.fromhex(beacon.signature)
    try:
        if beacon.scheme == UNCHAINED_G1:
            point, public = decompress_G1(_number(signature, 48)), decompress_G2(_two_numbers(key))
            ends = (point, public)
            hashed = hash_to_G1(beacon.message, _DST_G1, hashlib.sha256)
            product = pairing(G2, point, final_exponentiate=False) * pairing(
                public, neg(hashed), final_exponentiate=False
            )
        elif beacon.scheme == CHAINED:
            wide, narrow = decompress_G2(_two_numbers(signature)), decompress_G1(_number(key, 48))
            ends = (wide, narrow)
            hashed = hash_to_G2(beacon.message, _DST_G2, hashlib.sha256)
            product = pairing(wide, G1, final_exponentiate=False) * pairing(
                hashed, neg(narrow), final_exponentiate=False
            )
        else:
            raise _refused(N_("scheme {scheme!r} is unknown"), scheme=beacon.scheme)
    except ValueError:
        return False
    in_subgroup = all(subgroup_check(end) for end in ends)
    return in_subgroup and bool(final_exponentiate(product) == FQ12.one())


def _number(raw: bytes, length: int) -> Any:
    if len(raw) != length:
        raise ValueError(length)
    return int.from_bytes(raw, "big")


def _two_numbers(raw: bytes) -> Any:
    return _number(raw[:48], 48), _number(raw[48:], 48)


def _refused(template: str, **params: object) -> EntropyRefusedError:
    return EntropyRefusedError(source="beacon", problem=Message(template, params))
