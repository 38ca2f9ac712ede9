"""Time slots of the year's draws, so that departments are not overrun and joint lines come at the same time.

Each line's window is cut into as many equal parts as it has draws; inside its part a draw gets a slot no longer than
policy says (``plan.schedule``), begun on the step that leaves the busiest department-week least busy (ties: the
earliest). Lines of one joint group get one slot together, inside their common window. Lines are placed by width of
window, the narrowest first, then by name: the result depends on nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.errors import PlanError
from engine.messages import N_, Message
from engine.registers.plan_lines import PlanLine

_WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Slot:
    """Days in which what one draw of a line selects is inspected; ``number`` counts from 1."""

    line_id: str
    number: int
    starts_on: date
    ends_on: date


def schedule(
    lines: Sequence[PlanLine],
    *,
    joint: Sequence[tuple[str, ...]],
    checks: Mapping[str, float],
    longest_days: int,
    step_days: int,
) -> tuple[Slot, ...]:
    """Return a slot for every draw of every line, by line and number.

    Parameters
    ----------
    lines : of one plan. joint : accepted joint draws, line ids each.
    checks : expected checks of the year by line (what loads a department).
    longest_days, step_days : policy ``plan.schedule``.

    Raises
    ------
    PlanError
        Lines to be drawn jointly have no common day, or not the same number of draws.
    """
    by_id = {line.line_id: line for line in lines}
    grouped = [tuple(sorted(set(group) & set(by_id))) for group in joint]
    grouped = [group for group in grouped if len(group) > 1]
    placed = {line_id for group in grouped for line_id in group}
    units = [*grouped, *((line_id,) for line_id in sorted(by_id) if line_id not in placed)]
    windows = {unit: _window([by_id[line_id] for line_id in unit]) for unit in units}
    load: dict[tuple[str, int], float] = {}
    slots: list[Slot] = []
    for unit in sorted(units, key=lambda one: ((windows[one][1] - windows[one][0]).days, one)):
        members = [by_id[line_id] for line_id in unit]
        draws = members[0].draws
        for number, (first, last) in enumerate(_parts(*windows[unit], draws=draws), start=1):
            wanted = _wanted(members, checks, draws=draws)
            start, end = _quietest(first, last, wanted=wanted, load=load, longest=longest_days, step=step_days)
            _book(start, end, wanted=wanted, load=load)
            slots += [Slot(line_id, number, start, end) for line_id in unit]
    return tuple(sorted(slots, key=lambda slot: (slot.line_id, slot.number)))


def _window(lines: Sequence[PlanLine]) -> tuple[date, date]:
    start, end = max(line.window_start for line in lines), min(line.window_end for line in lines)
    names = ", ".join(line.line_id for line in lines)
    if start > end:
        raise PlanError(
            plan=lines[0].plan_id,
            problem=Message(N_("lines {lines} are to be drawn jointly but have no common day"), {"lines": names}),
            remedy=Message(N_("move a window or refuse the joint draw")),
        )
    if len({line.draws for line in lines}) > 1:
        raise PlanError(
            plan=lines[0].plan_id,
            problem=Message(
                N_("lines {lines} are to be drawn jointly but have unequal numbers of draws"), {"lines": names}
            ),
            remedy=Message(N_("give them the same number of draws or refuse the joint draw")),
        )
    return start, end


def _parts(start: date, end: date, *, draws: int) -> list[tuple[date, date]]:
    days = (end - start).days + 1
    cuts = [start + timedelta(days=days * at // draws) for at in range(draws + 1)]
    return [(first, following - timedelta(days=1)) for first, following in zip(cuts, cuts[1:], strict=False)]


def _wanted(lines: Sequence[PlanLine], checks: Mapping[str, float], *, draws: int) -> dict[str, float]:
    """Expected checks of one draw by department."""
    wanted: dict[str, float] = {}
    for line in lines:
        for department in {line.initiator, *line.participants}:
            wanted[department] = wanted.get(department, 0.0) + checks.get(line.line_id, 0.0) / draws
    return wanted


def _quietest(
    first: date,
    last: date,
    *,
    wanted: Mapping[str, float],
    load: Mapping[tuple[str, int], float],
    longest: int,
    step: int,
) -> tuple[date, date]:
    length = min(longest, (last - first).days + 1)
    latest = last - timedelta(days=length - 1)
    starts = [first + timedelta(days=ahead) for ahead in range(0, (latest - first).days + 1, step)]

    def busiest(start: date) -> float:
        weeks = _weeks(start, start + timedelta(days=length - 1))
        return max(
            load.get((department, week), 0.0) + n / len(weeks) for department, n in wanted.items() for week in weeks
        )

    start = min(starts, key=lambda begin: (busiest(begin), begin))
    return start, start + timedelta(days=length - 1)


def _book(start: date, end: date, *, wanted: Mapping[str, float], load: dict[tuple[str, int], float]) -> None:
    weeks = _weeks(start, end)
    for department, n in wanted.items():
        for week in weeks:
            load[department, week] = load.get((department, week), 0.0) + n / len(weeks)


def _weeks(start: date, end: date) -> range:
    return range(start.toordinal() // _WEEK_DAYS, end.toordinal() // _WEEK_DAYS + 1)
