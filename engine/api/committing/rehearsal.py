"""What a draw would be, before anybody commits to it: who is in the frame, who is not and why, seats and staffing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from engine.api.committing.preparation import prepare_draw
from engine.api.draws.order import DrawOrder
from engine.draw.measuring.fairness import Rehearsal, fake_seeds, rehearse
from engine.messages import N_, Message, recorded
from engine.pipeline.ports import Progress, silent
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Preview:
    """A draw as it would be committed now; nothing of it is written or binds anybody.

    Parameters
    ----------
    objects, rows : in the frame, and rows of objects and items that can be drawn.
    seats : key (item_code, grade, is_due, is_control): item_name, n_units, expected_units (ratio times units, before
        rounding), lowest and highest ratio of its strata (0..1).
    excluded : key (item_code, reason): item_name, n of rows that stay outside.
    officers : key department_code: inspectors who could be matched.
    recusals : pairs of inspector and object that are kept apart.
    notes : what trimmed the ratios, and faults of the independent count.
    data_version : head of the ledger it was worked out on.
    """

    objects: int
    rows: int
    seats: pd.DataFrame
    excluded: pd.DataFrame
    officers: pd.DataFrame
    recusals: int
    notes: tuple[Message, ...]
    data_version: str

    def told(self) -> dict[str, Any]:
        """Return it as JSON holds it; notes stay messages (``engine.messages.revived`` makes them so again)."""
        return {
            "objects": self.objects,
            "rows": self.rows,
            "seats": self.seats.to_dict("records"),
            "excluded": self.excluded.to_dict("records"),
            "officers": self.officers.to_dict("records"),
            "recusals": self.recusals,
            "notes": [{"template": note.template, "params": recorded(note.params)} for note in self.notes],
            "data_version": self.data_version,
        }


def preview_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    at: datetime,
    simulation_seed: int | None = None,
    progress: Progress = silent,
) -> Preview:
    """Return what would be committed now, with every check of a commitment; nothing is written.

    Raises
    ------
    TableMissingError, PlanError, DrawError, QualityGateError
        As :func:`engine.api.committing.commitment.commit_draw`.

    Notes
    -----
    Cost: that of a commitment.
    """
    version = workspace.ledger.head()
    ready = prepare_draw(workspace, order, profile=profile, at=at, simulation_seed=simulation_seed, progress=progress)
    cut = ready.terms.frame
    names = dict(zip(cut.items["item_code"].astype(str), cut.items["name"].astype(str), strict=True))
    people = ready.tables.people
    counted = people.groupby("department_code", sort=True).size()
    return Preview(
        objects=int(ready.frame.rows.size),
        rows=len(cut.framed.strata.frame),
        seats=seat_table(cut.framed.allocation.table, names=names),
        excluded=exclusion_table(cut.framed.excluded, names=names),
        officers=counted.rename("n").reset_index(),
        recusals=len(ready.tables.recusals),
        notes=(*cut.framed.allocation.notes, *cut.witness.notes, *cut.witness.faults),
        data_version=version,
    )


def seat_table(cells: pd.DataFrame, *, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the seats by item and grade (see :class:`Preview`) from an allocation, its districts together."""
    keys = ["item_code", "grade", "is_due", "is_control"]
    ratios = cells.assign(lowest=cells["ratio"].astype(float), highest=cells["ratio"].astype(float))
    held = ratios.groupby(keys, as_index=False, sort=True).agg(
        n_units=("n_units", "sum"),
        expected_units=("expected_units", "sum"),
        lowest=("lowest", "min"),
        highest=("highest", "max"),
    )
    held.insert(1, "item_name", [names.get(code, code) for code in held["item_code"]])
    return held


def exclusion_table(excluded: pd.DataFrame, *, names: Mapping[str, str]) -> pd.DataFrame:
    """Return how many rows of each item stay outside the frame, reason by reason, the most first."""
    counts = excluded.groupby(["item_code", "reason"], as_index=False, sort=True).size().rename(columns={"size": "n"})
    counts = counts.sort_values(["n", "item_code", "reason"], ascending=[False, True, True], ignore_index=True)
    counts.insert(1, "item_name", [names.get(code, code) for code in counts["item_code"]])
    return counts


def rehearse_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    at: datetime,
    seeds: int,
    simulation_seed: int | None = None,
    progress: Progress = silent,
) -> Rehearsal:
    """Return how often the visits of this order could be staffed under fake seeds; nothing is committed or written.

    Parameters
    ----------
    seeds : how many fake seeds to try.

    Raises
    ------
    TableMissingError, PlanError, DrawError, QualityGateError
        As :func:`commit_draw`.

    Notes
    -----
    Cost: that of a commitment, and for every seed tickets and selection of all rows with one flow for every rung tried.
    """
    ready = prepare_draw(workspace, order, profile=profile, at=at, simulation_seed=simulation_seed, progress=progress)
    progress(Message(N_("Rehearse with fake seeds")))
    fake = fake_seeds(ready.terms.suite, commit_digest=ready.commitment.digest, n=seeds)
    return rehearse(ready.frame.rows, ready.roster.officers, commitment=ready.commitment, seeds=fake)
