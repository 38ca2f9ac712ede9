"""Alarms over finished draws: do the tickets look uniform, and are kinds of objects drawn as often as they should be?

An alarm is a reason to look at the program and the frame, never one to draw again. Within a stratum the number drawn
of each category is hypergeometric; over strata its deviations and covariances add up, so that sparse strata count too:
``X² = (O − E)' V⁻ (O − E)`` with ``V = Σ_h n_h (N_h − n_h)/(N_h − 1) (diag p_h − p_h p_h')``, chi-square with the rank
of V. Draws have fresh seeds and are independent: over several draws p-values are joined by Fisher's method.
Source: Mantel & Haenszel (1959) for sums over strata; Kolmogorov–Smirnov for the tickets; Fisher (1932).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2, kstwobign

from engine.draw.drawing import Selected
from engine.draw.populations.frame import BlindedFrame, is_exclusion
from engine.draw.selecting.selection import rows_by_stratum

FEWEST_EXPECTED = 5.0
"""Categories with fewer expected draws are taken together, as the chi-square approximation asks."""
LEAST_SPREAD = 1e-9
"""Variances below this are rounding: chance decides nothing there, as in a stratum drawn in full."""
TICKETS = "tickets"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One test.

    Parameters
    ----------
    test : ``tickets`` or the name of a trait.
    subject : ticket group or item.
    statistic : √n · D for tickets, X² for traits.
    freedom : degrees of freedom, 0 for tickets.
    p_value : chance of a deviation as large in a fair draw, 0..1.
    n : tickets, or objects drawn.
    """

    test: str
    subject: str
    statistic: float
    freedom: int
    p_value: float
    n: int


def ticket_monitor(dealt: bytes, *, group: str) -> Monitor:
    """Return the Kolmogorov–Smirnov test of all tickets of a group against the uniform distribution.

    Cost: one sort of the first eight bytes of every ticket.
    """
    words = np.sort(np.frombuffer(dealt, dtype=">u8").reshape(-1, 4)[:, 0].astype(np.float64)) / 2.0**64
    n = len(words)
    steps = np.arange(n + 1) / max(n, 1)
    distance = max(np.max(steps[1:] - words, initial=0.0), np.max(words - steps[:-1], initial=0.0))
    statistic = float(np.sqrt(n) * distance)
    return Monitor(TICKETS, group, statistic, 0, float(kstwobign.sf(statistic)), n)


def trait_monitor(
    frame: BlindedFrame, selected: Selected, *, item: str, trait: str, categories: NDArray[np.int64]
) -> Monitor:
    """Return the test that objects of every category of a trait were drawn as often as their strata say.

    Parameters
    ----------
    trait : what the categories are, for people.
    categories : number of the category of every row of the frame, from 0; -1 = not known, left out of the test.

    Notes
    -----
    Cost: O(rows of the item + strata x categories²). Objects without a category reduce N_h and n_h alike.
    """
    n_categories = int(categories.max(initial=-1)) + 1
    drawn = {cell.stratum: np.asarray(cell.rows, dtype=np.int64) for cell in selected.cells if cell.item == item}
    surplus, expected = np.zeros(n_categories), np.zeros(n_categories)
    covariance = np.zeros((n_categories, n_categories))
    total = 0
    for stratum, rows in rows_by_stratum(frame, item=item):
        if is_exclusion(stratum) or stratum not in drawn:
            continue
        known, hit = categories[rows], categories[drawn[stratum]]
        sizes = np.bincount(known[known >= 0], minlength=n_categories)
        found = np.bincount(hit[hit >= 0], minlength=n_categories)
        n_rows, n_drawn = int(sizes.sum()), int(found.sum())
        total += n_drawn
        if n_rows > 1:
            shares = sizes / n_rows
            expected += n_drawn * shares
            surplus += found - n_drawn * shares
            factor = n_drawn * (n_rows - n_drawn) / (n_rows - 1)
            covariance += factor * (np.diag(shares) - np.outer(shares, shares))
    return _chi_square(surplus, expected, covariance, test=trait, item=item, n=total)


def _chi_square(surplus: Floats, expected: Floats, covariance: Floats, *, test: str, item: str, n: int) -> Monitor:
    large = np.flatnonzero(expected >= FEWEST_EXPECTED)
    # one row for each large category and one for all others together
    joined = np.zeros((len(large) + 1, len(expected)))
    joined[np.arange(len(large)), large] = 1
    joined[-1, expected < FEWEST_EXPECTED] = 1
    covariance = joined @ covariance @ joined.T
    spread, directions = np.linalg.eigh(covariance)
    free = spread > LEAST_SPREAD
    if not free.any():
        return Monitor(test, item, 0.0, 0, 1.0, n)
    moved = directions[:, free].T @ joined @ surplus
    statistic, freedom = float((moved**2 / spread[free]).sum()), int(free.sum())
    return Monitor(test, item, statistic, freedom, float(chi2.sf(statistic, freedom)), n)


def monitor_draw(
    frame: BlindedFrame, selected: Selected, *, traits: Mapping[str, NDArray[np.int64]]
) -> tuple[Monitor, ...]:
    """Return all tests of one draw: tickets by group, then every trait by item.

    Parameters
    ----------
    traits : name → category of every row of the frame (:func:`trait_monitor`).
    """
    found = [ticket_monitor(dealt, group=group) for group, dealt in sorted(selected.tickets.items())]
    for item in frame.items:
        found += [
            trait_monitor(frame, selected, item=item, trait=trait, categories=categories)
            for trait, categories in sorted(traits.items())
        ]
    return tuple(found)


def monitor_table(monitors: Sequence[Monitor], *, draw_id: str) -> pd.DataFrame:
    """Return the tests as rows: draw_id, test, subject, statistic, freedom, p_value, n."""
    records = [(draw_id, m.test, m.subject, m.statistic, m.freedom, m.p_value, m.n) for m in monitors]
    columns = ["draw_id", "test", "subject", "statistic", "freedom", "p_value", "n"]
    return pd.DataFrame.from_records(records, columns=columns)


def joined_over_draws(table: pd.DataFrame) -> pd.DataFrame:
    """Return each test over all draws: test, subject, draws, p_value, by Fisher's method.

    Parameters
    ----------
    table : rows of several draws, as :func:`monitor_table`; tests without freedom and p = 1 say nothing and are left
        out, except that of the tickets.
    """
    told = table[(table["freedom"] > 0) | (table["test"] == TICKETS)]
    records = []
    for (test, subject), rows in told.groupby(["test", "subject"], sort=True):
        p_values = rows["p_value"].clip(lower=np.finfo(float).tiny)
        joined = float(chi2.sf(-2 * np.log(p_values).sum(), 2 * len(rows)))
        records.append((test, subject, rows["draw_id"].nunique(), joined))
    return pd.DataFrame.from_records(records, columns=["test", "subject", "draws", "p_value"])


def alarms(table: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return the rows whose p-value, times the number of tests, is below the level (Bonferroni)."""
    told = table[(table["p_value"] < 1)]
    return told[told["p_value"] * max(len(told), 1) < level]
