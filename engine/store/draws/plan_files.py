"""Plans on disk: published editions in the open, the plan's key apart from them.

``plans/<plan_id>/edition-<n>.json`` is public; ``private/plan-<plan_id>/key`` (what seals classes and blinds the
control arm) is readable by the owner of the workspace only and never published.
"""

import os
from pathlib import Path

from engine.draw.protocol.encoding import canonical_json, read_json
from engine.errors import StoreError
from engine.messages import N_, Message

PUBLIC = "plans"
PRIVATE = "private"


class PlanFolder:
    """The files of one plan.

    Parameters
    ----------
    workspace : folder of the workspace. plan_id : name of the plan.
    """

    def __init__(self, workspace: Path, *, plan_id: str) -> None:
        self.public = workspace / PUBLIC / plan_id
        self.private = workspace / PRIVATE / f"plan-{plan_id}"

    def keep_key(self, key: bytes) -> bytes:
        """Write the plan's key unless it has one, and return the key that holds: it never changes in a year."""
        path = self.private / "key"
        if not path.is_file():
            self.private.mkdir(parents=True, exist_ok=True)
            self.private.parent.chmod(0o700)
            partial = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as sink:
                sink.write(key)
            try:
                os.link(partial, path)  # of two publishers at once the first key stays
            except FileExistsError:
                pass
            partial.unlink()
        return path.read_bytes()

    def key(self) -> bytes:
        """Return the plan's key.

        Raises
        ------
        StoreError
            The plan was never published from this workspace.
        """
        path = self.private / "key"
        if not path.is_file():
            raise StoreError(
                workspace=self.private,
                problem=Message(N_("the key of the plan is missing")),
                remedy=Message(N_("publish the plan from this workspace, or restore its private folder")),
            )
        return path.read_bytes()

    def write_edition(self, number: int, record: object) -> Path:
        """Write a published edition and return its path; the same record again changes nothing."""
        self.public.mkdir(parents=True, exist_ok=True)
        path = self.public / f"edition-{number}.json"
        partial = path.with_suffix(".partial")
        partial.write_bytes(canonical_json(record))
        partial.replace(path)
        return path

    def read_edition(self, number: int) -> object:
        """Return the record of a published edition."""
        return read_json((self.public / f"edition-{number}.json").read_bytes())
