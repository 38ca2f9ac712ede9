"""Joint punishment for pages: the frames of :mod:`engine.api.punishment.cases` under the policies of the workspace."""

from datetime import date

import pandas as pd

from engine.api.policies.check import read_policies
from engine.api.punishment import cases as joint_punishment
from engine.store.workspaces.workspace import Workspace


def cases(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return every case as it stands on a day (:func:`engine.api.punishment.cases.cases`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.cases(workspace, book=book, as_of=as_of)


def stalls(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return the open cases in which somebody has to act (:func:`engine.api.punishment.cases.stalls`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.stalls(workspace, book=book, as_of=as_of)


def catalogue(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return every measure with why it may not be taken (:func:`engine.api.punishment.cases.catalogue`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.catalogue(workspace, book=book, as_of=as_of)
