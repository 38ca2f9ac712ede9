"""What the reader looks at: language, population, as-of date, draw. It lives in the address: a link shows the same.

The address holds codes, not labels, and therefore means the same in both languages. What the address names wins over
what this session remembers, which wins over the default; page changes lose nothing. A value that the workspace does
not have is replaced by the default and said so, in one sentence above the page.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboards import words
from engine.api.desk import Desk
from engine.i18n import chosen_language, translator
from engine.messages import N_, Translate

REMEMBERED = "view"
LANGUAGE = "lang"
TOLD, PLACE = "asked_in_vain", "place_of_what_was_asked_in_vain"
LONGEST = 40
"""Characters of what a link asks for that are repeated to its reader."""
SWITCHED = {"0": N_("off"), "1": N_("on")}


@dataclass(frozen=True, slots=True)
class View:
    """What every page of one run shares.

    Parameters
    ----------
    desk : the workspace as whoever looks may see it.
    data_version : str, changes with everything that becomes visible in the workspace.
    as_of : date of the measurements shown; None when there are none yet.
    population : str, code of the population shown; None when there are none yet.
    translate : the language of this reader.
    """

    desk: Desk
    data_version: str
    as_of: date | None
    population: str | None
    translate: Translate


def remember(view: View) -> None:
    """Keep the view of this run for the page that is shown in it."""
    st.session_state[REMEMBERED] = view


def current_view() -> View:
    """Return the view of this run."""
    view: View = st.session_state[REMEMBERED]
    return view


def begin() -> None:
    """Begin a run: what its address asks for in vain is collected until there is a place to say it."""
    st.session_state[PLACE] = None


def open_page() -> None:
    """Make the place above a page where it is said what the address asked for in vain."""
    st.session_state[PLACE] = st.container()
    for sentence in st.session_state.pop(TOLD, []):
        _tell(sentence)


def asked_in_vain(label: str, asked: str, shown: str) -> None:
    """Say above the page that a value of the address is not there, and what is shown instead.

    Parameters
    ----------
    label : words of what was asked for. asked : the value as it stands in the address. shown : words of the default.
    """
    _ = translator(chosen_language(st.session_state.get(_key(LANGUAGE))))
    named = asked if len(asked) <= LONGEST else asked[:LONGEST] + "…"
    said = _("{label}: the link asks for '{asked}', which is not there or not for you to see; '{shown}' is shown.")
    _tell(said.format(label=label, asked=words.plain(named), shown=words.plain(shown)))


def _tell(sentence: str) -> None:
    place = st.session_state.get(PLACE)
    if place is None:
        st.session_state.setdefault(TOLD, []).append(sentence)
    else:
        place.info(sentence)


def settled(name: str, options: Sequence[str], *, default: str, label: str, label_of: Callable[[str], str]) -> str:
    """Return the value of ``name`` from the address, the session or the default; a link that asks in vain is told.

    What this session chose itself and is gone since, as a result that was handed in, was not asked for in vain.

    Parameters
    ----------
    name : parameter in the address.
    options : values that exist.
    default : one of ``options``.
    label, label_of : words of the choice and of an option.
    """
    asked = st.query_params.get(name)
    kept = st.session_state.get(_key(name))
    value = str(next((option for option in (asked, kept) if option in options), default))
    _settle(name, value)
    if asked is not None and asked not in options and asked != kept:
        asked_in_vain(label, asked, label_of(value))
    return value


def choose(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str,
    label_of: Callable[[str], str],
) -> str:
    """Show a choice that is part of the address and return what is chosen.

    Parameters
    ----------
    widget : ``st.selectbox``, ``st.segmented_control`` or the same of a container, with its looks already given.
    label : words above the choice.
    options : values, as they stand in the address.
    name : parameter in the address.
    default : value when neither address nor session names one.
    label_of : words of an option.
    """
    value = settled(name, options, default=default, label=label, label_of=label_of)
    key = _key(name) + "_widget"
    st.session_state[key] = value
    widget(label, options, key=key, format_func=label_of, on_change=_take, args=(name, key))
    return value


def switch(label: str, *, name: str) -> bool:
    """Show a toggle that is part of the address (``0`` or ``1``) and return whether it is on."""
    _ = translator(chosen_language(st.session_state.get(_key(LANGUAGE))))
    value = settled(name, tuple(SWITCHED), default="0", label=label, label_of=lambda each: _(SWITCHED[each]))
    key = _key(name) + "_widget"
    st.session_state[key] = value == "1"
    st.toggle(label, key=key, on_change=_take, args=(name, key))
    return value == "1"


def number(label: str, *, name: str, usual: float, least: float, most: float) -> float:
    """Return the number that the address asks for, or the usual one; what lies beyond the limits is told.

    Parameters
    ----------
    label : words of the field it is for. name : parameter in the address.
    usual : number when the address names none that can be read. least, most : limits, both allowed.
    """
    asked = st.query_params.get(name)
    if asked is None:
        return usual
    try:
        found = float(asked)
    except ValueError:
        found = float("nan")
    value = usual if math.isnan(found) else min(most, max(least, found))
    if value != found:
        asked_in_vain(label, asked, f"{value:g}")
    return value


def written(label: str, *, name: str, usual: str = "") -> str:
    """Show a field for text that is part of the address while there is some, and return the text without its margins.

    Parameters
    ----------
    label : words above the field. name : parameter in the address. usual : text when neither address nor session has
        any yet.
    """
    value = str(st.query_params.get(name, st.session_state.get(_key(name), usual))).strip()
    _settle(name, value)
    key = _key(name) + "_widget"
    st.session_state[key] = value
    st.text_input(label, key=key, on_change=_take, args=(name, key))
    return value


def _take(name: str, key: str) -> None:
    """Carry what was just chosen into the address before the page runs again."""
    chosen = st.session_state[key]
    if chosen is not None:
        _settle(name, str(int(chosen)) if isinstance(chosen, bool) else str(chosen).strip())


def _settle(name: str, value: str) -> None:
    """Keep a value in session and address; an empty one leaves the address."""
    st.session_state[_key(name)] = value
    if st.query_params.get(name) == value:
        return
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def _key(name: str) -> str:
    return f"chosen_{name}"
