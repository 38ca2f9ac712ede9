"""A file drop with its digests beside it: what was delivered must be what was sent.

Two forms, both common where systems exchange files: ``manifest.json`` in the folder,

    {"files": [{"name": "penalties.csv", "sha256": "<hex>"}, …]}

which names every data file of the folder, and ``penalties.csv.sha256`` beside one file, as ``sha256sum`` writes it.
Without either a file is taken as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engine.errors import ContractError
from engine.messages import N_, Message
from engine.store.sources.readers import SourceFile, source_files

MANIFEST = "manifest.json"
_SUFFIX = ".sha256"


def require_complete(paths: Sequence[Path]) -> None:
    """Refuse folders whose manifest and data files do not name each other; nothing is read but the manifest.

    Raises
    ------
    ContractError
        A file is not named, a named one is missing, or the manifest cannot be read.
    """
    for folder in dict.fromkeys(path.parent for path in paths):
        if stated := _manifest(folder):
            _require_complete(folder, stated)


def require_as_sent(sources: Sequence[SourceFile]) -> None:
    """Compare every file with the digests that came beside it.

    Raises
    ------
    ContractError
        A digest differs, or a digest file cannot be read.
    """
    manifests = {folder: _manifest(folder) for folder in {source.path.parent for source in sources}}
    for file in sources:
        stated = manifests[file.path.parent]
        beside = file.path.with_name(file.name + _SUFFIX)
        if file.name in stated:
            _require_same(file, stated[file.name], said_by=MANIFEST)
        if beside.is_file():
            _require_same(file, _first_word(beside), said_by=beside.name)


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    return dict(_listed(path)) if path.is_file() else {}


def _require_complete(folder: Path, stated: Mapping[str, str]) -> None:
    there = {path.name for path in source_files([folder])}
    if unnamed := sorted(there - set(stated)):
        raise _refused(unnamed[0], Message(N_("{manifest} does not name it"), {"manifest": MANIFEST}))
    if missing := sorted(name for name in stated if not (folder / name).is_file()):
        raise _refused(missing[0], Message(N_("{manifest} names it, but it is not there"), {"manifest": MANIFEST}))


def _require_same(file: SourceFile, stated: str, *, said_by: str) -> None:
    if file.sha256 != stated.lower():
        said = {"manifest": said_by, "stated": stated[:16], "found": file.sha256[:16]}
        problem = Message(N_("it is not what was sent: {manifest} says SHA-256 {stated}…, the file has {found}…"), said)
        raise _refused(file.name, problem)


def _listed(manifest: Path) -> Iterator[tuple[str, str]]:
    try:
        files = json.loads(manifest.read_text(encoding="utf-8-sig"))["files"]
        for file in files:
            yield str(file["name"]), str(file["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        form = Message(N_("it does not list files, each with name and sha256"))
        raise _refused(manifest.name, form) from error


def _first_word(path: Path) -> str:
    words = path.read_text(encoding="utf-8-sig", errors="replace").split()
    if not words:
        raise _refused(path.name, Message(N_("it holds no digest")))
    return words[0].lstrip("\\")


def _refused(name: str, problem: Message) -> ContractError:
    return ContractError(table=name, problem=problem, remedy=Message(N_("have the files sent again")))
