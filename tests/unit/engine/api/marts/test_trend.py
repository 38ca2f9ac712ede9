"""Hit rates by period over a small workspace: what changed between, what is not finished, what a district sees."""

import json

import pandas as pd
import pytest

from engine.access.scope import scope_of
from engine.api.reading.trend import hit_rate_trend
from engine.cli import main
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from tests.trend_world import (
    HERE,
    LAST,
    MODEL_REFERENCE,
    POPULATION,
    RATIO_REFERENCE,
    SWITCHED_ON,
    THERE,
    all_drawn,
    built_trend,
)


@pytest.fixture(scope="module")
def workspace():
    held = Workspace(built_trend())
    yield held
    held.close()


def trend(workspace, over="quarter"):
    found = hit_rate_trend(workspace, population=POPULATION, over=over)
    assert found is not None
    return found


def random_rows(found, table):
    rows = getattr(found, table)
    return rows[rows["mode"] == "random"].reset_index(drop=True)


def test_every_way_of_cutting_time_counts_the_same_checks(workspace):
    drawn = pd.concat([each.rows for each in all_drawn().values()])
    for over, names in (
        ("draw", ["2025-001", "2025-002", "2026-001", "2026-002"]),
        ("quarter", ["2025Q3", "2025Q4", "2026Q1", "2026Q2"]),
        ("year", ["2025", "2026"]),
    ):
        periods = random_rows(trend(workspace, over), "periods")
        assert list(periods["period"]) == names
        assert periods["n"].sum() == drawn["result_codes"].notna().sum()
        assert periods["hits"].sum() == (drawn["result_codes"] == "corrected").sum()
        assert periods["n_drawn"].sum() == len(drawn)


def test_the_switch_of_model_and_of_ratios_stands_before_the_period_it_reaches(workspace):
    changes = random_rows(trend(workspace), "changes").set_index("kind")

    assert list(changes["period"]) == ["2026Q2", "2026Q2"]
    assert not changes["is_within"].any()
    assert set(changes["on"]) == {SWITCHED_ON}
    assert tuple(changes.loc["model", ["before", "after", "reference"]]) == (
        "scorecard", "woe_scorecard", MODEL_REFERENCE,
    )  # fmt: skip
    assert tuple(changes.loc["ratio", ["name", "reference"]]) == ("ratios.general", RATIO_REFERENCE)
    assert random_rows(trend(workspace, "year"), "changes")["is_within"].all()


def test_a_period_whose_results_are_still_to_come_says_so(workspace):
    periods = random_rows(trend(workspace, "draw"), "periods").set_index("period")

    assert list(periods["is_mature"]) == [True, True, True, False]
    assert periods.loc[LAST, "n_known"] < periods.loc[LAST, "n_drawn"]
    assert trend(workspace).is_current


def test_too_few_results_have_an_interval_and_no_point(workspace):
    rates = trend(workspace).rates
    small, firm = rates[rates["is_small"]], rates[~rates["is_small"] & (rates["n"] > 0)]

    assert len(small) and small["hit_rate"].isna().all() and small[["low", "high"]].notna().all(axis=None)
    assert len(firm) and firm["hit_rate"].notna().all()
    assert (rates["grade"] == "D")[rates["n"] < 10].any()


def test_visits_outside_draws_carry_the_grade_they_had_before(workspace):
    rates = trend(workspace).rates
    directed = rates[rates["mode"] == "directed"]

    assert set(directed["period"]) == {"2025Q4", "2026Q1", "2026Q2"}
    assert set(directed["basis"]) == {"not design-based"}
    assert not set(directed["basis"]) & set(rates.loc[rates["mode"] == "random", "basis"])


def test_a_district_reads_the_figures_of_its_own_rows_and_no_others(workspace):
    here, whole = trend(scoped(workspace, scope_of(districts=[HERE]))), trend(workspace)
    drawn = pd.concat([each.rows for each in all_drawn().values()])
    own = drawn[(drawn["district_code"] == HERE) & drawn["result_codes"].notna()]

    assert random_rows(here, "periods")["n"].sum() == len(own)
    assert random_rows(here, "periods")["n"].sum() < random_rows(whole, "periods")["n"].sum()
    pd.testing.assert_frame_equal(here.changes, whole.changes)
    assert hit_rate_trend(scoped(workspace, scope_of(districts=[THERE])), population=POPULATION, over="year") is None


def answer(capsys, workspace, *words, code=0):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["measure", *words, "--workspace", str(workspace.path)])
    assert left.value.code == code
    return capsys.readouterr().out


def test_the_command_prints_the_rows_of_the_page(workspace, capsys):
    said = json.loads(answer(capsys, workspace, "--over", "quarter", "--json"))
    found = trend(workspace)

    assert said["population"] == POPULATION
    for told, row in zip(said["rates"], found.rates.to_dict("records"), strict=True):
        assert (told["mode"], told["period"], told["grade"], told["n"]) == (
            row["mode"], row["period"], row["grade"], row["n"],
        )  # fmt: skip
        assert told["hit_rate"] == (None if row["is_small"] else pytest.approx(row["hit_rate"]))
    assert [each["kind"] for each in said["changes"] if each["mode"] == "random"] == ["model", "ratio"]


def test_people_read_what_changed_and_what_is_too_few(workspace, capsys):
    text = " ".join(answer(capsys, workspace, "--over", "draw", "--lang", "en").split())

    assert f"{SWITCHED_ON} before 2026-002: another model decides (grading.champion, scorecard → woe_scorecard)" in text
    assert f"other ratios hold (ratios.general) {RATIO_REFERENCE}" in text
    assert "too few" in text and "provisional" in text


@pytest.mark.parametrize("words", [("--over", "month"), ("--over", "year", "--population", "nobody")])
def test_what_is_not_there_is_refused(workspace, capsys, words):
    answer(capsys, workspace, *words, "--json", code=2)
