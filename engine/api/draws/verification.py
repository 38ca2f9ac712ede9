"""Verifying a published draw from its files: no workspace, no network, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.draw.protocol.checks import Verification
from engine.draw.verifying.verification import FurtherChecks, unreadable, verify_published
from engine.errors import DrawError, UsageError
from engine.messages import N_, Message
from engine.store.draws.bundles import read_bundle, read_json_file
from engine.store.draws.expectations import read_certificates, read_published_log, read_signers
from engine.store.draws.keys import read_key


@dataclass(frozen=True, slots=True)
class Expected:
    """What a reader knows from elsewhere; everything is optional, and what is missing is said to be unchecked.

    Parameters
    ----------
    commit : commitment digest in hex.
    entropy : JSON file {source: value} with the operators' own results.
    signers : JSON file {name: public key} of the people who sign.
    log : the public log as published now.
    tsa_roots : certificates of time stamping authorities, PEM or DER.
    beacon_certificates : certificates of the NIST beacon, PEM or DER.
    key : file of the blinding key: auditors only.
    register, grades : CSV files of the auditor; the register's own list of objects, and the frozen grades.
    """

    commit: str | None = None
    entropy: Path | None = None
    signers: Path | None = None
    log: Path | None = None
    tsa_roots: tuple[Path, ...] = ()
    beacon_certificates: tuple[Path, ...] = ()
    key: Path | None = None
    register: Path | None = None
    grades: Path | None = None


def verify(path: Path | str, *, expect_commit: str | None, expect_entropy: Path | str | None) -> Verification:
    """Return the checks of a bundle folder or a compact JSON file against a digest and values known from elsewhere."""
    entropy = Path(expect_entropy) if expect_entropy is not None else None
    return verify_expected(path, Expected(commit=expect_commit, entropy=entropy))


def verify_expected(path: Path | str, expected: Expected) -> Verification:
    """Return the checks of a bundle folder or a compact JSON file.

    Raises
    ------
    SourceNotFoundError
        A file is not there.
    UsageError, SchemaMismatchError
        What is expected is not of its form, or others may read the key.
    """
    if expected.commit is not None:
        _require_digest(expected.commit)
    values = read_entropy(expected.entropy) if expected.entropy is not None else None
    signers = read_signers(expected.signers) if expected.signers is not None else None
    log = read_published_log(expected.log) if expected.log is not None else None
    certificates = read_certificates(expected.beacon_certificates, option="--beacon-certificate")
    further = _further_checks(expected)
    try:
        published = read_bundle(Path(path))
    except DrawError as problem:
        return unreadable(problem)
    return verify_published(
        published,
        expect_commit=expected.commit,
        expect_entropy=values,
        expect_signers=signers,
        expect_log=log,
        beacon_certificates=certificates,
        further=further,
    )


def _further_checks(expected: Expected) -> list[FurtherChecks]:
    """Checks that need more than the draw's own modules; loaded only when something is asked of them."""
    from engine.draw.verifying.timestamps import TimestampCheck  # noqa: PLC0415

    found: list[FurtherChecks] = [TimestampCheck(read_certificates(expected.tsa_roots, option="--tsa-root"))]
    if expected.key is not None:
        from engine.pipeline.auditing import AuditCheck  # noqa: PLC0415
        from engine.store.draws.audit_files import read_grades, read_register  # noqa: PLC0415

        register = read_register(expected.register) if expected.register is not None else None
        grades = read_grades(expected.grades) if expected.grades is not None else None
        found.append(AuditCheck(read_key(expected.key), register=register, grades=grades))
    return found


def rows_for_hand_check(path: Path | str, *, key: Path, register: Path, n: int) -> list[dict[str, str]]:
    """Return rows of the frame, chosen by ticket, that an auditor compares with the register by hand."""
    from engine.pipeline.auditing import rows_to_look_up  # noqa: PLC0415
    from engine.store.draws.audit_files import read_register  # noqa: PLC0415

    rows = rows_to_look_up(read_bundle(Path(path)), key=read_key(key), register=read_register(register), n=n)
    return [{str(name): str(value) for name, value in row.items()} for row in rows.to_dict("records")]


def read_entropy(path: Path) -> Mapping[str, str]:
    """Return the values by source of an entropy file.

    Raises
    ------
    SourceNotFoundError, UsageError
        It is not there or not a JSON object of texts.
    """
    try:
        found = read_json_file(path)
    except DrawError as problem:
        raise UsageError(what=str(path), value=problem.render(str), remedy=Message(N_("give a JSON object"))) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(
            what=str(path), value="…", remedy=Message(N_("give a JSON object of source and value, both text"))
        )
    return found


def _require_digest(text: str) -> None:
    digits = text.strip().lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise UsageError(what="--expect-commit", value=text, remedy=Message(N_("give the digest as 64 hex digits")))
