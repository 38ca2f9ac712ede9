"""Design-based measurement of a workspace's draws as tidy tables: by domain, over time, against one another.

Read-only; dashboards and the command line plot and print these tables unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.api.draws.logged import latest_runs, spared_rows
from engine.api.draws.roster import current
from engine.errors import TableMissingError, UsageError
from engine.estimation.estimate import PrecisionLimits
from engine.estimation.funnel import Funnel
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.domain_measurement import (
    Measured,
    change_by_domain,
    compare_domains,
    measure_domains,
    measured_rows,
    sector_of,
)
from engine.pipeline.small_cells import WITHHELD, SmallCellRule, small_cell_rule
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode

DOMAINS = {
    "grade": "grade",
    "district": "district_code",
    "department": "department_code",
    "sector": "sector",
    "population": "population",
    "item": "item_code",
    "class": "item_class",
}
"""What can be asked for, and the column it is."""
COMPARED = ("district", "department", "sector")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The measured rows of some draws and the policy that judges their figures.

    Parameters
    ----------
    measured : see :class:`engine.pipeline.domain_measurement.Measured`.
    precision, least_units, level, small_cells : policy ``estimation.*`` on ``as_of``.
    as_of : the latest freeze among the draws.
    """

    measured: Measured
    precision: PrecisionLimits
    least_units: int
    level: float
    small_cells: SmallCellRule
    as_of: date


def read_drawn(
    workspace: Workspace,
    *,
    draw_ids: Sequence[str] = (),
    book: PolicyBook,
    team: str = "inspector_code",
    known_on: date | None = None,
) -> Drawn:
    """Return the drawn rows of one period with their results and every column one may measure by.

    Parameters
    ----------
    draw_ids : draws of one period; empty = the latest that was run.
    book : policies in force.
    team : see :func:`engine.pipeline.domain_measurement.measured_rows`.
    known_on : day whose knowledge of the results counts; None = the latest.

    Raises
    ------
    TableMissingError, UsageError
        No draw was run, or not that one.
    SelectionModeError
        A drawn row was checked on another ground than the draw.
    """
    warehouse = workspace.warehouse
    runs = latest_runs(warehouse, draw_ids=draw_ids)
    chosen = runs if draw_ids else dict([list(runs.items())[-1]])
    as_of = max(run.as_of for run in warehouse.runs(kind="draw") if run.run_id in set(chosen.values()))
    parts, strata = [], []
    for draw_id, run_id in chosen.items():
        table = warehouse.read("selections", run_id=run_id)
        drawn = pd.DataFrame(table.filter(table.draw_id == draw_id, table.is_drawn).execute())
        parts.append(_with_results(workspace, drawn, draw_id=draw_id, known_on=known_on))
        sizes = warehouse.read("strata", run_id=run_id)
        strata.append(pd.DataFrame(sizes.filter(sizes.draw_id == draw_id).execute()))
    rows = _with_domains(workspace, pd.concat(parts, ignore_index=True), on=as_of)
    spared = spared_rows(workspace.path, draw_ids=list(chosen))
    return Drawn(
        measured_rows(rows, pd.concat(strata, ignore_index=True), spared=spared, team=team),
        precision=PrecisionLimits(**book.value("estimation.precision_limits", on=as_of)),
        least_units=int(book.value("estimation.least_units", on=as_of)),
        level=float(book.value("estimation.interval_level", on=as_of)),
        small_cells=small_cell_rule(book.value("estimation.small_cells", on=as_of)),
        as_of=as_of,
    )


def measure_by(drawn: Drawn, *, by: str) -> pd.DataFrame:
    """Return the rates by one of ``DOMAINS``; columns of ``measure_domains``, with ``name`` where the code has one."""
    return measure_domains(
        drawn.measured,
        by=column_of(by),
        precision=drawn.precision,
        least_units=drawn.least_units,
        level=drawn.level,
        small_cells=drawn.small_cells,
    ).assign(by=by)


def change_by(earlier: Drawn, later: Drawn, *, by: str) -> pd.DataFrame:
    """Return the change of each rate between two periods of the same season; columns of ``change_by_domain``.

    A rate that is withheld in its period is withheld here, and the change with it; its interval stays.
    """
    found = change_by_domain(earlier.measured, later.measured, by=column_of(by), level=later.level).assign(by=by)
    for name, period in (("earlier", earlier), ("later", later)):
        told = measure_by(period, by=by).set_index("domain")["status"]
        small = found["domain"].map(told).eq(WITHHELD)
        found = found.assign(**{column: found[column].mask(small) for column in (name, "change")})
    return found


def compare_by(drawn: Drawn, *, by: str) -> Funnel:
    """Return how units compare: districts, departments or sectors.

    Raises
    ------
    UsageError
        Anything else.
    """
    if by not in COMPARED:
        raise UsageError(
            what="--by", value=by, remedy=Message(N_("compare by {kinds}"), {"kinds": ", ".join(COMPARED)})
        )
    found = compare_domains(drawn.measured, by=column_of(by), level=drawn.level)
    return Funnel(
        found.table.rename(columns={column_of(by): "domain"}).assign(by=by),
        found.rate,
        found.between,
        found.inflation,
    )


def column_of(by: str) -> str:
    """Return the column of a domain; UsageError when there is none."""
    if by not in DOMAINS:
        remedy = Message(N_("measure by {kinds}"), {"kinds": ", ".join(DOMAINS)})
        raise UsageError(what="--by", value=by, remedy=remedy)
    return DOMAINS[by]


def domain_names(workspace: Workspace, *, by: str, on: date) -> dict[str, str]:
    """Return what people call the codes of a domain, where a register names them."""
    registers = {"district": "districts", "department": "departments", "item": "items"}
    if by not in registers:
        return {}
    key = DOMAINS[by]
    try:
        table = current(workspace, registers[by], key=key, on=on)
    except TableMissingError:
        return {}
    return dict(zip(table[key].astype(str), table["name"].astype(str), strict=True))


def _with_results(
    workspace: Workspace, drawn: pd.DataFrame, *, draw_id: str, known_on: date | None = None
) -> pd.DataFrame:
    """The drawn rows with their results, under the ground each was checked on (of the draw where nobody was there)."""
    history = workspace.warehouse.history("inspections")
    columns = ["entity_id", "item_code", "selection_mode", "result_codes", "occurred_on", "inspector_code"]
    stands = history.superseded_at.isnull()
    if known_on is not None:
        stands = (history.known_at <= known_on) & (stands | (history.superseded_at > known_on))
    found = history.filter(history.draw_id == draw_id, stands).select(*columns).execute()
    drawn_as = drawn.get("selection_mode", pd.Series(SelectionMode.RANDOM.value, index=drawn.index))
    rows = drawn.assign(drawn_as=drawn_as).drop(columns="selection_mode", errors="ignore")
    rows = rows.merge(found, on=["entity_id", "item_code"], how="left", validate="1:1")
    return rows.assign(selection_mode=rows["selection_mode"].astype(object).fillna(rows["drawn_as"]))


def _with_domains(workspace: Workspace, rows: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """The rows with sector and population of the object, department and class of the item, as known at the freeze."""
    items = current(workspace, "items", key="item_code", on=on)[["item_code", "department_code", "item_class"]]
    history = workspace.warehouse.history("entities")
    objects = history.filter(history.superseded_at.isnull()).select("entity_id", "industry_code", "population")
    wanted = objects.filter(objects.entity_id.isin(sorted(rows["entity_id"].unique()))).execute()
    held = rows.drop(columns=[name for name in ("department_code", "item_class", "population") if name in rows])
    whole = held.merge(items, on="item_code", how="left").merge(wanted, on="entity_id", how="left")
    return whole.assign(sector=sector_of(whole["industry_code"])).fillna(
        {"population": "", "department_code": "", "item_class": ""}
    )
