"""How a sector's own risk grade is joined to the credit-risk grade: dated policy ``grading.sectors``.

Three forms: the riskier of the two, a table of both, points of both added and cut. Source of the forms: DOMAIN.md
section 2.6; the sum is that of 安徽省食品生产企业风险分级分类监管实施方案(试行) of 2022.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import RISK_GRADES, Grade

SECTORS = "grading.sectors"
PLACES = {grade.value: place for place, grade in enumerate(RISK_GRADES)}
"""Place of every risk grade, 0 = A."""


class Join(StrEnum):
    """How two grades were joined; ``alone`` where there was no credit-risk grade to join."""

    RISKIER = "riskier"
    TABLE = "table"
    SUM = "sum"
    ALONE = "alone"


class Floor(StrEnum):
    """Grades that a sum may be forbidden to fall below."""

    CREDIT = "credit"
    SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class PointSum:
    """Points of the sector and points for the credit-risk grade, added and cut.

    Parameters
    ----------
    sector_points : points of the scheme at risk position 1; a record brings its share of them.
    credit_points : points by credit-risk grade, A to D, never falling.
    highest : highest sum that is still A, B, C, rising.
    floors : which of the two grades the result may not be milder than.
    """

    sector_points: float
    credit_points: tuple[float, float, float, float]
    highest: tuple[float, float, float]
    floors: frozenset[Floor]

    @property
    def most(self) -> float:
        """The largest sum there can be."""
        return self.sector_points + self.credit_points[-1]


@dataclass(frozen=True, slots=True)
class SectorRule:
    """How one sector's grade is joined.

    Parameters
    ----------
    code : stable name. scheme : of table ``external_grades``.
    grades : the scheme's word → grade.
    join : form. joined : (credit-risk grade, sector's grade) → grade, rises with both; for a sum what stands where a
        record brings no points: the riskier of the two.
    points : of a sum, else None.
    reference : what it rests on.
    """

    code: str
    scheme: str
    grades: Mapping[str, Grade]
    join: Join
    joined: Mapping[tuple[str, str], str]
    points: PointSum | None
    reference: str


def read_sectors(book: PolicyBook, *, on: date) -> tuple[SectorRule, ...]:
    """Read policy ``grading.sectors``: list of ``{code, scheme, grades, join, reference}``.

    ``join`` is ``riskier``; a row per credit-risk grade with the joint grade for each of the sector's grades; or
    ``{sector_points, credit_points: {A..D}, highest: {A..C}, never_milder_than: [credit, sector]}``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A rule is incomplete, a scheme or code occurs twice, or a riskier grade would lead to a milder one.
    """
    rules = tuple(_rule(entry) for entry in book.value(SECTORS, on=on))
    if len({rule.scheme for rule in rules}) != len(rules):
        _refuse(N_("two rules read the same scheme"))
    if len({rule.code for rule in rules}) != len(rules):
        _refuse(N_("two rules have the same code"))
    return rules


def _rule(entry: Mapping[str, Any]) -> SectorRule:
    wanted = {"code", "scheme", "grades", "join", "reference"}
    if set(entry) != wanted or not entry["reference"] or not set(entry["grades"].values()) <= set(RISK_GRADES):
        _refuse(N_("each rule needs {wanted}, with grades A to D and a reference"), wanted=", ".join(sorted(wanted)))
    join = entry["join"]
    is_sum = isinstance(join, Mapping) and "credit_points" in join
    if join == Join.RISKIER or is_sum:
        joined = {(a, b): max(a, b, key=PLACES.__getitem__) for a in PLACES for b in PLACES}
    else:
        joined = _table(join)
    return SectorRule(
        str(entry["code"]),
        str(entry["scheme"]),
        {str(word): Grade(grade) for word, grade in entry["grades"].items()},
        Join.SUM if is_sum else Join.RISKIER if join == Join.RISKIER else Join.TABLE,
        joined,
        _points(join) if is_sum else None,
        str(entry["reference"]),
    )


def _table(join: Any) -> dict[tuple[str, str], str]:
    try:
        table = {(a, b): Grade(join[a][b]).value for a in PLACES for b in PLACES}
    except (KeyError, TypeError, ValueError):
        _refuse(N_("join is 'riskier', a grade for each pair of A to D, or points that are added"))
    steps = [((a, b), later) for a, b in table for later in ((_next(a), b), (a, _next(b))) if all(later)]
    if any(PLACES[table[pair]] > PLACES[table[later]] for pair, later in steps if later in table):
        _refuse(N_("a riskier grade leads to a milder one"))
    return table


def _next(grade: str) -> str:
    place = PLACES[grade] + 1
    return RISK_GRADES[place].value if place < len(RISK_GRADES) else ""


def _points(join: Mapping[str, Any]) -> PointSum:
    wanted = {"sector_points", "credit_points", "highest", "never_milder_than"}
    try:
        if set(join) != wanted or set(join["credit_points"]) != set(PLACES) or set(join["highest"]) != set("ABC"):
            raise KeyError
        credit = [float(join["credit_points"][grade]) for grade in PLACES]
        highest = [float(join["highest"][grade]) for grade in "ABC"]
        floors = frozenset(Floor(name) for name in join["never_milder_than"])
        most = float(join["sector_points"])
    except (KeyError, TypeError, ValueError):
        _refuse(
            N_("a sum needs {wanted}: numbers by grade, and 'credit' or 'sector' as floors"),
            wanted=", ".join(sorted(wanted)),
        )
    if most <= 0 or credit[0] < 0 or _falls(credit):
        _refuse(N_("points must not be negative and must not fall from A to D"))
    if _falls(highest) or len(set(highest)) < len(highest):
        _refuse(N_("the highest sums must rise from A to C"))
    return PointSum(most, (credit[0], credit[1], credit[2], credit[3]), (highest[0], highest[1], highest[2]), floors)


def _falls(numbers: Iterable[float]) -> bool:
    held = list(numbers)
    return any(earlier > later for earlier, later in zip(held, held[1:], strict=False))


def _refuse(text: str, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=SECTORS, problem=Message(text, params))
