"""The ``xinheng`` command: a table of names resolved on demand, each command one call of an api function."""

from engine.cli.app import main, run

__all__ = ["main", "run"]
