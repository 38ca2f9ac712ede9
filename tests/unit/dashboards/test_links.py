"""Links: what is chosen on a page is in its address and shows the same again; what is asked for in vain is said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests import graded_world
from tests.unit.dashboards.test_hold_draw import Page
from tests.unit.dashboards.test_pages import words_of
from tests.unit.dashboards.test_rights_of_pages import ENTRIES, opened

ASKED = {"record": {"search": "企业"}, "league": {"kpi": "coverage"}}
"""What a page needs in its address to have something to choose from."""
PARTS = [*sorted(set(ENTRIES) - {"grades", "audit"}), *(f"audit part={part}" for part in ("reads", "accounts", "jobs"))]
GRADES = ("month", "high_risk", "overrides", "contested", "checks")
NARROWED = "按名称或代码的一部分缩小范围"
NOT_IN_THE_LINK = {
    "grades": {NARROWED},  # finds rows to tick for the form below it
    "results": {NARROWED},
    "warnings": {NARROWED},
    "hold_draw": {NARROWED},
    "draw": {"公告所载承诺书摘要（可不填）"},  # checked once, on a press of the button below it
    "what_if": {"全年检查项次上限"},  # stands in the link once the best ratios are searched
}
"""Fields that stand in no form and still are for a button beside them."""
WHO = {"语言 Language", "当前身份"}
IN_VAIN = "链接所指的"
NONSENSE = "no-such-thing"


def loose(app: AppTest, page: str) -> Iterator[Any]:
    """What can be chosen outside of forms, which act, in the main part and in the sidebar."""
    left_out = WHO | NOT_IN_THE_LINK.get(page, set())
    for kind in ("selectbox", "button_group", "toggle", "number_input", "slider", "text_input", "radio", "checkbox"):
        for each in getattr(app, kind):
            if not each.proto.form_id and each.label not in left_out and set(getattr(each, "options", ())) != LANGUAGES:
                yield each


LANGUAGES = {"中文", "English"}


def changed(each: Any) -> None:
    """Choose something else than what stands there."""
    if each.type in ("selectbox", "radio"):
        each.select_index((each.index + 1) % len(each.options)) if each.type == "selectbox" else each.set_value(
            each.options[(each.index + 1) % len(each.options)]
        )
    elif each.type == "button_group":
        each.set_value(each.options[-1])
    elif each.type in ("toggle", "checkbox"):
        each.set_value(not each.value)
    elif each.type == "text_input":
        each.set_value("此区" if each.value else "企业")
    else:
        each.set_value(each.value + each.step if each.value + each.step <= each.max else each.value - each.step)


def chosen(app: AppTest, page: str) -> dict[str, object]:
    held = {f"{each.type} {each.label}": each.value for each in loose(app, page)}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in held.items()}


def shown(app: AppTest) -> list[str]:
    tables = [each.value.to_csv() for each in [*app.table, *app.dataframe]]
    return [*tables, *(f"{each.label} {each.value} {each.delta}" for each in app.metric)]


def tried(page: str, first: AppTest, again: Any) -> None:
    """Change every choice of a page one after another, and open its address afresh."""
    names = list(chosen(first, page))
    for name in names:
        held = next((each for each in loose(first, page) if f"{each.type} {each.label}" == name), None)
        if held is None:  # gone with a choice before it
            continue
        if held.type == "text_input" or len(getattr(held, "options", (1, 2))) > 1:
            changed(held)
            first.run()
            assert not first.exception, (name, first.exception)
    address = {name: first.query_params[name] for name in first.query_params}
    told = {name: value[0] if isinstance(value, list) else value for name, value in address.items()}
    link = again(told)

    assert chosen(link, page) == chosen(first, page)
    assert IN_VAIN not in words_of(link)
    if page != "audit":  # whose log grows by each page that is opened
        assert shown(link) == shown(first)


@pytest.mark.parametrize("part", PARTS)
def test_every_choice_on_a_page_is_in_its_link(part: str, city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, _space, asked = part.partition(" ")
    st.cache_data.clear()

    def again(told: dict[str, str]) -> AppTest:
        app = opened(city, monkeypatch, **{"account": told.pop("as", ""), **told})
        return app.switch_page(f"views/{page}.py").run()

    told = {**ASKED.get(page, {}), **dict(each.split("=") for each in asked.split("&") if each)}
    tried(page, again(told), again)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> graded_world.GradedWorld:
    return graded_world.write_graded(tmp_path_factory.mktemp("graded"))


@pytest.mark.parametrize("part", GRADES)
def test_every_choice_on_the_grades_is_in_the_link(
    part: str, graded: graded_world.GradedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = Page(graded.folder, monkeypatch)

    def again(told: dict[str, str]) -> AppTest:
        asked = {name: value for name, value in told.items() if name != "as"}
        return pages.opened("grades", told.get("as", ""), day=graded_world.NOW, **asked)

    first = again({"part_of_grades": part, "lang": "zh"})
    parts = next(each for each in first.button_group if part_named(each))
    assert parts.value == part
    tried("grades", first, again)


def part_named(each: Any) -> bool:
    return len(each.options) == len(GRADES)


@pytest.mark.parametrize("page", sorted(ENTRIES))
def test_what_a_link_asks_for_in_vain_is_said_once_each_and_the_default_shown(
    page: str, city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    st.cache_data.clear()
    base = {"lang": "zh"} | (ASKED["record"] if page == "record" else {})
    usual = opened(city, monkeypatch, "", **base).switch_page(f"views/{page}.py").run()
    names = [name for name in usual.query_params if name not in ("lang", "search", "as")]
    assert names
    asked = {**base, **dict.fromkeys(names, NONSENSE)}
    app = opened(city, monkeypatch, NONSENSE, **asked)
    told = [each.value for each in app.info]
    app.switch_page(f"views/{page}.py").run()
    told += [each.value for each in app.info]

    assert not app.exception
    assert sum(IN_VAIN in each for each in told) == len(names) + 1, told  # nobody is called so, either
    if page != "audit":
        assert shown(app) == shown(usual)
    app.run()
    assert IN_VAIN not in words_of(app)


def test_a_share_beyond_its_limits_is_said(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    app = opened(city, monkeypatch, "", lang="en", cut_enterprise_A="-1").switch_page("views/lift.py").run()

    (told,) = [each.value for each in app.info if "the link asks for" in each.value]
    assert told.endswith("'0' is shown.")


def test_an_emptied_search_leaves_the_link(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    app = opened(city, monkeypatch, "", lang="en", search="企业").switch_page("views/record.py").run()
    field = next(each for each in app.text_input if each.label == "Name, code or pinyin, at least two characters")
    assert field.value == "企业"
    field.set_value("").run()

    assert "search" not in app.query_params
    assert app.info[0].value == "Search for an object by a part of its name or code."
