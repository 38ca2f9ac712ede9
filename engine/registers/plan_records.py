"""The published record of a plan, and of what one draw carries out of it: what ``plan_digest`` binds.

Public records say everything but risk classes: a pool cut out by class is bound by a salted digest, so that it cannot
be changed afterwards and nothing can be inferred from it. Texts are NFC, ratios ``a/b``, no floats.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from engine.registers.plan_lines import PlanLine, ratio_text
from engine.registers.schedule import Slot


def line_record(line: PlanLine, *, sealed: str | None) -> dict[str, Any]:
    """Return the public record of a line.

    Parameters
    ----------
    sealed : digest that binds the classes of its pool, None when the pool names none.
    """
    arm = line.control
    return _normalised(
        {
            "line": line.line_id,
            "items": list(line.items),
            "objects": line.objects,
            "ratio": ratio_text(line.ratio),
            "ratio_basis": line.ratio_basis.value,
            "window": [line.window_start.isoformat(), line.window_end.isoformat()],
            "initiator": line.initiator,
            "participants": list(line.participants),
            "draw_type": line.draw_type.value,
            "methods": list(line.methods),
            "off_site": line.is_off_site,
            "draws": line.draws,
            "pool": {
                name: sorted(getattr(line.pool, name)) for name in ("entity_types", "industries", "tags", "districts")
            },
            "sealed": sealed,
            "group": line.ticket_group or line.plan_id,
            "person_days": None if line.person_days is None else ratio_text(line.person_days),
            "control": None
            if arm is None
            else {"unit": arm.unit, "share": ratio_text(arm.share), "ratio": ratio_text(arm.ratio)},
            "blind_share": ratio_text(line.blind_share),
            "merged_from": list(line.merged_from),
        }
    )


def edition_record(
    plan: str,
    *,
    edition: int,
    lines: Sequence[Mapping[str, Any]],
    slots: Sequence[Slot],
    rulebook: Mapping[str, str],
    key_commit: str,
    control_event: Mapping[str, str] | None,
    approval: str,
    published_at: str,
    is_simulation: bool,
) -> dict[str, Any]:
    """Return the record of a published edition; ``H("plan", canonical JSON)`` is its digest.

    Parameters
    ----------
    lines : :func:`line_record` of every line, sorted by id. slots : of the year's draws.
    rulebook : version and digest. key_commit : binds the plan's secret key.
    control_event : source and event that will assign the control arm, None without one.
    approval : document of the approval. published_at : RFC 3339 time.
    """
    return _normalised(
        {
            "plan": plan,
            "edition": edition,
            "class": "simulation" if is_simulation else "real",
            "lines": [dict(line) for line in lines],
            "slots": [[s.line_id, s.number, s.starts_on.isoformat(), s.ends_on.isoformat()] for s in slots],
            "rulebook": dict(rulebook),
            "key_commit": key_commit,
            "control_event": dict(control_event) if control_event is not None else None,
            "approval": approval,
            "published_at": published_at,
        }
    )


def draw_record(
    *,
    plan: str,
    draw_id: str,
    edition: Mapping[str, Any] | None,
    lines: Sequence[Mapping[str, Any]],
    numbers: Mapping[str, tuple[int, int]],
    items: Sequence[str],
    item_names: Mapping[str, str],
    departments: Sequence[str],
    window: tuple[str, str],
    mode: str,
    rulebook: Mapping[str, str],
    registry: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
    outside: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Return what a draw carries out: its commitment's ``plan_digest`` is ``H("plan", canonical JSON)`` of this.

    Parameters
    ----------
    edition : number and digest of the published edition, None for a draw outside the plan.
    lines : public records of the lines. numbers : line to (which, of how many) draws of the year.
    item_names : name of every item on the list in force.
    window : first and last day of the inspections. mode : random or filtered_draw.
    registry : independent counts beside the loaded register. control : event and value that assign the control arm.
    outside : reason of a draw outside the plan and when it was published.
    """
    return _normalised(
        {
            "plan": plan,
            "draw": draw_id,
            "edition": dict(edition) if edition is not None else None,
            "lines": [dict(line) for line in lines],
            "numbers": {line: list(pair) for line, pair in numbers.items()},
            "items": sorted(items),
            "item_names": {item: item_names[item] for item in sorted(items) if item in item_names},
            "departments": sorted(departments),
            "window": list(window),
            "mode": mode,
            "rulebook": dict(rulebook),
            "registry": [dict(row) for row in registry],
            "control": dict(control) if control is not None else None,
            "outside_plan": dict(outside) if outside is not None else None,
        }
    )


def _normalised(record: Mapping[str, Any]) -> dict[str, Any]:
    """The same record with every text in NFC: the encoding of a name never matters."""
    return {nfc(str(key)): _normal(inner) for key, inner in record.items()}


def nfc(text: str) -> str:
    """Return a text in its composed form."""
    return unicodedata.normalize("NFC", text)


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, Mapping):
        return _normalised(value)
    if isinstance(value, list | tuple):
        return [_normal(inner) for inner in value]
    return value
