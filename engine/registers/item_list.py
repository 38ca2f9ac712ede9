"""The item list (随机抽查事项清单): what an edition holds, how two editions differ, and the path to its publication.

An edition is drafted by departments, consolidated by the lead bureau, approved by the government and published, by
four different people at least; whoever took one step takes no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message

CONTENT = (
    "name", "department_code", "item_class", "ratio_cap", "basis", "body", "content", "method", "applies_to_types",
    "applies_to_industries", "specialities", "parent_item_code", "occurred_on", "ends_on",
)  # fmt: skip


class Step(StrEnum):
    """The steps of an edition, in their order."""

    DRAFTED = "drafted"
    CONSOLIDATED = "consolidated"
    APPROVED = "approved"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of one edition: ``digest`` of the rows it is about, ``department`` for drafts, who, and which entry."""

    step: Step
    digest: str
    department: str
    actor: str
    sequence: int


def drafts_in_force(steps: Sequence[StepTaken]) -> dict[str, StepTaken]:
    """Return department → its last draft."""
    return {each.department: each for each in steps if each.step is Step.DRAFTED}


def state(steps: Sequence[StepTaken]) -> StepTaken | None:
    """Return the step that an edition has reached, None before the first.

    A draft after the consolidation takes the edition back to ``drafted``, until it is published.
    """
    reached: StepTaken | None = None
    for each in sorted(steps, key=lambda taken: taken.sequence):
        if reached is None or reached.step is not Step.PUBLISHED:
            reached = each
    return reached


def require_step(steps: Sequence[StepTaken], step: Step, *, actor: str, edition: str) -> None:
    """Raise unless ``step`` may follow and the actor took no other step of this edition.

    Raises
    ------
    UsageError
        The edition is elsewhere on its path, or the same person would take two steps.
    """
    now = state(steps)
    order = list(Step)
    before = None if now is None else now.step
    wanted: tuple[Step | None, ...] = (order[order.index(step) - 1],) if step is not Step.DRAFTED else (
        None, Step.DRAFTED, Step.CONSOLIDATED, Step.APPROVED,
    )  # fmt: skip
    if step is Step.CONSOLIDATED:
        wanted = (Step.DRAFTED,)
    if before not in wanted:
        said = {"state": "-" if before is None else before.value, "step": step.value}
        raise _refusal(edition, Message(N_("the edition is at {state}, {step} cannot follow"), said))
    others = sorted({each.step.value for each in steps if each.actor == actor and each.step is not step})
    if others:
        said = {"actor": actor, "steps": ", ".join(others)}
        raise _refusal(edition, Message(N_("{actor} took the step {steps}; another person must take this one"), said))


def _refusal(edition: str, problem: Message) -> UsageError:
    return UsageError(what=Message(N_("edition")), value=edition, remedy=problem)


def consolidated(drafts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all drafts as one list, sorted by item code.

    Raises
    ------
    UsageError
        Two drafts hold the same item, or an item derives from itself through others.
    """
    rows = pd.concat(list(drafts), ignore_index=True).sort_values("item_code", ignore_index=True)
    twice = sorted(rows["item_code"][rows["item_code"].duplicated()].unique())
    if twice:
        remedy = Message(N_("several drafts hold it; one department proposes an item"))
        raise UsageError(what=Message(N_("item")), value=", ".join(twice), remedy=remedy)
    return rows


def list_warnings(
    rows: pd.DataFrame, *, known_items: frozenset[str], known_departments: frozenset[str]
) -> list[Message]:
    """Return what the person who consolidates should look at: unknown departments and parents, one name twice."""
    found = []
    codes = frozenset(rows["item_code"])
    for row in rows.sort_values("item_code").to_dict("records"):
        code, parent = row["item_code"], row["parent_item_code"]
        if row["department_code"] not in known_departments:
            said = {"item": code, "department": row["department_code"]}
            found.append(Message(N_("{item}: the department {department} is not on the list"), said))
        if isinstance(parent, str) and parent not in codes | known_items:
            said = {"item": code, "parent": parent}
            found.append(Message(N_("{item}: the parent item {parent} is in no list known here"), said))
    for name, group in rows.groupby("name", sort=True):
        if len(group) > 1:
            said = {"items": ", ".join(group["item_code"]), "name": name}
            found.append(Message(N_("{items} carry the same name {name}: the same check twice?"), said))
    return found


def differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return how two editions differ, one row per item that came or went and per column that changed.

    Parameters
    ----------
    old, new : rows of an edition, key ``item_code``; compared are the columns of :data:`CONTENT`.

    Returns
    -------
    DataFrame sorted by item: item_code, change (added, removed, changed), column, old, new.
    """
    before, after = (_by_code(rows) for rows in (old, new))
    found: list[tuple[str, str, str, object, object]] = []
    for code in sorted({*before, *after}):
        if code not in before or code not in after:
            kind = "added" if code not in before else "removed"
            name = (after if code in after else before)[code]["name"]
            found.append((code, kind, "name", None if kind == "added" else name, name if kind == "added" else None))
            continue
        for column in CONTENT:
            was, now = before[code][column], after[code][column]
            if was != now:
                found.append((code, "changed", column, was, now))
    return pd.DataFrame(found, columns=["item_code", "change", "column", "old", "new"])


def _by_code(rows: pd.DataFrame) -> dict[str, dict[str, object]]:
    plain = {}
    for row in rows.to_dict("records"):
        plain[str(row["item_code"])] = {column: _plain(row.get(column)) for column in CONTENT}
    return plain


def _plain(value: object) -> object:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, date):  # timestamps too
        return date(value.year, value.month, value.day).isoformat()
    return value


def to_publish(rows: pd.DataFrame, standing: pd.DataFrame, *, edition: str, in_force_on: date) -> pd.DataFrame:
    """Return the item versions that bring an edition into force on a day: its rows, and an end for those it drops.

    Parameters
    ----------
    rows : the approved list. standing : items in force the day before.

    Notes
    -----
    A version counts from the day it takes effect: that day is its ``known_at``, so that a draw before it still reads
    the edition before.
    """
    news = rows.assign(edition=edition, known_at=in_force_on)
    dropped = standing[~standing["item_code"].isin(rows["item_code"])]
    last_day = in_force_on - timedelta(days=1)
    begins = pd.to_datetime(dropped["occurred_on"]).dt.date
    ends = [max(last_day, begin) for begin in begins]
    return pd.concat([news, dropped.assign(ends_on=ends, known_at=in_force_on)], ignore_index=True)[list(rows.columns)]


def in_force(items: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Return the items that may be inspected on a day: those whose last day has not passed."""
    ends = pd.to_datetime(items["ends_on"])
    return items[ends.isna() | (ends >= pd.Timestamp(on))]
