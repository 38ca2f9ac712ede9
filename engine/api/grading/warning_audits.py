"""Checks of firms that nobody was warned of, what they found, and what follows: precision and recall."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from engine.api.grading.confirming import UNNAMED
from engine.api.grading.monthly_records import FINISHED
from engine.api.grading.warnings import warnings
from engine.errors import TableMissingError, WarningRefusedError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.pipeline.warning_detection import Detection, detection
from engine.store.workspaces.workspace import Workspace
from engine.warnings.disposal import Outcome

CHECKED = "warning_audit.checked"
COLUMNS = (
    "run_id", "as_of", "entity_id", "inclusion_probability", "n_frame", "outcome", "checked_by", "checked_at", "reason",
)  # fmt: skip


def warning_audits(workspace: Workspace, *, run_id: str | None = None, is_open: bool | None = None) -> pd.DataFrame:
    """Return the audit samples of the finished monthly runs with what their checks found, oldest first.

    Parameters
    ----------
    run_id : only of this monthly run. is_open : only firms not checked (True) or checked (False); None = both.

    Returns
    -------
    DataFrame, key (run_id, entity_id), :data:`COLUMNS`; outcome (``confirmed``: something was wrong, ``false``: nothing
    was), checked_by, checked_at and reason are null until checked.
    """
    parts = []
    for entry in workspace.require().ledger.entries(action=FINISHED):
        if run_id in (None, entry.subject):
            try:
                rows = workspace.warehouse.read("warning_audit", run_id=entry.particulars["runs"]["warn"])
            except TableMissingError:  # a run of before there were audits
                continue
            parts.append(pd.DataFrame(rows.drop("run_id").execute()).assign(run_id=entry.subject))
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    checked = {
        (entry.subject, entry.particulars["entity_id"]): entry for entry in workspace.ledger.entries(action=CHECKED)
    }
    held = [checked.get(key) for key in zip(table["run_id"], table["entity_id"], strict=True)]
    table = table.assign(
        outcome=pd.Series([None if e is None else e.particulars["outcome"] for e in held], dtype="object"),
        checked_by=pd.Series([None if e is None else e.actor for e in held], dtype="object"),
        checked_at=pd.Series([None if e is None else e.entered_at for e in held], dtype="object"),
        reason=pd.Series([None if e is None else e.reason for e in held], dtype="object"),
    )
    if is_open is not None:
        table = table[table["outcome"].isna() == is_open]
    return table.sort_values(["as_of", "run_id", "ticket"], ignore_index=True)[list(COLUMNS)]


def record_audit(
    workspace: Workspace, run_id: str, entity_ids: Sequence[str], *, outcome: str, reason: str, actor: Actor,
    clock: Clock,
) -> int:  # fmt: skip
    """Put on record what the check of audited firms found, all or none; return how many.

    Parameters
    ----------
    outcome : ``confirmed`` (something was wrong that no warning said) or ``false`` (nothing was).

    Raises
    ------
    WarningRefusedError
        A firm is not in the run's sample or was checked already, no reason is given, or the actor names no person.
    """
    if actor.name in UNNAMED or not reason.strip():
        _refuse(run_id, N_("name the person with XINHENG_ACTOR and say what was checked; it stays on record"))
    said = str(Outcome(outcome))
    with workspace.decisions.writing() as connection:
        held = warning_audits(workspace, run_id=run_id).set_index("entity_id")["outcome"]
        for name in entity_ids:
            if name not in held.index:
                _refuse(run_id, N_("{entity_id} is not in its audit sample"), entity_id=name)
            if isinstance(held[name], str):
                _refuse(run_id, N_("{entity_id} was checked already"), entity_id=name)
        for name in entity_ids:
            workspace.ledger.append(
                CHECKED, subject=run_id, content={"entity_id": name, "outcome": said}, reason=reason, actor=actor,
                at=clock(), idempotency_key=f"{run_id}:audited:{name}", connection=connection,
            )  # fmt: skip
    return len(entity_ids)


def warning_detection(workspace: Workspace, *, since: date | None = None) -> Detection:
    """Return precision and recall of the warnings about single firms, over the runs whose audit was checked.

    Parameters
    ----------
    since : only runs as of this day or later; None = all.

    Notes
    -----
    A firm counts once a run: confirmed if any of its warnings was, false once all of them are closed otherwise.
    Warnings about groups warn of no single firm and stay out on both sides.
    """
    audits = warning_audits(workspace)
    rows = warnings(workspace)
    rows = rows[rows["entity_id"].notna()]
    if since is not None:
        audits = audits[pd.to_datetime(audits["as_of"]) >= pd.Timestamp(since)]
    run_of = {entry.particulars["runs"]["warn"]: entry.subject for entry in workspace.ledger.entries(action=FINISHED)}
    said = rows[["run_id", "entity_id"]].assign(
        is_confirmed=rows["outcome"] == Outcome.CONFIRMED, is_open=rows["outcome"].isna()
    )
    firms = said.groupby(["run_id", "entity_id"], as_index=False).any()
    settled = firms["is_confirmed"].astype("object").where(firms["is_confirmed"] | ~firms["is_open"], None)
    warned = pd.DataFrame({"run_id": firms["run_id"].map(run_of), "is_confirmed": settled})
    audited = audits[["run_id", "n_frame"]].assign(
        is_found=pd.Series([_found(each) for each in audits["outcome"]], dtype="object", index=audits.index)
    )
    return detection(warned, audited)


def _found(outcome: object) -> bool | None:
    return outcome == Outcome.CONFIRMED if isinstance(outcome, str) else None


def _refuse(run_id: str, text: str, **params: object) -> None:
    raise WarningRefusedError(warning=run_id, problem=Message(text, params))
