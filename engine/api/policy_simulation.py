"""What a policy would find and cost in the next draw, and how it differs from another one in the same futures."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.api.laboratory import Bench
from engine.errors import PolicyInconsistentError
from engine.laboratory.experiment import Experiment
from engine.laboratory.simulation import Difference, Simulated, difference, simulate
from engine.laboratory.trial import untried
from engine.messages import Message
from engine.pipeline.laboratory import planned_ratios
from engine.ratios.policy import RatioPolicy


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPolicy:
    """One policy simulated, with sentences on where it leaves what was tried."""

    simulated: Simulated
    flags: tuple[Message, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPolicies:
    """Two policies in the same futures; ``change`` is the first minus ``other``, by measure."""

    policy: SimulatedPolicy
    other: SimulatedPolicy
    change: Mapping[str, Difference]


def simulate_policy(
    bench: Bench, experiment: Experiment, *, policy: RatioPolicy | None = None, draws_per_year: int = 1
) -> SimulatedPolicy:
    """Simulate the first of ``draws_per_year`` equal draws under ``policy`` (the bench's own when None).

    Raises
    ------
    UsageError
        ``draws_per_year`` is below 1.
    """
    chosen = bench.policy if policy is None else policy
    ratios = planned_ratios(experiment.cells, chosen, bench.items, draws_per_year=draws_per_year)
    return SimulatedPolicy(simulate(experiment, ratios), untried(experiment, ratios))


def compare_policies(
    bench: Bench, experiment: Experiment, other: RatioPolicy, *, name: str, draws_per_year: int = 1
) -> ComparedPolicies:
    """Simulate the bench's policy and ``other`` (called ``name``) with the same rates and luck.

    Raises
    ------
    PolicyInconsistentError
        ``other`` breaks a rule of its own.
    """
    violations = other.check(bench.items)
    if violations:
        raise PolicyInconsistentError(name=name, problem=violations[0])
    ours = simulate_policy(bench, experiment, draws_per_year=draws_per_year)
    theirs = simulate_policy(bench, experiment, policy=other, draws_per_year=draws_per_year)
    return ComparedPolicies(ours, theirs, difference(ours.simulated, theirs.simulated))
