"""Auditing draws of other systems: by their method or by their outcomes."""

from pathlib import Path

from engine.publicity.audit import (
    MethodAudit,
    OutcomeAudit,
    SeedAudit,
    audit_outcomes,
    audit_seeded_sampling,
    audit_skip_sampling,
)
from engine.store.draws.outcomes import read_list, read_outcomes

__all__ = ["MethodAudit", "OutcomeAudit", "SeedAudit", "audit_files", "audit_seeded_sampling", "audit_skip_sampling"]


def audit_files(listed: Path, outcomes: Path) -> OutcomeAudit:
    """Return what the outcomes in a file show about draws from the list in another.

    Raises
    ------
    SourceNotFoundError, UsageError
        A file is not there or not of its form, or a draw does not fit the list.
    """
    return audit_outcomes(read_list(listed), outcomes=read_outcomes(outcomes))
