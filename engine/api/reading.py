"""What pages and documents read: small tidy frames out of the result tables; no function here scans a bulk table.

Measures are rows of ``measurements``; a page asks for one as-of date and one population at a time, so that populations
are never pooled. Of several runs for the same as-of date the newest counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

RANDOM = "random"

HIT_RATE = "hit_rate"
LIFT = "lift"
RATE_RATIO = "rate_ratio_d_a"
TREND = "trend_p"

GRADES = ("A", "B", "C", "D", "U")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the workspace holds now.

    Parameters
    ----------
    data_version : str, changes with everything that becomes visible.
    as_ofs : dates that have measurements, newest first.
    populations : codes that have measurements, the largest first.
    """

    data_version: str
    as_ofs: tuple[date, ...]
    populations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    measure : str.
    value, low, high : estimate and limits of its interval; NaN where undefined.
    n, hits : rows it rests on, and adverse ones among them.
    basis : ``design-based`` or ``not design-based``.
    is_small : whether policy calls it imprecise.
    note : what must be said beside it, a key of the catalogue; may be empty.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    hits: int
    basis: str
    is_small: bool
    note: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Source rows of all loads: how many came in, were accepted, wait in quarantine, were there before."""

    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class EntropyValue:
    """One public event that the seed was made of."""

    source: str
    event: str
    value: str


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """One draw as its certificate states it.

    Parameters
    ----------
    draw_id : str.
    drawn_at : str, time of the draw as written in the certificate.
    is_simulated : whether clock and entropy were simulated.
    bundle, certificate : folder of the bundle and its authoritative JSON.
    frame_root, commit_digest, seed : hex.
    entropy : the public events in the committed order.
    n_frame, n_objects, n_visits, n_checks : objects in the frame, objects drawn, visits, item checks.
    """

    draw_id: str
    drawn_at: str
    is_simulated: bool
    bundle: Path
    certificate: Path
    frame_root: str
    commit_digest: str
    seed: str
    entropy: tuple[EntropyValue, ...]
    n_frame: int
    n_objects: int
    n_visits: int
    n_checks: int
