"""Beacons as events of a draw: the value comes from the relay's file and is checked before it is used."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from engine.draw.entropy.sources import EntropyValue
from engine.draw.verifying.public_beacons import NIST, beacon_value
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message
from engine.store.draws.bundles import read_relay_file
from engine.store.draws.entropy_files import read_event_values
from engine.store.draws.expectations import read_certificates

__all__ = ["read_beacon", "read_event_values"]


def read_beacon(source: str, path: Path, *, certificate: Path | None = None) -> tuple[EntropyValue, dict[str, Any]]:
    """Return the value of a beacon and the evidence to publish with it.

    Parameters
    ----------
    source : ``drand_quicknet`` or ``nist_beacon_2``.
    path : the relay's answer as it came (JSON).
    certificate : of the NIST beacon, PEM or DER; the pulse must bear its signature, and both are published.

    Raises
    ------
    SourceNotFoundError, UsageError
        There is no such file, or it is not JSON.
    EntropyRefusedError
        The value is not the network's own.
    """
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    try:
        found = read_relay_file(path)
    except ValueError:
        raise UsageError(
            what="--beacon", value=str(path), remedy=Message(N_("give the relay's answer as JSON"))
        ) from None
    if certificate is not None and source == NIST and isinstance(found, dict):
        (given,) = read_certificates([certificate], option="--beacon-certificate")[:1]
        found = {**found, "certificate": given.public_bytes(Encoding.PEM).decode("ascii")}
    return beacon_value(source, found)
