"""Cached reads: each takes the workspace and the version of its records, so no reader sees old or others' figures.

A cache entry can only be hit with the same workspace and the same version; anything that becomes visible in the
workspace makes another version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboards.view import View
from engine.api import draw_reading, laboratory, policy_simulation, reading, verification
from engine.draw.checks import Verification
from engine.laboratory.experiment import Experiment

KEPT = 64
KEPT_BENCHES = 4
PROFILE = "default"
FUTURES = 1000
SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Workbench:
    """The laboratory ready for many trials: frame, shared futures, and the policy in force simulated in them.

    ``allocation`` is the table of ``policy_simulation.allocate_policy`` under the policy in force.
    """

    bench: laboratory.Bench
    experiment: Experiment
    present: policy_simulation.SimulatedPolicy
    allocation: pd.DataFrame


def standing(workspace: Path) -> reading.Standing:
    """Return what the workspace holds now; only its version is read anew on every run."""
    return _standing(str(workspace), reading.data_version(workspace))


def interval_level(view: View) -> float:
    """Return the coverage of the intervals shown."""
    return _interval_level(view.as_of)


def hit_rates(view: View) -> pd.DataFrame:
    """Return hit rates by way of selection and grade (see ``reading.hit_rates``)."""
    return _hit_rates(str(view.workspace), view.data_version, view.as_of, view.population)


def figures(view: View) -> Mapping[str, reading.Figure]:
    """Return the single figures by measure (see ``reading.figures``)."""
    return _figures(str(view.workspace), view.data_version, view.as_of, view.population)


def grade_shares(view: View) -> pd.DataFrame:
    """Return entities and share per grade (see ``reading.grade_shares``)."""
    return _grade_shares(str(view.workspace), view.data_version, view.as_of, view.population)


def intake(view: View) -> reading.Intake:
    """Return rows in, accepted and quarantined."""
    return _intake(str(view.workspace), view.data_version)


def draws(view: View) -> tuple[draw_reading.DrawRecord, ...]:
    """Return the draws, newest first."""
    return _draws(str(view.workspace), view.data_version)


def cells(view: View, draw_id: str) -> pd.DataFrame:
    """Return one row per item and stratum of a draw."""
    return _cells(str(view.workspace), view.data_version, draw_id)


def team_loads(view: View, draw_id: str) -> pd.DataFrame:
    """Return how many inspectors carry how many visits."""
    return _team_loads(str(view.workspace), view.data_version, draw_id)


def workbench(view: View) -> Workbench:
    """Return the laboratory of the next draw; read-only and shared, since every trial is a new object."""
    return _workbench(str(view.workspace), view.data_version, view.as_of)


def verification_of(view: View, draw: draw_reading.DrawRecord, expected: str | None) -> Verification:
    """Return the recomputation of a draw; kept, since bundle and result are immutable for one version.

    Parameters
    ----------
    expected : commitment digest known from the public notice, or None.
    """
    return _verification(str(draw.bundle), view.data_version, expected)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _standing(workspace: str, version: str) -> reading.Standing:
    return reading.standing(Path(workspace))


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _interval_level(as_of: date) -> float:
    return reading.interval_level(as_of)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _hit_rates(workspace: str, version: str, as_of: date, population: str) -> pd.DataFrame:
    return reading.hit_rates(Path(workspace), as_of=as_of, population=population)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _figures(workspace: str, version: str, as_of: date, population: str) -> Mapping[str, reading.Figure]:
    return reading.figures(Path(workspace), as_of=as_of, population=population)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _grade_shares(workspace: str, version: str, as_of: date, population: str) -> pd.DataFrame:
    return reading.grade_shares(Path(workspace), as_of=as_of, population=population)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _intake(workspace: str, version: str) -> reading.Intake:
    return reading.intake(Path(workspace))


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _draws(workspace: str, version: str) -> tuple[draw_reading.DrawRecord, ...]:
    return draw_reading.draws(Path(workspace))


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _cells(workspace: str, version: str, draw_id: str) -> pd.DataFrame:
    return draw_reading.cells(Path(workspace), draw_id=draw_id)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _team_loads(workspace: str, version: str, draw_id: str) -> pd.DataFrame:
    return draw_reading.team_loads(Path(workspace), draw_id=draw_id)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _verification(bundle: str, version: str, expected: str | None) -> Verification:
    return verification.verify(Path(bundle), expect_commit=expected, expect_entropy=None)


@st.cache_resource(max_entries=KEPT_BENCHES, show_spinner=False)
def _workbench(workspace: str, version: str, as_of: date) -> Workbench:
    with reading.opened(Path(workspace)) as held:
        bench = laboratory.prepare(held, profile=PROFILE, occasion=laboratory.Occasion.of_year(as_of))
    experiment = laboratory.experiment_of(bench, draws=FUTURES, seed=SEED)
    present = policy_simulation.simulate_policy(bench, experiment)
    return Workbench(bench, experiment, present, policy_simulation.allocate_policy(bench).table)
