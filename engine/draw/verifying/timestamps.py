"""RFC 3161 time stamps over a commitment or a certificate: asking for one and checking one offline.

Stamped is the SHA-256 of the record's 32-byte digest. A token shows that the digest existed at a time that a body
outside the agency vouches for; who that body is rests on the root certificates that the reader trusts. A time stamp of
a commitment counts only from before the first event. Source: RFC 3161 §2.4; docs/spec/draw-protocol.md §9.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from engine.draw.committing.commitment import Commitment
from engine.draw.committing.signatures import COMMITMENT, SIGNED_RECORDS
from engine.draw.entropy.policy import read_time
from engine.draw.protocol.checks import failed, not_checked, passed
from engine.draw.publishing.attachments import TIMESTAMPS
from engine.draw.verifying.chain import Run
from engine.errors import DrawError
from engine.messages import N_, Message


def timestamp_request(digest: str) -> bytes:
    """Return the DER request for a time stamp over a record's digest (hex), to be sent to an authority."""
    builder = TimestampRequestBuilder().data(bytes.fromhex(digest)).hash_algorithm(HashAlgorithm.SHA256)
    return bytes(builder.build().as_bytes())


def read_token(raw: bytes) -> TimeStampResponse:
    """Return an authority's response.

    Raises
    ------
    DrawError
        The bytes are no RFC 3161 response.
    """
    try:
        return decode_timestamp_response(raw)
    except ValueError:
        raise DrawError(
            problem=Message(N_("this is no RFC 3161 response")),
            remedy=Message(N_("give the authority's answer as it came (DER, usually .tsr)")),
        ) from None


def token_record(raw: bytes, *, over: str) -> dict[str, str]:
    """Return a token as published."""
    return {"over": over, "token": base64.b64encode(raw).decode("ascii")}


def is_over(response: TimeStampResponse, digest: str) -> bool:
    """Whether a response stamps this digest (hex), whoever signed it."""
    return bytes(response.tst_info.message_imprint.message) == hashlib.sha256(bytes.fromhex(digest)).digest()


def stamped_at(response: TimeStampResponse) -> datetime:
    """Return the time in a response."""
    at: datetime = response.tst_info.gen_time
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class TimestampCheck:
    """The checks ``timestamps.*`` under the root certificates a reader trusts; without any, the imprint alone.

    Parameters
    ----------
    roots : certificates of authorities.
    """

    def __init__(self, roots: Sequence[x509.Certificate]) -> None:
        self.roots = list(roots)

    def __call__(self, run: Run, commitment: Commitment) -> None:
        """Note both checks."""
        if commitment.version == 1:
            return
        digests = {COMMITMENT: commitment.digest.hex()}
        tokens = run.published.attached.get(TIMESTAMPS, ())
        for over in SIGNED_RECORDS:
            digest = digests.get(over, run.published.certificate.get("certificate_digest", ""))
            own = [token["token"] for token in tokens if token["over"] == over]
            self._check(run, f"timestamps.{over}", own, digest=digest)
        name = f"timestamps.{COMMITMENT}"
        if run.checks[name].ok and run.checks[name].state.value == "passed":
            first = read_time(commitment.record["not_before"], where="not_before")
            responses = [
                read_token(base64.b64decode(token["token"])) for token in tokens if token["over"] == COMMITMENT
            ]
            if not any(stamped_at(one) < first for one in responses):
                run.note(failed(name, N_("no time stamp of the commitment is older than the first event")))

    def _check(self, run: Run, name: str, tokens: Sequence[str], *, digest: str) -> None:
        if not tokens:
            run.note(not_checked(name, N_("the file carries no time stamp of it")))
            return
        try:
            responses = [read_token(base64.b64decode(token, validate=True)) for token in tokens]
        except (DrawError, binascii.Error):
            run.note(failed(name, N_("a time stamp cannot be read")))
            return
        times = ", ".join(stamped_at(one).isoformat() for one in responses)
        if not all(is_over(one, digest) for one in responses):
            run.note(failed(name, N_("a time stamp is over another record")))
        elif not self.roots:
            run.note(
                not_checked(name, N_("stamped {times}, authority not checked: no root certificates given"), times=times)
            )
        elif wrong := [problem for one in responses if (problem := self._problem(one, digest))]:
            run.note(failed(name, N_("a time stamp does not lead to a trusted root: {problem}"), problem=wrong[0]))
        else:
            run.note(passed(name, N_("stamped {times} under a trusted root"), times=times))

    def _problem(self, response: TimeStampResponse, digest: str) -> str:
        try:
            VerifierBuilder(roots=list(self.roots)).build().verify_message(response, bytes.fromhex(digest))
        except (VerificationError, ValueError) as problem:
            return str(problem)
        return ""
