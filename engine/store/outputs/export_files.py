"""Files that a run hands out: one folder per run below ``exports``, each file whole or not there."""

import hashlib
from collections.abc import Mapping

from engine.store.workspaces.workspace import Workspace

EXPORTS = "exports"


def write_exports(workspace: Workspace, name: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write a run's files, over those of an attempt that was killed, and return file → SHA-256."""
    folder = workspace.path / EXPORTS / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        partial = folder / f"{file}.partial"
        partial.write_bytes(content)
        partial.replace(folder / file)
    return {file: hashlib.sha256(content).hexdigest() for file, content in sorted(files.items())}
