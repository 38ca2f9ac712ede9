"""Who sits at this page: asked of the identity provider, or chosen on one's own machine; without either, nobody.

``XINHENG_ACCESS`` says how: ``local`` for one person at one machine, ``sign_in`` for OpenID Connect through Streamlit's
``st.login``. The provider says who somebody is; what that person may do and see is asked of the workspace's ledger on
every run.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import streamlit as st

from dashboards import words
from dashboards.view import choose
from engine.api.accounts import accounts
from engine.api.desk import Desk, local_viewer
from engine.api.reading.measures import opened
from engine.errors import AccessRevokedError, WorkspaceMissingError
from engine.messages import Translate

MODE, CLAIM = "XINHENG_ACCESS", "XINHENG_ACCESS_CLAIM"
LOCAL, SIGN_IN = "local", "sign_in"
_KNOWN = "signed_in_as"


def desk(folder: Path, translate: Translate) -> Desk:
    """Return the desk of whoever looks; show what is missing and stop where nobody may."""
    mode = os.environ.get(MODE, "")
    if mode == LOCAL:
        return _at_this_machine(folder, translate)
    if mode == SIGN_IN:
        return _signed_in(folder, translate)
    _ = translate
    _stop(_("Nobody may look yet: start with xinheng dashboard --local, or --sign-in with an identity provider."))


def _at_this_machine(folder: Path, translate: Translate) -> Desk:
    """Return the operator's desk, or that of an account the operator wants to see the pages as."""
    _ = translate
    try:
        with opened(folder) as workspace:
            held = {name: each for name, each in accounts(workspace).items() if each.is_active}
    except WorkspaceMissingError:
        held = {}
    operator = Desk(folder, local_viewer(words.OPERATOR))
    if not held:
        return operator
    labels = {"": _(words.OPERATOR)}
    labels |= {name: f"{each.name} · {_(words.ROLES[each.role.value])}" for name, each in held.items()}
    chosen = choose(
        st.sidebar.selectbox, _("You are"), tuple(labels), name="as", default="", label_of=labels.__getitem__
    )
    return Desk.of(folder, chosen) if chosen else operator


def _signed_in(folder: Path, translate: Translate) -> Desk:
    _ = translate
    if not st.user.is_logged_in:
        st.title("信衡 xinheng")
        st.button(_("Sign in"), type="primary", on_click=st.login)
        st.stop()
    told = st.user.to_dict()
    account = str(told.get(os.environ.get(CLAIM, "email"), ""))
    if _has_ended(told) or told.get("email_verified") is False:
        st.title("信衡 xinheng")
        st.info(_("Your sign-in has ended: sign in again."))
        st.button(_("Sign in"), type="primary", on_click=st.login)
        st.stop()
    st.sidebar.button(_("Sign out"), on_click=st.logout)
    try:
        found = Desk.of(folder, account)
    except AccessRevokedError as error:
        _stop(error.render(_))
    if st.session_state.get(_KNOWN) != account:
        st.session_state[_KNOWN] = account
        found.told("sign_in", "oidc", str(told.get("iss", "")))
    st.sidebar.caption(f"{found.viewer.name} · {_(words.ROLES[found.viewer.role.value])}")
    return found


def _has_ended(told: dict[str, object]) -> bool:
    """Whether the provider's word has run out; the cookie of the sign-in itself lives much longer."""
    ends = told.get("exp")
    return not isinstance(ends, (int, float)) or datetime.fromtimestamp(ends, UTC) <= datetime.now(UTC)


def _stop(sentence: str) -> NoReturn:
    st.error(sentence)
    st.stop()
    raise AssertionError  # st.stop does not return; the type checker cannot know
