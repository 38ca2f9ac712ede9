"""The checks ``match.*`` of version 1, the layout of the published examples, whose match carries no proof.

Teams, officers and recusals stand in the clear and cover only the teams listed; the optimum is found again by the
small exact solver and must be the published one. Source: docs/spec/draw-protocol.md §7.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from engine.draw.matching.enumeration import LARGEST_MATCH, solve_version_1, ticket_44, version_1_slots
from engine.draw.matching.posts import Visit
from engine.draw.protocol.checks import Check, failed, not_checked, passed
from engine.draw.protocol.encoding import HashSuite
from engine.messages import N_


def _expected_posts(visit: Visit) -> list[str]:
    """Version 1: department name = item name; two items give one officer each, one item gives two."""
    return list(visit.items) if len(visit.items) > 1 else [visit.items[0], visit.items[0]]


def check_version_1(match: Mapping[str, Any], *, visits: Sequence[Visit], suite: HashSuite, seed: bytes) -> list[Check]:
    """Return the checks of a version-1 match.

    Parameters
    ----------
    match : teams, inspectors, slots, assignment, sq_load, ticket_sum, of the right types.
    visits : derived from the selection.
    """
    checks = [
        not_checked("match.ladder", N_("version 1 has no ladder")),
        not_checked("match.leaders", N_("version 1 names no leaders")),
    ]
    needs = {visit.team: sorted(_expected_posts(visit)) for visit in visits}
    stated = {team: sorted(posts) for team, posts in match["teams"].items()}
    foreign = [team for team in sorted(stated) if needs.get(team) != stated[team]]
    slots = [list(slot) for slot in match["slots"]]
    if foreign or slots != version_1_slots(match["teams"]) or len(slots) != len(match["assignment"]):
        at = foreign[0] if foreign else "slots"
        return [*checks, failed("match.posts", N_("the posts differ from those the rule gives, first at {at}"), at=at)]
    checks.append(passed("match.posts", N_("{n} posts in {teams} teams"), n=len(slots), teams=len(stated)))
    officers = _check_officers(match)
    checks.append(officers)
    if not officers.ok:
        return checks
    load = Counter(match["assignment"])
    square = sum((one["prior"] + load[code]) ** 2 for code, one in match["inspectors"].items())
    pairs = zip(slots, match["assignment"], strict=True)
    total = sum(ticket_44(suite, seed=seed, team=team, officer=code) for (team, _), code in pairs)
    same = (square, total) == (match["sq_load"], int(match["ticket_sum"]))
    note = passed if same else failed
    template = N_("load {square}, tickets {tickets}") if same else N_("load {square}, tickets {tickets} expected")
    checks.append(note("match.sums", template, square=square, tickets=total))
    return checks + _check_optimum(match, slots=slots, suite=suite, seed=seed)


def _check_officers(match: Mapping[str, Any]) -> Check:
    name, seen = "match.officers", set()
    load: Counter[str] = Counter()
    for (team, department), code in zip(match["slots"], match["assignment"], strict=True):
        officer = match["inspectors"].get(code)
        if officer is None or officer["dept"] != department or team in officer["recuse"]:
            return failed(
                name,
                N_("officer {code} may not stand in post {role} of team {team}"),
                code=code,
                role=department,
                team=team,
            )
        if (team, code) in seen:
            return failed(name, N_("officer {code} stands twice in team {team}"), code=code, team=team)
        seen.add((team, code))
        load[code] += 1
        if load[code] > officer["cap"]:
            return failed(name, N_("officer {code} has more visits than the cap"), code=code)
    return passed(name, N_("every officer may stand where they stand, within caps"))


def _check_optimum(match: Mapping[str, Any], *, slots: list[list[str]], suite: HashSuite, seed: bytes) -> list[Check]:
    if len(slots) * len(match["inspectors"]) > LARGEST_MATCH:
        why = N_("a version-1 match of this size is not solved again")
        return [failed("match.optimal", why), not_checked("match.unique", why)]
    best = solve_version_1(slots, inspectors=match["inspectors"], suite=suite, seed=seed)
    if best == list(match["assignment"]):
        note = N_("an exact solver finds the same match")
        return [passed("match.optimal", note), passed("match.unique", note)]
    return [
        failed("match.optimal", N_("an exact solver finds another match")),
        not_checked("match.unique", N_("not reached: an earlier check failed or the bundle holds nothing on it")),
    ]
