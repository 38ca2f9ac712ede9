"""Erasure under law: no row is left in any file, a tombstone is, and what rested on it says so."""

import json
from datetime import UTC, date, datetime

import pytest

from engine.api.grading.replay import replay
from engine.api.reading.record import credit_record
from engine.api.records.erasure import erase, listed_tombstones, require_unerased_draw
from engine.api.scoring.assessment import build
from engine.errors import ErasedError, StoreError, TableMissingError, UsageError
from engine.store.draws.folders import DrawFolder
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, complaint, entity, take_in, write_lines

NOW = datetime(2026, 7, 3, 9, tzinfo=UTC)
FIRM = "reg:77001122"
INSPECTIONS = (
    "inspection_id,visit_id,entity_id,item_code,department_code,selection_mode,result_codes,occurred_on,known_at"
)


def of_firm(line):
    return line.replace("reg:1,", f"{FIRM},")


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    good = [of_firm(complaint(1)), complaint(2, of=2), of_firm(complaint(3))]
    take_in(
        workspace,
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, of_firm(entity(1)), entity(2)),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, *good, of_firm(complaint(4, true="perhaps"))),
        write_lines(tmp_path / "inspections.csv", INSPECTIONS,
                    f"i1,v1,{FIRM},X,M,scheduled,no_problem,2021-02-01,2021-02-01",
                    "i2,v2,reg:2,X,M,scheduled,no_problem,2021-02-01,2021-02-01"),
    )  # fmt: skip
    take_in(workspace, write_lines(tmp_path / "complaints-again.csv", COMPLAINT_HEADER, *good, complaint(5, of=2)))
    yield workspace
    workspace.close()


def run(workspace, entity_id=FIRM, **said):
    asked = {"reference": "个人信息保护法 art. 47", "reason": "request 7", **said}
    return erase(workspace, entity_id, **asked, actor=ACTOR, clock=lambda: NOW)


def build_features(workspace):
    return build(workspace, as_of=date(2021, 3, 1), profile="default", actor=ACTOR, clock=lambda: NOW)


def test_no_file_of_the_workspace_names_the_object_any_more(workspace):
    build_features(workspace)

    done = run(workspace)

    value = FIRM.partition(":")[2].encode()
    assert [p.name for p in workspace.path.rglob("*") if p.is_file() and value in p.read_bytes()] == []
    assert {t: n for t, n in done.tombstone.rows.items()} == {
        "complaints": 5, "entities": 1, "features": 1, "inspections": 1,
    }  # fmt: skip
    assert workspace.warehouse.table("complaints").count().execute() == 2
    assert workspace.ledger.first_break() is None


def test_others_stay_as_they_were(workspace):
    before = credit_record(workspace, "reg:2")

    run(workspace)

    assert credit_record(workspace, "reg:2") == before


def test_the_tombstone_holds_law_person_counts_and_digests_but_no_row(workspace):
    run(workspace)

    (stone,) = listed_tombstones(workspace)
    (entry,) = workspace.ledger.entries(action="entity.erased")
    assert (stone.reference, stone.reason, stone.actor, stone.day) == (
        "个人信息保护法 art. 47", "request 7", ACTOR.name, NOW.date(),
    )  # fmt: skip
    assert FIRM not in json.dumps(entry.particulars) and FIRM not in entry.subject
    assert all(len(d) == 64 for held in entry.particulars["tables"].values() for d in held["digests"])


def test_the_record_and_a_replay_name_the_law(workspace):
    run_id = build_features(workspace)
    assert replay(workspace, run_id).ok

    run(workspace)

    with pytest.raises(TableMissingError, match="erased on 2026-07-03 under 个人信息保护法"):
        credit_record(workspace, FIRM)
    with pytest.raises(ErasedError, match="not reproducible: erased under 个人信息保护法 art. 47"):
        replay(workspace, run_id)
    assert replay(workspace, build_features(workspace)).ok  # a run after the erasure stands


def test_a_replay_says_what_differs_and_what_may_explain_it(workspace, tmp_path):
    run_id = build_features(workspace)
    take_in(workspace, write_lines(tmp_path / "complaints-late.csv", COMPLAINT_HEADER, complaint(9, of=2)))

    found = replay(workspace, run_id)

    assert not found.ok and found.tables["features"] == 2
    assert [str(note) for note in found.notes] == ["1 load(s) or reversals came after the run"]


@pytest.mark.parametrize("said", [{"reference": " "}, {"reason": ""}, {"entity_id": "reg:404"}])
def test_without_law_reason_or_rows_nothing_is_erased(workspace, said):
    with pytest.raises(UsageError):
        run(workspace, **said)

    assert listed_tombstones(workspace) == []


def test_erased_rows_do_not_come_back_with_a_reversal(workspace):
    run(workspace)
    from engine.api.records.intake import loads, reverse

    reverse(workspace, loads(workspace)[0].load_id, reason="wrong file", actor=ACTOR, clock=lambda: NOW)

    held = workspace.warehouse.table("complaints").order_by("complaint_id").execute()
    assert held[["complaint_id", "entity_id"]].values.tolist() == [["c2", "reg:2"], ["c5", "reg:2"]]


def committed(workspace, draw_id="2026-001"):
    import pandas as pd

    from engine.store.draws.folders import TABLES, PrivateDraw

    frame = pd.DataFrame({"object_id": [FIRM, "reg:2"], "item_code": "X", "stratum": "s", "exclusion": None})
    few = pd.DataFrame({"inspector_code": ["I1"], "object_id": ["reg:2"]})
    tables = dict.fromkeys(TABLES, few) | {"frame": frame, "units": frame[["object_id"]]}
    private = PrivateDraw(key=bytes(32), settings={}, **tables)
    DrawFolder(workspace.path, draw_id=draw_id).write(b"{}", private)
    return workspace.path / "draws" / draw_id


def test_an_object_in_a_committed_draw_is_not_erased_before_the_draw(workspace):
    folder = committed(workspace)

    with pytest.raises(StoreError, match="2026-001 is committed with this object and not drawn"):
        run(workspace)

    (folder / "certificate.json").write_bytes(b"{}")
    assert run(workspace).tombstone.draws == ("2026-001",)
    with pytest.raises(ErasedError, match="2026-001 is not reproducible"):
        require_unerased_draw(workspace, "2026-001")


def test_a_process_killed_before_the_commit_leaves_everything_and_after_it_nothing(workspace, monkeypatch):
    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(workspace.ledger), "append", die)
        with pytest.raises(KeyboardInterrupt):
            run(workspace)
    assert len(credit_record(workspace, FIRM)) == 4

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", lambda path, **_: die() if ".erased-" not in path.name else None)
        with pytest.raises(KeyboardInterrupt):
            run(workspace)
    with pytest.raises(TableMissingError, match="erased"):
        credit_record(workspace, FIRM)
    with workspace.writing():
        pass
    value = FIRM.partition(":")[2].encode()
    assert [p.name for p in workspace.path.rglob("*.parquet") if value in p.read_bytes()] == []
