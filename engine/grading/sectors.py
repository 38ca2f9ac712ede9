"""A sector's own risk grade joined to the credit-risk grade, with what each of the two brought.

The sector's grade comes in as a record (table ``external_grades``); the rule (``engine.grading.sector_rules``) names
its scheme, what its words mean as a grade, and how the two are joined.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.grading.sector_rules import PLACES, SECTORS, Floor, Join, PointSum, SectorRule
from engine.messages import N_, Message

SECTOR_PREFIX = "sector."
RECORD_COLUMNS = ("external_grade_id", "graded_on", "external_grade", "risk_position")
JOIN_COLUMNS = (
    "entity_id", "code", "scheme", "external_grade_id", "graded_on", "external_grade", "sector_grade", "credit_grade",
    "join", "sector_points", "credit_points", "points", "most_points", "sum_grade", "joint_grade", "is_deciding",
    "reference",
)  # fmt: skip
"""Columns of a table of joins."""
_NAMES = np.asarray([*PLACES], dtype=object)
_NO_PLACE = -1
Places = npt.NDArray[np.int64]


def join_sectors(grades: pd.DataFrame, sector_grades: pd.DataFrame, *, rules: Sequence[SectorRule]) -> pd.DataFrame:
    """Return what each rule makes of the two grades of every entity that has one of its sector.

    Parameters
    ----------
    grades : after hysteresis; reads entity_id, grade.
    sector_grades : in force on the day; entity_id, scheme, external_grade and, if there, external_grade_id, graded_on,
        risk_position (0..1, null where not stated). Of one scheme the last row of an entity counts.
    rules : of the day.

    Returns
    -------
    DataFrame, key (entity_id, code), :data:`JOIN_COLUMNS`, rule by rule in the order of ``grades``: ``join`` as it was
    applied (a sum without points is the riskier of the two; ``alone`` without a credit-risk grade), ``sector_points``,
    ``credit_points``, ``points``, ``most_points`` and ``sum_grade`` (the cut alone) of a sum, null otherwise;
    ``is_deciding`` for the riskiest joint grade of an entity, of equal ones that of the first rule.

    Raises
    ------
    PolicyInconsistentError
        A record carries a word that its rule does not know.

    Notes
    -----
    A sum is rounded to six decimals, halves up, so that sums equal on paper are equal as numbers. Cost: one join over
    the entities per rule.
    """
    parts = [_joined_by(rule, grades, sector_grades) for rule in rules]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(JOIN_COLUMNS))
    every = pd.concat(parts, ignore_index=True)
    ordered = every.assign(place=_places(every["joint_grade"])).sort_values("place", ascending=False, kind="stable")
    first = ordered.drop_duplicates("entity_id").index
    return every.assign(is_deciding=every.index.isin(first))[list(JOIN_COLUMNS)]


def apply_sectors(grades: pd.DataFrame, joins: pd.DataFrame) -> pd.DataFrame:
    """Return the grades joined with those of the sectors.

    Parameters
    ----------
    grades : those that ``joins`` was made from.
    joins : of :func:`join_sectors`.

    Returns
    -------
    DataFrame like ``grades``; where the joint grade differs, override_code is ``sector.CODE`` and override_reference
    the rule's. An entity without a class of its own takes the sector's.
    """
    deciding = joins[joins["is_deciding"].astype(bool)].set_index("entity_id")
    joint = grades["entity_id"].map(deciding["joint_grade"])
    changes = joint.notna() & (joint != grades["grade"])
    result = grades.copy()
    result["grade"] = pd.Series(np.where(changes, joint, grades["grade"]), index=grades.index, dtype="str")
    for name, said in (
        ("override_code", SECTOR_PREFIX + deciding["code"].astype("object")),
        ("override_reference", deciding["reference"].astype("object")),
    ):
        values = grades["entity_id"].map(said).astype("object")
        result[name] = values.where(changes, None)
    return result


def _joined_by(rule: SectorRule, grades: pd.DataFrame, sector_grades: pd.DataFrame) -> pd.DataFrame:
    own = sector_grades[sector_grades["scheme"] == rule.scheme].drop_duplicates("entity_id", keep="last")
    unknown = sorted(set(own["external_grade"]) - set(rule.grades))
    if unknown:
        text = N_("scheme {scheme} has no grade {word}")
        params = {"scheme": rule.scheme, "word": unknown[0]}
        raise PolicyInconsistentError(name=SECTORS, problem=Message(text, params))
    records = own.reindex(columns=["entity_id", *RECORD_COLUMNS])
    rows = grades[["entity_id", "grade"]].merge(records, on="entity_id", how="inner", validate="1:1")
    sector = _places(rows["external_grade"].map({word: grade.value for word, grade in rule.grades.items()}))
    credit = _places(rows["grade"])
    table = np.array([[PLACES[rule.joined[a, b]] for b in PLACES] for a in PLACES])
    joint, how = table[np.maximum(credit, 0), sector], np.full(len(rows), _by_grades(rule).value, dtype=object)
    nothing = np.full(len(rows), np.nan)
    told = dict.fromkeys(("sector_points", "credit_points", "points"), nothing)
    cut = np.full(len(rows), _NO_PLACE)
    if rule.points is not None:
        told = _points(rows, credit, rule.points)
        has_points = ~np.isnan(told["points"])
        cut = np.where(has_points, np.searchsorted(rule.points.highest, told["points"], side="left"), cut)
        joint = np.where(has_points, _held(cut, credit, sector, rule.points), joint)
        how = np.where(has_points, Join.SUM.value, how)
    is_alone = credit < 0
    return rows.drop(columns="risk_position").rename(columns={"grade": "credit_grade"}).assign(
        code=rule.code, scheme=rule.scheme, reference=rule.reference,
        sector_grade=_NAMES[sector], join=np.where(is_alone, Join.ALONE.value, how), **told,
        most_points=np.where(np.isnan(told["points"]), np.nan, rule.points.most if rule.points else np.nan),
        sum_grade=pd.Series([str(_NAMES[place]) if place >= 0 else None for place in cut], dtype="object"),
        joint_grade=_NAMES[np.where(is_alone, sector, joint)],
    )  # fmt: skip


def _by_grades(rule: SectorRule) -> Join:
    return Join.RISKIER if rule.join is Join.SUM else rule.join


def _points(rows: pd.DataFrame, credit: Places, rule: PointSum) -> dict[str, npt.NDArray[np.float64]]:
    """Points of a sum; null where the record has no position or the entity no credit-risk grade."""
    own = rule.sector_points * rows["risk_position"].to_numpy(dtype=np.float64, na_value=np.nan)
    given = np.where(credit < 0, np.nan, np.asarray(rule.credit_points)[np.maximum(credit, 0)])
    is_known = ~np.isnan(own) & ~np.isnan(given)
    total = np.floor((own + given) * 1e6 + 0.5) / 1e6
    return {
        "sector_points": np.where(is_known, own, np.nan),
        "credit_points": np.where(is_known, given, np.nan),
        "points": np.where(is_known, total, np.nan),
    }


def _held(cut: Places, credit: Places, sector: Places, rule: PointSum) -> Places:
    """The cut, no milder than the grades that the rule names."""
    for floor, places in ((Floor.CREDIT, credit), (Floor.SECTOR, sector)):
        if floor in rule.floors:
            cut = np.maximum(cut, places)
    return cut


def _places(grades: pd.Series) -> Places:
    return np.asarray(grades.map(PLACES).fillna(_NO_PLACE), dtype=np.int64)
