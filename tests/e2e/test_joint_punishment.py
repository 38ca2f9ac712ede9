"""Joint punishment by commands: from a listing over a business to the release, with and without an account."""

from datetime import date

import pandas as pd
import pytest

from engine.api.punishment.cases import cases, explain, overdue_releases, stalls
from engine.api.punishment.funnel import funnel
from engine.api.records.intake import ingest
from engine.api.workspace import open_workspace
from engine.store.documents import load_policies
from engine.store.outputs.exchange_files import NO, YES, ExchangeRow, read_exchange, write_exchange
from tests.e2e.test_results import Desk
from tests.plan_world import BAO, at, make, write

BOOK = load_policies()
LISTED = date(2026, 3, 2)


def listing(name, entity, event, on, kind="serious_violation"):
    return {
        "listing_event_id": f"{name}-{event}", "listing_id": name, "entity_id": entity, "list_type": kind,
        "event": event, "reason": "虚构", "organ_code": "SCJG", "occurred_on": on, "known_at": on,
    }  # fmt: skip


def measure(name, departments, **changes):
    return {
        "measure_id": name, "name": f"措施{name}", "measure_class": "management", "status": "live",
        "legal_basis": "总局令44 art. 15", "list_edition": "2021", "trigger_lists": "serious_violation",
        "department_codes": departments, "business_field": "行政许可", "occurred_on": date(2022, 1, 1),
        "known_at": date(2022, 1, 1), **changes,
    }  # fmt: skip


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    workspace = make(tmp_path)
    tables = {
        "measures": [
            measure("X1", "WJW;SW"),
            measure("X2", "SW", legal_basis="某备忘录"),
            measure("X3", "SW", status="historic", legal_basis=None, list_edition=None),
        ],
        "listings": [
            listing("L1", "reg:000001", "listed", LISTED),
            listing("L2", "reg:000002", "listed", LISTED),
            listing("L3", "reg:000003", "listed", LISTED, kind="abnormal"),
        ],
    }
    paths = [write(tmp_path / "sources", name, pd.DataFrame(rows), name="jp") for name, rows in tables.items()]
    ingest(workspace, paths, actor=BAO, clock=at(LISTED))
    workspace.close()
    return Desk(tmp_path, capsys, monkeypatch)


def load(tmp_path, table, row, *, on):
    workspace = open_workspace(tmp_path / "workspace", create=False)
    ingest(workspace, [write(tmp_path / "later", table, pd.DataFrame([row]))], actor=BAO, clock=at(on))
    workspace.close()


def pushed(desk, day=date(2026, 3, 3)):
    own = ("--department", "SCJG")
    for name in ("L1", "L2"):
        desk.json("punishment", "trigger", f"listings:{name}", "--measure", "X1", *own, actor="Li", day=day)
    desk.json("punishment", "check", *own, actor="Wang", day=day)
    return desk.json("punishment", "push", *own, actor="Li", day=day)["cases"]


def test_from_a_listing_to_the_confirmed_release(desk, tmp_path):
    wanted = {f"{listing}-X1-{department}" for listing in ("L1", "L2") for department in ("SW", "WJW")}
    assert set(pushed(desk)) == wanted
    wjw, own = ("--department", "WJW"), ("--department", "SCJG")
    desk.json("punishment", "receive", *wjw, actor="Zhou", day=date(2026, 3, 4))
    asked = ("punishment", "query", "reg:000001", "reg:000500", "--business", "B-7", *wjw)
    (met,) = desk.json(*asked, actor="Zhou", day=date(2026, 3, 9))["rows"]
    assert (met["punishment_id"], met["legal_basis"]) == ("L1-X1-WJW", "总局令44 art. 15")
    assert "说明理由" in desk.refused("punishment", "decline", "L1-X1-WJW", *wjw, actor="Zhou", day=date(2026, 3, 9))
    desk.json("punishment", "apply", "L1-X1-WJW", "--amount-fen", "500000", *wjw, actor="Zhou", day=date(2026, 3, 9))
    desk.json("punishment", "feedback", "L1-X1-WJW", "--reason", "未予许可", *wjw, actor="Zhou", day=date(2026, 3, 11))

    load(tmp_path, "listings", listing("L1", "reg:000001", "removed", date(2026, 5, 6)), on=date(2026, 5, 6))
    assert desk.json(*asked, actor="Zhou", day=date(2026, 5, 6))["rows"] == []
    gone = desk.json("punishment", "release", *own, actor="Li", day=date(2026, 5, 7))["cases"]
    assert set(gone) == {"L1-X1-SW", "L1-X1-WJW"}
    desk.json("punishment", "confirm", *wjw, actor="Zhou", day=date(2026, 5, 8))

    workspace, on = open_workspace(tmp_path / "workspace", create=False), date(2026, 5, 20)
    table = cases(workspace, book=BOOK, as_of=on).set_index("punishment_id")
    row = table.loc["L1-X1-WJW"]
    assert (row["state"], row["amount_fen"], row["end_reason"]) == ("released", 500_000, "removed")
    assert (row["n_hits"], row["n_applied"], bool(row["is_release_late"])) == (1, 1, False)
    steps = funnel(workspace, book=BOOK, as_of=on).set_index("step")
    reached = {step: int(n) for step, n in steps["n"].items()}
    assert [reached[step] for step in ("triggered", "pushed", "received", "hit", "acted", "fed_back")] == [
        4,
        4,
        2,
        1,
        1,
        1,
    ]
    assert (int(steps.loc["release_pushed", "n"]), steps.loc["hit", "median_days"]) == (2, 5)
    waiting = stalls(workspace, book=BOOK, as_of=on).set_index("punishment_id")
    assert set(waiting.index) == {"L1-X1-SW", "L2-X1-SW"} and set(waiting["department"]) == {"SW"}
    told = explain(workspace, "L1-X1-WJW", book=BOOK, as_of=on)
    assert told["event"].tolist() == [
        "triggered", "basis_checked", "pushed", "received", "hit", "applied", "fed_back", "release_pushed", "released",
    ]  # fmt: skip
    assert told["sequence"].is_monotonic_increasing and told["actor"].tolist()[:3] == ["Li", "Wang", "Li"]
    assert overdue_releases(workspace, book=BOOK, as_of=on).empty
    each = (
        funnel(workspace, book=BOOK, as_of=on, by="department").query("step == 'received'").set_index("department")["n"]
    )
    assert each.to_dict() == {"SW": 0, "WJW": 2} and workspace.ledger.first_break() is None


def test_what_law_forbids_is_refused_at_the_command(desk):
    own, day = ("--department", "SCJG"), date(2026, 3, 3)
    tries = {
        ("trigger", "grades:reg:000001", *own): "不是名单决定",
        ("trigger", "listings:L1", "--measure", "X2", *own): "没有法律依据",
        ("trigger", "listings:L1", "--measure", "X3", *own): "历史措施",
        ("trigger", "listings:L1", "--measure", "X9", *own): "目录中没有",
        ("trigger", "listings:L3", "--measure", "X1", *own): "不适用于名单",
    }
    for words, said in tries.items():
        assert said in desk.refused("punishment", *words, actor="Li", day=day)
    desk.json("punishment", "trigger", "listings:L1", "--measure", "X1", *own, actor="Li", day=day)
    assert "须由他人核对" in desk.refused("punishment", "check", *own, actor="Li", day=day)
    assert desk.json("punishment", "list", "--as-of", "2026-03-03", actor="Li")["rows"][0]["state"] == "triggered"
    shown = {
        row["measure_id"]: row
        for row in desk.json("punishment", "measures", "--as-of", "2026-03-03", actor="Li")["rows"]
    }
    assert shown["X2"]["is_lawful"] is False and shown["X1"]["is_lawful"] and not shown["M2015-01"]["is_lawful"]


def test_a_late_release_says_why_and_counts_as_late(desk, tmp_path):
    pushed(desk)
    repair = {
        "repair_id": "RP", "entity_id": "reg:000002", "target_table": "listings", "target_id": "L2",
        "decision": "repaired", "organ_code": "SCJG", "occurred_on": date(2026, 4, 1), "known_at": date(2026, 4, 1),
    }  # fmt: skip
    load(tmp_path, "repairs", repair, on=date(2026, 4, 1))
    own, day = ("--department", "SCJG"), date(2026, 4, 8)
    assert "须说明逾期理由" in desk.refused("punishment", "release", *own, actor="Li", day=day)
    workspace = open_workspace(tmp_path / "workspace", create=False)
    assert set(overdue_releases(workspace, book=BOOK, as_of=day)["punishment_id"]) == {"L2-X1-SW", "L2-X1-WJW"}
    late = stalls(workspace, book=BOOK, as_of=day)
    is_release = late["punishment_id"].isin(["L2-X1-SW", "L2-X1-WJW"])
    assert set(late.loc[is_release, "days_late"]) == {6}
    assert (late.loc[~is_release, "days_late"] > 0).all()  # never received, though the limit is long over
    workspace.close()
    call = ("punishment", "release", *own, "--reason", "系统故障", "--key", "R-1")
    first = desk.json(*call, actor="Li", day=day)
    assert desk.json(*call, actor="Li", day=day) == first
    workspace = open_workspace(tmp_path / "workspace", create=False)
    table = cases(workspace, book=BOOK, as_of=day).set_index("punishment_id")
    assert bool(table.loc["L2-X1-SW", "is_release_late"]) and table.loc["L2-X1-SW", "end_reason"] == "repaired"
    assert "系统故障" in explain(workspace, "L2-X1-SW", book=BOOK, as_of=day)["reason"].iloc[-1]


def test_a_department_without_account_answers_in_a_workbook(desk, tmp_path):
    pushed(desk)
    path = tmp_path / "out.xlsx"
    told = desk.json("punishment", "export", "--out", str(path), "--department", "SW", actor="Li", day=date(2026, 3, 5))
    rows = read_exchange(path)
    assert told["rows"] == len(rows) == 2 and rows[0].asked[4].startswith("虚构企业")
    answers = [
        ExchangeRow(rows[0].asked, (YES, "SW-1", YES, "取消资格", "1234.56", "")),
        ExchangeRow(rows[1].asked, (YES, "SW-2", NO, "", "", "")),
        ExchangeRow(("x",) * 9, (YES, "", "", "", "", "")),
    ]
    back = tmp_path / "back.xlsx"
    write_exchange(back, answers[:2])
    first = desk.json("punishment", "import", str(back), actor="Li", day=date(2026, 3, 6))
    again = desk.json("punishment", "import", str(back), actor="Li", day=date(2026, 3, 6))
    write_exchange(back, answers)
    mixed = desk.call("punishment", "import", str(back), actor="Li", day=date(2026, 3, 6))

    assert [step for _, step in first["taken"]] == ["received", "hit", "applied", "fed_back"]
    assert [row["line"] for row in first["refused"]] == [3] and "说明理由" in first["refused"][0]["reason"]
    assert again["taken"] == [] and mixed[0] != 0
    workspace = open_workspace(tmp_path / "workspace", create=False)
    table = cases(workspace, book=BOOK, as_of=date(2026, 3, 6)).set_index("punishment_id")
    assert (table.loc["L1-X1-SW", "state"], table.loc["L1-X1-SW", "amount_fen"]) == ("fed_back", 123_456)
    assert table.loc["L2-X1-SW", "state"] == "pushed"
