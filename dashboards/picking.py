"""Choosing rows before pressing a button: boxes to tick, so that one tap chooses and the next one sends.

A list that folds out stays open over the button on a phone, and the first press only closes it.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboards import acts, words
from dashboards.view import View

FEW = 12
"""Rows that stand in full; more are narrowed down by a part of their words."""
MOST = 50
"""Rows in sight at once; as many as somebody can weigh before acting on them."""
HEIGHT = 420
"""Pixels of a longer list, which then scrolls by itself, so that the button below stays near."""


def in_sight(options: Sequence[str], *, name: str, view: View, label_of: Callable[[str], str] = str) -> list[str]:
    """Return the rows to offer; with many of them, those that hold what is written into a field above.

    To be called before the form: a field inside would send the form.

    Parameters
    ----------
    options : codes of the rows. name : of this choice, unlike any other's on the page.
    label_of : words of a row.
    """
    if len(options) <= FEW:
        return list(options)
    _ = view.translate
    wanted = st.text_input(_("Narrow the list down by a part of a name or code"), key=f"narrow_{name}").strip()
    held = [each for each in options if wanted.casefold() in f"{label_of(each)} {each}".casefold()]
    said = _("{shown} of {n} in sight; only what is ticked in sight is taken.")
    st.caption(said.format(shown=words.count(min(MOST, len(held))), n=words.count(len(options))))
    return held[:MOST]


def ticked(label: str, options: Sequence[str], *, name: str, label_of: Callable[[str], str] = str) -> list[str]:
    """Show one box per row and return the codes of those that are ticked, in the order shown.

    Parameters
    ----------
    label : words above the boxes. options, name, label_of : see :func:`in_sight`.
    """
    st.markdown(f"**{label}**")
    place = st.container(height=HEIGHT) if len(options) > FEW else st.container(gap="small")
    found = []
    with place:
        for each in options:
            # what was done once is not ticked for the next step
            if st.checkbox(words.plain(label_of(each)), key=f"tick_{name}_{acts.times_done()}_{each}"):
                found.append(each)
    return found


def is_any(chosen: Sequence[str], *, view: View) -> bool:
    """Whether something was chosen; says in one sentence what to do when nothing was."""
    _ = view.translate
    if not chosen:
        st.error(_("Nothing was chosen: tick at least one row."))
    return bool(chosen)
