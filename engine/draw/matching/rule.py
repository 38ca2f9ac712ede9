"""The committed rule of the match: who an item needs, from which department, and what may be relaxed in which order.

The rule is part of the commitment. Its ladder is an ordered list of named changes, applied one after another until a
match exists; qualification, recusal and the two officers can never be relaxed. Source: docs/spec/draw-protocol.md §6;
two certified officers at least: 行政处罚法 art. 42, 总局令49 art. 23.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.draw.populations.roster import LARGEST_LOAD
from engine.errors import CommitmentRefusedError
from engine.messages import N_, Message

RULE_ID = "tmcf/1"
LEAST_OFFICERS = 2
MOST_OFFICERS = 100
"""Largest minimum a rule may name; it only keeps forged records from asking for endless posts."""


@dataclass(frozen=True, slots=True)
class ItemNeed:
    """What one item needs on site.

    Parameters
    ----------
    department : code of the department that enforces it.
    specialities : codes, at least one officer for each.
    experts : specialities of experts to join, outside the count of officers.
    """

    department: str
    specialities: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the need as written in the commitment."""
        return {
            "department": self.department,
            "specialities": list(self.specialities),
            "experts": list(self.experts),
        }


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One rung of the ladder; what is None stays as it was.

    Parameters
    ----------
    name : for people.
    cap_extra : visits added to every officer's cap.
    rotation : False lets officers return to objects they visited lately.
    departments : least officers per department, never below 1.
    officer_districts : stratum → districts officers may come from.
    """

    name: str
    cap_extra: int | None = None
    rotation: bool | None = None
    departments: Mapping[str, int] | None = None
    officer_districts: Mapping[str, tuple[str, ...]] | None = None

    def record(self) -> dict[str, Any]:
        """Return the rung as written in the commitment, without what stays."""
        found: dict[str, Any] = {"name": self.name}
        if self.cap_extra is not None:
            found["cap_extra"] = self.cap_extra
        if self.rotation is not None:
            found["rotation"] = self.rotation
        if self.departments is not None:
            found["departments"] = dict(self.departments)
        if self.officer_districts is not None:
            found["officer_districts"] = {key: list(codes) for key, codes in self.officer_districts.items()}
        return found


@dataclass(frozen=True, slots=True)
class MatchRule:
    """The rule as it stands on one rung of the ladder.

    Parameters
    ----------
    items : item → what it needs.
    departments : department → least officers of it in a team that has one of its items.
    initiators : departments by precedence; the first one on a visit provides a leader.
    certificate_valid_on : YYYY-MM-DD, last day of the inspections; certificates must reach it.
    team_minimum : least officers of a team, at least 2; experts do not count.
    officer_districts : stratum → districts officers may come from; a stratum not named takes any.
    cap_extra : visits added to every cap.
    rotation : whether rotated objects are avoided.
    ladder : relaxations in order.
    """

    items: Mapping[str, ItemNeed]
    departments: Mapping[str, int]
    initiators: tuple[str, ...]
    certificate_valid_on: str
    team_minimum: int = LEAST_OFFICERS
    officer_districts: Mapping[str, tuple[str, ...]] | None = None
    cap_extra: int = 0
    rotation: bool = True
    ladder: tuple[Relaxation, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the rule as written in the commitment."""
        return {
            "rule": RULE_ID,
            "team_minimum": self.team_minimum,
            "departments": dict(self.departments),
            "initiators": list(self.initiators),
            "items": {item: need.record() for item, need in self.items.items()},
            "certificate_valid_on": self.certificate_valid_on,
            "officer_districts": {key: list(codes) for key, codes in (self.officer_districts or {}).items()},
            "ladder": [rung.record() for rung in self.ladder],
        }

    def at_level(self, level: int) -> "MatchRule":
        """Return the rule with the first ``level`` relaxations applied; level 0 is the rule itself."""
        rule = self
        for rung in self.ladder[:level]:
            rule = replace(
                rule,
                cap_extra=rule.cap_extra + (rung.cap_extra or 0),
                rotation=rule.rotation if rung.rotation is None else rung.rotation,
                departments={**rule.departments, **(rung.departments or {})},
                officer_districts={**(rule.officer_districts or {}), **(rung.officer_districts or {})},
            )
        return rule


def rule_from_record(record: Mapping[str, Any]) -> MatchRule:
    """Return the rule of a commitment whose schema was checked."""
    return MatchRule(
        items={
            item: ItemNeed(need["department"], tuple(need["specialities"]), tuple(need["experts"]))
            for item, need in record["items"].items()
        },
        departments=record["departments"],
        initiators=tuple(record["initiators"]),
        certificate_valid_on=record["certificate_valid_on"],
        team_minimum=record["team_minimum"],
        officer_districts=_districts(record["officer_districts"]),
        ladder=tuple(
            Relaxation(
                name=rung["name"],
                cap_extra=rung.get("cap_extra"),
                rotation=rung.get("rotation"),
                departments=rung.get("departments"),
                officer_districts=_districts(rung["officer_districts"]) if "officer_districts" in rung else None,
            )
            for rung in record["ladder"]
        ),
    )


def _districts(record: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {stratum: tuple(codes) for stratum, codes in record.items()}


def check_rule(rule: MatchRule, *, items: Sequence[str]) -> None:
    """Raise unless the rule covers all items and keeps what can never be relaxed.

    Raises
    ------
    CommitmentRefusedError
        An item or a department is missing, or a team could have fewer than two officers.
    """
    missing = sorted(set(items) - set(rule.items))
    unnamed = sorted({need.department for need in rule.items.values()} - set(rule.departments))
    unranked = sorted({need.department for need in rule.items.values()} - set(rule.initiators))
    for codes, where in ((missing, "match.items"), (unnamed, "match.departments"), (unranked, "match.initiators")):
        if codes:
            raise CommitmentRefusedError(
                where=where, problem=Message(N_("nothing is said for {codes}"), {"codes": ", ".join(codes)})
            )
    if len(set(rule.initiators)) != len(rule.initiators):
        raise CommitmentRefusedError(where="match.initiators", problem=Message(N_("a department stands there twice")))
    minima = [*rule.departments.values(), *(n for rung in rule.ladder for n in (rung.departments or {}).values())]
    extras = [rung.cap_extra or 0 for rung in rule.ladder]
    if max(*minima, rule.team_minimum) > MOST_OFFICERS or max(extras, default=0) > LARGEST_LOAD:
        raise CommitmentRefusedError(where="match", problem=Message(N_("a minimum or an extra cap is out of range")))
    if rule.team_minimum < LEAST_OFFICERS or min(minima) < 1:
        raise CommitmentRefusedError(
            where="match",
            problem=Message(N_("a team has two officers and each department at least one, on every rung")),
        )
