"""Merged objects when records are read: the decisions out of the ledger, and the identifiers put in their place."""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from engine.contracts.schema import Contract
from engine.contracts.sql import identifier, literal
from engine.registers.merges import AliasSpan, MergeDecision
from engine.store.ledgers.decisions import LEDGER, Decisions

ACCEPTED, UNDONE = "object_match.accepted", "object_match.undone"
_REGISTER = "entities"


def merge_decisions(decisions: Decisions, *, until: int | None = None) -> tuple[MergeDecision, ...]:
    """Return the decisions to merge objects and to undo merges, in their order; cost: their ledger rows.

    Parameters
    ----------
    until : last ledger entry that counts, None = all.
    """
    query = (
        select(LEDGER.c.action, LEDGER.c.content)
        .where(LEDGER.c.action.in_((ACCEPTED, UNDONE)))
        .order_by(LEDGER.c.sequence)
    )
    if until is not None:
        query = query.where(LEDGER.c.sequence <= until)
    with decisions.reading() as connection:
        rows = connection.execute(query).all()
    said = [(row.action, json.loads(row.content)) for row in rows]
    return tuple(
        MergeDecision(date.fromisoformat(told["on"]), told["kept_id"], told["merged_id"], action == ACCEPTED)
        for action, told in said
    )


def merged_rows(contract: Contract, *, history: str, spans: Sequence[AliasSpan]) -> str:
    """Return ``history`` (SQL) with every record under the identifier that stands for its object.

    A version that was known when a merge was decided is cut there: before, it belongs to the identifier it was loaded
    under, afterwards to the kept one. In the register itself the merged identifier ends with the merge; the kept
    object's own row stands. Cost: one hash join with the merged identifiers.
    """
    lines = ", ".join(
        f"({literal(s.entity_id)}, {literal(s.kept_id)}, {literal(s.since or date.min)}, "
        f"{'CAST(NULL AS DATE)' if s.until is None else literal(s.until)})"
        for s in spans
    )
    aliases = f"(VALUES {lines}) a(merged_id, kept_id, since, until)"
    own = {  # greatest, least and coalesce pass over the nulls of records that no merge concerns
        "entity_id": "coalesce(a.kept_id, h.entity_id) AS entity_id",
        "known_at": "greatest(h.known_at, a.since) AS known_at",
        "superseded_at": "least(h.superseded_at, a.until) AS superseded_at",
    }
    columns = ", ".join(own.get(name, f"h.{identifier(name)}") for name in (*contract.names, "superseded_at"))
    kept_rows = " AND a.kept_id = a.merged_id" if contract.table == _REGISTER else ""
    return (
        f"SELECT {columns} FROM ({history}) h LEFT JOIN {aliases} ON h.entity_id = a.merged_id "
        f"WHERE a.merged_id IS NULL OR ((a.until IS NULL OR h.known_at < a.until) "
        f"AND (h.superseded_at IS NULL OR a.since < h.superseded_at){kept_rows})"
    )
