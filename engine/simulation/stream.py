"""Where the simulation's chance comes from: named generators, and uniforms derived from a key.

Each part of the city draws from its own generator, so that adding a part changes no other. Findings of a later draw
are derived from a hash of their key instead, so that the order of rows cannot matter.
"""

import hashlib
import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Generator = np.random.Generator  # noqa: TID251 - the simulation passes generators on, this module makes them

UNIFORMS_PER_KEY = 8
_MANTISSA_SHIFT = np.uint64(11)
_MANTISSA_UNIT = 2.0**-53


def stream(seed: int, *names: str) -> Generator:
    """Return the generator of the part called ``names`` under ``seed`` (an integer >= 0)."""
    words = [seed, *(zlib.crc32(name.encode()) for name in names)]
    return Generator(np.random.PCG64(np.random.SeedSequence(words)))  # noqa: TID251


def keyed_uniforms(seed: int, domain: str, keys: Iterable[str]) -> npt.NDArray[np.float64]:
    """Return eight independent uniforms in [0, 1) per key.

    Parameters
    ----------
    seed : int >= 0.
    domain : str, at most 16 bytes; two domains never share a number.
    keys : texts; equal keys give equal numbers, whatever their order.

    Returns
    -------
    array of float, shape (number of keys, 8).

    Notes
    -----
    BLAKE2b with the seed as key and the domain as personalisation (RFC 7693); 64 bytes give eight 53-bit mantissas.
    """
    root = hashlib.blake2b(key=str(seed).encode(), person=domain.encode(), digest_size=8 * UNIFORMS_PER_KEY)
    digests = bytearray()
    for key in keys:
        state = root.copy()
        state.update(key.encode())
        digests += state.digest()
    words = np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64)
    mantissas = (words >> _MANTISSA_SHIFT).astype(np.float64)
    return mantissas.reshape(-1, UNIFORMS_PER_KEY) * _MANTISSA_UNIT
