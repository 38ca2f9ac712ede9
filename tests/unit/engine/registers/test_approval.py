"""Draft, consolidated, approved, published: in this order, by different people, about one and the same content."""

import pytest

from engine.errors import OffListError, PlanError
from engine.registers.approval import PlanStage, Step, edition_of, published_of, require_step
from engine.registers.stages import FlowStage, Mark, Progress
from engine.registers.tasks import Exemption, Task, TaskKind, counted_apart, require_lawful
from tests.plan_world import date

WALK = (("consolidated", "Bao"), ("approved", "Chen"), ("published", "Ding"))


def steps(n, digest="d1"):
    return [Step(step, actor, "leader", f"2026-02-0{at}", digest) for at, (step, actor) in enumerate(WALK[:n], start=1)]


def ask(taken, to, actor, digest="d1", submitters=frozenset({"Anna"})):
    require_step(edition_of(taken), to, plan="p", actor=actor, digest=digest, submitters=submitters)


def test_the_path_leads_from_draft_to_published():
    assert [edition_of(steps(n)).stage.value for n in range(4)] == ["draft", "consolidated", "approved", "published"]
    ask(steps(0), PlanStage.CONSOLIDATED, "Bao")
    ask(steps(1), PlanStage.APPROVED, "Chen")
    ask(steps(2), PlanStage.PUBLISHED, "Ding")


@pytest.mark.parametrize(
    ("n", "to", "actor", "said"),
    [
        (0, PlanStage.APPROVED, "Chen", "it is draft; it can only be approved once it is consolidated"),
        (1, PlanStage.PUBLISHED, "Ding", "it can only be published once it is approved"),
        (1, PlanStage.APPROVED, "Bao", "Bao has consolidated it and cannot be the one by whom it is approved"),
        (2, PlanStage.PUBLISHED, "Chen", "Chen has approved it"),
        (2, PlanStage.PUBLISHED, "Bao", "Bao has consolidated it"),
        (1, PlanStage.APPROVED, "Anna", "Anna has submitted it"),
        (3, PlanStage.CONSOLIDATED, "Bao", "nothing has changed since it was published"),
    ],
)
def test_a_step_out_of_order_or_by_the_same_person_is_refused(n, to, actor, said):
    with pytest.raises(PlanError, match=said):
        ask(steps(n), to, actor)


def test_what_was_consolidated_is_what_is_approved_and_published():
    for n, to, actor in ((1, PlanStage.APPROVED, "Chen"), (2, PlanStage.PUBLISHED, "Ding")):
        with pytest.raises(PlanError, match="its lines have changed since they were consolidated"):
            ask(steps(n), to, actor, digest="d2")


def test_a_returned_plan_begins_again_and_a_published_one_gets_another_edition():
    returned = [*steps(2), Step("returned", "Chen", "leader", "2026-02-05", "d1", "too many visits")]
    assert (edition_of(returned).stage, edition_of(returned).number) == (PlanStage.DRAFT, 1)

    again = [*steps(3), *steps(1, digest="d2")]
    assert (edition_of(again).stage, edition_of(again).number) == (PlanStage.CONSOLIDATED, 2)
    assert published_of(again).digest == "d1"
    ask(steps(3), PlanStage.CONSOLIDATED, "Bao", digest="d2")


def test_a_line_stands_in_the_last_stage_of_an_unbroken_run():
    mark = Mark("Bao", "leader", "2026-02-01")
    some = Progress({FlowStage.ITEM_LIST: mark, FlowStage.LIBRARIES: mark, FlowStage.DRAW: mark})

    assert (some.stage, some.missing) == (FlowStage.LIBRARIES, FlowStage.DISPATCH)
    assert (Progress({}).stage, Progress({}).missing) == (None, FlowStage.ITEM_LIST)
    assert Progress(dict.fromkeys(FlowStage, mark)).missing is None
    assert len(FlowStage) == 7


def task(kind=TaskKind.CASE_CHECK, **changes):
    terms = {
        "exemption": Exemption.COMPLAINT_OR_REPORT,
        "document": "投诉 1 号",
        "items": ("K1",),
        "department": "SCJG",
    }
    return Task("t", kind, window_start=date(2026, 3, 1), window_end=date(2026, 3, 9), **{**terms, **changes})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (task(TaskKind.ANNUAL_PLAN, items=("XX",), exemption=None), "item XX is not on the list"),
        (task(exemption=None), "case_check needs one of the grounds complaint_or_report"),
        (task(TaskKind.SPECIAL_INSPECTION), "special_inspection needs one of the grounds specially_required"),
        (task(document=" "), "the exemption names no document"),
    ],
)
def test_no_check_off_the_list_without_a_ground_and_its_document(wrong, said):
    with pytest.raises(OffListError, match=said) as refused:
        require_lawful(wrong, listed=frozenset({"K1"}), departments=frozenset({"SCJG"}))
    assert refused.value.exit_status == 12 and "\n" not in str(refused.value)


def test_an_exempt_task_may_check_what_no_list_names():
    for lawful in (
        task(items=("XX",)),
        task(TaskKind.UNLICENSED_OPERATION, items=("XX",)),
        task(TaskKind.EXEMPT, exemption=Exemption.LAW_FIXES_METHOD),
        task(TaskKind.SPECIAL_INSPECTION, exemption=Exemption.SPECIALLY_REQUIRED),
        task(TaskKind.ANNUAL_PLAN, exemption=None, document=None),
    ):
        require_lawful(lawful, listed=frozenset({"K1"}), departments=frozenset({"SCJG"}))
    with pytest.raises(PlanError, match="no department ZZ"):
        require_lawful(task(department="ZZ"), listed=frozenset(), departments=frozenset({"SCJG"}))


def test_tasks_outside_the_plan_are_counted_apart():
    counts = counted_apart(["annual_plan", "case_check", "annual_plan"])

    assert counts == {
        "annual_plan": 2,
        "case_check": 1,
        "special_inspection": 0,
        "unlicensed_operation": 0,
        "exempt": 0,
    }
