"""Recomputing a published draw: a fixed list of named checks, each passed, failed or not checkable.

The chain is checked link by link: the record gives the commitment digest, digest and events give the seed, seed and
rows give sizes, selection and visits, visits, roster and rule give posts, and the published match must be their only
optimum. Each link starts from the published end of the one before, which was itself compared, so that a fault is named
where it lies. Needs no workspace, no network and no solver. Source: docs/spec/draw-protocol.md §10.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography import x509

from engine.draw.committing.commitment import Commitment
from engine.draw.protocol.checks import CHECK_NAMES, Check, Verification, failed, not_checked, passed
from engine.draw.verifying.chain import Run
from engine.draw.verifying.chain_attached import check_attachments
from engine.draw.verifying.chain_result import check_certificate, check_draw, check_frame, check_own_row, check_teams
from engine.draw.verifying.chain_source import check_class, check_commitment, check_entropy
from engine.draw.verifying.public_beacons import check_beacons
from engine.draw.verifying.published import PublishedDraw, read_compact
from engine.errors import DrawError
from engine.messages import N_

FurtherChecks = Callable[[Run, Commitment], None]


def verify_bundle(
    bundle: Mapping[str, Any],
    *,
    expect_commit: str | None = None,
    expect_entropy: Mapping[str, str] | None = None,
    expect_signers: Mapping[str, str] | None = None,
    expect_log: Mapping[str, Any] | None = None,
    beacon_certificates: Sequence[x509.Certificate] = (),
    further: Sequence[FurtherChecks] = (),
) -> Verification:
    """Return the verification of a compact JSON object (see :func:`verify_published`)."""
    try:
        published = read_compact(bundle)
    except DrawError as problem:
        return unreadable(problem)
    return verify_published(
        published,
        expect_commit=expect_commit,
        expect_entropy=expect_entropy,
        expect_signers=expect_signers,
        expect_log=expect_log,
        beacon_certificates=beacon_certificates,
        further=further,
    )


def unreadable(problem: DrawError) -> Verification:
    """Return the verification of a bundle that cannot be read: ``format`` failed, nothing else checked."""
    checks = {"format": failed("format", N_("{problem}"), problem=problem.message)}
    return Verification(False, False, _complete(checks))


def _complete(checks: Mapping[str, Check]) -> tuple[Check, ...]:
    missing = N_("not reached: an earlier check failed or the bundle holds nothing on it")
    own = N_("for the auditor, who holds the key")
    is_audited = "audit.key" in checks

    def said(name: str) -> str:
        return own if name.startswith("audit.") and not is_audited else missing

    return tuple(checks.get(name, not_checked(name, said(name))) for name in CHECK_NAMES)


def verify_published(
    published: PublishedDraw,
    *,
    expect_commit: str | None = None,
    expect_entropy: Mapping[str, str] | None = None,
    expect_signers: Mapping[str, str] | None = None,
    expect_log: Mapping[str, Any] | None = None,
    beacon_certificates: Sequence[x509.Certificate] = (),
    further: Sequence[FurtherChecks] = (),
) -> Verification:
    """Return the verification of a published draw.

    Parameters
    ----------
    published : a draw read from a folder or a compact file.
    expect_commit : commitment digest in hex known from elsewhere (the public notice, a time stamp); without it a
        consistent bundle is *not anchored*.
    expect_entropy : value by source as the operators published them; without it the values are taken as stated.
    expect_signers : public key by name, known from elsewhere; without it only that the signatures fit their keys.
    expect_log : the published log, read by :func:`engine.draw.publishing.public_log.read_log`.
    beacon_certificates : of the NIST service, known from elsewhere; without one a pulse's signature is not checked.
    further : checks that need more than the bundle (roots of time stamping authorities, the auditor's key), each a
        function of the finished run and its commitment.

    Returns
    -------
    Verification; one check per name of :data:`~engine.draw.protocol.checks.CHECK_NAMES`.
    """
    run = Run(published, expect_commit, expect_entropy, expect_signers, expect_log)
    run.note(passed("format", N_("version {version}"), version=published.version))
    check_commitment(run)
    if run.commitment is not None:
        check_class(run, run.commitment)
        check_entropy(run, run.commitment)
        check_frame(run, run.commitment)
        check_draw(run, run.commitment)
        check_teams(run, run.commitment)
        check_own_row(run, run.commitment)
        check_certificate(run, run.commitment)
        check_attachments(run, run.commitment)
        check_beacons(run, run.commitment, certificates=beacon_certificates)
        for check in further:
            check(run, run.commitment)
    anchored = expect_commit is not None and run.checks["commitment.anchored"].ok
    is_simulation = run.commitment is not None and run.commitment.is_simulation
    return Verification(anchored, is_simulation, _complete(run.checks))
