"""Beacons as events of a draw: the value comes from the relay's file and is checked before it is used."""

from pathlib import Path
from typing import Any

from engine.draw.entropy import EntropyValue
from engine.draw.public_beacons import beacon_value
from engine.errors import SourceNotFoundError, UsageError
from engine.messages import N_, Message
from engine.store.bundles import read_relay_file


def read_beacon(source: str, path: Path) -> tuple[EntropyValue, dict[str, Any]]:
    """Return the value of a beacon and the evidence to publish with it.

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
    return beacon_value(source, found)
