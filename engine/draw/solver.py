"""The min-cost flow solver behind the match: whole components at a time, exact in whole numbers.

Any exact solver would do, since the published proof does not depend on which optimal flow is found. Arcs that only the
sink joins are independent problems; they are solved apart, which is faster and keeps costs times nodes below the
solver's 62 bits for a draw of any number of districts. Source: Goldberg (1997), cost-scaling push-relabel, as in
OR-Tools' SimpleMinCostFlow.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.draw.network import SINK, Integers
from engine.errors import DrawError
from engine.messages import N_, Message

COST_LIMIT = 2**62
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
        Costs and size of one component together exceed 62 bits.
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
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - heavy, and verification never needs it

    tails, heads = arcs.tails[part], arcs.heads[part]
    is_here = np.zeros(len(supplies), dtype=np.bool_)
    is_here[SINK], is_here[tails], is_here[heads] = True, True, True
    nodes = np.flatnonzero(is_here)
    place = np.zeros(len(supplies), dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    sent = supplies[nodes]
    sent[SINK] = -sent[1:].sum()
    costs = arcs.costs[part]
    if int(costs.max(initial=0)) * (len(nodes) + 1) >= COST_LIMIT:
        raise DrawError(
            problem=Message(N_("the match has {n} nodes, more than the exact costs allow"), {"n": len(nodes)}),
            remedy=Message(N_("draw the departments or districts in separate plans")),
        )
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(place[tails], place[heads], arcs.capacities[part], costs)
    solver.set_nodes_supplies(np.arange(len(nodes)), sent)
    if solver.solve() != solver.OPTIMAL:
        return None
    units: Integers = np.asarray(solver.flows(np.arange(len(part))), dtype=np.int64)
    return units
