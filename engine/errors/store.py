"""Errors of the store; exit status 20."""

from engine.errors.base import SupervisionError
from engine.messages import N_


class StoreError(SupervisionError):
    """The workspace cannot be read or written as asked; raised in ``engine.store`` only."""

    code = "store"
    exit_status = 20
    template = N_("Workspace {workspace}: {problem}; {remedy}.")


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
