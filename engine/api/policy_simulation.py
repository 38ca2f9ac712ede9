"""What a policy would find and cost in the next draw."""

from dataclasses import dataclass

from engine.api.laboratory import Bench
from engine.laboratory.experiment import Experiment
from engine.laboratory.simulation import Simulated, simulate
from engine.laboratory.trial import untried
from engine.messages import Message
from engine.pipeline.laboratory import planned_ratios


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPolicy:
    """One policy simulated, with sentences on where it leaves what was tried."""

    simulated: Simulated
    flags: tuple[Message, ...]


def simulate_policy(bench: Bench, experiment: Experiment) -> SimulatedPolicy:
    """Simulate the bench's policy as one draw of a year's quota."""
    ratios = planned_ratios(experiment.cells, bench.policy, bench.items)
    return SimulatedPolicy(simulate(experiment, ratios), untried(experiment, ratios))
