"""Checks of what is published beside the certificate: plan, signatures, log, substitutions, beacons, time stamps.

Source: docs/spec/draw-protocol.md §9, §10, §12.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.draw.committing.commitment import Commitment
from engine.draw.committing.signatures import (
    LEAST_SIGNERS,
    SIGNED_RECORDS,
    Signature,
    distinct_people,
    latest,
    signature_from_record,
    unknown_signers,
)
from engine.draw.entropy.policy import read_time
from engine.draw.protocol.checks import failed, not_checked, passed
from engine.draw.publishing import substitution
from engine.draw.publishing.attachments import LOG_PROOF, PLAN_RECORD, SIGNATURES, SUBSTITUTIONS
from engine.draw.publishing.certificate import plan_digest
from engine.draw.publishing.public_log import is_included, log_head
from engine.draw.verifying.chain import Run
from engine.errors import DrawError
from engine.messages import N_, Message

_CERTIFICATE = "certificate"


def check_attachments(run: Run, commitment: Commitment) -> None:
    """Note every check on attachments that needs nothing but the bundle and what the reader expects."""
    if commitment.version == 1:
        return
    _check_plan(run, commitment)
    _check_signatures(run, commitment)
    _check_inclusion(run, commitment)
    _check_published_log(run, commitment)
    _check_substitutions(run, commitment)


def _check_plan(run: Run, commitment: Commitment) -> None:
    name, record = "commitment.plan", commitment.record
    plan = run.published.attached.get(PLAN_RECORD)
    if plan is None:
        run.note(not_checked(name, N_("the file does not say what of the plan this draw carries out")))
        return
    outside = plan["outside_plan"] or {"reason": ""}
    if plan_digest(plan, suite=commitment.suite) != record["plan_digest"] or plan["draw"] != record["draw"]:
        run.note(failed(name, N_("the plan is not the committed one")))
    elif not plan["lines"] and not outside["reason"].strip():
        run.note(failed(name, N_("no line of the plan stands behind draw {draw}, nor a reason"), draw=record["draw"]))
    elif record["parent"] is not None:
        parent = record["parent"]
        run.note(
            passed(name, N_("added sample to draw {parent}: {reason}"), parent=parent["draw"], reason=parent["reason"])
        )
    elif plan["lines"]:
        run.note(
            passed(name, N_("carries out {n} published line(s) of {plan}"), n=len(plan["lines"]), plan=plan["plan"])
        )
    else:
        run.note(passed(name, N_("outside the plan: {reason}"), reason=outside["reason"]))


# --- signatures -----------------------------------------------------------------------------------------------------


def _check_signatures(run: Run, commitment: Commitment) -> None:
    signatures = [signature_from_record(found) for found in run.published.attached.get(SIGNATURES, ())]
    digests = {
        "commitment": commitment.digest.hex(),
        _CERTIFICATE: run.published.certificate.get("certificate_digest", ""),
    }
    for over in SIGNED_RECORDS:
        own = [one for one in signatures if one.over == over]
        _check_signed(run, f"signatures.{over}", own, digest=digests[over])
    if run.checks["signatures.commitment"].ok and (last := latest(s for s in signatures if s.over == "commitment")):
        first_event = read_time(commitment.record["not_before"], where="not_before")
        if last >= first_event:
            run.note(failed("signatures.commitment", N_("a signature is not older than the first event")))
    _check_signers(run, signatures)


def _check_signed(run: Run, name: str, own: Sequence[Signature], *, digest: str) -> None:
    if not own:
        run.note(not_checked(name, N_("no signature: nobody vouches for this record by name")))
        return
    wrong = [one.name for one in own if one.digest != digest or not one.is_genuine()]
    if wrong:
        run.note(failed(name, N_("the signature of {names} does not fit"), names=", ".join(wrong)))
    elif distinct_people(own) < LEAST_SIGNERS:
        run.note(failed(name, N_("signed by {names}: two different people must sign"), names=_names(own)))
    else:
        run.note(passed(name, N_("signed by {names}"), names=_names(own)))


def _names(signatures: Sequence[Signature]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in signatures))


def _check_signers(run: Run, signatures: Sequence[Signature]) -> None:
    name = "signatures.signers"
    if not signatures:
        run.note(not_checked(name, N_("no signature: nobody vouches for this record by name")))
    elif run.expect_signers is None:
        run.note(not_checked(name, N_("keys not compared with the people's own: none were given")))
    elif wrong := unknown_signers(signatures, known=run.expect_signers):
        run.note(failed(name, N_("the key of {names} is not the known one"), names=", ".join(wrong)))
    else:
        run.note(passed(name, N_("every key is the known one of its person")))


# --- the public log -------------------------------------------------------------------------------------------------


def _check_inclusion(run: Run, commitment: Commitment) -> None:
    name, proof = "log.inclusion", run.published.attached.get(LOG_PROOF)
    head = run.published.certificate.get("log")
    if head is None:
        run.note(not_checked(name, N_("the certificate names no head of a public log")))
        return
    if proof is None:
        run.note(not_checked(name, N_("the file carries no proof from the public log")))
        return
    entry = proof["entry"]
    about = (entry["kind"], entry["draw"], entry["digest"])
    if about != ("commitment", commitment.record["draw"], commitment.digest.hex()):
        run.note(failed(name, N_("the proof is about another record")))
    elif {"size": proof["size"], "root": proof["root"]} != head or not is_included(proof):
        run.note(failed(name, N_("the proof does not lead to the head in the certificate")))
    else:
        run.note(
            passed(name, N_("the commitment is entry {n} of a log of {size}"), n=entry["n"] + 1, size=head["size"])
        )


def _check_published_log(run: Run, commitment: Commitment) -> None:
    """Compare the head in the certificate and the digests of this draw with the log as it is published now."""
    name, log = "log.published", run.expect_log
    if log is None:
        run.note(not_checked(name, N_("not compared with the published log: none was given")))
        return
    entries: Sequence[Mapping[str, Any]] = log["entries"]
    head = run.published.certificate.get("log")
    listed = {(entry["kind"], entry["digest"]) for entry in entries if entry["draw"] == commitment.record["draw"]}
    missing = sorted(kind for kind, digest in _records(run, commitment) if (kind, digest) not in listed)
    n_other = sum(kind == "commitment" for kind, _ in listed)
    if head is not None and (head["size"] > len(entries) or log_head(entries[: head["size"]]) != head):
        run.note(failed(name, N_("the log does not continue the one this certificate names")))
    elif missing:
        run.note(failed(name, N_("the log lacks this draw's {kinds}"), kinds=", ".join(missing)))
    elif n_other > 1:
        run.note(failed(name, N_("the log holds {n} commitments of this name"), n=n_other))
    else:
        run.note(passed(name, N_("the log of {n} entries holds this draw and continues its head"), n=len(entries)))


def _records(run: Run, commitment: Commitment) -> list[tuple[str, str]]:
    published = run.published
    found = [("commitment", commitment.digest.hex())]
    if (closing := published.certificate.get("certificate_digest")) is not None:
        found.append(("void" if published.is_void else _CERTIFICATE, closing))
    entries = published.attached.get(SUBSTITUTIONS, {}).get("entries", ())
    return [*found, *(("substitution", str(entry["digest"])) for entry in entries)]


# --- substitutions --------------------------------------------------------------------------------------------------


def _check_substitutions(run: Run, commitment: Commitment) -> None:
    published, found = run.published, run.published.attached.get(SUBSTITUTIONS)
    names = ("substitutions.chain", "substitutions.reserves", "substitutions.officers")
    if found is None or not found["entries"]:
        for name in names:
            run.note(not_checked(name, N_("no substitution is published")))
        return
    if published.is_void or published.is_withheld or "match" not in published.certificate:
        run.note(failed(names[0], N_("substitutions without a draw")))
        return
    standing = substitution.Standing(commitment, published.certificate, roster=published.roster)
    broken = _first_broken(found, standing=standing, commitment=commitment)
    if broken is not None:
        run.note(failed(names[0], N_("the chain breaks at entry {n}"), n=broken))
        return
    rate = f"{found['reserve'] + found['officer']}/{found['visits']}"
    run.note(passed(names[0], N_("{n} entries, rate {rate} of the visits"), n=len(found["entries"]), rate=rate))
    faults = _replay(found["entries"], standing=standing)
    for name, kind in zip(names[1:], (substitution.RESERVE, substitution.OFFICER), strict=True):
        n_kind = found[kind]
        if kind in faults:
            run.note(failed(name, N_("{problem}"), problem=faults[kind]))
        elif faults:
            run.note(not_checked(name, N_("not reached: an earlier check failed or the bundle holds nothing on it")))
        else:
            run.note(passed(name, N_("{n} entries follow from the draw and its rule"), n=n_kind))


def _first_broken(found: Mapping[str, Any], *, standing: substitution.Standing, commitment: Commitment) -> int | None:
    """Return the number of the first entry that does not continue the chain, or 0 for wrong totals."""
    previous, moment = standing.last, read_time(standing.moment, where="issued_at")
    for place, entry in enumerate(found["entries"], start=1):
        at = read_time(entry["at"], where="substitutions")
        stated = (entry["n"], entry["prev"], entry["draw"])
        if stated != (place, previous, commitment.record["draw"]) or at < moment:
            return place
        if substitution.entry_digest(entry, suite=commitment.suite) != entry["digest"]:
            return place
        previous, moment = entry["digest"], at
    again = substitution.published_substitutions(found["entries"], certificate=standing.certificate)
    return None if again == found else 0


def _replay(entries: Sequence[Mapping[str, Any]], *, standing: substitution.Standing) -> dict[str, Any]:
    """Return, by kind, what is wrong with the first entry that does not follow; nothing if all do."""
    for entry in entries:
        kind = entry["kind"]
        try:
            standing.heading(kind=kind, at=entry["at"], name="", role="", reason=entry["reason"])
            if kind == substitution.RESERVE:
                due = standing.next_reserve(entry["replaced"], item=entry["item"])
            else:
                due = standing.next_officer(entry["visit"], role=entry["role"], replaced=entry["replaced"])
        except DrawError as problem:
            return {kind: problem.message}
        wrong = sorted(key for key, value in due.items() if entry[key] != value)
        if wrong:
            return {kind: _mismatch(entry["n"], wrong)}
        standing.apply(entry)
    return {}


def _mismatch(n: int, keys: Sequence[str]) -> Message:
    return Message(N_("entry {n}: {keys} is not what follows from the draw"), {"n": n, "keys": ", ".join(keys)})
