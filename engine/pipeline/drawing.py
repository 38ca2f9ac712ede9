"""From committed ratios to the terms of a draw: frame and roster tables, item terms, the rule of the match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.draw.committing.commitment import ItemTerms
from engine.draw.entropy.policy import EntropyPolicy
from engine.draw.matching.rule import ItemNeed, MatchRule, Relaxation
from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.framing import Framed
from engine.vocabulary import JOINER

TEAM = "draw.team"
ENTROPY = "draw.entropy"
ROLE_ORDER = ("lead", "initiator", "participant")


@dataclass(frozen=True, slots=True)
class Districts:
    """Which districts officers may come from.

    Parameters
    ----------
    neighbours : district to its neighbours, nearest first (policy ``ratios.neighbours``).
    every : all districts of the roster.
    """

    neighbours: Mapping[str, Sequence[str]]
    every: tuple[str, ...]

    def reach(self, own: Sequence[str], *, word: str) -> tuple[str, ...]:
        """Return the districts for a stratum that covers ``own``, by the policy's word own, neighbours or all.

        Raises
        ------
        PolicyInconsistentError
            Another word.
        """
        if word == "own":
            return tuple(sorted(own))
        if word == "neighbours":
            return tuple(sorted({*own, *(near for district in own for near in self.neighbours.get(district, ()))}))
        if word == "all":
            return tuple(sorted({*own, *self.every}))
        raise PolicyInconsistentError(
            name=TEAM, problem=Message(N_("officer_districts is {word!r}; use own, neighbours or all"), {"word": word})
        )


def frame_table(framed: Framed) -> pd.DataFrame:
    """Return the frame as the draw takes it: object_id, item_code, stratum, exclusion (reason or null)."""
    drawable = framed.strata.frame[["entity_id", "item_code", "stratum"]].assign(exclusion=None)
    columns = ["entity_id", "item_code", "stratum", "reason"]
    outside = framed.excluded.reindex(columns=columns).rename(columns={"reason": "exclusion"})
    rows = pd.concat([drawable, outside], ignore_index=True) if len(outside) else drawable
    return rows.rename(columns={"entity_id": "object_id"})


def item_terms(framed: Framed, *, groups: Mapping[str, str]) -> dict[str, ItemTerms]:
    """Return the terms of every item; items of one ticket group share tickets, so that their visits coincide.

    Parameters
    ----------
    groups : item to ticket group.
    """
    table = framed.allocation.table
    return {
        str(item): ItemTerms(
            group=groups[str(item)],
            rounding=str(rows["rounding"].iloc[0]),
            ratios=dict(zip(rows["stratum"], rows["ratio"], strict=True)),
        )
        for item, rows in table.groupby("item_code", sort=True)
    }


def match_rule(
    framed: Framed,
    items: pd.DataFrame,
    departments: pd.DataFrame,
    *,
    book: PolicyBook,
    on: date,
    districts: Sequence[str],
    until: date,
    initiators: Sequence[str] = (),
) -> MatchRule:
    """Return the rule of the match under the policy in force.

    Parameters
    ----------
    items : of the frame; item_code, department_code, specialities.
    departments : department_code, role; the lead's role comes first when a visit chooses its leader.
    districts : all districts of the roster.
    until : last day of the inspections; certificates must reach it.
    initiators : departments that initiate by the plan; they come first when a visit chooses its leader.
    """
    policy: Mapping[str, Any] = book.value(TEAM, on=on)
    reach = Districts(book.value("ratios.neighbours", on=on), tuple(districts))
    table = framed.allocation.table
    own = {
        str(stratum): str(joined).split(JOINER)
        for stratum, joined in zip(table["stratum"], table["district_code"], strict=True)
    }
    taking_part = items[items["item_code"].isin(set(table["item_code"]))]
    codes = sorted(taking_part["department_code"].unique())

    def districts_of(word: str) -> dict[str, tuple[str, ...]]:
        return {stratum: reach.reach(of, word=word) for stratum, of in own.items()}

    return MatchRule(
        items={
            str(row["item_code"]): ItemNeed(
                str(row["department_code"]), _parts(row["specialities"]), _parts(row.get("expert_specialities"))
            )
            for row in taking_part.to_dict("records")
        },
        departments={code: int(policy["department_minimum"]) for code in codes},
        initiators=_by_precedence(departments, codes, first=initiators),
        certificate_valid_on=until.isoformat(),
        team_minimum=int(policy["team_minimum"]),
        officer_districts=districts_of(policy["officer_districts"]),
        ladder=tuple(
            Relaxation(
                name=rung["name"],
                cap_extra=rung.get("cap_extra"),
                rotation=rung.get("rotation"),
                departments={code: int(rung["department_minimum"]) for code in codes}
                if "department_minimum" in rung
                else None,
                officer_districts=districts_of(rung["officer_districts"]) if "officer_districts" in rung else None,
            )
            for rung in policy["ladder"]
        ),
    )


def entropy_policy(book: PolicyBook, *, on: date) -> EntropyPolicy:
    """Return the claim about public events that policy asks for."""
    return EntropyPolicy(**{name: int(value) for name, value in book.value(ENTROPY, on=on).items()})


def _by_precedence(departments: pd.DataFrame, codes: Sequence[str], *, first: Sequence[str]) -> tuple[str, ...]:
    roles = dict(zip(departments["department_code"], departments["role"], strict=True))

    def rank(code: str) -> tuple[bool, int, str]:
        role = roles.get(code, ROLE_ORDER[-1])
        return (code not in first, ROLE_ORDER.index(role) if role in ROLE_ORDER else len(ROLE_ORDER), code)

    return tuple(sorted(codes, key=rank))


def _parts(joined: object) -> tuple[str, ...]:
    parts = [part for part in joined.split(JOINER) if part] if isinstance(joined, str) else []
    return tuple(sorted(parts, key=str.encode))
