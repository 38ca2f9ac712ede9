"""From grades to the committed ratios of a draw: who is in the frame for which item, in which stratum, how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.ratios.allocation import Allocation, committed_ratios
from engine.ratios.limits import Capacity
from engine.ratios.policy import read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import Strata, build_strata, neighbour_order
from engine.vocabulary import JOINER


@dataclass(frozen=True, slots=True)
class Framed:
    """A frame cut into strata with the ratio of each.

    Parameters
    ----------
    strata : frame with opaque strata.
    allocation : exact ratios per (item_code, stratum), notes and violations.
    excluded : key (entity_id, item_code): stratum and reason of what stays outside.
    """

    strata: Strata
    allocation: Allocation
    excluded: pd.DataFrame


def frame_rows(entities: pd.DataFrame, grades: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return every (entity, item) to which the item list says the item applies.

    Parameters
    ----------
    entities : cohort, key entity_id; entity_type, industry_code, district_code.
    grades : key entity_id; grade.
    items : key item_code; item_class, applies_to_types, applies_to_industries (sections by letter or divisions; empty
        = all).

    Returns
    -------
    DataFrame, key (entity_id, item_code), sorted by it: item_class, district_code, grade.

    Notes
    -----
    An item is matched against the distinct (type, industry) pairs, not against entities. Cost: O(pairs x items) plus
    the rows of the result.
    """
    kinds = entities[["entity_type", "industry_code"]].drop_duplicates()
    applicable = [
        kinds[_applies(kinds, types=item["applies_to_types"], industries=item["applies_to_industries"])].assign(
            item_code=str(item["item_code"]), item_class=str(item["item_class"])
        )
        for item in items.to_dict("records")
    ]
    rows = entities.merge(pd.concat(applicable), on=["entity_type", "industry_code"])
    graded = rows.merge(grades[["entity_id", "grade"]], on="entity_id", validate="m:1")
    columns = ["entity_id", "item_code", "item_class", "district_code", "grade"]
    return graded[columns].sort_values(["entity_id", "item_code"], ignore_index=True)


def _applies(kinds: pd.DataFrame, *, types: object, industries: object) -> pd.Series:
    type_codes = _parts(types)
    industry_codes = _parts(industries)
    in_type = kinds["entity_type"].isin(type_codes) if type_codes else pd.Series(data=True, index=kinds.index)
    if not industry_codes:
        return in_type
    code = kinds["industry_code"].astype("string").fillna("")
    within = code.isin(industry_codes) | code.str[:1].isin(industry_codes) | code.str[:3].isin(industry_codes)
    return in_type & within


def _parts(joined: object) -> set[str]:
    return {part for part in joined.split(JOINER) if part} if isinstance(joined, str) else set()


def exclude_visited(
    frame: pd.DataFrame, visited: pd.DataFrame, *, undisturbed: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the frame into what can be drawn and what a random visit this year leaves undisturbed.

    Parameters
    ----------
    frame : result of :func:`frame_rows`.
    visited : (entity_id, item_code) of this year's random rows; directed visits never exclude.
    undisturbed : grades that a visit spares (policy ``draw.frame``); the others stay in, or the exclusion would tell
        them that they are safe.

    Returns
    -------
    Eligible rows, and excluded rows with ``reason`` = ``visited``.
    """
    keys = pd.MultiIndex.from_frame(visited[["entity_id", "item_code"]].drop_duplicates())
    rows = pd.MultiIndex.from_frame(frame[["entity_id", "item_code"]])
    out = rows.isin(keys) & frame["grade"].isin(undisturbed).to_numpy()
    return frame[~out].reset_index(drop=True), frame[out].assign(reason="visited").reset_index(drop=True)


def allocate(
    frame: pd.DataFrame,
    items: pd.DataFrame,
    *,
    book: PolicyBook,
    on: date,
    key: bytes,
    draw: DrawOfYear,
    done: pd.DataFrame | None = None,
    excluded: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
) -> Framed:
    """Cut the frame into strata and give each the ratio that this draw commits to.

    Parameters
    ----------
    frame, items : see :func:`frame_rows`; ``excluded`` are its rows that stay outside, with ``reason``.
    book, on : policy in force on the day of the plan.
    key : secret that blinds the stratum codes.
    draw, done, capacity : see ``engine.ratios.allocation.committed_ratios``.

    Raises
    ------
    DrawError
        The policy breaks one of its own limits; every violation is named.
    """
    policy = read_ratio_policy(book, on=on)
    violations = policy.check(items)
    if violations:
        raise DrawError(
            problem=Message(
                N_("the ratio policy breaks {n} rule(s), first: {first}"),
                {"n": len(violations), "first": violations[0]},
            ),
            remedy=Message(N_("see 'xinheng policy check'")),
        )
    strata = build_strata(
        frame,
        minimum_cell=policy.minimum_cell,
        nearest=neighbour_order(book.value("ratios.neighbours", on=on)),
        key=key,
    )
    allocation = committed_ratios(strata, policy, items, draw=draw, done=done, capacity=capacity)
    outside = frame.iloc[:0].assign(reason="") if excluded is None else excluded
    return Framed(strata, allocation, outside)
