import pytest

from engine.api.records.intake import loads, reverse
from engine.api.records.quarantine import quarantined_rows
from engine.errors import UsageError
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


def back(workspace, load_id, reason="wrong month"):
    return reverse(workspace, load_id, reason=reason, actor=ACTOR, clock=lambda: NOW)


def ids(workspace):
    return [row["entity_id"] for row in rows(workspace, "entities")]


def test_a_reversed_load_is_no_longer_read_and_may_come_again(tmp_path, workspace):
    take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))
    second = write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(2), entity(3, status="x"))
    load_id = take_in(workspace, second).loads[0].load_id

    assert back(workspace, load_id) == {"entities": (1, 0)}
    assert ids(workspace) == ["reg:1"]
    assert quarantined_rows(workspace) == []
    assert workspace.ledger.entries()[-1].reason == "wrong month"
    assert counts(take_in(workspace, second)) == {"entities": (2, 1, 1, 0)}
    assert ids(workspace) == ["reg:1", "reg:2"]


def test_what_a_later_load_brought_again_stays(tmp_path, workspace):
    first = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1), entity(2)))
    take_in(workspace, write_lines(tmp_path / "entities-b.csv", ENTITY_HEADER, entity(2), entity(3)))
    take_in(workspace, write_lines(tmp_path / "entities-c.csv", ENTITY_HEADER, entity(2), entity(4)))

    assert back(workspace, first.loads[0].load_id) == {"entities": (2, 1)}

    assert ids(workspace) == ["reg:2", "reg:3", "reg:4"]
    assert [(load.accepted, load.duplicates) for load in loads(workspace)] == [(2, 0), (2, 0), (1, 1)]


def test_versions_still_follow_each_other_after_a_reversal(tmp_path, workspace):
    later = complaint(1, true="true", known_at="2021-05-01")
    take_in(workspace, write_lines(tmp_path / "complaints.csv", COMPLAINT_HEADER, complaint(1)))
    second = take_in(workspace, write_lines(tmp_path / "complaints-b.csv", COMPLAINT_HEADER, later))
    take_in(workspace, write_lines(tmp_path / "complaints-c.csv", COMPLAINT_HEADER, later, complaint(2)))

    back(workspace, second.loads[0].load_id)

    assert [(row["complaint_id"], str(row["superseded_at"])) for row in rows(workspace, "complaints")] == [
        ("c1", "2021-05-01"), ("c1", "None"), ("c2", "None"),
    ]  # fmt: skip


@pytest.mark.parametrize(("load_id", "reason"), [("load-9", "x"), ("", "x"), (None, " ")])
def test_what_cannot_be_reversed_is_said_and_nothing_changes(tmp_path, workspace, load_id, reason):
    held = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1))).loads[0].load_id

    with pytest.raises(UsageError):
        back(workspace, held if load_id is None else load_id, reason)

    assert ids(workspace) == ["reg:1"]


def test_a_load_is_reversed_once(tmp_path, workspace):
    held = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1))).loads[0].load_id
    back(workspace, held)

    with pytest.raises(UsageError, match="loads that stand"):
        back(workspace, held)
