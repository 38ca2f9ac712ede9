"""From grades to the committed ratios of a draw: who is in the frame for which item, in which stratum, how often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import pandas as pd

from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.ratios.allocation import Allocation, committed_ratios
from engine.ratios.capacity import Capacity
from engine.ratios.policy import GradeRatios, RatioPolicy, read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import Strata, build_strata, neighbour_order

OUTSIDE = "outside"
"""Stratum code of excluded rows whose cell holds nobody that can be drawn."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A frame cut into strata with the ratio of each.

    Parameters
    ----------
    strata : frame with opaque strata.
    allocation : exact ratios per (item_code, stratum), notes and violations.
    excluded : key (entity_id, item_code): reason of what stays outside, and the stratum of its cell.
    """

    strata: Strata
    allocation: Allocation
    excluded: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan lines of a draw say about the ratios of their items.

    Parameters
    ----------
    most : item of a graded line to the planned ratio, the most of its objects that a year may draw, with its reference.
    uniform : item to ratios that replace the graded ones (the same for every grade).
    control : item to the yearly ratio of its grade-blind control arm.
    """

    most: Mapping[str, tuple[Fraction, str]]
    uniform: Mapping[str, GradeRatios]
    control: Mapping[str, Fraction]

    def followed(self, policy: RatioPolicy) -> RatioPolicy:
        """Return the policy with the ratios of uniform lines in the place of its own."""
        return replace(policy, items={**policy.items, **self.uniform})


NOTHING_PLANNED = Planned({}, {}, {})
"""Of a draw outside the plan."""


def allocate(
    frame: pd.DataFrame,
    items: pd.DataFrame,
    *,
    book: PolicyBook,
    on: date,
    ratios_on: date | None = None,
    key: bytes,
    draw: DrawOfYear | Mapping[str, DrawOfYear],
    done: pd.DataFrame | None = None,
    excluded: pd.DataFrame | None = None,
    capacity: Capacity | None = None,
    notes: tuple[Message, ...] = (),
    planned: Planned | None = None,
) -> Framed:
    """Cut the frame into strata and give each the ratio that this draw commits to.

    Parameters
    ----------
    frame, items : see :func:`frame_rows`; ``excluded`` are its rows that stay outside, with ``reason``.
    book, on : policies in force on the day of the grades.
    ratios_on : day whose ratio policy holds; that of the grades if None.
    key : secret that blinds the stratum codes.
    draw, done, capacity : see ``engine.ratios.allocation.committed_ratios``.
    notes : what was said while rows were excluded; it stands before the notes on the ratios.
    planned : what the plan lines say about ratios; None for a draw outside the plan.

    Raises
    ------
    DrawError
        The policy breaks one of its own limits; every violation is named.
    """
    terms = planned or NOTHING_PLANNED
    general = read_ratio_policy(book, on=ratios_on or on)
    policy = terms.followed(general)
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
    allocation = committed_ratios(
        strata,
        policy,
        with_planned_caps(items, terms.most),
        draw=draw,
        done=done,
        capacity=capacity,
        control=terms.control,
    )
    outside = frame.iloc[:0].assign(reason="") if excluded is None else excluded
    return Framed(strata, replace(allocation, notes=(*notes, *allocation.notes)), _placed(outside, strata.cells))


def with_planned_caps(items: pd.DataFrame, most: Mapping[str, tuple[Fraction, str]]) -> pd.DataFrame:
    """Return the items with the planned ratio as their cap where it is lower than their own, and whose limit it is."""
    caps, bases = [], []
    for code, cap, basis in zip(items["item_code"], items["ratio_cap"], items["basis"], strict=True):
        own = None if pd.isna(cap) else Fraction(str(cap))
        planned, reference = most.get(code, (None, ""))
        takes_planned = planned is not None and (own is None or planned < own)
        caps.append(str(planned) if takes_planned else None if own is None else str(own))
        bases.append(reference if takes_planned else basis)
    return items.assign(ratio_cap=pd.Series(caps, index=items.index, dtype=object), basis=bases)


def _placed(outside: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The excluded rows with the stratum that would hold them, so that every stratum's count can be reconciled."""
    key = ["item_code", "grade", "district_code"]
    if "is_control" in outside.columns:
        key = [*key, "is_control"]
    else:
        cells = cells[~cells["is_control"]]
    drawable = cells.loc[~cells["is_due"], [*key, "stratum"]]
    placed = outside.drop(columns="stratum", errors="ignore").merge(drawable, on=key, how="left", validate="m:1")
    return placed.assign(stratum=placed["stratum"].astype(object).fillna(OUTSIDE))
