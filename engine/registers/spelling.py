"""How a Chinese name is typed on a keyboard of letters: its pinyin without tones, and the first letters of it.

Characters with several readings are read as in the words they stand in. Letters and figures of a name stay as they are;
everything else is left out.
"""

from dataclasses import dataclass

_FOREIGN = "\0"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name in lower-case letters and figures.

    Parameters
    ----------
    initials : first letter of every character. pinyin : every character in full, without spaces.
    """

    initials: str
    pinyin: str


def spelled(name: str) -> Spelling:
    """Return a name's spelling; both parts are empty for a name without letters, figures or Chinese characters."""
    from pypinyin import lazy_pinyin  # its dictionary takes a moment to load, and few commands spell names

    initials, whole = [], []
    for part in lazy_pinyin(name, errors=lambda text: _FOREIGN + text):
        if part.startswith(_FOREIGN):
            kept = "".join(each for each in part[1:] if each.isascii() and each.isalnum()).lower()
            initials.append(kept)
            whole.append(kept)
        else:
            initials.append(part[0])
            whole.append(part)
    return Spelling("".join(initials), "".join(whole))
