"""What followed joint punishment, stored for the page: the comparison reads every check, finding and penalty.

Stored for whoever sees everything, as known on the day of the build, with a digest of what it rests on. Where too
little was checked to compare, that is stored, with the sentence that says so.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.marts.league import NOT_COUNTED
from engine.api.policies.check import read_policies
from engine.api.punishment.effect import punishment_effect
from engine.api.stored_rows import own_rows
from engine.errors import TableMissingError, UndefinedEstimateError
from engine.messages import N_, Message, recorded, revived
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.ledgers.ledger import canonical, digest_of
from engine.store.workspaces.workspace import Workspace

TABLE = "punishment_effect"
KIND = "punishment_effect"
FORM = 1
"""Changes when what is stored, or how it is estimated, changes."""


@dataclass(frozen=True, slots=True)
class StoredEffect:
    """The comparison stored for one scope.

    Parameters
    ----------
    as_of : day whose knowledge it holds. is_current : whether no record and no policy has changed since.
    figures : fields of :class:`engine.estimation.recurrence.Recurrence` without curve and balance; None where there is
        nothing to compare, and then reason says why.
    curve : month, is_with, unfound, low, high; no row without figures.
    """

    as_of: date
    is_current: bool
    figures: Mapping[str, Any] | None
    reason: Message | None
    curve: pd.DataFrame


def effect_version(workspace: Workspace, book: PolicyBook) -> str:
    """Return the digest of records and policies that the comparison rests on, the day aside."""
    return digest_of({"form": FORM, "records": workspace.ledger.head(without=NOT_COUNTED), "policies": book.digest})


def build_effect(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> str | None:
    """Compare, store and return the run; None where what is stored was compared that day from the same.

    Cost: :func:`engine.api.punishment.effect.punishment_effect`.
    """
    book = read_policies(profile, workspace=workspace)
    version = effect_version(workspace, book)
    held = own_rows(workspace, TABLE, as_of=as_of)
    if not held.empty and held["version"].iloc[0] == version:
        return None
    progress(Message(N_("what followed joint punishment")))
    said: dict[str, Any] = {}
    try:
        found = punishment_effect(workspace, book=book, as_of=as_of)
        curve = json.loads(found.curve.to_json(orient="records"))
        said = {"figures": {**asdict(found), "curve": None, "balance": None}, "curve": curve}
    except (UndefinedEstimateError, TableMissingError) as lacking:
        reason = lacking.message
        said = {"reason": {"template": reason.template, "params": recorded(reason.params)}}
    rows = pd.DataFrame([{"scope": workspace.scope.key, "version": version, "said": canonical(said)}])
    manifest = {"profile": profile, "version": version}
    return workspace.warehouse.write_run(
        {TABLE: rows}, kind=KIND, as_of=as_of, manifest=manifest, actor=actor, at=clock()
    )


def stored_effect(workspace: Workspace, *, profile: str = "default") -> StoredEffect | None:
    """Return what is stored for the workspace's scope; None when nothing is. Cost: one small file."""
    rows = own_rows(workspace, TABLE)
    if rows.empty:
        return None
    run = next(run for run in workspace.warehouse.runs(kind=KIND) if run.run_id == rows["run_id"].iloc[0])
    present = effect_version(workspace, read_policies(profile, workspace=workspace))
    said = json.loads(rows["said"].iloc[0])
    why = said.get("reason")
    return StoredEffect(
        run.as_of,
        bool(rows["version"].iloc[0] == present),
        said.get("figures"),
        revived(why["template"], why["params"]) if why else None,
        pd.DataFrame(said.get("curve", []), columns=["month", "is_with", "unfound", "low", "high"]),
    )
