"""Posts: what each team must be made of, and who may stand in each post.

A team is a laminar tree of role groups: the team (at least two officers), in it its departments, in them one post per
speciality asked for and, in the initiating department, one post for somebody who may lead. Each group brings as many
posts as its minimum leaves over after its children. Officers who fit the same posts of a team form a pool; pools of
one team are disjoint, so nobody stands in two posts of it. Source: docs/spec/draw-protocol.md §6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engine.draw.matching.rule import MatchRule
from engine.draw.populations.roster import EXPERT_DEPARTMENT, LEADER, Officer

ANY_DEPARTMENT = "*"
ROLE_SEPARATOR = "|"

Signature = tuple[str, tuple[str, ...]]
"""(department, the asked specialities an officer has)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One object to visit.

    Parameters
    ----------
    handle : 32 bytes of the object.
    items : selected items in byte order.
    strata : the object's stratum for each of them.
    """

    handle: bytes
    items: tuple[str, ...]
    strata: tuple[str, ...]

    @property
    def team(self) -> str:
        """The team's name in tickets and records: the first 16 hex digits of the handle."""
        return self.handle.hex()[:16]


Pool = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """The posts of one visit and the pools of officers for them.

    Parameters
    ----------
    code : name of the team.
    posts : role → number of posts; roles are ``department|speciality``, ``department`` or ``*``.
    pools : signature → positions of eligible officers in the roster, ascending.
    """

    code: str
    posts: Mapping[str, int]
    pools: Mapping[Signature, Pool]

    def roles_of(self, signature: Signature) -> tuple[str, ...]:
        """Return the roles, in byte order, that an officer of this pool may take."""
        return _roles_of(signature, tuple(self.posts))


@lru_cache(maxsize=4096)
def _roles_of(signature: Signature, asked: tuple[str, ...]) -> tuple[str, ...]:
    """What is asked and who comes decide alone; most teams of a draw are alike in both."""
    department, features = signature
    fitting = [f"{department}{ROLE_SEPARATOR}{feature}" for feature in features]
    if department != EXPERT_DEPARTMENT:
        fitting += [department, ANY_DEPARTMENT]
    return tuple(sorted((role for role in fitting if role in asked), key=str.encode))


@dataclass(frozen=True, slots=True)
class TeamNeed:
    """What a set of items asks for, before anybody is looked at.

    Parameters
    ----------
    posts : role → number of posts.
    features : department → specialities asked for in it, in byte order.
    """

    posts: Mapping[str, int]
    features: Mapping[str, tuple[str, ...]]


def team_need(rule: MatchRule, *, items: Sequence[str]) -> TeamNeed:
    """Return the posts that visiting for these items brings."""
    asked: dict[str, set[str]] = {}
    experts: set[str] = set()
    for item in items:
        need = rule.items[item]
        asked.setdefault(need.department, set()).update(need.specialities)
        experts.update(need.experts)
    initiator = min(asked, key=rule.initiators.index)
    asked[initiator].add(LEADER)
    posts: dict[str, int] = {}
    officers = 0
    for department, features in asked.items():
        posts.update({f"{department}{ROLE_SEPARATOR}{feature}": 1 for feature in features})
        left = max(0, rule.departments[department] - len(features))
        if left:
            posts[department] = left
        officers += left + len(features)
    if officers < rule.team_minimum:
        posts[ANY_DEPARTMENT] = rule.team_minimum - officers
    if experts:
        asked[EXPERT_DEPARTMENT] = experts
        posts.update({f"{EXPERT_DEPARTMENT}{ROLE_SEPARATOR}{feature}": 1 for feature in experts})
    ranked = {department: tuple(sorted(found, key=str.encode)) for department, found in asked.items()}
    return TeamNeed({role: posts[role] for role in sorted(posts, key=str.encode)}, ranked)


def allowed_districts(rule: MatchRule, *, strata: Sequence[str]) -> frozenset[str] | None:
    """Return the districts officers may come from for an object in these strata, or None for any.

    Each stratum that the rule names narrows the choice.
    """
    named = [frozenset((rule.officer_districts or {})[s]) for s in strata if s in (rule.officer_districts or {})]
    return frozenset.intersection(*named) if named else None


class _Pools:
    """Pools by what is asked, shared by all teams that ask for the same."""

    def __init__(self, roster: Sequence[Officer], rule: MatchRule) -> None:
        self.roster, self.rule = roster, rule
        self.known: dict[tuple[object, ...], dict[Signature, Pool]] = {}
        self.alike: dict[tuple[object, ...], Team] = {}
        self.allowed: dict[tuple[str, ...], frozenset[str] | None] = {}
        self.barred: dict[bytes, set[int]] = {}
        self.present: dict[str, dict[str, list[int]]] = {}
        for position, officer in enumerate(roster):
            if officer.cap >= 1 and officer.certificate_expires_on >= rule.certificate_valid_on:
                self.present.setdefault(officer.department, {}).setdefault(officer.district, []).append(position)
            for handle in (*officer.recused, *(officer.rotated if rule.rotation else ())):
                self.barred.setdefault(handle, set()).add(position)

    def serving(
        self, department: str, features: tuple[str, ...], districts: frozenset[str] | None
    ) -> dict[Signature, Pool]:
        key = (department, features, districts)
        if key not in self.known:
            found: dict[Signature, list[int]] = {}
            near = self.present.get(department, {})
            for position in sorted(chain(*(near[one] for one in near if districts is None or one in districts))):
                own = tuple(feature for feature in features if feature in self.roster[position].specialities)
                if own or department != EXPERT_DEPARTMENT:
                    found.setdefault((department, own), []).append(position)
            self.known[key] = {signature: np.array(found[signature], dtype=np.int32) for signature in sorted(found)}
        return self.known[key]

    def team(self, visit: Visit) -> Team:
        if visit.strata not in self.allowed:
            self.allowed[visit.strata] = allowed_districts(self.rule, strata=visit.strata)
        districts = self.allowed[visit.strata]
        key = visit.items, districts
        if key not in self.alike:
            need = team_need(self.rule, items=visit.items)
            pools: dict[Signature, Pool] = {}
            for department in sorted(need.features, key=str.encode):
                pools.update(self.serving(department, need.features[department], districts))
            self.alike[key] = _usable(Team(visit.team, need.posts, pools))
        alike = self.alike[key]
        team = Team(visit.team, alike.posts, alike.pools)
        if visit.handle not in self.barred:
            return team
        barred = np.array(sorted(self.barred[visit.handle]))
        return _usable(replace(team, pools={s: pool[~np.isin(pool, barred)] for s, pool in team.pools.items()}))


def _usable(team: Team) -> Team:
    """The team without pools that are empty or fit none of its posts."""
    return replace(team, pools={s: pool for s, pool in team.pools.items() if len(pool) and team.roles_of(s)})


def teams_of(visits: Sequence[Visit], *, roster: Sequence[Officer], rule: MatchRule) -> tuple[Team, ...]:
    """Return the teams of all visits, in order of their codes.

    Parameters
    ----------
    visits : objects to visit; their codes are distinct.
    roster : officers by handle.
    rule : the rule on the rung to try.
    """
    pools = _Pools(roster, rule)
    return tuple(pools.team(visit) for visit in sorted(visits, key=lambda visit: visit.handle))
