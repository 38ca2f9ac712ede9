"""The stages of a monthly run as functions of its manifest: the same manifest, the same tables, whenever asked.

Everything is read from the record files that the manifest names and decided by the policy values it holds, so a run
that is resumed and a run that is reproduced years later compute exactly the same way.
"""

import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property

import ibis
import pandas as pd
import pyarrow as pa

from engine.api.grading.monthly_records import Manifest, finished_before, grade_run_of, manifest_of
from engine.api.scoring.assessment import cohort_on, open_listings
from engine.api.scoring.featuring import HISTORIES, REGISTERS, FeatureBuilder
from engine.api.scoring.learned import none_promoted, score_learned
from engine.api.scoring.override_book import approved_overrides
from engine.api.scoring.sector_grades import sector_grades
from engine.features.cohorts import cohort
from engine.grading.champions import read_champions
from engine.grading.migration import ShareMovement, migration_matrix, moves, read_movement, share_movements
from engine.pipeline.assessment import SCORECARD_MODEL, Graded, Scored, Standing, grade_entities, score_entities
from engine.pipeline.early_warning import warn
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.snapshot import PastWarehouse, Snapshot
from engine.store.workspaces.workspace import Workspace
from engine.warnings.audit import audit_sample, read_audit
from engine.warnings.rules import WarningInputs

CLOSED = "warning.closed"
SCORED_TABLES = (*HISTORIES, *REGISTERS)
"""Record tables of an entity's own that its score reads."""
_TEXT = ("warning_id", "rule_code", "subject", "entity_id", "group", "level", "template", "params", "reference")
WARNINGS_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [("p_value", pa.float64()), ("as_of", pa.date32()), ("due_on", pa.date32()), ("is_provisional", pa.bool_())]
)


class Stages:
    """Computes the tables of one monthly run.

    Parameters
    ----------
    workspace : of the run. manifest : what it started from.
    """

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self.warehouse = PastWarehouse(workspace, manifest.inputs)

    @property
    def _as_of(self) -> date:
        return self._manifest.as_of

    @cached_property
    def entities(self) -> pd.DataFrame:
        """The cohort."""
        return cohort_on(self.warehouse, book=self._manifest.book, as_of=self._as_of)

    def features(self) -> pd.DataFrame:
        """Return table ``features``."""
        spine = cohort(self.warehouse.history("entities"), as_of=self._as_of)
        return FeatureBuilder(self.warehouse, book=self._manifest.book).build(spine, on=self._as_of)

    def scored(self, features: pd.DataFrame) -> Scored:
        """Return tables ``scores`` and ``reasons``: of the scorecards, and of every stored model that decides.

        Raises
        ------
        MonthlyRunError
            Policy names a deciding model for a population, and the run started without one.
        """
        manifest, book = self._manifest, self._manifest.book
        require_every_champion(manifest, set(self.entities["population"]))
        by_card = score_entities(features, self.entities, book=book, as_of=self._as_of)
        learned = score_learned(self._workspace, features, self.entities, manifest.learned, run=manifest.run_id)
        if learned.scores.empty:
            return by_card
        return Scored(
            pd.concat([by_card.scores, learned.scores], ignore_index=True),
            pd.concat([by_card.reasons, learned.reasons], ignore_index=True),
        )

    def graded(self, scores: pd.DataFrame) -> Graded:
        """Return tables ``grades``, ``grade_shares``, ``grade_limits`` and ``grade_sectors``."""
        book = self._manifest.book
        listings = open_listings(self.warehouse, book=book, as_of=self._as_of)
        return grade_entities(scores, self.entities, listings, book=book, as_of=self._as_of, standing=self._standing())

    def _standing(self) -> Standing:
        return Standing(
            previous=self.previous_grades,
            sector_grades=sector_grades(self.warehouse, as_of=self._as_of),
            overrides=approved_overrides(self._workspace, until=self._manifest.sequence),
        )

    @cached_property
    def previous_grades(self) -> pd.DataFrame | None:
        """The grades of the run before, as corrected when this run started; None for the first."""
        if self._manifest.previous is None:
            return None
        held = grade_run_of(self._workspace, self._manifest.previous, until=self._manifest.sequence)
        rows = self._workspace.warehouse.read("grades", run_id=held)
        return pd.DataFrame(rows.drop("run_id").execute())

    def moved(self, grades: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return who moved and the migration matrix; both empty of rows for the first run."""
        previous = self.previous_grades
        if previous is None:
            previous = grades.iloc[:0]
        moved = moves(previous, grades, with_news=self._with_news())
        return moved, migration_matrix(moved)

    def _with_news(self) -> frozenset[str]:
        """Entities of which a record became known, was replaced or was loaded late since the run before."""
        if self._manifest.previous is None:
            return frozenset()
        before = manifest_of(self._workspace, self._manifest.previous)
        since, until = before.as_of, self._as_of
        known = [
            rows.filter(_falls(rows.known_at, since, until) | _falls(rows.superseded_at, since, until))
            for rows in (self.warehouse.history(name) for name in SCORED_TABLES)
        ]
        there = {file.path for file in before.inputs.files}
        late = tuple(file for file in self._manifest.inputs.files if file.path not in there)
        added = PastWarehouse(self._workspace, Snapshot(late, self._manifest.inputs.ledger_sequence))
        names = {file.table for file in late} & set(SCORED_TABLES)
        known += [rows.filter(rows.known_at <= until) for rows in (added.table(name) for name in sorted(names))]
        found = [rows.select("entity_id").distinct().execute()["entity_id"] for rows in known]
        return frozenset(str(name) for names in found for name in names)

    def movements(self, grades: pd.DataFrame) -> tuple[ShareMovement, ...]:
        """Return the shares that moved more than policy allows."""
        previous = self.previous_grades
        if previous is None:
            return ()
        limit = read_movement(self._manifest.book, on=self._as_of)
        return share_movements(previous, grades, limit=limit)

    def warned(self, grades: pd.DataFrame) -> pa.Table:
        """Return table ``warnings``: the new ones."""
        found = warn(
            self._warning_inputs(grades),
            book=self._manifest.book,
            as_of=self._as_of,
            seed=int(digest_of([self._manifest.run_id])[:8], 16),
            still_open=self._still_open(),
        )
        return pa.Table.from_pandas(found, schema=WARNINGS_SCHEMA, preserve_index=False)

    def audited(self, warned: pd.DataFrame) -> pd.DataFrame:
        """Return table ``warning_audit``: a random sample of the firms of which nothing warns, new or open from before.

        Parameters
        ----------
        warned : table ``warnings`` of this run.
        """
        open_ones = {subject for _, subject in self._still_open()}
        terms = read_audit(self._manifest.book, on=self._as_of)
        names = {*warned["entity_id"].dropna(), *open_ones}
        drawn = audit_sample(set(self.entities["entity_id"]), names, terms=terms, seed=self._manifest.run_id)
        return drawn.assign(as_of=self._as_of)

    def _warning_inputs(self, grades: pd.DataFrame) -> WarningInputs:
        book, as_of = self._manifest.book, self._as_of
        previous = self.previous_grades
        before = grades.iloc[:0] if previous is None else previous
        # scores of two models are on two scales
        scores = grades[["entity_id", "model", "score"]].merge(
            before[["entity_id", "model", "score"]].rename(columns={"score": "previous_score"}),
            on=["entity_id", "model"],
            how="left",
        )
        return WarningInputs(
            entities=self.described(),
            licences=self._known("licences"),
            listings=open_listings(self.warehouse, book=book, as_of=as_of),
            versions=self._known("entities", latest=False),
            scores=scores,
            complaints=self._known("complaints"),
        )

    def described(self) -> pd.DataFrame:
        """The cohort with all that the register said of it on the day."""
        register = self._known("entities").drop_duplicates("entity_id", keep="last")
        return register[register["entity_id"].isin(self.entities["entity_id"])].reset_index(drop=True)

    def _known(self, table: str, *, latest: bool = True) -> pd.DataFrame:
        """Rows known on the day: the version that then stood, or every version until then; rows in a stable order."""
        rows = self.warehouse.history(table)
        rows = rows.filter(rows.known_at <= self._as_of)
        if latest:
            rows = rows.filter(rows.superseded_at.isnull() | (rows.superseded_at > self._as_of))
        keys = [*self.warehouse.contracts[table].key, "known_at"]
        return pd.DataFrame(rows.order_by(keys).execute())

    def _still_open(self) -> list[tuple[str, str]]:
        """(rule, subject) of warnings of earlier runs that were open when this run started, or of its own day."""
        closed = {
            entry.subject
            for entry in self._workspace.ledger.entries(action=CLOSED)
            if entry.sequence < self._manifest.sequence
        }
        held = []
        for entry in finished_before(self._workspace, self._manifest.sequence):
            rows = self._workspace.warehouse.read("warnings", run_id=entry.particulars["runs"]["warn"]).execute()
            is_own_day = pd.to_datetime(rows["as_of"]) >= pd.Timestamp(self._as_of)
            stands = rows[is_own_day | ~rows["warning_id"].isin(closed)]
            held += list(zip(stands["rule_code"], stands["subject"], strict=True))
        return held


def _falls(day: ibis.Value, since: date, until: date) -> ibis.Value:
    """Whether a day lies after ``since`` and not after ``until``; null is no day."""
    return (day > since) & (day <= until)


def require_every_champion(manifest: Manifest, populations: set[str]) -> None:
    """Raise when policy lets a model decide in a population that the run has none for: its firms would all be U."""
    champions = read_champions(manifest.book, on=manifest.as_of)
    there = {each.population for each in manifest.learned}
    for population in sorted(populations - there):
        if champions.of(population) != SCORECARD_MODEL:
            raise none_promoted(champions.named(population), population=population, run=manifest.run_id)


def run_of_stage(workspace: Workspace, manifest: Manifest, kind: str) -> str | None:
    """Return the stored run of a stage, None while it has not run."""
    for run in reversed(workspace.warehouse.runs(kind=kind)):
        said: Mapping[str, object] = json.loads(run.manifest)
        if said.get("monthly") == manifest.run_id:
            return run.run_id
    return None
