"""Grades of a long run by the product's own scorecards and cuts, from what a reduced city holds.

The features are those of the library (docs/spec/features.md) as far as the city has their records: age, the industry's
adverse rate, checks and findings, proven complaints. What it lacks (penalties, listings, firms that were not reached,
complaints that were not proven) is unknown, and an unknown indicator leaves the score; it is not taken for clean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.features.settings import FeatureParameters
from engine.grading.champions import MODELS
from engine.grading.cutoffs import Cutoffs, assign_grades, read_cutoffs
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.scorecard.points import score_points
from engine.scorecard.tree import Scorecard, read_scorecard
from engine.simulation.yearly_world import YearlyWorld
from engine.vocabulary import RISK_GRADES

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
WINDOW_YEARS = 3
"""Years that rates of the scorecards look back (``…_36m``)."""
KNOWN = (
    "entity_age_years",
    "peers_industry_adverse_rate_36m",
    "inspections_adverse_decayed",
    "inspections_adverse_share_36m",
    "inspections_last_adverse",
    "inspections_days_since_last",
    "complaints_substantiated_decayed",
)
"""Features of the scorecards that the city has the records for."""
_MID_YEAR_DAYS, _YEAR_DAYS, _MONTHS = 182.5, 365.0, 12


@dataclass(frozen=True, slots=True, eq=False)
class PastYear:
    """What a regulator learned in a year, one element per firm: checked, found in violation, proven complaints."""

    checked: npt.NDArray[np.bool_]
    found: npt.NDArray[np.bool_]
    complaints: Floats


@dataclass(frozen=True, slots=True)
class YearlyGrading:
    """How firms are graded.

    Parameters
    ----------
    scorecards : by firm type. cutoffs : of the scores. fading : weight of a result by whole years of age, last year's
        first. peer_strength : checks that the usual rate counts as in an industry's. reference : what the rules are.
    """

    scorecards: Mapping[str, Scorecard]
    cutoffs: Cutoffs
    fading: tuple[float, ...]
    peer_strength: float
    reference: Message


def read_yearly_grading(book: PolicyBook, *, on: date, profile: str) -> YearlyGrading:
    """Return the scorecards, cuts and fading in force on a day.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    names: Mapping[str, str] = book.value(MODELS, on=on)
    cards = {kind: read_scorecard(book, name=name, on=on) for kind, name in names.items()}
    settings = FeatureParameters.from_policies(book, on=on)
    ages = range(1, settings.decay[-1].months // _MONTHS + 1)
    fading = tuple(next(band.weight for band in settings.decay if band.months >= _MONTHS * age) for age in ages)
    held = {feature for card in cards.values() for feature in card.features}
    unknown = ", ".join(sorted(held - set(KNOWN)))
    text = N_("grades: scorecards and cuts of profile {profile} on {day}; unknown to the city, so left out: {unknown}")
    reference = Message(text, {"profile": profile, "day": on, "unknown": unknown})
    return YearlyGrading(cards, read_cutoffs(book, on=on), fading, settings.peer_prior_strength, reference)


def yearly_grades(rules: YearlyGrading, world: YearlyWorld, past: Sequence[PastYear], *, year: int) -> Codes:
    """Return the grade of every firm at the beginning of a year, 0 = A.

    Parameters
    ----------
    past : years that were lived, the latest last.

    Raises
    ------
    PolicyInconsistentError
        A firm cannot be classified with what the city knows.
    """
    features = city_features(rules, world, past, year=year)
    scores = np.full(len(features), np.nan)
    coverage = np.zeros(len(features))
    for kind, card in rules.scorecards.items():
        own = np.flatnonzero(world.kind == kind)
        blank = {name: np.nan for name in card.features if name not in features.columns}
        found = score_points(features.iloc[own].assign(**blank), card)
        scores[own], coverage[own] = found["score"].to_numpy(), found["coverage_ratio"].to_numpy()
    table = features[["entity_id", "as_of"]].assign(
        population=world.kind, model="scorecard", score=scores, coverage_ratio=coverage
    )
    graded = assign_grades(table, rules.cutoffs)["grade"]
    codes = pd.Index([grade.value for grade in RISK_GRADES]).get_indexer(pd.Index(graded))
    if (codes < 0).any():
        kind = str(world.kind[int(np.argmax(codes < 0))])
        text = N_("the simulated city knows too little of {kind} to classify it; lower grading.minimum_coverage")
        raise PolicyInconsistentError(name=MODELS, problem=Message(text, {"kind": kind}))
    return np.asarray(codes, dtype=np.int64)


def city_features(rules: YearlyGrading, world: YearlyWorld, past: Sequence[PastYear], *, year: int) -> pd.DataFrame:
    """Return the features that the city has records for, key (entity_id, as_of); columns ``KNOWN``.

    Notes
    -----
    A result of the year before counts as half a year old, one of the year before that as one and a half.
    """
    n_firms = len(world.kind)
    recent = list(reversed(past))[:WINDOW_YEARS]
    checks, found = (
        np.sum([getattr(each, name) for each in recent], axis=0, initial=0.0) + np.zeros(n_firms)
        for name in ("checked", "found")
    )
    faded = list(zip(rules.fading, reversed(past), strict=False))
    last_adverse, last_days = _last(past, n_firms)
    with np.errstate(invalid="ignore"):
        share = np.where(checks > 0, found / checks, np.nan)
    return pd.DataFrame(
        {
            "entity_id": np.arange(n_firms),
            "as_of": year,
            "entity_age_years": world.age + year,
            "peers_industry_adverse_rate_36m": _peers(world.industry, checks, found, strength=rules.peer_strength),
            "inspections_adverse_decayed": sum((weight * each.found for weight, each in faded), np.zeros(n_firms)),
            "inspections_adverse_share_36m": share,
            "inspections_last_adverse": last_adverse,
            "inspections_days_since_last": last_days,
            "complaints_substantiated_decayed": sum(
                (weight * each.complaints for weight, each in faded), np.zeros(n_firms)
            ),
        }
    )


def _last(past: Sequence[PastYear], n_firms: int) -> tuple[Floats, Floats]:
    """Whether the last check found something, and the days since; nan where nobody checked."""
    adverse, days = np.full(n_firms, np.nan), np.full(n_firms, np.nan)
    for age, each in zip(range(len(past) - 1, -1, -1), past, strict=True):
        adverse = np.where(each.checked, each.found.astype(float), adverse)
        days = np.where(each.checked, _MID_YEAR_DAYS + _YEAR_DAYS * age, days)
    return adverse, days


def _peers(industry: Codes, checks: Floats, found: Floats, *, strength: float) -> Floats:
    """Adverse rate of the other firms of the industry, drawn to the rate of all by ``strength`` checks."""
    seen, bad = (np.bincount(industry, weights=each, minlength=int(industry.max()) + 1) for each in (checks, found))
    usual = bad.sum() / max(float(seen.sum()), 1.0)
    return np.asarray((bad[industry] - found + strength * usual) / (seen[industry] - checks + strength))
