"""Compiling kernels once per machine where their folder can be written, else once per program."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Return the kernel as machine code, compiled on its first call and kept beside the module if possible.

    A kernel runs without the interpreter's lock, so threads run kernels side by side.
    """
    try:
        made: Kernel = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # installed where nothing can be written: no place for a cache
        made = numba.njit(nogil=True)(kernel)
    return made
