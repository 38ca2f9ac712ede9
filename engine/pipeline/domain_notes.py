"""Sentences beside a measured rate: what could not be checked, and how many teams it rests on."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from engine.messages import N_, Message

FEW_TEAMS = 30
"""Teams below which the interval holds the rate less often than it says where teams differ much; 24 teams held it in 90
to 92 % of the worlds (docs/spec/estimators.md §4.2)."""
MANY_NOT_DONE = 0.05
"""Share of drawn units without a result from which bounds are said for a single domain; source as for ``reach``."""


class DomainFigures(Protocol):
    """One row of ``measure_domains``; shares in 0..1, nan where a domain is empty."""

    n: int
    teams: float
    unreachable: float
    not_assessable: float
    not_done: float
    bound_low: float
    bound_high: float


def reach_notes(row: DomainFigures, *, is_everything: bool) -> tuple[Message, ...]:
    """Return what is to be said of units that were not checked: always of all together, of a domain where many."""
    found: list[Message] = []
    if is_everything and row.unreachable > 0:
        text = N_("{share} could not be reached: a domain of their own, neither clean nor in violation")
        found.append(Message(text, {"share": f"{row.unreachable:.1%}"}))
    if is_everything and row.not_assessable > 0:
        text = N_("{share} had closed or do not carry on the business: a domain of their own, no part of the rate")
        found.append(Message(text, {"share": f"{row.not_assessable:.1%}"}))
    if row.not_done > (0.0 if is_everything else MANY_NOT_DONE):
        text = N_("{share} have no result yet: be they all clean or all in violation, the rate lies in {low}–{high}")
        params = {"share": f"{row.not_done:.1%}", "low": f"{row.bound_low:.1%}", "high": f"{row.bound_high:.1%}"}
        found.append(Message(text, params))
    return tuple(found)


def team_notes(row: DomainFigures, *, is_everything: bool) -> tuple[Message, ...]:
    """Return what is to be said of the teams whose checks the rate rests on; results of one team are a cluster."""
    if np.isnan(row.teams) or row.n == 0:
        return ()
    teams = int(row.teams)
    if teams == 1:
        return (Message(N_("one team made every check here: its habits and the firms' conduct cannot be told apart")),)
    if is_everything and teams < FEW_TEAMS:
        text = N_("results of one team are a cluster; with only {n} teams the interval may be too short if they differ")
        return (Message(text, {"n": teams}),)
    if is_everything:
        return (Message(N_("results of one team are a cluster: the interval rests on {n} teams"), {"n": teams}),)
    return ()


def every_note(rows: Sequence[Any], *, everything: Sequence[bool]) -> list[tuple[Message, ...]]:
    """Return the sentences of each row (:class:`DomainFigures`), teams first."""
    return [
        (*team_notes(row, is_everything=whole), *reach_notes(row, is_everything=whole))
        for row, whole in zip(rows, everything, strict=True)
    ]
