"""Sectors that may have a learned model of their own, and which of them are graded apart on a day.

A sector is a part of a population, told by industry. Dated policy defines it (``grading.sector_models``) with the least
that must be known of it before a model is fitted on it alone; only where ``grading.champion`` names it too is it a
population of its own in scores, shares, limits and grades: scores of two models are on two scales.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

import ibis

from engine.errors import PolicyInconsistentError
from engine.grading.champions import CHAMPION, read_champions
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import SECTOR_MARK

SECTOR_MODELS = "grading.sector_models"


@dataclass(frozen=True, slots=True)
class SectorScope:
    """A sector of one population.

    Parameters
    ----------
    population, code : what it is a part of, and what it is called.
    industries : beginnings of industry codes (GB/T 4754), e.g. ``C13``.
    least_rows, least_adverse : checks with a known result, and findings among them, that a model of its own takes.
    reference : what it rests on.
    """

    population: str
    code: str
    industries: tuple[str, ...]
    least_rows: int
    least_adverse: int
    reference: str

    @property
    def name(self) -> str:
        """What it is called as a population."""
        return f"{self.population}{SECTOR_MARK}{self.code}"


def read_sector_scopes(book: PolicyBook, *, on: date) -> tuple[SectorScope, ...]:
    """Read policy ``grading.sector_models``: list of ``{code, populations, industries, least_rows, least_adverse, …}``.

    Returns
    -------
    One scope per sector and population, in the policy's order.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        A sector is incomplete, or two of one population share an industry.
    """
    scopes = [scope for entry in book.value(SECTOR_MODELS, on=on) for scope in _scopes(entry)]
    for place, one in enumerate(scopes):
        for other in scopes[:place]:
            if one.population == other.population and _overlap(one.industries, other.industries):
                _refuse(N_("{one} and {other} share an industry"), one=other.name, other=one.name)
    return tuple(scopes)


def graded_apart(book: PolicyBook, *, on: date) -> tuple[SectorScope, ...]:
    """Return the sectors for which ``grading.champion`` names a model on a day.

    Raises
    ------
    PolicyInconsistentError
        It names a sector that is not defined.
    """
    named = [name for name in read_champions(book, on=on).populations if SECTOR_MARK in name]
    if not named:
        return ()  # policies of before sectors were defined are never asked for them
    scopes = {scope.name: scope for scope in read_sector_scopes(book, on=on)}
    for name in named:
        if name not in scopes:
            text = N_("it names sector {name}, which 'grading.sector_models' does not define")
            raise PolicyInconsistentError(name=CHAMPION, problem=Message(text, {"name": name}))
    return tuple(scopes[name] for name in sorted(named))


def with_sectors(entities: ibis.Table, scopes: Iterable[SectorScope]) -> ibis.Table:
    """Return register rows in which what belongs to a sector has the sector's name as ``population``.

    Parameters
    ----------
    entities : any versions; reads population, industry_code.
    """
    for scope in scopes:
        is_inside = ibis.or_(*(entities.industry_code.startswith(code) for code in scope.industries))
        is_inside &= entities.population == scope.population
        entities = entities.mutate(population=ibis.ifelse(is_inside, scope.name, entities.population))
    return entities


def _scopes(entry: Mapping[str, Any]) -> list[SectorScope]:
    wanted = {"code", "populations", "industries", "least_rows", "least_adverse", "reference"}
    if set(entry) != wanted or not entry["reference"] or not entry["populations"] or not entry["industries"]:
        _refuse(N_("each sector needs {wanted}"), wanted=", ".join(sorted(wanted)))
    code = str(entry["code"])
    if SECTOR_MARK in code or not code:
        _refuse(N_("{code} is no name for a sector: leave the dot out"), code=code)
    least_rows, least_adverse = int(entry["least_rows"]), int(entry["least_adverse"])
    if min(least_rows, least_adverse) < 1:
        _refuse(N_("a sector takes at least one row and one finding"))
    industries = tuple(str(each) for each in entry["industries"])
    return [
        SectorScope(str(population), code, industries, least_rows, least_adverse, str(entry["reference"]))
        for population in entry["populations"]
    ]


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def _refuse(text: str, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=SECTOR_MODELS, problem=Message(text, params))
