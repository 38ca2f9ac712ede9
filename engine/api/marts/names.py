"""The names of the register as they are searched, stored: as written, and as typed by first letters or in full pinyin.

The register keeps every version of every object; a search that reads it takes most of a second among a million. What is
stored holds the present names alone, and stands as long as no record of the register came or was merged.
"""

import json

import pandas as pd

from engine.errors import TableMissingError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.registers.spelling import Spelling, spelled
from engine.store.workspaces.workspace import Workspace

TABLE = "object_names"
KIND = "names"
FORM = 1
"""Changes when what is stored, or how it is spelled, changes."""
NAMED = ("entity_id", "name", "district_code", "status")
SPELLED = ("initials", "pinyin")


def build_names(workspace: Workspace, *, actor: Actor, clock: Clock, progress: Progress = silent) -> str | None:
    """Store the present names with their spelling and return the run; None where what is stored still stands.

    Cost: one pass over the register, and some hundredths of a millisecond per name that was not spelled before.
    """
    if is_current(workspace) or not workspace.warehouse.files("records", table="entities"):
        return None
    progress(Message(N_("names of objects as they are searched")), 0.0)
    register = workspace.warehouse.history("entities")
    rows = pd.DataFrame(register.filter(register.superseded_at.isnull()).select(*NAMED).distinct().execute())
    known = _spelled_before(workspace)
    names = [each if isinstance(each, str) else "" for each in rows["name"]]
    told = {name: known.get(name) or spelled(name) for name in dict.fromkeys(names)}
    rows = rows.assign(
        initials=[told[name].initials for name in names], pinyin=[told[name].pinyin for name in names]
    ).sort_values("entity_id", ignore_index=True)
    return workspace.warehouse.write_run(
        {TABLE: rows},
        kind=KIND,
        as_of=clock().date(),
        manifest={"version": _version(workspace)},
        actor=actor,
        at=clock(),
    )


def is_current(workspace: Workspace) -> bool:
    """Return whether the stored names are those of the register as it stands."""
    runs = workspace.warehouse.runs(kind=KIND)
    return bool(runs) and json.loads(runs[-1].manifest)["version"] == _version(workspace)


def _version(workspace: Workspace) -> str:
    return f"{FORM}:{workspace.warehouse.version_of('entities')}"


def _spelled_before(workspace: Workspace) -> dict[str, Spelling]:
    """Spellings of the build before, unless names were spelled differently then."""
    runs = workspace.warehouse.runs(kind=KIND)
    if not runs or not json.loads(runs[-1].manifest)["version"].startswith(f"{FORM}:"):
        return {}
    try:
        rows = workspace.warehouse.read(TABLE).select("name", *SPELLED).distinct().execute()
    except TableMissingError:
        return {}
    return {
        str(name): Spelling(str(initials), str(pinyin))
        for name, initials, pinyin in zip(rows["name"], rows["initials"], rows["pinyin"], strict=True)
    }
