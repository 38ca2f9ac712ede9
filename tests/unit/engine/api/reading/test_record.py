from datetime import date

import pytest

from engine.api.reading.record import credit_record
from engine.errors import TableMissingError
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import COMPLAINT_HEADER, ENTITY_HEADER, complaint, entity, take_in, write_lines

PENALTIES = "penalty_id,entity_id,doc_no,violation_type,categories,severity,occurred_on,known_at"
REPAIRS = "repair_id,entity_id,target_table,target_id,decision,occurred_on,known_at"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    take_in(
        workspace,
        write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)),
        write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER,
                    complaint(1), complaint(1, true="true", known_at="2021-05-01"), complaint(2, of=2)),
        write_lines(tmp_path / "penalties.csv", PENALTIES,
                    "p1,reg:1,doc 1,dirty,罚款,serious,2021-06-01,2021-06-03"),
        write_lines(tmp_path / "repairs.csv", REPAIRS, "r1,reg:1,penalties,p1,repaired,2022-07-01,2022-07-04"),
    )  # fmt: skip
    yield workspace
    workspace.close()


def told(workspace, **asked):
    return [(entry.table, entry.record_id, entry.status) for entry in credit_record(workspace, "reg:1", **asked)]


def test_every_source_stands_on_one_timeline_with_its_status(workspace):
    assert told(workspace) == [
        ("entities", "reg:1", "in_force"),
        ("complaints", "c1", "superseded"),
        ("complaints", "c1", "in_force"),
        ("penalties", "p1", "repaired"),
        ("repairs", "r1", "in_force"),
    ]


def test_the_record_is_as_it_was_known_on_the_day(workspace):
    assert told(workspace, as_of=date(2021, 4, 1)) == [
        ("entities", "reg:1", "in_force"),
        ("complaints", "c1", "in_force"),
    ]
    assert ("penalties", "p1", "in_force") in told(workspace, as_of=date(2022, 7, 3))
    assert ("penalties", "p1", "repaired") in told(workspace, as_of=date(2022, 7, 4))


def test_each_line_says_where_it_came_from_and_when_it_ends(workspace):
    penalty = next(entry for entry in credit_record(workspace, "reg:1") if entry.table == "penalties")

    assert (penalty.source_file, penalty.source_line, penalty.until) == ("penalties.csv", 2, date(2022, 7, 4))
    assert penalty.load_id.startswith("load-00001")
    assert penalty.details["doc_no"] == "doc 1"


LISTINGS = "listing_event_id,listing_id,entity_id,list_type,event,occurred_on,known_at"


def test_a_lifted_listing_shows_both_decisions_and_when_it_ended(tmp_path, workspace):
    take_in(
        workspace,
        write_lines(tmp_path / "listings.csv", LISTINGS,
                    "in,L1,reg:1,abnormal,listed,2022-08-01,2022-08-02",
                    "out,L1,reg:1,abnormal,removed,2022-09-01,2022-09-05"),
    )  # fmt: skip

    def listings(**asked):
        entries = [entry for entry in credit_record(workspace, "reg:1", **asked) if entry.table == "listings"]
        return [(e.record_id, e.status, e.until, e.details["event"], e.source_line) for e in entries]

    assert listings(as_of=date(2022, 9, 4)) == [("in", "in_force", None, "listed", 2)]
    assert listings() == [
        ("in", "ended", date(2022, 9, 5), "listed", 2),  # from the day on which the removal was known
        ("out", "in_force", None, "removed", 3),
    ]


def test_an_unknown_entity_is_named(workspace):
    with pytest.raises(TableMissingError, match="reg:9"):
        credit_record(workspace, "reg:9")


def test_a_correction_that_names_another_entity_stands_in_both_records(tmp_path, workspace):
    take_in(
        workspace,
        write_lines(tmp_path / "penalties-2.csv", PENALTIES, "p1,reg:2,doc 1,dirty,罚款,serious,2021-06-01,2021-09-01"),
    )

    def penalties(entity_id, **asked):
        entries = credit_record(workspace, entity_id, **asked)
        return [(e.status, e.known_at, e.until) for e in entries if e.table == "penalties"]

    assert penalties("reg:1") == [("superseded", date(2021, 6, 3), date(2021, 9, 1))]
    assert [entry[1] for entry in penalties("reg:2")] == [date(2021, 9, 1)]


OBJECTIONS = "objection_event_id,objection_id,entity_id,target_table,target_id,event,reason,occurred_on,known_at"
VISITS = "visit_id,entity_id,department_codes,inspector_codes,item_codes,exemption,channel,occurred_on,known_at"
GRADES = "external_grade_id,entity_id,scheme,external_grade,valid_until,occurred_on,known_at"


def test_visits_objections_and_outside_grades_stand_there_with_what_became_of_them(tmp_path, workspace):
    take_in(
        workspace,
        write_lines(tmp_path / "objections.csv", OBJECTIONS,
                    "e1,o1,reg:1,penalties,p1,filed,not us,2021-07-01,2021-07-01",
                    "e2,o1,reg:1,penalties,p1,maintained,it was,2021-07-20,2021-07-21"),
        write_lines(tmp_path / "external_grades.csv", GRADES, "g1,reg:1,tax,B,2021-12-31,2021-01-01,2021-01-05"),
        write_lines(tmp_path / "visits.csv", VISITS, "v1,reg:1,M,I1;I2,X,c,scan,2021-07-02,2021-07-02"),
    )  # fmt: skip

    def others(as_of):
        return {
            (entry.table, entry.record_id): (entry.status, entry.until)
            for entry in credit_record(workspace, "reg:1", as_of=as_of)
            if entry.table in ("objections", "external_grades", "visits")
        }

    assert others(date(2021, 7, 20)) == {
        ("objections", "e1"): ("in_force", None),
        ("external_grades", "g1"): ("in_force", date(2022, 1, 1)),
        ("visits", "v1"): ("in_force", None),
    }
    assert others(date(2022, 1, 1)) == {
        ("objections", "e1"): ("ended", date(2021, 7, 21)),
        ("objections", "e2"): ("in_force", None),
        ("external_grades", "g1"): ("validity_over", date(2022, 1, 1)),
        ("visits", "v1"): ("in_force", None),
    }
