"""Rules of entry on single rows: every wording of the list, reserves, tasks outside the draws, semicolons."""

from dataclasses import replace
from datetime import date

import pytest

from engine.api.results.grounds import wordings_of
from engine.errors import UsageError
from engine.outcomes.entry import CASE_MODES, Entry, Ground, Known, OutsideTask, Scan, judge
from engine.outcomes.publication import inspection_row
from engine.outcomes.review import State
from engine.vocabulary import ADVERSE_RESULTS, SelectionMode

DAY = date(2026, 3, 10)
ROW = {
    "visit_id": "v", "entity_id": "reg:1", "item_code": "K", "department_code": "SCJG", "result_wordings": "未发现问题",
    "inspector_code": "p", "channel": "mobile", "occurred_on": "2026-03-10",
}  # fmt: skip
WORDINGS = wordings_of("result_wordings")
KNOWN = Known(
    today=date(2026, 3, 12),
    drawn={("v", "reg:1", "K"): Ground(SelectionMode.RESERVE, date(2026, 3, 5), draw_id="D", stratum="s")},
    scans={("v", "K"): Scan("reg:1", frozenset({"p", "q"}), DAY)},
    tasks={},
    item_departments={"K": "SCJG"},
    officer_departments={"p": "SCJG", "q": "SCJG"},
    wordings=WORDINGS,
    codes={},
)


@pytest.mark.parametrize("wording", sorted(WORDINGS))
def test_every_wording_of_the_list_is_taken_and_an_adverse_one_needs_a_disposal(wording):
    row = ROW | {"result_wordings": wording}
    (bare,), (disposed,) = judge([row], KNOWN), judge([row | {"disposal": "order_to_correct"}], KNOWN)

    assert isinstance(disposed, Entry) and disposed.result_codes == (WORDINGS[wording],)
    assert isinstance(bare, Entry) == (WORDINGS[wording] not in ADVERSE_RESULTS)


def test_a_reserve_becomes_a_row_without_probability():
    (entry,) = judge([ROW], KNOWN)
    row = inspection_row(entry, published_on=KNOWN.today)

    assert (row["selection_mode"], row["draw_id"], row["stratum"]) == ("reserve", "D", "s")
    assert row["design_probability"] is None and row["inclusion_probability"] is None


@pytest.mark.parametrize("kind", sorted(CASE_MODES))
def test_a_task_outside_the_draws_takes_its_items_and_object_only(kind):
    ground = Ground(CASE_MODES[kind], date(2026, 3, 9), departments=frozenset({"SCJG"}))
    known = replace(
        KNOWN,
        drawn={},
        tasks={"T": OutsideTask(ground, frozenset({"K"}), "reg:1")},
        scans={("v", "K"): Scan("reg:1", frozenset({"p", "q"}), DAY, task_id="T")},
    )
    (taken,) = judge([ROW], known)
    refused = judge([ROW | {"item_code": "G"}, ROW | {"entity_id": "reg:2"}], known)

    assert taken.ground.mode is CASE_MODES[kind]
    assert [one.rule for one in refused] == ["not_drawn", "not_drawn"]


def test_full_width_semicolons_part_wordings():
    (entry,) = judge([ROW | {"result_wordings": "注销；迁出;未发现开展本次抽查涉及的经营活动"}], KNOWN)

    assert entry.result_codes == ("exited", "no_activity")


def test_only_an_offline_entry_replaces_one_that_was_not_submitted():
    def verdict(state, channel):
        known = replace(KNOWN, states={"v-K-SCJG": state})
        return isinstance(judge([ROW | {"channel": channel}], known)[0], Entry)

    assert {(state, channel) for state in State for channel in ("mobile", "offline") if verdict(state, channel)} == {
        (State.ENTERED, "offline"), (State.RETURNED, "mobile"), (State.RETURNED, "offline"),
    }  # fmt: skip


def test_a_list_of_wordings_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="wordings_of_mars"):
        wordings_of("wordings_of_mars")


@pytest.mark.parametrize("conclusion", ["adopted", "adopted_in_part", "not_adopted"])
def test_a_third_partys_conclusion_stands_with_the_body_that_gave_it(conclusion):
    given = ROW | {"third_party": "某会计师事务所", "third_party_conclusion": conclusion}
    (entry,) = judge([given], KNOWN)
    refused = judge([ROW | {"third_party": "某法院"}, ROW | {"third_party_conclusion": "adopted"}], KNOWN)

    assert entry.cells["third_party_conclusion"] == conclusion
    assert [one.rule for one in refused] == ["third_party", "third_party"]
