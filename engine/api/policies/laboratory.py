"""A workspace made ready for the laboratory: the frame of the next draw, what logged draws showed; nothing changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.committing.framing import capacity_left, checks_known, register_on
from engine.api.draws.logged import first_results, logged_draws
from engine.api.draws.roster import current
from engine.api.plans.approval import SUITE
from engine.api.plans.bench import PlanChoice, PlanLines, only_evidence_of, plan_lines_of
from engine.api.plans.drawing import earlier_draws, taken_in_year
from engine.api.policies.amendment import policy_violations
from engine.api.policies.check import read_policies
from engine.api.scoring.assessment import stored
from engine.errors import PlanError, PolicyInconsistentError, TableMissingError
from engine.laboratory.experiment import Experiment, set_up
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.earlier_draws import EarlierDraws
from engine.pipeline.eligibility import exclude, frame_rows
from engine.pipeline.framing import NOTHING_PLANNED, Planned
from engine.pipeline.laboratory import Frame, Terms, earlier_draws_of, laboratory_frame
from engine.pipeline.planning import drawn_so_far, in_plan, with_arms, without_due
from engine.ratios.capacity import Capacity, read_capacity, read_efforts
from engine.ratios.policy import RatioPolicy, read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import neighbour_order
from engine.registers.item_list import in_force
from engine.simulation.stream import stream
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Occasion:
    """The draw to be simulated.

    Parameters
    ----------
    as_of : day of policies, register and checks; the grades are the latest by then.
    until : last day of its inspections; visits of that calendar year spare, and results of that year still stand.
    draw : which draw of the year; from the second on, what earlier ones took is taken from the quota.
    """

    as_of: date
    until: date
    draw: DrawOfYear

    @classmethod
    def of_year(cls, as_of: date, *, number: int = 1, draws: int = 1, until: date | None = None) -> "Occasion":
        """Return the draw ``number`` of ``draws``, inspected by the end of the year unless another day is given."""
        return cls(as_of, until or date(as_of.year, 12, 31), DrawOfYear(number, draws))


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A frame, the draws that were run, item list and policy, ready for the laboratory.

    ``capacity`` is that of the whole year; ``names`` what people call departments and districts; ``earlier`` what this
    year's earlier draws took, None when the draw is the first; ``plan`` the lines that are drawn, None outside a plan.
    """

    book: PolicyBook
    policy: RatioPolicy
    items: pd.DataFrame
    logged: pd.DataFrame
    frame: Frame
    occasion: Occasion
    capacity: Capacity
    names: Mapping[str, str]
    earlier: EarlierDraws | None
    plan: PlanLines | None = None


def prepare(
    workspace: Workspace,
    *,
    profile: str,
    occasion: Occasion,
    draft: Path | None = None,
    lines: PlanChoice | None = None,
) -> Bench:
    """Build the frame of a draw as a commitment would, and read every run draw with its results.

    Parameters
    ----------
    lines : plan lines to be drawn; None = the whole library outside a plan. Which draw of the year it is, the last day
        of its inspections (unless it lies inside the plan's year) and what has been drawn then follow from the lines.

    Raises
    ------
    PolicyInconsistentError
        The policy breaks a rule of its own.
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    TableMissingError
        No draw was run.
    PlanError
        The lines cannot be drawn together.
    """
    as_of = occasion.as_of
    book = read_policies(profile, draft=draft, workspace=workspace)
    listed = in_force(current(workspace, "items", key="item_code", on=as_of), on=as_of).reset_index(drop=True)
    violations = policy_violations(book, listed, on=as_of)
    if violations:
        raise PolicyInconsistentError(name=profile, problem=violations[0])
    plan = plan_lines_of(workspace, lines, on=as_of) if lines else None
    if plan is not None:
        occasion = replace(occasion, until=plan.until)
    policy = read_ratio_policy(book, on=as_of)
    entered = _entered(workspace, listed, book=book, occasion=occasion, plan=plan)
    days = first_results(workspace, draw_ids=sorted(entered.logged["draw_id"].unique()))
    standing = [draw for draw, day in days.items() if day.year == occasion.until.year]
    earlier = None
    if plan is None and occasion.draw.number > 1:
        held = sorted({*standing, *earlier_draws(workspace, occasion.until.year)})
        earlier = earlier_draws_of(entered.logged, held, entered.eligible, draw=occasion.draw)
    done = entered.done if earlier is None else earlier.done
    terms = terms_of(
        entered.items,
        listed,
        book=book,
        policy=policy,
        on=as_of,
        draw=occasion.draw if plan is None else plan.draw.draws,
        capacity=entered.capacity(done),
        done=done,
        planned=NOTHING_PLANNED if plan is None else plan.draw.planned,
        groups={} if plan is None else plan.draw.groups,
    )
    frame = laboratory_frame(
        entered.eligible,
        entered.evidence,
        terms,
        source=entered.source,
        standing=standing,
        n_outside=entered.n_outside,
    )
    capacity = read_capacity(book, listed, on=as_of)
    names = unit_names(workspace, on=as_of)
    return Bench(book, policy, entered.items, entered.logged, frame, occasion, capacity, names, earlier, plan)


def terms_of(
    items: pd.DataFrame,
    listed: pd.DataFrame,
    *,
    book: PolicyBook,
    policy: RatioPolicy,
    on: date,
    draw: DrawOfYear | Mapping[str, DrawOfYear],
    capacity: Capacity,
    done: pd.DataFrame | None = None,
    planned: Planned = NOTHING_PLANNED,
    groups: Mapping[str, str] | None = None,
) -> Terms:
    """Return what a draw follows besides its ratios; ``items`` are drawn, ``listed`` is the whole list in force."""
    return Terms(
        items=items,
        efforts=read_efforts(book, listed, on=on),
        minimum_cell=policy.minimum_cell,
        nearest=neighbour_order(book.value("ratios.neighbours", on=on)),
        rounding=policy.rounding,
        draw=draw,
        done=done,
        capacity=capacity,
        planned=planned,
        groups=groups or {},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Entered:
    """Who could be drawn, what was drawn before, what may be learned from, and what is left of person-days."""

    items: pd.DataFrame
    eligible: pd.DataFrame
    n_outside: Mapping[str, int]
    source: Message
    logged: pd.DataFrame
    evidence: pd.DataFrame
    done: pd.DataFrame | None
    capacity: Callable[[pd.DataFrame | None], Capacity]


def _entered(
    workspace: Workspace, listed: pd.DataFrame, *, book: PolicyBook, occasion: Occasion, plan: PlanLines | None
) -> _Entered:
    """From register and grades; outside a plan, where the workspace has none, the frame of the last draw again."""
    logged = logged_draws(workspace)
    graded = _latest_grades(workspace, by=occasion.as_of)
    departments = dict(zip(listed["item_code"], listed["department_code"], strict=True))
    whole = read_capacity(book, listed, on=occasion.as_of)
    evidence = only_evidence_of(logged, None)

    def left(done: pd.DataFrame | None) -> Capacity:
        return whole.left_for(done, departments, draws_left=occasion.draw.left)

    if graded is None:
        if plan is not None:
            raise TableMissingError(table="grades", remedy=Message(N_("grade the objects first")))
        eligible, n_outside, source = _last_frame(logged, listed)
        return _Entered(listed, eligible, n_outside, source, logged, evidence, None, left)
    grades, graded_on = graded
    checks = checks_known(workspace, known_by=occasion.as_of)
    taken, strata = taken_in_year(workspace, occasion.until.year)
    items = listed if plan is None else _items_of(listed, plan)
    rows = frame_rows(register_on(workspace, on=occasion.as_of), grades, items)
    if plan is not None:
        rows = with_arms(in_plan(rows, plan.draw), plan.draw, plan.arms, suite=SUITE)
        evidence = only_evidence_of(logged, rows) if plan.is_filtered else evidence
    eligible, outside, _ = exclude(rows, checks, book=book, on=occasion.as_of, until=occasion.until, drawn=taken)
    n_outside = {str(reason): int(n) for reason, n in outside["reason"].value_counts().sort_index().items()}
    params: dict[str, object] = {"day": occasion.as_of, "graded_on": graded_on}
    source = Message(N_("register of {day} with the grades of {graded_on}"), params)
    if plan is None:
        return _Entered(items, eligible, n_outside, source, logged, evidence, None, left)
    eligible = without_due(eligible)
    params |= {"plan": plan.plan, "lines": ", ".join(line.line_id for line in plan.draw.lines)}
    source = Message(N_("plan {plan}, lines {lines}; register of {day} with the grades of {graded_on}"), params)
    done = drawn_so_far(taken[taken["item_code"].isin(items["item_code"])], strata, outside)
    ours = capacity_left(workspace, plan.draw, taken, book=book, on=occasion.as_of)
    return _Entered(items, eligible, n_outside, source, logged, evidence, done, lambda _: ours)


def _items_of(listed: pd.DataFrame, plan: PlanLines) -> pd.DataFrame:
    """The items of the lines.

    Raises
    ------
    PlanError
        One is not on the list in force.
    """
    named = set(plan.draw.line_of)
    unknown = sorted(named - set(listed["item_code"]))
    if unknown:
        raise PlanError(
            plan=plan.plan,
            problem=Message(N_("item {item} is not on the list in force"), {"item": unknown[0]}),
            remedy=Message(N_("name items of the list; no check off the list")),
        )
    return listed[listed["item_code"].isin(named)].reset_index(drop=True)


def _last_frame(logged: pd.DataFrame, items: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int], Message]:
    draw_id = logged["draw_id"].iloc[-1]
    rows = logged.loc[logged["draw_id"] == draw_id, ["entity_id", "item_code", "district_code", "grade"]]
    classes = items.set_index("item_code")["item_class"]
    listed = rows[rows["item_code"].isin(classes.index)]
    eligible = listed.assign(item_class=listed["item_code"].map(classes)).reset_index(drop=True)
    return eligible, {}, Message(N_("frame of draw {draw_id}; the workspace has no grades"), {"draw_id": draw_id})


def _latest_grades(workspace: Workspace, *, by: date) -> tuple[pd.DataFrame, date] | None:
    """The grades of the latest day not after ``by``, or None."""
    warehouse = workspace.warehouse
    graded = set(warehouse.run_ids_of("grades"))
    days = [run.as_of for run in warehouse.runs() if run.run_id in graded and run.as_of is not None]
    known = [day for day in days if day <= by]
    if not known:
        return None
    return stored(warehouse, "grades", as_of=max(known)), max(known)


def unit_names(workspace: Workspace, *, on: date) -> dict[str, str]:
    """What people call departments and districts; codes stand for themselves where no register names them."""
    found: dict[str, str] = {}
    for table, key in (("departments", "department_code"), ("districts", "district_code")):
        try:
            rows = current(workspace, table, key=key, on=on)
        except TableMissingError:
            continue
        found |= dict(zip(rows[key].astype(str), rows["name"].astype(str), strict=True))
    return found


def experiment_of(bench: Bench, *, draws: int, seed: int) -> Experiment:
    """Return what all simulations of this frame share; the same seed gives the same futures."""
    return set_up(bench.frame.cells, bench.frame.memberships, draws=draws, generator=stream(seed, "laboratory"))


def policy_of(workspace: Workspace, profile: str, *, as_of: date) -> RatioPolicy:
    """Return the ratio policy of a profile as it stands in the workspace on ``as_of``."""
    return read_ratio_policy(read_policies(profile, workspace=workspace), on=as_of)
