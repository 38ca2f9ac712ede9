"""A workspace's run draws made ready for the laboratory; nothing is stored or changed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.draw_roster import current
from engine.api.logged_draws import logged_draws
from engine.api.policies import read_policies
from engine.errors import PolicyInconsistentError
from engine.laboratory.experiment import Experiment, set_up
from engine.parameters import PolicyBook
from engine.pipeline.laboratory import Frame, laboratory_frame
from engine.ratios.policy import RatioPolicy, read_ratio_policy
from engine.simulation.stream import stream
from engine.store.workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A workspace's draws, item list and policy, ready for the laboratory."""

    book: PolicyBook
    policy: RatioPolicy
    items: pd.DataFrame
    logged: pd.DataFrame
    frame: Frame


def prepare(workspace: Workspace, *, profile: str, as_of: date, draft: Path | None = None) -> Bench:
    """Read every run draw of a workspace with its results, under a policy that breaks no rule.

    Raises
    ------
    PolicyInconsistentError
        The policy breaks a rule of its own.
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    TableMissingError
        No draw was run.
    """
    book = read_policies(profile, draft=draft)
    policy = read_ratio_policy(book, on=as_of)
    items = current(workspace, "items", key="item_code", on=as_of)
    violations = policy.check(items)
    if violations:
        raise PolicyInconsistentError(name=profile, problem=violations[0])
    logged = logged_draws(workspace)
    frame = laboratory_frame(logged, items, policy, efforts=book.value("capacity.effort", on=as_of))
    return Bench(book, policy, items, logged, frame)


def experiment_of(bench: Bench, *, draws: int, seed: int) -> Experiment:
    """Return what all simulations of this frame share; the same seed gives the same futures."""
    return set_up(bench.frame.cells, bench.frame.memberships, draws=draws, generator=stream(seed, "laboratory"))


def policy_of(profile: str, *, as_of: date) -> RatioPolicy:
    """Return the ratio policy of a shipped profile as it stands on ``as_of``."""
    return read_ratio_policy(read_policies(profile), on=as_of)
