"""The team match: the fairest loads, then the smallest tickets, with the proof beside it.

"Ticketed min-cost flow": of all matches on the first rung of the ladder that has any, those with the least
Σ weight · (prior + load)² are kept, and of these the one with the smallest sum of 44-bit pair tickets; should two tie,
the next 44 bits decide. Officers with equal eligibility have equal chances, nobody can be preferred, and the result is
unique. Source: docs/spec/draw-protocol.md §7.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.draw.matching.flow import (
    Face,
    Flow,
    is_only_flow,
    narrow,
    residual_arcs,
    solve_phase,
    whole_face,
)
from engine.draw.matching.network import (
    TICKET_BITS,
    TICKET_PHASES,
    Integers,
    Network,
    build_network,
    leader_tickets,
    pair_tickets,
)
from engine.draw.matching.posts import Visit, teams_of
from engine.draw.matching.potentials import greatest_potentials
from engine.draw.matching.rule import MatchRule
from engine.draw.matching.seating import seat_team
from engine.draw.matching.shortage import Shortage, find_shortage, left_unmatched
from engine.draw.populations.roster import EXPERT_DEPARTMENT, LEADER, Officer
from engine.draw.protocol.encoding import HashSuite, plain_integer
from engine.errors import DrawError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A shortage that the last rung left, and the teams that stand unmatched because of it."""

    shortage: Shortage
    teams: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return the entry as written in the certificate."""
        return {"shortage": self.shortage.record(), "teams": list(self.teams)}


@dataclass(frozen=True, slots=True)
class Match:
    """Who goes where, and why nothing fairer exists.

    Parameters
    ----------
    level : rung of the ladder that binds, 0 = the rule itself.
    shortages : one per rung that failed before it.
    unmatched : what the last rung left over, normally nothing.
    slots : (team, role), by team and role; equal slots are next to each other.
    assignment : officer of each slot.
    leaders : team → its one leader.
    square_load : Σ weight · (prior + load)² over the roster.
    ticket_sum : sum of the first 44-bit tickets of all pairs that stand.
    potentials : one vector over the network's nodes per phase.
    """

    level: int
    shortages: tuple[Shortage, ...]
    unmatched: tuple[Unmatched, ...]
    slots: tuple[tuple[str, str], ...]
    assignment: tuple[str, ...]
    leaders: dict[str, str]
    square_load: int
    ticket_sum: int
    potentials: tuple[tuple[int, ...], ...]

    def record(self) -> dict[str, Any]:
        """Return the match as written in the certificate."""
        return {
            "level": self.level,
            "shortages": [shortage.record() for shortage in self.shortages],
            "unmatched": [entry.record() for entry in self.unmatched],
            "slots": list(self.slots),
            "assignment": list(self.assignment),
            "leaders": dict(self.leaders),
            "sq_load": plain_integer(self.square_load),
            "ticket_sum": plain_integer(self.ticket_sum),
            "duals": [[plain_integer(value) for value in phase] for phase in self.potentials],
        }


def match_teams(
    visits: Sequence[Visit],
    *,
    roster: Sequence[Officer],
    rule: MatchRule,
    suite: HashSuite,
    seed: bytes,
    ticket_bits: int = TICKET_BITS,
) -> Match:
    """Return the match of all visits.

    Parameters
    ----------
    visits : objects to visit; their codes are distinct.
    roster : officers by handle.
    rule : the committed rule with its ladder.
    ticket_bits : 44 in the protocol; tests take fewer to see ties.

    Raises
    ------
    DrawError
        The match is too large for exact costs, or stays tied beyond the digest's bits.
    """
    shortages: list[Shortage] = []
    unmatched: list[Unmatched] = []
    left = list(visits)
    level = 0
    while True:
        network = build_network(
            teams_of(left, roster=roster, rule=rule.at_level(level)), roster=roster, rule=rule.at_level(level)
        )
        first = solve_phase(network, whole_face(network), pair_costs=None)
        if first is not None:
            break
        shortage = find_shortage(network)
        if shortage is None:
            raise DrawError(
                problem=Message(N_("the match found is not optimal")),
                remedy=Message(N_("report this: the solver is at fault")),
            )
        if level < len(rule.ladder):
            shortages.append(shortage)
            level += 1
        else:
            gone = left_unmatched(shortage, network=network, suite=suite, seed=seed)
            unmatched.append(Unmatched(shortage, gone))
            left = [visit for visit in left if visit.team not in gone]
    codes = [officer.code for officer in roster]
    flow, tickets, potentials = _run_phases(network, first, codes=codes, suite=suite, seed=seed, bits=ticket_bits)
    slots, assignment, leaders = seat_all(network, flow, roster=roster, suite=suite, seed=seed)
    return Match(
        level=level,
        shortages=tuple(shortages),
        unmatched=tuple(unmatched),
        slots=slots,
        assignment=assignment,
        leaders=leaders,
        square_load=network.square_load(flow.load),
        ticket_sum=sum(tickets[flow.pairs].tolist()),
        potentials=potentials,
    )


def _run_phases(
    network: Network, first: Flow, *, codes: list[str], suite: HashSuite, seed: bytes, bits: int
) -> tuple[Flow, Integers, tuple[tuple[int, ...], ...]]:
    """Minimise tickets inside the fairest loads until one match is left."""
    face, potentials = _prove(network, whole_face(network), first, pair_costs=None)
    found, flow, first_tickets = [potentials], first, None
    for phase in range(1, TICKET_PHASES + 1):
        tickets = pair_tickets(network, suite=suite, seed=seed, officers=codes, phase=phase, bits=bits)
        first_tickets = tickets if first_tickets is None else first_tickets
        best = solve_phase(network, face, pair_costs=tickets)
        if best is None:
            break
        flow = best
        face, potentials = _prove(network, face, flow, pair_costs=tickets)
        found.append(potentials)
        if is_only_flow(network, face, flow):
            return flow, first_tickets, tuple(tuple(vector.tolist()) for vector in found)
    raise DrawError(
        problem=Message(N_("the match stays tied beyond all bits of the tickets")),
        remedy=Message(N_("publish a void and commit anew")),
    )


def flows_under(network: Network, *, codes: list[str], suite: HashSuite, seeds: Iterable[bytes]) -> Iterator[Flow]:
    """Yield the match of every seed on one network, without its proof; the fairest loads are found only once.

    Parameters
    ----------
    network : feasible; its teams are those of one rung.
    codes : officers in roster order.

    Raises
    ------
    DrawError
        No match exists on this network.
    """
    first = solve_phase(network, whole_face(network), pair_costs=None)
    if first is None:
        raise DrawError(
            problem=Message(N_("these teams cannot all be staffed")), remedy=Message(N_("look at the rehearsal"))
        )
    face, _ = _prove(network, whole_face(network), first, pair_costs=None)
    for seed in seeds:
        tickets = pair_tickets(network, suite=suite, seed=seed, officers=codes, phase=1)
        found = solve_phase(network, face, pair_costs=tickets)
        yield first if found is None else found


def _prove(network: Network, face: Face, flow: Flow, *, pair_costs: Integers | None) -> tuple[Face, Integers]:
    tails, heads, costs, _ = residual_arcs(network, face, flow, pair_costs=pair_costs)
    potentials = greatest_potentials(tails, heads, costs, n_nodes=network.n_nodes)
    return narrow(network, face, flow, potentials, pair_costs=pair_costs), potentials


def seat_all(
    network: Network, flow: Flow, *, roster: Sequence[Officer], suite: HashSuite, seed: bytes
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], dict[str, str]]:
    """Return slots, the officer of each, and the leader of each team."""
    taken = np.flatnonzero(flow.pairs)
    # by team, members in roster order
    taken = taken[np.lexsort((network.pair_officer[taken], network.pair_team[taken]))]
    bounds = np.searchsorted(network.pair_team[taken], np.arange(len(network.teams) + 1)).tolist()
    members, pools = network.pair_members()[taken].tolist(), network.pair_pool[taken].tolist()
    roles_of, codes = _roles_by_pool(network), [officer.code for officer in roster]
    may_lead = [LEADER in one.specialities and one.department != EXPERT_DEPARTMENT for one in roster]
    slots: list[tuple[str, str]] = []
    assignment: list[str] = []
    able: dict[str, list[str]] = {}
    for team, start, end in zip(network.teams, bounds, bounds[1:], strict=False):
        seated = members[start:end]
        for role, place in seat_team(team.posts, [roles_of[pool] for pool in pools[start:end]]):
            slots.append((team.code, role))
            assignment.append(codes[seated[place]])
        able[team.code] = [codes[member] for member in seated if may_lead[member]]
    return tuple(slots), tuple(assignment), choose_leaders(able, suite=suite, seed=seed)


def _roles_by_pool(network: Network) -> dict[int, frozenset[str]]:
    """The roles that the officers of each pool node may take."""
    name_of = {node: role for _, role, node in network.roles}
    found: dict[int, set[str]] = {}
    for node, pool in zip(network.role_node.tolist(), network.role_head.tolist(), strict=True):
        found.setdefault(pool, set()).add(name_of[node])
    # equal sets as one object: they are compared for every seat
    alike: dict[frozenset[str], frozenset[str]] = {}
    return {pool: alike.setdefault(frozenset(roles), frozenset(roles)) for pool, roles in found.items()}


def choose_leaders(able: Mapping[str, Sequence[str]], *, suite: HashSuite, seed: bytes) -> dict[str, str]:
    """Return each team's leader: the smallest ``H("leader", seed, team, officer)`` of those who may lead.

    Parameters
    ----------
    able : team → its members who may lead.

    Raises
    ------
    DrawError
        Nobody in a team may lead; the rule's leader post excludes this.
    """
    for team, ones in able.items():
        if not ones:
            raise DrawError(
                problem=Message(N_("team {team} has nobody who may lead"), {"team": team}),
                remedy=Message(N_("check the roster")),
            )
    pairs = [(team, one) for team, ones in able.items() for one in ones]
    ticket_of = dict(zip(pairs, leader_tickets(suite, seed=seed, pairs=pairs), strict=True))
    return {team: min(ones, key=lambda one: ticket_of[team, one]) for team, ones in able.items()}
