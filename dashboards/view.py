"""What the reader looks at: language, population, as-of date, draw. It lives in the address: a link shows the same.

The address holds codes, not labels, and therefore means the same in both languages. What the address names wins over
what this session remembers, which wins over the default; page changes lose nothing. A value that the workspace does
not have is replaced by the default and said so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from engine.api.desk import Desk
from engine.messages import Translate

REMEMBERED = "view"


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


def settled(name: str, options: Sequence[str], *, default: str) -> tuple[str, str | None]:
    """Return the value of ``name`` from the address, the session or the default, and what was asked for in vain.

    Parameters
    ----------
    name : parameter in the address.
    options : values that exist.
    default : one of ``options``.
    """
    asked = st.query_params.get(name)
    kept = st.session_state.get(_key(name))
    value = next((option for option in (asked, kept) if option in options), default)
    _settle(name, str(value))
    return str(value), asked if asked is not None and asked not in options else None


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
    value, _ = settled(name, options, default=default)
    key = _key(name) + "_widget"
    st.session_state[key] = value
    widget(label, options, key=key, format_func=label_of, on_change=_take, args=(name, key))
    return value


def switch(label: str, *, name: str) -> bool:
    """Show a toggle that is part of the address (``0`` or ``1``) and return whether it is on."""
    value, _ = settled(name, ("0", "1"), default="0")
    key = _key(name) + "_widget"
    st.session_state[key] = value == "1"
    st.toggle(label, key=key, on_change=_take, args=(name, key))
    return value == "1"


def _take(name: str, key: str) -> None:
    """Carry what was just chosen into the address before the page runs again."""
    chosen = st.session_state[key]
    if chosen is not None:
        _settle(name, str(int(chosen)) if isinstance(chosen, bool) else str(chosen))


def _settle(name: str, value: str) -> None:
    st.session_state[_key(name)] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def _key(name: str) -> str:
    return f"chosen_{name}"
