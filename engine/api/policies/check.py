"""Ratio policies: checking a profile or a draft against law, the item list and itself; nothing is changed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.api.draws.roster import current
from engine.api.policies.amendment import policy_violations
from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.store.documents import load_policies, with_draft
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """What a check of a ratio policy found.

    Parameters
    ----------
    profile : the profile that was checked; ``draft`` the file laid over it, or None.
    as_of : the day on which the values are read.
    digest : of every file that went in.
    n_items : items of the list on that day.
    violations : every broken rule as a sentence with its reference; empty when all is well.
    """

    profile: str
    draft: Path | None
    as_of: date
    digest: str
    n_items: int
    violations: tuple[Message, ...]


def read_policies(profile: str, *, draft: Path | None = None, workspace: Workspace | None = None) -> PolicyBook:
    """Return the policy book of a profile, as amended in a workspace if one is given, under a draft if one is given.

    Raises
    ------
    PolicyInconsistentError, SourceNotFoundError
    """
    book = load_policies(profile) if workspace is None else policies_of(workspace, profile)
    return book if draft is None else with_draft(book, draft)


def check_policy(workspace: Workspace, *, profile: str, as_of: date, draft: Path | None = None) -> PolicyCheck:
    """Check the ratios in force on a day against the item list known then.

    Raises
    ------
    PolicyError
        The policy or draft cannot be read at all (form, dates, unknown names).
    TableMissingError
        The workspace holds no item list.
    """
    book = read_policies(profile, draft=draft, workspace=workspace)
    items = current(workspace, "items", key="item_code", on=as_of)
    if items.empty:
        raise TableMissingError(table="items", remedy=Message(N_("load the item list first")))
    return PolicyCheck(profile, draft, as_of, book.digest, len(items), policy_violations(book, items, on=as_of))
