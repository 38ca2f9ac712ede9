"""Errors of the store; exit status 20."""

from engine.errors.base import SupervisionError
from engine.messages import N_, Message


class StoreError(SupervisionError):
    """The workspace cannot be read or written as asked; raised in ``engine.store`` only."""

    code = "store"
    exit_status = 20
    template = N_("Workspace {workspace}: {problem}; {remedy}.")


class FileRefusedError(StoreError):
    """The machine lets a file or folder not be read or written."""

    code = "store.file_refused"
    template = N_("{path}: {problem}; check the folder, its rights and the free space.")


class WorkspaceMissingError(StoreError):
    """There is no workspace at the given folder."""

    code = "store.workspace_missing"
    template = N_(
        "There is no workspace at {workspace}: run 'xinheng demo' or 'xinheng ingest' first, or give --workspace."
    )


class ErasedError(StoreError):
    """What is asked rests on records that law ordered to be erased."""

    code = "store.erased"
    template = N_("{what} is not reproducible: erased under {reference} on {day} ({rows} rows).")


class TableMissingError(StoreError):
    """The workspace holds nothing for this table yet."""

    code = "store.table_missing"
    template = N_("The workspace holds no {table} yet: {remedy}.")


class EntityUnknownError(TableMissingError):
    """Nothing is known of this object."""

    code = "store.entity_unknown"
    template = N_("{entity_id}: {problem}.")


MADE_BY = {
    "features": "xinheng features build --as-of DATE",
    "scores": "xinheng score --as-of DATE",
    "reasons": "xinheng score --as-of DATE",
    "grades": "xinheng grade --as-of DATE",
}
"""The command that makes a result table."""


def table_missing(table: str) -> TableMissingError:
    """Return the error for a table of which nothing is there, with what brings it."""
    if table in MADE_BY:
        return TableMissingError(table=table, remedy=Message(N_("'{command}' makes them"), {"command": MADE_BY[table]}))
    return TableMissingError(table=table, remedy=Message(N_("load a file of it with 'xinheng ingest' first")))
