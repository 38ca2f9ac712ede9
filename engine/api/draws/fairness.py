"""Was a draw fair, and how random was it? Loads, eligible officers, rehearsals with fake seeds, alarms over all draws.

Nothing here decides anything: the report reads a commitment or a finished draw and the alarms stored when it was drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.drawing import Drawn, visits_from_record
from engine.draw.measuring.fairness import (
    Rehearsal,
    eligibility,
    fake_seeds,
    load_table,
    rehearse,
    rung_network,
    spread,
)
from engine.draw.measuring.monitors import alarms, joined_over_draws, monitor_draw, monitor_table
from engine.draw.populations.frame import BlindedFrame
from engine.draw.populations.preparation import Frame, prepare_frame, prepare_roster
from engine.draw.populations.roster import EXPERT_DEPARTMENT, Officer
from engine.parameters import PolicyBook
from engine.store.draws.bundles import read_bundle
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

FAIRNESS = "draw.fairness"
FEWEST_VISIT_SEEDS = 5
FEWEST_SEEDS = 20
"""Probabilities from fewer fake seeds than this say nothing."""
PREFIX_LENGTH = 2
"""Characters of an identifier's value that its category in the monitor is made of, behind the scheme."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, mean and greatest of a number over officers or teams, and its standard deviation."""

    least: float
    mean: float
    most: float
    sd: float

    @staticmethod
    def of(values: "pd.Series[Any]") -> "Spread | None":
        """Return the spread of values, None when there are none."""
        if not len(values):
            return None
        found = values.to_numpy(dtype=float)
        return Spread(*(round(float(one), 4) for one in (found.min(), found.mean(), found.max(), found.std())))


@dataclass(frozen=True, slots=True, eq=False)
class FairnessReport:
    """The report of one draw.

    Parameters
    ----------
    draw_id : name. is_drawn : False for a commitment from which nothing was drawn yet; then loads, teams and monitors
        are empty.
    loads : officer, department, district, weight, cap, prior, new, total; experts too.
    teams : team, posts, eligible, scarcest, is_few (fewer eligible than policy asks: random in name only) and, where
        enough fake seeds could be afforded, effective and highest.
    seeds : fake seeds behind ``effective`` and ``highest``, 0 = none.
    rehearsal : how often the visits could be staffed.
    monitors : tests of this draw; ``joined`` : the same over all draws of the workspace; ``alarmed`` : those of both
        below the level.
    """

    draw_id: str
    is_drawn: bool
    loads: pd.DataFrame
    teams: pd.DataFrame
    seeds: int
    rehearsal: Rehearsal
    monitors: pd.DataFrame
    joined: pd.DataFrame
    alarmed: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """Return the report as a JSON object."""
        officers = self.loads[self.loads["department"] != EXPERT_DEPARTMENT]
        has_spread = "effective" in self.teams.columns
        return {
            "draw_id": self.draw_id,
            "is_drawn": self.is_drawn,
            "officers": len(officers),
            "new_visits": _json(Spread.of(officers["new"])),
            "total_visits": _json(Spread.of(officers["total"])),
            "teams": len(self.teams),
            "eligible": _json(Spread.of(self.teams["eligible"])),
            "effective": _json(Spread.of(self.teams["effective"])) if has_spread else None,
            "highest_pair_probability": round(float(self.teams["highest"].max()), 4) if has_spread else None,
            "seeds": self.seeds,
            "certain_seats": int((self.teams["highest"] >= 1).sum()) if has_spread else None,
            "few_eligible": self.teams.loc[self.teams["is_few"], "team"].tolist(),
            "rehearsal": self.rehearsal.as_json(),
            "monitors": self.monitors.to_dict("records"),
            "joined": self.joined.to_dict("records"),
            "alarms": self.alarmed.to_dict("records"),
        }


def _json(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {"least": spread.least, "mean": spread.mean, "most": spread.most, "sd": spread.sd}


def draw_fairness(workspace: Workspace, draw_id: str, *, seeds: int | None = None) -> FairnessReport:
    """Return the fairness report of a committed or finished draw.

    Parameters
    ----------
    seeds : fake seeds for pair probabilities; None takes what policy ``draw.fairness`` affords.

    Raises
    ------
    StoreError
        Nothing was committed under this name.

    Notes
    -----
    Cost: bounded by policy, at most ``pairs`` hashed pairs and ``rows`` tickets in all, unless ``seeds`` is given.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    commitment = read_commitment(folder.read_commitment())
    private = folder.read_private()
    book = policies_of(workspace, str(private.settings["profile"]))
    terms: Mapping[str, Any] = book.value(FAIRNESS, on=_as_of(private))
    certificate = folder.read_certificate()
    if certificate is None or certificate.get("kind") != "draw":
        frame, roster = committed_frame(private, commitment)
        return FairnessReport(
            draw_id=draw_id,
            is_drawn=False,
            loads=load_table(roster, []),
            teams=eligibility(rung_network([], roster=roster, rule=commitment.rule, level=0)).assign(is_few=False),
            seeds=0,
            rehearsal=rehearsed(frame.rows, roster, commitment=commitment, terms=terms),
            monitors=monitor_table([], draw_id=draw_id),
            joined=joined_over_draws(monitor_table([], draw_id=draw_id)),
            alarmed=monitor_table([], draw_id=draw_id),
        )
    bundle = read_bundle(folder.public)
    rows, roster = bundle.frame, bundle.roster
    if rows is None:  # sealed: the agency knows its own frame
        frame, roster = committed_frame(private, commitment)
        rows = frame.rows
    match = certificate["match"]
    teams, n_seeds = _teams(rows, roster, commitment=commitment, certificate=certificate, terms=terms, seeds=seeds)
    told = stored_monitors(workspace)
    monitors, joined = told[told["draw_id"] == draw_id].reset_index(drop=True), joined_over_draws(told)
    level = float(Fraction(str(terms["alarm_level"])))
    shown = [alarms(monitors, level=level), alarms(joined, level=level)]
    return FairnessReport(
        draw_id=draw_id,
        is_drawn=True,
        loads=load_table(roster, match["assignment"]),
        teams=teams,
        seeds=n_seeds,
        rehearsal=rehearsed(rows, roster, commitment=commitment, terms=terms),
        monitors=monitors,
        joined=joined,
        alarmed=pd.concat([part for part in shown if len(part)] or shown[:1], ignore_index=True),
    )


def _as_of(private: PrivateDraw) -> date:
    return date.fromisoformat(str(private.settings["as_of"]))


def committed_frame(private: PrivateDraw, commitment: Commitment) -> tuple[Frame, tuple[Officer, ...]]:
    """Return frame and roster as they were committed, from what the agency kept."""
    frame = prepare_frame(private.frame, key=private.key, suite=commitment.suite)
    roster = prepare_roster(private.roster, recusals=private.recusals, rotations=private.rotations, frame=frame)
    return frame, roster.officers


def rehearsed(
    frame: BlindedFrame, roster: tuple[Officer, ...], *, commitment: Commitment, terms: Mapping[str, Any]
) -> Rehearsal:
    """Return the rehearsal that policy affords for a frame of this size, at least one fake seed."""
    n = max(1, min(int(terms["rehearsals"]), int(terms["rows"]) // max(frame.size, 1)))
    seeds = fake_seeds(commitment.suite, commit_digest=commitment.digest, n=n)
    return rehearse(frame, roster, commitment=commitment, seeds=seeds)


def visit_seeds(drawn: Drawn, *, book: PolicyBook, on: date) -> list[bytes]:
    """Return the fake seeds behind the probabilities of visits: as many as policy affords, at least a few.

    The larger the draw, the less its thresholds fluctuate and the fewer seeds say the same.
    """
    terms = book.value(FAIRNESS, on=on)
    n = max(FEWEST_VISIT_SEEDS, min(int(terms["rehearsals"]), int(terms["rows"]) // max(drawn.frame.rows.size, 1)))
    return fake_seeds(drawn.commitment.suite, commit_digest=drawn.commitment.digest, n=n)


def _teams(
    frame: BlindedFrame,
    roster: tuple[Officer, ...],
    *,
    commitment: Commitment,
    certificate: Mapping[str, Any],
    terms: Mapping[str, Any],
    seeds: int | None,
) -> tuple[pd.DataFrame, int]:
    """Return the teams that were matched and the number of fake seeds behind their probabilities."""
    match = certificate["match"]
    gone = {team for entry in match["unmatched"] for team in entry["teams"]}
    visits = [visit for visit in visits_from_record(frame, certificate["visits"]) if visit.team not in gone]
    network = rung_network(visits, roster=roster, rule=commitment.rule, level=match["level"])
    found = eligibility(network)
    found = found.assign(is_few=found["eligible"] < int(terms["fewest_eligible"]))
    n_pairs = max(len(network.pair_team), 1)
    n = seeds if seeds is not None else min(int(terms["seeds"]), int(terms["pairs"]) // n_pairs)
    if n < FEWEST_SEEDS or not len(found):
        return found, 0
    fake = fake_seeds(commitment.suite, commit_digest=commitment.digest, n=n)
    return found.merge(spread(network, roster=roster, suite=commitment.suite, seeds=fake), on="team"), n


def stored_monitors(workspace: Workspace) -> pd.DataFrame:
    """Return the tests of every draw of the workspace, each draw once."""
    warehouse = workspace.warehouse
    tables = [warehouse.read("monitors", run_id=run_id).drop("run_id") for run_id in warehouse.run_ids_of("monitors")]
    empty = monitor_table([], draw_id="")
    parts = [pd.DataFrame(table.execute()) for table in tables]
    return pd.concat(parts, ignore_index=True).drop_duplicates(["draw_id", "test", "subject"]) if parts else empty


def monitors_of(drawn: Drawn, *, frame: Frame, private: PrivateDraw) -> pd.DataFrame:
    """Return the tests of a draw just made: tickets, and district, year of registration and id prefix by item."""
    traits = row_traits(frame, private.units)
    found = monitor_draw(drawn.frame.rows, drawn.selected, traits=traits)
    return monitor_table(found, draw_id=str(drawn.commitment.record["draw"]))


def row_traits(frame: Frame, units: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the category of every row of the frame by trait, -1 where the agency's tables say nothing.

    Parameters
    ----------
    units : object_id, district_code, established_on (may be null).
    """
    objects = units.drop_duplicates("object_id")
    at = pc.index_in(frame.identifiers, value_set=pa.array(objects["object_id"].tolist(), type=pa.large_string()))
    place = at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    years = pd.to_datetime(objects["established_on"]).dt.year
    columns = {"district": objects["district_code"], "year of registration": years}
    found = {trait: np.where(place >= 0, pd.factorize(column)[0][place], -1) for trait, column in columns.items()}
    parts = pc.split_pattern(frame.identifiers, ":", max_splits=1)
    value = pc.utf8_slice_codeunits(pc.list_element(parts, 1), 0, PREFIX_LENGTH)
    prefixes = pc.binary_join_element_wise(pc.list_element(parts, 0), value, pa.scalar(":", type=pa.large_string()))
    found["id prefix"] = pd.factorize(prefixes.to_pandas())[0].astype(np.int64)
    return {trait: categories.astype(np.int64) for trait, categories in found.items()}


def quick_fairness(drawn: Drawn, monitors: pd.DataFrame, *, book: PolicyBook, on: date) -> dict[str, Any]:
    """Return what is shown right after a draw, without fake seeds.

    Returns
    -------
    dict; visits_least, visits_most (of this draw, per officer), few_eligible (teams with fewer eligible officers than
    policy asks), teams, alarms.
    """
    terms: Mapping[str, Any] = book.value(FAIRNESS, on=on)
    gone = {team for entry in drawn.match.unmatched for team in entry.teams}
    visits = [visit for visit in drawn.visits if visit.team not in gone]
    network = rung_network(visits, roster=drawn.roster, rule=drawn.commitment.rule, level=drawn.match.level)
    teams, loads = eligibility(network), load_table(drawn.roster, drawn.match.assignment)
    officers = loads[loads["department"] != EXPERT_DEPARTMENT]
    return {
        "visits_least": int(officers["new"].min()) if len(officers) else 0,
        "visits_most": int(officers["new"].max()) if len(officers) else 0,
        "few_eligible": int((teams["eligible"] < int(terms["fewest_eligible"])).sum()),
        "teams": len(teams),
        "alarms": len(alarms(monitors, level=float(Fraction(str(terms["alarm_level"]))))),
    }
