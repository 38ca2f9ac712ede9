"""The operators of :class:`engine.features.declaration.Aggregate` as filtered aggregates and arithmetic on them.

An operator asks :class:`Bases` for the counts, sums and extremes it needs; equal ones are computed once for all
features of a source. Sums are over whole numbers and ratios are taken last, in double precision, so that the result
does not depend on the order of rows or on the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import ibis

from engine.features.declaration import Aggregate, Feature
from engine.features.events import kept
from engine.features.settings import FeatureParameters
from engine.features.source import Source

DAYS_PER_YEAR = 365.0

RankKey = tuple[object, ...]


def rank_key(feature: Feature) -> RankKey:
    """Return what decides the order of events for a feature that depends on order."""
    return (feature.where, feature.column, feature.lookback_months)


def is_selected(events: ibis.Table, feature: Feature) -> ibis.Value:
    """Return whether an event is kept by the feature and its column is known."""
    chosen = kept(events, where=feature.where, months=feature.lookback_months)
    return chosen & events[feature.column].notnull() if feature.column else chosen


@dataclass(slots=True)
class Bases:
    """The columns of one group-by, each computed once.

    Parameters
    ----------
    events : one row per event that counts.
    source : its source.
    parameters : dated numbers.
    ranks : column with the position from the last event, by :func:`rank_key`.
    """

    events: ibis.Table
    source: Source
    parameters: FeatureParameters
    ranks: Mapping[RankKey, str]
    columns: dict[RankKey, ibis.Value] = field(default_factory=dict)

    def add(self, key: RankKey, value: ibis.Value) -> ibis.Deferred:
        """Remember a base under its key and return a reference to its column."""
        self.columns.setdefault(key, value)
        return ibis._[f"base_{list(self.columns).index(key)}"]

    def expressions(self) -> dict[str, ibis.Value]:
        """Return column name to aggregate."""
        return {f"base_{position}": value for position, value in enumerate(self.columns.values())}

    def scale(self, feature: Feature) -> float:
        """Return what the feature's column is divided by."""
        return self.source.scale(feature.column)

    def count(self, feature: Feature, *, months: int | None = None, after: int = 0) -> ibis.Deferred:
        """Return the number of events kept, in another window when given."""
        window = months or feature.lookback_months
        chosen = kept(self.events, where=feature.where, months=window, after=after)
        return self.add(("count", feature.where, window, after), chosen.ifelse(1, 0).sum())

    def count_known(self, feature: Feature) -> ibis.Deferred:
        """Return the number of events kept whose column is known."""
        chosen = is_selected(self.events, feature)
        return self.add(("known", *rank_key(feature)), chosen.ifelse(1, 0).sum())

    def sum(self, feature: Feature, column: str, *, months: int | None = None, after: int = 0) -> ibis.Deferred:
        """Return the sum of a column over the events kept, in another window when given."""
        window = months or feature.lookback_months
        chosen = kept(self.events, where=feature.where, months=window, after=after)
        return self.add(("sum", feature.where, column, window, after), chosen.ifelse(self.events[column], None).sum())

    def sum_of(self, name: str, feature: Feature, value: ibis.Value) -> ibis.Deferred:
        """Return the sum of a named expression over the events kept whose column is known."""
        chosen = is_selected(self.events, feature)
        return self.add((name, *rank_key(feature)), chosen.ifelse(value, None).sum())

    def day(self, feature: Feature, *, last: bool) -> ibis.Deferred:
        """Return days from the last or first event kept to ``as_of``."""
        chosen = kept(self.events, where=feature.where, months=feature.lookback_months)
        age = self.age_days()
        value = chosen.ifelse(age, None).min() if last else chosen.ifelse(age, None).max()
        return self.add(("last" if last else "first", feature.where, feature.lookback_months), value)

    def age_days(self) -> ibis.Value:
        """Return days from each event to ``as_of``."""
        return self.events.as_of.delta(self.events.occurred_on, unit="day")

    def at(self, feature: Feature, *, position: int) -> ibis.Deferred:
        """Return the column's value in the event at that position from the last."""
        chosen = is_selected(self.events, feature) & (self.events[self.ranks[rank_key(feature)]] == position)
        return self.add(("at", position, *rank_key(feature)), chosen.ifelse(self.events[feature.column], None).max())


Operator = Callable[[Bases, Feature], ibis.Deferred]


def _count(bases: Bases, feature: Feature) -> ibis.Deferred:
    return bases.count(feature)


def _sum(bases: Bases, feature: Feature) -> ibis.Deferred:
    return _real(bases.sum(feature, str(feature.column))) / bases.scale(feature)


def _max(bases: Bases, feature: Feature) -> ibis.Deferred:
    chosen = kept(bases.events, where=feature.where, months=feature.lookback_months)
    largest = bases.add(("max", *rank_key(feature)), chosen.ifelse(bases.events[feature.column], None).max())
    return _real(largest) / bases.scale(feature)


def _mean(bases: Bases, feature: Feature) -> ibis.Deferred:
    n_known = _real(bases.count_known(feature)).nullif(0.0)
    return _real(bases.sum(feature, str(feature.column))) / (n_known * bases.scale(feature))


def _ratio(bases: Bases, feature: Feature) -> ibis.Deferred:
    per = _real(bases.sum(feature, str(feature.per))).nullif(0.0)
    return _real(bases.sum(feature, str(feature.column))) / bases.scale(feature) / per


def _decayed(bases: Bases, feature: Feature) -> ibis.Deferred:
    total: ibis.Deferred | None = None
    after = 0
    for band in bases.parameters.decay:
        if feature.column is None:
            part = bases.count(feature, months=band.months, after=after)
        else:
            part = bases.sum(feature, feature.column, months=band.months, after=after).fill_null(0)
        weighted = _real(part) / bases.scale(feature) * band.weight
        total = weighted if total is None else total + weighted
        after = band.months
    return total if feature.column is None else (bases.count_known(feature) == 0).ifelse(None, total)


def _last(bases: Bases, feature: Feature) -> ibis.Deferred:
    return _real(bases.at(feature, position=1)) / bases.scale(feature)


def _second_last(bases: Bases, feature: Feature) -> ibis.Deferred:
    return _real(bases.at(feature, position=2)) / bases.scale(feature)


def _change(bases: Bases, feature: Feature) -> ibis.Deferred:
    return _real(bases.at(feature, position=1) - bases.at(feature, position=2)) / bases.scale(feature)


def _streak(bases: Bases, feature: Feature) -> ibis.Deferred:
    rank = bases.events[bases.ranks[rank_key(feature)]]
    is_break = is_selected(bases.events, feature) & (bases.events[feature.column] == 0)
    first_break = bases.add(("break", *rank_key(feature)), is_break.ifelse(rank, None).min())
    return (first_break - 1).fill_null(bases.count_known(feature))


def _trend(bases: Bases, feature: Feature) -> ibis.Deferred:
    days = -bases.age_days()
    values = bases.events[feature.column]
    n = _real(bases.count_known(feature))
    s_t = _real(bases.sum_of("t", feature, days))
    s_tt = _real(bases.sum_of("tt", feature, days * days))
    s_y = _real(bases.sum_of("y", feature, values))
    s_ty = _real(bases.sum_of("ty", feature, days * values))
    return (n * s_ty - s_t * s_y) / (n * s_tt - s_t * s_t).nullif(0.0) * DAYS_PER_YEAR / bases.scale(feature)


def _surge(bases: Bases, feature: Feature) -> ibis.Deferred:
    months = int(feature.lookback_months or 0)
    return bases.count(feature) - bases.count(feature, months=2 * months, after=months)


def _days_since_last(bases: Bases, feature: Feature) -> ibis.Deferred:
    return bases.day(feature, last=True)


def _days_since_first(bases: Bases, feature: Feature) -> ibis.Deferred:
    return bases.day(feature, last=False)


def _real(value: ibis.Deferred) -> ibis.Deferred:
    return value.cast("float64")


OPERATORS: Mapping[Aggregate, Operator] = {
    Aggregate.COUNT: _count,
    Aggregate.SUM: _sum,
    Aggregate.MAX: _max,
    Aggregate.MEAN: _mean,
    Aggregate.RATIO: _ratio,
    Aggregate.DECAYED: _decayed,
    Aggregate.LAST: _last,
    Aggregate.SECOND_LAST: _second_last,
    Aggregate.CHANGE: _change,
    Aggregate.STREAK: _streak,
    Aggregate.TREND: _trend,
    Aggregate.SURGE: _surge,
    Aggregate.DAYS_SINCE_LAST: _days_since_last,
    Aggregate.DAYS_SINCE_FIRST: _days_since_first,
}
