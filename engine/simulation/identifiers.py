"""Valid but invented identifiers: unified social credit codes and the older registration numbers.

Check characters follow GB 32100-2015 (18 characters, base 31), GB 11714-1997 (organisation code, mod 11) and
GS15-2006 (15-digit registration number, ISO 7064 mod 11,10). No test range exists, so a code may coincide with a
real one; the names beside them are marked as fictional.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.uint8]
"""ASCII codes of the characters, one row per identifier."""

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_USCC_CHARACTERS = np.frombuffer(USCC_ALPHABET.encode(), np.uint8)
_ORGANISATION_CHARACTERS = np.frombuffer(b"0123456789X", np.uint8)
_ZERO = np.uint8(ord("0"))

_USCC_VALUES = np.zeros(128, np.int64)
_USCC_VALUES[_USCC_CHARACTERS] = np.arange(31)
_ORGANISATION_VALUES = np.zeros(128, np.int64)
_ORGANISATION_VALUES[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)] = np.arange(36)

_TRI = 31
_LETTER_SUBJECTS = _TRI**6
_DIGIT_SUBJECTS = 10**8
_SPREAD = 387_420_489  # 3**18, coprime to 10 and to 31: consecutive numbers become codes far apart


def organisation_check_characters(bodies: Codes) -> Codes:
    """Return the ninth character of organisation codes (GB 11714) from their first eight, shape (n, 8)."""
    remainder = (_ORGANISATION_VALUES[bodies] @ _ORGANISATION_WEIGHTS) % 11
    return np.asarray(_ORGANISATION_CHARACTERS[(11 - remainder) % 11])


def uscc_check_characters(bodies: Codes) -> Codes:
    """Return the eighteenth character of credit codes (GB 32100) from their first seventeen, shape (n, 17)."""
    remainder = (_USCC_VALUES[bodies] @ _USCC_WEIGHTS) % 31
    return np.asarray(_USCC_CHARACTERS[(31 - remainder) % 31])


def registration_check_digits(bodies: Codes) -> Codes:
    """Return the fifteenth digit of registration numbers (ISO 7064 mod 11,10) from their first fourteen."""
    product = np.full(len(bodies), 10)
    for digit in (bodies - _ZERO).T.astype(np.int64):
        total = (digit + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return ((11 - product) % 10).astype(np.uint8) + _ZERO


def _digits(values: npt.NDArray[np.int64], width: int) -> Codes:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers % 10).astype(np.uint8) + _ZERO


def _subjects(serials: npt.NDArray[np.int64], is_recent: npt.NDArray[np.bool_]) -> Codes:
    """Return subject ids: eight digits before 2015-10, ``MA`` and six characters since."""
    old = _digits(serials * _SPREAD % _DIGIT_SUBJECTS, 8)
    spread = serials * _SPREAD % _LETTER_SUBJECTS
    powers = _TRI ** np.arange(5, -1, -1, dtype=np.int64)
    recent = np.empty((len(serials), 8), np.uint8)
    recent[:, :2] = np.frombuffer(b"MA", np.uint8)
    recent[:, 2:] = _USCC_CHARACTERS[spread[:, None] // powers % _TRI]
    return np.where(is_recent[:, None], recent, old)


def credit_codes(
    *, prefixes: Codes, areas: Codes, serials: npt.NDArray[np.int64], is_recent: npt.NDArray[np.bool_]
) -> pa.Array:
    """Return valid credit codes, all different while ``serials`` are different and below 10**8.

    Parameters
    ----------
    prefixes : (n, 2), registering department and kind, e.g. ``91``.
    areas : (n, 6), area code of the registering authority.
    serials : (n,), >= 0.
    is_recent : (n,), True for a subject id of the form ``MA……``.
    """
    subjects = _subjects(serials, is_recent)
    body = np.hstack([prefixes, areas, subjects, organisation_check_characters(subjects)[:, None]])
    return as_text(np.hstack([body, uscc_check_characters(body)[:, None]]))


def registration_numbers(*, areas: Codes, serials: npt.NDArray[np.int64]) -> pa.Array:
    """Return valid 15-digit registration numbers; ``areas`` (n, 6) digits, ``serials`` (n,) below 10**8."""
    body = np.hstack([areas, _digits(serials * _SPREAD % _DIGIT_SUBJECTS, 8)])
    return as_text(np.hstack([body, registration_check_digits(body)[:, None]]))


def as_codes(texts: list[str]) -> Codes:
    """Return texts of one common length as ASCII codes, one row each."""
    return np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), -1)


def as_text(codes: Codes) -> pa.Array:
    """Return rows of ASCII codes as a text column."""
    n_rows, width = codes.shape
    offsets = np.arange(n_rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(n_rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(codes)))
