"""Distances in a residual graph: potentials that prove a flow cheapest, or a negative cycle that disproves it."""

import numpy as np

from engine.draw.matching.network import Integers
from engine.errors import DrawError
from engine.messages import N_, Message


def greatest_potentials(tails: Integers, heads: Integers, costs: Integers, *, n_nodes: int) -> Integers:
    """Return, for every node, the least cost of reaching it from anywhere (0 for staying): Bellman–Ford in rounds.

    A round looks only at arcs out of nodes that the round before brought down.

    Parameters
    ----------
    tails, heads, costs : residual arcs without negative cycle.

    Raises
    ------
    DrawError
        There is a negative cycle: the flow was not optimal.
    """
    order = np.argsort(tails, kind="stable")
    heads, costs = heads[order], costs[order]
    starts = np.searchsorted(tails[order], np.arange(n_nodes + 1))
    potentials = np.zeros(n_nodes, dtype=np.int64)
    changed, is_lower = np.arange(n_nodes), np.zeros(n_nodes, dtype=np.bool_)
    for _ in range(n_nodes + 1):
        arcs, n_arcs = _leaving(changed, starts)
        reached = heads[arcs]
        through = np.repeat(potentials[changed], n_arcs) + costs[arcs]
        better = through < potentials[reached]
        if not better.any():
            return potentials
        lowered = reached[better]
        np.minimum.at(potentials, lowered, through[better])
        is_lower[lowered] = True
        changed = np.flatnonzero(is_lower)
        is_lower[changed] = False
    raise DrawError(
        problem=Message(N_("the match found is not optimal")), remedy=Message(N_("report this: the solver is at fault"))
    )


def _leaving(nodes: Integers, starts: Integers) -> tuple[Integers, Integers]:
    """Return the arcs that leave these nodes, node by node, and how many leave each; arcs are sorted by tail."""
    n_arcs = starts[nodes + 1] - starts[nodes]
    before = np.cumsum(n_arcs) - n_arcs
    return np.repeat(starts[nodes] - before, n_arcs) + np.arange(int(n_arcs.sum())), n_arcs
