"""The digest of parts of this program, so that a record can say which code made it."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable


def program_digest(packages: Sequence[str]) -> str:
    """Return the SHA-256 over every module of packages, those inside them too, by path and content.

    Parameters
    ----------
    packages : dotted names, e.g. ``engine.draw``.
    """
    digest = hashlib.sha256()
    for package in packages:
        for name, module in sorted(_modules(files(package), package)):
            content = module.read_bytes()
            digest.update(f"{name}:{len(content)}:".encode() + content)
    return digest.hexdigest()


def _modules(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _modules(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry
