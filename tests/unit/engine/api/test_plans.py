"""A plan from submission to archive, and draws that take from what its lines have left of the year."""

import json
from datetime import date, timedelta
from fractions import Fraction

import pandas as pd
import pytest

from engine.api.committing.commitment import commit_draw
from engine.api.draws.verification import verify
from engine.api.draws.voiding import void_draw
from engine.api.plans.approval import REFUSED, approve, consolidate, draw_control_arm, publish, send_back
from engine.api.plans.book import plan_book
from engine.api.plans.drawing import publish_reason
from engine.api.plans.reading import plan_json, plan_status
from engine.api.plans.submission import decide, open_proposals, schedule_plan, withdraw
from engine.api.plans.tasks import acknowledge, archive, dispatch, dispatch_outside, publicise
from engine.api.results.draw import enter_results
from engine.draw.entropy.sources import EntropyValue
from engine.draw.protocol.encoding import read_json, suite_named
from engine.draw.publishing.certificate import plan_digest
from engine.errors import DrawError, OffListError, PlanError, UsageError
from engine.store.documents import load_policies
from tests.plan_world import (
    ANNA,
    AS_OF,
    BAO,
    CHEN,
    DING,
    PLAN,
    at,
    carry_through,
    commit,
    draw,
    entities,
    hand_in,
    line,
    make,
    order,
    registry_counts,
    signed_and_run,
)

SUITE = suite_named("sha256")
FEB = date(2026, 2, 2)
BOOK = load_policies()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two lines with two draws a year; both drawn in March, L1 again in August, L2 left for its second draw."""
    workspace = make(tmp_path_factory.mktemp("plan"))
    carry_through(
        workspace,
        line("L1", draws_per_year=2, ratio="1"),
        line("L2", item_codes="G1;G2", ratio="1/10", participating_departments="SCJG;SW", draws_per_year=2),
    )
    first = draw(workspace, "D1", "L1", "L2")
    second = draw(workspace, "D2", "L1", day=date(2026, 8, 3), seed=12)
    return workspace, first, second


def drawn(workspace, draw_id):
    from engine.api.draws.logged import latest_runs

    run_id = latest_runs(workspace.warehouse, draw_ids=[draw_id])[draw_id]
    rows = workspace.warehouse.read("selections", run_id=run_id).execute()
    return rows[rows["is_drawn"]]


def test_a_draw_binds_its_lines_number_window_departments_and_rulebook(world):
    workspace, first, _ = world
    folder = workspace.path / "draws" / "D1"
    plan, commitment = (
        read_json((folder / "plan.json").read_bytes()),
        read_json((folder / "commitment.json").read_bytes()),
    )

    assert commitment["plan_digest"] == plan_digest(plan, suite=SUITE)
    assert (plan["plan"], plan["numbers"], plan["mode"]) == (PLAN, {"L1": [1, 2], "L2": [1, 2]}, "random")
    assert plan["items"] == ["G1", "G2", "K1"] and plan["departments"] == ["SCJG", "SW"]
    assert plan["edition"] == {
        "number": 1,
        "digest": plan_book(workspace, PLAN, on=AS_OF.replace(year=2026)).published.digest,
    }
    assert commitment["rules"] == f"ssdraw/1; rulebook 2025-01 {plan['rulebook']['digest'][:16]}"
    assert commitment["approval"] == f"{PLAN} edition 1: fictional No. 1"
    assert {terms["group"] for terms in commitment["items"].values()} == {PLAN}
    found = verify(folder, expect_commit=first.commit_digest, expect_entropy=None)
    assert found.ok and found.anchored


def test_several_lines_are_one_joint_draw_and_fewer_visits(world):
    _, first, _ = world

    assert first.visits < first.checks
    assert first.visits < first.visits_independent


def test_draws_of_a_year_share_one_quota(world):
    """K1: 2, 4, 20, 60 % of grades A to D a year. Both draws together make it, within rounding, stratum by stratum."""
    workspace, _, _ = world
    register = entities()
    eligible = register[(register["industry_code"] == "H62") & (register["status"] == "active")]
    from tests.plan_world import grades

    graded = eligible.merge(grades(register)[["entity_id", "grade"]], on="entity_id")
    yearly = {"A": Fraction(2, 100), "B": Fraction(4, 100), "C": Fraction(20, 100), "D": Fraction(60, 100)}
    sizes = graded["grade"].value_counts()
    both = pd.concat([drawn(workspace, name) for name in ("D1", "D2")])
    taken = both[both["item_code"] == "K1"]

    wanted = sum(yearly[grade] * int(n) for grade, n in sizes.items() if grade in yearly)
    assert abs(len(taken) - wanted) <= 2
    assert abs((taken["grade"] == "D").sum() - yearly["D"] * int(sizes["D"])) <= 2
    assert not taken.duplicated(["entity_id"])[taken["grade"].isin(["A", "B"])].any()
    plan = json.loads((workspace.path / "draws" / "D2" / "commitment.json").read_text(encoding="utf-8"))
    spared = sum(n for cell, n in plan["counts"].items() if "!visited!" in cell or "!visit_cap!" in cell)
    first = drawn(workspace, "D1")
    assert (
        spared >= first.loc[first["grade"].isin(["A", "B"]) & (first["item_code"] == "K1"), "entity_id"].nunique() > 0
    )


def test_a_line_is_not_drawn_more_often_than_planned_unless_a_reason_was_published(world):
    workspace, _, _ = world
    with pytest.raises(PlanError, match="line L1 has had its 2 draw"):
        commit(workspace, "D3", "L1", day=date(2026, 9, 1))

    publish_reason(
        workspace, "D3", items=["K1"], reason="an outbreak", document="No. 9", actor=CHEN, clock=at(date(2026, 9, 1))
    )
    third = commit(workspace, "D3", "L1", day=date(2026, 9, 2))
    plan = read_json((workspace.path / "draws" / "D3" / "plan.json").read_bytes())

    assert third.numbers == {"L1": (3, 2)}
    assert plan["outside_plan"]["reason"] == "an outbreak"
    void_draw(workspace, "D3", reason="only tried", actor=BAO, clock=at(date(2026, 9, 2), 10))


def test_a_draw_of_the_same_items_must_be_over_before_the_next_commits(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("L1", draws_per_year=2))
    commit(workspace, "D1", "L1")

    with pytest.raises(DrawError, match="draw D1 of the same items is committed but not drawn"):
        commit(workspace, "D2", "L1", day=date(2026, 3, 3))

    void_draw(workspace, "D1", reason="wrong day", actor=BAO, clock=at(date(2026, 3, 2), 10))
    assert commit(workspace, "D2", "L1", day=date(2026, 3, 3)).numbers == {"L1": (1, 2)}


def test_outside_the_plan_a_reason_must_be_public_before_the_commitment(world):
    workspace, _, _ = world
    with pytest.raises(DrawError, match="X1 is not in a plan and no reason was published before"):
        commit(workspace, "X1", day=date(2026, 10, 1), items=("K2",))

    publish_reason(
        workspace,
        "X1",
        items=["K2"],
        reason="required from above",
        document="No. 5",
        actor=CHEN,
        clock=at(date(2026, 10, 1)),
    )
    with pytest.raises(DrawError, match="no reason was published before"):
        commit(workspace, "X1", day=date(2026, 10, 1), items=("K2",))  # the same moment is not before
    with pytest.raises(DrawError, match="names the items K2, not those of the draw"):
        commit(workspace, "X1", day=date(2026, 10, 2), items=("G1",))
    done = draw(workspace, "X1", day=date(2026, 10, 2), items=("K2",))

    plan = read_json((workspace.path / "draws" / "X1" / "plan.json").read_bytes())
    assert plan["edition"] is None and plan["outside_plan"]["document"] == "No. 5"
    assert set(done.items) == {"K2"}


def test_lines_that_are_not_published_are_not_drawn(world, tmp_path):
    workspace, _, _ = world
    with pytest.raises(PlanError, match="line L9 is in no published plan"):
        commit(workspace, "D9", "L9", day=date(2026, 10, 1))
    with pytest.raises(PlanError, match="do not lie between today"):
        commit(workspace, "D9", "L2", day=date(2026, 10, 1), inspect_until=date(2027, 1, 1))


def test_every_row_of_the_register_is_accounted_for_per_stratum(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("F1", draw_type="filtered", tags="校园周边"))
    done = draw(workspace, "D1", "F1")
    committed = read_json((workspace.path / "draws" / "D1" / "commitment.json").read_bytes())
    register = entities()
    caterers = register[register["industry_code"] == "H62"]

    pool = caterers[caterers["tags"].notna() & (caterers["status"] == "active")]
    by_reason = {}
    for cell, n in committed["counts"].items():
        reason = cell.split("!")[1] if "!" in cell else ""
        by_reason[reason] = by_reason.get(reason, 0) + n
    assert by_reason.pop("") == len(pool)
    assert by_reason["status"] == (caterers["status"] == "closed").sum()
    assert sum(by_reason.values()) + len(pool) == len(caterers) == committed["registry"]["K1"]
    rows = drawn(workspace, "D1")
    assert set(rows["selection_mode"]) == {"filtered_draw"} and set(rows["entity_id"]) <= set(pool["entity_id"])
    assert done.checks == len(rows)
    plan = read_json((workspace.path / "draws" / "D1" / "plan.json").read_bytes())
    assert plan["registry"][0]["source"] == "登记机关" and plan["registry"][0]["counted_on"] == "2025-12-20"


@pytest.mark.parametrize(("wrong_by", "said"), [(50, "登记机关 counts"), (None, "no independent count was entered")])
def test_a_real_draw_is_refused_where_the_registry_counts_otherwise(tmp_path, wrong_by, said):
    counts = registry_counts(entities(), wrong_by=wrong_by or 0)
    workspace = make(tmp_path, counts=counts if wrong_by else counts.iloc[:1])
    carry_through(workspace, line("L1"), seed=None)
    wanted = order("D1", "L1", events={"fc3d": "2026070", "pl5": "2026070"})

    with pytest.raises(DrawError, match=said):
        commit_draw(workspace, wanted, profile="default", actor=ANNA, clock=at(date(2026, 3, 2)))
    assert not (workspace.path / "draws" / "D1").exists()
    simulated = commit(workspace, "D1", "L1")
    assert any(said in str(note) for note in simulated.notes)


def test_the_control_arm_is_assigned_by_a_later_event_and_drawn_at_one_ratio(tmp_path):
    workspace = make(tmp_path)
    armed = line("L1", control_unit="firm", control_share="1/10", control_ratio="1/5", blind_share="1/2")
    carry_through(workspace, armed)
    with pytest.raises(PlanError, match="its control arm was not assigned yet"):
        commit(workspace, "D1", "L1")
    seed = draw_control_arm(workspace, PLAN, value=None, book=BOOK, actor=BAO, clock=at(date(2026, 2, 6)))
    with pytest.raises(PlanError, match="was assigned before"):
        draw_control_arm(workspace, PLAN, value=None, book=BOOK, actor=BAO, clock=at(date(2026, 2, 7)))
    draw(workspace, "D1", "L1")

    rows = workspace.warehouse.read("selections").execute()
    strata = workspace.warehouse.read("strata").execute().set_index("stratum")
    control = rows[rows["arm"] == "control"]
    randomised = rows[rows["arm"].notna()]
    decided = set(entities()["entity_id"][::37])
    assert len(bytes.fromhex(seed)) == 32
    assert 0.02 < len(control) / len(randomised) < 0.25
    assert set(strata.loc[control["stratum"].unique(), "design_probability"]) == {0.2}
    assert not (set(randomised["entity_id"]) & decided)
    assert set(strata.loc[strata["is_control"], "arm"]) == {"control"}
    graded = rows[rows["arm"] == "graded"]
    assert not set(graded["stratum"]) & set(control["stratum"])
    public = (workspace.path / "draws" / "D1" / "plan.json").read_text(encoding="utf-8")
    assert json.loads(public)["control"]["seed"] == seed
    visits = workspace.warehouse.read("visits").execute()
    assert visits["is_grade_blind"].dtype == "boolean" or visits["is_grade_blind"].notna().all()


def test_the_arm_of_a_real_plan_needs_its_own_later_event(tmp_path):
    workspace = make(tmp_path)
    armed = line("L1", control_unit="district", control_share="1/3", control_ratio="1/5")
    with pytest.raises(PlanError, match="no public event is named that assigns it"):
        carry_through(workspace, armed, seed=None)
    publish(workspace, PLAN, book=BOOK, actor=DING, clock=at(date(2026, 2, 4)), control_event=("fc3d", "2026040"))

    def assign(event="2026040", drawn_at="2026-02-06T21:15:00+08:00", value="123"):
        given = EntropyValue("fc3d", event, value, drawn_at, "newspaper")
        return draw_control_arm(workspace, PLAN, value=given, book=BOOK, actor=BAO, clock=at(date(2026, 2, 9)))

    with pytest.raises(PlanError, match="of another event"):
        assign(event="2026041")
    with pytest.raises(PlanError, match="before the plan could bind itself"):
        assign(drawn_at="2026-02-04T21:15:00+08:00")
    with pytest.raises(UsageError):
        draw_control_arm(workspace, PLAN, value=None, book=BOOK, actor=BAO, clock=at(date(2026, 2, 9)))
    assert len(assign()) == 64


def test_capacity_of_a_line_is_kept_and_what_was_trimmed_is_said(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("L1", person_days=5.0, ratio="1"))

    committed = commit(workspace, "D1", "L1")

    note = next(str(note) for note in committed.notes if "person-days" in str(note))
    assert note.startswith("L1: ") and "5.0 available" in note and "2026-330600 L1" in note
    record = read_json((workspace.path / "draws" / "D1" / "commitment.json").read_bytes())
    expected = sum(Fraction(r) * record["counts"][f"K1|{s}"] for s, r in record["items"]["K1"]["ratios"].items())
    assert expected / 2 <= 5  # half a person-day a check


def test_the_planned_ratio_is_the_most_of_a_graded_line_and_the_ratio_of_a_uniform_one(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("L1", ratio="1/25"), line("L2", item_codes="K2", ratio="1/10", ratio_basis="uniform",
                  initiating_department="WJW", participating_departments="WJW"))  # fmt: skip
    committed = commit(workspace, "D1", "L1", "L2")
    terms = read_json((workspace.path / "draws" / "D1" / "commitment.json").read_bytes())["items"]
    n_active = int(((entities()["industry_code"] == "H62") & (entities()["status"] == "active")).sum())

    assert set(terms["K2"]["ratios"].values()) == {"1/10"}
    counts = read_json((workspace.path / "draws" / "D1" / "commitment.json").read_bytes())["counts"]
    expected = sum(Fraction(r) * counts[f"K1|{s}"] for s, r in terms["K1"]["ratios"].items())
    assert expected <= n_active // 25
    assert any("ratio cap 1/25" in str(note) and "2026-330600 L1" in str(note) for note in committed.notes)


def test_a_plan_walks_its_path_with_different_people_and_a_document(tmp_path):
    workspace = make(tmp_path)
    submitted = hand_in(
        workspace,
        line("L1", occurred_on=date(2026, 2, 3), known_at=date(2026, 2, 3)),
        line("L2", item_codes="K1;K2", initiating_department="WJW", participating_departments="WJW;SCJG"),
        line("BAD", item_codes="XX"),
        day=date(2026, 2, 4),
    )  # fmt: skip
    assert {one.line.line_id: one.days_late for one in submitted.lines} == {"L1": 3, "L2": 0, "BAD": 0}
    assert "no check off the list" in str(next(o for o in submitted.lines if o.line.line_id == "BAD").faults[0])
    day = at(date(2026, 2, 5))
    with pytest.raises(PlanError, match="XX is not on the item list.*1 fault"):
        consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    with pytest.raises(UsageError):
        withdraw(workspace, "BAD", reason="", actor=BAO, clock=day)
    withdraw(workspace, "BAD", reason="not on the list", actor=BAO, clock=day)
    with pytest.raises(PlanError, match="lines L1, L2 name the same item for"):
        consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    (proposal,) = open_proposals(workspace, PLAN, book=BOOK, on=date(2026, 2, 5))
    with pytest.raises(UsageError):
        decide(workspace, PLAN, "p0", is_accepted=True, reason="", book=BOOK, actor=BAO, clock=day)
    decide(workspace, PLAN, proposal.proposal_id, is_accepted=True, reason="", book=BOOK, actor=BAO, clock=day)
    with pytest.raises(PlanError, match="its calendar does not fit its lines"):
        consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    (slot,) = schedule_plan(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    assert slot.line_id == "L1+L2"
    consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    with pytest.raises(PlanError, match="Bao has consolidated it"):
        approve(workspace, PLAN, document="No. 1", actor=BAO, clock=day)
    with pytest.raises(PlanError, match="Anna has submitted it"):
        approve(workspace, PLAN, document="No. 1", actor=ANNA, clock=day)
    with pytest.raises(UsageError):
        approve(workspace, PLAN, document=" ", actor=CHEN, clock=day)
    send_back(workspace, PLAN, reason="later window", actor=CHEN, clock=day)
    consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    approve(workspace, PLAN, document="No. 1", actor=CHEN, clock=day)
    with pytest.raises(PlanError, match="Chen has approved it"):
        publish(workspace, PLAN, book=BOOK, actor=CHEN, clock=day)
    done = publish(workspace, PLAN, book=BOOK, actor=DING, clock=day)

    record = read_json(done.path.read_bytes())
    assert plan_digest(record, suite=SUITE) == done.digest
    assert [entry["line"] for entry in record["lines"]] == ["L1+L2"]
    assert record["rulebook"]["version"] == "2025-01" and record["approval"] == "No. 1"
    approvals = workspace.warehouse.history("approvals").execute()
    assert approvals["step"].tolist() == ["consolidated", "returned", "consolidated", "approved", "published"]
    assert workspace.ledger.first_break() is None
    (state,) = plan_status(workspace, on=date(2026, 2, 6)).plans
    told = plan_json(state)
    assert told["gone"] == {"BAD": "withdrawn", "L1": "L1+L2", "L2": "L1+L2"}
    assert [step["actor"] for step in told["steps"]] == ["Bao", "Chen", "Bao", "Chen", "Ding"]


def test_of_two_people_who_approve_at_the_same_moment_one_does_and_the_other_stands_refused(tmp_path, monkeypatch):
    workspace, day = make(tmp_path), at(date(2026, 2, 5))
    hand_in(workspace, line("L1"))
    schedule_plan(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=day)
    seen_by_both = plan_book(workspace, PLAN, on=date(2026, 2, 5))
    approve(workspace, PLAN, document="No. 1", actor=CHEN, clock=day)

    monkeypatch.setattr("engine.api.plans.approval.plan_book", lambda *_, **__: seen_by_both)
    with pytest.raises(PlanError, match="Chen took the step 'approved' at the same moment"):
        approve(workspace, PLAN, document="No. 2", actor=DING, clock=day)

    (refused,) = workspace.ledger.entries(action=REFUSED, subject=PLAN)
    assert (refused.actor, refused.particulars["step"]) == ("Ding", "approved")
    assert workspace.warehouse.history("approvals").execute()["step"].tolist() == ["consolidated", "approved"]


def test_a_county_plan_that_repeats_the_city_is_not_published(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("CITY"))
    county = line("COUNTY", authority_code="330602")
    with pytest.raises(PlanError, match="lines COUNTY and CITY of two levels name K1 for the same"):
        carry_through(workspace, county, plan="2026-330602")


def test_tasks_are_dispatched_acknowledged_and_counted_apart(world):
    workspace, first, _ = world
    day = at(date(2026, 2, 10))
    tasks = dispatch(workspace, ["L1", "L2"], actor=BAO, clock=day)
    assert [task.department for task in tasks] == ["SCJG", "SCJG", "SW"]
    assert dispatch(workspace, ["L1"], actor=BAO, clock=day)[0] == tasks[0]
    with pytest.raises(PlanError, match="Bao dispatched it"):
        acknowledge(workspace, tasks[0].task_id, actor=BAO, clock=day)
    for task in tasks:
        acknowledge(workspace, task.task_id, actor=CHEN, clock=day)
    with pytest.raises(PlanError, match="acknowledged before"):
        acknowledge(workspace, tasks[0].task_id, actor=DING, clock=day)
    with pytest.raises(UsageError):
        acknowledge(workspace, "nobody", actor=DING, clock=day)
    with pytest.raises(PlanError, match="in no published plan"):
        dispatch(workspace, ["L1", "L7"], actor=BAO, clock=day)

    def outside(**changes):
        terms = {
            "kind": "case_check", "department": "SCJG", "items": ["K1"], "exemption": "complaint_or_report",
            "document": "投诉 8 号", "until": date(2026, 3, 1), "entity_id": "reg:000003",
        }  # fmt: skip
        return dispatch_outside(workspace, "CASE-1", **{**terms, **changes}, actor=BAO, clock=day)

    for wrong, error in (
        ({"exemption": ""}, OffListError),
        ({"document": ""}, OffListError),
        ({"kind": "annual_plan"}, UsageError),
        ({"kind": "raid"}, UsageError),
        ({"exemption": "because"}, UsageError),
        ({"until": date(2026, 1, 1)}, UsageError),
    ):
        with pytest.raises(error):
            outside(**wrong)
    outside()

    status = plan_status(workspace, on=date(2026, 12, 1))
    assert status.task_counts["annual_plan"] == 3 and status.task_counts["case_check"] == 1
    assert [task.task_id for task in status.outside] == ["CASE-1"]
    rows = workspace.warehouse.history("tasks").execute()
    assert len(rows) == 4 and rows.set_index("task_id").loc["CASE-1", "document_ref"] == "投诉 8 号"


def test_a_line_goes_through_all_seven_stages_with_who_and_when(tmp_path):
    workspace = make(tmp_path)
    carry_through(workspace, line("L1"))

    def stage():
        return plan_json(plan_status(workspace, on=date(2026, 12, 1)).plans[0])["lines"][0]

    seen = [stage()["stage"]]
    for task in dispatch(workspace, ["L1"], actor=BAO, clock=at(FEB)):
        acknowledge(workspace, task.task_id, actor=CHEN, clock=at(FEB))
    commit(workspace, "D1", "L1")
    seen.append(stage()["stage"])
    signed_and_run(workspace, "D1")
    seen.append(stage()["stage"])
    with pytest.raises(DrawError, match="0 of"):
        publicise(workspace, "D1", actor=BAO, clock=at(date(2026, 4, 1)))
    rows = drawn(workspace, "D1")
    found = rows.assign(
        inspection_id=rows["visit_id"] + rows["item_code"], department_code="SCJG", result_codes="no_problem",
        occurred_on=date(2026, 3, 20), known_at=date(2026, 3, 25),
    )  # fmt: skip
    columns = [
        *("inspection_id", "visit_id", "entity_id", "item_code", "department_code", "selection_mode", "draw_id"),
        *("stratum", "design_probability", "inclusion_probability", "result_codes", "occurred_on", "known_at"),
    ]
    enter_results(workspace, found[columns], draw_id="D1", actor=CHEN, clock=at(date(2026, 3, 26)))
    seen.append(stage()["stage"])
    with pytest.raises(DrawError, match="not published yet"):
        archive(workspace, "D1", actor=BAO, clock=at(date(2026, 4, 1)))
    assert publicise(workspace, "D1", actor=BAO, clock=at(date(2026, 4, 1)))["with_result"] == len(rows)
    seen.append(stage()["stage"])
    archive(workspace, "D1", actor=DING, clock=at(date(2026, 4, 2)))
    told = stage()

    assert [*seen, told["stage"]] == ["item_list", "dispatch", "draw", "entry", "publicity", "archive"]
    assert told["next_stage"] is None
    whos = {name: mark["actor"] for name, mark in told["stages"].items()}
    assert whos == {
        "item_list": "Ding",
        "libraries": "Anna",
        "dispatch": "Chen",
        "draw": "Bao",
        "entry": "Chen",
        "publicity": "Bao",
        "archive": "Ding",
    }
    assert told["stages"]["draw"]["at"].startswith("2026-03-05")


def test_an_amended_plan_is_another_edition_and_draws_name_it(tmp_path):
    workspace = make(tmp_path)
    first = carry_through(workspace, line("L1", draws_per_year=2))
    draw(workspace, "D1", "L1")
    second_day = date(2026, 4, 1)
    hand_in(workspace, line("L2", item_codes="G1", ratio="1/10"), day=second_day, name="second")
    schedule_plan(workspace, PLAN, book=BOOK, actor=BAO, clock=at(second_day))
    assert commit(workspace, "D2", "L1", day=date(2026, 4, 2)).numbers == {"L1": (2, 2)}  # edition 1 stays in force
    void_draw(workspace, "D2", reason="tried", actor=BAO, clock=at(date(2026, 4, 2), 10))
    consolidate(workspace, PLAN, book=BOOK, actor=BAO, clock=at(second_day))
    approve(workspace, PLAN, document="No. 2", actor=CHEN, clock=at(second_day))
    amended = publish(workspace, PLAN, book=BOOK, actor=DING, clock=at(second_day), simulation_seed=7)

    assert (first.edition, amended.edition) == (1, 2) and first.digest != amended.digest
    committed = commit(workspace, "D3", "L1", "L2", day=second_day + timedelta(days=3))
    plan = read_json((workspace.path / "draws" / "D3" / "plan.json").read_bytes())
    assert plan["edition"] == {"number": 2, "digest": amended.digest}
    assert committed.numbers == {"L1": (2, 2), "L2": (1, 1)}
