"""What a page does on behalf of whoever looks: the right asked at the desk, a refusal shown in one sentence."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboards.view import View
from engine.api.desk import Action
from engine.errors import SupervisionError

DONE = "done_here"
COUNTED = "times_done_here"


def act(
    view: View, needs: Action, do: Callable[[Any], Any], *, said: Callable[[Any], str], about: Sequence[str] = ()
) -> None:
    """Do something in the workspace; show the page anew with what was done, or why it was refused.

    Parameters
    ----------
    do : the writing call; gets the open workspace. said : sentence from what it returned.
    about : identifiers of the objects concerned, which must be in sight of the person.
    """
    try:
        with view.desk.writing(needs, entity_ids=about) as workspace:
            found = do(workspace)
    except SupervisionError as error:
        st.error(error.render(view.translate))
        return
    st.session_state[DONE] = said(found)
    st.session_state[COUNTED] = times_done() + 1
    st.rerun(scope="app")


def times_done() -> int:
    """Return how many acts this session carried through; what belongs to one form begins anew with each."""
    return int(st.session_state.get(COUNTED, 0))


def tell_done() -> None:
    """Say once what the click before this run did."""
    if said := st.session_state.pop(DONE, None):
        st.success(said)


def offered(view: View, needs: Action) -> bool:
    """Whether to show a form; says who may use it when this person may not."""
    if view.desk.may(needs):
        return True
    _ = view.translate
    st.caption("🔒 " + _("Your role reads here; it has no right to act."))
    return False
