"""What the pipeline asks of the outside: who acts, what time it is, where progress goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

from engine.messages import Message

Clock = Callable[[], datetime]
"""Returns the current time with its offset; simulated in demos and tests."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a writing call; the same name twice does not make two signatures.

    Parameters
    ----------
    name : str, as the organisation knows the person.
    role : str, one of leader, analyst, draw_officer, inspector, auditor, admin.
    """

    name: str
    role: str


class Progress(Protocol):
    """Receives how far a stage is; never decides anything."""

    def __call__(self, stage: Message, share: float | None = None) -> None:
        """Say that ``stage`` runs and, if known, which share 0..1 of it is done."""


def silent(stage: Message, share: float | None = None) -> None:
    """Take progress and say nothing."""


class Scorer(Protocol):
    """Applies one stored model; the package that fitted it, or another one, provides it."""

    @property
    def name(self) -> str:
        """What scores and policy call the model."""

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return table ``scores`` for every feature row, with ``probability`` where the model gives one."""

    def reasons(self, features: pd.DataFrame, *, top: int) -> pd.DataFrame:
        """Return table ``reasons`` whose points add up to the score."""
