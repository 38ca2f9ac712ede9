"""The monthly run: once, resumed after a kill at any stage, held for a signature, reproduced after later loads."""

from datetime import date, timedelta

import pandas as pd
import pytest

from engine.api.grading.confirming import confirm_grades, high_risk_grades
from engine.api.grading.model_governance import governance, stability
from engine.api.grading.monthly import run_monthly, sign_off
from engine.api.grading.reproducing import reproduce
from engine.api.records.simulation import simulate
from engine.errors import MonthlyRunError, ShareMovementError, StoreError
from engine.pipeline.ports import Actor
from engine.pipeline.score_stability import values_shift
from engine.scorecard.tree import read_scorecard
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from models.demonstrations.shared import china_morning, load_records
from tests.small_sources import COMPLAINT_HEADER, take_in, write_lines

LAST_DAY = date(2025, 12, 31)
FIRST, SECOND = date(2025, 10, 31), date(2025, 11, 30)
ACTOR = Actor("Zhang San (fictional)", "analyst")
OTHER = Actor("Li Si (fictional)", "leader")
TABLES = {"features": "features", "score": "reasons", "grade": "grades", "warn": "warnings"}


def clock():
    return china_morning(LAST_DAY)


def make_city(path, *, seed=4, n=200):
    made = simulate(path / "sources", n_entities=n, years=2, seed=seed, last_day=LAST_DAY)
    workspace = Workspace(path / "workspace")
    load_records(workspace, [file.path for file in made.files], at=china_morning(LAST_DAY))
    return workspace


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    workspace = make_city(tmp_path_factory.mktemp("city"))
    yield workspace
    workspace.close()


def run(workspace, as_of, *, progress=None, actor=ACTOR):
    said = {} if progress is None else {"progress": progress}
    return run_monthly(workspace, as_of=as_of, profile="default", actor=actor, clock=clock, **said)


def run_signed(workspace, as_of):
    try:
        return run(workspace, as_of)
    except ShareMovementError:
        held = workspace.ledger.entries(action="monthly.held")[-1].subject
        sign_off(workspace, held, reason="seen", actor=OTHER, clock=clock)
        return run(workspace, as_of)


def tables(workspace, done):
    found = {}
    for kind, table in TABLES.items():
        rows = workspace.warehouse.read(table, run_id=done.runs[kind]).drop("run_id").execute()
        found[table] = pd.DataFrame(rows)
    return found


@pytest.fixture(scope="module")
def first(city):
    return run(city, FIRST)


def test_a_run_that_is_done_is_returned_and_nothing_is_done_twice(city, first):
    n_runs, n_entries = len(city.warehouse.runs()), len(city.ledger.entries())

    again = run(city, FIRST)

    assert again == first
    assert (len(city.warehouse.runs()), len(city.ledger.entries())) == (n_runs, n_entries)
    assert {"manifest.json", "grades.csv", "warnings.csv", "model-card.md"} <= set(first.exports)
    text = (city.path / "exports" / first.run_id / "model-card.md").read_text(encoding="utf-8")
    assert "个人信息保护影响评估" in text and "Impact assessment" not in text and "What it is for" not in text


class Killed(BaseException):
    pass


@pytest.mark.parametrize("stage", [0, 2, 4])
def test_a_run_killed_before_any_stage_goes_on_to_the_same_result(city, first, tmp_path_factory, stage, killed_cities):
    workspace = killed_cities
    day = SECOND - timedelta(days=stage)
    calls = []

    def stop(message, share=None):
        calls.append(message)
        if len(calls) == stage + 1:
            raise Killed

    with pytest.raises(Killed):
        run(workspace, day, progress=stop)
    done = run(workspace, day)

    runs = [r for r in workspace.warehouse.runs() if r.as_of == day]
    assert sorted(r.kind for r in runs) == sorted([*TABLES, "stability"])
    assert reproduce(workspace, done.run_id).ok


@pytest.fixture(scope="module")
def killed_cities(tmp_path_factory):
    workspace = make_city(tmp_path_factory.mktemp("killed"), n=120)
    yield workspace
    workspace.close()


def test_a_past_grade_is_reproduced_from_its_manifest_after_three_later_loads(tmp_path):
    workspace = make_city(tmp_path, seed=5)
    done = run(workspace, FIRST)
    grades = workspace.warehouse.read("grades", run_id=done.runs["grade"]).execute()
    firm = grades.sort_values("score").iloc[-1]["entity_id"]
    for n in range(3):
        # known before the run's day: read naively they would change its counts
        lines = [f"late{n}-{i},{firm},hygiene,true,2025-10-01,2025-10-02" for i in range(20)]
        take_in(workspace, write_lines(tmp_path / f"late{n}" / "complaints.csv", COMPLAINT_HEADER, *lines))

    found = reproduce(workspace, done.run_id, entity_id=firm)

    assert found.ok and found.notes == ()
    assert found.stored == found.computed
    assert found.n_rows["grades"] == len(grades)
    later = run_signed(workspace, FIRST)
    assert later.run_id != done.run_id
    now = workspace.warehouse.read("features", run_id=later.runs["features"]).execute().set_index("entity_id")
    then = workspace.warehouse.read("features", run_id=done.runs["features"]).execute().set_index("entity_id")
    assert now.loc[firm, "complaints_count_12m"] == then.loc[firm, "complaints_count_12m"] + 60
    assert reproduce(workspace, done.run_id).ok
    workspace.close()


def test_a_changed_input_file_is_named(tmp_path):
    workspace = make_city(tmp_path, seed=6, n=100)
    done = run(workspace, FIRST)
    path = next((workspace.path / "tables" / "penalties").glob("*.parquet"))
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(StoreError, match=path.name):
        reproduce(workspace, done.run_id)
    workspace.close()


def test_an_unknown_run_or_entity_is_refused_in_one_sentence(city, first):
    with pytest.raises(MonthlyRunError, match="there is none of that name"):
        reproduce(city, "monthly-none")
    with pytest.raises(MonthlyRunError, match="reg:none was not in it"):
        reproduce(city, first.run_id, entity_id="reg:none")
    with pytest.raises(MonthlyRunError, match="does not wait"):
        sign_off(city, first.run_id, reason="seen", actor=OTHER, clock=clock)


def hold(monkeypatch, limit=-1.0):
    monkeypatch.setattr("engine.api.grading.monthly_stages.share_movements", lambda before, now, *, limit: (_moved(),))


def _moved():
    from engine.grading.migration import ShareMovement

    return ShareMovement("enterprise", "D", 0.01, 0.2, 0.05)


def test_a_run_that_moves_too_many_waits_for_a_second_person(city, first, monkeypatch):
    hold(monkeypatch)
    with pytest.raises(ShareMovementError, match="second person"):
        run(city, SECOND)
    held = city.ledger.entries(action="monthly.held")[-1].subject
    assert not [r for r in city.warehouse.runs(kind="grade") if r.as_of == SECOND]

    with pytest.raises(MonthlyRunError, match="same person"):
        sign_off(city, held, reason="seen", actor=ACTOR, clock=clock)
    with pytest.raises(MonthlyRunError, match="no reason"):
        sign_off(city, held, reason=" ", actor=OTHER, clock=clock)
    sign_off(city, held, reason="a new list was loaded", actor=OTHER, clock=clock)
    with pytest.raises(MonthlyRunError, match="signed already"):
        sign_off(city, held, reason="again", actor=OTHER, clock=clock)

    done = run(city, SECOND)
    assert done.run_id == held
    assert len(city.ledger.entries(action="monthly.held")) == 1


def test_grade_d_is_proposed_until_a_named_person_decides(city, first):
    proposed = high_risk_grades(city, first.run_id)
    firm = proposed["entity_id"].iloc[0]
    assert set(proposed["status"]) == {"proposed"}

    with pytest.raises(MonthlyRunError, match="name the person"):
        machine = Actor("local operator", "admin")
        confirm_grades(city, first.run_id, [firm], is_confirmed=True, reason="x", actor=machine, clock=clock)
    with pytest.raises(MonthlyRunError, match="reg:none has no grade D"):
        confirm_grades(city, first.run_id, ["reg:none"], is_confirmed=True, reason="x", actor=OTHER, clock=clock)
    with pytest.raises(MonthlyRunError, match="no reason"):
        confirm_grades(city, first.run_id, [firm], is_confirmed=False, reason="", actor=OTHER, clock=clock)
    confirm_grades(city, first.run_id, [firm], is_confirmed=True, reason="file seen", actor=OTHER, clock=clock)
    with pytest.raises(MonthlyRunError, match="decided already"):
        confirm_grades(city, first.run_id, [firm], is_confirmed=False, reason="x", actor=OTHER, clock=clock)

    now = high_risk_grades(city, first.run_id).set_index("entity_id")
    assert now.loc[firm, "status"] == "confirmed" and now.loc[firm, "decided_by"] == OTHER.name


def test_governance_tells_of_every_run(city, first):
    found = governance(city)
    moved = stability(city, profile="default", on=LAST_DAY)

    assert first.run_id in set(found["runs"]["run_id"])
    assert set(found) == {"runs", "sign_offs"}
    assert first.run_id in set(moved["shares"]["run_id"])
    # the first run has none before it to move from, and the scorecard gives no chances
    # (other tests of this city may have run a later month before)
    assert all(first.run_id not in set(moved[name]["run_id"]) for name in ("scores", "features", "expected"))


def test_a_run_stores_its_movement_by_score_and_by_every_feature_the_score_reads(tmp_path):
    workspace = make_city(tmp_path, seed=9)
    run(workspace, FIRST)
    done = run_signed(workspace, SECOND)
    moved = stability(workspace, profile="default", on=LAST_DAY)
    grades = {name: workspace.warehouse.read("grades", run_id=name).execute() for name in grade_runs(workspace)}
    (before, now) = grades.values()

    assert set(moved["scores"]["run_id"]) == {done.run_id}
    score = moved["scores"].set_index("population").loc["enterprise"]
    own = [table[(table["population"] == "enterprise") & table["score"].notna()]["score"] for table in (before, now)]
    assert score["psi"] == pytest.approx(values_shift(*(each.to_numpy(dtype=float) for each in own)).psi)
    assert (score["n_before"], score["n_now"]) == tuple(map(len, own))
    book = load_policies()
    card = read_scorecard(book, name=book.value("scorecard.models", on=SECOND)["enterprise"], on=SECOND)
    features = moved["features"][moved["features"]["population"] == "enterprise"]
    assert set(features["feature"]) == {each.feature for each in card.indicators}
    values = {name: workspace.warehouse.read("features", run_id=name).execute() for name in feature_runs(workspace)}
    name = "penalties_count_24m" if "penalties_count_24m" in set(features["feature"]) else features["feature"].iloc[0]
    firms = [set(table.loc[table["population"] == "enterprise", "entity_id"]) for table in (before, now)]
    held = [
        table.loc[table["entity_id"].isin(ids), name].to_numpy(dtype=float, na_value=float("nan"))
        for table, ids in zip(values.values(), firms, strict=True)
    ]
    assert features.set_index("feature").loc[name, "psi"] == pytest.approx(values_shift(*held).psi)
    both = before.merge(now, on="entity_id")
    both = both[both["population_y"] == "enterprise"]
    changed = moved["changed"].set_index("population").loc["enterprise"]
    assert (changed["n"], changed["changed"]) == (len(both), (both["grade_x"] != both["grade_y"]).sum())
    workspace.close()


def grade_runs(workspace):
    return [each.run_id for each in workspace.warehouse.runs(kind="grade")]


def feature_runs(workspace):
    return [each.run_id for each in workspace.warehouse.runs(kind="features")]
