"""Verifying a published draw from its files: no workspace, no network, no database."""

from collections.abc import Mapping
from pathlib import Path

from engine.draw.checks import Verification
from engine.draw.verification import unreadable, verify_published
from engine.errors import DrawError, UsageError
from engine.messages import N_, Message
from engine.store.bundles import read_bundle, read_json_file


def verify(path: Path | str, *, expect_commit: str | None, expect_entropy: Path | str | None) -> Verification:
    """Return the checks of a bundle folder or a compact JSON file.

    Parameters
    ----------
    path : bundle folder or compact JSON file.
    expect_commit : commitment digest in hex known from elsewhere, or None.
    expect_entropy : JSON file {source: value} with the operators' own results, or None.

    Raises
    ------
    SourceNotFoundError
        A file is not there.
    UsageError
        The expected digest or the entropy file is not of its form.
    """
    if expect_commit is not None:
        _require_digest(expect_commit)
    values = read_entropy(Path(expect_entropy)) if expect_entropy is not None else None
    try:
        published = read_bundle(Path(path))
    except DrawError as problem:
        return unreadable(problem)
    return verify_published(published, expect_commit=expect_commit, expect_entropy=values)


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
