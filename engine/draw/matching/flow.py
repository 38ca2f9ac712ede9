"""Solving the match: a min-cost flow per phase, potentials that prove it, and whether it is the only one.

Phase 1 minimises Σ weight · (prior + load)²; every later phase minimises the sum of pair tickets over what the
earlier phases leave open (arcs with zero reduced cost). Potentials are distances in the residual graph from a root
joined to all nodes at cost 0; they are the greatest valid potentials that are nowhere positive, hence the same
whatever optimal flow a solver returns. Source: docs/spec/draw-protocol.md §7; Ahuja, Magnanti & Orlin, Network Flows
(1993), ch. 9; Frank & Murota (2020) on least-square loads being the fairest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.draw.matching.network import SINK, Integers, Network, Truths
from engine.draw.matching.solver import Arcs, cheapest_units


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """One flow in a network.

    Parameters
    ----------
    pairs : whether each pair stands together.
    roles : units on each role → pool arc.
    load : visits of each officer.
    """

    pairs: Truths
    roles: Integers
    load: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What earlier phases leave open.

    Parameters
    ----------
    open_pairs : pairs still free; others keep their value.
    forced_pairs : pairs that must stand together (never open at the same time).
    open_roles : role → pool arcs still usable.
    least, most : bounds of each officer's load.
    """

    open_pairs: Truths
    forced_pairs: Truths
    open_roles: Truths
    least: Integers
    most: Integers


def whole_face(network: Network) -> Face:
    """Return the face before any phase: everything is open."""
    none = np.zeros(len(network.pair_pool), dtype=np.bool_)
    least = np.zeros(network.n_officers, dtype=np.int64)
    return Face(~none, none, np.ones(len(network.role_node), dtype=np.bool_), least, network.caps)


def solve_phase(network: Network, face: Face, *, pair_costs: Integers | None) -> Flow | None:
    """Return a cheapest flow inside the face, or None when there is none.

    Parameters
    ----------
    pair_costs : cost of each pair, ≥ 0; None in phase 1, where loads cost and pairs do not.

    Raises
    ------
    DrawError
        One independent part has too many nodes for exact costs (``solver.cheapest_units``).

    Notes
    -----
    Teams and officers that no open arc joins (districts, mostly) are solved apart: the sink only counts.
    Cost: near-linear in the open arcs, one hundred bytes each.
    """
    open_pairs, open_roles = np.flatnonzero(face.open_pairs), np.flatnonzero(face.open_roles)
    tails, heads, capacities, costs = _sink_arcs(network, face, by_load=pair_costs is None)
    zeros = np.zeros(len(open_roles), dtype=np.int64)
    ticket = pair_costs[open_pairs] if pair_costs is not None else np.zeros(len(open_pairs), dtype=np.int64)
    arcs = Arcs(
        np.concatenate([network.role_node[open_roles], network.pair_pool[open_pairs], tails]),
        np.concatenate([network.role_head[open_roles], network.pair_officer[open_pairs], heads]),
        np.concatenate(
            [network.supplies[network.role_node[open_roles]], np.ones(len(open_pairs), dtype=np.int64), capacities]
        ),
        np.concatenate([zeros, ticket, costs]),
    )
    units = cheapest_units(arcs, supplies=_supplies(network, face))
    if units is None:
        return None
    roles = np.zeros(len(network.role_node), dtype=np.int64)
    roles[open_roles] = units[: len(open_roles)]
    pairs = face.forced_pairs.copy()
    pairs[open_pairs] = units[len(open_roles) : len(open_roles) + len(open_pairs)] > 0
    return Flow(pairs, roles, np.bincount(network.pair_members()[pairs], minlength=network.n_officers))


def _supplies(network: Network, face: Face) -> Integers:
    supplies = network.supplies.copy()
    np.subtract.at(supplies, network.pair_pool[face.forced_pairs], 1)
    np.add.at(supplies, network.pair_officer[face.forced_pairs], 1)
    supplies[1 : 1 + network.n_officers] -= face.least
    return supplies


def _sink_arcs(network: Network, face: Face, *, by_load: bool) -> tuple[Integers, Integers, Integers, Integers]:
    officers = np.arange(network.n_officers, dtype=np.int64)
    spare = face.most - face.least
    if not by_load:
        used = officers[spare > 0]
        return used + 1, np.full(len(used), SINK), spare[used], np.zeros(len(used), dtype=np.int64)
    spare = np.minimum(spare, np.bincount(network.pair_members(), minlength=network.n_officers))
    tails = np.repeat(officers, spare)
    nth = np.arange(len(tails)) - np.repeat(np.cumsum(spare) - spare, spare)
    costs = network.weights[tails] * (2 * (network.priors[tails] + nth) + 1)
    return tails + 1, np.full(len(tails), SINK), np.ones(len(tails), dtype=np.int64), costs


def residual_arcs(
    network: Network, face: Face, flow: Flow, *, pair_costs: Integers | None
) -> tuple[Integers, Integers, Integers, Truths]:
    """Return (tail, head, cost, is a pair) of every way the flow could still change inside the face."""
    up, down = flow.load < face.most, flow.load > face.least
    free, taken = face.open_pairs & ~flow.pairs, face.open_pairs & flow.pairs
    sent = face.open_roles & (flow.roles > 0)
    officers = np.arange(1, network.n_officers + 1)
    zero = np.zeros(network.n_officers, dtype=np.int64)
    next_cost = network.next_cost(flow.load) if pair_costs is None else zero
    last_cost = network.last_cost(flow.load) if pair_costs is None else zero
    ticket = pair_costs if pair_costs is not None else np.zeros(len(flow.pairs), dtype=np.int64)
    n_open, n_sent = int(face.open_roles.sum()), int(sent.sum())
    sink_up, sink_down = np.full(int(up.sum()), SINK), np.full(int(down.sum()), SINK)
    role, pool = network.role_node, network.role_head
    tails = [
        role[face.open_roles],
        pool[sent],
        network.pair_pool[free],
        network.pair_officer[taken],
        officers[up],
        sink_down,
    ]
    heads = [
        pool[face.open_roles],
        role[sent],
        network.pair_officer[free],
        network.pair_pool[taken],
        sink_up,
        officers[down],
    ]
    still = np.zeros(n_open + n_sent, dtype=np.int64)
    costs = [still, ticket[free], -ticket[taken], next_cost[up], -last_cost[down]]
    is_pair = np.zeros(sum(len(part) for part in tails), dtype=np.bool_)
    is_pair[len(still) : len(still) + int(free.sum()) + int(taken.sum())] = True
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(costs), is_pair


def narrow(network: Network, face: Face, flow: Flow, potentials: Integers, *, pair_costs: Integers | None) -> Face:
    """Return the face on which the phase's cost stays least: what has a non-zero reduced cost keeps its value."""
    officers = potentials[1 : 1 + network.n_officers] - potentials[SINK]
    pairs = potentials[network.pair_pool] - potentials[network.pair_officer]
    if pair_costs is None:
        tied_up = (flow.load < face.most) & (network.next_cost(flow.load) + officers == 0)
        tied_down = (flow.load > face.least) & (network.last_cost(flow.load) + officers == 0)
        least, most = flow.load - tied_down, flow.load + tied_up
    else:
        pairs = pairs + pair_costs
        tied = officers == 0
        least, most = np.where(tied, face.least, flow.load), np.where(tied, face.most, flow.load)
    open_pairs = face.open_pairs & (pairs == 0)
    return Face(
        open_pairs=open_pairs,
        forced_pairs=flow.pairs & ~open_pairs,
        open_roles=face.open_roles & (potentials[network.role_node] == potentials[network.role_head]),
        least=least,
        most=most,
    )


def is_only_flow(network: Network, face: Face, flow: Flow) -> bool:
    """Return whether no other flow inside the face seats anybody differently.

    Another one exists exactly when a residual cycle runs through a pair, that is when a pair's two ends lie in one
    strongly connected component.
    """
    zero = np.zeros(len(flow.pairs), dtype=np.int64)
    tails, heads, _, is_pair = residual_arcs(network, face, flow, pair_costs=zero)
    n = network.n_nodes
    graph: NDArray[np.int8] = coo_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(n, n)).tocsr()
    _, component = connected_components(graph, directed=True, connection="strong")
    return not bool((component[tails[is_pair]] == component[heads[is_pair]]).any())
