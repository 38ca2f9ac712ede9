"""Listings end for joint punishment exactly when they stop counting for scores."""

from datetime import date

import pandas as pd

from engine.api.punishment.book import listings_on
from engine.api.records.intake import ingest
from engine.api.workspace import open_workspace
from engine.store.documents import load_policies
from engine.validity.publicity import PublicityRules
from engine.validity.records import event_relations
from engine.windows import is_known
from tests.plan_world import BAO, at, write

BOOK = load_policies()
ON = date(2026, 6, 1)
DAYS = [date(2020, 5, 1), date(2022, 3, 31), date(2023, 5, 2), date(2026, 1, 10)]


def test_listings_end_when_records_stop_counting(tmp_path):
    listings, repairs = [], []
    for at_row in range(24):
        name, day = f"L{at_row}", DAYS[at_row % 4]
        kind = ("serious_violation", "abnormal", "judgment_defaulter")[at_row % 3]
        listings.append(event(name, kind, "listed", day, day))
        if at_row % 5 == 1:
            listings.append(event(name, kind, "removed", date(2026, 2, 1), date(2026, 2, 1 + at_row % 3)))
        if at_row % 5 in (1, 2):
            decided = date(2026, 1, 20 + at_row % 5)
            repairs.append({"repair_id": f"R{at_row}", "entity_id": "reg:1", "target_table": "listings",
                            "target_id": name,
                            "decision": "repaired", "organ_code": "S", "occurred_on": decided,
                            "known_at": date(2026, 2, 2)})  # fmt: skip
    workspace = open_workspace(tmp_path / "workspace", create=True)
    paths = [write(tmp_path, name, pd.DataFrame(rows)) for name, rows in (("listings", listings), ("repairs", repairs))]
    ingest(workspace, paths, actor=BAO, clock=at(ON))

    histories = {name: workspace.warehouse.history(name) for name in ("listings", "repairs")}
    spans = event_relations(histories, rules=PublicityRules.from_policies(BOOK))["listings"]
    rows = spans.filter(is_known(spans, on=ON)).execute()
    wanted = {
        row["listing_id"]: min(
            (pd.Timestamp(day).date() for day in (row["ended_on"], row["in_force_until"]) if not pd.isna(day)),
            default=None,
        )
        for row in rows.to_dict("records")
    }
    found = listings_on(workspace, book=BOOK, on=ON)

    assert {name: one.ends_on for name, one in found.items()} == wanted
    assert {one.end_reason for one in found.values()} == {"", "removed", "repaired", "publicity_over"}


def test_listings_of_cases_are_read_as_the_others_are_and_no_others(tmp_path):
    ends = date(2026, 3, 1)
    listings = [event(f"L{at}", "serious_violation", "listed", DAYS[3], DAYS[3]) for at in range(4)]
    listings.append(event("L1", "serious_violation", "removed", ends, ends))
    repairs = [{"repair_id": "R2", "entity_id": "reg:1", "target_table": "listings", "target_id": "L2",
                "decision": "repaired", "organ_code": "S", "occurred_on": ends, "known_at": ends}]  # fmt: skip
    cases = [{"punishment_event_id": f"E{at}", "punishment_id": f"L{at}-P05", "event": "triggered",
              "entity_id": "reg:1", "listing_id": f"L{at}", "measure_id": "P05",
              "department_code": "SCJG", "to_department": "SWJ", "occurred_on": DAYS[3], "known_at": DAYS[3]}
             for at in (1, 2, 3)]  # fmt: skip
    workspace = open_workspace(tmp_path / "workspace", create=True)
    tables = (("listings", listings), ("repairs", repairs), ("punishments", cases))
    paths = [write(tmp_path, name, pd.DataFrame(rows)) for name, rows in tables]
    ingest(workspace, paths, actor=BAO, clock=at(ON))

    whole = listings_on(workspace, book=BOOK, on=ON)
    found = listings_on(workspace, book=BOOK, on=ON, of_cases=True)

    assert set(whole) == {"L0", "L1", "L2", "L3"}
    assert found == {name: whole[name] for name in ("L1", "L2", "L3")}
    assert [found[name].end_reason for name in ("L1", "L2", "L3")] == ["removed", "repaired", "publicity_over"]


def event(name, kind, what, on, known):
    return {
        "listing_event_id": f"{name}-{what}", "listing_id": name, "entity_id": "reg:1", "list_type": kind,
        "event": what, "reason": "x", "organ_code": "S", "occurred_on": on, "known_at": known,
    }  # fmt: skip
