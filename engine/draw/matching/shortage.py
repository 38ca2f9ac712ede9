"""Why a match cannot exist: posts that together need more officers than can serve them.

By the max-flow min-cut theorem there is no match exactly when some posts need more than ``Σ over officers of
min(cap, number of those teams in which the officer could take one of the posts)``; such a set (a Hall violator) is
published and anyone can count it. When even the last rung of the ladder leaves such a set, the visits in it with the
largest ``H("unmatched", seed, team)`` stand unmatched, as few as bring the need down to what there is; and so on until
the rest can be matched. Source: docs/spec/draw-protocol.md §8; Hall (1935), Ford & Fulkerson (1956).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.draw.matching.network import SINK, Network
from engine.draw.protocol.encoding import HashSuite


@dataclass(frozen=True, slots=True)
class Shortage:
    """Posts that cannot all be filled.

    Parameters
    ----------
    posts : (team, role), in order of teams and roles.
    needed : officers these posts need.
    capacity : officers they can have at most; smaller than ``needed``.
    """

    posts: tuple[tuple[str, str], ...]
    needed: int
    capacity: int

    def record(self) -> dict[str, Any]:
        """Return the shortage as written in the certificate."""
        return {"posts": [list(post) for post in self.posts], "needed": self.needed, "capacity": self.capacity}


def shortage_from_record(record: Mapping[str, Any]) -> Shortage:
    """Return the shortage of a certificate whose types were checked."""
    posts = tuple((team, role) for team, role in record["posts"])
    return Shortage(posts, record["needed"], record["capacity"])


def count_shortage(network: Network, *, posts: Sequence[tuple[str, str]]) -> Shortage | None:
    """Return these posts with what they need and can have, by counting alone; None when one is not in the network."""
    wanted = set(posts)
    chosen = [node for position, role, node in network.roles if (network.teams[position].code, role) in wanted]
    if len(chosen) != len(posts) or len(wanted) != len(posts):
        return None
    in_set = np.zeros(network.n_nodes, dtype=np.bool_)
    in_set[chosen] = True
    reached = np.zeros(network.n_nodes, dtype=np.bool_)
    reached[network.role_head[in_set[network.role_node]]] = True
    serving = np.bincount(network.pair_members()[reached[network.pair_pool]], minlength=network.n_officers)
    needed = int(network.supplies[chosen].sum())
    return Shortage(tuple(posts), needed, int(np.minimum(network.caps, serving).sum()))


def find_shortage(network: Network) -> Shortage | None:
    """Return the smallest set of posts at the source side of a minimum cut, or None when all can be filled.

    The set of posts reachable in the residual graph of a maximum flow is the same for every maximum flow.
    """
    from ortools.graph.python import max_flow  # noqa: PLC0415 - heavy, and verification never needs it

    senders = np.flatnonzero(network.supplies)
    officers = np.arange(1, network.n_officers + 1)
    source = network.n_nodes
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([np.full(len(senders), source), network.role_node, network.pair_pool, officers]),
        np.concatenate([senders, network.role_head, network.pair_officer, np.full(len(officers), SINK)]),
        np.concatenate(
            [
                network.supplies[senders],
                network.supplies[network.role_node],
                np.ones(len(network.pair_pool), dtype=np.int64),
                network.caps,
            ]
        ),
    )
    solver.solve(source, SINK)
    if solver.optimal_flow() == network.n_posts:
        return None
    inside = set(solver.get_source_side_min_cut())
    posts = [(network.teams[position].code, role) for position, role, node in network.roles if node in inside]
    return count_shortage(network, posts=posts)


def left_unmatched(shortage: Shortage, *, network: Network, suite: HashSuite, seed: bytes) -> tuple[str, ...]:
    """Return the teams of a shortage that stand unmatched: largest ticket first, until the need is met."""
    needs: dict[str, int] = {team: 0 for team, _ in shortage.posts}
    wanted = set(shortage.posts)
    for position, role, node in network.roles:
        code = network.teams[position].code
        if (code, role) in wanted:
            needs[code] += int(network.supplies[node])
    dropped, needed = [], shortage.needed
    for team in sorted(needs, key=lambda code: suite.tagged("unmatched", seed, code), reverse=True):
        if needed <= shortage.capacity:
            break
        dropped.append(team)
        needed -= needs[team]
    return tuple(dropped)
