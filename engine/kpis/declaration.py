"""What a figure is: whose rows over whose, when a row counts, which way is better, by which rule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message

ROW_COLUMNS = ("on", "department_code", "district_code", "numerator", "denominator")
"""What a figure's rows hold: the day that places a row in a month, whose it is, what it adds above and below.

A row without a day is stock and counts in every period. Figures per firm also have ``unit``, the firm.
"""


class Kind(StrEnum):
    """How rows become a figure."""

    SHARE = "share"
    """Sum of numerators / sum of denominators, 0..1."""
    MEAN = "mean"
    """Sum of numerators / sum of denominators, any size."""
    MEDIAN = "median"
    """Median of the numerators."""
    TOTAL = "total"
    """Sum of the numerators."""
    PER_UNIT = "per_unit"
    """Sum of numerators / number of different units; does not add up, since a firm belongs to several departments."""
    HIGH = "high"
    """95th percentile of the sums per unit."""
    ESTIMATE = "estimate"
    """Handed in as estimated from the random rows of the draws of the period, with its interval."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables that figures are counted from, all as known on ``as_of``.

    Parameters
    ----------
    as_of : day.
    checks : drawn checks: draw_id, visit_id, entity_id, item_code, department_code, district_code, mode, state,
        drawn_on, window_end, grade (at the freeze; null for reserves), is_enterprise.
    tasks : draws of plan lines: draw_id, department_code (initiates), district_code (empty), drawn_on, n_departments,
        is_graded (ratios by grade), is_off_site.
    results : published results: inspection_id, visit_id, entity_id, item_code, department_code, district_code, draw_id,
        selection_mode, occurred_on, published_on (first), due_on, outcome, has_disposal, is_followed (nothing of its
        follow-up waits), channel (of entry; null where another system entered it), is_off_site.
    pending : checks visited whose result is not public: visit_id, item_code, department_code, district_code, due_on.
    visits : scan-ins: visit_id, entity_id, district_code, department_code (the first named), occurred_on,
        n_departments, n_items, is_on_site.
    orders : orders to correct: rectification_id, department_code, district_code, ordered_on, due_on, closed_on.
    referrals : what was handed on: referral_id, department_code (that takes over), district_code, sent_on, received_on,
        due_on.
    cases : joint punishments: punishment_id, department_code (that applies), district_code, measure_id, triggered_on,
        is_hit, is_applied, is_fed_back, release_due_on, release_pushed_on, is_repaired, is_ended.
    steps : steps of joint punishments: punishment_id, department_code, district_code, step, on, days (since the step
        before).
    warnings : warning_id, department_code, district_code, due_on, closed_on.
    objections : objection_id, department_code, district_code, due_on, settled_on.
    queries : businesses asked about: business_no, department_code, district_code (empty), on, n_entities, n_met.
    items : the item list: item_code, department_code.
    register : active enterprises: department_code (empty), district_code, n_active.
    """

    as_of: pd.Timestamp
    checks: pd.DataFrame
    tasks: pd.DataFrame
    results: pd.DataFrame
    pending: pd.DataFrame
    visits: pd.DataFrame
    orders: pd.DataFrame
    referrals: pd.DataFrame
    cases: pd.DataFrame
    steps: pd.DataFrame
    warnings: pd.DataFrame
    objections: pd.DataFrame
    queries: pd.DataFrame
    items: pd.DataFrame
    register: pd.DataFrame
    _counted: dict[Callable[["Facts"], pd.DataFrame], pd.DataFrame] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def rows(self, kpi: "Kpi") -> pd.DataFrame:
        """Return what a figure counts, made once for all groupings and periods; whoever reads it changes nothing in it.

        Columns of :data:`ROW_COLUMNS` and what else the figure's rows have; ``on`` a time, no group null.
        """
        if kpi.rows not in self._counted:
            found = kpi.rows(self)
            groups = {name: found[name].fillna("").astype(str) for name in ("department_code", "district_code")}
            self._counted[kpi.rows] = found.assign(on=pd.to_datetime(found["on"]), **groups)
        return self._counted[kpi.rows]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure.

    Parameters
    ----------
    code : name in tables and policies.
    title, numerator, denominator : for people.
    kind, unit : how rows become the figure, and in what.
    direction : +1 more is better, -1 less is better, 0 neither is claimed.
    rows : facts to rows of ``ROW_COLUMNS``; a row counts once it can no longer be done in time (maturity).
    maturity : when a row counts, in words.
    source : which records, in words.
    reference : rule or document.
    has_interval : whether the rows are a sample of something, so that a share carries an interval.
    is_yearly : whether it counts from 1 January of the period's year, as coverage does.
    is_confidential : whether few rows would give a firm's class away; such a value is withheld.
    """

    code: str
    title: Message
    numerator: Message
    denominator: Message
    kind: Kind
    unit: str
    direction: int
    rows: Callable[[Facts], pd.DataFrame]
    maturity: Message
    source: Message
    reference: str
    has_interval: bool = False
    is_yearly: bool = False
    is_confidential: bool = False
    measures_volume: bool = field(default=False)
    """Whether it grows with the number of checks or fines: such a figure never earns points."""


def require_no_volume(kpi: Kpi, *, policy: str) -> None:
    """Raise when a figure that measures volume is to earn points.

    Raises
    ------
    PolicyInconsistentError
        No appraisal by number of inspections or fines. Source: 国办发〔2024〕54号.
    """
    if kpi.measures_volume or kpi.kind is Kind.TOTAL:
        problem = Message(
            N_("{code} counts volume, which may not earn points (国办发〔2024〕54号)"), {"code": kpi.code}
        )
        raise PolicyInconsistentError(name=policy, problem=problem)
