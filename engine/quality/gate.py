"""The gate: measures of every source against dated limits; red where grades rest on it blocks, amber is shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.quality.drift import Drift

QUALITY_GATE = "quality.gate"


class Colour(StrEnum):
    """Green passes, amber is shown, red blocks scoring and the draw."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


_ORDER = (Colour.GREEN, Colour.AMBER, Colour.RED)


@dataclass(frozen=True, slots=True)
class TableQuality:
    """What is measured of one source table on a day.

    Parameters
    ----------
    rows_in, accepted, quarantined, duplicates : over all loads that stand; in = accepted + quarantined + duplicates.
    waiting : quarantined rows that nobody settled yet.
    delivered_on : day of the newest load. last_known_at : newest ``known_at`` up to the day.
    freshness_days : what the contract promises, None = nothing.
    n_register, n_covered : active objects of the register, and those of them that the table names; None where it names
        no objects.
    n_rows, n_unregistered : records known on the day, and those that name an object the register does not hold.
    drifts : newest load against the loads before, per column of codes.
    """

    table: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int
    waiting: int
    delivered_on: date
    last_known_at: date | None
    freshness_days: int | None
    n_register: int | None
    n_covered: int | None
    n_rows: int
    n_unregistered: int
    drifts: tuple[Drift, ...] = ()

    @property
    def waiting_share(self) -> float:
        """Waiting rows over rows in."""
        return self.waiting / self.rows_in if self.rows_in else 0.0

    @property
    def unregistered_share(self) -> float:
        """Records that name an unknown object, over all."""
        return self.n_unregistered / self.n_rows if self.n_rows else 0.0

    @property
    def coverage(self) -> float | None:
        """Share of the active register that the table names."""
        if self.n_covered is None or not self.n_register:
            return None
        return self.n_covered / self.n_register

    def delivery_age(self, on: date) -> int:
        """Days since the newest load; a load on or after the day has brought all that could be known then."""
        return max((on - self.delivered_on).days, 0)

    def content_age(self, on: date) -> int | None:
        """Days since the newest record became known."""
        return None if self.last_known_at is None else (on - self.last_known_at).days


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One measure over its limit: which table, which measure, how bad, in words."""

    table: str
    measure: str
    colour: Colour
    sentence: Message


@dataclass(frozen=True, slots=True)
class Limits:
    """The gate's limits in force; see the policy ``quality.gate``."""

    blocking_tables: frozenset[str]
    from_rows: int
    steps: Mapping[str, Mapping[str, float | None]]
    drift: Mapping[str, float]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Limits":
        """Return the limits of a policy value.

        Raises
        ------
        PolicyInconsistentError
            A limit is missing, or red comes before amber.
        """
        try:
            steps = {name: value[name] for name in _MEASURES}
            limits = cls(frozenset(value["blocking_tables"]), int(value["from_rows"]), steps, {**value["drift"]})
        except KeyError as error:
            problem = Message(N_("{key} is missing"), {"key": error})
            raise PolicyInconsistentError(name=QUALITY_GATE, problem=problem) from error
        for name, step in steps.items():
            amber, red = step["amber"], step["red"]
            if amber is None or (red is not None and red < amber):
                problem = Message(N_("{key}: give amber, and red no lower than amber or null"), {"key": name})
                raise PolicyInconsistentError(name=QUALITY_GATE, problem=problem)
        return limits


_MEASURES = ("waiting_share", "unregistered_share", "delivery_lateness", "content_age")
_SENTENCES = {
    "waiting_share": N_("{table}: {share} of {n} rows wait in quarantine (limit {limit})"),
    "unregistered_share": N_("{table}: {share} of {n} records name objects not on the register (limit {limit})"),
    "delivery_lateness": N_("{table}: nothing was delivered for {days} days, promised are {promised}"),
    "content_age": N_("{table}: the newest record is {days} days old, promised are {promised}"),
}
_DRIFTED = N_("{table}.{column}: the share of {code} went from {was} to {now} ({n_new} new rows, {n_old} before)")


def judge(tables: Sequence[TableQuality], *, on: date, limits: Limits) -> tuple[QualityFinding, ...]:
    """Return every measure over its limit, red first.

    Parameters
    ----------
    on : the day that is asked about.

    Notes
    -----
    Shares are judged from ``limits.from_rows`` rows on. Red counts in blocking tables only; elsewhere it is amber.
    """
    found = [finding for table in tables for finding in _judged(table, on=on, limits=limits)]
    return tuple(sorted(found, key=lambda each: (-_ORDER.index(each.colour), each.table, each.measure)))


def colour_of(findings: Sequence[QualityFinding]) -> Colour:
    """Return the worst colour, green without findings."""
    return max((finding.colour for finding in findings), key=_ORDER.index, default=Colour.GREEN)


def _judged(table: TableQuality, *, on: date, limits: Limits) -> Iterator[QualityFinding]:
    said: dict[str, object] = {"table": table.table, "promised": table.freshness_days}
    values: list[tuple[str, float, dict[str, object]]] = []
    shown: dict[str, object]
    if table.rows_in >= limits.from_rows:
        values.append(
            ("waiting_share", table.waiting_share, {"share": _share(table.waiting_share), "n": table.rows_in})
        )
    if table.n_rows >= limits.from_rows:
        shown = {"share": _share(table.unregistered_share), "n": table.n_rows}
        values.append(("unregistered_share", table.unregistered_share, shown))
    if table.freshness_days:
        delivery, content = table.delivery_age(on), table.content_age(on)
        values.append(("delivery_lateness", delivery / table.freshness_days, {"days": delivery}))
        if content is not None:
            values.append(("content_age", content / table.freshness_days, {"days": content}))
    for measure, value, shown in values:
        amber, red = limits.steps[measure]["amber"], limits.steps[measure]["red"]
        colour = _colour(value, amber, red)
        if colour is Colour.GREEN:
            continue
        limit = amber if colour is Colour.AMBER else red
        params = {**said, **shown, "limit": _share(limit or 0.0)}
        yield QualityFinding(table.table, measure, _capped(colour, table, limits), Message(_SENTENCES[measure], params))
    for drift in table.drifts:
        if min(drift.n_new, drift.n_old) < limits.from_rows:
            continue
        if drift.distance >= limits.drift["distance"] and drift.p_value < limits.drift["p_value"]:
            yield QualityFinding(
                table.table, f"drift.{drift.column}", Colour.AMBER, _drift_sentence(table.table, drift)
            )


def _drift_sentence(table: str, drift: Drift) -> Message:
    params = {
        "table": table,
        "column": drift.column,
        "code": drift.largest,
        "was": _share(drift.share_old),
        "now": _share(drift.share_new),
        "n_new": drift.n_new,
        "n_old": drift.n_old,
    }
    return Message(_DRIFTED, params)


def _colour(value: float, amber: float | None, red: float | None) -> Colour:
    if red is not None and value > red:
        return Colour.RED
    return Colour.AMBER if amber is not None and value > amber else Colour.GREEN


def _capped(colour: Colour, table: TableQuality, limits: Limits) -> Colour:
    return Colour.AMBER if colour is Colour.RED and table.table not in limits.blocking_tables else colour


def _share(value: float) -> str:
    return f"{value:.1%}"
