"""Data quality of the sources on a day, the gate that scoring and the draw respect, and its override."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.workspace import open_workspace
from engine.errors import QualityGateError, UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.quality.gate import QUALITY_GATE, Colour, Limits, QualityFinding, TableQuality, colour_of, judge
from engine.store.documents import load_policies
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.quality import LoadQuality, load_quality, table_quality
from engine.store.workspaces.workspace import Workspace

OVERRIDDEN = "quality.overridden"


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Data quality on a day.

    Parameters
    ----------
    as_of : date. colour : worst of the findings. tables, loads, findings : see their classes.
    reference : of the policy in force.
    override : who took responsibility for the red findings and why, None where nobody did.
    """

    as_of: date
    colour: Colour
    tables: tuple[TableQuality, ...]
    loads: tuple[LoadQuality, ...]
    findings: tuple[QualityFinding, ...]
    reference: str
    override: Entry | None

    @property
    def is_blocking(self) -> bool:
        """Whether scoring and the draw refuse to go on."""
        return self.colour is Colour.RED and self.override is None


def quality_report(
    workspace: Workspace,
    *,
    as_of: date | None = None,
    profile: str = "default",
    measured: Sequence[TableQuality] | None = None,
) -> QualityReport:
    """Return the data quality of every source as of a day; None = the last day on which anything became known.

    Parameters
    ----------
    measured : the measures of the day, taken before; None takes them.

    Notes
    -----
    Cost: one scan of ``entity_id`` and ``known_at`` per table and one hash join with the register.
    """
    warehouse = workspace.require().warehouse
    on = as_of or warehouse.bounds(*warehouse.contracts).last
    policy = load_policies(profile).dated(QUALITY_GATE, on=on)
    tables = tuple(table_quality(workspace, on=on) if measured is None else measured)
    findings = judge(tables, on=on, limits=Limits.of(policy.value))
    override = _override(workspace, findings, on=on)
    loads = tuple(load_quality(workspace))
    return QualityReport(on, colour_of(findings), tables, loads, findings, policy.reference, override)


def require_quality(workspace: Workspace, *, as_of: date, profile: str) -> QualityReport:
    """Return the report, or refuse to go on.

    Raises
    ------
    QualityGateError
        A source that grades and draws rest on is red and nobody took responsibility for just that.
    """
    report = quality_report(workspace, as_of=as_of, profile=profile)
    if report.is_blocking:
        red = _red(report.findings)
        raise QualityGateError(as_of=as_of, first=red[0].sentence, n=len(red), reference=report.reference)
    return report


def override_quality(
    workspace: Workspace, *, as_of: date | None, reason: str, actor: Actor, clock: Clock, profile: str = "default"
) -> QualityReport:
    """Take responsibility for the red findings of a day; later red findings block again.

    Raises
    ------
    UsageError
        Nothing is red, or no reason is given.
    """
    report = quality_report(workspace, as_of=as_of, profile=profile)
    if not reason.strip():
        raise UsageError(what="--override", value=reason, remedy=Message(N_("say why; it stays on record")))
    if not report.is_blocking:
        remedy = Message(N_("nothing blocks as of {as_of}"), {"as_of": report.as_of})
        raise UsageError(what="--override", value=reason, remedy=remedy)
    red = _red(report.findings)
    workspace.ledger.append(
        OVERRIDDEN,
        subject=report.as_of.isoformat(),
        reason=reason,
        content={"findings": _names(report.findings), "sentences": [str(finding.sentence) for finding in red]},
        actor=actor,
        at=clock(),
    )
    return quality_report(workspace, as_of=report.as_of, profile=profile)


def _red(findings: tuple[QualityFinding, ...]) -> list[QualityFinding]:
    return [finding for finding in findings if finding.colour is Colour.RED]


def _names(findings: tuple[QualityFinding, ...]) -> list[str]:
    return sorted(f"{finding.table}.{finding.measure}" for finding in _red(findings))


def _override(workspace: Workspace, findings: tuple[QualityFinding, ...], *, on: date) -> Entry | None:
    """Return the last override of the day that names every red finding, None if there is none or nothing is red."""
    red = set(_names(findings))
    entries = workspace.ledger.entries(action=OVERRIDDEN, subject=on.isoformat()) if red else []
    return next((entry for entry in reversed(entries) if red <= set(entry.particulars["findings"])), None)


def quality_tables(path: Path, *, as_of: date | None = None, profile: str = "default") -> Mapping[str, pd.DataFrame]:
    """Return ``tables``, ``loads`` and ``findings`` (table, measure, colour, sentence) for pages."""
    workspace = open_workspace(path, create=False)
    try:
        report = quality_report(workspace, as_of=as_of, profile=profile)
    finally:
        workspace.close()
    return {
        "tables": pd.DataFrame([table_as_json(each, on=report.as_of) for each in report.tables]),
        "loads": pd.DataFrame([asdict(each) for each in report.loads]),
        "findings": pd.DataFrame(
            [(f.table, f.measure, f.colour.value, f.sentence) for f in report.findings],
            columns=["table", "measure", "colour", "sentence"],
        ),
    }


def table_as_json(table: TableQuality, *, on: date) -> dict[str, object]:
    """Return one table's measures with what follows from them."""
    return {
        **asdict(table),
        "waiting_share": table.waiting_share,
        "unregistered_share": table.unregistered_share,
        "coverage": table.coverage,
        "delivery_age_days": table.delivery_age(on),
        "content_age_days": table.content_age(on),
    }
