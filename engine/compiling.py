"""Compiling kernels once per machine where their folder can be written, else once per program."""

import hashlib
import pkgutil
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import FileFinder
from types import ModuleType
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
CHOSEN = numba.config.CACHE_DIR
"""Folder that whoever runs the program chose for all kernels (``NUMBA_CACHE_DIR``)."""


def compiled(kernel: Kernel) -> Kernel:
    """Return the kernel as machine code, compiled on its first call and kept beside the module if possible.

    A kernel runs without the interpreter's lock, so threads run kernels side by side. What is kept belongs to the text
    of all modules of the kernel's package: kernels call each other, and one that was kept holds those that it calls.
    """
    numba.config.CACHE_DIR = CHOSEN or place_of(sys.modules[kernel.__module__.rpartition(".")[0]])
    try:
        made: Kernel = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # installed where nothing can be written: no place for a cache
        made = numba.njit(nogil=True)(kernel)
    return made


@cache
def place_of(package: ModuleType) -> str:
    """Return the folder where the kernels of a package are kept: another one for every text of its modules."""
    digest = hashlib.sha256()
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        if isinstance(module.module_finder, FileFinder) and not module.ispkg:
            found = module.module_finder.find_spec(module.name)
            text = found.loader.get_data(found.origin) if found and found.origin else b""  # type: ignore[union-attr]
            digest.update(module.name.encode() + b"\0" + text + b"\0")
    return f"{package.__path__[0]}/__pycache__/kernels-{digest.hexdigest()[:16]}"
