"""Notebooks run from top to bottom and show what they claim."""

import ast
import importlib

import pytest

from tests.notebook import NOTEBOOKS, executed, main, shown

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def quick(reference_data, monkeypatch):
    """The reference records, and few resamples."""
    monkeypatch.setenv("XINHENG_REFERENCE", str(reference_data.parent))
    monkeypatch.setenv("XINHENG_REPLICATES", "50")


@pytest.mark.reference
@pytest.mark.usefixtures("quick")
def test_chicago_protocol():
    # act
    book = executed("chicago_protocol", until="## 5. Grades given once, over four half-years")
    # assert: the published figures, and ours beside them
    published = ast.literal_eval(shown(book, "table ="))
    assert (published["n"], round(published["auc"], 4), round(published["days_earlier"], 3)) == (1665, 0.6747, 7.589)
    assert shown(book, "is_gain_proved") == "True"
    assert "model_inspector_adjusted" in shown(book, "{\n    name:")
    assert "'leaks': ()" in shown(book, "single =")


@pytest.mark.reference
@pytest.mark.usefixtures("quick")
def test_hud_housing():
    # act
    book = executed("hud_housing", until="## 4. As it would be used")
    # assert: two populations apart, no leak, not below the mean of past scores
    headlines = ast.literal_eval(shown(book, "headlines ="))
    assert set(headlines) == {"hud_public_housing", "hud_multifamily"}
    for found in headlines.values():
        assert found["leaks"] == ()
        assert found["gain over mean_past_score by entity_id"][1] >= -0.005
    assert "level_spread" in shown(book, "calibration =")
    assert "prior_rate" in shown(book, 'pd.concat({population: tables["lifts"]')
    claims = ast.literal_eval(shown(book, "claims ="))
    assert all(said[-1].startswith("Cannot claim: anything about") for said in claims.values())


@pytest.mark.parametrize("name", sorted(path.stem for path in NOTEBOOKS.glob("*.py")))
def test_what_a_notebook_imports_is_there(name):
    """The long parts of notebooks are not run here; a function renamed under them is seen all the same."""
    tree = ast.parse((NOTEBOOKS / f"{name}.py").read_text())
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert taken
    for node in taken:
        module = importlib.import_module(str(node.module))
        assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_an_unknown_notebook_and_absent_records_are_said(monkeypatch, capsys):
    monkeypatch.setattr("tests.notebook.reference_folder", lambda: None)
    assert main(["nowhere"]) == 2
    assert "new_york_restaurants" in capsys.readouterr().out
    assert main(["hud_housing"]) == 0
    assert "Skipped: the reference records are absent" in capsys.readouterr().out
