"""What a draw is ordered with, and what committing and running it give back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from engine.messages import Message

COMMITTED, STARTED, CERTIFIED = "draw.committed", "draw.started", "draw.certified"
SIGNED, SUBSTITUTED = "draw.signed", "draw.substituted"
ATTEMPTED, REFUSED = "draw.attempted", "draw.refused"
"""Actions of the ledger in the life of a draw; every call is an attempt on record, a refused one twice."""


@dataclass(frozen=True, slots=True)
class DrawOrder:
    """What is to be drawn.

    Parameters
    ----------
    draw_id : name of the draw.
    as_of : date of the grades that cut the strata.
    lines : published plan lines that the draw carries out; several lines are one joint draw. Empty for a draw outside
        the plan, whose reason must have been published before.
    events : ``source -> event number`` of the public events, in the order in which they enter the seed.
    not_before : earliest time of an event; ``deadlines`` latest per source.
    items : for a draw outside the plan: the items of its published reason, or empty for those.
    inspect_until : last day of the inspections; None takes the end of the lines' slot.
    profile : open, blind or sealed; ``release`` is the release time of a sealed draw.
    suite : sha256 or sm3.
    parent, added_because : of an added sample: the draw it adds to, and why; published.
    """

    draw_id: str
    as_of: date
    lines: tuple[str, ...]
    events: Mapping[str, str]
    not_before: datetime
    deadlines: Mapping[str, datetime]
    items: tuple[str, ...] = ()
    inspect_until: date | None = None
    profile: str = "blind"
    release: datetime | None = None
    suite: str = "sha256"
    parent: str = ""
    added_because: str = ""


@dataclass(frozen=True, slots=True)
class CommittedDraw:
    """A commitment that stands.

    Parameters
    ----------
    draw_id, commit_digest : names. folder : public folder. objects, rows : size of the frame.
    plan, plan_digest : what it carries out. numbers : line to (which, of how many) draws of the year.
    reconciliation : per item and district: register, eligible and excluded by reason.
    registry : independent counts beside the loaded register. notes : what was trimmed or let pass.
    """

    draw_id: str
    commit_digest: str
    folder: str
    objects: int
    rows: int
    plan: str
    plan_digest: str
    numbers: Mapping[str, tuple[int, int]]
    reconciliation: Sequence[Mapping[str, Any]]
    registry: Sequence[Mapping[str, Any]]
    notes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class RunDraw:
    """A finished draw, as ``xinheng draw run --json`` says it.

    ``visits_independent`` and ``visits_least``: what separate draws of the same sizes would make on average, and the
    Fréchet bound; ``checks_per_visit`` and ``checks_per_visit_independent``: the price that a visited firm pays.
    ``fairness``: what :func:`engine.api.draws.fairness.quick_fairness` says.
    """

    draw_id: str
    commit_digest: str
    certificate_digest: str
    seed: str
    items: Mapping[str, Mapping[str, Mapping[str, int]]]
    visits: int
    checks: int
    unmatched: int
    teams: int
    bundle: str
    is_simulation: bool
    visits_independent: float
    visits_least: float
    checks_per_visit: float
    checks_per_visit_independent: float
    fairness: Mapping[str, object]

    def as_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return asdict(self)


def written(at: datetime) -> str:
    """Return a time as the protocol writes it: RFC 3339 with offset, whole seconds."""
    return at.replace(microsecond=0).isoformat()
