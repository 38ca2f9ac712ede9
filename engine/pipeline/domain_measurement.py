"""From the drawn rows to figures for leadership: rates by domain, change between periods, comparison of units.

Only random rows of one kind enter. A domain is any column of the drawn rows: grade, district, department, sector, item.
Rows of one object, and of one team, are clusters; every drawn row counts, also those nobody could check.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.errors import EstimationError, UndefinedEstimateError
from engine.estimation.change import change, quarters_of
from engine.estimation.design import METHOD, rates_by
from engine.estimation.estimate import Basis, Estimate, PrecisionLimits, imprecisions
from engine.estimation.funnel import Funnel, compare
from engine.estimation.outcome import REACHED, classify_outcomes
from engine.estimation.periods import KNOWN
from engine.estimation.reach import reach_figures
from engine.estimation.sample import DesignSample, design_sample, require_random
from engine.messages import N_, Message
from engine.pipeline.domain_notes import every_note
from engine.pipeline.measurement import split_thin_items
from engine.pipeline.small_cells import MARKED, SHOWN, WITHHELD, SmallCellRule, treat_small

EVERYTHING = ""
"""Domain of the row that stands for all domains together."""
_REACH = ("not_done", "not_assessable", "unreachable")
_KEY = ["entity_id", "item_code"]


@dataclass(frozen=True, slots=True)
class Measured:
    """The drawn rows of one period, ready to be measured.

    Parameters
    ----------
    sample : rows with ``outcome``, ``team`` and the domain columns, clustered by object in each draw and by team.
    quarters : calendar quarters in which the checks took place.
    left_out : items of which too few units were drawn to be measured.
    draw_ids : the draws.
    """

    sample: DesignSample
    quarters: frozenset[int]
    left_out: tuple[str, ...]
    draw_ids: tuple[str, ...]

    def by_column(self, name: str, values: pd.Series) -> "Measured":
        """Return the same rows with one more column to measure by."""
        return replace(self, sample=replace(self.sample, rows=self.sample.rows.assign(**{name: values})))


def measured_rows(
    results: pd.DataFrame,
    strata: pd.DataFrame,
    *,
    spared: Mapping[str, pd.DataFrame] | None = None,
    team: str = "inspector_code",
) -> Measured:
    """Return the drawn rows of one or more draws as one sample.

    Parameters
    ----------
    results : every drawn (draw_id, entity_id, item_code), draw after draw, with or without a result: stratum,
        selection_mode, inclusion_probability, result_codes, occurred_on, inspector_code and the domain columns.
    strata : every stratum of those draws: draw_id, item_code, stratum, n_units, n_drawn, grade, merge_into if there.
    spared : by draw the (entity_id, item_code) its frame left out as visited; with several draws these objects enter
        the later one as known, in a stratum that is drawn in full. None = nobody.
    team : column whose equal values are a cluster beside the object: who led the visit, or the district where districts
        were assigned by lot.

    Raises
    ------
    SelectionModeError, MissingInclusionProbabilityError
        Rows that no random draw chose.
    UndefinedEstimateError
        No item can be measured.
    """
    require_random(results)
    whole, sizes = with_spared(results, strata, spared=spared or {})
    kept, thin = split_thin_items(sizes)
    item = ["draw_id", "item_code"]
    inside = pd.MultiIndex.from_frame(whole[item]).isin(pd.MultiIndex.from_frame(kept[item]))
    rows = whole[inside]
    if rows.empty:
        raise UndefinedEstimateError(
            measure=Message(N_("the rate")), reason=Message(N_("of no item were two units drawn"))
        )
    rows = rows.assign(
        outcome=classify_outcomes(rows["result_codes"]),
        object=rows.groupby(["draw_id", "entity_id"], sort=False).ngroup(),
        team=rows[team],
    )
    days = pd.to_datetime(rows["occurred_on"]).dropna()
    return Measured(
        design_sample(rows, kept, cluster="object", team="team"),
        quarters_of([day.date() for day in days.drop_duplicates()]),
        tuple(sorted(thin["item_code"].unique())),
        tuple(dict.fromkeys(rows["draw_id"].astype(str))),
    )


def measure_domains(
    measured: Measured,
    *,
    by: str,
    precision: PrecisionLimits,
    least_units: int,
    level: float,
    small_cells: SmallCellRule = SmallCellRule.WITHHELD,
) -> pd.DataFrame:
    """Return the rate of violations among reached units per domain, with what could not be checked beside it.

    Parameters
    ----------
    by : column of the sample's rows.
    precision : when a rate is withheld (effective sample too small) or marked.
    least_units : reached rows below which a domain is small whatever its precision.
    level : coverage of the intervals.
    small_cells : what becomes of small domains, see ``engine.pipeline.small_cells``.

    Returns
    -------
    DataFrame, all domains together first (domain ``""``), then sorted: ``by``, ``domain``, ``units`` (of the frame),
    ``share``, ``n`` (reached rows), ``findings`` and ``rate`` (null when withheld), ``low``, ``high``, ``effective_n``,
    ``status`` (shown, marked, withheld, widened), ``notes`` (Messages), shares ``not_done``, ``not_assessable``,
    ``unreachable`` each with ``_low`` and ``_high``, ``bound_low`` and ``bound_high`` (of the rate, whatever became of
    units without result), ``teams``, ``method``, ``basis``. A withheld domain keeps its interval.
    """
    rows = measured.sample.rows
    everyone = rows.assign(**{by: EVERYTHING})
    parts = [
        _figures(replace(measured.sample, rows=table), by=by, level=level) for table in (everyone, rows) if len(table)
    ]
    table = pd.concat(parts, ignore_index=True)
    judged = [_status(row, precision=precision, least_units=least_units) for row in table.itertuples(index=False)]
    table["status"] = [status for status, _ in judged]
    said = every_note(list(table.itertuples(index=False)), everything=(table["domain"] == EVERYTHING).tolist())
    notes = [(*own, *also) for (_, own), also in zip(judged, said, strict=True)]
    table["notes"] = pd.Series(notes, index=table.index, dtype=object)
    table = table.rename(columns={"hits": "findings", "hit_rate": "rate"})
    table = treat_small(table, everything=EVERYTHING, rule=small_cells, level=level)
    return table.assign(by=by)[["by", "domain", *[name for name in table.columns if name not in ("by", "domain")]]]


def change_by_domain(earlier: Measured, later: Measured, *, by: str, level: float) -> pd.DataFrame:
    """Return the later rate less the earlier one per domain that both periods reached.

    Returns
    -------
    DataFrame: ``by``, ``domain`` (``""`` = all), ``earlier``, ``later``, ``change``, ``low``, ``high``, ``is_clear``
    (the interval leaves out 0), ``method``.

    Raises
    ------
    EstimationError
        The checks took place in different seasons, or a draw is part of both periods.
    """
    shared = sorted(set(earlier.draw_ids) & set(later.draw_ids))
    if shared:
        raise EstimationError(
            problem=Message(N_("draw {draws} is part of both periods"), {"draws": ", ".join(shared)}),
            remedy=Message(N_("compare separate draws")),
        )
    found = {}
    for name, period in (("earlier", earlier), ("later", later)):
        everyone = replace(period.sample, rows=period.sample.rows.assign(**{by: EVERYTHING}))
        tables = [rates_by(sample, by=by, confidence=level) for sample in (everyone, period.sample)]
        found[name] = pd.concat(tables).set_index(by)
    both = [domain for domain in found["later"].index if domain in found["earlier"].index]
    rows = []
    for domain in both:
        before, after = (_estimate(found[name].loc[domain]) for name in ("earlier", "later"))
        if before.n and after.n:
            moved = change(before, after, earlier_quarters=earlier.quarters, later_quarters=later.quarters)
            rows.append(
                {
                    "by": by,
                    "domain": domain,
                    "earlier": before.value,
                    "later": after.value,
                    "change": moved.value,
                    "low": moved.low,
                    "high": moved.high,
                    "is_clear": moved.low > 0 or moved.high < 0,
                    "method": moved.method,
                }
            )
    return pd.DataFrame(rows)


def compare_domains(measured: Measured, *, by: str, level: float) -> Funnel:
    """Return how districts or departments compare once grade and item are taken out; see ``engine.estimation.funnel``.

    The item belongs to its department: departments are compared given the grade alone.
    """
    standard = ("grade",) if by in ("department", "item_code", "item_class") else ("grade", "item_code")
    return compare(measured.sample, by=by, standard=standard, confidence=level)


def with_spared(
    results: pd.DataFrame, strata: pd.DataFrame, *, spared: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows and strata with the objects that later draws left out as visited already.

    Parameters
    ----------
    results, strata, spared : see :func:`measured_rows`; the draws stand in the order they took place.

    Returns
    -------
    Rows and strata; an object left out stands in the later draw in the stratum ``KNOWN``, which is drawn in full, with
    the outcome it had when it was visited last.
    """
    draws = [part for _, part in results.groupby("draw_id", sort=False)]
    rows, sizes = [results], [strata]
    for position, draw in enumerate(draws[1:], start=1):
        draw_id = str(draw["draw_id"].iloc[0])
        left_out = spared.get(draw_id)
        if left_out is None or left_out.empty:
            continue
        visited = pd.concat(draws[:position]).drop_duplicates(_KEY, keep="last")
        known = visited[pd.MultiIndex.from_frame(visited[_KEY]).isin(pd.MultiIndex.from_frame(left_out[_KEY]))]
        known = known.assign(draw_id=draw_id, stratum=KNOWN, inclusion_probability=1.0)
        rows.append(known)
        counted = known.groupby(["draw_id", "item_code", "stratum"]).size().rename("n_units").reset_index()
        sizes.append(counted.assign(n_drawn=counted["n_units"]))
    return pd.concat(rows, ignore_index=True), pd.concat(sizes, ignore_index=True)


def _figures(sample: DesignSample, *, by: str, level: float) -> pd.DataFrame:
    rates = rates_by(sample, by=by, confidence=level).rename(columns={by: "domain"})
    reach = reach_figures(sample, by=by, confidence=level).rename(columns={by: "domain"})
    wide = pd.DataFrame({"domain": rates["domain"]})
    for figure in _REACH:
        own = reach[reach["figure"] == figure].set_index("domain")
        for name, column in ((figure, "value"), (f"{figure}_low", "low"), (f"{figure}_high", "high")):
            wide[name] = wide["domain"].map(own[column]).astype(float)
    bounds = reach[reach["figure"] == "violation_bounds"].set_index("domain")
    wide["bound_low"], wide["bound_high"] = (wide["domain"].map(bounds[name]).astype(float) for name in ("low", "high"))
    teams = pd.Series(sample.teams, index=sample.rows.index) if sample.teams is not None else None
    reached = sample.rows["outcome"].isin(REACHED)
    counted = None if teams is None else teams[reached].groupby(sample.rows.loc[reached, by]).nunique()
    wide["teams"] = np.nan if counted is None else wide["domain"].map(counted).fillna(0)
    return rates.merge(wide, on="domain", validate="1:1")


def _status(row: object, *, precision: PrecisionLimits, least_units: int) -> tuple[str, tuple[Message, ...]]:
    found = _estimate(row)
    if found.n < least_units:
        text = N_("withheld: {n} reached units, fewer than {need}")
        return WITHHELD, (Message(text, {"n": found.n, "need": least_units}),)
    notes = imprecisions(found, limits=precision)
    if found.effective_n < precision.min_effective_n:
        return WITHHELD, notes
    return (MARKED if notes else SHOWN), notes


def _estimate(row: object) -> Estimate:
    value, low, high, n, size = (getattr(row, name) for name in ("hit_rate", "low", "high", "n", "effective_n"))
    return Estimate("hit_rate", float(value), float(low), float(high), int(n), float(size), METHOD, Basis.DESIGN)


def sector_of(industry_codes: pd.Series) -> pd.Series:
    """Return the section letter of GB/T 4754 of each industry code, empty where there is none."""
    return industry_codes.astype(object).fillna("").astype(str).str[:1]
