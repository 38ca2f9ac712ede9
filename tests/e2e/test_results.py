"""From a draw to what it measured, by commands: scan-in, entry, review, publication; every unlawful step is refused."""

import json
import shutil
from datetime import date, datetime

import pandas as pd
import pytest

from engine.api.plans.tasks import dispatch_outside
from engine.api.records.intake import ingest
from engine.api.results.draw import measure
from engine.api.workspace import open_workspace
from engine.cli import main
from engine.store.documents import load_policies
from tests.plan_world import BAO, at, carry_through, draw, line, make, write

VISIT_DAY, ENTRY_DAY, REVIEW_DAY = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)
PUBLISH = ("--clock", "deadlines.publish_result")
WORDS = ("未发现问题", "发现问题已责令改正", "通过登记的住所（经营场所）无法联系", "注销")


class Desk:
    """Calls commands in one workspace, as a person on a day."""

    def __init__(self, folder, capsys, monkeypatch):
        self.capsys, self.monkeypatch, self.folder = capsys, monkeypatch, folder
        monkeypatch.setenv("XINHENG_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("XINHENG_LANG", "zh")

    def call(self, *words, actor, day):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime(day.year, day.month, day.day, 9, tzinfo=tz)

        self.monkeypatch.setattr("engine.cli.options.datetime", Clock)
        self.monkeypatch.setenv("XINHENG_ACTOR", f"{actor}:inspector")
        with pytest.raises(SystemExit) as left:
            main([*words])
        said = self.capsys.readouterr()
        return left.value.code, said.out, said.err

    def json(self, *words, actor, day=ENTRY_DAY):
        code, out, err = self.call(*words, "--json", actor=actor, day=day)
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words, actor, day=REVIEW_DAY):
        code, _, err = self.call(*words, actor=actor, day=day)
        assert code == 12 and "Traceback" not in err
        return err


def scan(visit, entity, officers, items, departments, *, day=VISIT_DAY, task=None):
    return {
        "visit_id": visit, "entity_id": entity, "task_id": task, "exemption": None, "notice_no": "n",
        "department_codes": ";".join(departments), "inspector_codes": ";".join(officers), "expert_codes": None,
        "item_codes": ";".join(items), "entered_at": "09:00", "left_at": "10:00", "channel": "scan", "rating": 5,
        "complaint": None, "occurred_on": day, "known_at": day,
    }  # fmt: skip


def result(visit, entity, item, department, officer, wording, **changes):
    row = {
        "visit_id": visit, "entity_id": entity, "item_code": item, "department_code": department,
        "result_wordings": wording, "disposal": "", "evidence": "照片1;笔录2", "third_party": "",
        "third_party_conclusion": "", "inspector_code": officer, "channel": "mobile", "rectify_by": "", "note": "",
        "occurred_on": VISIT_DAY.isoformat(),
    }  # fmt: skip
    return {**row, **changes}


def sheet(folder, rows, name="results"):
    path = folder / f"{name}.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    return str(path)


def drawn_rows(workspace):
    from engine.api.draws.logged import latest_runs

    run = latest_runs(workspace.warehouse, draw_ids=["D1"])["D1"]
    selected = workspace.warehouse.read("selections", run_id=run).execute()
    teams = workspace.warehouse.read("teams", run_id=run).execute()
    owner = {"K1": "SCJG", "G1": "SCJG", "G2": "SW"}
    officers = teams.groupby("visit_id")["inspector_code"].agg(list).to_dict()
    of = teams.set_index("inspector_code")["department_code"].to_dict()
    rows = selected[selected["is_drawn"] & selected["visit_id"].isin(officers)].sort_values(["visit_id", "item_code"])
    found = []
    for row in rows.to_dict("records"):
        department = owner[row["item_code"]]
        own = next(code for code in officers[row["visit_id"]] if of[code] == department)
        found.append((row["visit_id"], row["entity_id"], row["item_code"], department, own))
    return found, officers


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A draw of two lines with every visit scanned in, and one task against an unlicensed shop."""
    folder = tmp_path_factory.mktemp("results")
    workspace = make(folder)
    joint = line("L2", item_codes="G1;G2", ratio="1/10", participating_departments="SCJG;SW")
    carry_through(workspace, line("L1"), joint)
    draw(workspace, "D1", "L1", "L2")
    checks, officers = drawn_rows(workspace)
    dispatch_outside(
        workspace, "CASE-1", kind="unlicensed_operation", department="SCJG", items=["K1"],
        exemption="complaint_or_report", document="投诉 8 号", until=date(2026, 12, 1), entity_id=None,
        actor=BAO, clock=at(date(2026, 3, 9)),
    )  # fmt: skip
    scans = [scan("CASE", "shop:无照摊点", ["p000", "p003"], ["K1"], ["SCJG"], task="CASE-1")]
    for visit, entity in {visit: entity for visit, entity, *_ in checks}.items():
        own = [check for check in checks if check[0] == visit]
        scans.append(scan(visit, entity, officers[visit], [one[2] for one in own], sorted({one[3] for one in own})))
    path = write(folder / "scans", "visits", pd.DataFrame(scans).astype({"rating": "Int64"}))
    ingest(workspace, [path], actor=BAO, clock=at(VISIT_DAY))
    workspace.close()
    return folder, checks, officers


@pytest.fixture
def desk(city, tmp_path, capsys, monkeypatch):
    folder, checks, officers = city
    shutil.copytree(folder / "workspace", tmp_path / "workspace")
    found = Desk(tmp_path, capsys, monkeypatch)
    found.checks, found.officers = checks, officers
    return found


def lawful(checks):
    rows = []
    for at_row, check in enumerate(checks):
        wording = WORDS[at_row % len(WORDS)]
        disposal = {"发现问题已责令改正": "order_to_correct", WORDS[2]: "other"}.get(wording, "")
        rows.append(result(*check, wording, disposal=disposal))
    return rows


def test_from_draw_to_measurement(desk, tmp_path):
    rows = [
        *lawful(desk.checks),
        result("CASE", "shop:无照摊点", "K1", "SCJG", "p000", "发现问题待后续处理", disposal="evidence_to_case_organ"),
    ]
    before = desk.json("results", "inbox", *PUBLISH, "--as-of", "2026-04-10", actor="Bao")
    told = desk.json("results", "enter", sheet(tmp_path, rows), actor="Li")
    again = desk.json("results", "enter", sheet(tmp_path, rows), actor="Li")

    assert (len(told["entered"]), told["refused"]) == (len(rows), [])
    assert (again["entered"], len(again["unchanged"]), again["refused"]) == ([], len(rows), [])
    assert before["overdue"] == len(before["due"]) == len(rows)  # 20 working days over Qingming end on 8 April
    assert {one["due"] for one in before["due"]} == {"2026-04-08"}
    n = 0
    for department in ("SCJG", "SW"):
        who = ("--department", department)
        n += len(desk.json("results", "submit", *who, actor="Li")["results"])
        desk.json("results", "publish", *who, actor="Wang", day=REVIEW_DAY)
    assert n == len(rows)
    assert desk.json("results", "inbox", *PUBLISH, "--as-of", "2026-04-10", actor="Bao")["due"] == []
    follow = desk.json("results", "follow-up", "--as-of", "2026-04-10", actor="Bao")
    adverse = [row for row in rows if row["disposal"]]
    assert follow["open"] + follow["done"] + follow["within_department"] == len(adverse)
    assert {row["subject"] for row in follow["waiting"]} == {
        "-".join((row["visit_id"], row["item_code"], row["department_code"]))
        for row in adverse
        if row["disposal"] != "other"
    }
    assert {one["state"] for one in desk.json("results", "status", actor="Bao")["results"]} == {"published"}

    workspace = open_workspace(tmp_path / "workspace", create=False)
    public = workspace.warehouse.history("inspections").execute()
    case = public[public["visit_id"] == "CASE"].iloc[0]
    assert (case["selection_mode"], case["result_codes"]) == ("directed", "pending") and pd.isna(case["draw_id"])
    own = public[public["draw_id"] == "D1"]
    assert len(own) == len(desk.checks) and own["inclusion_probability"].between(0, 1).all()
    assert {"no_problem", "corrected", "unreachable", "exited"} == set(own["result_codes"])
    workspace.close()
    desk.json("measure", "--draws", "D1", actor="Bao", day=REVIEW_DAY)
    workspace = open_workspace(tmp_path / "workspace", create=False)
    table = measure(workspace, draw_ids=["D1"], book=load_policies(), actor=BAO, clock=at(REVIEW_DAY))
    rates = table[(table["measure"] == "hit_rate") & (table["basis"] == "design-based")]
    reached = sum(one % 4 in (0, 1) for one in range(len(desk.checks)))
    assert int(rates["n"].sum()) == reached
    assert workspace.ledger.first_break() is None


def test_a_reserves_result_counts_as_reserve_and_the_original_stays_a_finding(desk, tmp_path):
    """An object is not found: its own result stays random, the next reserve's is published without probability."""
    own = [check for check in desk.checks if check[3] == "SCJG"]
    gone, kept = own[0], next(check for check in own[1:] if check[1] != own[0][1])
    too_early = [result("0" * 16, gone[1], gone[2], "SCJG", gone[4], "未发现问题")]
    told = desk.json("results", "enter", sheet(tmp_path, too_early, "early"), actor="Li")
    assert [row["rule"] for row in told["refused"]] == ["not_drawn"]

    words = ("--object", gone[1], "--item", gone[2], "--reason", "not_found")
    (stands_in,) = desk.json("draw", "substitute", "D1", *words, actor="Bao")["entries"]
    visit, entity = stands_in["reserve"][:16], stands_in["reserve_id"]
    taken = [check for check in desk.checks if check[0] == visit]
    workspace = open_workspace(tmp_path / "workspace", create=False)
    seats = [code for code in desk.officers[gone[0]] if int(code[1:]) % 3 == 0]  # the bureau's, taken over
    officers = sorted({*desk.officers.get(visit, desk.officers[gone[0]]), *seats})
    came = scan(visit, entity, officers, sorted({gone[2], *(check[2] for check in taken)}), ["SCJG"])
    rows = pd.DataFrame([{**came, "known_at": ENTRY_DAY}]).astype({"rating": "Int64"})
    ingest(workspace, [write(tmp_path / "reserve", "visits", rows)], actor=BAO, clock=at(ENTRY_DAY))
    workspace.close()
    rows = [
        result(*gone, WORDS[2], disposal="other"),
        result(*kept, WORDS[0]),
        result(visit, entity, gone[2], "SCJG", gone[4], "发现问题已责令改正", disposal="order_to_correct"),
    ]
    told = desk.json("results", "enter", sheet(tmp_path, rows), actor="Li")
    assert (len(told["entered"]), told["refused"]) == (3, [])
    desk.json("results", "submit", "--department", "SCJG", actor="Li")
    desk.json("results", "publish", "--department", "SCJG", actor="Wang", day=REVIEW_DAY)

    workspace = open_workspace(tmp_path / "workspace", create=False)
    public = workspace.warehouse.history("inspections").execute().set_index("entity_id")
    original, reserve = public.loc[gone[1]], public.loc[entity]
    assert (original["selection_mode"], original["result_codes"]) == ("random", "unreachable")
    assert 0 < original["inclusion_probability"] <= 1
    assert (reserve["selection_mode"], reserve["result_codes"], reserve["draw_id"]) == ("reserve", "corrected", "D1")
    assert pd.isna(reserve["inclusion_probability"]) and pd.isna(reserve["design_probability"])
    table = measure(workspace, draw_ids=["D1"], book=load_policies(), actor=BAO, clock=at(REVIEW_DAY))
    workspace.close()
    rates = table[(table["measure"] == "hit_rate") & (table["basis"] == "design-based")]
    assert (int(rates["n"].sum()), int(rates["hits"].sum())) == (1, 0)


def test_what_law_forbids_waits_with_its_reference_and_nothing_is_lost(desk, tmp_path):
    one = next(check for check in desk.checks if check[3] == "SCJG")
    other = next(check for check in desk.checks if check[3] == "SW")
    fine = "未发现问题"
    elsewhere = next(code for code in ("p000", "p003", "p006", "p009") if code not in desk.officers[one[0]])
    bad = {
        "not_drawn": result(one[0], "reg:999999", *one[2:], fine),
        "department": result(*other[:3], "SCJG", other[4], fine),
        "before": result(*one, fine, occurred_on="2026-03-01"),
        "wording": result(*one, "一切良好"),
        "alone": result(*one, "未发现问题;注销"),
        "disposal": result(*one, "不配合检查情节严重"),
        "absent": result(*one[:4], elsewhere, fine),
        "third_party": result(*one, fine, third_party="某会计师事务所"),
        "day": result(*one, fine, occurred_on="2026-03-20"),
        "code": result(*one, fine, channel="fax"),
        "empty": result(*one, fine, inspector_code=""),
    }
    told = desk.json("results", "enter", sheet(tmp_path, list(bad.values())), actor="Li")
    stranger = desk.json("results", "enter", sheet(tmp_path, [result(*one, fine)], "stranger"), actor="p001")

    found = {row["rule"]: row for row in told["refused"]}
    assert set(found) == set(bad) and told["entered"] == []
    assert [row["rule"] for row in stranger["refused"]] == ["department"]  # p001 is of another department
    for row in told["refused"]:
        assert row["reference"] and any("\u4e00" <= sign <= "\u9fff" for sign in row["reason"])
    kept = desk.json("results", "status", actor="Bao")["refused"]
    waiting = [row for row in kept if row["file"] == "results.csv"]
    assert [row["cells"]["visit_id"] for row in waiting] == [row["visit_id"] for row in bad.values()]
    twice = desk.json("results", "enter", sheet(tmp_path, [result(*one, fine), result(*one, "注销")]), actor="Li")
    assert [row["rule"] for row in twice["refused"]] == ["twice"] and len(twice["entered"]) == 1
    later = desk.json("results", "enter", sheet(tmp_path, [result(*one, "注销")]), actor="Li")
    assert [row["rule"] for row in later["refused"]] == ["twice"]
    kept = desk.json("results", "status", actor="Bao")["refused"]
    assert len(kept) == len(bad) + 3  # none is thrown away; what a later result does not answer waits on
    assert {row["rule"] for row in kept if not row["settled"]} == {"not_drawn", "department", "twice"}


def test_a_result_that_came_in_from_another_system_is_not_entered_again(desk, tmp_path):
    visit, entity, item, department, _ = desk.checks[0]
    public = {
        "inspection_id": "elsewhere", "visit_id": visit, "entity_id": entity, "item_code": item,
        "department_code": department, "selection_mode": "directed", "result_codes": "no_problem",
        "occurred_on": VISIT_DAY, "known_at": VISIT_DAY,
    }  # fmt: skip
    workspace = open_workspace(tmp_path / "workspace", create=False)
    ingest(
        workspace, [write(tmp_path / "other", "inspections", pd.DataFrame([public]))], actor=BAO, clock=at(VISIT_DAY)
    )
    workspace.close()
    told = desk.json("results", "enter", sheet(tmp_path, [result(*desk.checks[0], "未发现问题")]), actor="Li")

    assert [row["rule"] for row in told["refused"]] == ["twice"]


def test_one_officer_is_no_visit(desk, tmp_path):
    visit, entity, item, department, officer = desk.checks[0]
    workspace = open_workspace(tmp_path / "workspace", create=False)
    alone = scan(visit, entity, [officer, officer], [item], [department])
    later = pd.DataFrame([{**alone, "known_at": ENTRY_DAY}])
    ingest(workspace, [write(tmp_path / "alone", "visits", later)], actor=BAO, clock=at(ENTRY_DAY))
    workspace.close()
    told = desk.json("results", "enter", sheet(tmp_path, [result(*desk.checks[0], "未发现问题")]), actor="Li")

    assert [row["rule"] for row in told["refused"]] == ["officers"]
    assert "总局令49" in told["refused"][0]["reference"]


def test_review_return_and_offline_entry_keep_every_version(desk, tmp_path):
    check = desk.checks[0]
    key = "-".join((check[0], check[2], check[3]))
    own, other = ("--department", check[3]), ("--department", "WJW")
    desk.json("results", "enter", sheet(tmp_path, [result(*check, "未发现问题")]), actor="Li")
    offline = result(*check, "发现问题已责令改正", disposal="order_to_correct", channel="offline")
    assert desk.json("results", "enter", sheet(tmp_path, [offline]), actor="Li")["merged"] == [key]
    assert "不能变为" in desk.refused("results", "publish", key, *own, actor="Wang")
    desk.json("results", "submit", key, *own, actor="Li")
    assert "不属于 WJW" in desk.refused("results", "publish", key, *other, actor="Wang")
    assert "须由他人审核" in desk.refused("results", "publish", key, *own, actor="Li")
    assert "须说明理由" in desk.refused("results", "return", key, *own, actor="Wang")
    desk.json("results", "return", key, *own, "--reason", "证据不清", actor="Wang")
    fixed = result(*check, "发现问题已责令改正", disposal="order_to_correct", note="补充照片")
    desk.json("results", "enter", sheet(tmp_path, [fixed]), actor="Li")
    desk.json("results", "submit", *own, actor="Li")
    desk.json("results", "publish", *own, actor="Wang", day=REVIEW_DAY)
    workspace = open_workspace(tmp_path / "workspace", create=False)
    entries = workspace.warehouse.history("results").execute().set_index("result_id")
    assert set(entries.index) == {key, f"{key}#2", f"{key}#3"}
    assert workspace.warehouse.history("inspections").execute()["result_codes"].tolist() == ["corrected"]
    workspace.close()
    (standing,) = desk.json("results", "status", actor="Bao")["results"]
    assert (standing["state"], standing["entries"]) == ("published", 3)


def test_a_warning_alone_is_not_published(desk, tmp_path):
    workspace = open_workspace(tmp_path / "workspace", create=False)
    day = date(2026, 3, 10)
    rows = pd.DataFrame(
        [
            {"penalty_id": name, "entity_id": "reg:000001", "doc_no": name, "violation_type": "x", "categories": "警告",
             "severity": severity, "occurred_on": day, "known_at": day}
            for name, severity in (("W", "none"), ("F", "minor"))
        ]
    )  # fmt: skip
    ingest(workspace, [write(tmp_path / "penalties", "penalties", rows)], actor=BAO, clock=at(day))
    workspace.close()
    said = desk.refused("results", "publish", "--department", "SCJG", "--penalty", "F", "--penalty", "W", actor="Wang")

    assert "仅为警告" in said and "总局令45" in said
