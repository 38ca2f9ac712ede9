"""Drafts of policies (ratios, capacity, grading): entered, approved by a second person, in force from a later day.

All of it stands in the ledger.

A page that edits ratios calls :func:`draft_policy` with parameters, :func:`approve_policy`, :func:`withdraw_policy`,
:func:`policy_history` and :func:`policy_changes`; ``policies_of`` is what every draw and simulation reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import NoReturn

import pandas as pd

from engine.api.draws.roster import current
from engine.errors import PolicyError, PolicyInconsistentError, TableMissingError
from engine.grading.champions import read_champions
from engine.grading.cutoffs import read_cutoffs
from engine.grading.hysteresis import read_hysteresis
from engine.grading.migration import read_movement
from engine.grading.reviewed import read_grounds
from engine.grading.sector_models import graded_apart, read_sector_scopes
from engine.grading.sector_rules import read_sectors
from engine.messages import N_, Message
from engine.parameters import Parameter, PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.ratios.amendment import Amendment, Change, amended, changes, read, require_amendable, written
from engine.ratios.capacity import read_capacity
from engine.ratios.policy import read_ratio_policy
from engine.ratios.spared import read_exemptions, read_visit_cap
from engine.store.documents import read_parameters
from engine.store.ledgers.ledger import Entry, digest_of
from engine.store.workspaces.policies import APPROVED, DRAFTED, WITHDRAWN, policies_of
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DraftedPolicy:
    """A draft that waits for its approval, or that was approved.

    Parameters
    ----------
    draft_id, profile : names. digest : of its values. valid_from : first day of a value.
    parameters : names of what it amends. drafted_by : who; approved_by : who, None while it waits.
    """

    draft_id: str
    profile: str
    digest: str
    valid_from: date
    parameters: tuple[str, ...]
    drafted_by: str
    approved_by: str | None = None


_GRADING: tuple[Callable[..., object], ...] = (
    read_champions, read_cutoffs, read_hysteresis, read_sectors, read_grounds, read_movement, read_sector_scopes,
    graded_apart,
)  # fmt: skip


def policy_violations(book: PolicyBook, items: pd.DataFrame, *, on: date) -> tuple[Message, ...]:
    """Return every rule that the policy of a day breaks, ratios and grading, each in a sentence with its reference.

    Parameters
    ----------
    items : item list known on the day.

    Raises
    ------
    PolicyError
        Ratios cannot be read at all; what the other parts cannot be read for is a sentence among the others.
    """
    found = list(read_ratio_policy(book, on=on).check(items))
    parts: list[Callable[[], object]] = [
        lambda: read_capacity(book, items, on=on),
        lambda: read_visit_cap(book, on=on),
        lambda: read_exemptions(book, on=on),
        *(partial(reader, book, on=on) for reader in _GRADING),
    ]
    for part in parts:
        try:
            part()
        except PolicyError as error:
            found.append(error.message)
    return tuple(found)


def draft_policy(
    workspace: Workspace,
    parameters: Mapping[str, Parameter] | Path,
    *,
    profile: str,
    reason: str,
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> DraftedPolicy:
    """Enter a draft: dated values that are to hold from their days on. Nothing is in force yet.

    Parameters
    ----------
    parameters : new dated values by parameter, or a file of them in the form of the policy files.
    reason : why; stands in the ledger.
    idempotency_key : the same key with the same draft returns the draft already there.

    Raises
    ------
    PolicyInconsistentError
        A value cannot be added (see ``engine.ratios.amendment``), or the policy would break a rule on one of the
        draft's days; nothing is stored.
    TableMissingError
        The workspace holds no item list.
    """
    new = read_parameters(parameters) if isinstance(parameters, Path) else dict(parameters)
    at = clock()
    book = policies_of(workspace, profile)
    content = {"profile": profile, "parameters": written(new)}
    ledger = workspace.ledger
    draft_id = _draft_id(ledger.entries(action=DRAFTED), key=idempotency_key)
    amendment = Amendment(draft_id, new, digest_of(content))
    _require_sound(workspace, book, amendment, today=at.date())
    entry = ledger.append(
        DRAFTED,
        subject=draft_id,
        content={**content, "digest": amendment.digest, "base": book.digest},
        actor=actor,
        at=at,
        reason=reason,
        idempotency_key=idempotency_key,
    )
    return _drafted(entry)


def approve_policy(
    workspace: Workspace, draft_id: str, *, actor: Actor, clock: Clock, reason: str = ""
) -> DraftedPolicy:
    """Put a draft in force from its days on; the same person cannot draft and approve.

    Raises
    ------
    PolicyInconsistentError
        There is no such draft, it was closed, the same person drafted it, its days have come or are taken by another
        amendment, or a rule would be broken under what stands now; nothing changes.
    """
    entry = _open_draft(workspace, draft_id)
    if entry.actor == actor.name:
        _refuse(draft_id, N_("{actor} drafted it; a second person must approve it (XINHENG_ACTOR)"), actor=actor.name)
    drafted, at = _drafted(entry), clock()
    book = policies_of(workspace, drafted.profile)
    amendment = Amendment(draft_id, read(entry.particulars["parameters"]), drafted.digest)
    _require_sound(workspace, book, amendment, today=at.date())
    content = {"profile": drafted.profile, "digest": drafted.digest, "base": book.digest}
    closed = workspace.ledger.append(
        APPROVED,
        subject=draft_id,
        content={**content, "valid_from": drafted.valid_from.isoformat()},
        actor=actor,
        at=at,
        reason=reason,
        idempotency_key=f"{APPROVED}:{draft_id}",
    )
    return DraftedPolicy(
        draft_id,
        drafted.profile,
        drafted.digest,
        drafted.valid_from,
        drafted.parameters,
        drafted.drafted_by,
        closed.actor,
    )


def withdraw_policy(workspace: Workspace, draft_id: str, *, actor: Actor, clock: Clock, reason: str) -> None:
    """Close a draft without putting it in force; an approved one can only be amended again.

    Raises
    ------
    PolicyInconsistentError
        There is no such draft or it was closed.
    """
    _open_draft(workspace, draft_id)
    workspace.ledger.append(
        WITHDRAWN,
        subject=draft_id,
        content={},
        actor=actor,
        at=clock(),
        reason=reason,
        idempotency_key=f"{WITHDRAWN}:{draft_id}",
    )


def policy_history(workspace: Workspace) -> pd.DataFrame:
    """Return what happened to ratio policies, one row per entry of the ledger, in its order.

    Returns
    -------
    DataFrame, key sequence: entered_at, event (drafted, approved, withdrawn), draft_id, profile, parameters (joined by
    ;), valid_from, actor, role, reason, digest (of the values), entry (digest in the chain).
    """
    entries = [entry for action in (DRAFTED, APPROVED, WITHDRAWN) for entry in workspace.ledger.entries(action=action)]
    drafts = {entry.subject: _drafted(entry) for entry in entries if entry.action == DRAFTED}
    rows = [
        {
            "sequence": entry.sequence,
            "entered_at": entry.entered_at,
            "event": entry.action.rpartition(".")[2],
            "draft_id": entry.subject,
            "profile": drafts[entry.subject].profile,
            "parameters": ";".join(drafts[entry.subject].parameters),
            "valid_from": drafts[entry.subject].valid_from,
            "actor": entry.actor,
            "role": entry.role,
            "reason": entry.reason,
            "digest": drafts[entry.subject].digest,
            "entry": entry.digest,
        }
        for entry in sorted(entries, key=lambda each: each.sequence)
    ]
    names = ["sequence", "entered_at", "event", "draft_id", "profile", "parameters", "valid_from", "actor", "role"]
    return pd.DataFrame(rows, columns=[*names, "reason", "digest", "entry"])


def policy_changes(
    workspace: Workspace,
    *,
    profile: str,
    on: date,
    other_profile: str | None = None,
    other_on: date | None = None,
    draft_id: str | None = None,
) -> tuple[Change, ...]:
    """Return what differs between the policy of a day and another profile, another day, or a draft.

    Parameters
    ----------
    other_profile, other_on : what to compare with; a draft is compared on its first day unless a day is given.

    Raises
    ------
    PolicyInconsistentError
        There is no such profile or draft.
    """
    before = policies_of(workspace, profile)
    if draft_id is None:
        return changes(before, policies_of(workspace, other_profile or profile), on=on, other_on=other_on)
    entry = _draft_entry(workspace, draft_id)
    amendment = Amendment(draft_id, read(entry.particulars["parameters"]), str(entry.particulars["digest"]))
    after = amended(before, [amendment])
    return changes(before, after, on=on, other_on=other_on or max(amendment.valid_from, on))


def policy_in_force(workspace: Workspace, *, profile: str, on: date) -> pd.DataFrame:
    """Return the yearly ratios of a day as a table: parameter, item, grade, ratio (text a/b), reference."""
    policy = read_ratio_policy(policies_of(workspace, profile), on=on)
    sources = [(f"ratios.{c.value}", "", ratios) for c, ratios in policy.classes.items()]
    sources += [("ratios.items", code, ratios) for code, ratios in sorted(policy.items.items())]
    sources.append(("ratios.floor", "", policy.floor))
    rows = [
        {"parameter": name, "item_code": item, "grade": grade, "ratio": str(ratio), "reference": ratios.reference}
        for name, item, ratios in sources
        for grade, ratio in ratios.by_grade.items()
    ]
    return pd.DataFrame(rows)


def _require_sound(workspace: Workspace, book: PolicyBook, amendment: Amendment, *, today: date) -> None:
    require_amendable(book, amendment.parameters, today=today)
    after = amended(book, [amendment])
    items = current(workspace, "items", key="item_code", on=today)
    if items.empty:
        raise TableMissingError(table="items", remedy=Message(N_("load the item list first")))
    for day in amendment.days:
        violations = policy_violations(after, items, on=day)
        if violations:
            raise PolicyInconsistentError(name=amendment.draft_id, problem=violations[0])


def _draft_id(drafts: list[Entry], *, key: str | None) -> str:
    """The next free name; that of the draft already entered under the key."""
    for entry in drafts:
        if key is not None and entry.idempotency_key == key:
            return entry.subject
    return f"P-{len(drafts) + 1:04d}"


def _draft_entry(workspace: Workspace, draft_id: str) -> Entry:
    entries = workspace.ledger.entries(action=DRAFTED, subject=draft_id)
    if not entries:
        known = sorted(entry.subject for entry in workspace.ledger.entries(action=DRAFTED))
        _refuse(draft_id, N_("there is no such draft; there are {known}"), known=", ".join(known) or "-")
    return entries[0]


def _open_draft(workspace: Workspace, draft_id: str) -> Entry:
    entry = _draft_entry(workspace, draft_id)
    for action, text in (
        (APPROVED, N_("it was approved by {actor}; draft another amendment")),
        (WITHDRAWN, N_("it was withdrawn by {actor}; draft it again")),
    ):
        if closed := workspace.ledger.entries(action=action, subject=draft_id):
            _refuse(draft_id, text, actor=closed[0].actor)
    return entry


def _drafted(entry: Entry) -> DraftedPolicy:
    content = entry.particulars
    amendment = Amendment(entry.subject, read(content["parameters"]), str(content["digest"]))
    names = tuple(sorted(amendment.parameters))
    return DraftedPolicy(
        entry.subject, str(content["profile"]), amendment.digest, amendment.valid_from, names, entry.actor
    )


def _refuse(name: str, template: str, **params: object) -> NoReturn:
    raise PolicyInconsistentError(name=name, problem=Message(template, params))
