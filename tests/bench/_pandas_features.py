"""The benchmark's sixty features by pandas, as a careful user of pandas would write them, from the same files.

Only the columns that are needed are read, dates as numbers of days, texts of few values as categories. One grouping
per filter and window serves all features that share it. Visits of several departments are put together where there
are any, and identifiers of events are compared only where two share a day.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.features.declaration import Aggregate, Feature, Peers
from engine.features.settings import FeatureParameters
from engine.features.sources import EVENT_SOURCES, ROUTINE_MODES, SEVERITIES
from engine.vocabulary import ADVERSE_RESULTS, NOT_ASSESSABLE_RESULTS, ResultCode
from engine.windows import add_months

SIMPLE = {Aggregate.SUM: "sum", Aggregate.MAX: "max", Aggregate.MEAN: "mean", Aggregate.LAST: "last"}
ID = {"inspections": "visit_id", "penalties": "penalty_id", "complaints": "complaint_id", "listings": "listing_id"}
STAMPS = ["entity_id", "occurred_on", "known_at", "superseded_at"]
READ = {
    "inspections": [
        "inspection_id", "selection_mode", "result_codes", "violations_critical", "violations_major",
        "violations_minor", "severity_score",
    ],
    "penalties": ["severity", "fine_fen"],
    "complaints": ["is_substantiated"],
    "listings": ["list_type", "ended_on"],
}  # fmt: skip
FEW = ["selection_mode", "result_codes", "severity", "list_type", "population", "district_code", "industry_code"]
GROUPS = {
    Peers.POPULATION: ["population"],
    Peers.DISTRICT: ["population", "district_code"],
    Peers.INDUSTRY: ["population", "industry"],
}


def days(day: date) -> int:
    """Return days since 1970."""
    return int(np.datetime64(day, "D").astype(np.int32))


def read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns of a file, dates as days since 1970."""
    table = pq.read_table(path, columns=list(columns), read_dictionary=[name for name in columns if name in FEW])
    for position, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(pa.int32()))
    return table.to_pandas()


def holds(codes: pd.Series, wanted: frozenset[ResultCode]) -> np.ndarray:
    """Return 1 where joined codes hold one that is wanted, looked up once per distinct text."""
    is_wanted = np.array([bool(wanted & set(text.split(";"))) for text in codes.cat.categories], np.int64)
    return is_wanted[codes.cat.codes]


class PandasRecords:
    """The records of all dates, entities by number.

    Parameters
    ----------
    folder : Parquet files of :mod:`tests.bench._feature_records`.
    """

    def __init__(self, folder: Path) -> None:
        columns = ["population", "industry_code", "district_code", "address", "registered_capital_fen", "status"]
        versions = read(folder / "entities.parquet", [*STAMPS, *columns]).sort_values("entity_id", ignore_index=True)
        industry = versions["industry_code"].cat
        division = industry.categories.str.replace(r"^([A-T][0-9]{2}).*", r"\1", regex=True)
        versions["industry"] = pd.Categorical.from_codes(*_merged_codes(industry.codes, division))
        self.versions = versions
        numbers = versions[["entity_id"]].drop_duplicates()
        numbers["entity"] = np.arange(len(numbers))
        self.rows = {}
        for name, own in READ.items():
            rows = read(folder / f"{name}.parquet", [*STAMPS, ID[name], *own])
            rows = rows.rename(columns={"occurred_on": "day", ID[name]: "event"})
            rows = rows.merge(numbers, on="entity_id").drop(columns="entity_id")
            self.rows[name] = getattr(self, f"_{name}")(rows)

    def _inspections(self, rows: pd.DataFrame) -> pd.DataFrame:
        codes, mode = rows["result_codes"], rows["selection_mode"]
        adverse = holds(codes, ADVERSE_RESULTS)
        assessable = holds(codes, frozenset(ResultCode) - NOT_ASSESSABLE_RESULTS)
        return rows.assign(
            event=rows["event"].fillna(rows["inspection_id"]),
            n_adverse=adverse,
            n_assessable=assessable,
            adverse=adverse,
            assessable=assessable,
            refused=holds(codes, frozenset({ResultCode.REFUSED})),
            routine=mode.isin([str(one) for one in ROUTINE_MODES]).astype(np.int64),
            directed=(mode == "directed").astype(np.int64),
            severity=(rows["severity_score"] * 1000).round(),
        ).rename(columns={f"violations_{level}": level for level in ("critical", "major", "minor")})[
            ["entity", "event", "day", "known_at", "superseded_at", *READ_AS["inspections"]]
        ]

    def _penalties(self, rows: pd.DataFrame) -> pd.DataFrame:
        ranks = np.array([*(SEVERITIES.index(text) for text in rows["severity"].cat.categories), np.nan])
        return rows.assign(
            severity=ranks[rows["severity"].cat.codes],
            serious=(rows["severity"] == "serious").astype(np.int64),
            fine=rows["fine_fen"].fillna(0),
        )

    def _complaints(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(substantiated=rows["is_substantiated"].astype("float64"))

    def _listings(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(
            abnormal=(rows["list_type"] == "abnormal").astype(np.int64),
            serious_violation=(rows["list_type"] == "serious_violation").astype(np.int64),
        )


class PandasFeatures:
    """Features of every entity on one date."""

    def __init__(self, records: PandasRecords, *, as_of: date, parameters: FeatureParameters) -> None:
        self.as_of, self.now, self.parameters = as_of, days(as_of), parameters
        self.entities = self._known(records.versions)
        self.n = len(self.entities)
        self.rows, self.events = {}, {}
        for name, history in records.rows.items():
            rows = self._known(history[history["day"] <= self.now])
            if "ended_on" in rows:
                rows = rows.assign(is_open=(~(rows["ended_on"] <= self.now)).astype(np.int64))
            self.rows[name] = rows
            self.events[name] = self._ordered(self._together(name, rows))
        self._groups: dict = {}
        self._windows: dict = {}

    def _known(self, rows: pd.DataFrame) -> pd.DataFrame:
        is_known = (rows["known_at"] <= self.now) & ~(rows["superseded_at"] <= self.now)
        return rows[is_known].drop(columns=["known_at", "superseded_at"]).reset_index(drop=True)

    def _together(self, name: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Return one row per event."""
        source = EVENT_SOURCES[name]
        if not source.is_grouped:
            return rows
        is_shared = rows.duplicated("event", keep=False)
        groups = rows[is_shared].groupby(["entity", "event"], sort=False)
        summed = [m.name for m in source.measures if m.combine == "sum" and m.name in rows]
        largest = [m.name for m in source.measures if m.combine != "sum" and m.name in rows]
        merged = pd.concat([groups[["day", *largest]].max(), groups[summed].sum(min_count=1)], axis=1).reset_index()
        return pd.concat([rows[~is_shared], merged[rows.columns]], ignore_index=True)

    def _ordered(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the events by entity and day, those of one day in order of their identifier."""
        rows = rows.sort_values(["entity", "day"], ignore_index=True)
        tied = np.flatnonzero(rows.duplicated(["entity", "day"], keep=False))
        order = np.arange(len(rows))
        order[tied] = rows.loc[tied, ["entity", "day", "event"]].sort_values(["entity", "day", "event"]).index
        return rows.drop(columns="event").take(order).reset_index(drop=True)

    def table(self, features: Sequence[Feature]) -> pd.DataFrame:
        """Return the features as columns, one row per entity in order of entity_id."""
        columns = {feature.name: self.feature(feature) for feature in features}
        return pd.DataFrame({"entity_id": self.entities["entity_id"]} | columns)

    def feature(self, feature: Feature) -> np.ndarray:
        """Return one feature by entity."""
        if feature.source == "entities":
            return self._attribute(feature)
        if feature.aggregate is Aggregate.PEER_RATE:
            return self._peers(feature)
        return self._own(feature)

    def _kept(self, feature: Feature, months: int | None, *, by_row: bool = False) -> pd.DataFrame:
        key = (feature.source, feature.where, months, by_row)
        if key not in self._windows:
            table = (self.rows if by_row else self.events)[feature.source]
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
        match feature.aggregate:
            case Aggregate.COUNT:
                return self._count(feature, months)
            case Aggregate.SURGE:
                twice = self._count(feature, 2 * months)
                own = self._count(feature, months)
                return np.where(own > 0, 2 * own - twice, none)
            case Aggregate.DAYS_SINCE_LAST:
                return self._spread(self.now - groups["day"].max(), none)
            case Aggregate.DAYS_SINCE_FIRST:
                return self._spread(self.now - groups["day"].min(), none)
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
                t, y = (known["day"] - self.now).astype(np.int64), known[column]
                sums = pd.DataFrame(
                    {"entity": known["entity"], "n": 1.0, "t": t, "tt": t * t, "y": y, "ty": t * y}
                ).groupby("entity").sum()  # fmt: skip
                spread = (sums.n * sums.tt - sums.t * sums.t).replace(0, np.nan)
                return self._spread((sums.n * sums.ty - sums.t * sums.y) / spread * 365.0 / scale, none)
        raise ValueError(f"no pandas form of {feature.aggregate}: write one, the table would lack {feature.name}")

    def _decayed(self, feature: Feature, scale: float, none: float) -> np.ndarray:
        kept = self._kept(feature, None)
        starts = [days(add_months(self.as_of, -band.months)) for band in self.parameters.decay]
        age = np.searchsorted(-np.array(starts), -kept["day"].to_numpy(), side="right")
        weights = np.array([*(band.weight for band in self.parameters.decay), 0.0])[age]
        values = weights if feature.column is None else kept[feature.column].to_numpy() / scale * weights
        sums = pd.Series(values).groupby(kept["entity"].to_numpy()).sum(min_count=1)
        return self._spread(sums, none)

    def _peers(self, feature: Feature) -> np.ndarray:
        rows = self._kept(feature, feature.lookback_months, by_row=True)
        own = rows.groupby("entity")[[feature.column, feature.per]].sum()
        column, per = (self._spread(own[name], 0.0) for name in (feature.column, feature.per))

        def others(peers: Peers) -> tuple[np.ndarray, np.ndarray]:
            keys = [self.entities[name] for name in GROUPS[peers]]
            sums = pd.DataFrame({"column": column, "per": per}).groupby(keys, observed=True).transform("sum")
            return (sums["column"].to_numpy() - column) / scale, sums["per"].to_numpy() - per

        scale = EVENT_SOURCES[feature.source].scale(feature.column)
        above, below = others(Peers.POPULATION)
        rate = above / np.where(below == 0, np.nan, below)
        if feature.peers is not Peers.POPULATION:
            k = self.parameters.peer_prior_strength
            above, below = others(feature.peers)
            rate = (above + k * rate) / (below + k)
        return rate

    def _attribute(self, feature: Feature) -> np.ndarray:
        if feature.column == "capital":
            return self.entities["registered_capital_fen"].to_numpy() / 100.0
        if feature.column == "age_years":
            age = self.now - self.entities["occurred_on"].to_numpy()
            return np.where(age >= 0, age / 365.25, np.nan)
        is_active = (self.entities["status"] == "active").astype(np.int64)
        return (is_active.groupby(self.entities["address"]).transform("sum") - is_active).to_numpy(np.float64)


READ_AS = {
    "inspections": [
        "n_adverse", "n_assessable", "adverse", "assessable", "refused", "routine", "directed", "critical", "major",
        "minor", "severity",
    ]
}  # fmt: skip


def _merged_codes(codes: np.ndarray, texts: pd.Index) -> tuple[np.ndarray, pd.Index]:
    """Return codes and categories where several categories have one text."""
    own, distinct = pd.factorize(texts)
    return np.where(codes >= 0, own[codes], -1), distinct
