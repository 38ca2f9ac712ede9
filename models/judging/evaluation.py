"""Scores a population with a model, the points scorecard and simple baselines, and judges them side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.estimation.lift_gain import lift_gains
from engine.estimation.seen_weights import UNKNOWN_BAND, seen_weights, value_bands
from engine.grading.champions import scorecard_names
from engine.grading.cutoffs import assign_grades, read_cutoffs
from engine.parameters import PolicyBook
from engine.scorecard.points import score_points
from engine.scorecard.tree import read_scorecard
from engine.vocabulary import RISK_GRADES
from models.judging.baselines import BASELINES, baseline_scores, typical_filled
from models.judging.cohort_judgement import CohortJudgement, judge_cohort
from models.judging.judgement import InspectionJudgement, judge_inspection_level
from models.learners.examples import Basis
from models.learners.tables import CohortTables, EveTables
from models.stored.application import ModelScorer
from models.stored.artifact import FittedModel

SCORECARD = "scorecard"
PROBABILITY = "probability"
RATIOS = "ratios.general"
INTERVAL_LEVEL = "estimation.interval_level"


@dataclass(frozen=True, slots=True)
class PopulationJudgement:
    """Everything said about one population.

    Parameters
    ----------
    name : the population.
    model : name of the model that was judged.
    cohort, inspection : judgement by score name: the model, the scorecard, the baselines.
    missing_days : days at the end of the outcome window that the records do not reach.
    """

    name: str
    model: str
    cohort: Mapping[str, CohortJudgement]
    inspection: Mapping[str, InspectionJudgement]
    missing_days: int = 0

    def as_json(self, *, of: str | None = None) -> dict[str, object]:
        """Return the entry of ``populations`` in ``demo --json``: the score ``of`` (default: the model), then all."""
        main = of or self.model
        return {
            "name": self.name,
            "score": main,
            "cohort": self.cohort[main].as_json(),
            "inspection": self.inspection[main].as_json(),
            "missing_days": self.missing_days,
            "scores": [
                {"name": name, "cohort": self.cohort[name].as_json(), "inspection": found.as_json()}
                for name, found in self.inspection.items()
            ],
        }


def judge_population(
    model: FittedModel, later: EveTables, cohort: CohortTables, *, book: PolicyBook, on: date, rng: Generator
) -> PopulationJudgement:
    """Judge a model, the scorecard of its entity type and the baselines on the same rows.

    Parameters
    ----------
    model : fitted on results known before ``on``.
    later : inspections from ``on`` on, with the features of their eve.
    cohort : everybody known on ``on`` and what followed.
    book, on : dated policy: scorecards, grade shares, ratios of the lift.
    rng : random baseline and resamples.

    Raises
    ------
    UndefinedEstimateError
        All later inspections found the same.
    """
    types = cohort.entities.drop_duplicates("entity_id").set_index("entity_id")["entity_type"]
    scored = later_scores(model, later, types, book=book, on=on, rng=rng)
    names = score_names(scored)
    inspection = judge_inspection_level(
        scored, names=names, reference=model.card.name, probability={model.card.name: PROBABILITY}, rng=rng
    )
    return PopulationJudgement(
        model.card.population,
        model.card.name,
        judge_cohorts(model, cohort, book=book, on=on, rng=rng),
        {found.name: found for found in inspection},
        cohort.missing_days,
    )


def judge_cohorts(
    model: FittedModel, cohort: CohortTables, *, book: PolicyBook, on: date, rng: Generator
) -> dict[str, CohortJudgement]:
    """Judge the grades that each score would have given on a day; the model's lift beside every other's, in pairs.

    Parameters as for :func:`judge_population`; by score name, the model first. Where who was inspected was not drawn at
    random each is judged a second time (``reweighted``): outcomes stand for everybody with a like last result.
    """
    ratios = {grade: float(_fraction(ratio)) for grade, ratio in book.value(RATIOS, on=on).items() if grade in _GRADES}
    level = float(book.value(INTERVAL_LEVEL, on=on))
    bands = last_result_bands(cohort.features)
    met = {}
    for name, table in cohort_grades(model, cohort, book=book, on=on, rng=rng).items():
        rows = cohort.outcomes.merge(table[["entity_id", "grade"]], on="entity_id", validate="many_to_one")
        rows = rows.assign(adverse=rows["label"].astype("float64"), band=rows["entity_id"].map(bands))
        met[name] = rows.assign(weight=_graded_weights(rows))

    def judged(weight: str | None) -> dict[str, CohortJudgement]:
        gains = lift_gains(met, reference=model.card.name, ratios=ratios, rng=rng, confidence=level, weight=weight)
        return {
            name: replace(
                judge_cohort(rows, name=name, ratios=ratios, level=level, weight=weight), lift_gain=gains.get(name)
            )
            for name, rows in met.items()
        }

    plain = judged(None)
    if model.card.window.basis == str(Basis.RANDOM):
        return plain
    again = judged("weight")
    return {name: replace(found, reweighted=again[name]) for name, found in plain.items()}


def last_result_bands(features: pd.DataFrame) -> pd.Series:
    """Return by entity_id the band of its last known result, the best-known thing about whom an authority visits next.

    Fifths of the last raw score, the last outcome where there are no scores; entities without either are a band.
    """
    for name in ("last_score", "last_outcome"):
        columns = next(baseline.columns for baseline in BASELINES if baseline.name == name)
        for column in columns:
            if column in features and features[column].notna().any():
                return value_bands(features.set_index("entity_id")[column])
    return pd.Series(UNKNOWN_BAND, index=pd.Index(features["entity_id"]))


def _graded_weights(rows: pd.DataFrame) -> pd.Series:
    """Weights of the graded; newcomers stand for themselves."""
    is_graded = rows["grade"].isin(_GRADES)
    weight = seen_weights(rows[is_graded], band="band")
    return weight.reindex(rows.index).fillna(1.0)


_ROW = ("entity_id", "as_of", "occurred_on", "item_code", "inspector_code", "adverse")


def score_names(scored: pd.DataFrame) -> list[str]:
    """Return the score columns of :func:`later_scores`: the model first, the baselines last."""
    return [name for name in scored.columns if name not in (*_ROW, PROBABILITY)]


_GRADES = tuple(str(grade) for grade in RISK_GRADES)


def _fraction(text: object) -> float:
    above, _, below = str(text).partition("/")
    return float(above) / float(below or 1)


def score_columns(
    model: FittedModel, features: pd.DataFrame, entity_type: pd.Series, *, book: PolicyBook, on: date, rng: Generator
) -> pd.DataFrame:
    """Return every score of the feature rows, null where a score says nothing.

    Parameters
    ----------
    features : feature rows.
    entity_type : by row of ``features``; decides the scorecard.

    Returns
    -------
    DataFrame with the index of ``features``: the model (named as its card), ``coverage_ratio``, ``probability``,
    ``scorecard``, ``scorecard_coverage`` and the baselines.
    """
    own = ModelScorer(model).score(features)
    columns = own[["score", "coverage_ratio", PROBABILITY]].rename(columns={"score": model.card.name})
    columns[SCORECARD], columns["scorecard_coverage"] = np.nan, 0.0
    names = scorecard_names(pd.DataFrame({"entity_type": entity_type}), book=book, on=on)
    for name in sorted(names.dropna().unique()):
        rows = (names == name).to_numpy()
        points = score_points(features[rows], read_scorecard(book, name=name, on=on))
        columns.loc[rows, SCORECARD] = points["score"].to_numpy()
        columns.loc[rows, "scorecard_coverage"] = points["coverage_ratio"].to_numpy()
    usual = dict(zip(model.card.feature_names, model.card.typical, strict=True))
    return columns.join(baseline_scores(features, rng=rng, typical=usual))


def later_scores(
    model: FittedModel, later: EveTables, types: pd.Series, *, book: PolicyBook, on: date, rng: Generator
) -> pd.DataFrame:
    """Return one row per later checked item with every score, no nulls: unknown stands at the mean of the known.

    Parameters
    ----------
    model : fitted on results known before ``on``.
    later : later inspections with the features of their eve.
    types : entity type by entity_id; decides the scorecard, the usual type where it is not known.
    book, on : dated policy of the scorecards.
    rng : gives the random order.
    """
    usual = types.mode().iloc[0] if len(types) else ""
    features = later.features
    scores = score_columns(
        model, features, features["entity_id"].map(types).fillna(usual), book=book, on=on, rng=rng
    ).drop(columns=["coverage_ratio", "scorecard_coverage"])
    scores = scores.apply(lambda column: typical_filled(column.to_numpy(dtype=np.float64)))
    keyed = pd.concat([features[["entity_id", "as_of"]], scores], axis=1)
    known = later.labels[later.labels["label"].notna()]
    rows = known[["entity_id", "as_of", "occurred_on", "item_code", "inspector_code", "label"]].rename(
        columns={"label": "adverse"}
    )
    return rows.merge(keyed, on=["entity_id", "as_of"], validate="many_to_one")


def cohort_grades(
    model: FittedModel, cohort: CohortTables, *, book: PolicyBook, on: date, rng: Generator
) -> dict[str, pd.DataFrame]:
    """Return table ``grades`` by score name; entities without a record by ``on`` are U.

    The shares of policy ``grading.shares`` cut every score alike; a tie at a cut goes to the milder grade.
    """
    described = cohort.features.merge(cohort.entities, on="entity_id", validate="one_to_one", suffixes=("", "_entity"))
    scores = score_columns(model, described, described["entity_type"], book=book, on=on, rng=rng)
    cutoffs = read_cutoffs(book, on=on)
    graded = {}
    for name in scores.columns:
        if name in ("coverage_ratio", "scorecard_coverage", PROBABILITY):
            continue
        coverage = {model.card.name: scores["coverage_ratio"], SCORECARD: scores["scorecard_coverage"]}.get(name)
        values = pd.DataFrame(
            {
                "entity_id": described["entity_id"],
                "score": scores[name].where(described["has_record"]),
                "coverage_ratio": 1.0 if coverage is None else coverage,
            }
        )
        every = cohort.entities[["entity_id", "population"]].merge(values, on="entity_id", how="left")
        every = every.assign(as_of=on, model=name, coverage_ratio=every["coverage_ratio"].fillna(0.0))
        graded[name] = assign_grades(every, cutoffs)
    return graded
