"""A draw on disk: its public folder and, apart from it, what the agency keeps to itself.

``draws/<draw_id>/`` is public from the start: first ``commitment.json`` alone, after the draw the whole bundle.
``private/<draw_id>/`` (key, names behind the handles) is readable by the owner of the workspace only; nothing below
``private`` is ever published.
"""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from engine.draw.protocol.encoding import read_json
from engine.draw.publishing.attachments import attachment_path
from engine.draw.publishing.bundle import CERTIFICATE, COMMITMENT, MANIFEST, BundleFile
from engine.errors import StoreError
from engine.messages import N_, Message
from engine.store.draws.bundles import write_bundle

PUBLIC = "draws"
PRIVATE = "private"
SETTINGS = "settings.json"
PLAN = "plan.json"
TABLES = ("frame", "roster", "recusals", "rotations", "cells", "units")


@dataclass(frozen=True, slots=True)
class PrivateDraw:
    """What the agency keeps to itself between commitment and draw.

    Parameters
    ----------
    key : 32 bytes.
    frame : object_id, item_code, stratum, exclusion.
    roster : inspectors with cap and prior load.
    recusals : inspector_code, object_id; pairs that never meet.
    rotations : inspector_code, object_id; officers of an object's last visits.
    cells : key (item_code, stratum): district_code, grade, item_class, is_due, is_control.
    units : key (object_id, item_code): grade, district_code, established_on, arm, line_id, selection_mode.
    settings : JSON object: as_of, profile, simulation seed, share of grade-blind visits by item.
    """

    key: bytes
    frame: pd.DataFrame
    roster: pd.DataFrame
    recusals: pd.DataFrame
    rotations: pd.DataFrame
    cells: pd.DataFrame
    units: pd.DataFrame
    settings: dict[str, object]


class DrawFolder:
    """One draw of a workspace.

    Parameters
    ----------
    workspace : folder of the workspace.
    draw_id : name of the draw.
    """

    def __init__(self, workspace: Path, *, draw_id: str) -> None:
        self.public = workspace / PUBLIC / draw_id
        self.private = workspace / PRIVATE / draw_id

    @property
    def is_committed(self) -> bool:
        """Whether the commitment is in its place."""
        return (self.public / COMMITMENT).is_file()

    def write(self, commitment: bytes, private: PrivateDraw, *, plan: bytes | None = None) -> None:
        """Write a committed draw: :meth:`stage` and :meth:`finish` at once."""
        self.stage(commitment, private, plan=plan)
        self.finish()

    def stage(self, commitment: bytes, private: PrivateDraw, *, plan: bytes | None = None) -> None:
        """Write both parts under other names; what an interrupted commit left there is replaced.

        Parameters
        ----------
        plan : record of what the draw carries out of the plan, bound by the commitment's ``plan_digest``.

        Raises
        ------
        StoreError
            A draw of this name is committed already.
        """
        if self.public.exists():
            raise StoreError(
                workspace=self.public,
                problem=Message(N_("a draw of this name is committed already")),
                remedy=Message(N_("one commitment is one draw; choose the next planned draw")),
            )
        unfinished, named = _unfinished(self.private), _unfinished(self.public)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        unfinished.parent.chmod(0o700)
        write_secret(unfinished / "key", private.key)
        for name in TABLES:
            getattr(private, name).to_parquet(unfinished / f"{name}.parquet", index=False)
        (unfinished / SETTINGS).write_text(json.dumps(private.settings, sort_keys=True), encoding="utf-8")
        shutil.rmtree(named, ignore_errors=True)
        named.mkdir(parents=True)
        if plan is not None:
            (named / PLAN).write_bytes(plan)
        (named / COMMITMENT).write_bytes(commitment)

    def finish(self) -> None:
        """Put what :meth:`stage` wrote in its place, the commitment last; a second call finds nothing to do."""
        unfinished, named = _unfinished(self.private), _unfinished(self.public)
        if unfinished.exists() and not self.is_committed:
            shutil.rmtree(self.private, ignore_errors=True)
            unfinished.rename(self.private)
        if named.exists() and not self.public.exists():
            named.rename(self.public)

    def read_commitment(self) -> object:
        """Return the commitment record as JSON.

        Raises
        ------
        StoreError
            Nothing was committed under this name.
        """
        if not (self.public / COMMITMENT).is_file():
            raise StoreError(
                workspace=self.public,
                problem=Message(N_("no draw of this name was committed")),
                remedy=Message(N_("run 'xinheng draw commit' first")),
            )
        return read_json((self.public / COMMITMENT).read_bytes())

    def read_certificate(self) -> dict[str, Any] | None:
        """Return the certificate as JSON, None before the draw."""
        path = self.public / CERTIFICATE
        return dict(read_json(path.read_bytes())) if path.is_file() else None

    def read_private(self) -> PrivateDraw:
        """Return what :meth:`write` kept to the agency."""
        tables = {name: pd.read_parquet(self.private / f"{name}.parquet") for name in TABLES}
        settings = json.loads((self.private / SETTINGS).read_text(encoding="utf-8"))
        return PrivateDraw(key=(self.private / "key").read_bytes(), settings=settings, **tables)

    def publish(self, files: Iterable[BundleFile]) -> None:
        """Put the bundle beside the commitment, the manifest last; a finished bundle stays as it is."""
        if (self.public / MANIFEST).is_file():
            return
        whole = self.public.with_name(f".{self.public.name}.whole")
        shutil.rmtree(whole, ignore_errors=True)
        write_bundle(whole, files)
        last = {MANIFEST: 2, CERTIFICATE: 1}
        written = [path.relative_to(whole) for path in whole.rglob("*") if path.is_file()]
        for path in sorted(written, key=lambda path: (last.get(str(path), 0), path)):
            (self.public / path).parent.mkdir(parents=True, exist_ok=True)
            (whole / path).replace(self.public / path)
        shutil.rmtree(whole, ignore_errors=True)

    def publish_void(self, certificate: bytes) -> None:
        """Put the certificate of a void draw beside its commitment; it appears whole or not at all."""
        write_whole(self.public / CERTIFICATE, certificate)

    def attach(self, name: str, content: bytes) -> None:
        """Put an attachment beside the commitment, in the place of an older one."""
        write_whole(self.public / attachment_path(name), content)

    def read_attachment(self, name: str) -> Any:
        """Return an attachment as JSON, or None when there is none."""
        path = self.public / attachment_path(name)
        return read_json(path.read_bytes()) if path.is_file() else None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _unfinished(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.unfinished")


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as sink:
        sink.write(content)
