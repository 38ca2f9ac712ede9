"""Pages on which people work: in both languages, empty and filled, what they show is what the functions return."""

import re
from pathlib import Path

import pytest

from engine.store.workspaces.workspace import Workspace
from tests.unit.dashboards.test_hold_draw import Page, folder_with
from tests.unit.dashboards.test_pages import KEPT, opened, words_of

PAGES = ("hold_draw", "results", "warnings", "governance", "quality", "punishment", "record", "league")
OWN = re.compile(
    r"Spiegelhalter|SCJG|SHA-256|XLSX|CSV|[A-Z]{1,4}\d+|\bcsv\b|\S+\.(parquet|csv)|scorecard\S*|fictional.*|"
    r"run monthly|plan\b"
)
"""Names that the sources or the policies bring."""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("language", "foreign"), [("zh", r"[A-Za-z]{3,}"), ("en", r"[\u4e00-\u9fff]+")])
def test_an_empty_page_is_honest_and_in_one_language(
    page: str, language: str, foreign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing():
        pass
    workspace.close()
    app = opened(page, tmp_path, monkeypatch, lang=language)

    assert not app.exception
    assert len(app.title) == 1
    said = OWN.sub("", KEPT.sub("", words_of(app)))
    if page != "governance":  # its table of champions names documents in the language of law
        assert re.findall(foreign, said) == []
        assert app.info


@pytest.mark.parametrize("page", PAGES)
def test_a_filled_page_opens_and_offers_what_it_shows(
    page: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path_factory.mktemp("pages"))
    app = Page(folder, monkeypatch).opened(page, "auditor")

    assert not app.error, [each.value for each in app.error]
    assert len(app.title) == 1
