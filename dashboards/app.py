"""The entry of the dashboards: language, population and date in the sidebar, pages in sections by role.

Started by ``xinheng dashboard``; the workspace comes from ``XINHENG_WORKSPACE``.
"""

import os
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards import parts, queries, words
from dashboards.view import View, choose, remember, settled
from engine.errors import SupervisionError, TableMissingError, WorkspaceMissingError
from engine.i18n import chosen_language, translator
from engine.messages import N_, Translate

FAVICON = Path(__file__).parent / "static" / "favicon.png"
LANGUAGES = {"zh": "中文", "en": "English"}
SECTIONS = (
    (N_("Leadership"), (("briefing", N_("Briefing")),)),
    (N_("Analysis"), (("what_if", N_("What if: ratios")), ("hit_rate", N_("Hit rate by grade")))),
    (N_("Draw"), (("draw", N_("The draw and its certificate")),)),
)


def main() -> None:
    """Build sidebar and navigation, then run the page asked for."""
    st.set_page_config(page_title="信衡 xinheng", page_icon=str(FAVICON), layout="wide")
    own = "zh" if chosen_language() == "zh_CN" else "en"
    language, _asked = settled("lang", tuple(LANGUAGES), default=own)
    _ = translator(chosen_language(language))
    st.logo(str(FAVICON), size="large")
    page = st.navigation(
        {
            _(role): [
                st.Page(f"views/{name}.py", title=_(title), url_path=name.replace("_", "-"), default=name == "briefing")
                for name, title in pages
            ]
            for role, pages in SECTIONS
        }
    )
    try:
        remember(_sidebar(_))
        page.run()
    except (WorkspaceMissingError, TableMissingError) as error:
        parts.nothing_yet(error.render(_), command="xinheng demo")
    except SupervisionError as error:
        st.error(error.render(_))


def _sidebar(translate: Translate) -> View:
    """Show what every page shares and return the view it makes."""
    _ = translate
    side = st.sidebar
    choose(
        partial(side.segmented_control, required=True),
        "语言 Language",
        tuple(LANGUAGES),
        name="lang",
        default="zh",
        label_of=LANGUAGES.__getitem__,
    )
    workspace = Path(os.environ.get("XINHENG_WORKSPACE", "workspace"))
    standing = queries.standing(workspace)
    if not standing.as_ofs:
        return View(workspace, standing.data_version, as_of=None, population=None, translate=_)
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
        label_of=lambda code: words.population_name(code, _),
    )
    side.caption(_("Populations with different base rates are never added up: choose one at a time."))
    return View(workspace, standing.data_version, as_of=days[as_of], population=population, translate=_)


main()
