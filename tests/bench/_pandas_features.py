"""The benchmark's sixty features by pandas, as a careful user of pandas would write them.

One grouping per filter and window serves all features that share it; columns are reduced together; visits are merged
once. Input are the prepared records as frames, so that neither engine is charged with preparing them.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from engine.features.declaration import Aggregate, Feature, Peers
from engine.features.settings import FeatureParameters
from engine.features.sources import EVENT_SOURCES
from engine.features.sweep.tables import ABSENT, NO_DAY, Records, Versions
from engine.windows import add_months

SIMPLE = {Aggregate.SUM: "sum", Aggregate.MAX: "max", Aggregate.MEAN: "mean", Aggregate.LAST: "last"}


def frame(records: Records) -> pd.DataFrame:
    """Return the rows of a source as a frame: entity, event, days since 1970 and measures, NaN for null."""
    columns: dict[str, np.ndarray] = {
        "entity": np.repeat(np.arange(len(records.starts) - 1), np.diff(records.starts)),
        "event": records.event,
        "day": records.occurred,
        "known": records.known,
        "until": records.until,
    }
    for position, name in enumerate(records.columns):
        values = records.measures[:, position]
        is_absent = values == ABSENT
        columns[name] = np.where(is_absent, np.nan, values) if is_absent.any() else values
    return pd.DataFrame(columns)


def days(day: date) -> int:
    """Return days since 1970."""
    return int(np.datetime64(day, "D").astype(np.int32))


class PandasFeatures:
    """Features of every entity on one date."""

    def __init__(
        self, frames: dict[str, pd.DataFrame], versions: Versions, *, as_of: date, parameters: FeatureParameters
    ) -> None:
        self.n, self.as_of, self.parameters = len(versions.starts) - 1, as_of, parameters
        self.versions = versions
        now = days(as_of)
        is_known = (versions.known <= now) & (versions.until > now)
        self.version = np.full(self.n, -1)
        owner = np.repeat(np.arange(self.n), np.diff(versions.starts))
        self.version[owner[is_known]] = np.flatnonzero(is_known)
        self.rows, self.events = {}, {}
        for name, table in frames.items():
            rows = table[(table.day <= now) & (table.known <= now) & (table.until > now)]
            if "is_open" in rows.columns:
                rows = rows.assign(is_open=(rows.is_open > now).astype(np.int64))
            self.rows[name] = rows
            self.events[name] = self._merged(name, rows)
        self._groups: dict = {}
        self._windows: dict = {}

    def _merged(self, name: str, rows: pd.DataFrame) -> pd.DataFrame:
        source = EVENT_SOURCES[name]
        if not source.is_grouped:
            return rows
        groups = rows.groupby(["entity", "event"], sort=True)
        summed = [m.name for m in source.measures if m.combine == "sum"]
        largest = [m.name for m in source.measures if m.combine != "sum"]
        merged = pd.concat([groups[["day", *largest]].max(), groups[summed].sum(min_count=1)], axis=1).reset_index()
        return merged.sort_values(["entity", "day", "event"], kind="stable")

    def table(self, features: Sequence[Feature]) -> np.ndarray:
        """Return float64 (features, entities), NaN for null."""
        return np.stack([self.feature(feature) for feature in features])

    def feature(self, feature: Feature) -> np.ndarray:
        """Return one feature by entity."""
        if feature.source == "entities":
            return self._attribute(feature)
        if feature.aggregate is Aggregate.PEER_RATE:
            return self._peers(feature)
        value = self._own(feature)
        return value

    def _kept(self, feature: Feature, months: int | None, *, rows: pd.DataFrame | None = None) -> pd.DataFrame:
        key = (feature.source, feature.where, months, rows is None)
        if key not in self._windows:
            table = self.events[feature.source] if rows is None else rows
            mask = np.ones(len(table), bool)
            for name in feature.where:
                mask &= table[name].to_numpy() > 0
            if months is not None:
                mask &= table["day"].to_numpy() > days(add_months(self.as_of, -months))
            self._windows[key] = table[mask]
        return self._windows[key]

    def _grouped(self, feature: Feature, months: int | None):
        key = (feature.source, feature.where, months)
        if key not in self._groups:
            self._groups[key] = self._kept(feature, months).groupby("entity", sort=True)
        return self._groups[key]

    def _spread(self, values: pd.Series, none: float) -> np.ndarray:
        result = np.full(self.n, none)
        result[values.index.to_numpy()] = values.to_numpy(np.float64)
        return result

    def _count(self, feature: Feature, months: int | None) -> np.ndarray:
        return self._spread(self._grouped(feature, months).size(), 0.0)

    def _own(self, feature: Feature) -> np.ndarray:  # noqa: C901
        months, column = feature.lookback_months, feature.column
        groups, scale = self._grouped(feature, months), EVENT_SOURCES[feature.source].scale(feature.column)
        none = np.nan if feature.value_when_none is None else feature.value_when_none
        now = days(self.as_of)
        match feature.aggregate:
            case Aggregate.COUNT:
                return self._count(feature, months)
            case Aggregate.SURGE:
                twice = self._count(feature, 2 * months)
                own = self._count(feature, months)
                return np.where(own > 0, 2 * own - twice, none)
            case Aggregate.DAYS_SINCE_LAST:
                return self._spread(now - groups["day"].max(), none)
            case Aggregate.DAYS_SINCE_FIRST:
                return self._spread(now - groups["day"].min(), none)
            case Aggregate.RATIO:
                sums = groups[[column, feature.per]].sum()
                return self._spread(sums[column] / scale / sums[feature.per].replace(0, np.nan), none)
            case Aggregate.SHRUNKEN:
                sums, k = groups[[column, feature.per]].sum(), self.parameters.entity_prior_strength
                own, per = self._spread(sums[column], 0.0), self._spread(sums[feature.per], 0.0)
                return (own / scale + k * self._peers(feature)) / (per + k)
            case Aggregate.DECAYED:
                return self._decayed(feature, scale, none)
            case Aggregate.SUM | Aggregate.MAX | Aggregate.MEAN | Aggregate.LAST:
                options = {"min_count": 1} if feature.aggregate is Aggregate.SUM else {}
                values = getattr(groups[column], SIMPLE[feature.aggregate])(**options)
                return self._spread(values / scale, none)
            case Aggregate.SECOND_LAST | Aggregate.CHANGE:
                known = self._kept(feature, months)[["entity", column]].dropna()
                second = known.groupby("entity").nth(-2).set_index("entity")[column]
                if feature.aggregate is Aggregate.SECOND_LAST:
                    return self._spread(second / scale, none)
                return self._spread((groups[column].last() - second).dropna() / scale, none)
            case Aggregate.STREAK:
                known = self._kept(feature, months)[["entity", column]].dropna().iloc[::-1]
                breaks = (known[column] == 0).groupby(known["entity"]).cumsum()
                return self._spread((breaks == 0).groupby(known["entity"]).sum(), 0.0)
            case Aggregate.TREND:
                known = self._kept(feature, months)[["entity", "day", column]].dropna()
                t, y = (known["day"] - now).astype(np.int64), known[column]
                sums = pd.DataFrame(
                    {"entity": known["entity"], "n": 1.0, "t": t, "tt": t * t, "y": y, "ty": t * y}
                ).groupby("entity").sum()  # fmt: skip
                spread = (sums.n * sums.tt - sums.t * sums.t).replace(0, np.nan)
                return self._spread((sums.n * sums.ty - sums.t * sums.y) / spread * 365.0 / scale, none)
        raise NotImplementedError(feature.aggregate)

    def _decayed(self, feature: Feature, scale: float, none: float) -> np.ndarray:
        kept = self._kept(feature, None)
        starts = [days(add_months(self.as_of, -band.months)) for band in self.parameters.decay]
        age = np.searchsorted(-np.array(starts), -kept["day"].to_numpy(), side="right")
        weights = np.array([*(band.weight for band in self.parameters.decay), 0.0])[age]
        values = weights if feature.column is None else kept[feature.column].to_numpy() / scale * weights
        sums = pd.Series(values).groupby(kept["entity"].to_numpy()).sum(min_count=1)
        return self._spread(sums, none)

    def _peers(self, feature: Feature) -> np.ndarray:
        rows = self._kept(feature, feature.lookback_months, rows=self.rows[feature.source])
        scale = EVENT_SOURCES[feature.source].scale(feature.column)
        rows = rows[self.version[rows["entity"].to_numpy()] >= 0]
        own = rows.groupby("entity")[[feature.column, feature.per]].sum()
        column, per = (self._spread(own[name], 0.0) for name in (feature.column, feature.per))

        def others(peers: Peers) -> tuple[np.ndarray, np.ndarray]:
            group = self.versions.groups[list(Peers).index(peers), self.version]
            group = np.where(self.version >= 0, group, -1)
            is_in = group >= 0
            parts = []
            for values in (column, per):
                totals = pd.Series(values[is_in]).groupby(group[is_in]).sum()
                parts.append(np.where(is_in, totals.reindex(group).to_numpy() - values, np.nan))
            return parts[0] / scale, parts[1]

        above, below = others(Peers.POPULATION)
        rate = above / np.where(below == 0, np.nan, below)
        if feature.peers is not Peers.POPULATION:
            k = self.parameters.peer_prior_strength
            above, below = others(feature.peers)
            rate = (above + k * rate) / (below + k)
        return rate

    def _attribute(self, feature: Feature) -> np.ndarray:
        is_known = self.version >= 0
        if feature.column == "capital":
            return np.where(is_known, self.versions.capital[self.version], np.nan)
        if feature.column == "age_years":
            established = self.versions.established[self.version].astype(np.int64)
            age = days(self.as_of) - established
            return np.where(is_known & (established != NO_DAY) & (age >= 0), age / 365.25, np.nan)
        address = np.where(is_known, self.versions.address[self.version], -1)
        is_active = self.versions.is_active[self.version] * is_known
        counts = pd.Series(is_active).groupby(address).sum()
        return np.where(address >= 0, counts.reindex(address).to_numpy() - is_active, np.nan)
