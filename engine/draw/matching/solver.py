"""The min-cost flow solver behind the match: whole components at a time, exact in whole numbers.

Any exact solver would do, since the published proof does not depend on which optimal flow is found. Arcs that only the
sink joins are independent problems; they are solved apart, which is faster and keeps costs times nodes below the
solver's range for a draw of any number of districts. What still exceeds it is solved twice: with its costs cut to fewer
bits, then with what the cutting left over, measured from there. Source: Goldberg (1997), cost-scaling push-relabel, as
in OR-Tools' SimpleMinCostFlow.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.draw.matching.network import SINK, Integers
from engine.draw.matching.potentials import greatest_potentials
from engine.errors import DrawError
from engine.messages import N_, Message

COST_LIMIT = 2**60
"""Largest cost times nodes handed to the solver; it refuses some problems from 2**61.5 on."""

LEAST_BITS = 20
"""Bits of the largest cost that are kept at least when costs are cut."""
BATCH_ARCS = 2**16
"""Small components are solved together up to this many arcs."""


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs of a flow problem as columns: tail, head, capacity ≥ 0 and cost ≥ 0 of a unit."""

    tails: Integers
    heads: Integers
    capacities: Integers
    costs: Integers


def cheapest_units(arcs: Arcs, *, supplies: Integers) -> Integers | None:
    """Return the units on every arc of a cheapest flow, or None when the supplies cannot be sent.

    Parameters
    ----------
    supplies : per node; what all send goes to the sink, node 0, whose own entry is not read.

    Raises
    ------
    DrawError
        One component has so many nodes that fewer than ``LEAST_BITS`` bits of its costs could be kept.
    """
    batch_of_node = _batches(arcs, n_nodes=len(supplies))
    batch_of_arc = batch_of_node[arcs.tails]
    # what cannot be sent because no arc leaves it is no part of any batch
    idle = np.ones(len(supplies), dtype=np.bool_)
    idle[arcs.tails], idle[arcs.heads], idle[SINK] = False, False, False
    if supplies[idle].any():
        return None
    units = np.zeros(len(arcs.tails), dtype=np.int64)
    order = np.argsort(batch_of_arc, kind="stable")
    edges = np.flatnonzero(np.diff(batch_of_arc[order], prepend=-1, append=-1)).tolist()
    for start, end in zip(edges, edges[1:], strict=False):
        part = order[start:end]
        found = _solve(arcs, part, supplies=supplies)
        if found is None:
            return None
        units[part] = found
    return units


def _batches(arcs: Arcs, *, n_nodes: int) -> Integers:
    """Return for every node the batch in which it is solved: components in order, packed by their arcs."""
    inner = arcs.heads != SINK
    ends = (arcs.tails[inner], arcs.heads[inner])
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n_nodes, n_nodes)).tocsr()
    n_components, component = connected_components(graph, directed=False)
    sizes = np.bincount(component[arcs.tails], minlength=n_components)
    batches: Integers = (np.cumsum(sizes) // BATCH_ARCS).astype(np.int64)
    found: Integers = batches[component]
    return found


def _solve(arcs: Arcs, part: Integers, *, supplies: Integers) -> Integers | None:
    tails, heads = arcs.tails[part], arcs.heads[part]
    is_here = np.zeros(len(supplies), dtype=np.bool_)
    is_here[SINK], is_here[tails], is_here[heads] = True, True, True
    nodes = np.flatnonzero(is_here)
    place = np.zeros(len(supplies), dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    sent = supplies[nodes]
    sent[SINK] = -sent[1:].sum()
    problem = Arcs(place[tails], place[heads], arcs.capacities[part], arcs.costs[part])
    largest = int(problem.costs.max(initial=0))
    if largest * (len(nodes) + 1) < COST_LIMIT:
        return _flow(problem, sent)
    return _in_two_steps(problem, sent, largest=largest)


def _flow(problem: Arcs, supplies: Integers) -> Integers | None:
    """Units of a cheapest flow; costs within the solver's range, of either sign."""
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - heavy, and verification never needs it

    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(problem.tails, problem.heads, problem.capacities, problem.costs)
    solver.set_nodes_supplies(np.arange(len(supplies)), supplies)
    status = solver.solve()
    if status in (solver.BAD_COST_RANGE, solver.BAD_CAPACITY_RANGE, solver.BAD_RESULT):
        raise _too_large(len(supplies))
    if status != solver.OPTIMAL:
        return None
    units: Integers = np.asarray(solver.flows(np.arange(len(problem.tails))), dtype=np.int64)
    return units


def _in_two_steps(problem: Arcs, supplies: Integers, *, largest: int) -> Integers | None:
    """Units of a cheapest flow whose costs exceed the solver's range.

    Notes
    -----
    Costs cut by ``b`` bits give a flow and potentials. Measured from these, a true residual cost is negative only by
    less than 2^b, so a cycle that would make the flow cheaper is worth less than nodes * 2^b and holds no arc that
    costs as much: all costs may be held to that bound without changing which flows are cheapest, and then they fit.
    """
    n = len(supplies)
    bits = max(0, (largest * (n + 1)).bit_length() - COST_LIMIT.bit_length() + 1)
    if largest >> bits < 2**LEAST_BITS and largest >= 2**LEAST_BITS:
        raise _too_large(n)
    cut = problem.costs >> bits
    units = _flow(Arcs(problem.tails, problem.heads, problem.capacities, cut), supplies)
    if units is None:
        return None
    up, down = units < problem.capacities, units > 0
    tails = np.concatenate([problem.tails[up], problem.heads[down]])
    heads = np.concatenate([problem.heads[up], problem.tails[down]])
    potentials = greatest_potentials(tails, heads, np.concatenate([cut[up], -cut[down]]), n_nodes=n)
    left = problem.costs + ((potentials[problem.tails] - potentials[problem.heads]) << bits)
    bound = (n + 1) << bits
    return _flow(Arcs(problem.tails, problem.heads, problem.capacities, np.clip(left, -bound, bound)), supplies)


def _too_large(n_nodes: int) -> DrawError:
    return DrawError(
        problem=Message(N_("the match has {n} nodes, more than the exact costs allow"), {"n": n_nodes}),
        remedy=Message(N_("draw the departments or districts in separate plans")),
    )
