"""The drawn rows of one or more draws as a stratified sample, checked before anything is estimated from it.

Reads ``inclusion_probability`` (n_h / N_h given the size drawn), never ``design_probability``; the estimator for the
latter is ``engine.estimation.rounding``. Rows that no random draw chose are refused.
Source: docs/spec/estimators.md §4.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import EstimationError, MissingInclusionProbabilityError, SelectionModeError
from engine.estimation.partner import partners
from engine.estimation.variance import Codes, Strata
from engine.messages import N_, Message
from engine.vocabulary import SelectionMode, TableShape

STRATUM_KEY = ("draw_id", "item_code", "stratum")
DRAWN = TableShape(
    "drawn rows",
    ("draw_id", "entity_id", "item_code"),
    {"stratum": "opaque code", "selection_mode": "random or filtered_draw", "inclusion_probability": "n_h / N_h"},
)

STRATA = TableShape("strata", STRATUM_KEY, {"n_units": "N_h", "n_drawn": "n_h"})

DRAWN_MODES = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value)


@dataclass(frozen=True, slots=True, eq=False)
class DesignSample:
    """Drawn rows with the strata they stand for.

    Parameters
    ----------
    rows : the drawn rows, index 0..n-1.
    stratum : position of each row's stratum in ``strata``.
    strata : sizes after strata without a draw were joined to their committed partner.
    codes : Series, index draw, item and stratum as given, values position in ``strata`` (-1: no units).
    clusters : code of each row's cluster (object, or team).
    is_row_cluster : whether every row is a cluster of its own.
    n_joined : strata that had units but no draw and were joined.
    teams : code of each row's team, when teams are taken as clusters too; else null.
    """

    rows: pd.DataFrame
    stratum: Codes
    strata: Strata
    codes: pd.Series
    clusters: Codes
    is_row_cluster: bool
    n_joined: int
    teams: Codes | None = None


def require_random(rows: pd.DataFrame) -> None:
    """Raise unless every row comes from one kind of random draw and carries its inclusion probability.

    Raises
    ------
    SelectionModeError
        Rows are scheduled, directed or reserve, or of two kinds of draw.
    MissingInclusionProbabilityError
        A random row has no probability.
    """
    modes = rows["selection_mode"].astype(str)
    foreign = modes[~modes.isin(DRAWN_MODES)]
    if not foreign.empty:
        raise SelectionModeError(n_rows=len(foreign), mode=", ".join(sorted(foreign.unique())))
    if modes.nunique() > 1:
        raise SelectionModeError(n_rows=len(rows), mode=" + ".join(sorted(modes.unique())))
    lost = int(rows["inclusion_probability"].isna().sum())
    if lost:
        raise MissingInclusionProbabilityError(n_rows=lost, mode=modes.iloc[0])


def design_sample(
    rows: pd.DataFrame, strata: pd.DataFrame, *, cluster: str = "entity_id", team: str | None = None
) -> DesignSample:
    """Return the sample that ``rows`` are of the frames in ``strata``.

    Parameters
    ----------
    rows : every drawn (draw, object, item), with or without a result; ``stratum``, ``selection_mode``,
        ``inclusion_probability`` and whatever is to be estimated.
    strata : every stratum of those draws and items: ``n_units`` (N_h), ``n_drawn`` (n_h) and, when there,
        ``merge_into`` (the committed partner), ``grade`` (partners are sought in the same grade first).
    cluster : column whose equal values are not independent: the object, or the team that checked.
    team : a second such column, of which the objects of one cluster need not share a value: the larger of the two
        variances is used, with the degrees of freedom of the teams. Rows without a team stand with their cluster.

    Raises
    ------
    SelectionModeError, MissingInclusionProbabilityError
        See :func:`require_random`.
    EstimationError
        Rows and strata contradict each other.
    UndefinedEstimateError
        A stratum with units has no draw, or only one, and no partner.
    """
    require_random(DRAWN.check(rows))
    kept = rows.reset_index(drop=True)
    table = STRATA.check(strata).sort_values(list(STRATUM_KEY), kind="stable").reset_index(drop=True)
    position = _positions(kept, table)
    _require_whole(kept, table, position)
    target = partners(table, needs=(table["n_drawn"] == 0) & (table["n_units"] > 0))
    live = np.unique(target[(table["n_units"] > 0).to_numpy()])
    renumber = np.full(len(table), -1)
    renumber[live] = np.arange(live.size)
    has_units = (table["n_units"] > 0).to_numpy()
    code = renumber[target[has_units]]
    sizes = np.bincount(code, weights=table["n_units"].to_numpy(dtype=float)[has_units])
    drawn = np.bincount(code, weights=table["n_drawn"].to_numpy(dtype=float)[has_units])
    reduced = table.iloc[live].assign(n_units=sizes, n_drawn=drawn).reset_index(drop=True)
    groups = partners(reduced, needs=(reduced["n_drawn"] == 1) & (reduced["n_units"] > 1))
    clusters = pd.factorize(kept[cluster])[0]
    return DesignSample(
        rows=kept,
        stratum=renumber[target[position]],
        strata=Strata(sizes, drawn, groups),
        codes=pd.Series(
            np.where(has_units, renumber[target], -1), index=pd.MultiIndex.from_frame(table[list(STRATUM_KEY)])
        ),
        clusters=clusters,
        is_row_cluster=len(np.unique(clusters)) == len(kept),
        n_joined=int((target != np.arange(len(table))).sum()),
        teams=None if team is None else _team_codes(kept[team], clusters),
    )


def _team_codes(teams: pd.Series, clusters: Codes) -> Codes:
    codes, named = pd.factorize(teams)
    return np.asarray(pd.factorize(np.where(codes < 0, len(named) + clusters, codes))[0], dtype=np.int64)


def _positions(rows: pd.DataFrame, table: pd.DataFrame) -> Codes:
    index = pd.MultiIndex.from_frame(table[list(STRATUM_KEY)])
    found = index.get_indexer(pd.MultiIndex.from_frame(rows[list(STRATUM_KEY)]))
    if (found < 0).any():
        key = rows.loc[found < 0, list(STRATUM_KEY)].iloc[0].tolist()
        raise EstimationError(
            problem=Message(N_("drawn rows name the unknown stratum {stratum}"), {"stratum": key}),
            remedy=Message(N_("give the strata of every draw used")),
        )
    return np.asarray(found, dtype=np.int64)


def _require_whole(rows: pd.DataFrame, table: pd.DataFrame, position: Codes) -> None:
    """Every drawn row is there, and its probability is the one of its stratum."""
    counted = np.bincount(position, minlength=len(table))
    drawn, units = table["n_drawn"].to_numpy(), table["n_units"].to_numpy()
    wrong = np.flatnonzero((counted != drawn) | (drawn > units))
    if wrong.size:
        at = wrong[0]
        raise EstimationError(
            problem=Message(
                N_("stratum {stratum} has {units} units of which {drawn} were drawn, but {given} rows are given"),
                {
                    "stratum": table.loc[at, list(STRATUM_KEY)].tolist(),
                    "units": units[at],
                    "drawn": drawn[at],
                    "given": counted[at],
                },
            ),
            remedy=Message(N_("give every drawn row, also those without a result")),
        )
    stated = rows["inclusion_probability"].to_numpy(dtype=float)
    realised = (drawn / np.maximum(units, 1))[position]
    off = np.flatnonzero(np.abs(stated - realised) > 1e-9)
    if off.size:
        raise EstimationError(
            problem=Message(
                N_("inclusion_probability {stated} is not n/N = {realised} of its stratum"),
                {"stated": f"{stated[off[0]]:g}", "realised": f"{realised[off[0]]:g}"},
            ),
            remedy=Message(N_("give the realised probability; the policy ratio belongs in design_probability")),
        )
