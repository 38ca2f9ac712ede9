"""Every page in both languages over a small workspace: opens, says what it must, breaks nothing when empty."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.store.workspaces.workspace import Workspace
from tests.small_workspace import AS_OF, EARLIER, write_draw, write_measured

APP = Path(__file__).parents[3] / "dashboards" / "app.py"
PAGES = ("briefing", "hit_rate", "draw")
KEPT = re.compile(
    r"xinheng\S*(?: [a-z-]+)*|--\S+|DIGEST|JSON|[0-9a-f]{6,}|sha256|sim\b|语言 Language|fire|price|enterprise|s-\d"
)
"""Commands, codes and digests, which are the same in both languages."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "workspace"
    write_measured(path, EARLIER, AS_OF)
    write_draw(path)
    return path


def opened(page: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, **asked: str) -> AppTest:
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace))
    monkeypatch.setenv("XINHENG_ACCESS", "local")
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    if page != "briefing":
        app.switch_page(f"views/{page}.py").run()
    return app


def words_of(app: AppTest) -> str:
    """Return every word on the page, main part and sidebar."""
    kinds = ("title", "subheader", "markdown", "caption", "metric", "info", "warning", "error", "success", "button")
    said = []
    for kind in kinds:
        for element in getattr(app, kind):
            said += [str(getattr(element, part, "") or "") for part in ("label", "value", "delta")]
    for table in [*app.table, *app.dataframe]:
        said += [*map(str, table.value.columns), *(str(cell) for row in table.value.to_numpy() for cell in row)]
    return re.sub(r":\w+-badge\[", "[", "\n".join(said))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("language", "foreign"), [("zh", r"[A-Za-z]{3,}"), ("en", r"[\u4e00-\u9fff]+")])
def test_a_page_opens_without_error_and_in_one_language(
    page: str, language: str, foreign: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(page, workspace, monkeypatch, lang=language)

    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert re.findall(foreign, KEPT.sub("", words_of(app))) == []


def test_the_cards_of_the_briefing_show_value_interval_and_n(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("briefing", workspace, monkeypatch)
    cards = {card.label: (card.value, card.delta) for card in app.metric}

    assert len(cards) == 6
    assert cards["随机抽查问题发现率"] == ("3.9%", "3.4% – 4.5% · n=4,547")
    assert cards["相对均匀抽取的提升"] == ("1.74×", "1.52× – 1.98× · n=4,547")
    assert cards["已分级对象"][0] == "1,000"


def test_a_link_reproduces_population_date_and_draw(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("briefing", workspace, monkeypatch, population="individual_business", as_of=EARLIER.isoformat())

    assert app.selectbox(key="chosen_population_widget").value == "individual_business"
    assert app.selectbox(key="chosen_as_of_widget").value == EARLIER.isoformat()
    assert "尚无随机抽查结果" in words_of(app)


def test_what_is_chosen_stands_in_the_address(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("briefing", workspace, monkeypatch)
    app.selectbox(key="chosen_population_widget").set_value("individual_business").run()

    assert app.query_params["population"] == "individual_business"


def test_rows_not_drawn_at_random_show_only_on_request_and_labelled(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("hit_rate", workspace, monkeypatch)
    before = words_of(app)
    app.toggle(key="chosen_others_widget").set_value(True).run()
    after = words_of(app)

    assert "线索核查" not in before
    assert "线索核查" in after
    assert "非设计推断" in after
    assert app.query_params["others"] == "1"


def test_small_n_and_the_order_of_the_grades_are_said(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words_of(opened("hit_rate", workspace, monkeypatch))

    assert "样本不足" in said
    assert "A < B < C 逐级上升，趋势检验 p < 0.001" in said  # of D too few were checked


def test_a_simulated_draw_says_so_and_shows_neither_name_nor_handle(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("draw", workspace, monkeypatch)
    said = words_of(app)

    assert "模拟抽取" in said
    assert "reg:0" not in said


def test_the_button_recomputes_the_draw_and_says_what_an_anchor_is_for(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("draw", workspace, monkeypatch)
    app.button[0].click().run()
    said = words_of(app)

    assert not app.exception
    assert "✗" not in said
    assert "✓" in said
    assert app.warning


@pytest.mark.parametrize("page", PAGES)
def test_without_a_workspace_the_page_says_what_to_do(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(page, tmp_path / "nowhere", monkeypatch)

    assert not app.exception
    assert "xinheng demo" in app.info[0].value
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_workspace_is_an_honest_empty_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing():
        pass
    workspace.close()

    app = opened(page, tmp_path, monkeypatch)

    assert not app.exception
    assert app.info
    assert "0.0%" not in words_of(app)
