"""One translation catalogue for everything people read: Chinese first, English as the key.

The catalogue is ``engine/locale/zh_CN.po``, read as it stands: nothing compiled beside it can be stale.
"""

import os
from functools import cache
from importlib.resources import files

from engine.errors import UsageError
from engine.messages import N_, Message, Translate

LANGUAGES = ("zh_CN", "en")
DEFAULT_LANGUAGE = "zh_CN"


def chosen_language(asked: str | None = None) -> str:
    """Return the language asked for, else that of ``XINHENG_LANG``, else Chinese.

    Parameters
    ----------
    asked : str or None; ``zh``, ``zh_CN`` or ``en``.

    Raises
    ------
    UsageError
        Another language was named.
    """
    name = asked or os.environ.get("XINHENG_LANG") or DEFAULT_LANGUAGE
    language = {"zh": "zh_CN", "zh-cn": "zh_CN", "zh_cn": "zh_CN", "en": "en"}.get(name.lower())
    if language is None:
        raise UsageError(what=Message(N_("language")), value=name, remedy=Message(N_("use zh or en")))
    return language


@cache
def translator(language: str) -> Translate:
    """Return the function that turns an English template into ``language``; unknown templates stay English."""
    if language == "en":
        return str
    from babel.messages.pofile import read_po

    with (files("engine") / "locale" / f"{language}.po").open("rb") as catalogue:
        texts = {message.id: message.string for message in read_po(catalogue, locale=language) if message.string}
    return lambda template: texts.get(template, template)
