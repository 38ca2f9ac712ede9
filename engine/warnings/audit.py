"""A random sample of firms that nobody was warned of: without it only the warnings given are ever judged.

The sample of a run is the firms with the smallest tickets, SHA-256 of domain, seed and firm: it depends on no order of
rows, cannot be chosen, and comes out the same when the run is computed again. What checks of it find says how much the
rules miss (``engine.pipeline.warning_detection``).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook

AUDIT = "warnings.audit"
_DOMAIN = "xinheng/warning-audit/1"


@dataclass(frozen=True, slots=True)
class AuditTerms:
    """How large the sample of a run is.

    Parameters
    ----------
    firms : int >= 0. reference : what it rests on.
    """

    firms: int
    reference: str


def read_audit(book: PolicyBook, *, on: date) -> AuditTerms:
    """Read policy ``warnings.audit``: ``{firms: n}``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    dated = book.dated(AUDIT, on=on)
    firms = dict(dated.value).get("firms")
    if not isinstance(firms, int) or firms < 0:
        raise PolicyInconsistentError(name=AUDIT, problem=Message(N_("firms is a whole number, 0 or more")))
    return AuditTerms(firms, dated.reference)


def audit_sample(cohort: Collection[str], warned: Collection[str], *, terms: AuditTerms, seed: str) -> pd.DataFrame:
    """Return the firms that are checked although nothing warns of them.

    Parameters
    ----------
    cohort : every firm in scope. warned : those with a warning of their own that is new or open.
    seed : fixed before anything of the run is known, e.g. its name.

    Returns
    -------
    DataFrame, key entity_id, in order of ticket: ticket (hex), n_frame (int, firms nobody was warned of),
    inclusion_probability (n / n_frame, 0..1).

    Notes
    -----
    Cost: one hash per firm and a sort.
    """
    frame = set(cohort) - set(warned)
    tickets = sorted((hashlib.sha256(f"{_DOMAIN}\n{seed}\n{name}".encode()).hexdigest(), name) for name in frame)
    drawn = tickets[: terms.firms]
    return pd.DataFrame(
        {
            "entity_id": pd.Series([name for _, name in drawn], dtype="object"),
            "ticket": pd.Series([ticket for ticket, _ in drawn], dtype="object"),
            "n_frame": pd.Series([len(frame)] * len(drawn), dtype="int64"),
            "inclusion_probability": pd.Series(
                [len(drawn) / len(frame)] * len(drawn) if frame else [], dtype="float64"
            ),
        }
    )
