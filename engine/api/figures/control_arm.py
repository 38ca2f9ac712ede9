"""A randomised control arm and grade-blind visits: planned and registered before results, analysed after them.

The draw assigns: its selections carry ``arm`` (graded or control), its visits ``is_grade_blind``. Here the outcome,
the sizes and the power are put on the ledger before the first result is known; an analysis without such an entry is
refused.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pandas as pd

from engine.api.draws.logged import first_results, latest_runs
from engine.api.figures.measuring import read_drawn
from engine.errors import EstimationError, SchemaMismatchError, UsageError
from engine.estimation.arms import Arms, arm_difference, checks_per_arm, expectation_gap, power_of
from engine.estimation.estimate import Estimate
from engine.estimation.outcome import Outcome
from engine.estimation.sample import DesignSample
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace

REGISTERED = "arm.registered"
OUTCOMES = (Outcome.VIOLATION, Outcome.UNREACHABLE)
ASSIGNED_BY = {"object": "inspector_code", "district": "district_code"}
"""Whom the lot assigned to an arm, and the column whose equal values are then a cluster beside the object."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """What is registered before the results.

    Parameters
    ----------
    name : of the experiment.
    outcome : ``violation`` (among the reached) or ``unreachable`` (among the assessable).
    draw_ids : the draws whose results decide.
    assigned_by : ``object`` or ``district``.
    graded_rate, control_rate : rates that are supposed to hold; their difference is what must be seen.
    n_graded, n_control : checks of each arm.
    power : chance of seeing that difference.
    design_effect : variance over that of as many independent checks of equal weight.
    is_blind_tried : whether visits whose officers do not see the class are part of the experiment.
    """

    name: str
    outcome: str
    draw_ids: tuple[str, ...]
    assigned_by: str
    graded_rate: float
    control_rate: float
    n_graded: int
    n_control: int
    power: float
    design_effect: float
    is_blind_tried: bool


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """What the experiment showed.

    Parameters
    ----------
    plan : as registered. registered_at : when, ISO 8601.
    arms : rates and effect; None where no draw has a control arm and only officers were assigned.
    gaps : gap D less A to officers who see the class, to those who do not, and what seeing it adds; None without.
    checks : checks made per arm, by name.
    """

    plan: ArmPlan
    registered_at: str
    arms: Arms | None
    gaps: tuple[Estimate, Estimate, Estimate] | None
    checks: dict[str, int]


def plan_arm(
    *,
    name: str,
    outcome: str,
    draw_ids: Sequence[str],
    assigned_by: str,
    graded_rate: float,
    control_rate: float,
    power: float,
    control_share: float,
    design_effect: float,
    is_blind_tried: bool = False,
) -> ArmPlan:
    """Return the plan whose arms are just large enough for the power; see ``engine.estimation.arms``.

    Raises
    ------
    UsageError
        A word or number is not usable, or the difference is too small to be seen.
    """
    for value, known, what in (
        (outcome, [one.value for one in OUTCOMES], "--outcome"),
        (assigned_by, [*ASSIGNED_BY], "--assigned-by"),
    ):
        if value not in known:
            remedy = Message(N_("choose one of {known}"), {"known": ", ".join(known)})
            raise UsageError(what=what, value=value, remedy=remedy)
    rates = {"graded_rate": graded_rate, "control_rate": control_rate, "design_effect": design_effect}
    n_graded, n_control = checks_per_arm(**rates, power=power, control_share=control_share)
    return ArmPlan(
        name=name,
        outcome=outcome,
        draw_ids=tuple(draw_ids),
        assigned_by=assigned_by,
        n_graded=n_graded,
        n_control=n_control,
        power=power_of(n_graded, n_control, **rates),
        is_blind_tried=is_blind_tried,
        **rates,
    )


def register_arm(workspace: Workspace, plan: ArmPlan, *, actor: Actor, clock: Clock) -> Entry:
    """Put a plan on the ledger; the same plan again is the same entry.

    Raises
    ------
    EstimationError
        A result of one of its draws is known already.
    StoreError
        Another plan was registered under this name.
    """
    at = clock()
    _refuse_known_results(workspace, plan, at=at)
    content = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(plan).items()}
    return workspace.ledger.append(
        REGISTERED,
        subject=plan.name,
        actor=actor,
        at=at,
        content=content,
        idempotency_key=f"{REGISTERED}:{plan.name}",
    )


def analyse_arm(workspace: Workspace, *, name: str, book: PolicyBook) -> ArmAnswer:
    """Return what a registered experiment showed in the draws it named.

    Raises
    ------
    UsageError
        Nothing was registered under this name.
    SchemaMismatchError
        The draws have no control arm and no visit was to be blind, or they do not say which were.
    SelectionModeError, UndefinedEstimateError
        Rows of other grounds, or an arm without results.
    """
    entries = workspace.ledger.entries(action=REGISTERED, subject=name)
    if not entries:
        raise UsageError(
            what=Message(N_("experiment")),
            value=name,
            remedy=Message(N_("register it before its results are known ('xinheng arm register')")),
        )
    said = entries[0].particulars
    plan = ArmPlan(**{**said, "draw_ids": tuple(said["draw_ids"])})
    drawn = read_drawn(workspace, draw_ids=plan.draw_ids, book=book, team=ASSIGNED_BY[plan.assigned_by])
    sample = drawn.measured.sample
    has_arm = "arm" in sample.rows and sample.rows["arm"].notna().any()
    if not has_arm and not plan.is_blind_tried:
        raise SchemaMismatchError(table="selections", columns="arm")
    arms = arm_difference(sample, outcome=Outcome(plan.outcome), confidence=drawn.level) if has_arm else None
    gaps = None
    if plan.is_blind_tried:
        gaps = expectation_gap(_with_sight(workspace, sample, plan), confidence=drawn.level)
    checks = {str(arm): int(n) for arm, n in sample.rows["arm"].value_counts().items()} if has_arm else {}
    return ArmAnswer(plan, entries[0].entered_at, arms, gaps, checks)


def _with_sight(workspace: Workspace, sample: DesignSample, plan: ArmPlan) -> DesignSample:
    """The sample with ``is_blind``: whether the draw kept the class from the officers of the visit."""
    warehouse, parts = workspace.warehouse, []
    for draw_id, run_id in latest_runs(warehouse, draw_ids=plan.draw_ids).items():
        visits = warehouse.read("visits", run_id=run_id)
        if "is_grade_blind" not in visits.columns:
            raise SchemaMismatchError(table="visits", columns="is_grade_blind")
        parts.append(visits.filter(visits.draw_id == draw_id).select("draw_id", "visit_id", "is_grade_blind").execute())
    rows = sample.rows.merge(pd.concat(parts), on=["draw_id", "visit_id"], how="left", validate="m:1")
    return replace(sample, rows=rows.assign(is_blind=rows["is_grade_blind"].eq(other=True).fillna(value=False)))


def _refuse_known_results(workspace: Workspace, plan: ArmPlan, *, at: datetime) -> None:
    known = first_results(workspace, draw_ids=plan.draw_ids)
    early = sorted(draw for draw, day in known.items() if day <= at.date())
    if early:
        raise EstimationError(
            problem=Message(
                N_("results of draw {draws} are known since {day}"),
                {"draws": ", ".join(early), "day": min(known.values())},
            ),
            remedy=Message(N_("register the outcome before the first result")),
        )
