"""An exact match for small cases in plain Python: the solver-independent way to check version-1 matches.

Version 1 names teams, their posts by department, officers and recusals in the clear and carries no proof, so a reader
must solve it: successive cheapest augmenting paths with the two objectives packed into one integer. Equal posts of a
team are listed with their officers in order. Source: docs/spec/draw-protocol.md §7.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.draw.protocol.encoding import HashSuite

LARGEST_MATCH = 2000
"""Posts times officers above which a version-1 match is not solved again."""

_TICKET_SHIFT = 300
_SHIFT = 256 - 44


def version_1_slots(teams: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the posts [team, department], by team and department."""
    return [[team, department] for team in sorted(teams) for department in sorted(teams[team], key=str.encode)]


def ticket_44(suite: HashSuite, *, seed: bytes, team: str, officer: str) -> int:
    """Return the top 44 bits of ``H("match", seed, team, officer)``."""
    return int.from_bytes(suite.tagged("match", seed, team, officer), "big") >> _SHIFT


def solve_version_1(
    slots: Sequence[Sequence[str]], *, inspectors: Mapping[str, Mapping[str, Any]], suite: HashSuite, seed: bytes
) -> list[str] | None:
    """Return the officer of each post, or None when the posts cannot all be filled.

    Parameters
    ----------
    slots : [team, department].
    inspectors : code → dept, cap, prior, recuse (team codes).

    Notes
    -----
    The k-th visit of an officer costs ``2 (prior + k) − 1``; within equal loads the sum of tickets decides. Nodes of
    the residual graph are (team, department) groups and officers; Bellman–Ford finds each cheapest path.
    """
    groups: dict[tuple[str, str], int] = {}
    for team, department in slots:
        groups[team, department] = groups.get((team, department), 0) + 1
    costs = {
        (group, code): ticket_44(suite, seed=seed, team=group[0], officer=code)
        for group in groups
        for code, one in inspectors.items()
        if one["dept"] == group[1] and group[0] not in one["recuse"]
    }
    seated: dict[tuple[str, str], set[str]] = {group: set() for group in groups}
    load = dict.fromkeys(inspectors, 0)
    for group, n_posts in groups.items():
        for _ in range(n_posts):
            if not _augment(group, costs=costs, seated=seated, load=load, inspectors=inspectors):
                return None
    order: list[str] = []
    for group in sorted(groups, key=lambda pair: (pair[0], pair[1].encode())):
        order += sorted(seated[group])
    return order


def _augment(
    start: tuple[str, str],
    *,
    costs: Mapping[tuple[tuple[str, str], str], int],
    seated: dict[tuple[str, str], set[str]],
    load: dict[str, int],
    inspectors: Mapping[str, Mapping[str, Any]],
) -> bool:
    """Seat one more officer for ``start`` along the cheapest chain of moves."""
    distance: dict[object, int] = {start: 0}
    came: dict[object, object] = {}
    changed = True
    while changed:
        changed = False
        for (group, code), cost in costs.items():
            sits = code in seated[group]
            tail, head, step = (code, group, -cost) if sits else (group, code, cost)
            if tail in distance and distance[tail] + step < distance.get(head, distance[tail] + step + 1):
                distance[head], came[head], changed = distance[tail] + step, tail, True
    ends = {
        code: distance[code] + ((2 * (one["prior"] + load[code]) + 1) << _TICKET_SHIFT)
        for code, one in inspectors.items()
        if code in distance and load[code] < one["cap"]
    }
    if not ends:
        return False
    node: Any = min(ends, key=lambda code: ends[code])
    load[node] += 1
    while node != start:
        before: Any = came[node]
        if isinstance(node, str):
            seated[before].add(node)
        else:
            seated[node].discard(before)
        node = before
    return True
