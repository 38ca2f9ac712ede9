"""Compiling kernels once per machine where their folder can be written, else once per program."""

import hashlib
import inspect
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Return the kernel as machine code, compiled on its first call and kept beside the module if possible.

    A kernel runs without the interpreter's lock, so threads run kernels side by side. What is kept belongs to the text
    of all modules of the kernel's folder: kernels call each other, and one that was kept holds those that it calls.
    """
    if "NUMBA_CACHE_DIR" not in os.environ:
        numba.config.CACHE_DIR = str(place_of(Path(inspect.getfile(kernel)).parent))
    try:
        made: Kernel = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # installed where nothing can be written: no place for a cache
        made = numba.njit(nogil=True)(kernel)
    return made


@cache
def place_of(folder: Path) -> Path:
    """Return where the kernels of a folder of modules are kept: another place for every text of the modules."""
    digest = hashlib.sha256()
    for module in sorted(folder.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return folder / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"
