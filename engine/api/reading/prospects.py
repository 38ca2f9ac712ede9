"""What would change an object's grade: a reason gone, a record struck out, or time alone.

Three questions, one answer each in score and grade. Without a reason: its stored points taken off the stored score.
Without a record (repaired, revoked, or struck out after an objection): the score that the object's other records give
today. With time: the score on every day of three years if nothing new became known, told on the days on which it
changes. Every grade is cut by the limits in force, held by the band of the next monthly run, and ruled by whatever
stands above the score; where that holds it, fewer points change nothing, and the answer says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from engine.api.reading.graded_object import GradedObject, graded_object, scorecard_on
from engine.api.scoring.own_features import READ, Case, OwnRecords
from engine.errors import ParameterNotInForceError
from engine.grading.overrides import read_overrides
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import SCORECARD_MODEL, Standing
from engine.pipeline.prospects import grades_of_scores
from engine.scorecard.points import points_column, rounded, score_points
from engine.scorecard.tree import Scorecard
from engine.store.workspaces.workspace import Workspace
from engine.validity.records import KEYS as EVENTS
from engine.validity.records import REPAIRS
from engine.vocabulary import ADVERSE_RESULTS, JOINER
from engine.windows import add_months

HORIZON_DAYS = 3 * 365
"""Days looked ahead: the age at which the last decay step of policy ends, three years."""
REPAIR_FROM = "publicity.repair_from"
_LEVELS = {"penalties": "severity", "listings": "list_type"}
_LEAST = 1e-6
_ABOVE = (*EVENTS, REPAIRS, "external_grades")
"""What rules above the score read."""
KEYS = {"penalties": "penalty_id", "listings": "listing_id", "inspections": "visit_id", "complaints": "complaint_id"}
"""Records that can be struck out, and what names one; a visit counts as a whole."""
ADVERSE = frozenset(map(str, ADVERSE_RESULTS))
_TOLD = {"penalties": "doc_no", "listings": "list_type", "inspections": "result_codes", "complaints": "topic"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A score and the grade it has.

    Parameters
    ----------
    score : 0..1000. score_grade : by the cut alone. grade : after everything above it.
    override_code : what stands above the score there, None where the score decides.
    """

    score: float
    score_grade: str
    grade: str
    override_code: str | None


@dataclass(frozen=True, slots=True)
class WithoutReason:
    """The outcome without the points of one stored reason."""

    rank: int
    feature: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class WithoutRecord:
    """The outcome today without one record.

    Parameters
    ----------
    table, record_id : of the record; of an inspection the visit. occurred_on : its day.
    told : its document number, kind of list, results or topic.
    until : first day on which it no longer counts by itself, None while that is open.
    repair_from : first day on which repair may be applied for, None where policy names none for its kind.
    """

    table: str
    record_id: str
    occurred_on: date
    told: str
    until: date | None
    repair_from: date | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Lapse:
    """The outcome on a day on which time alone changes something.

    Parameters
    ----------
    on : the day. records : (table, record, reason) of those that no longer count from it on.
    indicators : (label, points before, points after) of what changed in the score.
    """

    on: date
    records: tuple[tuple[str, str, str], ...]
    indicators: tuple[tuple[str, float, float], ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Prospects:
    """What would change a grade.

    Parameters
    ----------
    as_of : day of the grade. on : day whose records count for what is told of today and later.
    limits : highest score that is still A, B, C. stored : as graded. today : by the records known today.
    note : why something cannot be told, None where all is.
    """

    entity_id: str
    as_of: date
    on: date
    limits: tuple[float, float, float]
    stored: Outcome
    reasons: tuple[WithoutReason, ...]
    today: Outcome | None = None
    records: tuple[WithoutRecord, ...] = ()
    lapses: tuple[Lapse, ...] = ()
    note: Message | None = None


def grade_prospects(workspace: Workspace, *, entity_id: str, on: date, is_whole: bool = True) -> Prospects | None:
    """Return what would change the newest grade of an object.

    None for one without a score, or where no limits between the grades were kept.

    Parameters
    ----------
    on : today; what became known since the grade was given counts.
    is_whole : False = the reasons alone, for whoever wants no more: no feature is computed.

    Raises
    ------
    TableMissingError
        Nothing was graded, or the entity is not in the run.

    Notes
    -----
    Cost: one filtered scan per record table that features read; the first call of a process compiles their statements.
    """
    held = graded_object(workspace, entity_id)
    if held is None:
        return None
    today = max(on, held.as_of)
    card = scorecard_on(workspace, held, on=today) if is_whole and held.model == SCORECARD_MODEL else None
    own = OwnRecords(workspace, entity_id, book=held.present, on=today, tables=READ if is_whole else _ABOVE)
    found = _Prospecting(held, own, on=today)
    present, records, lapses = (None, (), ()) if card is None else found.told(card)
    scores = rounded(np.maximum(0.0, held.score - np.array([each.points for each in held.reasons])))
    told = found.outcomes(list(map(float, scores)), day=held.as_of, book=held.book) if held.reasons else []
    reasons = tuple(
        WithoutReason(each.rank, each.feature, outcome) for each, outcome in zip(held.reasons, told, strict=True)
    )
    return Prospects(
        entity_id=entity_id,
        as_of=held.as_of,
        on=today,
        limits=held.limits,
        stored=Outcome(held.score, str(held.row["score_grade"]), str(held.row["grade"]), held.override_code),
        reasons=() if _is_shrunk(held) else reasons,
        today=present,
        records=records,
        lapses=lapses,
        note=_note(held) if is_whole and card is None else None,
    )


def _is_shrunk(held: GradedObject) -> bool:
    """Whether a learned score stands at an end of its scale: its points were shrunk to fit and do not add up."""
    return held.model != SCORECARD_MODEL and held.score in (0.0, 1000.0)


def _note(held: GradedObject) -> Message:
    if _is_shrunk(held):
        return Message(
            N_("The score stands at an end of its scale, where the points of a reason no longer add up: none is told.")
        )
    return Message(
        N_(
            "A learned model decides. Its points add up, so a reason can be taken off; what single records or time "
            "would do is not told."
        )
    )


class _Prospecting:
    """Cases of one object, computed together."""

    def __init__(self, held: GradedObject, own: OwnRecords, *, on: date) -> None:
        self._held, self._own, self.on = held, own, on
        self._days = tuple(on + timedelta(days=at) for at in range(HORIZON_DAYS + 1))

    def told(self, card: Scorecard) -> tuple[Outcome | None, tuple[WithoutRecord, ...], tuple[Lapse, ...]]:
        """Return the outcome of today, of every record struck out, and of every day on which something changes."""
        struck = self._candidates()
        cases = [Case(self._days), *(Case((self.on,), (table, KEYS[table], name)) for table, name in struck)]
        features = self._own.features(cases, names=card.features, standing=self._held.features, on=self.on)
        points = score_points(features, card)
        scores = points["score"].to_numpy(dtype=np.float64)
        if np.isnan(scores[0]):
            return None, (), ()
        n_days = len(self._days)
        changes = [at for at in range(1, n_days) if abs(scores[at] - scores[at - 1]) > _LEAST]
        ends = self._ends()
        at_days = sorted({*changes, *((day - self.on).days for day in ends)})
        listed = self._own.open_listings(self.on)
        rest = [listed[listed["listing_id"] != name] if table == "listings" else listed for table, name in struck]
        present, *without = self.outcomes(
            [float(scores[0]), *map(float, scores[n_days:])], day=self.on, listings=[listed, *rest]
        )
        records = self._records(struck, without, today=present)
        later = self._over_time([float(scores[at]) for at in at_days], [self._days[at] for at in at_days])
        columns = {indicator.label: points_column(indicator) for indicator in card.indicators}
        lapses = tuple(
            Lapse(self._days[at], tuple(ends.get(self._days[at], ())), _changed(points, columns, at), outcome)
            for at, outcome in zip(at_days, later, strict=True)
        )
        return present, records, lapses

    def outcomes(
        self,
        scores: Sequence[float],
        *,
        day: date,
        book: PolicyBook | None = None,
        listings: Sequence[pd.DataFrame] | None = None,
    ) -> list[Outcome]:
        """Return what each score would be graded on a day, under present policy unless another book is given."""
        held = self._held
        standing = Standing(
            previous=held.previous,
            sector_grades=self._own.sector_grades(day),
            overrides=held.overrides,
            limits=held.limit_rows,
        )
        rows = grades_of_scores(
            scores,
            held.row,
            listings or [self._own.open_listings(day)] * len(scores),
            standing=standing,
            coverage_ratio=held.coverage_ratio,
            book=book or held.present,
            as_of=day,
        )
        return [
            Outcome(float(score), str(by_score), str(grade), None if pd.isna(code) else str(code))
            for score, by_score, grade, code in zip(
                *(rows[name] for name in ("score", "score_grade", "grade", "override_code")), strict=True
            )
        ]

    def _over_time(self, scores: Sequence[float], days: Sequence[date]) -> list[Outcome]:
        """Outcomes of days in order; the rules above the score are asked anew wherever one of them begins or ends."""
        found: list[Outcome] = []
        turns = self._turns()
        at = 0
        while at < len(days):
            until = next((turn for turn in turns if turn > days[at]), date.max)
            upto = next((place for place in range(at, len(days)) if days[place] >= until), len(days))
            found += self.outcomes(scores[at:upto], day=days[at])
            at = upto
        return found

    def _turns(self) -> list[date]:
        """Days after today on which something above the score may begin or end."""
        listings = self._own.events("listings", on=self.on)
        days = {day for name in ("in_force_until", "ended_on") for day in _dates(listings[name])}
        for rule in read_overrides(self._held.present, on=self.on):
            if rule.lasts_months is not None:
                own = listings[listings["list_type"] == rule.list_type]
                days |= {add_months(day, rule.lasts_months) for day in _dates(own["occurred_on"])}
        days |= {day for each in self._held.overrides for day in (each.begins_on, each.until)}
        grades = self._own.rows["external_grades"].to_pandas()
        days |= {day + timedelta(days=1) for day in _dates(grades["valid_until"])}
        return sorted(day for day in days if day > self.on)

    def _ends(self) -> dict[date, list[tuple[str, str, str]]]:
        """Day → records that stop counting on it by themselves, within the horizon."""
        found: dict[date, list[tuple[str, str, str]]] = {}
        for table in ("penalties", "listings"):
            for row in self._own.events(table, on=self.on).to_dict("records"):
                day = _date(row["in_force_until"])
                if day is not None and self.on < day <= self._days[-1]:
                    found.setdefault(day, []).append((table, str(row[KEYS[table]]), str(row["out_of_force_reason"])))
        return found

    def _candidates(self) -> list[tuple[str, str]]:
        """Every record that may be struck out, the newest first; of checks those that found something."""
        found = []
        for table, key in KEYS.items():
            rows = self._own.rows[table].to_pandas()
            if table == "inspections":
                found_any = rows["result_codes"].fillna("").map(lambda codes: bool(ADVERSE & set(codes.split(JOINER))))
                rows = rows[found_any]
            names = rows.sort_values("occurred_on", ascending=False)[key].dropna()
            found += [(table, str(name)) for name in dict.fromkeys(names)]
        return found

    def _records(
        self, struck: Sequence[tuple[str, str]], outcomes: Sequence[Outcome], *, today: Outcome
    ) -> tuple[WithoutRecord, ...]:
        """The records that count today and whose absence would change something for the better."""
        standing = {table: self._own.events(table, on=self.on) for table in KEYS}
        found = []
        for (table, name), outcome in zip(struck, outcomes, strict=True):
            rows = standing[table]
            rows = rows[rows[KEYS[table]] == name]
            if outcome == today or outcome.score > today.score or rows.empty:
                continue
            row = rows.iloc[-1]
            told = row[_TOLD[table]]
            found.append(
                WithoutRecord(
                    table, name, row["occurred_on"].date(), "" if pd.isna(told) else str(told),
                    _date(row["in_force_until"]), repair_from(self._held.present, table, row, on=self.on), outcome,
                )
            )  # fmt: skip
        return tuple(sorted(found, key=lambda each: (each.outcome.score, each.table, each.record_id)))


def repair_from(book: PolicyBook, table: str, row: "Mapping[str, Any] | pd.Series[Any]", *, on: date) -> date | None:
    """Return the first day on which repair of a record may be applied for; None where policy names none for its kind.

    Parameters
    ----------
    row : reads ``occurred_on`` and the level: ``severity`` of a penalty, ``list_type`` of a listing.
    on : day whose rule counts.
    """
    try:
        rules = book.value(REPAIR_FROM, on=on)
    except ParameterNotInForceError:
        return None
    months = rules.get(table, {}).get(row[_LEVELS[table]]) if table in _LEVELS else None
    decided = _date(row["occurred_on"])
    return None if months is None or decided is None else add_months(decided, int(months))


def _changed(points: pd.DataFrame, columns: Mapping[str, str], at: int) -> tuple[tuple[str, float, float], ...]:
    found = []
    for label, column in columns.items():
        before, after = (float(np.nan_to_num(points[column].iloc[place])) for place in (at - 1, at))
        if abs(after - before) > _LEAST:
            found.append((label, before, after))
    return tuple(found)


def _dates(values: "pd.Series[Any]") -> set[date]:
    return {day for day in map(_date, values) if day is not None}


def _date(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
