"""The records behind the reasons of a score: which ones the indicator counted, the newest first, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.policies.check import read_policies
from engine.api.scoring.assessment import explain
from engine.api.scoring.own_features import OTHERS, OwnRecords
from engine.features.declaration import Aggregate, Feature
from engine.features.registry import FEATURES
from engine.features.settings import FeatureParameters
from engine.features.source import IS_OPEN, Source
from engine.features.sources import EVENT_SOURCES
from engine.messages import N_, Message
from engine.store.workspaces.workspace import Workspace
from engine.validity.records import KEYS, REPAIRS
from engine.windows import add_months

PROFILE = "default"
SAID = N_("{n} on record, the latest of {day} ({number})")
_ONE_ONLY = (Aggregate.LAST, Aggregate.DAYS_SINCE_LAST)
_BY_NAME = {feature.name: feature for feature in FEATURES}
_NUMBERS = {"penalties": "doc_no", "inspections": "visit_id", "listings": "listing_id", "complaints": "complaint_id"}


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One record behind a reason.

    Parameters
    ----------
    record_id : key of the record; of a check the visit. number : of its document, else its own.
    """

    record_id: str
    number: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records behind one reason, the newest first.

    Parameters
    ----------
    rank, feature : of the reason. table : of the records.
    """

    rank: int
    feature: str
    table: str
    records: tuple[EvidenceRecord, ...]

    @property
    def said(self) -> Message:
        """How many there are and which is the latest."""
        last = self.records[0]
        return Message(
            SAID, {"n": len(self.records), "day": last.occurred_on.isoformat(), "number": last.number or last.record_id}
        )


def reason_evidence(workspace: Workspace, *, entity_id: str, profile: str = PROFILE) -> tuple[Evidence, ...]:
    """Return the records behind the reasons of an object's newest score, as known on the day of the score.

    Reasons that rest on the register, on peers or on links of others have none, nor has the line of all others.

    Parameters
    ----------
    profile : policies that say how long a record counts.

    Raises
    ------
    TableMissingError
        Nothing was scored, or the entity is not in the run.
    """
    told = explain(workspace, entity_id)
    asked = [
        (each.rank, _BY_NAME[each.feature])
        for each in told.reasons
        if each.feature in _BY_NAME and each.feature not in OTHERS and _BY_NAME[each.feature].source in _SHOWN
    ]
    if not asked:
        return ()
    book = read_policies(profile, workspace=workspace)
    own = OwnRecords(workspace, entity_id, book=book, on=told.as_of, tables=(*KEYS, REPAIRS))
    oldest = max(band.months for band in FeatureParameters.from_policies(book, on=told.as_of).decay)
    measured: dict[str, pd.DataFrame] = {}
    found = []
    for rank, feature in asked:
        source = EVENT_SOURCES[feature.source]
        if source.name not in measured:
            measured[source.name] = _counted(own, source, on=told.as_of)
        months = oldest if feature.aggregate is Aggregate.DECAYED else feature.lookback_months
        rows = _behind(measured[source.name], feature, months=months, on=told.as_of)
        if len(rows):
            found.append(Evidence(rank, feature.name, source.table, _told(rows, own, source.table)))
    return tuple(found)


_SHOWN = frozenset(name for name, source in EVENT_SOURCES.items() if source.table in KEYS)


def _counted(own: OwnRecords, source: Source, *, on: date) -> pd.DataFrame:
    """The events of a source that count on a day, the newest first."""
    rows, day = own.measures(source), pd.Timestamp(on)
    occurred, known, until = (_days(rows[name]) for name in ("occurred_on", "known_at", "until"))
    rows = rows.assign(occurred_on=occurred)[(occurred <= day) & (known <= day) & (until > day)]
    if source.has_span:
        rows = rows.assign(**{IS_OPEN: (_days(rows["open_until"]) > day).astype(int)})
    return rows.sort_values(["occurred_on", "event_id"], ascending=False, ignore_index=True)


def _days(values: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Days as time stamps; those past the end of the calendar of pandas are its last day."""
    return pd.to_datetime(values, errors="coerce").fillna(pd.Timestamp.max.normalize())


def _behind(rows: pd.DataFrame, feature: Feature, *, months: int | None, on: date) -> pd.DataFrame:
    """What of the events a feature takes into account."""
    if months is not None:
        rows = rows[rows["occurred_on"] > pd.Timestamp(add_months(on, -months))]
    for name in feature.where:
        rows = rows[rows[name].fillna(0) != 0]
    if feature.aggregate in _ONE_ONLY:
        return rows[rows["event_id"] == rows["event_id"].iloc[0]] if len(rows) else rows
    return rows if feature.column is None else rows[rows[feature.column].fillna(0) != 0]


def _told(rows: pd.DataFrame, own: OwnRecords, table: str) -> tuple[EvidenceRecord, ...]:
    records = own.rows[table].to_pandas()
    key, number = "visit_id" if table == "inspections" else KEYS[table], _NUMBERS[table]
    numbers = dict(zip(records[key], records[number], strict=True))
    found: dict[str, EvidenceRecord] = {}
    for event, day in zip(rows["event_id"].astype(str), rows["occurred_on"], strict=True):
        said = numbers.get(event)
        found.setdefault(event, EvidenceRecord(event, "" if said is None else str(said), day.date()))
    return tuple(found.values())


def by_rank(evidence: Sequence[Evidence]) -> dict[int, Evidence]:
    """Return evidence by the rank of its reason."""
    return {each.rank: each for each in evidence}
