import pytest

from engine.api.records.intake import loads
from engine.api.records.quarantine import quarantined_rows
from engine.errors import LoadRefusedError, StoreError
from tests.small_sources import (
    ACTOR,
    COMPLAINT_HEADER,
    ENTITY_HEADER,
    NOW,
    complaint,
    counts,
    entity,
    rows,
    take_in,
    write_lines,
)  # fmt: skip


def test_rows_in_are_accepted_quarantined_or_duplicates(tmp_path, workspace):
    source = write_lines(
        tmp_path / "entities.csv", ENTITY_HEADER,
        entity(1), entity(2, status="aktiv"), entity(3), entity(3), entity(4, name=""), entity(5, name="a,b"),
    )  # fmt: skip

    report = take_in(workspace, source)

    assert counts(report) == {"entities": (6, 2, 3, 1)}
    assert [row["entity_id"] for row in rows(workspace, "entities")] == ["reg:1", "reg:3"]


def test_quarantine_keeps_text_line_and_every_reason(tmp_path, workspace):
    source = write_lines(
        tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2, status="aktiv", name=""), entity(5, name="a,b")
    )
    take_in(workspace, source)

    bad, broken = quarantined_rows(workspace)

    assert (bad.source_file, bad.source_line, len(bad.reasons)) == ("entities.csv", 3, 2)
    assert '"status":"aktiv"' in bad.original
    assert (broken.source_line, broken.original) == (4, entity(5, name="a,b"))


def test_the_same_content_is_one_load_also_under_another_name(tmp_path, workspace):
    first = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))
    again = take_in(workspace, write_lines(tmp_path / "entities-copy.csv", ENTITY_HEADER, entity(1)))

    assert counts(again) == {"entities": (1, 0, 0, 1)}
    assert again.loads[0].load_id == first.loads[0].load_id
    assert len(loads(workspace)) == 1
    assert len(workspace.ledger.entries()) == 1


def test_rows_already_held_are_duplicates_of_another_load(tmp_path, workspace):
    take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)))
    report = take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(2), entity(3)))

    assert counts(report) == {"entities": (2, 1, 0, 1)}
    assert len(rows(workspace, "entities")) == 3


def test_a_correction_is_a_later_version(tmp_path, workspace):
    take_in(workspace, write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, complaint(1)))
    later = complaint(1, true="true", known_at="2021-05-01")
    take_in(workspace, write_lines(tmp_path / "complaints-b.csv", COMPLAINT_HEADER, later))

    old, new = rows(workspace, "complaints")

    assert (old["is_substantiated"], str(old["superseded_at"])) == (None, "2021-05-01")
    assert (new["is_substantiated"], new["superseded_at"]) == (True, None)


def test_contradicting_rows_of_one_load_all_go_to_quarantine(tmp_path, workspace):
    source = write_lines(
        tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2, name="甲"), entity(2, name="乙")
    )

    assert counts(take_in(workspace, source)) == {"entities": (3, 1, 2, 0)}
    assert ["same key and known_at" in str(row.reasons[0]) for row in quarantined_rows(workspace)] == [True, True]


def test_a_row_contradicting_the_store_goes_to_quarantine_and_the_stored_one_stands(tmp_path, workspace):
    take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1, name="甲")))
    report = take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(1, name="乙")))

    assert counts(report) == {"entities": (1, 0, 1, 0)}
    assert [row["name"] for row in rows(workspace, "entities")] == ["甲"]


def test_references_that_are_not_on_record_only_warn(tmp_path, workspace):
    entities = write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1))
    complaints = write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, complaint(1), complaint(2, of=9))

    report = take_in(workspace, entities, complaints)

    assert counts(report)["complaints"] == (2, 2, 0, 0)
    assert {x.table: dict(x.warnings) for x in report.loads}["complaints"] == {
        "complaints-entity_on_register": (1, "reg:9")
    }


def test_a_failure_leaves_neither_rows_nor_a_folder(tmp_path, workspace, monkeypatch):
    def refuse(*args, **kwargs):
        raise StoreError(workspace="w", problem="p", remedy="r")

    monkeypatch.setattr(type(workspace.ledger), "append", refuse)

    with pytest.raises(StoreError):
        take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))

    assert not workspace.path.exists()


def test_a_failed_second_load_leaves_the_first(tmp_path, workspace, monkeypatch):
    take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))
    before = sorted(p for p in workspace.path.rglob("*.parquet"))

    def refuse(*args, **kwargs):
        raise StoreError(workspace="w", problem="p", remedy="r")

    with monkeypatch.context() as patch:
        patch.setattr(type(workspace.ledger), "append", refuse)
        with pytest.raises(StoreError):
            take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(2)))

    assert len(rows(workspace, "entities")) == 1
    with workspace.writing():
        pass
    assert sorted(p for p in workspace.path.rglob("*.parquet")) == before


def test_the_ledger_says_who_loaded_what(tmp_path, workspace):
    report = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))

    (entry,) = workspace.ledger.entries(action="load.accepted")

    assert (entry.actor, entry.entered_at) == (ACTOR.name, NOW.isoformat())
    assert entry.subject == report.loads[0].load_id
    assert entry.particulars["tables"][0]["accepted"] == 1


def test_provenance_names_load_file_and_line(tmp_path, workspace):
    report = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)))

    held = workspace.warehouse.provenance("entities").order_by("entity_id").to_pyarrow().to_pylist()

    assert [(row["source_file"], row["source_line"]) for row in held] == [("entities.csv", 2), ("entities.csv", 3)]
    assert {row["load_id"] for row in held} == {report.loads[0].load_id}


def test_a_load_that_is_mostly_bad_is_refused_whole(tmp_path, workspace):
    good = write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, *(complaint(n) for n in range(30)))
    bad = write_lines(
        tmp_path / "entities.csv",
        ENTITY_HEADER,
        *(entity(n, status="aktiv" if n < 16 else "active") for n in range(30)),
    )

    with pytest.raises(LoadRefusedError, match=r"16 of 30 rows.*'aktiv'"):
        take_in(workspace, good, bad)

    assert not workspace.exists


def test_half_bad_is_still_quarantine(tmp_path, workspace):
    source = write_lines(
        tmp_path / "entities.csv",
        ENTITY_HEADER,
        *(entity(n, status="aktiv" if n < 15 else "active") for n in range(30)),
    )

    assert counts(take_in(workspace, source)) == {"entities": (30, 15, 15, 0)}


def test_lines_that_cannot_be_split_count_as_bad(tmp_path, workspace):
    broken = [entity(n, name="a,b") for n in range(15)]
    source = write_lines(tmp_path / "entities.csv", ENTITY_HEADER, *broken, *(entity(n) for n in range(20, 30)))

    with pytest.raises(LoadRefusedError, match="15 of 25 rows"):
        take_in(workspace, source)
