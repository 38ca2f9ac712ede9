"""Lists an auditor brings (the register's own, the frozen grades) and the folder an agency hands to its auditor."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from engine.errors import SchemaMismatchError, SourceNotFoundError, StoreError
from engine.messages import N_, Message
from engine.store.draws.folders import PrivateDraw, write_secret

KEY_FILE, REGISTER_FILE, GRADES_FILE = "key.hex", "register.csv", "grades.csv"


def read_register(path: Path) -> pd.DataFrame:
    """Return a list of objects: ``object_id`` and, if there, ``item_code``; text as it stands.

    Raises
    ------
    SourceNotFoundError, SchemaMismatchError
        The file is not there or lacks the column.
    """
    return _read(path, required=("object_id",), kept=("object_id", "item_code"))


def read_grades(path: Path) -> pd.DataFrame:
    """Return graded objects: ``object_id``, ``item_code``, ``grade``, ``district_code``; text as it stands.

    Raises
    ------
    SourceNotFoundError, SchemaMismatchError
        The file is not there or lacks a column.
    """
    columns = ("object_id", "item_code", "grade", "district_code")
    return _read(path, required=columns, kept=columns)


def _read(path: Path, *, required: Sequence[str], kept: Sequence[str]) -> pd.DataFrame:
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    found = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    missing = [column for column in required if column not in found.columns]
    if missing:
        raise SchemaMismatchError(table=path.name, columns=", ".join(missing))
    return found[[column for column in kept if column in found.columns]]


def write_audit_folder(folder: Path, private: PrivateDraw) -> Path:
    """Write what an auditor needs of a draw: the key, the rows behind the handles, the frozen grades.

    Raises
    ------
    StoreError
        The folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(
            workspace=folder,
            problem=Message(N_("the folder is not empty")),
            remedy=Message(N_("name a new one; nothing was changed")),
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_secret(folder / KEY_FILE, (private.key.hex() + "\n").encode("ascii"))
    rows = private.frame[["object_id", "item_code"]].sort_values(["object_id", "item_code"])
    write_secret(folder / REGISTER_FILE, rows.to_csv(index=False).encode())
    grades = private.units[["object_id", "item_code", "grade", "district_code"]]
    write_secret(folder / GRADES_FILE, grades.sort_values(["object_id", "item_code"]).to_csv(index=False).encode())
    return folder
