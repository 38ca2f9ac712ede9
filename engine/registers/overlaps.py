"""Which plan lines meet the same objects, what could be merged or drawn jointly, and where city and county collide.

Sizes are counts of the register by kind of object (type, industry, district, tags), so a reviewer sees how many firms
are concerned. Two lines are *duplicates* where they name the same item for at least one object; they are *joint* where
the objects they share are at least the policy's share of the objects that either has (Jaccard index: a line that
concerns everybody does not swallow the others). Nothing is merged by rule: a proposal waits for a person.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.messages import N_, Message
from engine.registers.plan_lines import DrawType, PlanLine, Pool, codes_of, line_row
from engine.vocabulary import JOINER

DUPLICATE, JOINT = "duplicate", "joint"
KIND = ("entity_type", "industry_code", "district_code", "tags")
"""What decides whether a line meets an object."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """How many objects each line meets and each pair shares.

    Parameters
    ----------
    lines : in order. sizes : objects per line. shared : objects per pair. by_item : item code to the objects of each
        line under that item, boolean (line, kind).
    """

    lines: tuple[PlanLine, ...]
    sizes: NDArray[np.int64]
    shared: NDArray[np.int64]
    kinds: NDArray[np.int64]
    by_item: dict[str, NDArray[np.bool_]]

    def shared_under(self, item: str, first: int, second: int) -> int:
        """Return the objects that two lines meet under one item."""
        members = self.by_item[item]
        return int(self.kinds[members[first] & members[second]].sum())


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge or a joint draw for a person to decide.

    Parameters
    ----------
    proposal_id : digest of the lines it is about; another content is another proposal.
    kind : ``duplicate`` or ``joint``. line_ids : concerned. shared : objects in all of them. sizes : objects of each.
    result : the joint line that would replace them; None for lines to be drawn jointly as they stand.
    window : common days of a joint draw, None when there are none.
    notes : what a reviewer should know.
    """

    proposal_id: str
    kind: str
    line_ids: tuple[str, ...]
    shared: int
    sizes: tuple[int, ...]
    result: PlanLine | None
    window: tuple[date, date] | None
    notes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two plans that would visit the same objects for the same item: ``lines`` and the objects concerned."""

    item: str
    lines: tuple[str, str]
    shared: int


def coverage(
    lines: Sequence[PlanLine], items: pd.DataFrame, kinds: pd.DataFrame, *, area: Sequence[frozenset[str]]
) -> Coverage:
    """Return whom every line meets.

    Parameters
    ----------
    lines : plan lines. items : item list, key item_code; applies_to_types, applies_to_industries.
    kinds : how many objects of each kind the register holds: the columns of :data:`KIND`, no nulls, and ``n``.
    area : per line the districts under its authority.

    Notes
    -----
    Risk classes of a pool are left out of the count: they change monthly. Cost: O(lines x kinds).
    """
    listed = items.set_index("item_code")
    counts = kinds["n"].to_numpy(np.int64)
    whole = np.zeros((len(lines), len(kinds)), dtype=bool)
    by_item: dict[str, NDArray[np.bool_]] = {}
    for at, (line, inside) in enumerate(zip(lines, area, strict=True)):
        own = _in_pool(kinds, line.pool, area=inside)
        for code in line.items:
            if code not in listed.index:
                continue
            item = listed.loc[code]
            applies = Pool(
                frozenset(codes_of(item["applies_to_types"])), frozenset(codes_of(item["applies_to_industries"]))
            )
            members = by_item.setdefault(code, np.zeros_like(whole))
            members[at] = own & _in_pool(kinds, applies, area=frozenset())
            whole[at] |= members[at]
    weighted = whole * counts
    shared = weighted.astype(np.int64) @ whole.T.astype(np.int64)
    return Coverage(tuple(lines), shared.diagonal().copy(), shared, counts, by_item)


def _in_pool(kinds: pd.DataFrame, pool: Pool, *, area: frozenset[str]) -> NDArray[np.bool_]:
    inside = np.ones(len(kinds), dtype=bool)
    if pool.entity_types:
        inside &= kinds["entity_type"].isin(pool.entity_types).to_numpy()
    if pool.industries:
        codes = kinds["industry_code"]
        wanted = pool.industries
        inside &= (codes.isin(wanted) | codes.str[:1].isin(wanted) | codes.str[:3].isin(wanted)).to_numpy()
    if pool.tags:
        inside &= kinds["tags"].map(lambda joined: bool(set(joined.split(JOINER)) & pool.tags)).to_numpy(bool)
    districts = pool.districts or area
    return inside & kinds["district_code"].isin(districts).to_numpy() if districts else inside


def proposals(found: Coverage, *, least_share: Fraction) -> tuple[Proposal, ...]:
    """Return what the lines of one plan could be merged into, in the order of their first line.

    Parameters
    ----------
    found : coverage of the lines of one plan. least_share : policy ``plan.overlap``.
    """
    lines = found.lines
    doubled = _groups(len(lines), [(a, b) for a, b in _pairs(lines) if _same_item(found, a, b)])
    joint = _groups(len(lines), [(a, b) for a, b in _pairs(lines) if _is_joint(found, a, b, least_share)])
    made = [_duplicate(found, group) for group in doubled if len(group) > 1]
    made += [_joint(found, group) for group in joint if len(group) > 1 and group not in doubled]
    return tuple(sorted(made, key=lambda one: (one.line_ids, one.kind)))


def conflicts(found: Coverage) -> tuple[Conflict, ...]:
    """Return where lines of different plans (city, county) name the same item for the same objects."""
    made = []
    for a, b in _pairs(found.lines):
        first, second = found.lines[a], found.lines[b]
        if first.plan_id == second.plan_id:
            continue
        for item in sorted(set(first.items) & set(second.items) & set(found.by_item)):
            if shared := found.shared_under(item, a, b):
                made.append(Conflict(item, (first.line_id, second.line_id), shared))
    return tuple(made)


def _pairs(lines: Sequence[PlanLine]) -> list[tuple[int, int]]:
    return [(a, b) for a in range(len(lines)) for b in range(a + 1, len(lines))]


def _same_item(found: Coverage, a: int, b: int) -> bool:
    both = set(found.lines[a].items) & set(found.lines[b].items) & set(found.by_item)
    return _like(found.lines[a], found.lines[b]) and any(found.shared_under(item, a, b) for item in both)


def _is_joint(found: Coverage, a: int, b: int, least: Fraction) -> bool:
    shared = int(found.shared[a, b])
    either = int(found.sizes[a] + found.sizes[b]) - shared
    return either > 0 and Fraction(shared, either) >= least and _like(found.lines[a], found.lines[b])


def _like(first: PlanLine, second: PlanLine) -> bool:
    """Only lines of one kind of draw can be one: another frame or another control arm is another draw."""
    return (first.draw_type, first.control) == (second.draw_type, second.control)


def _groups(size: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    group = list(range(size))
    for a, b in edges:
        low, high = sorted((group[a], group[b]))
        group = [low if each == high else each for each in group]
    return [tuple(at for at in range(size) if group[at] == name) for name in sorted(set(group))]


def _duplicate(found: Coverage, group: tuple[int, ...]) -> Proposal:
    """One line instead of several that name the same item: everything together, the milder limits said."""
    lines = [found.lines[at] for at in group]
    first = lines[0]
    notes = []
    ratio = max(line.ratio for line in lines)
    if len({line.ratio for line in lines}) > 1:
        params = {"ratios": ", ".join(str(line.ratio) for line in lines), "ratio": str(ratio)}
        notes.append(
            Message(N_("the ratios differ ({ratios}); the joint line takes {ratio}, capped item by item"), params)
        )
    if len({line.pool for line in lines}) > 1:
        notes.append(Message(N_("the pools differ; the joint line takes all of them together"), {}))
    start, end = max(line.window_start for line in lines), min(line.window_end for line in lines)
    if start > end:
        start, end = min(line.window_start for line in lines), max(line.window_end for line in lines)
        notes.append(Message(N_("the windows have no common day; the joint line takes all days"), {}))
    days = None if any(line.person_days is None for line in lines) else sum(line.person_days or 0 for line in lines)
    pool = _joined_pool([line.pool for line in lines])
    result = replace(
        first,
        draw_type=DrawType.OPEN if pool.is_whole else first.draw_type,
        line_id="+".join(line.line_id for line in lines),
        items=_union(line.items for line in lines),
        objects=JOINER.join(dict.fromkeys(line.objects for line in lines)),
        ratio=ratio,
        window_start=start,
        window_end=end,
        participants=_union((*line.participants, line.initiator) for line in lines),
        methods=_union(line.methods for line in lines),
        is_off_site=all(line.is_off_site for line in lines),
        draws=max(line.draws for line in lines),
        pool=pool,
        person_days=None if days is None else Fraction(days),
        blind_share=max(line.blind_share for line in lines),
        merged_from=tuple(line.line_id for line in lines),
    )
    return _proposal(found, group, kind=DUPLICATE, result=result, window=(start, end), notes=notes)


def _joint(found: Coverage, group: tuple[int, ...]) -> Proposal:
    """Lines that meet largely the same objects stay as they are and share tickets, window and draw."""
    lines = [found.lines[at] for at in group]
    start, end = max(line.window_start for line in lines), min(line.window_end for line in lines)
    notes = []
    if start > end:
        notes.append(Message(N_("the windows have no common day; move one before the lines can be drawn jointly"), {}))
    window = None if start > end else (start, end)
    return _proposal(found, group, kind=JOINT, result=None, window=window, notes=notes)


def _proposal(
    found: Coverage,
    group: tuple[int, ...],
    *,
    kind: str,
    result: PlanLine | None,
    window: tuple[date, date] | None,
    notes: list[Message],
) -> Proposal:
    lines = [found.lines[at] for at in group]
    content = json.dumps(
        [kind, *[line_row(line, known_on=line.submitted_on) for line in lines]], default=str, sort_keys=True
    )
    name = f"p{hashlib.sha256(content.encode()).hexdigest()[:10]}"
    shared = int(min(found.shared[a, b] for a in group for b in group))
    sizes = tuple(int(found.sizes[at]) for at in group)
    return Proposal(name, kind, tuple(line.line_id for line in lines), shared, sizes, result, window, tuple(notes))


def _union(groups: object) -> tuple[str, ...]:
    return tuple(sorted({code for group in groups for code in group}))  # type: ignore[attr-defined]


def _joined_pool(pools: Sequence[Pool]) -> Pool:
    def together(name: str) -> frozenset[str]:
        parts = [getattr(pool, name) for pool in pools]
        return frozenset().union(*parts) if all(parts) else frozenset()

    return Pool(*(together(name) for name in ("entity_types", "industries", "tags", "districts", "grades")))
