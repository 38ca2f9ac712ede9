"""What the manifest of a workspace says of its runs and files."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Bounds:
    """First and last ``known_at`` among records."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the manifest knows it.

    Parameters
    ----------
    run_id : str. sequence : int, order of commit. kind : str, e.g. ``score``.
    as_of : date. ran_at : str, ISO 8601. actor, role : str.
    manifest : str, canonical JSON of inputs, versions and options.
    """

    run_id: str
    sequence: int
    kind: str
    as_of: date
    ran_at: str
    actor: str
    role: str
    manifest: str


@dataclass(frozen=True, slots=True)
class VisibleFile:
    """A file of a load that stands: absolute ``path``."""

    path: str
    table: str
    load_id: str
