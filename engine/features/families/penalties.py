"""Features of administrative penalties in force on the date (not repaired, expired, revoked or withdrawn)."""

from engine.features.declaration import Aggregate, Feature
from engine.messages import N_, Message

SOURCE = "penalties"
GENERAL_SYSTEM = "SAMR general indicator system, group supervision: penalties of three years, amounts, kinds"
REPAIR = "国办发〔2026〕8号 and 总局令107: evaluation is updated after repair and at the end of the publicity period"


def _penalty(
    name: str,
    aggregate: Aggregate,
    template: str,
    *,
    unit: str,
    rationale: str,
    direction: int = 1,
    where: tuple[str, ...] = (),
    column: str | None = None,
    months: int | None = None,
    when_none: float | None | str = "default",
) -> Feature:
    return Feature(
        f"penalties_{name}",
        SOURCE,
        aggregate,
        Message(template, {"months": months} if months else {}),
        unit,
        direction,
        rationale,
        f"{GENERAL_SYSTEM}; {REPAIR}",
        where=where,
        column=column,
        lookback_months=months,
        when_none=when_none,
    )


COUNTS = tuple(
    _penalty(
        f"count_{months}m",
        Aggregate.COUNT,
        N_("Penalties in force decided in the last {months} months"),
        unit="penalties",
        rationale="Proven violations.",
        months=months,
    )
    for months in (12, 24, 36, 60)
)
OTHERS = (
    _penalty(
        "serious_36m",
        Aggregate.COUNT,
        N_("Serious penalties in force decided in the last {months} months"),
        unit="penalties",
        rationale="Restriction, suspension, closure, revocation.",
        where=("serious",),
        months=36,
    ),
    _penalty(
        "ordinary_36m",
        Aggregate.COUNT,
        N_("Ordinary penalties in force decided in the last {months} months"),
        unit="penalties",
        rationale="Between a warning and a restriction.",
        where=("ordinary",),
        months=36,
    ),
    _penalty(
        "minor_12m",
        Aggregate.COUNT,
        N_("Minor penalties and warnings in force decided in the last {months} months"),
        unit="penalties",
        rationale="Small faults, soon forgotten.",
        where=("minor",),
        months=12,
    ),
    _penalty(
        "severity_max_36m",
        Aggregate.MAX,
        N_("Gravest penalty in force of the last {months} months (0 none or warning, 1 minor, 2 ordinary, 3 serious)"),
        unit="0..3",
        rationale="The worst that was proven.",
        column="severity",
        months=36,
        when_none=0.0,
    ),
    _penalty(
        "severity_decayed",
        Aggregate.DECAYED,
        N_("Penalties in force by gravity, older ones counting less"),
        unit="gravity 0..3, weighted by age",
        rationale="Fresh and grave violations weigh more.",
        column="severity",
    ),
    _penalty(
        "count_decayed",
        Aggregate.DECAYED,
        N_("Penalties in force, older ones counting less"),
        unit="penalties, weighted by age",
        rationale="Fresh violations weigh more.",
    ),
    _penalty(
        "fine_sum_12m",
        Aggregate.SUM,
        N_("Fines of the last {months} months"),
        unit="yuan",
        rationale="Amount follows gravity and gain.",
        column="fine",
        months=12,
    ),
    _penalty(
        "fine_sum_36m",
        Aggregate.SUM,
        N_("Fines of the last {months} months"),
        unit="yuan",
        rationale="Amount follows gravity and gain.",
        column="fine",
        months=36,
    ),
    _penalty(
        "fine_max_36m",
        Aggregate.MAX,
        N_("Largest fine of the last {months} months"),
        unit="yuan",
        rationale="One grave case is not many small ones.",
        column="fine",
        months=36,
        when_none=0.0,
    ),
    _penalty(
        "confiscated_sum_36m",
        Aggregate.SUM,
        N_("Confiscated amounts of the last {months} months"),
        unit="yuan",
        rationale="Illegal gain proven.",
        column="confiscated",
        months=36,
    ),
    _penalty(
        "days_since_last",
        Aggregate.DAYS_SINCE_LAST,
        N_("Days since the last penalty in force"),
        unit="days",
        rationale="The fresher, the higher the risk; null when there is none.",
        direction=-1,
    ),
    _penalty(
        "serious_days_since_last",
        Aggregate.DAYS_SINCE_LAST,
        N_("Days since the last serious penalty in force"),
        unit="days",
        rationale="The fresher, the higher the risk; null when there is none.",
        where=("serious",),
        direction=-1,
    ),
)

FEATURES = (*COUNTS, *OTHERS)
