"""The entry of the dashboards: language, population and date in the sidebar, pages in sections by role.

Started by ``xinheng dashboard``; the workspace comes from ``XINHENG_WORKSPACE``.
"""

import os
from functools import partial
from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode
from streamlit.navigation.page import StreamlitPage

from dashboards import narrow, parts, queries, sign_in
from dashboards.pages import SECTIONS, PageEntry
from dashboards.view import View, begin, choose, open_page, remember, settled
from engine.api.desk import Desk
from engine.errors import AccessRevokedError, SupervisionError, TableMissingError, WorkspaceMissingError
from engine.i18n import chosen_language, translator
from engine.messages import Translate
from engine.vocabulary import population_name

FAVICON = Path(__file__).parent / "static" / "favicon.png"
TOLD = "told_page"
LANGUAGE = "语言 Language"
LANGUAGES = {"zh": "中文", "en": "English"}


def main() -> None:
    """Build sidebar and navigation, then run the page asked for."""
    disable_debug_mode()  # charts are checked against their schema by tests, not again at every click
    st.set_page_config(page_title="信衡 xinheng", page_icon=str(FAVICON), layout="wide")
    narrow.put_looks()
    begin()
    own = "zh" if chosen_language() == "zh_CN" else "en"
    language = settled("lang", tuple(LANGUAGES), default=own, label=LANGUAGE, label_of=LANGUAGES.__getitem__)
    _ = translator(chosen_language(language))
    st.logo(str(FAVICON), size="large")
    _choose_language()
    try:
        desk = sign_in.desk(Path(os.environ.get("XINHENG_WORKSPACE", "workspace")), _)
        _run(desk, _)
    except AccessRevokedError:
        st.rerun()
    except (WorkspaceMissingError, TableMissingError) as error:
        parts.nothing_yet(error.render(_), command="xinheng demo")
    except SupervisionError as error:
        st.error(error.render(_))


def _run(desk: Desk, translate: Translate) -> None:
    """Show the pages this person may open, and run the one asked for; others are refused by name, not as unknown."""
    _ = translate
    entries = {page.name.replace("_", "-"): page for _section, pages in SECTIONS for page in pages}
    first = next((page for page in entries.values() if desk.may(page.needs)), None)
    if first is None:
        st.info(_("Your role opens no page here."))
        return
    pages = {_(section): [_page(each, desk, translate=_) for each in held] for section, held in SECTIONS}
    home = next(page for held in pages.values() for page in held if page.url_path == first.name.replace("_", "-"))
    page = st.navigation({"": [_front(home)], **pages}, expanded=True)
    entry = entries.get(page.url_path)
    if entry is None:  # the front runs another page at once: what stands beside a page is that page's to draw
        page.run()
        return
    remember(_sidebar(desk, _))
    open_page()
    desk.require(entry.needs)
    _tell(desk, entry)
    if not desk.viewer.scope.is_whole and not queries.standing(desk).as_ofs:
        said = _("The figures of your districts or departments are not made ready yet: ask for 'xinheng marts build'.")
        st.info(said)
    page.run()


def _front(home: StreamlitPage) -> StreamlitPage:
    """Return the page without a name, which opens the person's first page: every page has an address of its own."""

    def opened() -> None:
        st.switch_page(home, query_params=st.query_params.to_dict())

    return st.Page(opened, title="信衡", url_path="front", default=True, visibility="hidden")


def _page(entry: PageEntry, desk: Desk, *, translate: Translate) -> StreamlitPage:
    """Return a page of the navigation; one that this person may not open is known, but neither shown nor run."""
    title, path = translate(entry.title), entry.name.replace("_", "-")
    if not desk.may(entry.needs):
        return st.Page(_refused, title=title, url_path=path, visibility="hidden")
    return st.Page(f"views/{entry.name}.py", title=title, url_path=path)


def _refused() -> None:
    """Show nothing: the right was asked for, and refused, before a page runs."""


def _tell(desk: Desk, entry: PageEntry) -> None:
    """Write down that a page was opened, with its address: once, not for each click on it."""
    about = "&".join(f"{name}={value}" for name, value in sorted(st.query_params.items()))
    told = (desk.viewer.account, entry.name, about)
    if st.session_state.get(TOLD) != told:
        st.session_state[TOLD] = told
        desk.told("page", entry.name, about)


def _choose_language() -> None:
    choose(
        partial(st.sidebar.segmented_control, required=True),
        LANGUAGE,
        tuple(LANGUAGES),
        name="lang",
        default="zh",
        label_of=LANGUAGES.__getitem__,
    )


def _sidebar(desk: Desk, translate: Translate) -> View:
    """Show what every page shares and return the view it makes."""
    _ = translate
    side = st.sidebar
    standing = queries.standing(desk)
    if not standing.as_ofs:
        return View(desk, standing.data_version, as_of=None, population=None, translate=_)
    days = {day.isoformat(): day for day in standing.as_ofs}
    as_of = choose(
        side.selectbox, _("As of"), tuple(days), name="as_of", default=standing.as_ofs[0].isoformat(), label_of=str
    )
    population = choose(
        side.selectbox,
        _("Population"),
        standing.populations,
        name="population",
        default=standing.populations[0],
        label_of=lambda code: population_name(code, _),
    )
    side.caption(_("Populations with different base rates are never added up: choose one at a time."))
    return View(desk, standing.data_version, as_of=days[as_of], population=population, translate=_)


main()
