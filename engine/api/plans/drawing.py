"""What a draw carries out: published lines of one plan, or items outside it whose reason was published before.

Numbers, windows, ticket groups and ratios come from the lines as they were published, never from the operator. Draws of
one year share the year's quota, so a draw of the same items must be over (drawn or void) before the next commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.order import CERTIFIED, COMMITTED, DrawOrder
from engine.api.plans.approval import sealed_terms
from engine.api.plans.book import CONTROL, OUTSIDE, Published, plan_books, rows_on
from engine.errors import DrawError, PlanError, UsageError
from engine.messages import N_, Message
from engine.pipeline.planning import ArmKey, PlannedDraw, common_window, fits_together
from engine.pipeline.ports import Actor, Clock
from engine.ratios.quota import DrawOfYear
from engine.registers.line_checks import jurisdiction
from engine.registers.plan_lines import PlanLine
from engine.registers.plan_records import line_record
from engine.store.draws.plan_files import PlanFolder
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode


@dataclass(frozen=True, slots=True)
class Mandate:
    """By what a draw is made.

    Parameters
    ----------
    plan : name of the plan, ``YEAR-outside`` outside one. year : whose quota it takes from.
    items : codes. approval : document. window : days of the inspections.
    planned : the lines; None outside the plan. numbers : line to (which, of how many) draws of the year.
    edition : number and digest of the published plan. line_records : public records of the lines.
    arms : what assigns the control arm, None without one. control : its public record.
    outside : reason outside the plan and when it was published, None for a planned draw.
    """

    plan: str
    year: int
    items: tuple[str, ...]
    approval: str
    window: tuple[date, date]
    planned: PlannedDraw | None
    numbers: Mapping[str, tuple[int, int]]
    edition: Mapping[str, Any] | None
    line_records: Sequence[Mapping[str, Any]]
    arms: ArmKey | None
    control: Mapping[str, Any] | None
    outside: Mapping[str, str] | None

    @property
    def mode(self) -> SelectionMode:
        """Way of selection: outside the plan the whole library is drawn from."""
        return SelectionMode.RANDOM if self.planned is None else self.planned.mode


def publish_reason(
    workspace: Workspace,
    draw_id: str,
    *,
    items: Sequence[str],
    reason: str,
    document: str,
    actor: Actor,
    clock: Clock,
) -> Entry:
    """Publish why a draw outside the plan is made, before its commitment.

    Raises
    ------
    UsageError
        Reason or document is missing, or no item is named.
    """
    for what, text in (("--reason", reason), ("--document", document), ("--item", "".join(items))):
        if not text.strip():
            raise UsageError(what=what, value=text, remedy=Message(N_("a draw outside the plan needs it published")))
    return workspace.ledger.append(
        OUTSIDE,
        subject=draw_id,
        content={"items": sorted(set(items)), "document": document},
        actor=actor,
        at=clock(),
        reason=reason,
        idempotency_key=f"{OUTSIDE}:{draw_id}",
    )


def mandate_of(workspace: Workspace, order: DrawOrder, *, at: datetime) -> Mandate:
    """Return by what a draw is made.

    Raises
    ------
    PlanError
        A line is not published, the lines do not fit together, the plan's draws are used up or its window is over.
    DrawError
        A draw outside the plan has no published reason, or an earlier draw of the same items is still open.
    """
    reason = _reason(workspace, order, at=at)
    if order.lines:
        found = _planned(workspace, order, at=at, reason=reason)
    elif reason is None:
        raise DrawError(
            problem=Message(N_("{draw} is not in a plan and no reason was published before"), {"draw": order.draw_id}),
            remedy=Message(N_("name plan lines with --line, or publish the reason with 'xinheng plan outside' first")),
        )
    else:
        found = _outside(order, reason, at=at)
    _require_none_open(workspace, found)
    return found


def earlier_draws(workspace: Workspace, year: int) -> tuple[str, ...]:
    """Return the draws of a year's quota that were held, oldest first; void ones took nothing."""
    closed = {entry.subject: entry for entry in workspace.ledger.entries(action=CERTIFIED)}
    return tuple(
        entry.subject
        for entry in workspace.ledger.entries(action=COMMITTED)
        if entry.particulars.get("year") == year and entry.subject in closed and not closed[entry.subject].reason
    )


def taken_in_year(workspace: Workspace, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what earlier draws of a year took, whatever the items: drawn selections, and the strata they lay in."""
    earlier = earlier_draws(workspace, year)
    runs = latest_runs(workspace.warehouse, draw_ids=list(earlier)) if earlier else {}
    parts = [_drawn_rows(workspace, draw_id, run_id) for draw_id, run_id in runs.items()]
    selections = [pd.DataFrame({name: pd.Series([], dtype=object) for name in _DRAWN}), *(rows for rows, _ in parts)]
    strata = [pd.DataFrame({name: pd.Series([], dtype=object) for name in _STRATUM}), *(table for _, table in parts)]
    return _stacked(selections), _stacked(strata)


_DRAWN = ("draw_id", "entity_id", "item_code", "visit_id", "stratum", "grade", "district_code", "arm")
_STRATUM = ("draw_id", "item_code", "stratum", "is_due")


def _drawn_rows(workspace: Workspace, draw_id: str, run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    warehouse = workspace.warehouse
    held = warehouse.read("selections", run_id=run_id)
    rows = held.filter(held.is_drawn, held.draw_id == draw_id).execute()
    strata = warehouse.read("strata", run_id=run_id).filter(lambda table: table.draw_id == draw_id).execute()
    return rows.reindex(columns=list(_DRAWN)), strata.reindex(columns=list(_STRATUM))


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table.astype(object) for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _reason(workspace: Workspace, order: DrawOrder, *, at: datetime) -> Entry | None:
    entries = workspace.ledger.entries(action=OUTSIDE, subject=order.draw_id)
    published = [entry for entry in entries if datetime.fromisoformat(entry.entered_at) < at]
    return published[-1] if published else None


def _outside(order: DrawOrder, reason: Entry, *, at: datetime) -> Mandate:
    named = tuple(reason.particulars["items"])
    if order.items and tuple(sorted(set(order.items))) != named:
        raise DrawError(
            problem=Message(
                N_("the published reason names the items {items}, not those of the draw"), {"items": ", ".join(named)}
            ),
            remedy=Message(N_("draw what was published, or publish another reason")),
        )
    until = order.inspect_until or date(at.year, 12, 31)
    return Mandate(
        plan=f"{until.year}-outside",
        year=until.year,
        items=named,
        approval=str(reason.particulars["document"]),
        window=(at.date(), until),
        planned=None,
        numbers={},
        edition=None,
        line_records=(),
        arms=None,
        control=None,
        outside={
            "reason": reason.reason,
            "published_at": reason.entered_at,
            "document": str(reason.particulars["document"]),
        },
    )


def _planned(workspace: Workspace, order: DrawOrder, *, at: datetime, reason: Entry | None) -> Mandate:
    plan, published, lines = _published_lines(workspace, order.lines, on=at.date())
    numbers = line_numbers(workspace, lines)
    beyond = [name for name, (number, draws) in numbers.items() if number > draws]
    if beyond and reason is None:
        params = {"line": beyond[0], "n": numbers[beyond[0]][1]}
        raise PlanError(
            plan=plan,
            problem=Message(N_("line {line} has had its {n} draw(s) of the year"), params),
            remedy=Message(N_("publish the reason for a further one with 'xinheng plan outside' first")),
        )
    parts = {name: DrawOfYear(min(number, draws), draws) for name, (number, draws) in numbers.items()}
    planned = one_draw(workspace, plan, lines, parts, on=at.date())
    slots = {name: published.slots[name, part.number] for name, part in parts.items()}
    window = _window(plan, planned, slots, order=order, today=at.date())
    arms, control = _arms(workspace, plan, lines)
    key = PlanFolder(workspace.path, plan_id=plan).key()
    return Mandate(
        plan=plan,
        year=lines[0].year,
        items=tuple(sorted(planned.line_of)),
        approval=f"{plan} edition {published.edition}: {published.approval}",
        window=window,
        planned=planned,
        numbers=numbers,
        edition={"number": published.edition, "digest": published.digest},
        line_records=[line_record(line, sealed=sealed_terms(line, key=key)) for line in lines],
        arms=arms,
        control=control,
        outside=None if reason is None or not beyond else {"reason": reason.reason, "published_at": reason.entered_at,
                                                           "document": str(reason.particulars["document"])},
    )  # fmt: skip


def _published_lines(
    workspace: Workspace, wanted: Sequence[str], *, on: date
) -> tuple[str, Published, tuple[PlanLine, ...]]:
    books = plan_books(workspace, on=on)
    held = {line: name for name, book in books.items() if book.published for line in book.published.lines}
    missing = sorted(set(wanted) - set(held))
    if missing:
        raise PlanError(
            plan="-",
            problem=Message(N_("line {line} is in no published plan"), {"line": missing[0]}),
            remedy=Message(N_("see 'xinheng plan list'; only approved and published lines are drawn")),
        )
    plans = sorted({held[line] for line in wanted})
    if len(plans) > 1:
        raise PlanError(
            plan=plans[0],
            problem=Message(N_("lines of {plans} are lines of different plans"), {"plans": ", ".join(plans)}),
            remedy=Message(N_("draw each plan by itself")),
        )
    published = books[plans[0]].published
    lines = tuple(published.lines[line] for line in sorted(set(wanted))) if published else ()
    return plans[0], published, lines  # type: ignore[return-value]


def line_numbers(workspace: Workspace, lines: Sequence[PlanLine]) -> dict[str, tuple[int, int]]:
    """Return which draw of the year comes next for each line, and how many the line has; the next may be beyond."""
    held = set(earlier_draws(workspace, lines[0].year))
    named = [e.particulars.get("lines", []) for e in workspace.ledger.entries(action=COMMITTED) if e.subject in held]
    return {
        line.line_id: (1 + sum(bool({line.line_id, *line.merged_from} & set(each)) for each in named), line.draws)
        for line in lines
    }


def one_draw(
    workspace: Workspace, plan: str, lines: tuple[PlanLine, ...], parts: Mapping[str, DrawOfYear], *, on: date
) -> PlannedDraw:
    """Return the lines as one draw, each in its area.

    Raises
    ------
    PlanError
        They do not fit together.
    """
    districts = rows_on(workspace, "districts", on=on)
    area = {line.line_id: line.pool.districts or jurisdiction(line.authority, districts) for line in lines}
    planned = PlannedDraw(lines, parts, area)
    if problem := fits_together(planned):
        raise PlanError(plan=plan, problem=problem, remedy=Message(N_("draw them one by one or merge them")))
    return planned


def _window(
    plan: str,
    planned: PlannedDraw,
    slots: Mapping[str, tuple[date, date]],
    *,
    order: DrawOrder,
    today: date,
) -> tuple[date, date]:
    first, last = common_window(planned, slots)
    until = order.inspect_until or last
    latest = min(line.window_end for line in planned.lines)
    if not today <= until <= latest:
        params = {"until": until, "today": today, "latest": latest}
        raise PlanError(
            plan=plan,
            problem=Message(
                N_("inspections until {until} do not lie between today, {today}, and the end {latest}"), params
            ),
            remedy=Message(N_("choose --inspect-until inside the lines' window, or amend the plan")),
        )
    return min(first, until), until


def _arms(workspace: Workspace, plan: str, lines: Sequence[PlanLine]) -> tuple[ArmKey | None, dict[str, Any] | None]:
    if not any(line.control for line in lines):
        return None, None
    entries = workspace.ledger.entries(action=CONTROL, subject=plan)
    if not entries:
        raise PlanError(
            plan=plan,
            problem=Message(N_("its control arm was not assigned yet")),
            remedy=Message(N_("enter the value of the named event with 'xinheng plan control'")),
        )
    said = entries[0].particulars
    public = {"value": said["value"], "plan_digest": said["plan_digest"], "seed": said["seed"]}
    return arm_key(workspace, plan, seed=str(said["seed"])), public


def arm_key(workspace: Workspace, plan: str, *, seed: str) -> ArmKey:
    """Return what assigns a plan's control arm once its seed (hex) is on the ledger."""
    return ArmKey(plan, bytes.fromhex(seed), PlanFolder(workspace.path, plan_id=plan).key())


def _require_none_open(workspace: Workspace, found: Mandate) -> None:
    """An earlier draw of the same items that is committed but not drawn: what is left of the year is not known yet."""
    closed = {entry.subject for entry in workspace.ledger.entries(action=CERTIFIED)}
    for entry in workspace.ledger.entries(action=COMMITTED):
        said = entry.particulars
        shares = set(said.get("items", ())) & set(found.items)
        is_same = said.get("plan") == found.plan or found.planned is None or not said.get("lines")
        if entry.subject not in closed and said.get("year") == found.year and shares and is_same:
            raise DrawError(
                problem=Message(
                    N_("draw {draw} of the same items is committed but not drawn: it is not known what is left"),
                    {"draw": entry.subject},
                ),
                remedy=Message(N_("run it or void it first")),
            )
