"""Joint punishment for pages: everything that one page shows, out of one reading of the cases."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.policies.check import read_policies
from engine.api.punishment import cases as joint_punishment
from engine.api.punishment.board import STEPS, board_of
from engine.api.punishment.book import catalogue_on
from engine.api.punishment.funnel import funnel_of
from engine.api.punishment.standing import standing_cases
from engine.outcomes.measure_law import unlawful
from engine.outcomes.punishment import FINAL
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Overview:
    """Joint punishment on a day, over all or the cases of one department.

    Parameters
    ----------
    n_cases, n_released : counts of cases. n_late_releases : of releases past their last day, pushed meanwhile or not.
    n_unlawful : cases not over whose measure may not be taken today. departments : that apply some case, sorted.
    funnel, stalls, board : see :mod:`engine.api.punishment.funnel`, :func:`engine.api.punishment.cases.stalls_of`,
        :mod:`engine.api.punishment.board`.
    """

    n_cases: int
    n_released: int
    n_late_releases: int
    n_unlawful: int
    departments: tuple[str, ...]
    funnel: pd.DataFrame
    stalls: pd.DataFrame
    board: pd.DataFrame


def overview(
    workspace: Workspace, *, as_of: date, step: str, department: str = "", profile: str = "default"
) -> Overview:
    """Return what the page of joint punishment shows.

    Parameters
    ----------
    step : of the board. department : only cases that it applies; empty = all.
    """
    book = read_policies(profile, workspace=workspace)
    found = standing_cases(workspace, book=book, on=as_of)
    every = tuple(sorted(set(found["department"])))
    if department:
        found = found[found["department"] == department].reset_index(drop=True)
    measures, law = catalogue_on(workspace, book=book, on=as_of)
    may = {name for name, one in measures.items() if unlawful(one, law=law, on=as_of) is None}
    return Overview(
        len(found),
        int((found["state"] == "released").sum()),
        int(joint_punishment.is_release_late(found, as_of=as_of).sum()),
        int((~found["measure_id"].isin(may) & ~found["state"].isin(FINAL)).sum()),
        every,
        funnel_of(found, book=book, as_of=as_of),
        joint_punishment.stalls_of(found, book=book, as_of=as_of),
        board_of(found, measures, law, book=book, as_of=as_of, step=step),
    )


def first_step(workspace: Workspace, *, as_of: date, profile: str = "default") -> str:
    """Return the first step of the board that is due in some case on a day; the first of all where none is."""
    book = read_policies(profile, workspace=workspace)
    found = standing_cases(workspace, book=book, on=as_of)
    measures, law = catalogue_on(workspace, book=book, on=as_of)
    for step in STEPS:
        if not board_of(found, measures, law, book=book, as_of=as_of, step=step).empty:
            return step
    return STEPS[0]


def stalls(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return the open cases in which somebody has to act (:func:`engine.api.punishment.cases.stalls`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.stalls(workspace, book=book, as_of=as_of)


def catalogue(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return every measure with why it may not be taken (:func:`engine.api.punishment.cases.catalogue`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.catalogue(workspace, book=book, as_of=as_of)
