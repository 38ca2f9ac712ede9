"""From logged draws to the laboratory: cells with what random rows showed, planned ratios, the question of the best."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd

from engine.errors import SelectionModeError
from engine.estimation.outcome import Outcome, classify_outcomes
from engine.laboratory.cells import CELL_KEY
from engine.laboratory.posterior import FloatArray
from engine.messages import Message
from engine.pipeline.earlier_draws import EarlierDraws
from engine.pipeline.framing import NOTHING_PLANNED, Planned, with_planned_caps
from engine.ratios.allocation import Allocation, committed_ratios
from engine.ratios.capacity import Capacity
from engine.ratios.expected import ExpectedRatios, expected_ratios
from engine.ratios.policy import RatioPolicy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import NeighbourOrder, Strata, build_strata
from engine.vocabulary import ItemClass, SelectionMode

_KEY = b"laboratory"
"""Strata of a simulation are blinded under no secret: nobody sees their codes."""
_DONE = ["n_drawn", "n_excluded"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The frame of the draw to be simulated.

    Parameters
    ----------
    cells, memberships : as ``engine.laboratory.experiment.set_up`` asks.
    strata : the frame cut as a draw cuts it. terms : what a draw of it follows.
    ratios : the same strata, ready to give the ratios of any policy (``ExpectedRatios.of``), as a draw would.
    source : what the frame was built from, e.g. the register of a day or a draw.
    n_outside : rows that stay outside, by reason. objects : entity_id by the code of ``memberships.object``.
    """

    cells: pd.DataFrame
    memberships: pd.DataFrame
    strata: Strata
    terms: "Terms"
    ratios: ExpectedRatios
    source: Message
    n_outside: Mapping[str, int]
    objects: pd.Index

    def ratios_under(self, policy: RatioPolicy) -> FloatArray:
        """Return the ratio of every cell as a draw of this frame follows the policy, plan lines first."""
        return self.ratios.of(self.terms.planned.followed(policy))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a draw of this frame follows besides its ratios.

    Parameters
    ----------
    items : item list. efforts : exact person-days of a check by item. minimum_cell, nearest : how strata merge.
    rounding : rule by item class. draw, done, capacity : see ``engine.ratios.allocation.committed_ratios``.
    planned : what plan lines say about ratios. groups : ticket group by item; items without one share a ticket.
    """

    items: pd.DataFrame
    efforts: Mapping[str, Fraction]
    minimum_cell: int
    nearest: NeighbourOrder
    rounding: Mapping[ItemClass, str]
    draw: DrawOfYear | Mapping[str, DrawOfYear]
    done: pd.DataFrame | None
    capacity: Capacity | None
    planned: Planned = NOTHING_PLANNED
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def capped(self) -> pd.DataFrame:
        """The item list with what plan lines allow at most as caps."""
        return with_planned_caps(self.items, self.planned.most)


def with_findings(selections: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return frame rows with ``selection_mode`` and ``adverse`` of the drawn ones.

    Parameters
    ----------
    selections : every frame row of one draw; ``selection_mode`` of the draw if there (random when not).
    results : its rows of ``inspections``: entity_id, item_code, selection_mode, result_codes.

    Raises
    ------
    SelectionModeError
        A drawn row was checked on another ground than it was drawn on (scheduled, directed).

    Notes
    -----
    ``adverse`` is true for a violation, false for every other result (nothing was found, also when nobody was met),
    null without a result and for rows not drawn.
    """
    checked = results[["entity_id", "item_code", "selection_mode", "result_codes"]]
    rows = selections.merge(
        checked.rename(columns={"selection_mode": "checked_as"}),
        on=["entity_id", "item_code"],
        how="left",
        validate="1:1",
    )
    drawn_as = pd.Series(SelectionMode.RANDOM.value, index=rows.index, dtype=object)
    if "selection_mode" in rows:
        drawn_as = rows["selection_mode"].astype(object).fillna(SelectionMode.RANDOM.value)
    other = rows["is_drawn"] & rows["checked_as"].notna() & (rows["checked_as"].astype(object) != drawn_as)
    if other.any():
        raise SelectionModeError(n_rows=int(other.sum()), mode=str(rows.loc[other, "checked_as"].iloc[0]))
    outcome = classify_outcomes(rows["result_codes"].where(rows["is_drawn"]))
    adverse = (outcome == Outcome.VIOLATION).astype("boolean").mask(outcome == Outcome.NOT_DONE)
    return rows.drop(columns="checked_as").assign(selection_mode=drawn_as, adverse=adverse)


def laboratory_frame(
    eligible: pd.DataFrame,
    logged: pd.DataFrame,
    terms: Terms,
    *,
    source: Message,
    standing: Collection[str] | None = None,
    n_outside: Mapping[str, int] | None = None,
) -> Frame:
    """Return a frame as cells, cut into strata as a draw would cut it.

    Parameters
    ----------
    eligible : rows that can be drawn: entity_id, item_code, item_class, district_code, grade; is_due, is_control if
        there.
    logged : rows of :func:`with_findings` of every draw, the latest last.
    standing : draws whose results still stand: a unit checked there keeps what was found. None = every draw.

    Notes
    -----
    Rates are learned from all results by the grade an object had when it was drawn; what is known of a unit counts in
    the cell where it stands now. An object's later grade may rest on that very result, so the two must not be mixed.
    """
    strata = build_strata(eligible, minimum_cell=terms.minimum_cell, nearest=terms.nearest, key=_KEY)
    cells = strata.cells.reset_index(drop=True)
    cell_key = [*CELL_KEY, "is_due", "is_control"]
    place = pd.MultiIndex.from_frame(cells[cell_key])
    rows = strata.frame
    held = rows.assign(cell=place.get_indexer(pd.MultiIndex.from_frame(rows[cell_key])))
    done = logged[logged["adverse"].notna()]
    found = done if standing is None else done[done["draw_id"].isin(standing)]
    latest = found.drop_duplicates(["entity_id", "item_code"], keep="last")[["entity_id", "item_code", "adverse"]]
    known = held[["entity_id", "item_code", "cell"]].merge(latest, on=["entity_id", "item_code"])
    by_cell = known.assign(adverse=known["adverse"].astype("int64")).groupby("cell")["adverse"].agg(["size", "sum"])
    counts = by_cell.reindex(range(len(cells)), fill_value=0)
    cells = cells.assign(n_observed=counts["size"].to_numpy(), n_findings=counts["sum"].to_numpy())
    cells = _with_evidence(cells, done, logged)
    departments = terms.items.set_index("item_code")["department_code"]
    cells["department_code"] = cells["item_code"].map(departments)
    cells["effort"] = cells["item_code"].map({code: float(days) for code, days in terms.efforts.items()}).astype(float)
    cells["rounding"] = cells["item_class"].map({kind.value: rule for kind, rule in terms.rounding.items()})
    cells["ticket_group"] = [terms.groups.get(str(code), "") for code in cells["item_code"]]
    code, objects = pd.factorize(held["entity_id"])
    members = pd.DataFrame({"object": code, "cell": held["cell"].to_numpy()})
    ratios = _ratios_of(cells, terms)
    return Frame(cells, members, strata, terms, ratios, source, dict(n_outside or {}), pd.Index(objects))


def frame_of_cells(cells: pd.DataFrame, terms: Terms, *, source: Message, n_outside: Mapping[str, int]) -> Frame:
    """Return the frame again from its cells alone: ratios and allocation as before, but no object.

    Parameters
    ----------
    cells : ``Frame.cells`` of :func:`laboratory_frame` under the same terms.
    """
    nobody = pd.DataFrame({"object": np.zeros(0, dtype=np.int64), "cell": np.zeros(0, dtype=np.int64)})
    strata = Strata(cells.head(0), cells)
    return Frame(cells, nobody, strata, terms, _ratios_of(cells, terms), source, n_outside, pd.Index([], dtype=object))


def _ratios_of(cells: pd.DataFrame, terms: Terms) -> ExpectedRatios:
    return expected_ratios(
        cells,
        terms.capped,
        draw=terms.draw,
        done=terms.done,
        capacity=terms.capacity,
        control=terms.planned.control,
    )


def allocation_of(frame: Frame, policy: RatioPolicy) -> Allocation:
    """Return the exact ratios a draw of the frame would commit to, what is trimmed and why, what cannot be kept."""
    terms = frame.terms
    return committed_ratios(
        frame.strata,
        terms.planned.followed(policy),
        terms.capped,
        draw=terms.draw,
        done=terms.done,
        capacity=terms.capacity,
        control=terms.planned.control,
    )


def _with_evidence(cells: pd.DataFrame, done: pd.DataFrame, logged: pd.DataFrame) -> pd.DataFrame:
    """Add results by item, district and grade at the time of the draw, once per split cell, and what was tried."""
    shown = done.assign(adverse=done["adverse"].astype("int64")).groupby(CELL_KEY)["adverse"].agg(["size", "sum"])
    tried = logged.groupby(CELL_KEY)["design_probability"].agg(["min", "max"])
    place = pd.MultiIndex.from_frame(cells[CELL_KEY])
    first = ~place.duplicated()
    return cells.assign(
        n_evidence=np.where(first, shown["size"].reindex(place).fillna(0).to_numpy(), 0).astype("int64"),
        n_evidence_findings=np.where(first, shown["sum"].reindex(place).fillna(0).to_numpy(), 0).astype("int64"),
        lowest_tried=tried["min"].reindex(place).to_numpy(),
        highest_tried=tried["max"].reindex(place).to_numpy(),
    )


def drawn_this_year(logged: pd.DataFrame, standing: Collection[str], eligible: pd.DataFrame) -> pd.DataFrame | None:
    """Return what the draws of this year took, as ``committed_ratios`` asks for it; None before the first.

    Parameters
    ----------
    logged : rows of :func:`with_findings`. standing : this year's draws. eligible : rows that can still be drawn.

    Notes
    -----
    What law made due is no part of the graded quota and is left out.
    """
    taken = _taken(logged, standing)
    if taken.empty:
        return None
    still = pd.MultiIndex.from_frame(eligible[["entity_id", "item_code"]])
    gone = ~pd.MultiIndex.from_frame(taken[["entity_id", "item_code"]]).isin(still)
    return taken.assign(n_drawn=1, n_excluded=gone.astype("int64")).groupby(CELL_KEY)[_DONE].sum().reset_index()


def earlier_draws_of(
    logged: pd.DataFrame, standing: Collection[str], eligible: pd.DataFrame, *, draw: DrawOfYear
) -> EarlierDraws | None:
    """Return what the draws of this year took from whom; None before the first. Parameters as for the table above."""
    done = drawn_this_year(logged, standing, eligible)
    if done is None:
        return None
    objects = _taken(logged, standing)[["entity_id", "grade"]].drop_duplicates("entity_id", keep="last")
    left = objects[~objects["entity_id"].isin(eligible["entity_id"])]
    visited, gone = ({str(g): int(n) for g, n in each["grade"].value_counts().items()} for each in (objects, left))
    return EarlierDraws(done, draw, visited, gone)


def _taken(logged: pd.DataFrame, standing: Collection[str]) -> pd.DataFrame:
    rows = logged[logged["is_drawn"] & logged["draw_id"].isin(standing)]
    if "is_due" not in rows.columns:
        return rows
    return rows[~rows["is_due"].fillna(value=False).astype(bool)]


def planned_ratios(
    cells: pd.DataFrame, policy: RatioPolicy, items: pd.DataFrame, *, draws_per_year: int = 1
) -> FloatArray:
    """Return the ratio of every cell in the first of the year's equal draws, caps applied as in a draw."""
    codes = [f"{at:07d}" for at in range(len(cells))]
    table = cells[[*CELL_KEY, "item_class", "n_units"]].assign(is_due=False, is_control=False, stratum=codes)
    found = committed_ratios(Strata(table, table), policy, items, draw=DrawOfYear(1, draws_per_year)).table
    by_stratum = dict(zip(found["stratum"], found["ratio"], strict=True))
    return np.array([float(by_stratum[code]) for code in codes])
