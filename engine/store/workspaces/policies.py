"""The policy that holds in a workspace: the shipped profile and the amendments approved there, read from its ledger."""

from engine.parameters import PolicyBook
from engine.ratios.amendment import Amendment, amended, read
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace

DRAFTED, APPROVED, WITHDRAWN = "policy.drafted", "policy.approved", "policy.withdrawn"
"""Actions of the ledger in the life of a draft."""


def approved_amendments(workspace: Workspace, profile: str) -> list[Amendment]:
    """Return the approved amendments of a profile in the order of their approval."""
    ledger = workspace.ledger
    drafts = {entry.subject: entry.particulars for entry in ledger.entries(action=DRAFTED)}
    approved = [drafts[entry.subject] | {"draft_id": entry.subject} for entry in ledger.entries(action=APPROVED)]
    return [
        Amendment(draft["draft_id"], read(draft["parameters"]), draft["digest"])
        for draft in approved
        if draft["profile"] == profile
    ]


def policies_of(workspace: Workspace, profile: str) -> PolicyBook:
    """Return the policy book of a profile as it stands in a workspace.

    Raises
    ------
    PolicyInconsistentError
        There is no such profile.
    """
    return amended(load_policies(profile), approved_amendments(workspace, profile))
