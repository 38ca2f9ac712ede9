"""``xinheng measure`` over a workspace with draws of two winters and one summer."""

import json
from datetime import UTC, date, datetime

import pytest

from engine.api.records.intake import ingest
from engine.cli import main
from engine.pipeline.ports import Actor
from engine.store.workspaces.workspace import Workspace
from tests.measured_world import ITEMS, drawn_rows

ACTOR = Actor("Li Si (fictional)", "analyst")
DRAWS = {"2025-001": ("2025-02", 1), "2025-002": ("2025-07", 2), "2026-001": ("2026-03", 3)}
ONE_TEAM = {"2024-001": ("2024-02", 4)}
FEW_REACHED = {"2023-001": ("2023-02", 5)}
"""In district d3 six objects were met."""
AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measure")
    opened = Workspace(folder / "workspace")
    runs = {
        draw_id: drawn_rows(
            draw_id=draw_id,
            month=month,
            seed=seed,
            teams=1 if draw_id in ONE_TEAM else 6,
            districts=("d1", "d2", "d3") if draw_id in FEW_REACHED else ("d1", "d2"),
        )
        for draw_id, (month, seed) in {**FEW_REACHED, **ONE_TEAM, **DRAWS}.items()
    }
    few = runs["2023-001"][0]
    few.loc[few.index[few["district_code"] == "d3"][6:], "result_codes"] = "unreachable"
    runs["2024-001"][0].loc[3:8, "result_codes"] = "exited"
    runs["2024-001"][0].loc[10:18, "result_codes"] = None
    for draw_id, (results, _) in runs.items():
        path = folder / draw_id / "inspections.csv"
        path.parent.mkdir()
        _inspections(results, draw_id).to_csv(path, index=False)
        ingest(opened, [path], actor=ACTOR, clock=lambda: AT)
    (folder / "items.csv").write_text(_items(), encoding="utf-8")
    ingest(opened, [folder / "items.csv"], actor=ACTOR, clock=lambda: AT)
    for draw_id, (results, strata) in runs.items():
        kept = results[
            ["draw_id", "entity_id", "item_code", "stratum", "grade", "district_code", "inclusion_probability"]
        ]
        selections = kept.assign(is_drawn=True, selection_order=1, design_probability=results["inclusion_probability"])
        opened.warehouse.write_run(
            {"selections": selections, "strata": strata},
            kind="draw",
            as_of=date(int(draw_id[:4]) - 1, 12, 31),
            manifest={"draw_id": draw_id},
            actor=ACTOR,
            at=AT,
        )
    return opened


def _inspections(results, draw_id):
    rows = results.drop(columns=["grade", "district_code", "item_class", "sector", "population"])
    days = results["occurred_on"].dt.date
    return rows.assign(
        inspection_id=[f"{draw_id}-{at}" for at in range(len(rows))],
        visit_id=[f"{draw_id}-{name}" for name in rows["entity_id"]],
        design_probability=rows["inclusion_probability"],
        occurred_on=days,
        known_at=days,
    )


def _items():
    head = "item_code,name,department_code,item_class,ratio_cap,basis,body,content,method,edition,applies_to_types"
    rows = [
        f"{item},{item} check,{department},key,,law,bureau,all,on site,2025,enterprise,2020-01-01,2020-01-01"
        for item, department in ITEMS.items()
    ]
    return "\n".join([f"{head},occurred_on,known_at", *rows]) + "\n"


def answer(capsys, workspace, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["measure", *words, "--workspace", str(workspace.path), "--json", "--lang", "en"])
    return left.value.code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("by", "domains"),
    [
        ("grade", ["", "A", "D"]),
        ("district", ["", "d1", "d2"]),
        ("department", ["", "SCJG", "YJ"]),
        ("item", ["", "F01", "F02"]),
        ("class", ["", "key"]),
    ],
)
def test_the_latest_draw_is_measured_by_any_domain(workspace, capsys, by, domains):
    status, found = answer(capsys, workspace, "--by", by)

    assert status == 0
    assert found["draws"] == ["2026-001"]
    assert [row["domain"] for row in found["domains"]] == domains
    assert all(row["low"] <= row["rate"] <= row["high"] for row in found["domains"] if row["rate"] is not None)
    assert {row["status"] for row in found["domains"]} <= {"shown", "marked", "withheld"}


def test_the_same_season_of_two_years_is_compared(workspace, capsys):
    status, found = answer(capsys, workspace, "--draws", "2026-001", "--against", "2025-001")

    assert status == 0
    assert [row["domain"] for row in found["change"]] == ["", "A", "D"]
    whole = found["change"][0]
    assert whole["change"] == pytest.approx(whole["later"] - whole["earlier"])


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--draws", "2026-001", "--against", "2025-002"), 15, "are different seasons"),
        (("--draws", "2026-001", "--against", "2026-001"), 15, "is part of both periods"),
        (("--by", "colour"), 2, "measure by grade, district"),
        (("--by", "grade", "--compare"), 2, "compare by district, department, sector"),
        (("--draws", "1999-001"), 2, "name draws that were run"),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(workspace, capsys, words, status, said):
    code, found = answer(capsys, workspace, *words)

    assert code == status
    assert said in found["error"]["message"]


def test_units_are_compared_with_limits_and_ranks(workspace, capsys):
    status, found = answer(capsys, workspace, "--by", "district", "--compare")

    assert status == 0
    assert [unit["domain"] for unit in found["units"]] == ["d1", "d2"]
    assert all(unit["warn_low"] < 1 < unit["warn_high"] for unit in found["units"])
    assert all(unit["rank_low"] <= unit["rank_high"] for unit in found["units"])


def said(capsys, workspace, *words):
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["measure", *words, "--workspace", str(workspace.path), "--lang", "en"])
    return left.value.code, capsys.readouterr().out


def test_what_could_not_be_checked_is_said_beside_the_rate(workspace, capsys):
    _, found = answer(capsys, workspace, "--draws", "2024-001", "--by", "population")
    code, text = said(capsys, workspace, "--draws", "2024-001", "--by", "population")
    whole = found["domains"][0]

    assert code == 0
    for share, sentence in (
        (whole["unreachable"], "could not be reached: a domain of their own, neither clean nor in violation"),
        (whole["not_assessable"], "had closed or do not carry on the business: a domain of their own"),
        (whole["not_done"], "have no result yet: be they all clean or all in violation, the rate lies in"),
    ):
        assert f"{share:.1%} {sentence}" in " ".join(text.split())
        assert any(sentence in note for note in whole["notes"])
    assert whole["rate"] is None or whole["bound_low"] < whole["rate"] < whole["bound_high"]


def test_teams_are_clusters_and_one_team_alone_is_withheld_by_name(workspace, capsys):
    _, several = answer(capsys, workspace, "--by", "district")
    status, alone = answer(capsys, workspace, "--draws", "2024-001", "--by", "district")

    assert status == 0
    assert any("with only 12 teams the interval may be too short" in note for note in several["domains"][0]["notes"])
    for row in alone["domains"][1:]:
        assert row["teams"] == 1
        assert (row["status"], row["rate"]) == ("withheld", None)
        assert any("one team made every check here" in note for note in row["notes"])


def test_a_rate_on_too_few_is_withheld_by_name_and_so_is_what_would_give_it_away(workspace, capsys):
    status, found = answer(capsys, workspace, "--by", "district", "--draws", "2023-001")
    code, text = said(capsys, workspace, "--by", "district", "--draws", "2023-001")
    flagged = {row["domain"]: row for row in found["domains"] if row["status"] == "withheld"}

    assert (status, code) == (0, 0)
    assert len(flagged) == 2
    assert all(row["rate"] is None and row["findings"] is None for row in flagged.values())
    assert any("withheld: 6 reached units, fewer than 10" in note for note in flagged["d3"]["notes"])
    assert "withheld: with it, what was found in d3 could be computed from the figure of all" in " ".join(text.split())


def test_people_read_a_table(workspace, capsys):
    for words in ((), ("--against", "2025-001"), ("--by", "district", "--compare")):
        with pytest.raises(SystemExit) as left:
            main(["measure", *words, "--workspace", str(workspace.path), "--lang", "zh"])
        assert left.value.code == 0
    text = capsys.readouterr().out
    assert "违法率" in text or "问题率" in text
