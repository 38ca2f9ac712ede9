"""The match as a flow network: posts send, officers receive, and a visit costs more the more somebody has.

Nodes in fixed order: 0 the sink; the officers in roster order; then team by team its roles in byte order and its pools
in byte order. Arcs: role → pool it may draw on (no limit), pool → officer (at most 1), officer → sink (at most the
cap; the k-th visit costs weight · (2 (prior + k) − 1), so that a total is Σ weight · (prior + load)²). Pools of one
team are disjoint, so one arc per (team, officer) suffices. Source: docs/spec/draw-protocol.md §7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.draw.matching.posts import Team
from engine.draw.matching.rule import MatchRule
from engine.draw.populations.roster import TEAM_CODE_LENGTH, Officer
from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite, Octets, tagged_head, whole_rows

Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

SINK = 0
TICKET_BITS = 44
"""Bits of a pair ticket in the objective; a sum over all posts then fits 62 bits."""
_WORD_BITS = 64
_CHUNK = 2**16
TICKET_PHASES = DIGEST_BYTES * 8 // TICKET_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arcs as columns.

    Parameters
    ----------
    teams : in order of their codes.
    n_nodes : number of nodes.
    supplies : posts each node sends, length ``n_nodes``; 0 except at roles.
    roles : (team position, role) of every role node, in node order.
    role_node, role_head : role → pool arcs.
    pair_pool, pair_officer : pool → officer arcs as nodes; sorted by team, pool, officer.
    pair_team : position of the arc's team.
    caps, priors, weights : per officer, on this rung.
    """

    teams: tuple[Team, ...]
    n_nodes: int
    supplies: Integers
    roles: tuple[tuple[int, str, int], ...]
    role_node: Integers
    role_head: Integers
    pair_pool: Integers
    pair_officer: Integers
    pair_team: Integers
    caps: Integers
    priors: Integers
    weights: Integers

    @property
    def n_officers(self) -> int:
        """Number of officers in the roster."""
        return len(self.caps)

    @property
    def n_posts(self) -> int:
        """Posts of all teams together."""
        return int(self.supplies.sum())

    def pair_members(self) -> Integers:
        """Return the roster position of every pair's officer."""
        return self.pair_officer - 1

    def next_cost(self, load: Integers) -> Integers:
        """Return what one visit more costs each officer at this load."""
        return self.weights * (2 * (self.priors + load) + 1)

    def last_cost(self, load: Integers) -> Integers:
        """Return what each officer's last visit costs at this load."""
        return self.weights * (2 * (self.priors + load) - 1)

    def square_load(self, load: Integers) -> int:
        """Return Σ weight · (prior + load)²."""
        return int((self.weights * (self.priors + load) ** 2).sum())


def build_network(teams: Sequence[Team], *, roster: Sequence[Officer], rule: MatchRule) -> Network:
    """Return the network of these teams.

    An officer with cap 0 is away and stays so on every rung; others get the rung's extra visits.
    """
    node = 1 + len(roster)
    supplies: list[tuple[int, int]] = []
    roles: list[tuple[int, str, int]] = []
    role_node: list[int] = []
    role_head: list[int] = []
    pools: list[NDArray[np.int32]] = []
    pool_nodes: list[int] = []
    pool_teams: list[int] = []
    for position, team in enumerate(teams):
        at: dict[str, int] = {}
        for role, n_posts in team.posts.items():
            at[role] = node
            supplies.append((node, n_posts))
            roles.append((position, role, node))
            node += 1
        for signature, officers in team.pools.items():
            for role in team.roles_of(signature):
                role_node.append(at[role])
                role_head.append(node)
            pools.append(officers)
            pool_nodes.append(node)
            pool_teams.append(position)
            node += 1
    sizes = np.array([len(officers) for officers in pools], dtype=np.int64)
    sent = np.zeros(node, dtype=np.int64)
    for at_node, n_posts in supplies:
        sent[at_node] = n_posts
    caps = np.array([officer.cap for officer in roster], dtype=np.int64)
    members = np.concatenate(pools).astype(np.int64) if pools else np.zeros(0, dtype=np.int64)
    return Network(
        teams=tuple(teams),
        n_nodes=node,
        supplies=sent,
        roles=tuple(roles),
        role_node=np.array(role_node, dtype=np.int64),
        role_head=np.array(role_head, dtype=np.int64),
        pair_pool=np.repeat(np.array(pool_nodes, dtype=np.int64), sizes),
        pair_officer=members + 1,
        pair_team=np.repeat(np.array(pool_teams, dtype=np.int64), sizes),
        caps=np.where(caps > 0, caps + rule.cap_extra, 0),
        priors=np.array([officer.prior for officer in roster], dtype=np.int64),
        weights=np.array([officer.weight for officer in roster], dtype=np.int64),
    )


def pair_tickets(
    network: Network, *, suite: HashSuite, seed: bytes, officers: Sequence[str], phase: int, bits: int = TICKET_BITS
) -> Integers:
    """Return the ticket of every pair as an integer of ``bits`` bits, in pair order; one hash per pair.

    Parameters
    ----------
    officers : codes in roster order.
    phase : 1 takes the top bits of ``H("match", seed, team, officer)``, 2 the next ones, and so on.
    bits : width of a ticket, at most 44.
    """
    teams = _code_matrix([team.code for team in network.teams])
    members, seated = network.pair_members(), _code_matrix(officers)
    found = np.empty(len(members), dtype=np.int64)
    for start in range(0, len(members), _CHUNK):
        part = slice(start, start + _CHUNK)
        told = whole_rows(teams, network.pair_team[part]), whole_rows(seated, members[part])
        digests = _pair_digests(suite, tag="match", seed=seed, teams=told[0], officers=told[1])
        found[part] = _bit_window(digests, first=bits * (phase - 1), bits=bits)
    return found


def leader_tickets(suite: HashSuite, *, seed: bytes, pairs: Sequence[tuple[str, str]]) -> list[bytes]:
    """Return ``H("leader", seed, team, officer)`` of every (team, officer), in their order."""
    teams, officers = (_code_matrix([pair[end] for pair in pairs]) for end in (0, 1))
    joined = _pair_digests(suite, tag="leader", seed=seed, teams=teams, officers=officers).tobytes()
    return [joined[start : start + DIGEST_BYTES] for start in range(0, len(joined), DIGEST_BYTES)]


def _pair_digests(suite: HashSuite, *, tag: str, seed: bytes, teams: Octets, officers: Octets) -> Octets:
    """Return ``H(tag, seed, team, officer)`` row by row; codes of teams and officers have one length."""
    length = TEAM_CODE_LENGTH.to_bytes(4, "big")
    between = np.broadcast_to(np.frombuffer(length, dtype=np.uint8), (len(teams), len(length)))
    return suite.digest_rows(
        head=tagged_head(tag, seed) + length, rows=np.concatenate([teams, between, officers], axis=1)
    )


def _code_matrix(codes: Sequence[str]) -> Octets:
    return np.frombuffer("".join(codes).encode(), dtype=np.uint8).reshape(len(codes), TEAM_CODE_LENGTH)


def _bit_window(digests: Octets, *, first: int, bits: int) -> Integers:
    """Return bits ``first`` to ``first + bits`` of every 32-byte digest, counted from the top, as an integer."""
    words = digests.view(">u8")
    word, offset = divmod(first, _WORD_BITS)
    window = words[:, word].astype(np.uint64) << np.uint64(offset)
    if offset + bits > _WORD_BITS:
        window |= words[:, word + 1].astype(np.uint64) >> np.uint64(_WORD_BITS - offset)
    return (window >> np.uint64(_WORD_BITS - bits)).astype(np.int64)
