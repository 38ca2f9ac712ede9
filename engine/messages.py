"""A sentence for people, before it is in any language.

A stage never decides the language. It returns a :class:`Message`: an English template, which is also the key of the
translation catalogue, and the values that go into it. ``engine.i18n`` renders it, Chinese first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Translate = Callable[[str], str]
OWN_REASON = "design: "
"""Begins the reference of a dated value that rests on no document: our own words, which have a translation."""


def N_(text: str) -> str:  # noqa: N802 - the conventional gettext marker
    """Mark ``text`` for the translation catalogue and return it unchanged."""
    return text


@dataclass(frozen=True, slots=True)
class Message:
    """A template of the translation catalogue with its values.

    Parameters
    ----------
    template : str, English, with ``{name}`` fields; the catalogue's key.
    params : mapping of field name to value; values that are themselves messages are rendered first, references that
        are our own words are translated.
    """

    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def render(self, translate: Translate = N_) -> str:
        """Return the sentence in the language of ``translate`` (English when not given)."""
        values = {
            name: value.render(translate)
            if isinstance(value, Message)
            else translate(value)
            if isinstance(value, str) and value.startswith(OWN_REASON)
            else value
            for name, value in self.params.items()
        }
        return translate(self.template).format(**values)

    def __str__(self) -> str:
        return self.render()


def recorded(params: Mapping[str, object]) -> dict[str, object]:
    """Return the values of a message as JSON holds them: messages among them stay messages, the rest is as printed."""
    return {
        name: {"template": value.template, "params": recorded(value.params)} if isinstance(value, Message) else value
        for name, value in ((name, _plain(value)) for name, value in params.items())
    }


def revived(template: str, params: Mapping[str, Any]) -> Message:
    """Return the message whose values :func:`recorded` gave."""
    return Message(
        template,
        {
            name: revived(value["template"], value["params"]) if isinstance(value, dict) else value
            for name, value in params.items()
        },
    )


def _plain(value: object) -> object:
    return value if isinstance(value, (Message, str, int, float)) else str(value)
