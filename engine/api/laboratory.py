"""A workspace made ready for the laboratory: the frame of the next draw, what logged draws showed; nothing changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.assessment import stored
from engine.api.draw_framing import checks_known, register_on
from engine.api.draw_roster import current
from engine.api.logged_draws import first_results, logged_draws
from engine.api.plan_draw import earlier_draws
from engine.api.policies import read_policies
from engine.api.policy_amendment import policy_violations
from engine.errors import PolicyInconsistentError, TableMissingError
from engine.laboratory.experiment import Experiment, set_up
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.earlier_draws import EarlierDraws
from engine.pipeline.eligibility import exclude, frame_rows
from engine.pipeline.laboratory import Frame, Terms, earlier_draws_of, laboratory_frame
from engine.ratios.capacity import Capacity, read_capacity, read_efforts
from engine.ratios.policy import RatioPolicy, read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import neighbour_order
from engine.registers.item_list import in_force
from engine.simulation.stream import stream
from engine.store.workspace import Workspace


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
    year's earlier draws took, None when the draw is the first.
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


def prepare(workspace: Workspace, *, profile: str, occasion: Occasion, draft: Path | None = None) -> Bench:
    """Build the frame of a draw as a commitment would, and read every run draw with its results.

    Raises
    ------
    PolicyInconsistentError
        The policy breaks a rule of its own.
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    TableMissingError
        No draw was run.
    """
    as_of = occasion.as_of
    book = read_policies(profile, draft=draft, workspace=workspace)
    items = in_force(current(workspace, "items", key="item_code", on=as_of), on=as_of).reset_index(drop=True)
    violations = policy_violations(book, items, on=as_of)
    if violations:
        raise PolicyInconsistentError(name=profile, problem=violations[0])
    policy = read_ratio_policy(book, on=as_of)
    logged = logged_draws(workspace)
    days = first_results(workspace, draw_ids=sorted(logged["draw_id"].unique()))
    standing = [draw for draw, day in days.items() if day.year == occasion.until.year]
    eligible, n_outside, source = _eligible(workspace, logged, items, book=book, occasion=occasion)
    part = occasion.draw
    capacity = read_capacity(book, items, on=as_of)
    departments = dict(zip(items["item_code"], items["department_code"], strict=True))
    held = sorted({*standing, *earlier_draws(workspace, occasion.until.year)})
    earlier = earlier_draws_of(logged, held, eligible, draw=part) if part.number > 1 else None
    done = None if earlier is None else earlier.done
    terms = Terms(
        items=items,
        efforts=read_efforts(book, items, on=as_of),
        minimum_cell=policy.minimum_cell,
        nearest=neighbour_order(book.value("ratios.neighbours", on=as_of)),
        rounding=policy.rounding,
        draw=part,
        done=done,
        capacity=capacity.left_for(done, departments, draws_left=part.left),
    )
    frame = laboratory_frame(eligible, logged, terms, source=source, standing=standing, n_outside=n_outside)
    return Bench(book, policy, items, logged, frame, occasion, capacity, _names(workspace, on=as_of), earlier)


def _eligible(
    workspace: Workspace, logged: pd.DataFrame, items: pd.DataFrame, *, book: PolicyBook, occasion: Occasion
) -> tuple[pd.DataFrame, dict[str, int], Message]:
    """Who could be drawn: from register and grades; where the workspace has none, the frame of the last draw again."""
    graded = _latest_grades(workspace, by=occasion.as_of)
    if graded is None:
        return _last_frame(logged, items)
    grades, graded_on = graded
    rows = frame_rows(register_on(workspace, on=occasion.as_of), grades, items)
    checks = checks_known(workspace, known_by=occasion.as_of)
    eligible, outside, _ = exclude(rows, checks, book=book, on=occasion.as_of, until=occasion.until)
    reasons = {str(reason): int(n) for reason, n in outside["reason"].value_counts().sort_index().items()}
    text = N_("register of {day} with the grades of {graded_on}")
    return eligible, reasons, Message(text, {"day": occasion.as_of, "graded_on": graded_on})


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


def _names(workspace: Workspace, *, on: date) -> dict[str, str]:
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
