"""The laboratory's commands over a small workspace print the keys that other programs read."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from engine.api.records.intake import ingest
from engine.cli import main
from engine.pipeline.ports import Actor
from engine.store.documents import read_parameters
from engine.store.workspaces.workspace import Workspace
from tests.unit.engine.pipeline.test_laboratory import results, selections

ACTOR = Actor("Li Si (fictional)", "analyst")
ITEMS = """item_code,name,department_code,item_class,ratio_cap,basis,body,content,method,edition,applies_to_types,\
occurred_on,known_at
k1,Food,SCJG,key,,Food law,bureau,all,on site,2025,enterprise,2025-01-01,2025-01-01
g1,Prices,SCJG,general,0.5,Price law,bureau,all,on site,2025,enterprise,2025-01-01,2025-01-01
"""


def workspace_with(folder, mode="random", *, cap="0.5"):
    frame = selections().assign(entity_id=lambda rows: "reg:" + rows["entity_id"], selection_mode="random")
    found = results(frame, mode=mode)
    rows = found.assign(
        inspection_id=[f"i{at}" for at in range(len(found))],
        visit_id=[f"v{at}" for at in range(len(found))],
        department_code="SCJG",
        draw_id="2026-001",
        stratum="s",
        design_probability=0.5,
        inclusion_probability=0.5,
        occurred_on="2026-02-01",
        known_at="2026-02-01",
    )
    if mode != "random":  # the contract knows probabilities of random rows only
        rows = rows.drop(columns=["stratum", "design_probability", "inclusion_probability"])
    rows.to_csv(folder / "inspections.csv", index=False)
    (folder / "items.csv").write_text(ITEMS.replace(",0.5,", f",{cap},"), encoding="utf-8")
    workspace = Workspace(folder / "workspace")
    sources = [folder / "items.csv", folder / "inspections.csv"]
    ingest(workspace, sources, actor=ACTOR, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    workspace.warehouse.write_run(
        {"selections": frame.drop(columns="selection_mode")},
        kind="draw",
        as_of=date(2025, 12, 31),
        manifest={},
        actor=ACTOR,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("laboratory"))


def answer(capsys, workspace, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["policy", *words, "--as-of", "2026-01-01", "--workspace", str(workspace.path), "--json", "--lang", "en"])
    return left.value.code, json.loads(capsys.readouterr().out)


def test_simulate_prints_spread_visits_days_and_burden(workspace, capsys):
    status, found = answer(capsys, workspace, "simulate", "--draws", "50")

    assert status == 0
    assert found["hits"]["p10"] <= found["hits"]["p50"] <= found["hits"]["p90"]
    assert set(found["burden"]) == set("ABCD")
    assert found["burden"]["D"] == pytest.approx(0.6)
    assert found["person_days"] == pytest.approx(0.5 * found["checks"], abs=1)
    assert found["visits"] > 0
    assert found["half_width"]["level"] == 0.95
    assert set(found["half_width"]) == {"level", "total", *"ABCD"}
    assert found["half_width"]["D"] < 1


def test_a_policy_against_itself_has_the_same_interval_to_the_last_bit(workspace, capsys):
    _, found = answer(capsys, workspace, "simulate", "--draws", "20", "--against", "default")

    assert found["half_width"] == found["against"]["half_width"]
    assert {gap["mean"] for gap in found["against"]["difference"].values()} == {0.0}


def test_person_days_of_all_departments_together_are_kept(workspace, capsys):
    words = ("optimise", "--person-days", "60", "--draws", "20")

    status, found = answer(capsys, workspace, *words)

    assert status == 0
    # 100 units of each grade and item, half a person-day each
    assert sum(0.5 * 100 * sum(held.values()) for held in found["ratios"].values()) == pytest.approx(60, abs=1e-3)
    assert "one more person-day in all departments together finds" in " ".join(found["binding"])


def test_evaluate_prints_value_limits_and_method(workspace, capsys):
    status, found = answer(capsys, workspace, "evaluate", "--profile", "uniform")

    assert status == 0
    assert found["low"] <= found["value"] <= found["high"]
    assert found["value"] == pytest.approx(0.05 * 160)
    assert (found["identified"], found["method"]) == (True, "ht")
    assert found["contrast"]["value"] == pytest.approx(0.05 * 160 - 80)


def test_optimise_prints_ratios_prices_and_curve(workspace, capsys):
    status, found = answer(capsys, workspace, "optimise", "--checks", "100", "--class-a-cv", "0.9", "--draws", "20")

    assert status == 0
    assert set(found["ratios"]) == {"general", "key"}
    assert any(sentence.startswith("one more check finds") for sentence in found["binding"])
    findings = [point["findings"] for point in found["curve"]]
    assert findings == pytest.approx(sorted(findings, reverse=True))


def test_the_second_draw_of_a_year_gets_the_best_of_what_the_first_left(tmp_path, capsys):
    second = ("optimise", "--draw-number", "2", "--draws-per-year", "2", "--draws", "20")

    status, found = answer(capsys, workspace_with(tmp_path, cap="0.9"), *second, "--checks", "500")

    assert status == 0
    assert found["checks_so_far"] == 400
    assert sum(100 * sum(held.values()) for held in found["ratios"].values()) == pytest.approx(500)
    assert found["curve"][0]["checks"] <= 100 + 8  # whole checks: a stratum's are rounded up


def test_a_second_draw_after_the_cap_was_used_up_is_refused_by_the_caps_name(workspace, capsys):
    second = ("optimise", "--draw-number", "2", "--draws-per-year", "2", "--draws", "20")

    status, found = answer(capsys, workspace, *second)

    assert status == 12
    assert "ratio cap 1/2 of g1" in found["error"]["message"]


def test_limits_that_conflict_are_named_with_status_12(workspace, capsys):
    status, found = answer(capsys, workspace, "optimise", "--checks", "10", "--total-cv", "0.01", "--draws", "20")

    assert status == 12
    assert "at most 10 checks + coefficient of variation of total at most 0.01" in found["error"]["message"]


def test_scheduled_rows_are_refused_with_status_15(tmp_path, capsys):
    status, found = answer(capsys, workspace_with(tmp_path, mode="scheduled"), "evaluate")

    assert status == 15
    assert "scheduled" in found["error"]["message"]


def test_a_policy_against_itself_differs_by_exactly_nothing(workspace, capsys):
    status, found = answer(capsys, workspace, "simulate", "--draws", "50", "--against", "default")

    assert status == 0
    nothing = {"mean": 0.0, "p10": 0.0, "p50": 0.0, "p90": 0.0}
    assert found["against"]["difference"] == dict.fromkeys(found["measures"], nothing)


def test_the_difference_from_another_profile_is_given_with_its_spread(workspace, capsys):
    _, found = answer(capsys, workspace, "simulate", "--draws", "200", "--against", "uniform")

    gap = found["against"]["difference"]["findings"]
    assert gap["p10"] <= gap["p50"] <= gap["p90"]
    assert gap["p10"] > 0
    assert gap["mean"] == pytest.approx(found["hits"]["p50"] - found["against"]["hits"]["p50"], abs=3)


def test_two_draws_a_year_check_half_of_it_each(workspace, capsys):
    _, once = answer(capsys, workspace, "simulate", "--draws", "50")
    _, twice = answer(capsys, workspace, "simulate", "--draws", "50", "--draws-per-year", "2")

    assert twice["checks"] == pytest.approx(once["checks"] / 2, abs=4)  # key items round every cell up
    assert twice["draws_per_year"] == 2


def test_the_frame_and_what_stays_outside_are_said(workspace, capsys):
    _, found = answer(capsys, workspace, "simulate", "--draws", "50")

    assert found["frame"] == {"source": "frame of draw 2026-001; the workspace has no grades", "outside": {}}


def test_a_later_draw_of_the_year_takes_what_earlier_ones_left(workspace, capsys):
    # half of every cell was drawn this year: nothing is left of the quotas but 10 checks of D (60 % less 50); elsewhere
    # the floor remains, one check a stratum of the key item; the cap of the general item, one half, is used up
    _, found = answer(capsys, workspace, "simulate", "--draws", "50", "--draw-number", "2", "--draws-per-year", "2")

    assert found["checks"] == pytest.approx(3 + 10)
    assert found["violations"] == ["g1: the ratio cap 1/2 leaves 0 checks, below the floor of some grade (Price law)"]


def test_allocate_shows_what_a_draw_would_commit_to_and_why(workspace, capsys):
    status, found = answer(capsys, workspace, "allocate")

    strata = {(row["item_code"], row["grade"]): row for row in found["strata"]}
    assert status == 0
    assert strata[("g1", "A")]["ratio"] == "1/100"
    assert strata[("k1", "D")] | {"stratum": ""} == {
        "item_code": "k1",
        "stratum": "",
        "district_code": "d1",
        "grade": "D",
        "is_due": False,
        "n_units": 100,
        "ratio": "3/5",
        "expected_units": 60.0,
        "fewest": 60,
        "most": 60,
        "rounding": "ceil",
        "trimmed_by": "",
    }
    assert (found["notes"], found["violations"]) == ([], [])


def test_best_ratios_are_chosen_within_a_district_and_written_as_a_draft(workspace, tmp_path, capsys):
    path = tmp_path / "draft.yaml"
    words = ("optimise", "--person-days", "SCJG@d1=60", "--visits", "A=0.05", "--draws", "20")

    status, found = answer(capsys, workspace, *words, "--write-draft", str(path), "--valid-from", "2099-01-01")
    _, checked = answer(capsys, workspace, "check", "--draft", str(path))

    assert status == 0
    assert max(held["A"] for held in found["ratios"].values()) <= 0.05 + 1e-9
    assert any(sentence.startswith("one more person-day in d1 SCJG finds") for sentence in found["binding"])
    values = read_parameters(path)
    assert set(values) == {"ratios.general", "ratios.key"}
    drafted = values["ratios.key"].values[date(2099, 1, 1)].value
    assert set(drafted) == set("ABCDU")
    assert float(Fraction(drafted["D"])) == pytest.approx(found["ratios"]["key"]["D"], abs=1.1e-6)
    assert checked["ok"]


@pytest.mark.parametrize(
    "words",
    [
        ("--person-days", "SCJG"),
        ("--person-days", "=3"),
        ("--person-days", "X=-1"),
        ("--visits", "A"),
        ("--visits", "Z=1"),
    ],
)
def test_limits_that_cannot_be_read_are_refused_with_status_2(workspace, words, capsys):
    status, found = answer(capsys, workspace, "optimise", *words)

    assert status == 2
    assert "write" in found["error"]["message"]
