import pandas as pd
import pytest

from engine.estimation.reach import reach_figures
from engine.estimation.sample import design_sample

WORDS = {"v": "violation", "c": "clean", "u": "unreachable", "x": "not_assessable", "-": "not_done"}


def _figures(**strata):
    """Figures by grade from one stratum per grade: (units, outcomes)."""
    table = pd.DataFrame(
        [(grade, grade, units, len(text)) for grade, (units, text) in strata.items()],
        columns=["stratum", "grade", "n_units", "n_drawn"],
    ).assign(draw_id="d1", item_code="F01")
    rows = pd.DataFrame(
        [
            (grade, grade, f"reg:{grade}{k}", len(text) / units, WORDS[letter])
            for grade, (units, text) in strata.items()
            for k, letter in enumerate(text)
        ],
        columns=["stratum", "grade", "entity_id", "inclusion_probability", "outcome"],
    ).assign(draw_id="d1", item_code="F01", selection_mode="random")
    return reach_figures(design_sample(rows, table), by="grade").set_index(["grade", "figure"])


def test_three_figures_and_their_denominators():
    found = _figures(A=(1000, "v" * 2 + "c" * 14 + "u" * 4 + "x" * 3 + "-" * 2))

    assert found.loc[("A", "not_done"), "value"] == pytest.approx(2 / 25)
    assert found.loc[("A", "not_assessable"), "value"] == pytest.approx(3 / 23)
    assert found.loc[("A", "unreachable"), "value"] == pytest.approx(4 / 20)
    assert found.loc[("A", "violation_among_reached"), "value"] == pytest.approx(2 / 16)
    assert found.loc[("A", "violation_among_reached"), "n"] == 16


def test_units_without_result_leave_bounds_around_the_rate():
    found = _figures(A=(1000, "v" * 5 + "c" * 15 + "-" * 10))
    bounds, rate = found.loc[("A", "violation_bounds")], found.loc[("A", "violation_among_reached")]

    assert pd.isna(bounds["value"])
    assert bounds["low"] < 5 / 30 < 15 / 30 < bounds["high"]
    assert bounds["low"] < rate["low"] and bounds["high"] > rate["high"]


def test_an_empty_domain_has_no_figure():
    found = _figures(A=(10, "xx"), B=(10, "vc"))

    assert ("A", "unreachable") not in found.index and ("A", "violation_bounds") not in found.index
    assert ("A", "not_assessable") in found.index and ("B", "unreachable") in found.index


def test_a_flat_rate_is_not_made_to_look_graded_by_the_unreachable():
    found = _figures(A=(1000, "v" + "c" * 19), D=(200, "v" + "c" * 19 + "u" * 10))

    rates = found["value"].xs("violation_among_reached", level="figure")
    assert rates.tolist() == pytest.approx([0.05, 0.05])
