"""What every simulation of one frame shares: rates, random numbers and who is visited together.

Because rates and random numbers are drawn once, two policies differ only by their ratios: the null change gives exactly
0. Source: docs/spec/laboratory.md §2.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.laboratory.cells import CELL_KEY, checked_cells
from engine.laboratory.coordination import Shared, shared_strata
from engine.laboratory.posterior import Codes, FloatArray, fit_prior, posterior_mean, posterior_rates


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Objects that are in the same cells.

    Parameters
    ----------
    n_objects : objects per profile. grade : grade of each profile.
    starts : position in ``cells`` where each profile's cells begin. cells : positions of cells.
    ticket_starts : the same where the cells of each ticket begin; an object has a ticket for every group of items.
    first_ticket : position in ``ticket_starts`` of each profile's first ticket.
    of_object : profile of every object, in the order of their codes.
    """

    n_objects: FloatArray
    grade: Codes
    starts: Codes
    cells: Codes
    ticket_starts: Codes
    first_ticket: Codes
    of_object: Codes

    def of_tickets(self, values: FloatArray | Codes) -> FloatArray:
        """Return the values of each ticket's profile."""
        return np.asarray(np.repeat(values, np.diff(np.r_[self.first_ticket, len(self.ticket_starts)])))


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """A frame ready to be simulated.

    Parameters
    ----------
    cells : see ``CELLS``. grades : names in the order of the codes. grade, stratum : code of each cell.
    item : code of each cell; items : names in the order of the codes.
    rates : posterior draws (draws, cells); squares : the same squared. mean : shrunken rates.
    finding_luck, visit_luck : uniforms (draws, grades). rounding_luck : uniforms (draws, items).
    profiles : who is in which cells. shared : what the strata of an object have in common.
    """

    cells: pd.DataFrame
    grades: tuple[str, ...]
    grade: Codes
    items: tuple[str, ...]
    item: Codes
    stratum: Codes
    rates: FloatArray
    squares: FloatArray
    mean: FloatArray
    finding_luck: FloatArray
    visit_luck: FloatArray
    rounding_luck: FloatArray
    profiles: Profiles
    shared: Shared


def set_up(cells: pd.DataFrame, memberships: pd.DataFrame, *, draws: int, generator: Generator) -> Experiment:
    """Return the shared part of all simulations of a frame.

    Parameters
    ----------
    cells : see ``CELLS``.
    memberships : one row per unit: object (integer code), cell (position in ``cells``).
    draws : simulated futures.

    Raises
    ------
    SchemaMismatchError, ContractError, EstimationError
        See :func:`~engine.laboratory.cells.checked_cells`.
    """
    table = checked_cells(cells)
    grade, group = pd.factorize(table["grade"], sort=True)[0], _ticket_groups(table)
    return _ready(table, _profiles(memberships, grade, group), draws=draws, generator=generator)


def set_up_again(cells: pd.DataFrame, kinds: pd.DataFrame, *, draws: int, generator: Generator) -> Experiment:
    """Return what :func:`set_up` returned, from its cells and its kinds of objects; equal to the last bit.

    Parameters
    ----------
    cells : as given to :func:`set_up`. kinds : :func:`kinds_of` its profiles.

    Notes
    -----
    Cost: that of the cells; no object is looked at. ``profiles.of_object`` is empty.
    """
    table = checked_cells(cells)
    held = kinds["cell"].to_numpy(dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(kinds["profile"].to_numpy()) != 0])
    n_objects = kinds["n_objects"].to_numpy(dtype=float)[starts]
    grade, group = pd.factorize(table["grade"], sort=True)[0], _ticket_groups(table)
    nobody = np.zeros(0, dtype=np.int64)
    profiles = _with_tickets(n_objects, starts, held, grade=grade, group=group, of_object=nobody)
    return _ready(table, profiles, draws=draws, generator=generator)


def kinds_of(profiles: Profiles) -> pd.DataFrame:
    """Return the kinds of objects as a table, key (profile, cell) in the order of both: n_objects of the profile."""
    lengths = np.diff(np.r_[profiles.starts, len(profiles.cells)])
    return pd.DataFrame(
        {
            "profile": np.repeat(np.arange(len(profiles.starts)), lengths),
            "cell": profiles.cells,
            "n_objects": np.repeat(profiles.n_objects, lengths),
        }
    )


def _ready(table: pd.DataFrame, profiles: Profiles, *, draws: int, generator: Generator) -> Experiment:
    grade, grades = pd.factorize(table["grade"], sort=True)
    item, items = pd.factorize(table["item_code"], sort=True)
    # rates are drawn in the order of the key: the order of rows must not decide which number a cell gets
    shown, back = _evidence(table)
    prior = fit_prior(shown)
    rates = posterior_rates(shown, prior, draws=draws, generator=generator)[:, back]
    stratum = pd.factorize(pd.MultiIndex.from_frame(table[["item_code", "stratum"]]))[0]
    sizes = np.bincount(stratum, weights=table["n_units"]).astype(float)
    return Experiment(
        cells=table,
        grades=tuple(map(str, grades)),
        grade=grade,
        items=tuple(map(str, items)),
        item=item,
        stratum=stratum,
        rates=rates,
        squares=rates**2,
        mean=posterior_mean(shown, prior)[back],
        finding_luck=generator.random((draws, len(grades))),
        visit_luck=generator.random((draws, len(grades))),
        rounding_luck=generator.random((draws, len(items))),
        profiles=profiles,
        shared=shared_strata(
            profiles.of_tickets(profiles.n_objects), profiles.ticket_starts, stratum[profiles.cells], sizes=sizes
        ),
    )


def _ticket_groups(table: pd.DataFrame) -> Codes:
    return np.asarray(pd.factorize(table["ticket_group"], sort=True)[0], dtype=np.int64)


def _evidence(table: pd.DataFrame) -> tuple[pd.DataFrame, Codes]:
    """Counts that rates are learned from, one row per item, district and grade, and the row of each cell."""
    keys = table.groupby(CELL_KEY, sort=True)
    counts = keys[["n_evidence", "n_evidence_findings"]].sum().reset_index()
    named = counts.rename(columns={"n_evidence": "n_observed", "n_evidence_findings": "n_findings"})
    return named, np.asarray(keys.ngroup(), dtype=np.int64)


def _profiles(memberships: pd.DataFrame, grade: Codes, group: Codes) -> Profiles:
    """Group objects by the set of their cells: equal sums of 64-bit hashes of the cells mean equal sets.

    The cells of a profile are ordered by ticket.
    """
    tickets = memberships.assign(ticket=group[memberships["cell"].to_numpy(dtype=np.int64)])
    ordered = tickets.sort_values(["object", "ticket", "cell"], kind="stable")
    objects, cells = ordered["object"].to_numpy(), ordered["cell"].to_numpy(dtype=np.int64)
    begins = np.flatnonzero(np.r_[True, objects[1:] != objects[:-1]])
    prints = np.add.reduceat(pd.util.hash_array(cells), begins)
    _, first, of_object, counts = np.unique(prints, return_index=True, return_inverse=True, return_counts=True)
    ends = np.r_[begins[1:], len(objects)]
    lengths = (ends - begins)[first]
    starts = np.r_[0, np.cumsum(lengths)[:-1]]
    within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    held = cells[np.repeat(begins[first], lengths) + within]
    return _with_tickets(
        counts.astype(float), starts, held, grade=grade, group=group, of_object=of_object.astype(np.int64)
    )


def _with_tickets(
    n_objects: FloatArray, starts: Codes, held: Codes, *, grade: Codes, group: Codes, of_object: Codes
) -> Profiles:
    """The profiles with where each ticket's cells begin."""
    begins_ticket = np.r_[True, group[held[1:]] != group[held[:-1]]]
    begins_ticket[starts] = True
    ticket_starts = np.flatnonzero(begins_ticket)
    first_ticket: Codes = np.asarray(np.searchsorted(ticket_starts, starts), dtype=np.int64)
    return Profiles(n_objects, grade[held[starts]], starts, held, ticket_starts, first_ticket, of_object)
