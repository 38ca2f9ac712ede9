"""Unified social credit codes by python-stdnum, which is strict about what it is given."""

import re

from stdnum.cn import uscc


def is_valid_uscc(text: str) -> bool:
    """Return whether a text as written is a code; python-stdnum alone would first strip blanks and raise letters."""
    return re.fullmatch("[0-9A-Z]{18}", text) is not None and uscc.is_valid(text)
