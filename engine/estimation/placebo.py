"""Does the evaluation tell the truth where the truth is known? A check on hash bits.

A bit of the digest of an object's id has nothing to do with conduct, but its frame total is known. Estimated from the
drawn rows alone, its interval must hold the known value about as often as it claims. The Hájek estimator is used: the
weights of one draw sum to a little more or less than they should, and under ``ht`` all bits would share that luck.
Source: docs/spec/estimators.md §7.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.estimation.findings import coefficients, hajek_of
from engine.estimation.intervals import CONFIDENCE, FloatArray
from engine.estimation.logged import LoggedFrame
from engine.estimation.variance import sum_by
from engine.messages import N_, Message

DIGEST_BITS = 256


@dataclass(frozen=True, slots=True)
class PlaceboCheck:
    """How often the interval held.

    Parameters
    ----------
    n_bits : bits tried.
    covered_share : share of intervals that held the frame's value, 0..1.
    is_passed : whether that share lies in the stated range.
    """

    n_bits: int
    covered_share: float
    is_passed: bool


def placebo_check(
    logged: LoggedFrame, *, n_bits: int, least: float, most: float, confidence: float = CONFIDENCE
) -> PlaceboCheck:
    """Return how often the interval of V(q) holds the frame's own value for outcomes that are hash bits.

    Parameters
    ----------
    logged : see :func:`~engine.estimation.logged.logged_frame`; its outcomes are not read.
    n_bits : 1..256.
    least, most : range of the covered share that passes, 0..1.

    Notes
    -----
    Cost: one digest per object, then n_bits estimates over the drawn rows.
    """
    if not 1 <= n_bits <= DIGEST_BITS:
        raise UsageError(
            what="n_bits",
            value=n_bits,
            remedy=Message(N_("choose a number between {low} and {high}"), {"low": 1, "high": DIGEST_BITS}),
        )
    given = coefficients(logged, q := logged.column("alternative_probability"))
    objects, names = pd.factorize(logged.rows["entity_id"])
    bits = hash_bits(names.astype(object).tolist())[:, :n_bits]
    known = _sums(sum_by(q, objects, length=len(names)), bits)
    drawn = bits[objects[logged.at]].T.astype(float)
    covered = 0
    for truth, outcome in zip(known, drawn, strict=True):
        found = hajek_of(given, outcome, confidence=confidence)
        covered += bool(found.low - 1e-9 * truth <= truth <= found.high + 1e-9 * truth)
    share = covered / n_bits
    return PlaceboCheck(n_bits, share, least <= share <= most)


def _sums(q: FloatArray, bits: NDArray[np.uint8]) -> FloatArray:
    """Sum of q over the objects whose bit is set, per bit, a slice of objects at a time."""
    step = 65_536
    return np.asarray(sum(q[at : at + step] @ bits[at : at + step] for at in range(0, len(q), step)))


def hash_bits(names: list[str]) -> NDArray[np.uint8]:
    """Return the 256 bits of SHA-256("placebo|" + name) for each name, one row per name."""
    joined = b"".join(hashlib.sha256(f"placebo|{name}".encode()).digest() for name in names)
    return np.unpackbits(np.frombuffer(joined, dtype=np.uint8).reshape(len(names), -1), axis=1)
