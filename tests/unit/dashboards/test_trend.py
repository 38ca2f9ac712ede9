"""The hit rates over time as the page shows them: marks of change, hollow marks, what is too few, both languages."""

import json
import re
from dataclasses import replace

import pytest

from dashboards.trend_charts import marker, rates_over_time
from engine.api.reading.trend import hit_rate_trend
from tests.trend_world import MODEL_REFERENCE, POPULATION, RATIO_REFERENCE, built_trend
from tests.unit.dashboards.test_pages import opened, words_of

TREND = re.compile(r"[A-Za-z]{4,}")
CODES = re.compile(r"xinheng\S*|measure|--\S+|language|Language|[0-9a-f]{12}|XLSX|JSON|CSV")


@pytest.fixture(scope="module")
def workspace():
    return built_trend()


def chart(grade):
    found = hit_rate_trend(built_trend(), population=POPULATION, over="quarter")
    rates, changes = (table[table["mode"] == "random"] for table in (found.rates, found.changes))
    changes = changes.assign(mark=[marker(at) for at in range(len(changes))])
    periods = list(dict.fromkeys(rates["period"]))
    own = rates[rates["grade"] == grade]
    return rates_over_time(own, changes, periods=periods, top=0.8, translate=str).to_dict()


def test_the_chart_marks_the_change_before_its_period_and_draws_no_point_on_too_few():
    drawn = chart("A")
    held = json.dumps(drawn, ensure_ascii=False)
    points = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "point"]
    data = drawn["datasets"]

    assert "①②" in held
    assert [layer["mark"].get("strokeDash") for layer in drawn["layer"] if "strokeDash" in layer["mark"]] == [[5, 4]]
    assert data[points[0]["data"]["name"]] == []  # of grade A every quarter rests on too few
    assert "too few" in held and '"0.0%"' not in held


def test_the_last_period_is_hollow_while_results_are_to_come():
    drawn = chart("C")
    point = next(layer for layer in drawn["layer"] if layer["mark"]["type"] == "point")
    states = {row["period"]: row["state"] for row in drawn["datasets"][point["data"]["name"]]}

    assert states == {"2025Q3": "firm", "2025Q4": "firm", "2026Q1": "firm", "2026Q2": "open"}


def test_the_page_tells_what_changed_and_keeps_the_choice_in_the_link(workspace, monkeypatch):
    app = opened("hit_rate", workspace, monkeypatch, lang="en", over="year")
    said = words_of(app)

    assert not app.exception
    assert "inside 2026: the deciding model changed from points scorecard" in said
    assert MODEL_REFERENCE in said and RATIO_REFERENCE in said
    assert "is provisional" in said
    assert "Directed" not in said
    app.segmented_control[0].set_value("quarter").run()
    assert app.query_params["over"] == "quarter"
    assert "before 2026Q2" in words_of(app)


def test_in_chinese_no_english_word_stands_and_other_visits_come_on_request(workspace, monkeypatch):
    app = opened("hit_rate", workspace, monkeypatch, lang="zh", others="1")
    said = CODES.sub("", words_of(app))

    assert not app.exception
    assert TREND.findall(said) == []
    assert "样本不足" in said and "暂定" in said
    assert len([text for text in app.markdown if text.value.startswith("**")]) >= 2


def too_few_late(*asked, **named):
    """The trend with too few results in every period whose results are still to come."""
    held = hit_rate_trend(*asked, **named)
    late = held.rates["period"].isin(held.periods.loc[~held.periods["is_mature"], "period"])
    return replace(held, rates=held.rates.assign(is_small=held.rates["is_small"] | late))


def test_nothing_is_called_hollow_where_too_few_leave_no_mark(workspace, monkeypatch):
    assert "Hollow and grey" in words_of(opened("hit_rate", workspace, monkeypatch, lang="en", over="quarter"))
    monkeypatch.setattr("dashboards.trend_parts.hit_rate_trend", too_few_late)
    said = words_of(opened("hit_rate", workspace, monkeypatch, lang="en", over="quarter"))

    assert "is provisional" in said
    assert "Hollow and grey" not in said
