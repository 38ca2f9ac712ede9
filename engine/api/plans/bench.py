"""The lines of a plan as the laboratory simulates them: their pools, areas, ticket groups, draws of the year, arms.

Published lines are taken as they were published, all others as they stand, so that a plan can be tried before it is
approved. Nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.plans.book import CONTROL, PlanBook, plan_books
from engine.api.plans.drawing import arm_key, line_numbers, one_draw
from engine.errors import PlanError, UndefinedEstimateError
from engine.messages import N_, Message
from engine.pipeline.planning import ArmKey, PlannedDraw
from engine.ratios.quota import DrawOfYear
from engine.registers.plan_lines import PlanLine
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode

_EVER = date(9999, 12, 31)
_STAND_IN = b"a lot that stands in until the arm is assigned"


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """Which lines are to be simulated.

    Parameters
    ----------
    plan : name of a plan, all of whose lines are meant; None = the lines are named.
    lines : names of lines, of one plan.
    is_whole_year : what is left of the lines' year as one draw, instead of the next draw.
    """

    plan: str | None = None
    lines: tuple[str, ...] = ()
    is_whole_year: bool = False

    def __bool__(self) -> bool:
        return bool(self.plan or self.lines)


@dataclass(frozen=True, slots=True)
class PlanLines:
    """Lines ready to be simulated as one draw.

    Parameters
    ----------
    plan : name. draw : the lines with areas and draws of the year. arms : what assigns the control arm.
    until : last day of the inspections. notes : what the reader must know of them.
    """

    plan: str
    draw: PlannedDraw
    arms: ArmKey | None
    until: date
    notes: tuple[Message, ...]

    @property
    def is_filtered(self) -> bool:
        """Whether the lines draw from pools that are cut out of an item's objects."""
        return self.draw.mode is SelectionMode.FILTERED_DRAW


def plan_lines_of(workspace: Workspace, choice: PlanChoice, *, on: date, until: date | None = None) -> PlanLines:
    """Return the chosen lines as one draw.

    Parameters
    ----------
    on : day of the registers that areas are read from. until : last day of the inspections; None = as the lines say.

    Raises
    ------
    PlanError
        No such plan or line, lines of several plans, lines that cannot be one draw, or no draw of the year is left.
    """
    plan, book, chosen = _chosen(workspace, choice)
    numbers = line_numbers(workspace, chosen)
    beyond = sorted(name for name, (number, draws) in numbers.items() if number > draws)
    lines = tuple(line for line in chosen if line.line_id not in beyond)
    if beyond and (choice.lines or not lines):
        raise PlanError(
            plan=plan,
            problem=Message(
                N_("line {line} has had its {n} draw(s) of the year"), {"line": beyond[0], "n": numbers[beyond[0]][1]}
            ),
            remedy=Message(N_("simulate a line with draws to come")),
        )
    numbers = {line.line_id: numbers[line.line_id] for line in lines}
    parts = {
        name: DrawOfYear(draws if choice.is_whole_year else number, draws) for name, (number, draws) in numbers.items()
    }
    draw = one_draw(workspace, plan, lines, parts, on=on)
    arms, said = _arms(workspace, plan, lines)
    notes = [_standing(book, lines), *said]
    if beyond:
        notes.append(Message(N_("lines {lines} have had their draws of the year"), {"lines": ", ".join(beyond)}))
    if choice.is_whole_year and max(draws - number for number, draws in numbers.values()) > 0:
        notes.append(Message(N_("what is left of the year is simulated as one draw; several draws visit more often")))
    ends = [line.window_end for line in lines]
    return PlanLines(plan, draw, arms, until or min(ends), tuple(notes))


def only_evidence_of(logged: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Return the logged rows that rates may be learned from.

    Parameters
    ----------
    logged : rows of :func:`engine.api.draws.logged.logged_draws`.
    rows : (entity_id, item_code, in_pool) of filtered lines; None when everybody of an item can be drawn.

    Notes
    -----
    A filtered draw says nothing about objects outside its pool, so it counts only for filtered lines, and there every
    row counts by whether its object is in their pool.

    Raises
    ------
    UndefinedEstimateError
        Nothing is left that has a result.
    """
    if rows is None:
        kept = logged[logged["selection_mode"] == SelectionMode.RANDOM.value]
        reason = Message(N_("only filtered draws have results, and they say nothing about objects outside their pool"))
    else:
        key = ["entity_id", "item_code"]
        pool = pd.MultiIndex.from_frame(rows.loc[rows["in_pool"], key])
        kept = logged[pd.MultiIndex.from_frame(logged[key]).isin(pool)]
        reason = Message(N_("no object of the pool was checked in a draw"))
    if not kept["adverse"].notna().any():
        raise UndefinedEstimateError(measure=Message(N_("the rate")), reason=reason)
    return kept


def _chosen(workspace: Workspace, choice: PlanChoice) -> tuple[str, PlanBook, tuple[PlanLine, ...]]:
    books = plan_books(workspace, on=_EVER)
    held = {name: _lines(book) for name, book in books.items()}
    if choice.plan is not None and choice.plan not in held:
        raise PlanError(
            plan=choice.plan,
            problem=Message(N_("no line of it was submitted")),
            remedy=Message(N_("name it as YEAR-AREA, such as 2026-330600, or submit its lines first")),
        )
    owner = {line: name for name, lines in held.items() for line in lines}
    wanted: Sequence[str] = choice.lines or sorted(held[choice.plan or ""])
    missing = sorted(set(wanted) - set(owner))
    if missing:
        raise PlanError(
            plan=choice.plan or "-",
            problem=Message(N_("line {line} is in no plan"), {"line": missing[0]}),
            remedy=Message(N_("see 'xinheng plan list'")),
        )
    plans = sorted({owner[line] for line in wanted} | ({choice.plan} if choice.plan else set()))
    if len(plans) > 1:
        raise PlanError(
            plan=plans[0],
            problem=Message(N_("lines of {plans} are lines of different plans"), {"plans": ", ".join(plans)}),
            remedy=Message(N_("draw each plan by itself")),
        )
    return plans[0], books[plans[0]], tuple(held[plans[0]][line] for line in sorted(set(wanted)))


def _lines(book: PlanBook) -> dict[str, PlanLine]:
    """The lines as published, then those that stand beside them."""
    return {line.line_id: line for line in book.lines} | dict(book.published.lines if book.published else {})


def _standing(book: PlanBook, lines: Sequence[PlanLine]) -> Message:
    published = {} if book.published is None else book.published.lines
    open_lines = sorted(line.line_id for line in lines if line.line_id not in published)
    if open_lines:
        params = {"lines": ", ".join(open_lines)}
        return Message(N_("lines {lines} are not published: simulated as they stand now"), params)
    params = {"n": str(book.published.edition if book.published else 0)}
    return Message(N_("lines as published in edition {n}"), params)


def _arms(workspace: Workspace, plan: str, lines: Sequence[PlanLine]) -> tuple[ArmKey | None, tuple[Message, ...]]:
    if not any(line.control for line in lines):
        return None, ()
    entries = workspace.ledger.entries(action=CONTROL, subject=plan)
    if entries:
        return arm_key(workspace, plan, seed=str(entries[0].particulars["seed"])), ()
    said = Message(N_("the control arm is not assigned yet: a lot of the same share stands in for it"))
    return ArmKey(plan, _STAND_IN, _STAND_IN), (said,)
