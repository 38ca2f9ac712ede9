"""A sector's own risk grade joined to the credit-risk grade: the riskier of the two, or a table of both.

The sector's grade comes in as a record (table ``external_grades``); a rule names its scheme, what its words mean as a
grade, and how the two are joined. Forms of joining: DOMAIN.md section 2.6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import RISK_GRADES, Grade

SECTORS = "grading.sectors"
SECTOR_PREFIX = "sector."
RISKIER = "riskier"
_PLACES = {grade.value: place for place, grade in enumerate(RISK_GRADES)}


@dataclass(frozen=True, slots=True)
class SectorRule:
    """How one sector's grade is joined.

    Parameters
    ----------
    code : stable name. scheme : of table ``external_grades``.
    grades : the scheme's word → grade.
    joined : (credit-risk grade, sector's grade) → grade; rises with both.
    reference : what it rests on.
    """

    code: str
    scheme: str
    grades: Mapping[str, Grade]
    joined: Mapping[tuple[str, str], str]
    reference: str


def read_sectors(book: PolicyBook, *, on: date) -> tuple[SectorRule, ...]:
    """Read policy ``grading.sectors``: list of ``{code, scheme, grades, join, reference}``.

    ``join`` is ``riskier``, or a row per credit-risk grade with the joint grade for each of the sector's grades.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A rule is incomplete, a scheme occurs twice, or a riskier grade would lead to a milder one.
    """
    rules = tuple(_rule(entry) for entry in book.value(SECTORS, on=on))
    if len({rule.scheme for rule in rules}) != len(rules):
        raise PolicyInconsistentError(name=SECTORS, problem=Message(N_("two rules read the same scheme")))
    return rules


def apply_sectors(grades: pd.DataFrame, sector_grades: pd.DataFrame, *, rules: Sequence[SectorRule]) -> pd.DataFrame:
    """Return the grades joined with those of the sectors.

    Parameters
    ----------
    grades : after hysteresis; reads grade.
    sector_grades : in force on the day; entity_id, scheme, external_grade. Of one scheme the last row counts.
    rules : of the day; of several that apply the riskiest result stands, then the first rule.

    Returns
    -------
    DataFrame like ``grades``; where the joint grade differs, override_code is ``sector.CODE`` and override_reference
    the rule's. An entity without a class of its own takes the sector's.

    Raises
    ------
    PolicyInconsistentError
        A record carries a word that its rule does not know.
    """
    own = _places(grades["grade"])
    best, deciding = np.full(len(grades), -1), np.full(len(grades), -1)
    for number, rule in enumerate(rules):
        sector = _places(grades["entity_id"].map(_words(sector_grades, rule)))
        table = np.array([[_PLACES[rule.joined[a, b]] for b in _PLACES] for a in _PLACES])
        joint = np.where(sector < 0, -1, np.where(own < 0, sector, table[own, sector]))
        is_taken = joint > best
        best, deciding = np.where(is_taken, joint, best), np.where(is_taken, number, deciding)
    changes = (best >= 0) & (best != own)
    names = np.asarray([*_PLACES], dtype=object)
    result = grades.copy()
    result["grade"] = pd.Series(np.where(changes, names[best], grades["grade"]), index=grades.index, dtype="str")
    for name, texts in (
        ("override_code", [SECTOR_PREFIX + rule.code for rule in rules]),
        ("override_reference", [rule.reference for rule in rules]),
    ):
        said = [texts[number] if is_changed else None for number, is_changed in zip(deciding, changes, strict=True)]
        result[name] = pd.Series(said, index=grades.index, dtype="object")
    return result


def _words(sector_grades: pd.DataFrame, rule: SectorRule) -> pd.Series:
    """Grade by entity_id that a rule's scheme gives."""
    own = sector_grades[sector_grades["scheme"] == rule.scheme].drop_duplicates("entity_id", keep="last")
    unknown = sorted(set(own["external_grade"]) - set(rule.grades))
    if unknown:
        text = N_("scheme {scheme} has no grade {word}")
        params = {"scheme": rule.scheme, "word": unknown[0]}
        raise PolicyInconsistentError(name=SECTORS, problem=Message(text, params))
    meaning = {word: grade.value for word, grade in rule.grades.items()}
    return own.set_index("entity_id")["external_grade"].map(meaning)


def _places(grades: pd.Series) -> npt.NDArray[np.int64]:
    return np.asarray(grades.map(_PLACES).fillna(-1), dtype=np.int64)


def _rule(entry: Mapping[str, Any]) -> SectorRule:
    wanted = {"code", "scheme", "grades", "join", "reference"}
    if set(entry) != wanted or not entry["reference"] or not set(entry["grades"].values()) <= set(RISK_GRADES):
        text = N_("each rule needs {wanted}, with grades A to D and a reference")
        raise PolicyInconsistentError(name=SECTORS, problem=Message(text, {"wanted": ", ".join(sorted(wanted))}))
    return SectorRule(
        str(entry["code"]),
        str(entry["scheme"]),
        {str(word): Grade(grade) for word, grade in entry["grades"].items()},
        _joined(entry["join"]),
        str(entry["reference"]),
    )


def _joined(join: Any) -> dict[tuple[str, str], str]:
    names = [grade.value for grade in RISK_GRADES]
    if join == RISKIER:
        return {(a, b): max(a, b, key=_PLACES.__getitem__) for a in names for b in names}
    try:
        table = {(a, b): Grade(join[a][b]).value for a in names for b in names}
    except (KeyError, TypeError, ValueError):
        raise PolicyInconsistentError(
            name=SECTORS, problem=Message(N_("join is 'riskier' or a grade for each pair of A to D"))
        ) from None
    steps = [((a, b), later) for a, b in table for later in ((_next(a), b), (a, _next(b))) if all(later)]
    if any(_PLACES[table[pair]] > _PLACES[table[later]] for pair, later in steps if later in table):
        raise PolicyInconsistentError(name=SECTORS, problem=Message(N_("a riskier grade leads to a milder one")))
    return table


def _next(grade: str) -> str:
    place = _PLACES[grade] + 1
    return RISK_GRADES[place].value if place < len(RISK_GRADES) else ""
