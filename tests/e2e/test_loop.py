"""The whole loop from the command line: demo, its published bundle, its JSON, the same again byte for byte."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres
from tests.draw_faults import kill_once, make_points, replay, two_at_once, two_signatures_at_once
from tests.evidence import draw_faults

ENTITIES = "3000"


def xinheng(*words: str, cwd: Path, actor: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XINHENG_LANG": "en", "OMP_NUM_THREADS": "1"}
    if actor:
        environment["XINHENG_ACTOR"] = actor
    return subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    done = xinheng("demo", "--entities", ENTITIES, "--seed", "7", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_demo_json_has_the_published_keys(demo):
    _, said = demo

    assert {"source", "as_of", "seconds", "entities", "records", "certificate", "workspace", "populations"} <= set(said)
    assert said["verified"] is True
    enterprise = next(entry for entry in said["populations"] if entry["name"] == "enterprise")
    assert {"grades", "base_rate", "lift", "rate_ratio_d_a", "trend_p"} <= set(enterprise["cohort"])
    for grade in enterprise["cohort"]["grades"]:
        assert {"grade", "share", "n", "hits", "hit_rate", "low", "high"} <= set(grade)
        if grade["n"]:
            assert 0 <= grade["low"] <= grade["hit_rate"] <= grade["high"] <= 1
    assert 0.5 < enterprise["inspection"]["auc"]["value"] < 1
    assert "0.1" in enterprise["inspection"]["precision_at"]


def test_every_drawn_check_came_back_as_a_random_row(demo):
    folder, said = demo
    from engine.api.workspace import open_workspace

    warehouse = open_workspace(folder / "workspace", create=False).warehouse
    rows = warehouse.history("inspections").filter(lambda t: t.draw_id == said["draw"]["draw_id"]).execute()

    assert len(rows) == said["draw"]["checks"]
    assert set(rows["selection_mode"]) == {"random"}
    assert rows["inclusion_probability"].between(0, 1).all()


def test_published_bundle_verifies_and_is_anchored_by_its_digest(demo):
    folder, said = demo

    plain = xinheng("verify", said["draw"]["bundle"], "--json", cwd=folder)
    anchored = xinheng(
        "verify", said["draw"]["bundle"], "--expect-commit", said["draw"]["commit_digest"], "--json", cwd=folder
    )
    other = xinheng("verify", said["draw"]["bundle"], "--expect-commit", "0" * 64, "--json", cwd=folder)

    assert plain.returncode == 0
    assert "not anchored" in json.loads(plain.stdout)["verdict"]
    assert json.loads(anchored.stdout)["anchored"] is True
    assert other.returncode == 14
    failed = [check["name"] for check in json.loads(other.stdout)["checks"] if not check["ok"]]
    assert failed == ["commitment.anchored"]


def test_the_same_inputs_give_the_same_certificate_byte_for_byte(demo, tmp_path):
    _, said = demo

    again = xinheng("demo", "--entities", ENTITIES, "--seed", "7", "--json", cwd=tmp_path)

    assert again.returncode == 0, again.stderr
    first, second = Path(said["certificate"]), Path(json.loads(again.stdout)["certificate"])
    assert first != second
    assert first.read_bytes() == second.read_bytes()


def test_private_part_of_a_draw_is_not_in_its_public_folder(demo):
    folder, said = demo
    public = Path(said["draw"]["bundle"])

    content = b"".join(path.read_bytes() for path in sorted(public.rglob("*")) if path.is_file())

    assert b"uscc:" not in content
    key = (folder / "workspace" / "private" / "2026-001" / "key").read_bytes()
    assert key.hex().encode() not in content
    assert (folder / "workspace" / "private" / "2026-001" / "key").stat().st_mode & 0o077 == 0


def test_one_commitment_is_one_draw(demo):
    folder, said = demo
    certificate = Path(said["certificate"]).read_bytes()

    same = xinheng("draw", "run", "2026-001", cwd=folder, actor="somebody else:leader")

    assert same.returncode == 14
    assert "one commitment is one draw" in same.stderr
    assert Path(said["certificate"]).read_bytes() == certificate


def test_who_committed_cannot_draw(demo):
    folder, _ = demo
    commit = ("draw", "commit", "2026-002", "--as-of", "2025-12-31", "--simulation", "3")
    unplanned = xinheng(*commit, "--item", "SCJG05", cwd=folder, actor="Zhang:draw_officer")
    published = xinheng(
        *("plan", "outside", "2026-002", "--item", "SCJG05", "--reason", "fictional outbreak", "--document", "No. 1"),
        cwd=folder,
        actor="Zhang:draw_officer",
    )
    committed = xinheng(*commit, "--item", "SCJG05", cwd=folder, actor="Zhang:draw_officer")

    alone = xinheng("draw", "run", "2026-002", cwd=folder, actor="Li:leader")
    twice = xinheng("draw", "sign", "2026-002", cwd=folder, actor="  ZHANG :leader")
    signed = xinheng("draw", "sign", "2026-002", cwd=folder, actor="Li:leader")
    refused = xinheng("draw", "run", "2026-002", cwd=folder, actor="Zhang:draw_officer")
    drawn = xinheng("draw", "run", "2026-002", "--json", cwd=folder, actor="Li:leader")

    assert unplanned.returncode == 14
    assert "not in a plan and no reason was published" in unplanned.stderr
    assert published.returncode == 0, published.stderr
    assert committed.returncode == 0, committed.stderr
    assert alone.returncode == 14 and "signed by 1 of two people" in alone.stderr
    assert twice.returncode == 14 and "the same person twice does not make two signatures" in twice.stderr
    assert signed.returncode == 0, signed.stderr
    assert refused.returncode == 14
    assert "a second person must run the draw" in refused.stderr
    assert drawn.returncode == 0, drawn.stderr
    said = json.loads(drawn.stdout)
    assert {"draw_id", "commit_digest", "seed", "items", "visits", "teams", "bundle"} <= set(said)
    assert set(said["items"]) == {"SCJG05"}


def test_a_draw_tells_how_fair_it_was_and_alarms_are_kept_over_draws(demo):
    folder, said = demo

    found = json.loads(xinheng("draw", "fairness", "2026-001", "--seeds", "20", "--json", cwd=folder).stdout)

    assert found["teams"] == said["draw"]["teams"]
    assert found["seeds"] == 20
    assert found["new_visits"]["most"] >= found["new_visits"]["mean"] > 0
    assert 1 <= found["effective"]["least"] <= found["eligible"]["most"]
    assert sum(found["rehearsal"]["rungs"]) + found["rehearsal"]["unstaffed"] == pytest.approx(1)
    assert {row["test"] for row in found["monitors"]} == {"tickets", "district", "year of registration", "id prefix"}


def test_a_rehearsal_says_how_often_visits_can_be_staffed_and_commits_nothing(demo):
    folder, _ = demo
    asked = ("draw", "commit", "2026-003", "--as-of", "2025-12-31", "--simulation", "3", "--item", "SCJG05")

    xinheng(
        *("plan", "outside", "2026-003", "--item", "SCJG05", "--reason", "fictional outbreak", "--document", "No. 2"),
        cwd=folder,
        actor="Zhang:draw_officer",
    )

    tried = xinheng(*asked, "--rehearse", "3", "--json", cwd=folder, actor="Zhang:draw_officer")

    assert tried.returncode == 0, tried.stderr
    found = json.loads(tried.stdout)["rehearsal"]
    assert found["seeds"] == 3
    assert sum(found["rungs"]) + found["unstaffed"] == pytest.approx(1)
    assert found["visits"] > 0
    assert not (folder / "workspace" / "draws" / "2026-003").exists()


def test_reasons_of_a_score_add_up(demo):
    folder, _ = demo
    from engine.api.workspace import open_workspace

    warehouse = open_workspace(folder / "workspace", create=False).warehouse
    scores = warehouse.read("scores").execute()
    top = scores[scores["model"] == "scorecard"].nlargest(1, "score").iloc[0]

    told = xinheng("explain", top["entity_id"], "--json", cwd=folder)

    said = json.loads(told.stdout)
    assert sum(reason["points"] for reason in said["reasons"]) == pytest.approx(top["score"], abs=1e-5)
    assert all(reason["sentence"] for reason in said["reasons"])


def test_a_demo_never_replaces_what_it_did_not_make(tmp_path):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "mine.txt").write_text("keep", encoding="utf-8")

    refused = xinheng("demo", "--entities", ENTITIES, cwd=tmp_path)

    assert refused.returncode == 2
    assert "no demonstration made" in refused.stderr
    assert (tmp_path / "workspace" / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_killed_processes_and_two_operators_leave_one_draw_whole_or_not_at_all(demo):
    folder, _ = demo

    claims = draw_faults.run(full=False, base=folder / "workspace")

    assert [claim["faults"] for claim in claims] == [[], [], []]


@pytest.mark.server
def test_two_operators_on_a_server_make_one_draw(demo, tmp_path_factory):
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    if postgres.program("initdb") is None or postgres.program("pg_ctl") is None:
        pytest.skip("no PostgreSQL server programs on this machine: install postgresql to try the server")
    points = make_points(demo[0] / "workspace", tmp_path_factory.mktemp("points"))
    trial = tmp_path_factory.mktemp("trial") / "ws"

    with postgres.server(tmp_path_factory.mktemp("pg")) as url:
        database = url.format(name="postgres")
        found = [
            fault
            for step in draw_faults.MOMENTS
            for fault in two_at_once(points, step, folder=trial, database_url=database)
        ]
        found += two_signatures_at_once(points, folder=trial, database_url=database)
        found += kill_once(points, "run", stop=900, folder=trial, database_url=database)
        found += replay(points, folder=trial, database_url=database)

    assert found == []
