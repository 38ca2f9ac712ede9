"""The page of results: every item of every scan-in, also where one visit code was scanned in twice."""

from datetime import date

import pandas as pd
import pytest

from engine.api.records.intake import ingest
from engine.api.results.desk import open_checks
from tests.plan_world import BAO, at, make, write

FIRST, SECOND = date(2026, 3, 10), date(2026, 4, 20)


@pytest.fixture
def workspace(tmp_path):
    return make(tmp_path)


def load(workspace, folder, items, officers, *, on, visit="V1"):
    row = {
        "visit_id": visit, "entity_id": "reg:000000", "task_id": None, "exemption": None, "notice_no": "n",
        "department_codes": "SCJG", "inspector_codes": officers, "expert_codes": None, "item_codes": items,
        "entered_at": "09:00", "left_at": "10:00", "channel": "scan", "rating": 5, "complaint": None,
        "occurred_on": on, "known_at": on,
    }  # fmt: skip
    path = write(folder / f"scan-{on}-{visit}", "visits", pd.DataFrame([row]).astype({"rating": "Int64"}))
    ingest(workspace, [path], actor=BAO, clock=at(on))


def test_a_visit_scanned_in_twice_keeps_the_items_of_both_with_their_own_days(workspace, tmp_path):
    load(workspace, tmp_path, "K1", "p000;p003", on=FIRST)
    load(workspace, tmp_path, "G1;G2", "p001;p004", on=SECOND)

    early = open_checks(workspace, on=FIRST)
    late = open_checks(workspace, on=date(2026, 4, 21)).set_index("item_code")
    assert early["item_code"].tolist() == ["K1"]
    assert late["occurred_on"].to_dict() == {"K1": FIRST, "G1": SECOND, "G2": SECOND}
    assert late.loc["K1", "officers"] == "p000;p003" and late.loc["G1", "officers"] == "p001;p004"
    assert late.loc["K1", "days_late"] > 0 and late.loc["G1", "days_late"] == 0


def test_an_item_that_is_visited_again_counts_from_its_last_visit(workspace, tmp_path):
    load(workspace, tmp_path, "K1", "p000;p003", on=FIRST)
    load(workspace, tmp_path, "K1", "p000;p003", on=SECOND)

    found = open_checks(workspace, on=date(2026, 4, 21))
    assert found["occurred_on"].tolist() == [SECOND] and found["key"].is_unique


def test_nothing_scanned_in_is_an_empty_table(workspace):
    assert open_checks(workspace, on=SECOND).empty
