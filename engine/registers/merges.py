"""Which identifier stands for an object on which day, out of the decisions to merge duplicates and to undo a merge.

A decision counts from its own day on, never before: what was read as of an earlier day stays as it was. Between two
decisions every identifier stands for one object, its *kept* identifier; merges chain (a into b, later b into c).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.errors import UsageError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class MergeDecision:
    """One decision about two identifiers.

    Parameters
    ----------
    on : first day on which it counts. kept_id, merged_id : identifiers. is_merge : False undoes the merge of the two.
    """

    on: date
    kept_id: str
    merged_id: str
    is_merge: bool


@dataclass(frozen=True, slots=True)
class AliasSpan:
    """From ``since`` (None = always) to the day before ``until`` (None = open) ``entity_id`` stands for ``kept_id``."""

    entity_id: str
    kept_id: str
    since: date | None
    until: date | None


def standing(decisions: Sequence[MergeDecision]) -> dict[str, str]:
    """Return merged identifier → identifier it was merged into, after all decisions in their order.

    Raises
    ------
    UsageError
        A merge of an identifier that is merged already, or into itself (also over others); an undoing of no merge.
    """
    into: dict[str, str] = {}
    for each in decisions:
        if not each.is_merge:
            if into.get(each.merged_id) != each.kept_id:
                raise _refusal(each.merged_id, Message(N_("it is not merged into {id}"), {"id": each.kept_id}))
            del into[each.merged_id]
            continue
        if each.merged_id in into:
            held = into[each.merged_id]
            raise _refusal(each.merged_id, Message(N_("it is merged into {id} already"), {"id": held}))
        if root(into, each.kept_id) == each.merged_id:
            raise _refusal(each.merged_id, Message(N_("it would be merged into itself")))
        into[each.merged_id] = each.kept_id
    return into


def root(into: dict[str, str], entity_id: str) -> str:
    """Return the identifier that stands for ``entity_id``."""
    while entity_id in into:
        entity_id = into[entity_id]
    return entity_id


def alias_spans(decisions: Sequence[MergeDecision]) -> tuple[AliasSpan, ...]:
    """Return for every identifier that was ever merged what it stood for, without gaps or overlaps.

    Parameters
    ----------
    decisions : in the order in which they were made; their days never fall back.

    Notes
    -----
    Cost: days with decisions times identifiers ever merged.
    """
    ever = sorted({each.merged_id for each in decisions})
    since: dict[str, date | None] = dict.fromkeys(ever)
    stood = {entity_id: entity_id for entity_id in ever}
    spans = []
    for day in sorted({each.on for each in decisions}):
        into = standing([each for each in decisions if each.on <= day])
        for entity_id in ever:
            now = root(into, entity_id)
            if now != stood[entity_id]:
                spans.append(AliasSpan(entity_id, stood[entity_id], since[entity_id], day))
                since[entity_id], stood[entity_id] = day, now
    spans += [AliasSpan(entity_id, stood[entity_id], since[entity_id], None) for entity_id in ever]
    return tuple(sorted(spans, key=lambda span: (span.entity_id, span.since or date.min)))


def same_object(decisions: Sequence[MergeDecision], entity_id: str, *, on: date) -> tuple[str, tuple[str, ...]]:
    """Return the identifier that stands for ``entity_id`` at the end of a day, and all that it stands for then."""
    into = standing([each for each in decisions if each.on <= on])
    kept = root(into, entity_id)
    others = sorted(merged for merged in into if root(into, merged) == kept)
    return kept, (kept, *others)


def _refusal(entity_id: str, problem: Message) -> UsageError:
    return UsageError(what=Message(N_("merging")), value=entity_id, remedy=problem)
