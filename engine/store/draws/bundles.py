"""Bundles on disk: writing a folder so that it is there whole or not at all, and reading a folder or a compact file.

Reading needs no workspace and nothing beyond the draw itself, so that ``verify`` starts fast anywhere.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.draw.committing.schema import code, digest, integer, listing, one_of, record, text
from engine.draw.populations.frame import require_code_order
from engine.draw.protocol.encoding import read_json
from engine.draw.protocol.merkle import SHARD_ROWS
from engine.draw.publishing.attachments import ATTACHMENTS, attachment_path, read_attachments
from engine.draw.publishing.bundle import (
    CERTIFICATE,
    COMMITMENT,
    MANIFEST,
    ROSTER,
    BundleFile,
    frame_from_shards,
    shard_path,
)
from engine.draw.verifying.compact_rows import read_rows_apart
from engine.draw.verifying.published import PublishedDraw, assemble, read_compact, read_roster
from engine.errors import BundleUnreadableError, NotCanonicalError, SourceNotFoundError, StoreError
from engine.messages import N_, Message

Content = TypeVar("Content")

_MANIFEST = record(
    {
        "v": one_of(2),
        "protocol": text,
        "class": text,
        "draw": code,
        "commit_digest": digest,
        "certificate_digest": digest,
        "items": listing(code),
        "strata": listing(code),
        "shard_rows": integer,
        "shards": listing(digest),
    }
)


def write_bundle(folder: Path, files: Iterable[BundleFile]) -> Path:
    """Write a bundle folder: into a neighbour first, renamed when complete.

    Parameters
    ----------
    folder : must not exist yet; its parents are made.
    files : from :func:`engine.draw.publishing.bundle.bundle_files`.

    Raises
    ------
    StoreError
        The folder exists already, or cannot be written.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    if folder.exists():
        raise StoreError(
            workspace=folder,
            problem=Message(N_("a bundle is there already")),
            remedy=Message(N_("one commitment is one draw; nothing was changed")),
        )
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        for file in files:
            path = unfinished / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        unfinished.rename(folder)
    except OSError as problem:
        raise StoreError(
            workspace=folder,
            problem=Message(N_("the bundle cannot be written ({reason})"), {"reason": problem.strerror or problem}),
            remedy=Message(N_("check space and rights")),
        ) from problem
    return folder


def write_compact(path: Path, chunks: Iterable[bytes]) -> Path:
    """Write a compact JSON file piece by piece; it appears only when complete.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as sink:
            sink.writelines(chunks)
            sink.flush()
            os.fsync(sink.fileno())
        unfinished.replace(path)
    except OSError as problem:
        raise StoreError(
            workspace=path,
            problem=Message(N_("the bundle cannot be written ({reason})"), {"reason": problem.strerror or problem}),
            remedy=Message(N_("check space and rights")),
        ) from problem
    return path


def read_bundle(path: Path) -> PublishedDraw:
    """Return the draw in a bundle folder or a compact JSON file; nothing in it is believed yet.

    Raises
    ------
    SourceNotFoundError
        There is nothing at ``path``.
    BundleUnreadableError, NotCanonicalError, CommitmentRefusedError
        A file is missing, changed against the manifest, or not of its form.
    """
    if not path.exists():
        raise SourceNotFoundError(path=path)
    if path.is_dir():
        return _read_folder(path)
    apart = _read_file(path, read_rows_apart)
    return read_compact(read_json_file(path)) if apart is None else read_compact(apart[0], frame=apart[1])


def read_json_file(path: Path) -> Any:
    """Return the JSON value of a file, repeated keys and floats refused.

    Raises
    ------
    SourceNotFoundError, BundleUnreadableError
        The file is not there, cannot be read or is not JSON of that kind.
    """
    return _read_file(path, read_json)


def _read_file(path: Path, read: Callable[[bytes], Content]) -> Content:
    try:
        return read(path.read_bytes())
    except FileNotFoundError:
        raise SourceNotFoundError(path=path) from None
    except OSError as problem:
        raise BundleUnreadableError(
            where=path.name,
            problem=Message(N_("it cannot be read ({reason})"), {"reason": problem.strerror or problem}),
        ) from None
    except NotCanonicalError as problem:
        raise BundleUnreadableError(where=path.name, problem=problem.message) from None


def read_relay_file(path: Path) -> Any:
    """Return the JSON of somebody else's service, read as JSON is usually read.

    Raises
    ------
    ValueError
        It is not JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def _read_part(folder: Path, name: str) -> Any:
    """Return one JSON file of a folder; a missing one makes the folder no bundle."""
    try:
        return read_json_file(folder / name)
    except SourceNotFoundError:
        raise BundleUnreadableError(where=name, problem=Message(N_("the folder lacks this file"))) from None


def _read_void(folder: Path) -> PublishedDraw:
    """A void draw is its commitment and its certificate: there are no rows, so there is no manifest."""
    attached = _read_attached(folder)
    return read_compact({**_read_part(folder, CERTIFICATE), "commit": _read_part(folder, COMMITMENT), **attached})


def _read_attached(folder: Path) -> dict[str, Any]:
    names = [name for name in ATTACHMENTS if (folder / attachment_path(name)).is_file()]
    return {name: read_json_file(folder / attachment_path(name)) for name in names}


def _is_void(folder: Path) -> bool:
    if (folder / MANIFEST).exists() or not (folder / CERTIFICATE).exists():
        return False
    certificate = _read_part(folder, CERTIFICATE)
    return isinstance(certificate, dict) and certificate.get("kind") == "void"


def _read_folder(folder: Path) -> PublishedDraw:
    if _is_void(folder):
        return _read_void(folder)
    manifest = _read_part(folder, MANIFEST)
    _MANIFEST(manifest, MANIFEST)
    if manifest["shard_rows"] != SHARD_ROWS:
        raise BundleUnreadableError(where=MANIFEST, problem=Message(N_("shards hold {n} rows"), {"n": SHARD_ROWS}))
    items, strata = tuple(manifest["items"]), tuple(manifest["strata"])
    require_code_order(items, what=f"{MANIFEST} items")
    require_code_order(strata, what=f"{MANIFEST} strata")
    shards = _read_shards(folder, n_shards=len(manifest["shards"]))
    certificate = _read_part(folder, CERTIFICATE)
    commit = _read_part(folder, COMMITMENT)
    record({}, closed=False)(commit, COMMITMENT)
    record({}, closed=False)(certificate, CERTIFICATE)
    if certificate.get("certificate_digest") != manifest["certificate_digest"]:
        raise BundleUnreadableError(
            where=MANIFEST, problem=Message(N_("it names another certificate than the folder holds"))
        )
    return assemble(
        version=2,
        commit=commit,
        commit_digest=manifest["commit_digest"],
        certificate=certificate,
        frame=frame_from_shards(shards, items=items, strata=strata),
        entropy=None,
        roster=read_roster(_read_part(folder, ROSTER)),
        opening=None,
        shards=tuple(manifest["shards"]),
        attached=read_attachments(_read_attached(folder)),
    )


def _read_shards(folder: Path, *, n_shards: int) -> Sequence[bytes]:
    shards = []
    for number in range(n_shards):
        path = folder / shard_path(number)
        try:
            shards.append(path.read_bytes())
        except OSError:
            raise BundleUnreadableError(where=shard_path(number), problem=Message(N_("the shard is missing"))) from None
    return shards
