"""The measures of data quality stored for the page: taking them scans every record and joins it with the register.

What is stored are the measures, never the judgement: limits, colours and who took responsibility are applied to them
when they are read. Where none is stored, or anything that may touch a record has happened since, they are taken anew.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from engine.access.scope import WHOLE
from engine.api.records.quality import QualityReport, quality_report
from engine.api.stored_rows import own_rows
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.quality.drift import Drift
from engine.quality.gate import TableQuality
from engine.store.ledgers.ledger import canonical, digest_of
from engine.store.workspaces.quality import table_quality
from engine.store.workspaces.workspace import Workspace

MEASURES = "quality_measures"
KIND = "quality"
FORM = 1
"""Changes when what is stored, or how it is measured, changes."""
NOT_COUNTED = (
    "account.", "arm.", "audit.", "draw.", "grade.", "kpi.", "model.", "monthly.", "plan.", "policy.", "quality.",
    "run.", "signer.", "site.", "task.", "warning.",
)  # fmt: skip
"""Beginnings of ledger actions that bring, change and hide no record; whatever is not listed ends what is stored."""


def measures_version(workspace: Workspace, *, on: date) -> str:
    """Return the digest of the records, and of what the contracts say of them, that measures of a day rest on."""
    contracts = {
        name: [each.freshness_days, {column.name: sorted(column.codes or ()) for column in each.columns}]
        for name, each in sorted(workspace.warehouse.contracts.items())
    }
    records = workspace.ledger.head(without=NOT_COUNTED)
    return digest_of({"form": FORM, "on": on, "records": records, "contracts": contracts})


def build_quality(workspace: Workspace, *, actor: Actor, clock: Clock, progress: Progress = silent) -> str | None:
    """Take the measures as of the last day on which anything became known, store them and return the run.

    None where what is stored still stands, or no record was loaded.
    """
    try:
        on = _last_day(workspace)
    except TableMissingError:
        return None
    version = measures_version(workspace, on=on)
    if _stored(workspace, version=version) is not None:
        return None
    progress(Message(N_("data quality")))
    rows = [
        {"scope": WHOLE, "version": version, "said": canonical(asdict(each))}
        for each in table_quality(workspace, on=on)
    ]
    if not rows:
        return None
    manifest = {"version": version}
    tables = {MEASURES: pd.DataFrame(rows)}
    return workspace.warehouse.write_run(tables, kind=KIND, as_of=on, manifest=manifest, actor=actor, at=clock())


def held_quality(workspace: Workspace, *, profile: str = "default") -> QualityReport:
    """Return :func:`~engine.api.records.quality.quality_report` on stored measures, fresh where none is current."""
    on = _last_day(workspace.require())
    measured = _stored(workspace, version=measures_version(workspace, on=on))
    return quality_report(workspace, as_of=on, profile=profile, measured=measured)


def _last_day(workspace: Workspace) -> date:
    warehouse = workspace.warehouse
    return warehouse.bounds(*warehouse.contracts).last


def _stored(workspace: Workspace, *, version: str) -> tuple[TableQuality, ...] | None:
    rows = own_rows(workspace, MEASURES)
    if rows.empty or rows["version"].iloc[0] != version:
        return None
    return tuple(_measure(json.loads(said)) for said in rows["said"])


def _measure(said: Mapping[str, Any]) -> TableQuality:
    known = said["last_known_at"]
    return TableQuality(
        **{
            **said,
            "delivered_on": date.fromisoformat(said["delivered_on"]),
            "last_known_at": date.fromisoformat(known) if known else None,
            "drifts": tuple(Drift(**each) for each in said["drifts"]),
        }
    )
