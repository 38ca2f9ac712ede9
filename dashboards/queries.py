"""Kept reads: whatever a page asks goes through :func:`kept`, which asks the desk first and keys on all that matters.

An answer is shared only between people with the same role and rows, over the same version of the records and of the
policies; anything that becomes visible in the workspace makes another version.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from dashboards import words
from dashboards.view import View
from engine.api.desk import Action, Desk
from engine.api.draws import verification
from engine.api.marts import what_if as what_if_marts
from engine.api.policies import burden as policy_burden
from engine.api.policies import laboratory
from engine.api.policies import limits as policy_limits
from engine.api.policies import optimum as policy_optimum
from engine.api.policies import simulation as policy_simulation
from engine.api.reading import draws as draw_reading
from engine.api.reading import measures as reading
from engine.api.reading import search
from engine.api.reading.shown import shown
from engine.draw.protocol.checks import Verification
from engine.laboratory.experiment import Experiment
from engine.ratios.capacity import CapacityLimit

KEPT = 256
KEPT_BENCHES = 16
PROFILE = "default"
FUTURES = 1000
SEED = 0
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Workbench:
    """The laboratory ready for many trials: frame, shared futures, and the policy in force simulated in them.

    ``allocation`` is the table of ``policy_simulation.allocate_policy`` under the policy in force, ``limits`` what it
    leaves of each ratio.
    """

    bench: laboratory.Bench
    experiment: Experiment
    present: policy_simulation.SimulatedPolicy
    allocation: pd.DataFrame
    groups: policy_burden.BurdenGroups
    limits: tuple[policy_limits.CellLimit, ...]


def kept(view: View, read: Callable[..., Answer], *, needs: Action, **asked: Any) -> Answer:
    """Return ``read(workspace, **asked)`` over what this person may see; the account is looked up even when kept.

    Parameters
    ----------
    read : a function of a module that takes a workspace first; small frames and values out, no writing.
    needs : the right it takes.
    asked : values that can be hashed.

    Raises
    ------
    AccessError
        The person has no such right (any more).
    """
    return _kept_at(view.desk, read, needs, **asked)


def _kept_at(desk: Desk, read: Callable[..., Answer], needs: Action, **asked: Any) -> Answer:
    name = f"{read.__module__}.{read.__qualname__}"
    if "<" in name:
        raise TypeError(f"{name}: a function made on the spot has no name to keep its answer under")
    answer: Answer = _kept(desk.key(needs), name, tuple(sorted(asked.items())), desk, read, needs)
    return answer


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _kept(
    key: tuple[str, ...], name: str, asked: tuple[tuple[str, Any], ...], _desk: Desk, _read: Any, _needs: Action
) -> Any:
    with _desk.reading(_needs) as workspace:
        return _read(workspace, **dict(asked))


def standing(desk: Desk) -> reading.Standing:
    """Return what the workspace holds now, for whoever may see anything of it."""
    return _kept_at(desk, shown, next(iter(sorted(desk.viewer.rights))))


def interval_level(view: View) -> float:
    """Return the coverage of the intervals shown."""
    return _interval_level(view.as_of)


def hit_rates(view: View) -> pd.DataFrame:
    """Return hit rates by way of selection and grade (see ``reading.hit_rates``)."""
    return kept(view, reading.hit_rates, needs=Action.SEE_FIGURES, as_of=view.as_of, population=view.population)


def figures(view: View) -> Mapping[str, reading.Figure]:
    """Return the single figures by measure (see ``reading.figures``)."""
    return kept(view, reading.figures, needs=Action.SEE_FIGURES, as_of=view.as_of, population=view.population)


def figure_history(view: View) -> pd.DataFrame:
    """Return the single figures of every date measured (see ``reading.figure_history``)."""
    return kept(view, reading.figure_history, needs=Action.SEE_FIGURES, population=view.population)


def grade_shares(view: View) -> pd.DataFrame:
    """Return entities and share per grade (see ``reading.grade_shares``)."""
    return kept(view, reading.grade_shares, needs=Action.SEE_FIGURES, as_of=view.as_of, population=view.population)


def unit_name(view: View, code: str, *, needs: Action) -> str:
    """Return what people call a department or district; the code itself where no register names it."""
    return unit_names(view, [code], needs=needs)[0]


def unit_names(view: View, codes: Iterable[str], *, needs: Action) -> list[str]:
    """Return :func:`unit_name` of each of many codes, looked up once."""
    names = kept(view, laboratory.unit_names, needs=needs, on=view.desk.clock().date())
    return [names.get(code, code) or words.NOTHING for code in codes]


def object_names(view: View, entity_ids: Iterable[object], *, needs: Action) -> dict[str, str]:
    """Return the names of objects, looked up once; those without one, or unknown, are left out."""
    about = tuple(sorted({str(each) for each in entity_ids if not words.is_missing(each) and each}))
    return kept(view, search.entity_names, needs=needs, entity_ids=about) if about else {}


def intake(view: View) -> reading.Intake:
    """Return rows in, accepted and quarantined."""
    return kept(view, reading.intake, needs=Action.SEE_QUALITY)


def draws(view: View) -> tuple[draw_reading.DrawRecord, ...]:
    """Return the draws, newest first."""
    return kept(view, draw_reading.draws, needs=Action.SEE_DRAWS)


def cells(view: View, draw_id: str) -> pd.DataFrame:
    """Return one row per item and stratum of a draw."""
    return kept(view, draw_reading.cells, needs=Action.SEE_DRAWS, draw_id=draw_id)


def team_loads(view: View, draw_id: str) -> pd.DataFrame:
    """Return how many inspectors carry how many visits."""
    return kept(view, draw_reading.team_loads, needs=Action.SEE_DRAWS, draw_id=draw_id)


def stored_trial(view: View) -> what_if_marts.StoredTrial | None:
    """Return what is stored of the next draw's frame for this person's rows; None when nothing is."""
    return kept(view, what_if_marts.stored_trial, needs=Action.TRY_RATIOS, profile=PROFILE, as_of=view.as_of)


def workbench(view: View, trial: what_if_marts.StoredTrial) -> Workbench:
    """Return the laboratory of the next draw; read-only and shared, since every trial is a new object.

    One for all roles with the same rows: a role changes nothing in it.
    """
    folder, _role, rows, records, policies = view.desk.key(Action.TRY_RATIOS)
    return _workbench((folder, rows, records, policies, trial.run_id), view.as_of, view.desk)


def best_ratios(view: View, held: Workbench, *, within: str, most: int) -> policy_optimum.BestPolicy:
    """Return the ratios that find most within a capacity of a year, with the curve of precision.

    Parameters
    ----------
    within : ``checks`` (of items) or ``days`` (person-days of all departments together). most : of these.
    """
    return _best(view.desk.key(Action.TRY_RATIOS), view.as_of, within, most, held)


def verification_of(view: View, draw: draw_reading.DrawRecord, expected: str | None) -> Verification:
    """Return the recomputation of a draw; kept, since bundle and result are immutable for one version.

    Parameters
    ----------
    expected : commitment digest known from the public notice, or None.
    """
    return _verification(view.desk.key(Action.SEE_DRAWS), str(draw.bundle), expected)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _interval_level(as_of: date) -> float:
    return reading.interval_level(as_of)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _verification(key: tuple[str, ...], bundle: str, expected: str | None) -> Verification:
    return verification.verify(Path(bundle), expect_commit=expected, expect_entropy=None)


@st.cache_resource(max_entries=KEPT_BENCHES, show_spinner=False)
def _best(key: tuple[str, ...], as_of: date, within: str, most: int, _held: Workbench) -> policy_optimum.BestPolicy:
    checks = float(most) if within == "checks" else None
    days = () if within == "checks" else (CapacityLimit(None, None, Fraction(most), ""),)
    wishes = policy_optimum.Wishes(checks, days, None, None, by_item=False)
    return policy_optimum.optimise_policy(_held.bench, _held.experiment, wishes)


@st.cache_resource(max_entries=KEPT_BENCHES, show_spinner=False)
def _workbench(key: tuple[str, ...], as_of: date, _desk: Desk) -> Workbench:
    with _desk.reading(Action.TRY_RATIOS) as held:
        bench, experiment, groups = what_if_marts.stored_laboratory(
            held, profile=PROFILE, as_of=as_of, draws=FUTURES, seed=SEED
        )
    present = policy_simulation.simulate_policy(bench, experiment)
    allocation = policy_simulation.allocate_policy(bench).table
    return Workbench(bench, experiment, present, allocation, groups, policy_limits.cell_limits(bench))
