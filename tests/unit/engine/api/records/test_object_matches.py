"""Duplicates of the object library: proposed, decided, undone; reads see one object from the day of the merge on."""

from datetime import UTC, date, datetime

import pytest

from engine.api.reading.record import credit_record
from engine.api.records.object_matches import decide_matches, object_matches, undo_match
from engine.errors import UsageError
from engine.features.cohorts import cohort
from engine.store.workspaces.workspace import Workspace
from engine.windows import is_known
from tests.small_sources import ACTOR, COMPLAINT_HEADER, complaint, take_in, write_lines

HEADER = "entity_id,uscc,reg_no,name,entity_type,population,industry_code,district_code,status,occurred_on,known_at"
CODE, OTHER = "91330602MA0000015K", "91350100M000100Y43"
TODAY = datetime(2022, 1, 10, 9, tzinfo=UTC)
MERGED_ON = TODAY.date()


def line(entity_id, uscc="", reg_no="", name="甲"):
    return f"{entity_id},{uscc},{reg_no},{name},enterprise,enterprise,H62,330602,active,2020-01-01,2020-01-02"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    take_in(
        workspace,
        write_lines(
            tmp_path / "entities.csv", HEADER,
            line(f"uscc:{CODE}", CODE, "330600001"), line("reg:1", "", "330600001"), line("other:1", CODE, "7", "乙"),
            line(f"uscc:{OTHER}", OTHER, "330600001"), line("reg:9", "", "9"),
        ),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER,
                    complaint(1), complaint(1, true="true", known_at="2021-05-01"), complaint(2, of=9)),
    )  # fmt: skip
    yield workspace
    workspace.close()


def pairs(workspace, state="open"):
    found = object_matches(workspace)
    return {row.merged_id: row.match_id for row in found[found["state"] == state].itertuples()}


def decide(workspace, *ids, merge=True, **asked):
    return decide_matches(workspace, ids, merge=merge, reason="same firm", actor=ACTOR, clock=lambda: TODAY, **asked)


def complaints_on(workspace, day):
    rows = workspace.warehouse.history("complaints")
    found = rows.filter(is_known(rows, on=day)).order_by("complaint_id").execute()
    return list(zip(found["complaint_id"], found["entity_id"], found["is_substantiated"].isna(), strict=True))


def test_pairs_share_a_code_or_an_old_number_and_two_codes_are_two_bodies(workspace):
    found = object_matches(workspace).set_index("merged_id")

    assert found[["kept_id", "rule", "is_same_name"]].to_dict("index") == {
        "other:1": {"kept_id": f"uscc:{CODE}", "rule": "uscc", "is_same_name": False},
        "reg:1": {"kept_id": f"uscc:{CODE}", "rule": "reg_no", "is_same_name": True},
    }


def test_reads_see_the_merged_object_from_the_day_of_the_merge_on_and_not_before(workspace):
    decide(workspace, pairs(workspace)["reg:1"])

    assert complaints_on(workspace, date(2022, 1, 9)) == [("c1", "reg:1", False), ("c2", "reg:9", True)]
    assert complaints_on(workspace, MERGED_ON) == [("c1", f"uscc:{CODE}", False), ("c2", "reg:9", True)]
    assert complaints_on(workspace, date(2021, 4, 1))[0] == ("c1", "reg:1", True)
    entities = workspace.warehouse.history("entities")
    before, after = (set(cohort(entities, as_of=day).execute()["entity_id"]) for day in (date(2022, 1, 9), MERGED_ON))
    assert before - after == {"reg:1"} and not after - before


def test_the_record_of_either_identifier_is_that_of_the_object(workspace):
    decide(workspace, pairs(workspace)["reg:1"])

    told = [
        (e.table, e.record_id, e.details.get("loaded_under"))
        for e in credit_record(workspace, "reg:1", as_of=MERGED_ON)
    ]

    assert told == [(e.table, e.record_id, e.details.get("loaded_under"))
                    for e in credit_record(workspace, f"uscc:{CODE}", as_of=MERGED_ON)]  # fmt: skip
    assert ("complaints", "c1", "reg:1") in told and ("entities", f"uscc:{CODE}", None) in told
    assert ("matches", told[-1][1], None) == told[-1]
    assert {e.table for e in credit_record(workspace, f"uscc:{CODE}", as_of=date(2021, 6, 1))} == {"entities"}


def test_a_merge_is_undone_and_the_records_go_back(workspace):
    match = pairs(workspace)["reg:1"]
    decide(workspace, match)

    undo_match(workspace, match, reason="two shops", actor=ACTOR, clock=lambda: TODAY.replace(month=2))

    assert complaints_on(workspace, MERGED_ON)[0][1] == f"uscc:{CODE}"
    assert complaints_on(workspace, date(2022, 2, 10))[0][1] == "reg:1"
    assert "reg:1" in set(
        cohort(workspace.warehouse.history("entities"), as_of=date(2022, 2, 10)).execute()["entity_id"]
    )
    assert pairs(workspace)["reg:1"] == match


def test_a_pair_kept_apart_is_not_proposed_again_until_taken_up(workspace):
    match = pairs(workspace)["reg:1"]
    decide(workspace, match, merge=False)

    assert "reg:1" not in pairs(workspace) and pairs(workspace, "kept_apart") == {"reg:1": match}
    undo_match(workspace, match, reason="new papers", actor=ACTOR, clock=lambda: TODAY)
    assert "reg:1" in pairs(workspace)


@pytest.mark.parametrize("asked", [{"on": date(2021, 4, 30)}, {}])
def test_a_merge_changes_no_past_and_is_decided_once(workspace, asked):
    match = pairs(workspace)["reg:1"]
    if not asked:
        decide(workspace, match)

    with pytest.raises(UsageError):
        decide(workspace, match, **asked)


def test_the_same_history_is_read_after_a_merge_that_was_undone_the_same_day(workspace):
    before = workspace.warehouse.history("complaints").order_by(["complaint_id", "known_at"]).execute()
    match = pairs(workspace)["reg:1"]
    decide(workspace, match)
    undo_match(workspace, match, reason="typed wrongly", actor=ACTOR, clock=lambda: TODAY)

    after = workspace.warehouse.history("complaints").order_by(["complaint_id", "known_at"]).execute()
    assert before.equals(after[before.columns])
