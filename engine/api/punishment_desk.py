"""Joint punishment for pages: the frames of :mod:`engine.api.joint_punishment` under the policies of the workspace."""

from datetime import date

import pandas as pd

from engine.api import joint_punishment
from engine.api.policies import read_policies
from engine.store.workspace import Workspace


def cases(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return every case as it stands on a day (:func:`engine.api.joint_punishment.cases`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.cases(workspace, book=book, as_of=as_of)


def stalls(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return the open cases in which somebody has to act (:func:`engine.api.joint_punishment.stalls`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.stalls(workspace, book=book, as_of=as_of)


def catalogue(workspace: Workspace, *, as_of: date, profile: str = "default") -> pd.DataFrame:
    """Return every measure with why it may not be taken (:func:`engine.api.joint_punishment.catalogue`)."""
    book = read_policies(profile, workspace=workspace)
    return joint_punishment.catalogue(workspace, book=book, as_of=as_of)
