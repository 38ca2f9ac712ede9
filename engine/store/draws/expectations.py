"""What a reader of a draw knows from elsewhere, as files: the public log, people's keys, root certificates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509

from engine.draw.committing.schema import mapping, text
from engine.draw.publishing.public_log import read_log
from engine.errors import DrawError, SourceNotFoundError, UsageError
from engine.messages import N_, Message
from engine.store.draws.bundles import read_json_file


def read_published_log(path: Path) -> dict[str, Any]:
    """Return a log from its file.

    Raises
    ------
    UsageError
        It is not a log or does not give its root.
    """
    try:
        return read_log(read_json_file(path))
    except DrawError as problem:
        raise UsageError(what=str(path), value="…", remedy=problem.message) from None


def read_signers(path: Path) -> dict[str, str]:
    """Return public keys by name from a JSON file.

    Raises
    ------
    UsageError
        It is not a JSON object of texts.
    """
    try:
        found = read_json_file(path)
        mapping(text, text)(found, path.name)
    except DrawError as problem:
        raise UsageError(what=str(path), value="…", remedy=problem.message) from None
    return dict(found)


def read_certificates(paths: Sequence[Path], *, option: str) -> list[x509.Certificate]:
    """Return the certificates in PEM or DER files, given by an option of the command line.

    Raises
    ------
    SourceNotFoundError, UsageError
        A file is not there or holds no certificate.
    """
    found: list[x509.Certificate] = []
    for path in paths:
        if not path.is_file():
            raise SourceNotFoundError(path=path)
        raw = path.read_bytes()
        try:
            pem = raw.lstrip().startswith(b"-----BEGIN")
            found += x509.load_pem_x509_certificates(raw) if pem else [x509.load_der_x509_certificate(raw)]
        except ValueError:
            raise UsageError(
                what=option, value=str(path), remedy=Message(N_("give an X.509 certificate as PEM or DER"))
            ) from None
    return found
