"""Which joint punishment measures may be taken on a day: live, on a lawful basis, in a published edition of the list.

Since 国办发〔2020〕49号 a measure rests on a law, regulation or central policy and stands in the national list; rows of
older memoranda are history. In Zhejiang a measure that was not published may not be taken (浙江省公共信用信息管理条例).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.vocabulary import JOINER

MEASURES = "outcomes.measures"
AFTER_2020 = "国办发〔2020〕49号: a measure rests on law, regulation or central policy and stands in the national list"
UNPUBLISHED = "浙江省公共信用信息管理条例 art. 28: measures that were not published may not be taken"
BINDING = ("law", "regulation")
_RIGHTS = "浙江省公共信用信息管理条例 art. 26: what reduces rights rests on law or administrative regulation"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the catalogue.

    Parameters
    ----------
    measure_class : ``rights`` (reduces rights or adds duties), ``management`` or ``others``.
    status : ``live`` or ``historic``. legal_basis, list_edition : empty when it has none.
    basis_kind : ``law``, ``regulation`` (administrative), ``local_regulation``, ``rule``; empty when it is not said.
    trigger_lists, departments : lists whose decision triggers it; departments that apply it.
    """

    measure_id: str
    name: str
    measure_class: str
    status: str
    legal_basis: str
    list_edition: str
    trigger_lists: tuple[str, ...]
    departments: tuple[str, ...]
    business_field: str
    basis_kind: str = ""


@dataclass(frozen=True, slots=True)
class MeasureLaw:
    """What stands on a day: edition of the list → day of its publication; words that mark a document as no basis."""

    editions: Mapping[str, date]
    no_basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlawful:
    """Why a measure may not be taken: one sentence, and the rule."""

    sentence: Message
    reference: str


def unlawful(
    measure: Measure, *, law: MeasureLaw, on: date, list_type: str = "", department: str = ""
) -> Unlawful | None:
    """Return why a measure may not be taken on a day, None when it may.

    Parameters
    ----------
    list_type, department : of the case; empty asks about the measure alone.
    """
    said: dict[str, object] = {"measure": measure.measure_id}
    if measure.status != "live":
        return Unlawful(Message(N_("measure {measure} is historic and fires no more"), said), AFTER_2020)
    is_memorandum = any(word in measure.legal_basis for word in law.no_basis)
    if not measure.legal_basis.strip() or is_memorandum:
        return Unlawful(Message(N_("measure {measure} has no legal basis"), said), AFTER_2020)
    published = law.editions.get(measure.list_edition)
    if published is None:
        return Unlawful(Message(N_("measure {measure} is in no edition of the list in force"), said), AFTER_2020)
    if published > on:
        return Unlawful(Message(N_("measure {measure} was not published by {day}"), {**said, "day": on}), UNPUBLISHED)
    if measure.measure_class == "rights" and measure.basis_kind and measure.basis_kind not in BINDING:
        words = N_("measure {measure} reduces rights, and its basis is no law or administrative regulation")
        return Unlawful(Message(words, said), _RIGHTS)
    if list_type and list_type not in measure.trigger_lists:
        named = {**said, "list_type": list_type}
        return Unlawful(Message(N_("measure {measure} is not for list {list_type}"), named), AFTER_2020)
    if department and department not in measure.departments:
        named = {**said, "department": department}
        return Unlawful(Message(N_("measure {measure} is not applied by {department}"), named), AFTER_2020)
    return None


def measures_of(value: Mapping[str, Any]) -> tuple[dict[str, Measure], MeasureLaw]:
    """Return the catalogue and the editions that policy ``outcomes.measures`` states.

    Raises
    ------
    PolicyInconsistentError
        A measure lacks a cell, or an edition has no day.
    """
    try:
        found = {
            str(name): Measure(
                str(name), cells["name"], cells["measure_class"], cells["status"], cells.get("legal_basis") or "",
                str(cells.get("list_edition") or ""), tuple(cells["trigger_lists"]), tuple(cells["departments"]),
                cells["business_field"], cells.get("basis_kind") or "",
            )
            for name, cells in (value["measures"] or {}).items()
        }  # fmt: skip
        editions = {str(name): day for name, day in (value["editions"] or {}).items()}
        law = MeasureLaw(editions, tuple(value["no_basis"]))
    except (KeyError, TypeError, AttributeError) as lacking:
        problem = Message(N_("{column} is missing or of another form"), {"column": str(lacking)})
        raise PolicyInconsistentError(name=MEASURES, problem=problem) from None
    if any(type(day) is not date for day in editions.values()):
        raise PolicyInconsistentError(name=MEASURES, problem=Message(N_("an edition needs the day of its publication")))
    return found, law


def measures_of_rows(rows: Iterable[Mapping[Any, Any]]) -> dict[str, Measure]:
    """Return the measures of contract table ``measures``, one row per measure."""

    def text(value: object) -> str:
        return value if isinstance(value, str) else ""

    return {
        row["measure_id"]: Measure(
            row["measure_id"], row["name"], row["measure_class"], row["status"], text(row["legal_basis"]),
            text(row["list_edition"]), tuple(row["trigger_lists"].split(JOINER)),
            tuple(row["department_codes"].split(JOINER)), row["business_field"],
        )
        for row in rows
    }  # fmt: skip
