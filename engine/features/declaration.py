"""What a feature is: a declaration that every engine computes alike.

A feature reads one *source* (:mod:`engine.features.sources`), keeps the events for which all columns of ``where`` are
true and that occurred in its lookback window, and reduces them by one of the operators of :class:`Aggregate`. There
is no other way to say what a feature is, so an engine that implements the operators implements every feature.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import FeatureDeclarationError
from engine.messages import Message


class Aggregate(StrEnum):
    """The closed list of operators. E = events kept, x = their non-null column values, in order of occurrence."""

    COUNT = "count"
    """|E|."""
    SUM = "sum"
    """Sum of x."""
    MAX = "max"
    """Largest x."""
    MEAN = "mean"
    """Sum of x / |x|."""
    RATIO = "ratio"
    """Sum of ``column`` / sum of ``per``; null when the latter is 0."""
    SHRUNKEN = "shrunken"
    """(sum of ``column`` + k p) / (sum of ``per`` + k), p = the peers' rate as of the date, k = prior strength."""
    DECAYED = "decayed"
    """Sum of x (of 1 without ``column``) times the dated weight of the age band in which the event lies."""
    LAST = "last"
    """The x of the last event."""
    SECOND_LAST = "second_last"
    """The x of the event before the last."""
    CHANGE = "change"
    """Last x minus second last x."""
    STREAK = "streak"
    """How many of the most recent x in a row are not 0."""
    TREND = "trend"
    """Least-squares slope of x over time, per year of 365 days; null with fewer than two distinct days."""
    SURGE = "surge"
    """|E| in the window minus |E| in the window of the same length before it."""
    DAYS_SINCE_LAST = "days_since_last"
    """Days from the last event to ``as_of``."""
    DAYS_SINCE_FIRST = "days_since_first"
    """Days from the first event to ``as_of``."""
    ATTRIBUTE = "attribute"
    """The value of ``column`` in the entity version known on ``as_of``."""
    PEER_RATE = "peer_rate"
    """(sum of ``column`` + k p) / (sum of ``per`` + k) over the records of the ``peers`` without the entity itself,
    p = the same share of the whole population without the entity."""
    PEER_COUNT = "peer_count"
    """How many other entities share the entity's value of ``column``."""
    RELATED_SHARE = "related_share"
    """Share of the entity's links as of the date that lead to an entity with |E| > 0
    (:mod:`engine.features.related`)."""


class Peers(StrEnum):
    """Whom an entity is compared with; always inside its own population."""

    POPULATION = "population"
    DISTRICT = "district"
    INDUSTRY = "industry"


ZERO_WHEN_NONE = frozenset({Aggregate.COUNT, Aggregate.SUM, Aggregate.DECAYED, Aggregate.STREAK, Aggregate.SURGE})
ORDERED = frozenset({Aggregate.LAST, Aggregate.SECOND_LAST, Aggregate.CHANGE, Aggregate.STREAK})
WITHOUT_COLUMN = frozenset(
    {
        Aggregate.COUNT,
        Aggregate.SURGE,
        Aggregate.DAYS_SINCE_LAST,
        Aggregate.DAYS_SINCE_FIRST,
        Aggregate.RELATED_SHARE,
    }
)
SHARES = frozenset({Aggregate.RATIO, Aggregate.SHRUNKEN, Aggregate.PEER_RATE})
WITH_PEERS = frozenset({Aggregate.SHRUNKEN, Aggregate.PEER_RATE})
OF_OTHERS = frozenset({Aggregate.PEER_RATE, Aggregate.RELATED_SHARE})
"""Operators that look at the events of other entities alone."""
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    Parameters
    ----------
    name : str, ``<thing>_<what>_<lookback>``; column name of the feature table.
    source : str, a source of :mod:`engine.features.sources`.
    aggregate : Aggregate.
    title : Message, what it says, for people.
    unit : str, in words.
    direction : +1 when a higher value means more risk, -1 when less, 0 when neither is claimed. Models may bind
        themselves to +1 and -1 (monotone constraints), so they are claims about law and sense, not about data.
    rationale : str, why it is here.
    basis : str, legal or practice reference.
    where : columns of the source that must be true.
    column, per : columns of the source that are reduced.
    lookback_months : calendar months before ``as_of``, or None for the whole history.
    peers : Peers, for SHRUNKEN and PEER_RATE.
    when_none : value when the source is there and no event is kept; the operator's own (0 for counts, sums, decayed
        sums, streaks and surges, else null) unless given. Values of kept events that are all null give null.
    """

    name: str
    source: str
    aggregate: Aggregate
    title: Message
    unit: str
    direction: int
    rationale: str
    basis: str
    where: tuple[str, ...] = ()
    column: str | None = None
    per: str | None = None
    lookback_months: int | None = None
    peers: Peers | None = None
    when_none: float | None | str = DEFAULT

    def __post_init__(self) -> None:
        for is_wrong, problem in (
            (self.direction not in (-1, 0, 1), "its direction must be -1, 0 or 1"),
            (not self.rationale or not self.basis or not self.unit, "rationale, basis and unit must be given"),
            (self.lookback_months is not None and self.lookback_months <= 0, "its lookback must be at least a month"),
            (self.aggregate is Aggregate.SURGE and self.lookback_months is None, "a surge needs a lookback"),
            (self.aggregate in WITHOUT_COLUMN and self.column is not None, f"{self.aggregate} takes no column"),
            (
                self.column is None and self.aggregate not in WITHOUT_COLUMN | {Aggregate.DECAYED},
                f"{self.aggregate} needs a column",
            ),
            (
                (self.aggregate in SHARES) != (self.per is not None),
                "per belongs to ratio, shrunken and peer_rate, and to these alone",
            ),
            (
                (self.aggregate in WITH_PEERS) != (self.peers is not None),
                "peers belong to shrunken and peer_rate, and to these alone",
            ),
        ):
            if is_wrong:
                raise FeatureDeclarationError(name=self.name, problem=problem)

    @property
    def value_when_none(self) -> float | None:
        """The value when the source is there and no event is kept."""
        if isinstance(self.when_none, str):
            return 0.0 if self.aggregate in ZERO_WHEN_NONE else None
        return self.when_none
