"""Cut a population's scores into grades, by target shares or by score limits.

Only scores decide: equal scores always get the same grade, and a tie at a cut goes to the milder grade, so a grade may
hold more than its target share; the share achieved is returned beside the target. Rows without a score, or with too
little known, are U (not classified) and stand outside the shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import RISK_GRADES, SCORES, Grade, TableShape, whole_population

SHARES = "grading.shares"
THRESHOLDS = "grading.thresholds"
MINIMUM_COVERAGE = "grading.minimum_coverage"
DECIDING_SCORES = TableShape(
    "deciding scores", ("entity_id", "as_of"), {"model": "text, null without a score"} | dict(SCORES.columns)
)

LIMIT_COLUMNS = ("highest_a", "highest_b", "highest_c")
"""Columns of a table of limits: the highest score that is still A, B, C."""


@dataclass(frozen=True, slots=True)
class TargetShares:
    """Share of a population in each grade; exact fractions in the order A..D, summing to 1."""

    shares: tuple[Fraction, Fraction, Fraction, Fraction]

    def limits(self, scores: pd.Series) -> tuple[float, float, float]:
        """Return the highest score that is still A, B, C among ``scores`` (no nulls).

        Notes
        -----
        Limit of A = the ceil(p_A N)-th smallest score, of B the ceil((p_A + p_B) N)-th and so on; whoever has that
        score is inside. An empty population has infinite limits.
        """
        if scores.empty:
            return (float("inf"),) * 3
        ordered = np.sort(scores.to_numpy(dtype=np.float64))
        cumulative = [sum(self.shares[: i + 1], Fraction(0)) for i in range(3)]
        counts = [ceil(share * len(ordered)) for share in cumulative]
        limits = [float(ordered[count - 1]) if count else float("-inf") for count in counts]
        return limits[0], limits[1], limits[2]


@dataclass(frozen=True, slots=True)
class ScoreLimits:
    """Highest score that is still A, B, C; rising."""

    highest: tuple[float, float, float]

    def limits(self, scores: pd.Series) -> tuple[float, float, float]:
        """Return the limits, whatever the scores."""
        return self.highest


Cutoff = TargetShares | ScoreLimits


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """How every population is cut on one day.

    Parameters
    ----------
    default : rule for populations not named.
    populations : mapping of population to its rule.
    minimum_coverage : float 0..1; below it a score is too thin to classify.
    """

    default: Cutoff
    populations: Mapping[str, Cutoff]
    minimum_coverage: float

    def of(self, population: str) -> Cutoff:
        """Return the rule of ``population``; a sector without its own has the shares of the whole.

        Limits of score do not pass to a sector: they stand on the scale of another model.
        """
        whole = self.populations.get(whole_population(population))
        usual = whole if isinstance(whole, TargetShares) else self.default
        return self.populations.get(population, usual)


def read_cutoffs(book: PolicyBook, *, on: date) -> Cutoffs:
    """Read ``grading.shares``, ``grading.thresholds`` and ``grading.minimum_coverage``.

    A population named in ``grading.thresholds`` is cut by score limits, any other by its own or the default shares.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        Shares do not sum to 1, a grade is missing, or limits do not rise.
    """
    shares, thresholds = book.value(SHARES, on=on), book.value(THRESHOLDS, on=on)
    coverage = float(book.value(MINIMUM_COVERAGE, on=on))
    named: dict[str, Cutoff] = {name: _target_shares(v) for name, v in (shares.get("populations") or {}).items()}
    named |= {name: _score_limits(v) for name, v in (thresholds or {}).items()}
    return Cutoffs(_target_shares(shares.get("default") or {}), named, coverage)


def grade_limits(scores: pd.DataFrame, cutoffs: Cutoffs) -> pd.DataFrame:
    """Return the highest score that is still A, B, C of every population.

    Parameters
    ----------
    scores : as for :func:`assign_grades`.
    cutoffs : rules of the day.

    Returns
    -------
    DataFrame, key (population, as_of), sorted by it: highest_a, highest_b, highest_c (infinite where nothing is
    classified).
    """
    DECIDING_SCORES.check(scores)
    is_scored = _is_classified(scores, cutoffs)
    rows = []
    for places in scores.groupby(["population", "as_of"], sort=True).indices.values():
        population, as_of = scores["population"].iloc[places[0]], scores["as_of"].iloc[places[0]]
        part = scores["score"].iloc[places[is_scored[places]]]
        rows.append((population, as_of, *cutoffs.of(str(population)).limits(part)))
    return pd.DataFrame(rows, columns=["population", "as_of", *LIMIT_COLUMNS])


def assign_grades(scores: pd.DataFrame, cutoffs: Cutoffs) -> pd.DataFrame:
    """Return the grade that each entity's score gives it.

    Parameters
    ----------
    scores : scores of the deciding model, one row per (entity_id, as_of) in scope; ``model`` and ``score`` are null for
        what was not scored.
    cutoffs : rules of the day.

    Returns
    -------
    DataFrame in the rows' order: entity_id, as_of, population, grade, model, score, score_grade (equal to grade until
    overrides are applied).

    Raises
    ------
    ContractError
        An entity has more than one score.

    Notes
    -----
    Each (population, as_of) is cut apart. Cost: one sort per population.
    """
    DECIDING_SCORES.check(scores)
    grades = np.full(len(scores), Grade.UNCLASSIFIED.value, dtype=object)
    is_scored = _is_classified(scores, cutoffs)
    names = np.asarray([grade.value for grade in RISK_GRADES], dtype=object)
    for rows in scores.groupby(["population", "as_of"], sort=True).indices.values():
        classified = rows[is_scored[rows]]
        part = scores["score"].iloc[classified]
        limits = cutoffs.of(str(scores["population"].iloc[rows[0]])).limits(part)
        grades[classified] = names[np.searchsorted(np.asarray(limits), part.to_numpy(dtype=np.float64), side="left")]
    result = scores[["entity_id", "as_of", "population", "model", "score"]].copy()
    result.insert(3, "grade", pd.Series(grades, index=scores.index, dtype="str"))
    result["score_grade"] = result["grade"]
    return result


def achieved_shares(grades: pd.DataFrame, cutoffs: Cutoffs, *, column: str = "grade") -> pd.DataFrame:
    """Return how many entities each grade holds, beside its target.

    Parameters
    ----------
    grades : table ``grades`` of one as_of.
    cutoffs : the rules they were cut by.
    column : ``grade`` or ``score_grade``.

    Returns
    -------
    DataFrame, key (population, grade), A..D then U: n (int), share (of the classified; null for U), target_share
    (null where limits cut or for U), highest_score (null when empty).
    """
    rows = []
    for population, part in grades.groupby("population", sort=True):
        rule = cutoffs.of(str(population))
        targets = dict(zip(RISK_GRADES, rule.shares, strict=True)) if isinstance(rule, TargetShares) else {}
        n_classified = int((part[column] != Grade.UNCLASSIFIED).sum())
        for grade in Grade:
            held = part[part[column] == grade]
            is_risk = grade in RISK_GRADES and n_classified > 0
            rows.append(
                {
                    "population": population,
                    "grade": grade.value,
                    "n": len(held),
                    "share": len(held) / n_classified if is_risk else np.nan,
                    "target_share": float(targets[grade]) if grade in targets else np.nan,
                    "highest_score": held["score"].max() if len(held) else np.nan,
                }
            )
    return pd.DataFrame(rows, columns=["population", "grade", "n", "share", "target_share", "highest_score"])


def _is_classified(scores: pd.DataFrame, cutoffs: Cutoffs) -> npt.NDArray[np.bool_]:
    known = scores["score"].notna() & (scores["coverage_ratio"] >= cutoffs.minimum_coverage)
    return known.to_numpy(dtype=np.bool_)


def _target_shares(value: Mapping[str, object]) -> TargetShares:
    shares = _by_grade(value, grades=RISK_GRADES, name=SHARES)
    if sum(shares) != 1 or min(shares) < 0:
        text = N_("the shares of A to D must lie in 0..1 and sum to 1, not {total}")
        raise PolicyInconsistentError(name=SHARES, problem=Message(text, {"total": str(float(sum(shares)))}))
    return TargetShares((shares[0], shares[1], shares[2], shares[3]))


def _score_limits(value: Mapping[str, object]) -> ScoreLimits:
    highest = _by_grade(value, grades=RISK_GRADES[:3], name=THRESHOLDS)
    if not highest[0] < highest[1] < highest[2]:
        raise PolicyInconsistentError(name=THRESHOLDS, problem=Message(N_("the highest scores must rise from A to C")))
    return ScoreLimits((float(highest[0]), float(highest[1]), float(highest[2])))


def _by_grade(value: Mapping[str, object], *, grades: tuple[Grade, ...], name: str) -> list[Fraction]:
    if set(value) != set(grades):
        text = N_("it must give a number for each of {wanted}, not for {found}")
        listed = {"wanted": ", ".join(grades), "found": ", ".join(map(str, value)) or "-"}
        raise PolicyInconsistentError(name=name, problem=Message(text, listed))
    try:
        return [Fraction(str(value[grade])) for grade in grades]
    except ValueError:
        raise PolicyInconsistentError(name=name, problem=Message(N_("a number cannot be read"))) from None
