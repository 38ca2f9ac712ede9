"""Beacon values in a draw: what a relay's file gives, and whether a published value is the network's own.

A drand round is checked against the network's public key and its number against its time, since rounds come every
three seconds from a known start. Of a NIST pulse the value is recomputed from its fields; its RSA signature is checked
under the service's certificate when a reader gives one. A certificate that came with the pulse shows only that the two
fit. Source: docs/spec/draw-protocol.md §3; :mod:`engine.draw.entropy.drand`, :mod:`engine.draw.entropy.nist_pulse`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from engine.draw.committing.commitment import Commitment
from engine.draw.entropy.drand import (
    QUICKNET_GENESIS,
    QUICKNET_PERIOD_SECONDS,
    QUICKNET_PUBLIC_KEY,
    UNCHAINED_G1,
    DrandBeacon,
    is_genuine,
)
from engine.draw.entropy.nist_pulse import is_signed_under, pulse_output, pulse_time
from engine.draw.entropy.sources import EntropyEvent, EntropyValue
from engine.draw.protocol.checks import Check, failed, not_checked, passed
from engine.draw.publishing.attachments import BEACONS
from engine.draw.verifying.chain import Run
from engine.errors import DrawError, EntropyRefusedError
from engine.messages import N_, Message

DRAND, NIST = "drand_quicknet", "nist_beacon_2"
_PEM = "certificate"


def round_time(number: int) -> datetime:
    """Return when a quicknet round is due."""
    return datetime.fromtimestamp(QUICKNET_GENESIS + (number - 1) * QUICKNET_PERIOD_SECONDS, tz=UTC)


def beacon_value(source: str, found: Any) -> tuple[EntropyValue, dict[str, Any]]:
    """Return the value of a beacon and the evidence to publish with it, from the relay's JSON as it came.

    Parameters
    ----------
    source : ``drand_quicknet`` or ``nist_beacon_2``.
    found : drand: an object with ``round`` and ``signature``; NIST: the pulse, or an object holding it as ``pulse``;
        beside it as ``certificate`` (PEM) the certificate that it names, if that is to be published too.

    Raises
    ------
    EntropyRefusedError
        The file is not of that form, or the value is not the network's own.
    """
    try:
        if source == DRAND:
            evidence = {"round": int(found["round"]), "signature": str(found["signature"])}
            beacon = _drand(evidence)
            event, value, at = str(beacon.round_number), beacon.randomness, round_time(beacon.round_number)
            genuine = is_genuine(beacon)
        elif source == NIST:
            evidence = dict(found.get("pulse", found))
            if _PEM in found:
                evidence[_PEM] = str(found[_PEM])
            event, value = str(evidence["pulseIndex"]), pulse_output(evidence)
            at = pulse_time(evidence)
            genuine = value == str(evidence["outputValue"]).lower() and _fits_its_certificate(evidence)
        else:
            raise _refused(source, N_("it is no beacon"))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _refused(source, N_("the file is not the relay's answer for one round")) from None
    if not genuine:
        raise _refused(source, N_("the value does not bear the network's signature"))
    return EntropyValue(source, event, value, at.isoformat(timespec="seconds"), "beacons.json"), evidence


def check_planned_round(event: EntropyEvent, *, not_before: datetime, deadline: datetime | None) -> None:
    """Raise unless a committed drand round is due in the window of the events: never "the latest".

    Raises
    ------
    EntropyRefusedError
        The round is no number, or due at another time.
    """
    if event.source != DRAND:
        return
    if not (event.event.isascii() and event.event.isdigit()):
        raise _refused(DRAND, N_("a round is a number"))
    due = round_time(int(event.event))
    if due < not_before or (deadline is not None and due > deadline):
        raise _refused(
            DRAND,
            N_("round {number} is due at {at}, outside the window of the events"),
            number=event.event,
            at=due.isoformat(),
        )


def check_beacons(run: Run, commitment: Commitment, *, certificates: Sequence[x509.Certificate] = ()) -> None:
    """Note ``entropy.beacons``.

    Parameters
    ----------
    certificates : of the NIST service, as the reader has them from elsewhere.
    """
    name = "entropy.beacons"
    if commitment.version == 1 or run.values is None:
        return
    used = {value.source: value for value in run.values if value.source in (DRAND, NIST)}
    attached: Mapping[str, Any] = run.published.attached.get(BEACONS, {})
    if not used:
        run.note(not_checked(name, N_("no beacon is among the events")))
        return
    missing = sorted(used.keys() - attached.keys())
    if missing:
        run.note(not_checked(name, N_("the file carries no evidence for {sources}"), sources=", ".join(missing)))
        return
    for source, value in used.items():
        try:
            due, _ = beacon_value(source, attached[source])
        except DrawError as problem:
            note = not_checked if "py_ecc" in problem.render(str) else failed
            run.note(note(name, N_("{problem}"), problem=problem.message))
            return
        same_time = datetime.fromisoformat(due.drawn_at) == datetime.fromisoformat(value.drawn_at)
        if (due.event, due.value) != (value.event, value.value) or not same_time:
            run.note(failed(name, N_("{source} gave another value, round or time"), source=source))
            return
    if NIST not in used:
        run.note(passed(name, N_("the value bears the network's signature")))
        return
    run.note(_pulse_check(name, attached[NIST], certificates=certificates))


def _pulse_check(name: str, pulse: Mapping[str, Any], *, certificates: Sequence[x509.Certificate]) -> Check:
    """Say whose signature a pulse bears, whose value was found to follow from it."""
    if certificates:
        if any(is_signed_under(pulse, certificate) for certificate in certificates):
            return passed(name, N_("the value bears the service's signature under the certificate you gave"))
        return failed(name, N_("the NIST pulse is not signed under the certificate you gave"))
    if _PEM in pulse:
        return not_checked(
            name, N_("the NIST pulse fits the certificate beside it; that this is the service's own was not checked")
        )
    return not_checked(
        name, N_("the NIST value follows from its pulse; its RSA signature was not checked: no certificate was given")
    )


def _fits_its_certificate(pulse: Mapping[str, Any]) -> bool:
    """Whether the certificate beside a pulse made its signature; true when none is there."""
    if _PEM not in pulse:
        return True
    return is_signed_under(pulse, x509.load_pem_x509_certificate(str(pulse[_PEM]).encode()))


def _drand(evidence: Mapping[str, Any]) -> DrandBeacon:
    return DrandBeacon(UNCHAINED_G1, QUICKNET_PUBLIC_KEY, evidence["round"], evidence["signature"])


def _refused(source: str, template: str, **params: object) -> EntropyRefusedError:
    return EntropyRefusedError(source=source, problem=Message(template, params))
