"""One translation catalogue for everything people read: Chinese first, English as the key.

The catalogue is ``engine/locale/zh_CN.po``; ``engine/locale/zh_CN.mo`` is the same compiled, for start-up speed, and
a test keeps the two equal.
"""

import gettext
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
    catalogue = files("engine") / "locale" / f"{language}.mo"
    with catalogue.open("rb") as compiled:
        return gettext.GNUTranslations(compiled).gettext
