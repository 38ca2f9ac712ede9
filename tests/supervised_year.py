"""One synthetic year: plan, draws, results (late, returned, missing, objected to), follow-up, punishment, release.

Everything goes through the functions that the commands call, on the days on which it would happen. What went wrong on
the way is chosen by the position of a check in its draw, so the same year comes out each time.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.substitution import substitute_object
from engine.api.follow_up.inbox import end, inbox
from engine.api.follow_up.objection_desk import ObjectionDesk
from engine.api.punishment.steps import Desk
from engine.api.records.intake import ingest
from engine.api.results.drawn_checks import drawn_checks
from engine.api.results.entry import enter
from engine.api.results.handing_on import Asked, take
from engine.api.results.review import publish, send_back, submit
from engine.errors import SupervisionError
from engine.outcomes.working_days import WorkingDays
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from engine.store.loading.result_files import refused_rows
from tests.plan_world import BAO, at, carry_through, draw, line, make, write

BOOK = load_policies()
CALENDAR = WorkingDays()
LEAD = "SCJG"
CLERK, CHIEF, HEAD = Actor("Li", "inspector"), Actor("Wang", "reviewer"), Actor("Zhao", "head")
DRAWS = {"D1": ("L1", date(2026, 3, 2)), "D2": ("L2", date(2026, 4, 13))}
END = date(2026, 12, 31)
OFFICERS = {"SCJG": ("p000", "p003"), "WJW": ("p001", "p004"), "SW": ("p002", "p005")}
ANNEXES = ("移送书", "调查报告", "物品清单", "检验或鉴定", "其他材料")
WORDINGS = (
    ("未发现问题", ""), ("未发现问题", ""), ("发现问题已责令改正", "order_to_correct"),
    ("违反其他部门规定", "notice_to_department"), ("未发现问题", ""),
    ("通过登记的住所（经营场所）无法联系", "other"), ("不配合检查情节严重", "evidence_to_case_organ"), ("注销", ""),
    ("发现问题待后续处理", "transfer"),
)  # fmt: skip


@dataclass
class Year:
    """The workspace of the year, and what happened on the way."""

    workspace: object
    folder: object
    overdue_seen: int = 0
    returned: list[str] = field(default_factory=list)
    refused: int = 0
    late: list[str] = field(default_factory=list)
    substituted: int = 0
    late_releases: int = 0
    findings: list[tuple[str, str, str, date, str]] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    corrected: list[tuple[str, str]] = field(default_factory=list)
    listings: dict[str, tuple[str, str, date]] = field(default_factory=dict)

    def load(self, table, rows, *, on):
        path = write(self.folder / f"year-{on}", table, pd.DataFrame(rows), name=f"{table}-{on}-{len(rows)}")
        ingest(self.workspace, [path], actor=BAO, clock=at(on))

    def take(self, event, asked, *, on, department=LEAD, actor=CHIEF):
        return take(self.workspace, event, asked, book=BOOK, department=department, actor=actor, clock=at(on))

    def objects(self, department, *, on, actor=HEAD):
        return ObjectionDesk(self.workspace, book=BOOK, department=department, actor=actor, clock=at(on))

    def desk(self, department, *, on, actor=CLERK):
        return Desk(self.workspace, book=BOOK, department=department, actor=actor, clock=at(on))


def run_year(folder):
    """Return the year, lived from plan to release."""
    year = Year(make(folder), folder)
    lines = [line("L1", ratio="1/4"), line("L2", item_codes="G1;G2", ratio="1/16", participating_departments="SCJG;SW")]
    carry_through(year.workspace, *lines)
    none = {"reason": "本年无发起事项", "book": BOOK, "actor": CLERK, "at": at(date(2026, 1, 30))}
    end(year.workspace, "plan.deadline", "2026-WJW", **none)
    year.load(
        "measures",
        [measure("X1", "WJW;SW", "serious_violation"), measure("X2", "WJW", "abnormal")],
        on=date(2026, 2, 5),
    )
    for name, (own, day) in DRAWS.items():
        draw(year.workspace, name, own, day=day)
        inspect(year, name, drawn_on=day + timedelta(days=3))
    objections(year)
    follow_up(year)
    punish(year)
    return year


def measure(name, departments, trigger):
    return {
        "measure_id": name, "name": f"措施{name}", "measure_class": "management", "status": "live",
        "legal_basis": "总局令44 art. 15", "list_edition": "2021", "trigger_lists": trigger,
        "department_codes": departments, "business_field": "行政许可", "occurred_on": date(2026, 1, 1),
        "known_at": date(2026, 1, 1),
    }  # fmt: skip


def inspect(year, draw_id, *, drawn_on):
    """Visit, enter, review and publish what a draw selected; one object is replaced, some visits come late."""
    workspace = year.workspace
    stand_in = substitute(year, draw_id, on=drawn_on + timedelta(days=1))
    checks = drawn_checks(workspace, on=drawn_on + timedelta(days=2))
    checks = checks[(checks["draw_id"] == draw_id) & checks["is_matched"].astype(bool)]
    teams = workspace.warehouse.read(
        "teams", run_id=latest_runs(workspace.warehouse, draw_ids=[draw_id])[draw_id]
    ).execute()
    officers = teams.groupby("visit_id")["inspector_code"].agg(list).to_dict()
    of = teams.set_index("inspector_code")["department_code"].to_dict()
    first, second = [], []
    for place, (visit, rows) in enumerate(checks.groupby("visit_id", sort=True)):
        own = officers.get(visit, []) + officers.get(stand_in.get(visit), [])  # a reserve may be drawn for itself, too
        (second if place % 9 == 4 else first).append((visit, rows.to_dict("records"), own))
    for part, on in ((first, work(drawn_on, 5)), (second, work(drawn_on, 40))):
        scans = [scan(visit, rows, own, of, on=on) for visit, rows, own in part]
        if scans:
            year.load("visits", scans, on=on)
        results(year, part, of, on=on)
    year.overdue_seen += sum(one.is_overdue for one in inbox(workspace, book=BOOK, as_of=work(drawn_on, 30)))


def substitute(year, draw_id, *, on):
    """One object is gone: it keeps its result, and a reserve is visited by the same team."""
    checks = drawn_checks(year.workspace, on=on)
    drawn = checks[(checks["draw_id"] == draw_id) & checks["is_matched"].astype(bool)]
    terms = {"reason": "closed", "note": "已停业", "actor": BAO, "clock": at(on)}
    for row in drawn.sort_values(["visit_id", "item_code"]).to_dict("records"):
        try:
            made = substitute_object(
                year.workspace, draw_id, entity_id=row["entity_id"], items=(row["item_code"],), **terms
            )
        except SupervisionError:
            continue
        year.substituted += len(made)
        return {made[0]["reserve"][:16]: row["visit_id"]}
    return {}


def scan(visit, rows, own, of, *, on):
    return {
        "visit_id": visit, "entity_id": rows[0]["entity_id"], "task_id": None, "exemption": None, "notice_no": "n",
        "department_codes": ";".join(sorted({of[code] for code in own})), "inspector_codes": ";".join(own),
        "expert_codes": None, "item_codes": ";".join(row["item_code"] for row in rows), "entered_at": "09:00",
        "left_at": "10:00", "channel": "scan", "rating": 5, "complaint": None, "occurred_on": on, "known_at": on,
    }  # fmt: skip


def results(year, part, of, *, on):
    """Enter (some wrong at first, some late), return a few, publish all."""
    rows = [cells for visit, checks, own in part for cells in of_visit(visit, checks, own, of, on=on)]
    year.rows += rows
    wrong = [{**row, "result_wordings": "一切良好"} for row in rows[::7]]
    year.refused += len(enter(year.workspace, wrong, actor=CLERK, clock=at(on)).refused)
    late = rows[5::11]
    in_time = [row for row in rows if row not in late]
    for some, day in ((in_time, work(on, 2)), (late, work(on, 26))):
        if not some:
            continue
        told = enter(year.workspace, some, actor=CLERK, clock=at(day))
        assert not told.refused, [str(row.sentence) for row in told.refused]
        year.late += list(told.entered) if some is late else []
        for department in sorted({row["department_code"] for row in some}):
            own = {"department": department}
            keys = submit(year.workspace, [], **own, actor=CLERK, clock=at(day))
            back = keys[::10] if some is in_time else ()
            if back:
                send_back(year.workspace, back, reason="证据不清", **own, actor=CHIEF, clock=at(day))
                again = [{**row, "note": "已补证据"} for row in some if key_of(row) in set(back)]
                enter(year.workspace, again, actor=CLERK, clock=at(work(day, 1)))
                submit(year.workspace, back, **own, actor=CLERK, clock=at(work(day, 1)))
                year.returned += back
            publish(year.workspace, [], **own, actor=CHIEF, clock=at(work(day, 2)))
        year.findings += [
            (key_of(row), row["entity_id"], row["disposal"], work(day, 3), row["result_wordings"]) for row in some
        ]


def of_visit(visit, checks, own, of, *, on):
    for check in checks:
        department = check["department_code"]
        wording, disposal = WORDINGS[int(visit[:6], 16) % len(WORDINGS)]
        if check["is_replaced"]:
            wording, disposal = "已关闭停业或清算", ""
        officer = next(code for code in own if of[code] == department)
        yield {
            "visit_id": visit, "entity_id": check["entity_id"], "item_code": check["item_code"],
            "department_code": department, "result_wordings": wording, "disposal": disposal, "evidence": "照片1",
            "inspector_code": officer, "channel": "mobile", "occurred_on": on.isoformat(),
            "rectify_by": work(on, 20).isoformat() if disposal == "order_to_correct" else "",
        }  # fmt: skip


def key_of(row):
    return f"{row['visit_id']}-{row['item_code']}-{row['department_code']}"


def follow_up(year):
    """Orders are re-checked (some fail once), notices come back once, cases are answered, crimes go to the police."""
    groups = {}
    for key, _, disposal, on, _ in year.findings:
        groups.setdefault((disposal, key.rpartition("-")[2]), []).append((key, on))
    for (disposal, own), found in sorted(groups.items()):
        keys, day = [key for key, _ in found], work(max(on for _, on in found), 1)
        if disposal == "order_to_correct":
            put_right(year, keys, own, day)
        elif disposal in ("notice_to_department", "evidence_to_case_organ"):
            hand_on(year, keys, own, day, "notice" if disposal == "notice_to_department" else "case_transfer")
        elif disposal == "transfer":
            suspect(year, keys, own, day)


def put_right(year, keys, own, day):
    """Every second order fails its first re-check, is ordered anew and passes the second."""

    def step(event, matters, on, **terms):
        return year.take(event, [Asked(one, **terms) for one in matters], on=on, department=own)

    matters = step("ordered", keys, day, due_on=work(day, 15))
    failing = matters[1::2]
    step("reported", matters, work(day, 8))
    step("rechecked", matters, work(day, 11), officers=OFFICERS[own])
    step("passed", matters[::2], work(day, 11))
    if failing:
        step("failed", failing, work(day, 11), reason="仍未改正")
        step("ordered", failing, work(day, 12), due_on=work(day, 30))
        step("rechecked", failing, work(day, 25), officers=OFFICERS[own])
        step("passed", failing, work(day, 25))
    step("closed", matters, work(day, 26))


def hand_on(year, keys, own, day, kind):
    """Every third matter comes back and goes to whom it concerns; all are answered and closed."""
    to, last = (code for code in OFFICERS if code != own)

    def step(event, matters, on, department=own, **terms):
        return year.take(event, [Asked(one, **terms) for one in matters], on=on, department=department)

    matters = step("sent", keys, day, kind=kind, to_department=to, reason="线索")
    back = matters[::3]
    step("returned", back, work(day, 1), department=to, reason="不属本部门")
    step("sent", back, work(day, 2), to_department=last)
    for receiver, some in ((to, [one for one in matters if one not in back]), (last, back)):
        if some:
            step("received", some, work(day, 3), department=receiver)
            step("replied", some, work(day, 9), department=receiver, reason="已立案")
    step("closed", matters, work(day, 11))


def suspect(year, keys, own, day):
    """The head decides at once, the case is with the police a day later with all its annexes."""
    police = next(code for code in OFFICERS if code != own)
    asked = [Asked(key, to_department=police, officers=OFFICERS[own]) for key in keys]
    matters = year.take("decided", asked, on=day, department=own, actor=HEAD)
    sent = [Asked(one, annexes=ANNEXES) for one in matters]
    year.take("sent", sent, on=day + timedelta(days=1), department=own, actor=HEAD)
    year.take("received", [Asked(one) for one in matters], on=day + timedelta(days=2), department=police)
    year.take("replied", [Asked(one, reason="立案") for one in matters], on=day + timedelta(days=3), department=police)
    year.take("closed", [Asked(one) for one in matters], on=day + timedelta(days=5), department=own)


def objections(year):
    """Two firms object to a published result: one is maintained, one is corrected and published anew, its order closed.

    The order that rested on the corrected one falls; a third objection says nothing of substance and is declined.
    """
    chosen = [one for one in year.findings if one[2] == "order_to_correct"][:2]
    chosen += [one for one in year.findings if one[2] == "notice_to_department"][:1]
    for place, (key, _, _, on, _) in enumerate(chosen):
        own = key.rpartition("-")[2]
        filed, decided = work(on, 2), work(on, (4, 6, 12)[place])
        number = year.objects(own, on=filed, actor=CLERK).register(key, reason="对结果有异议", evidence=("照片2",))
        if place == 2:
            year.objects(own, on=filed).decline([number], reason="未说明事实")
            continue
        ordered = year.take("ordered", [Asked(key, due_on=work(on, 40))], on=on, department=own) if place == 1 else ()
        until = work(filed, 15) if place == 1 else None
        year.objects(own, on=work(filed, 1)).accept([number], until=until, reason="需他方核查" if until else "")
        year.objects(own, on=decided).decide([number], is_corrected=place == 1, reason="复核")
        if place == 1:
            republish(year, key, own, on=decided)
            year.take("closed", [Asked(*ordered, reason="原结果已更正")], on=work(decided, 2), department=own)
            year.corrected.append((number, key))


def republish(year, key, own, *, on):
    """The corrected result is entered, reviewed and public on the next working day; what rested on it is closed."""
    cells = next(row for row in year.rows if key_of(row) == key)
    mended = {**cells, "result_wordings": "未发现问题", "disposal": "", "rectify_by": "", "note": "异议核实后更正"}
    told = enter(year.workspace, [mended], actor=CLERK, clock=at(on))
    assert told.merged == (key,), [str(row.sentence) for row in told.refused]
    submit(year.workspace, [key], department=own, actor=CLERK, clock=at(on))
    publish(year.workspace, [key], department=own, actor=CHIEF, clock=at(work(on, 1)))
    year.findings = [(name, *rest[:1], "" if name == key else rest[1], *rest[2:]) for name, *rest in year.findings]


def punish(year):
    """Listings follow unreachable and refusing firms; measures are pushed, met in business, fed back and released."""
    lists = {"通过登记的住所（经营场所）无法联系": "abnormal", "不配合检查情节严重": "serious_violation"}
    seen = {}
    for key, entity, _, on, wording in sorted(year.findings, key=lambda one: one[3]):
        if wording in lists:
            seen.setdefault((entity, lists[wording]), (f"LS-{key[:8]}", on))
    year.listings = {name: (entity, kind, work(on, 3)) for (entity, kind), (name, on) in seen.items()}
    for on in sorted({on for _, _, on in year.listings.values()}):
        rows = [listing(n, entity, kind, "listed", on) for n, (entity, kind, day) in year.listings.items() if day == on]
        year.load("listings", rows, on=on)
    day = work(max(on for _, _, on in year.listings.values()), 2)
    year.desk(LEAD, on=day).trigger_all()
    year.desk(LEAD, on=day, actor=CHIEF).check_basis()
    year.desk(LEAD, on=work(day, 1)).push()
    for department in OFFICERS:
        year.desk(department, on=work(day, 3)).receive()
    asking = [entity for entity, _, _ in year.listings.values()][::2]
    met = year.desk("WJW", on=work(day, 7)).query([*asking, "reg:000500"], business_no="B-1")["punishment_id"].tolist()
    year.desk("WJW", on=work(day, 8)).apply(met[1:], amount_fen=100_000)
    year.desk("WJW", on=work(day, 8)).decline(met[:1], reason="依法应予许可")
    year.desk("WJW", on=work(day, 12)).feed_back(met, reason="已办理")
    lifted = list(year.listings.items())[::2]
    for at_row, (some, is_late) in enumerate(((lifted[:2], False), (lifted[2:4], True), (lifted[4:], False))):
        if some:
            release(year, some, work(day, 60 + 10 * at_row), is_repaired=at_row == 1, is_late=is_late)


def release(year, some, day, *, is_repaired, is_late):
    """Listings are lifted or repaired; the release is pushed the same day, or late with its reason."""
    if is_repaired:
        rows = [{"repair_id": f"RP-{name}", "entity_id": entity, "target_table": "listings", "target_id": name,
                 "decision": "repaired", "organ_code": LEAD, "occurred_on": day, "known_at": day}
                for name, (entity, _, _) in some]  # fmt: skip
        year.load("repairs", rows, on=day)
    else:
        year.load("listings", [listing(name, entity, kind, "removed", day) for name, (entity, kind, _) in some], on=day)
    pushed_on = work(day, 4) if is_late else day
    year.late_releases += len(year.desk(LEAD, on=pushed_on).release(reason="系统故障" if is_late else "")) * is_late
    for department in OFFICERS:
        year.desk(department, on=work(pushed_on, 1)).confirm_release()


def listing(name, entity, kind, event, on):
    return {
        "listing_event_id": f"{name}-{event}", "listing_id": name, "entity_id": entity, "list_type": kind,
        "event": event, "reason": "虚构", "organ_code": LEAD, "occurred_on": on, "known_at": on,
    }  # fmt: skip


def work(day, n):
    """Return the n-th working day after a day."""
    return CALENDAR.after(day, n).on


def kept_refusals(year):
    """Return how many rows wait with the rule they broke."""
    return len(refused_rows(year.workspace.path))
