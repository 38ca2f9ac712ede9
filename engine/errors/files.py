"""What the machine refuses - a full disk, a folder that may not be written - is a person's to mend and no bug."""

import errno
from collections.abc import Iterator

from engine.errors.store import FileRefusedError
from engine.messages import N_, Message

REFUSALS = {
    errno.ENOSPC: N_("no space is left there"),
    errno.EDQUOT: N_("no space is left there"),
    errno.EROFS: N_("it can be read only"),
    errno.EACCES: N_("it may not be read or written by this user"),
    errno.EPERM: N_("it may not be read or written by this user"),
    errno.EEXIST: N_("a file stands where a folder is needed"),
    errno.ENOTDIR: N_("a file stands where a folder is needed"),
    errno.EISDIR: N_("a folder stands where a file is needed"),
}
DATABASE_REFUSALS = {
    "full": N_("no space is left there"),
    "readonly": N_("it can be read only"),
    "unable to open": N_("it may not be read or written by this user"),
}


def file_refusal(error: BaseException, *, path: str = "") -> FileRefusedError | None:
    """Return the sentence for what the machine refused, None where an error is of another kind.

    Parameters
    ----------
    path : where it happened, for errors that name no file themselves.
    """
    for each in _with_causes(error):
        if isinstance(each, OSError) and each.errno in REFUSALS:
            return FileRefusedError(path=each.filename or path, problem=Message(REFUSALS[each.errno]))
        if type(each).__name__ == "OperationalError":
            told = next((text for word, text in DATABASE_REFUSALS.items() if word in str(each)), None)
            if told is not None:
                return FileRefusedError(path="decisions.db", problem=Message(told))
    return None


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, what it wraps, and what it came from, the outermost first."""
    while error is not None:
        yield error
        yield from (each for each in error.args if isinstance(each, BaseException))
        error = error.__cause__ or error.__context__
