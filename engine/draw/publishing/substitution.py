"""Substitutions after a draw: reserves strictly in ticket order, officers by the next ticket with a free cap.

Who stands in for whom follows from the certificate, the roster and the entries before; an operator only says whom it
concerns and why, with a reason of the committed list. Each entry names the digest of the one before, the first one the
certificate, and is published. A reserve changes no n, threshold or probability: it is a row of mode ``reserve``, and
what was found at the object it replaces stays a finding. Source: docs/spec/draw-protocol.md §4, §12.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from engine.draw.committing.commitment import Commitment
from engine.draw.committing.schema import code, digest, hex_of, integer, listing, one_of, record, text, time
from engine.draw.matching.posts import ANY_DEPARTMENT, ROLE_SEPARATOR, allowed_districts
from engine.draw.matching.rule import MatchRule
from engine.draw.populations.frame import cell_name
from engine.draw.populations.roster import EXPERT_DEPARTMENT, LEADER, TEAM_CODE_LENGTH, Officer
from engine.draw.protocol.encoding import HashSuite, canonical_json
from engine.errors import SubstitutionRefusedError
from engine.messages import N_, Message

RESERVE, OFFICER = "reserve", "officer"
VACANT = ""
_CODE = hex_of(TEAM_CODE_LENGTH // 2)


def _seat(value: Any, where: str) -> None:
    if value != VACANT:
        _CODE(value, where)


_HEADING = {
    "n": integer,
    "prev": digest,
    "draw": code,
    "at": time,
    "by": record({"name": text, "role": text}),
    "reason": code,
    "leader": _seat,
    "digest": digest,
}
RESERVE_ENTRY = record(
    {
        **_HEADING,
        "kind": one_of(RESERVE),
        "item": code,
        "stratum": code,
        "replaced": digest,
        "reserve": digest,
        "team": listing(record({"role": text, "officer": _seat})),
    }
)
OFFICER_ENTRY = record(
    {**_HEADING, "kind": one_of(OFFICER), "visit": _CODE, "role": text, "replaced": _seat, "substitute": _CODE}
)
PUBLISHED = record(
    {
        "v": one_of(1),
        "draw": code,
        "visits": integer,
        "reserve": integer,
        "officer": integer,
        "entries": listing(record({}, closed=False)),
    }
)

Entry = Mapping[str, Any]
Seats = list[tuple[str, str]]
"""(role, officer), in order; an officer may be vacant."""


def entry_digest(entry: Entry, *, suite: HashSuite) -> str:
    """Return ``H("substitution", canonical JSON without the digest)`` in hex."""
    return suite.tagged("substitution", canonical_json({k: v for k, v in entry.items() if k != "digest"})).hex()


def published_substitutions(entries: Sequence[Entry], *, certificate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries with their rate, as published: visits drawn, reserves used, officers exchanged."""
    kinds = Counter(entry["kind"] for entry in entries)
    return {
        "v": 1,
        "draw": certificate["draw"],
        "visits": len(certificate["visits"]),
        RESERVE: kinds[RESERVE],
        OFFICER: kinds[OFFICER],
        "entries": [dict(entry) for entry in entries],
    }


class Standing:
    """Who visits whom after the entries so far; every entry is derived from it or compared with it.

    Parameters
    ----------
    commitment, certificate, roster : of the draw.
    """

    def __init__(
        self,
        commitment: Commitment,
        certificate: Mapping[str, Any],
        *,
        roster: Sequence[Officer],
    ) -> None:
        self.commitment, self.certificate = commitment, certificate
        self.rule: MatchRule = commitment.rule.at_level(certificate["match"]["level"])
        self.seed = bytes.fromhex(certificate["seed"])
        self.officers = {officer.code: officer for officer in roster}
        self.used: Counter[str] = Counter()
        self.stratum_of: dict[tuple[str, str], str] = {}
        self.items_of: dict[str, dict[str, str]] = {}
        self.handle_of: dict[str, str] = {}
        for name, cell in certificate["result"].items():
            item, stratum = name.split(ROLE_SEPARATOR)
            for handle in cell["selected"]:
                self._send(handle, item=item, stratum=stratum)
        self.teams: dict[str, Seats] = {}
        self.leaders: dict[str, str] = dict(certificate["match"]["leaders"])
        for (team, role), officer in zip(
            certificate["match"]["slots"], certificate["match"]["assignment"], strict=True
        ):
            self.teams.setdefault(team, []).append((role, officer))
        self.gone: dict[str, set[str]] = {}
        self.last = str(certificate["certificate_digest"])
        self.count = 0
        self.moment = str(certificate["issued_at"])

    def _send(self, handle: str, *, item: str, stratum: str) -> None:
        team = handle[:TEAM_CODE_LENGTH]
        self.stratum_of[handle, item] = stratum
        self.items_of.setdefault(team, {})[item] = stratum
        self.handle_of[team] = handle

    def _loads(self) -> Counter[str]:
        return Counter(officer for seats in self.teams.values() for officer in {o for _, o in seats if o})

    # --- reserves ---------------------------------------------------------------------------------------------------

    def next_reserve(self, handle: str, *, item: str) -> dict[str, Any]:
        """Return what the next reserve for an object and item must be: stratum, reserve, team and leader.

        Raises
        ------
        SubstitutionRefusedError
            The object is not (or no longer) visited for the item, or no reserve is left in its cell.
        """
        stratum = self.stratum_of.get((handle, item))
        if stratum is None:
            raise _refused(N_("this object is not, or no longer, visited for item {item}"), item=item)
        cell = cell_name(item, stratum)
        reserves = self.certificate["result"][cell]["reserves"]
        if self.used[cell] >= len(reserves):
            raise _refused(N_("all {n} reserves of this cell are used; a new commitment is needed"), n=len(reserves))
        reserve = str(reserves[self.used[cell]])
        team, leader = self._team_taken_over(handle[:TEAM_CODE_LENGTH], reserve, item=item)
        seats = [{"role": role, "officer": officer} for role, officer in team]
        return {"stratum": stratum, "reserve": reserve, "team": seats, "leader": leader}

    def _team_taken_over(self, old: str, reserve: str, *, item: str) -> tuple[Seats, str]:
        """The seats the reserve's visit gains, and its leader then; those recused for the reserve leave them vacant."""
        new, department = reserve[:TEAM_CODE_LENGTH], self.rule.items[item].department
        own, seats = self.teams.get(new, []), self.teams.get(old, [])
        if own:
            if any(_department(role) == department for role, _ in own):
                seats = []
            seats = [(role, officer) for role, officer in seats if _department(role) == department]
        there, barred = {officer for _, officer in own}, bytes.fromhex(reserve)
        gained = [
            (role, VACANT if officer in there or not self._is_free_to(officer, barred) else officer)
            for role, officer in seats
        ]
        leader = self.leaders.get(new, self.leaders.get(old, VACANT))
        return gained, self._leader(new, [officer for _, officer in (*own, *gained)], keep=leader)

    def _is_free_to(self, officer: str, handle: bytes) -> bool:
        return bool(officer) and handle not in self.officers[officer].recused

    def _leader(self, team: str, members: Sequence[str], *, keep: str) -> str:
        """The leader stays while in the team; else the smallest leader ticket of those who may lead, or nobody."""
        if keep and keep in members:
            return keep
        able = [one for one in members if one and LEADER in self.officers[one].specialities]
        able = [one for one in able if self.officers[one].department != EXPERT_DEPARTMENT]
        suite = self.commitment.suite
        return min(able, key=lambda one: suite.tagged("leader", self.seed, team, one), default=VACANT)

    # --- officers ---------------------------------------------------------------------------------------------------

    def next_officer(self, team: str, *, role: str, replaced: str) -> dict[str, Any]:
        """Return who takes the seat of an officer (or a vacant one): substitute and leader.

        Raises
        ------
        SubstitutionRefusedError
            No such seat, or nobody eligible has a free cap.
        """
        seats = self.teams.get(team, [])
        if (role, replaced) not in seats:
            raise _refused(
                N_("{officer} has no seat {role} in visit {visit}"), officer=replaced or "-", role=role, visit=team
            )
        out = {officer for _, officer in seats} | self.gone.get(team, set())
        loads, suite = self._loads(), self.commitment.suite
        able = [
            officer
            for name, officer in self.officers.items()
            if name not in out
            and loads[name] < officer.cap + self.rule.cap_extra
            and self._may_stand(officer, team, role)
        ]
        if not able:
            raise _refused(N_("nobody who may take seat {role} of visit {visit} has a free cap"), role=role, visit=team)
        chosen = min(able, key=lambda one: suite.tagged("match", self.seed, team, one.code)).code
        after = [chosen if seat == (role, replaced) else seat[1] for seat in seats]
        leader = self._leader(team, after, keep=self.leaders.get(team, VACANT))
        return {"substitute": chosen, "leader": leader}

    def _may_stand(self, officer: Officer, team: str, role: str) -> bool:
        """Whether the rule on the rung that binds lets an officer take this role at this object."""
        rule, handle, items = self.rule, bytes.fromhex(self.handle_of[team]), self.items_of[team]
        districts = allowed_districts(rule, strata=list(items.values()))
        barred = (*officer.recused, *(officer.rotated if rule.rotation else ()))
        if officer.cap < 1 or officer.certificate_expires_on < rule.certificate_valid_on or handle in barred:
            return False
        if districts is not None and officer.district not in districts:
            return False
        if role == ANY_DEPARTMENT:
            return officer.department in {rule.items[item].department for item in items}
        department, _, feature = role.partition(ROLE_SEPARATOR)
        return officer.department == department and (not feature or feature in officer.specialities)

    # --- the chain --------------------------------------------------------------------------------------------------

    def heading(self, *, kind: str, at: str, name: str, role: str, reason: str) -> dict[str, Any]:
        """Return what every entry begins with.

        Raises
        ------
        SubstitutionRefusedError
            The committed list has no such reason.
        """
        allowed = self.commitment.record["substitution"][kind]
        if reason not in allowed:
            raise _refused(
                N_("reason {reason} is not one of the committed {allowed}"), reason=reason, allowed=", ".join(allowed)
            )
        return {
            "n": self.count + 1,
            "prev": self.last,
            "kind": kind,
            "draw": self.certificate["draw"],
            "at": at,
            "by": {"name": name, "role": role},
            "reason": reason,
        }

    def sealed(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entry with its digest, and let it hold."""
        whole = {**entry, "digest": entry_digest(entry, suite=self.commitment.suite)}
        self.apply(whole)
        return whole

    def apply(self, entry: Entry) -> None:
        """Let an entry hold that was derived or compared."""
        if entry["kind"] == RESERVE:
            item, replaced, reserve = entry["item"], entry["replaced"], entry["reserve"]
            stratum = self.stratum_of.pop((replaced, item))
            self.used[cell_name(item, stratum)] += 1
            self._send(reserve, item=item, stratum=stratum)
            team = reserve[:TEAM_CODE_LENGTH]
            gained = [(seat["role"], seat["officer"]) for seat in entry["team"]]
            if gained or team in self.teams:
                self.teams.setdefault(team, []).extend(gained)
        else:
            team, seat = entry["visit"], (entry["role"], entry["replaced"])
            seats = self.teams[team]
            seats[seats.index(seat)] = (entry["role"], entry["substitute"])
            self.gone.setdefault(team, set()).add(entry["replaced"])
        self.leaders[team] = entry["leader"]
        self.last, self.count, self.moment = str(entry["digest"]), self.count + 1, str(entry["at"])


def _department(role: str) -> str:
    return role.partition(ROLE_SEPARATOR)[0]


def _refused(template: str, **params: object) -> SubstitutionRefusedError:
    return SubstitutionRefusedError(problem=Message(template, params))
