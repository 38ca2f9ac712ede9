"""Nothing falls between departments: what findings wait for, by whom, since when."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from engine.outcomes.follow_up import Event, Finding, count_by_department, follow_up
from engine.store.documents import load_policies

BOOK = load_policies()
DAY = date(2026, 3, 10)
ANNEXES = "移送书;调查报告;物品清单;检验或鉴定;其他材料"


def finding(key="R", disposal="order_to_correct", **changes):
    return Finding(key, "reg:1", "SCJG", DAY, disposal, **changes)


def event(name, day, *, kind="order", matter="M", finding="R", other="", **changes):
    return Event(matter, finding, "reg:1", kind, name, date(2026, 3, day), "SCJG", other, **changes)


def waits(findings, events, *, as_of=date(2026, 3, 31)):
    return follow_up(findings, events, book=BOOK, as_of=as_of)


def test_a_finding_nobody_took_up_is_open_with_the_department_that_found_it():
    (one,) = waits([finding(rectify_by=date(2026, 3, 25))], []).waiting

    assert (one.subject, one.department, one.days, one.days_late) == ("R", "SCJG", 21, 6)
    assert "order to correct" in str(one.waits_for)


def test_an_order_waits_for_its_re_check_until_it_passed():
    steps = [event("ordered", 11, due_on=date(2026, 3, 20)), event("reported", 18)]
    (one,) = waits([finding()], steps).waiting

    assert (str(one.waits_for), one.since, one.due_on) == (
        "the department re-checks",
        date(2026, 3, 18),
        date(2026, 4, 1),
    )
    assert waits([finding()], steps, as_of=date(2026, 4, 3)).waiting[0].days_late == 2
    assert waits([finding()], [*steps, event("passed", 22)]).waiting == ()
    assert "anew" in str(waits([finding()], [*steps, event("failed", 22)]).waiting[0].waits_for)


def test_a_notice_waits_with_whoever_has_to_act():
    handed = finding(disposal="notice_to_department")
    steps = [event("sent", 11, kind="notice", other="WJW"), event("received", 12, kind="notice", other="WJW")]

    assert waits([handed], []).waiting[0].department == "SCJG"
    assert waits([handed], steps[:1]).waiting[0].department == "WJW"
    assert "replies" in str(waits([handed], steps).waiting[0].waits_for)
    returned = waits([handed], [*steps, event("returned", 13, kind="notice", other="WJW")]).waiting
    assert returned[0].department == "SCJG"
    assert count_by_department(returned) == {"SCJG": (1, 0)}


def test_an_order_does_not_carry_out_a_notice():
    found = waits([finding(disposal="notice_to_department")], [event("passed", 12)])

    assert (found.open, found.done, len(found.waiting)) == (1, 0, 1)


def test_a_suspected_crime_has_24_hours_and_five_annexes():
    crime = finding(disposal="transfer")
    decided = event("decided", 14, kind="crime_transfer", other="GA")
    sent = event("sent", 15, kind="crime_transfer", other="GA", annexes="移送书;调查报告")

    (waiting,) = waits([crime], [decided]).waiting
    assert (waiting.due_on, waiting.department) == (date(2026, 3, 15), "SCJG")  # a Sunday: hours do not wait
    annexes, police = sorted(waits([crime], [decided, sent]).waiting, key=lambda one: one.department == "GA")
    assert "物品清单、检验或鉴定、其他材料" in str(annexes.waits_for)
    assert (police.department, police.due_on) == ("GA", date(2026, 3, 18))
    whole = event("sent", 15, kind="crime_transfer", other="GA", annexes=ANNEXES)
    assert len(waits([crime], [decided, whole]).waiting) == 1
    received = event("received", 16, kind="crime_transfer", other="GA")
    assert waits([crime], [decided, whole, received]).waiting[0].due_on == date(2026, 3, 18)  # still from the transfer
    filed = event("replied", 17, kind="crime_transfer", other="GA")
    (materials,) = waits([crime], [decided, whole, received, filed]).waiting
    assert (materials.department, materials.due_on) == ("SCJG", date(2026, 3, 20))


def test_a_matter_without_a_finding_is_open_too():
    stray = event("sent", 11, kind="assignment", finding="", other="WJW")

    assert [one.subject for one in waits([], [stray]).waiting] == ["M"]


KINDS = ("order_to_correct", "notice_to_department", "transfer", "feedback", "other")
STEPS = st.tuples(
    st.integers(0, 5), st.sampled_from(("order", "notice", "case_transfer")), st.sampled_from(("sent", "closed"))
)


@given(st.lists(st.sampled_from(KINDS), max_size=6), st.lists(STEPS, max_size=8))
def test_every_finding_is_open_done_or_within(disposals, steps):
    findings = [finding(f"R{at}", disposal) for at, disposal in enumerate(disposals)]
    events = []
    for at, (n, kind, name) in enumerate(steps):
        said = "ordered" if (kind, name) == ("order", "sent") else name
        events.append(event(said, 11 + at, kind=kind, finding=f"R{n}", matter=f"M{n}{kind}", other="WJW"))
    found = waits(findings, events)
    last = {one.matter: one.event for one in events}

    assert found.open + found.done + found.within == len(findings)
    assert {name for name, said in last.items() if said != "closed"} <= {one.subject for one in found.waiting}
