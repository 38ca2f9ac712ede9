"""Checking a published match without solving anything.

The posts, pools and costs are derived anew from the roster, the visits and the committed rule. A flow is a cheapest
one exactly when integer potentials exist under which every arc that could still change has a reduced cost
``c + p[tail] − p[head] ≥ 0``; the certificate carries such potentials for the loads and, on what those leave open, for
the tickets. It is the only one when no cycle of zero-cost changes runs through a pair. Cost: one hash per pair and a
few passes over the arcs. Source: docs/spec/draw-protocol.md §7; complementary slackness (Ahuja, Magnanti & Orlin,
ch. 9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.draw.matching.network import (
    SINK,
    TICKET_BITS,
    TICKET_PHASES,
    Integers,
    Network,
    Truths,
    build_network,
    leader_tickets,
    pair_tickets,
)
from engine.draw.matching.posts import Visit, teams_of
from engine.draw.matching.rule import MatchRule
from engine.draw.matching.shortage import Shortage, count_shortage, left_unmatched, shortage_from_record
from engine.draw.populations.roster import EXPERT_DEPARTMENT, LEADER, Officer
from engine.draw.protocol.checks import Check, failed, passed
from engine.draw.protocol.encoding import HashSuite
from engine.messages import N_

POTENTIAL_LIMIT = 2**60


@dataclass(frozen=True, slots=True, eq=False)
class Seating:
    """A published assignment as a flow.

    Parameters
    ----------
    pairs : which pairs stand.
    role_used : which role → pool arcs carry somebody.
    load : visits per officer.
    """

    pairs: Truths
    role_used: Truths
    load: Integers


def check_match(
    record: Mapping[str, Any],
    *,
    visits: Sequence[Visit],
    roster: Sequence[Officer],
    rule: MatchRule,
    suite: HashSuite,
    seed: bytes,
    ticket_bits: int = TICKET_BITS,
) -> list[Check]:
    """Return the checks ``match.*`` of a version-2 match.

    Parameters
    ----------
    record : ``match`` of the certificate, of the right types (:mod:`engine.draw.committing.schema`).
    visits : derived from the selection, not read from the certificate.
    roster, rule, seed : committed or derived.
    """
    ladder, network = _check_ladder(record, visits=visits, roster=roster, rule=rule, suite=suite, seed=seed)
    checks = [ladder]
    expected = [
        [team.code, role] for team in network.teams for role, n_posts in team.posts.items() for _ in range(n_posts)
    ]
    slots = [list(slot) for slot in record["slots"]]
    if slots != expected or len(record["assignment"]) != len(slots):
        at = next((k for k, pair in enumerate(zip(slots, expected, strict=False)) if pair[0] != pair[1]), "end")
        checks.append(failed("match.posts", N_("the posts differ from those the rule gives, first at {at}"), at=at))
        return checks
    checks.append(passed("match.posts", N_("{n} posts in {teams} teams"), n=len(slots), teams=len(network.teams)))
    seating, fault = seat(network, record=record, roster=roster)
    checks.append(fault)
    if seating is None:
        return checks
    codes = [officer.code for officer in roster]
    tickets = pair_tickets(network, suite=suite, seed=seed, officers=codes, phase=1, bits=ticket_bits)
    sums = (network.square_load(seating.load), sum(tickets[seating.pairs].tolist()))
    if sums == (int(record["sq_load"]), int(record["ticket_sum"])):
        checks.append(passed("match.sums", N_("load {square}, tickets {tickets}"), square=sums[0], tickets=sums[1]))
    else:
        checks.append(
            failed("match.sums", N_("load {square}, tickets {tickets} expected"), square=sums[0], tickets=sums[1])
        )
    costs = [tickets]
    for phase in range(2, min(len(record["duals"]) - 1, TICKET_PHASES) + 1):
        costs.append(pair_tickets(network, suite=suite, seed=seed, officers=codes, phase=phase, bits=ticket_bits))
    checks += check_duals(network, seating, duals=record["duals"], costs=costs)
    checks.append(_check_leaders(record, roster=roster, suite=suite, seed=seed))
    return checks


def _check_ladder(
    record: Mapping[str, Any],
    *,
    visits: Sequence[Visit],
    roster: Sequence[Officer],
    rule: MatchRule,
    suite: HashSuite,
    seed: bytes,
) -> tuple[Check, Network]:
    """Recount every published shortage and return the network of the rung that binds."""
    level, top = record["level"], len(rule.ladder)
    fault = None
    if not 0 <= level <= top or len(record["shortages"]) != level or (record["unmatched"] and level != top):
        fault = failed("match.ladder", N_("level {level} of {top} does not fit its shortages"), level=level, top=top)
        level = min(max(level, 0), top)

    def network_of(at: int, left: Sequence[Visit]) -> Network:
        rung = rule.at_level(at)
        return build_network(teams_of(left, roster=roster, rule=rung), roster=roster, rule=rung)

    for rung, claimed in enumerate(record["shortages"][:level]):
        if not _is_true_shortage(network_of(rung, visits), shortage_from_record(claimed)):
            fault = fault or failed("match.ladder", N_("the shortage of rung {rung} is not one"), rung=rung)
    left = list(visits)
    network = network_of(level, left)
    for entry in record["unmatched"]:
        shortage = shortage_from_record(entry["shortage"])
        true = _is_true_shortage(network, shortage)
        gone = left_unmatched(shortage, network=network, suite=suite, seed=seed) if true else ()
        if not true or list(gone) != list(entry["teams"]):
            fault = fault or failed("match.ladder", N_("a team stands unmatched without need"))
        left = [visit for visit in left if visit.team not in entry["teams"]]
        network = network_of(level, left)
    found = fault or passed(
        "match.ladder", N_("rung {level}, {n} team(s) unmatched"), level=level, n=len(visits) - len(left)
    )
    return found, network


def _is_true_shortage(network: Network, claimed: Shortage) -> bool:
    return count_shortage(network, posts=claimed.posts) == claimed and claimed.needed > claimed.capacity


def seat(network: Network, *, record: Mapping[str, Any], roster: Sequence[Officer]) -> tuple[Seating | None, Check]:
    """Return the assignment as a flow with the check ``match.officers``; slots were compared before."""
    name = "match.officers"
    position_of = {officer.code: position for position, officer in enumerate(roster)}
    pair_at = _pair_lookup(network, record=record, position_of=position_of)
    arc_at = {arc: k for k, arc in enumerate(zip(network.role_node.tolist(), network.role_head.tolist(), strict=True))}
    node_of = {(network.teams[position].code, role): (position, node) for position, role, node in network.roles}
    pairs = np.zeros(len(network.pair_team), dtype=np.bool_)
    role_used = np.zeros(len(network.role_node), dtype=np.bool_)
    pools = network.pair_pool.tolist()
    for (team, role), code in zip(record["slots"], record["assignment"], strict=True):
        position, node = node_of[team, role]
        pair = pair_at.get((position, position_of.get(code, -1)))
        arc = arc_at.get((node, pools[pair])) if pair is not None else None
        if pair is None or arc is None:
            return None, failed(
                name, N_("officer {code} may not stand in post {role} of team {team}"), code=code, role=role, team=team
            )
        if pairs[pair]:
            return None, failed(name, N_("officer {code} stands twice in team {team}"), code=code, team=team)
        pairs[pair] = True
        role_used[arc] = True
    load = np.bincount(network.pair_members()[pairs], minlength=network.n_officers)
    over = np.flatnonzero(load > network.caps)
    if len(over):
        return None, failed(name, N_("officer {code} has more visits than the cap"), code=roster[int(over[0])].code)
    return Seating(pairs, role_used, load), passed(name, N_("every officer may stand where they stand, within caps"))


def _pair_lookup(
    network: Network, *, record: Mapping[str, Any], position_of: Mapping[str, int]
) -> dict[tuple[int, int], int]:
    """Return the pair arc of every (team, officer) of the assignment that has one."""
    team_at = {team.code: position for position, team in enumerate(network.teams)}
    wanted = {
        (team_at[team], position_of[code])
        for (team, _), code in zip(record["slots"], record["assignment"], strict=True)
        if code in position_of
    }
    keys = network.pair_team * network.n_officers + network.pair_members()
    order = np.argsort(keys)
    ranked = keys[order]
    found = {}
    for position, member in wanted:
        key = position * network.n_officers + member
        at = int(np.searchsorted(ranked, key))
        if at < len(ranked) and ranked[at] == key:
            found[position, member] = int(order[at])
    return found


def check_duals(
    network: Network, seating: Seating, *, duals: Sequence[Sequence[int | str]], costs: Sequence[Integers]
) -> list[Check]:
    """Return ``match.optimal`` and ``match.unique``.

    Parameters
    ----------
    duals : one vector of potentials over the nodes per phase; loads first, then tickets.
    costs : pair tickets of each ticket phase.
    """
    vectors = [[int(value) for value in phase] for phase in duals]
    if not 2 <= len(vectors) == len(costs) + 1 or any(len(vector) != network.n_nodes for vector in vectors):
        return [failed("match.optimal", N_("there is not one potential for every node and phase"))]
    if any(abs(value) >= POTENTIAL_LIMIT for vector in vectors for value in vector):
        return [failed("match.optimal", N_("a potential is out of range"))]
    pairs = np.ones(len(seating.pairs), dtype=np.bool_)
    roles = np.ones(len(seating.role_used), dtype=np.bool_)
    up, down = seating.load < network.caps, seating.load > 0
    for phase, vector in enumerate(vectors):
        p = np.array(vector, dtype=np.int64)
        officers = p[1 : 1 + network.n_officers] - p[SINK]
        is_load = phase == 0
        pair_rc = p[network.pair_pool] - p[network.pair_officer] + (0 if is_load else costs[phase - 1])
        role_rc = p[network.role_node] - p[network.role_head]
        up_rc = officers + (network.next_cost(seating.load) if is_load else 0)
        down_rc = -officers - (network.last_cost(seating.load) if is_load else 0)
        signed = np.where(seating.pairs, -pair_rc, pair_rc)
        worst = (
            (signed[pairs] < 0).any() or (role_rc[roles] < 0).any() or (role_rc[roles & seating.role_used] > 0).any()
        )
        if worst or (up_rc[up] < 0).any() or (down_rc[down] < 0).any():
            return [
                failed("match.optimal", N_("phase {phase}: a change would be cheaper than the match"), phase=phase + 1)
            ]
        pairs, roles = pairs & (pair_rc == 0), roles & (role_rc == 0)
        up, down = up & (up_rc == 0), down & (down_rc == 0)
    optimal = passed("match.optimal", N_("no change lowers the loads or, at equal loads, the tickets"))
    if _has_free_cycle(network, seating, pairs=pairs, roles=roles, up=up, down=down):
        return [
            optimal,
            failed("match.unique", N_("another match is as good: further bits of the tickets must decide")),
        ]
    return [optimal, passed("match.unique", N_("no other match is as good"))]


def _has_free_cycle(
    network: Network, seating: Seating, *, pairs: Truths, roles: Truths, up: Truths, down: Truths
) -> bool:
    free, taken = pairs & ~seating.pairs, pairs & seating.pairs
    used = roles & seating.role_used
    officers = np.arange(1, 1 + network.n_officers)
    arcs = [
        (network.pair_pool[free], network.pair_officer[free]),
        (network.pair_officer[taken], network.pair_pool[taken]),
        (network.role_node[roles], network.role_head[roles]),
        (network.role_head[used], network.role_node[used]),
        (officers[up], np.zeros(int(up.sum()), dtype=np.int64)),
        (np.zeros(int(down.sum()), dtype=np.int64), officers[down]),
    ]
    tails, heads = (np.concatenate(ends) for ends in zip(*arcs, strict=True))
    graph = coo_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(network.n_nodes, network.n_nodes))
    _, component = connected_components(graph.tocsr(), directed=True, connection="strong")
    return bool((component[network.pair_pool[pairs]] == component[network.pair_officer[pairs]]).any())


def _check_leaders(record: Mapping[str, Any], *, roster: Sequence[Officer], suite: HashSuite, seed: bytes) -> Check:
    may_lead = {one.code for one in roster if LEADER in one.specialities and one.department != EXPERT_DEPARTMENT}
    seats = [(team, code) for (team, _), code in zip(record["slots"], record["assignment"], strict=True)]
    pairs = [seat for seat in seats if seat[1] in may_lead]
    expected = {team: "" for team, _ in seats}
    lowest: dict[str, bytes] = {}
    for (team, code), ticket in zip(pairs, leader_tickets(suite, seed=seed, pairs=pairs), strict=True):
        if team not in lowest or ticket < lowest[team]:
            lowest[team], expected[team] = ticket, code
    if dict(record["leaders"]) == expected:
        return passed("match.leaders", N_("one leader in each of {n} teams"), n=len(expected))
    teams = sorted(expected.keys() | record["leaders"].keys())
    wrong = next(team for team in teams if record["leaders"].get(team) != expected.get(team))
    return failed("match.leaders", N_("the leader of team {team} is not the one the tickets choose"), team=wrong)
