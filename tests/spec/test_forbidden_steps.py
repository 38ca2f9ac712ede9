"""What law forbids after a draw, tried and refused: each row is a step, and the rule that its refusal must name.

A supervisor reads the tables: what was tried, and on which rule the program refuses. Steps of results are tried on
whole rows, steps of joint punishment on whole cases.
"""

from dataclasses import replace
from datetime import date

import pytest

from engine.errors import ResultRefusedError
from engine.outcomes.entry import Ground, Known, Refusal, Scan, judge
from engine.outcomes.handing_on import Handing, Matter, next_event
from engine.outcomes.handing_on import Known as Register
from engine.outcomes.measure_law import Measure, MeasureLaw
from engine.outcomes.punishment import Case, CaseEvent, Listing, Terms, next_case, require_list_decision, walk
from engine.outcomes.review import State, Step, require_publishable, require_step, standings
from engine.vocabulary import SelectionMode

DAY, LATER = date(2026, 3, 10), date(2026, 6, 10)

# ---- punishment: from a score, without a basis, late ---------------------------------------------

LAW = MeasureLaw({"2021": date(2021, 12, 16), "2027": date(2027, 1, 1)}, ("备忘录",))
LIVE = Measure(
    "P05", "限制参加政府采购", "rights", "live", "国务院令654 art. 18", "2021", ("serious_violation",), ("FGW",),
    "公共资源交易", "regulation",
)  # fmt: skip
LISTED = Listing("L1", "reg:1", "serious_violation", date(2026, 1, 5))
REMOVED = replace(LISTED, ends_on=LATER, end_reason="removed")
NEW = Case("L1-P05-FGW", "L1", "reg:1", "P05", "SCJG", "FGW")
WAY = ("triggered", "basis_checked", "pushed", "received", "hit", "applied", "fed_back")
BY_FGW = {"received", "hit", "applied", "declined", "fed_back", "released"}


def event(name, *, on=DAY, **said):
    who = {"department": "FGW" if name in BY_FGW else "SCJG", "actor": "Wang" if name == "basis_checked" else "Li"}
    return CaseEvent(name, **{**who, "on": on, "reason": "", "business_no": "B-1" if name == "hit" else "", **said})


def case_at(state):
    steps = [event(name) for name in WAY[: WAY.index(state) + 1]]
    return walk(NEW, steps, terms=Terms(LIVE, LISTED, LAW))[-1]


def released():
    steps = [event("release_pushed", on=LATER), event("released", on=LATER)]
    return walk(case_at("fed_back"), steps, terms=Terms(LIVE, REMOVED, LAW, LATER))[-1]


@pytest.mark.parametrize(
    "ground", ["scores:reg:1@2026-03", "grades:reg:1", "warnings:W-1", "inspections:R-1", "P-1", "listings:"]
)
def test_nothing_but_a_list_decision_triggers_a_punishment(ground):
    with pytest.raises(ResultRefusedError) as refused:
        require_list_decision(ground)

    assert "国办发〔2020〕49号" in refused.value.params["reference"]


FORBIDDEN = [
    ("a measure of an old memorandum", NEW, event("triggered"), {"status": "historic"}, LISTED, "国办发〔2020〕49号"),
    ("a measure without legal basis", NEW, event("triggered"), {"legal_basis": ""}, LISTED, "国办发〔2020〕49号"),
    ("a memorandum as the only basis", NEW, event("triggered"), {"legal_basis": "合作备忘录"}, LISTED, "49号"),
    ("a measure in no edition in force", NEW, event("triggered"), {"list_edition": "2015"}, LISTED, "49号"),
    ("a measure not published yet", NEW, event("triggered"), {"list_edition": "2027"}, LISTED, "条例 art. 28"),
    ("rights reduced by a mere rule", NEW, event("triggered"), {"basis_kind": "rule"}, LISTED, "信息管理条例 art. 26"),
    ("another list than the measure's", NEW, event("triggered"), {"trigger_lists": ("abnormal",)}, LISTED, "49号"),
    ("another department than the measure's", NEW, event("triggered"), {"departments": ("ZJJ",)}, LISTED, "49号"),
    ("a listing that has ended", NEW, event("triggered", on=LATER), {}, REMOVED, "国办发〔2025〕22号"),
    ("the basis checked by who triggered it", case_at("triggered"), event("basis_checked", actor="Li"), {}, LISTED,
     "个人信息保护法 art. 24"),
    ("pushed without basis check", case_at("triggered"), event("pushed"), {}, LISTED, "国办发〔2020〕49号"),
    ("the basis lost before it is applied", case_at("hit"), event("applied"), {"legal_basis": ""}, LISTED, "49号"),
    ("received by another department", case_at("pushed"), event("received", department="ZJJ"), {}, LISTED, "谁实施"),
    ("applied without a business", case_at("received"), event("applied"), {}, LISTED, "国办发〔2020〕49号"),
    ("met in no business", case_at("received"), event("hit", business_no=""), {}, LISTED, "contract punishments"),
    ("declined without a reason", case_at("hit"), event("declined"), {}, LISTED, "contract punishments"),
    ("taken after the listing ended", case_at("received"), event("hit", on=LATER), {}, REMOVED, "no measure outlives"),
    ("applied after the listing ended", case_at("hit"), event("applied", on=LATER), {}, REMOVED, "no measure outlives"),
    ("pushed after the listing ended", case_at("basis_checked"), event("pushed", on=LATER), {}, REMOVED, "outlives"),
    ("released while the listing stands", case_at("fed_back"), event("release_pushed"), {}, LISTED, "22号"),
    ("released late without a word", case_at("fed_back"), event("release_pushed", on=date(2026, 6, 12)), {}, REMOVED,
     "release is pushed within a day"),
    ("released by who asked for it", case_at("fed_back"), event("released"), {}, REMOVED, "49号"),
    ("taken up again after the release", released(), event("hit", on=LATER), {}, REMOVED, "49号"),
    ("a step dated back", case_at("pushed"), event("received", on=date(2026, 3, 1)), {}, LISTED, "49号"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "case", "step", "measure", "listing", "reference"), FORBIDDEN, ids=[row[0] for row in FORBIDDEN]
)
def test_a_punishment_that_law_forbids_is_refused_with_its_rule(what, case, step, measure, listing, reference):
    terms = Terms(replace(LIVE, **measure), listing, LAW, LATER if listing is REMOVED else None)
    with pytest.raises(ResultRefusedError) as refused:
        next_case(case, step, terms=terms)

    assert reference in refused.value.params["reference"]


def test_the_lawful_way_is_open_to_its_end_and_lateness_stays_visible():
    assert released().state == "released"
    late = event("release_pushed", on=date(2026, 6, 12), reason="系统故障")
    after = next_case(case_at("fed_back"), late, terms=Terms(LIVE, REMOVED, LAW, LATER))

    assert after.events[-1].on > LATER and after.events[-1].reason == "系统故障"


# ---- results: one officer, another team, another department, before the draw, twice, no disposal -

ROW = {
    "visit_id": "V", "entity_id": "reg:1", "item_code": "K1", "department_code": "SCJG",
    "result_wordings": "未发现问题", "inspector_code": "p0", "channel": "mobile", "occurred_on": "2026-03-10",
}  # fmt: skip
GROUND = Ground(SelectionMode.RANDOM, date(2026, 3, 5), frozenset({"SCJG"}), "D1", officers=frozenset({"p0", "p3"}))
WORDINGS = {"未发现问题": "no_problem", "不配合检查情节严重": "refused", "发现问题待后续处理": "pending"}
KNOWN = Known(
    today=date(2026, 3, 12),
    drawn={("V", "reg:1", "K1"): GROUND},
    scans={("V", "K1"): Scan("reg:1", frozenset({"p0", "p3"}), DAY)},
    tasks={},
    item_departments={"K1": "SCJG"},
    officer_departments={"p0": "SCJG", "p3": "SCJG", "q1": "WJW", "p9": "SCJG"},
    wordings=WORDINGS,
    codes={},
)
ALONE = {("V", "K1"): Scan("reg:1", frozenset({"p0"}), DAY)}
OTHERS = {("V", "K1"): Scan("reg:1", frozenset({"p0", "p9"}), DAY)}
RESULTS = [
    ("one officer alone", {}, {"scans": ALONE}, "officers", "总局令49 art. 23"),
    ("an officer who was not drawn", {}, {"scans": OTHERS}, "team", "city plan 四(二)"),
    ("an object that was not drawn", {"entity_id": "reg:2"}, {}, "not_drawn", "city plan 四(二)"),
    ("from another department", {"department_code": "WJW", "inspector_code": "q1"}, {}, "department", "谁检查"),
    ("before the draw", {"occurred_on": "2026-03-01"}, {}, "before", "city plan"),
    ("a result that is there already", {}, {"states": {"V-K1-SCJG": State.SUBMITTED}}, "twice", "city plan 四(三)"),
    ("an unknown wording", {"result_wordings": "一切良好"}, {}, "wording", "GS52"),
    ("a problem without disposal", {"result_wordings": "不配合检查情节严重"}, {}, "disposal", "city plan 四(二)"),
    (
        "a problem with disposal 'none'",
        {"result_wordings": "发现问题待后续处理", "disposal": "none"},
        {},
        "disposal",
        "四(二)",
    ),
]


@pytest.mark.parametrize(("what", "changes", "known", "rule", "reference"), RESULTS, ids=[row[0] for row in RESULTS])
def test_a_result_that_law_forbids_is_refused_with_its_rule(what, changes, known, rule, reference):
    (verdict,) = judge([{**ROW, **changes}], replace(KNOWN, **known))

    assert isinstance(verdict, Refusal) and verdict.rule == rule and reference in verdict.reference


def test_the_lawful_result_is_taken():
    (verdict,) = judge([ROW], KNOWN)

    assert not isinstance(verdict, Refusal)


# ---- review and publication ----------------------------------------------------------------------


def held(*states):
    return standings([Step("R", state, "Li", "2026-03-11T09:00:00+08:00", department="SCJG") for state in states])


REVIEWS = [
    ("published before it was submitted", held(State.ENTERED), State.PUBLISHED, "Wang", "SCJG", "谁检查"),
    ("published by another department", held(State.ENTERED, State.SUBMITTED), State.PUBLISHED, "Wang", "WJW", "谁检查"),
    (
        "published by who entered it",
        held(State.ENTERED, State.SUBMITTED),
        State.PUBLISHED,
        "Li",
        "SCJG",
        "another person",
    ),
    (
        "returned without a reason",
        held(State.ENTERED, State.SUBMITTED),
        State.RETURNED,
        "Wang",
        "SCJG",
        "another person",
    ),
]


@pytest.mark.parametrize(
    ("what", "stands", "to", "actor", "department", "reference"), REVIEWS, ids=[row[0] for row in REVIEWS]
)
def test_a_publication_that_law_forbids_is_refused_with_its_rule(what, stands, to, actor, department, reference):
    with pytest.raises(ResultRefusedError) as refused:
        require_step(stands, "R", to=to, actor=actor, department=department)

    assert reference in refused.value.params["reference"]


def test_a_warning_alone_is_not_published():
    with pytest.raises(ResultRefusedError) as refused:
        require_publishable("P-1", "none")

    assert "总局令45" in refused.value.params["reference"]
    require_publishable("P-2", "minor")


# ---- a suspected crime ---------------------------------------------------------------------------


def test_a_penalty_does_not_replace_the_transfer_and_one_officer_does_not_prepare_it():
    register = Register(frozenset({"SCJG", "GAJ"}), {"p0": "SCJG", "p3": "SCJG"}, ("移送书",))
    crime = Matter("M", "R", "reg:1", "crime_transfer", "SCJG", "GAJ")
    for step in (
        Handing("closed", "SCJG", "Head", DAY, reason="已罚款"),
        Handing("decided", "SCJG", "Head", DAY, officers=("p0",)),
        Handing("sent", "SCJG", "Head", DAY),
    ):
        with pytest.raises(ResultRefusedError) as refused:
            next_event(crime, step, known=register)
        assert "移送涉嫌犯罪案件的规定" in refused.value.params["reference"]
