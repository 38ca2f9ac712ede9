"""What a page may not do without asking anew: run a part of itself, hand a file out.

Streamlit runs a fragment and fetches a file without running the entry script; both therefore ask the desk first. Pages
use these instead of ``st.fragment`` and ``st.download_button`` (an architecture test looks).
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import streamlit as st

from dashboards.view import View, current_view
from engine.api.desk import Action
from engine.errors import AccessError, AccessRevokedError

Shown = TypeVar("Shown", bound=Callable[..., Any])


def fragment(needs: Action, *, run_every: float | None = None) -> Callable[[Shown], Shown]:
    """Make a function a fragment that asks for a right each time it runs; whoever lost it sees why, and no more.

    Parameters
    ----------
    run_every : seconds after which it runs again by itself; None = only when something in it is touched.
    """

    def made(show: Shown) -> Shown:
        @wraps(show)
        def asked(*args: Any, **options: Any) -> Any:
            view = current_view()
            try:
                view.desk.require(needs)
            except AccessRevokedError:
                st.rerun(scope="app")
            except AccessError as error:
                st.error(error.render(view.translate))
                return None
            return show(*args, **options)

        return st.fragment(asked, run_every=run_every)  # type: ignore[no-any-return]

    return made


def download(
    label: str,
    make: Callable[[], bytes | str],
    *,
    file_name: str,
    view: View,
    mime: str | None = None,
    place: Any = st,
    key: str | None = None,
    needs: Action = Action.EXPORT,
) -> None:
    """Offer a file; it is made, and the right asked for, when somebody takes it, and that it was taken is written down.

    Parameters
    ----------
    make : returns the content. place : the container. needs : the right to take it.
    """
    desk = view.desk
    if not desk.may(needs):
        return

    def taken() -> bytes:
        desk.require(needs)
        content = make()
        held = content.encode() if isinstance(content, str) else content
        desk.told("export", file_name, f"{len(held)} bytes, sha256 {hashlib.sha256(held).hexdigest()}")
        return held

    place.download_button(label, taken, file_name=file_name, mime=mime, key=key, on_click="ignore")
