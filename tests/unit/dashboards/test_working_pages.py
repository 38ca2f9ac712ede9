"""Pages on which people work: in both languages, empty and filled, what they show is what the functions return."""

import re
from pathlib import Path

import pandas as pd
import pytest

from engine.store.workspaces.workspace import Workspace
from tests.e2e.demo_city import xinheng
from tests.plan_world import BAO, at
from tests.small_sources import take_in, write_lines
from tests.unit.dashboards.test_hold_draw import DAY, Page, folder_with
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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_waiting_rows_say_why_and_whose_grade_as_the_command_does(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path)
    workspace = Workspace(folder)
    (known,) = workspace.warehouse.table("entities").select("entity_id").limit(1).execute()["entity_id"]
    grades = pd.DataFrame({"entity_id": [known, "reg:else"], "population": "enterprise", "grade": "A", "as_of": DAY})
    workspace.warehouse.write_run({"grades": grades}, kind="grade", as_of=DAY, manifest={}, actor=BAO, at=at(DAY)())
    head = "penalty_id,entity_id,doc_no,violation_type,categories,severity,occurred_on,known_at"
    rows = [f"p{n},{of},文{n},x,罚款,grave,2026-01-01,2026-01-02" for n, of in enumerate((known, known, "reg:none"))]
    take_in(workspace, write_lines(tmp_path / "penalties.csv", head, *rows))
    workspace.close()
    said = xinheng(folder, "quality", day=DAY)
    app = Page(folder, monkeypatch).opened("quality", "auditor", lang=language, trend_source="penalties")

    reach = said["reach"]
    assert (reach["n_affected"], reach["n_graded"], reach["n_rows"]) == (1, 2, 3)
    assert {"3", "1", "50.0%", "0"} <= {each.value for each in app.metric}
    assert said["reasons"][0]["n_rows"] == 3
    assert "penalties" not in said["last_good"]
    shown = [table.value.to_dict("records") for table in app.table]
    assert any("3" in row.values() for rows in shown for row in rows)
    assert app.query_params["trend_source"] == "penalties"
