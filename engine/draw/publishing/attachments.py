"""What is published beside a certificate, before and after it: who signed, what the log proves, who stood in for whom.

Each attachment is a file ``<name>.json`` of the bundle folder and a key of the compact form. None changes the draw;
each is checked against it by name, and one that is missing is said to be missing.
Source: docs/spec/draw-protocol.md §9, §12.
"""

from collections.abc import Mapping
from typing import Any

from engine.draw.committing import schema
from engine.draw.committing.schema import Rule, code, integer, listing, nullable, one_of, record, text
from engine.draw.committing.signatures import SIGNATURE, SIGNED_RECORDS
from engine.draw.publishing import public_log, substitution

SIGNATURES, SUBSTITUTIONS = "signatures", "substitutions"
LOG_PROOF, PLAN_RECORD, BEACONS, TIMESTAMPS = "log_proof", "plan", "beacons", "timestamps"


def _any_record(value: Any, where: str) -> None:
    nullable(record({"reason": text}, closed=False))(value, where)


PLAN = record(
    {"plan": text, "draw": code, "lines": listing(record({}, closed=False)), "outside_plan": _any_record}, closed=False
)
_BEACONS = record(
    {},
    {
        "drand_quicknet": record({"round": integer, "signature": schema.hex_of(48)}),
        "nist_beacon_2": record({}, closed=False),
    },
)
_TOKEN = record({"over": one_of(*SIGNED_RECORDS), "token": text})

ATTACHMENTS: Mapping[str, Rule] = {
    SIGNATURES: listing(SIGNATURE),
    SUBSTITUTIONS: substitution.PUBLISHED,
    LOG_PROOF: public_log.INCLUSION,
    PLAN_RECORD: PLAN,
    BEACONS: _BEACONS,
    TIMESTAMPS: listing(_TOKEN),
}
"""Name → form, in the order in which they are read."""


def attachment_path(name: str) -> str:
    """Return the path of an attachment in a bundle folder."""
    return f"{name}.json"


def read_attachments(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attachments among the keys of ``found``, their form checked.

    Raises
    ------
    BundleUnreadableError
        One is not of its form.
    """
    attached = {name: found[name] for name in ATTACHMENTS if found.get(name) is not None}
    for name, value in attached.items():
        ATTACHMENTS[name](value, name)
    for place, entry in enumerate(attached.get(SUBSTITUTIONS, {}).get("entries", ())):
        is_reserve = isinstance(entry, Mapping) and entry.get("kind") == substitution.RESERVE
        form = substitution.RESERVE_ENTRY if is_reserve else substitution.OFFICER_ENTRY
        form(entry, f"{SUBSTITUTIONS}.entries[{place}]")
    return attached
