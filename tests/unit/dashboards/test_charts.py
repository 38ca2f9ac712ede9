"""The charts say letter, shape and n, keep panels on one axis, and draw no point on small n."""

import json

import pandas as pd
import pytest
import vl_convert

from dashboards import charts
from dashboards.theme import GRADE_MARKS
from engine.i18n import translator

ZH = translator("zh_CN")


@pytest.fixture
def rates() -> pd.DataFrame:
    rows = [
        ("random", "A", 400, 8, 0.02, 0.009, 0.039, False),
        ("random", "D", 9, 4, 0.44, 0.14, 0.79, True),
        ("random", "U", 0, 0, None, None, None, False),
        ("directed", "A", 100, 30, 0.30, 0.21, 0.40, False),
    ]
    columns = ["mode", "grade", "n", "hits", "hit_rate", "low", "high", "is_small"]
    return pd.DataFrame(rows, columns=columns).astype({"hit_rate": float, "low": float, "high": float})


def test_each_way_of_selection_has_its_panel_on_one_common_axis(rates: pd.DataFrame) -> None:
    spec = charts.hit_rate_by_grade(rates, translate=ZH).to_dict()

    assert [panel["title"] for panel in spec["concat"]] == ["随机抽查", "线索核查（投诉、转办等）"]
    tops = [panel["layer"][0]["encoding"]["y"]["scale"]["domain"] for panel in spec["concat"]]
    assert tops[0] == tops[1] == [0, pytest.approx(0.79 * 1.12)]


def test_a_small_sample_is_named_and_a_grade_without_results_has_no_point(rates: pd.DataFrame) -> None:
    spec = charts.hit_rate_by_grade(rates, translate=ZH).to_dict()
    rows = {name: {row["grade"]: row for row in table} for name, table in spec["datasets"].items()}
    panel = spec["concat"][0]
    marks = {layer["mark"]["type"]: layer for layer in panel["layer"]}
    labels = marks["point"]["encoding"]["x"]["scale"]["domain"]

    assert set(rows[marks["rule"].get("data", panel.get("data"))["name"]]) == {"A", "D"}
    assert set(rows[marks["point"]["data"]["name"]]) == set(rows[marks["text"]["data"]["name"]]) == {"A"}
    assert rows[marks["rule"].get("data", panel.get("data"))["name"]]["D"]["rate_text"] == "样本不足"
    assert labels == ["A ●\nn=400", "D ◆\nn=9\n样本不足", "U ✚\nn=0"]


def test_grades_differ_in_letter_shape_symbol_and_colour() -> None:
    marks = GRADE_MARKS.values()

    assert list(GRADE_MARKS) == ["A", "B", "C", "D", "U"]
    for looks in ("colour", "shape", "symbol", "label"):
        assert len({getattr(mark, looks) for mark in marks}) == len(GRADE_MARKS)


@pytest.mark.parametrize("other", ["B", "C", "D", "U"])
def test_grade_colours_stand_out_against_white(other: str) -> None:
    assert _contrast_with_white(GRADE_MARKS[other].colour) >= 3.0


def _contrast_with_white(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize(
    "chart",
    [
        charts.grade_shares(
            pd.DataFrame({"grade": ["A", "D"], "n_entities": [90, 10], "share": [0.9, 0.1]}), translate=ZH
        ),
        charts.sampling_ratios(
            pd.DataFrame(
                {
                    "item_name": ["消防", "消防"],
                    "grade": ["A", "D"],
                    "n_units": [90, 10],
                    "n_drawn": [3, 10],
                    "ratio": [1 / 30, 1.0],
                }
            ),
            translate=ZH,
        ),
        charts.coordination(pd.DataFrame({"what": ["检查事项", "上门"], "amount": [13, 10]}), translate=ZH),
        charts.team_sizes(pd.DataFrame({"visits": [1, 2], "inspectors": [5, 1]}), translate=ZH),
    ],
    ids=["grade_shares", "sampling_ratios", "coordination", "team_sizes"],
)
def test_every_chart_is_drawn_without_a_browser_and_names_nothing_outside(chart: object) -> None:
    spec = chart.to_json()  # type: ignore[attr-defined]
    outside = [text for text in _strings(json.loads(spec)) if "://" in text and "vega.github.io/schema" not in text]

    assert "<svg" in vl_convert.vegalite_to_svg(spec)
    assert outside == []


def _strings(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [text for branch in tree.values() for text in _strings(branch)]
    if isinstance(tree, list):
        return [text for branch in tree for text in _strings(branch)]
    return [tree] if isinstance(tree, str) else []
