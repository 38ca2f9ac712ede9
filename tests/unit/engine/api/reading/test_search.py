"""Objects found by code, name, first letters and pinyin; stored names say what the register says, or are not asked."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api.marts import names
from engine.api.reading.search import COLUMNS, find_entities
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, NOW, take_in, write_lines

HEAD = "entity_id,name,entity_type,population,industry_code,district_code,status,occurred_on,known_at"
FIRMS = {"reg:1": ("重庆鑫源银行", "330602"), "reg:2": ("新源超市", "330603"), "reg:3": ("ABC饭店", "330602")}


def line(entity: str, name: str, district: str, known: str = "2020-01-02") -> str:
    return f"{entity},{name},enterprise,enterprise,H62,{district},active,2020-01-01,{known}"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "ws")
    take_in(workspace, write_lines(tmp_path / "entities.csv", HEAD, *(line(of, *held) for of, held in FIRMS.items())))
    yield workspace
    workspace.close()


def build(workspace: Workspace) -> str | None:
    return names.build_names(workspace, actor=ACTOR, clock=lambda: NOW)


def found(workspace: Workspace, text: str) -> list[str]:
    return list(find_entities(workspace, text=text)["entity_id"])


@pytest.mark.parametrize("text", ["源", "鑫源", "reg:", "reg:2", "ABC", "无此", "饭店"])
def test_by_code_and_name_the_stored_names_find_what_the_register_finds(text: str, workspace: Workspace) -> None:
    before = find_entities(workspace, text=text)
    assert build(workspace)
    after = find_entities(workspace, text=text)

    pd.testing.assert_frame_equal(before, after)
    assert list(after.columns) == list(COLUMNS)


def test_first_letters_and_pinyin_find_a_name_and_beginnings_come_first(workspace: Workspace) -> None:
    assert found(workspace, "xycs") == []  # without stored names nobody spells a register
    build(workspace)

    assert found(workspace, "xycs") == ["reg:2"]
    assert found(workspace, "CQXYYH") == ["reg:1"]
    assert found(workspace, "yin hang") == ["reg:1"]
    assert found(workspace, "xinyuan") == ["reg:2", "reg:1"]
    assert found(workspace, "abcfd") == ["reg:3"]
    assert found(workspace, "x") == []


def test_whoever_sees_one_district_finds_its_objects_alone(workspace: Workspace) -> None:
    build(workspace)

    assert found(scoped(workspace, scope_of(districts=["330602"])), "xinyuan") == ["reg:1"]


def test_names_of_before_a_change_are_not_asked_and_built_anew_from_what_is_new(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(workspace) is not None
    assert build(workspace) is None
    more = line("reg:4", "长乐酒店", "330602", "2020-03-01")
    take_in(workspace, write_lines(tmp_path / "more" / "entities.csv", HEAD, more))

    assert found(workspace, "长乐") == ["reg:4"]
    assert found(workspace, "xycs") == []
    asked: list[str] = []
    spell = names.spelled
    monkeypatch.setattr(names, "spelled", lambda name: asked.append(name) or spell(name))
    assert build(workspace)
    assert asked == ["长乐酒店"]
    assert found(workspace, "xycs") == ["reg:2"]


def test_an_empty_register_has_no_names(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing():
        pass

    assert build(workspace) is None
    assert found(workspace, "xycs") == []
    workspace.close()
