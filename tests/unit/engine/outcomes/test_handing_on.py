"""Findings put right and handed on: every lawful way is walked, every unlawful step is refused with its rule."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ResultRefusedError
from engine.outcomes.handing_on import REFERRALS, Handing, Known, Matter, next_event

DAY = date(2026, 3, 10)
ANNEXES = ("移送书", "调查报告", "物品清单", "检验或鉴定", "其他材料")
KNOWN = Known(frozenset({"SCJG", "WJW", "GAJ"}), {"p1": "SCJG", "p2": "SCJG", "q1": "WJW"}, ANNEXES)
BY_OTHER = {"received", "replied", "returned"}


def matter(kind, *names, other="WJW"):
    held = Matter("M", "R", "reg:1", kind, "SCJG", "" if kind == "order" else other)
    for name in names:
        held = after(held, name)
    return held


def step(name, held, **changes):
    said = {
        "department": held.other if name in BY_OTHER else held.owner, "actor": "Head", "on": DAY, "reason": "查实",
        "officers": ("p1", "p2"), "annexes": ANNEXES, "due_on": DAY + timedelta(days=30 + len(held.events)),
    }  # fmt: skip
    return Handing(name, **{**said, **changes})


def after(held, name, **changes):
    event = next_event(held, step(name, held, **changes), known=KNOWN)
    return Matter("M", "R", "reg:1", held.kind, event.owner, event.other, (*held.events, event))


WAYS = [
    ("order", ("ordered", "rechecked", "passed", "closed")),
    ("order", ("ordered", "extended", "extended", "reported", "rechecked", "failed", "ordered")),
    ("order", ("ordered", "rechecked", "failed", "closed")),
    ("notice", ("sent", "received", "replied", "closed")),
    ("assignment", ("sent", "returned", "sent", "received", "replied", "closed")),
    ("case_transfer", ("sent", "received", "returned", "closed")),
    ("crime_transfer", ("decided", "sent", "received", "replied", "closed")),
]


@pytest.mark.parametrize(("kind", "names"), WAYS)
def test_a_lawful_way_is_walked_to_its_end(kind, names):
    assert matter(kind, *names, other="GAJ").state == names[-1]


REFUSED = [
    ("order", (), "rechecked", {}, "no gap"),
    ("order", ("ordered",), "closed", {}, "no gap"),
    ("order", ("ordered",), "passed", {}, "no gap"),
    ("order", ("ordered",), "rechecked", {"officers": ("p1",)}, "行政处罚法 art. 42"),
    ("order", ("ordered",), "rechecked", {"officers": ("p1", "p1")}, "行政处罚法 art. 42"),
    ("order", ("ordered",), "rechecked", {"officers": ("p1", "q1")}, "行政处罚法 art. 42"),
    ("order", (), "ordered", {"due_on": None}, "no gap"),
    ("order", ("ordered",), "extended", {"due_on": DAY + timedelta(days=1)}, "no gap"),
    ("order", ("ordered",), "extended", {"reason": " "}, "no gap"),
    ("order", ("ordered", "rechecked", "failed"), "closed", {"reason": ""}, "no gap"),
    ("order", ("ordered",), "reported", {"on": DAY - timedelta(days=1)}, "no gap"),
    ("notice", ("sent",), "received", {"department": "SCJG"}, "抄告"),
    ("notice", ("sent",), "replied", {}, "抄告"),
    ("notice", ("sent", "received"), "closed", {}, "抄告"),
    ("notice", ("sent", "received"), "replied", {"reason": ""}, "抄告"),
    ("notice", (), "sent", {"to_department": "SCJG"}, "抄告"),
    ("notice", (), "sent", {"to_department": "ZZ99"}, "抄告"),
    ("assignment", (), "sent", {"due_on": None}, "交办"),
    ("crime_transfer", (), "sent", {}, "移送涉嫌犯罪"),
    ("crime_transfer", (), "decided", {"officers": ("p1",)}, "移送涉嫌犯罪"),
    ("crime_transfer", (), "decided", {"actor": "p1"}, "移送涉嫌犯罪"),
    ("crime_transfer", ("decided",), "sent", {"annexes": ANNEXES[:3]}, "移送涉嫌犯罪"),
    ("crime_transfer", ("decided", "sent"), "closed", {}, "移送涉嫌犯罪"),
]


@pytest.mark.parametrize(("kind", "before", "name", "changes", "reference"), REFUSED)
def test_what_the_rules_do_not_allow_is_refused_with_its_reference(kind, before, name, changes, reference):
    held = matter(kind, *before, other="GAJ" if kind == "crime_transfer" else "WJW")
    with pytest.raises(ResultRefusedError) as refused:
        after(held, name, **changes)

    assert reference in refused.value.params["reference"]


@given(
    st.sampled_from(("order", *REFERRALS)),
    st.lists(st.sampled_from(sorted({n for _, w in WAYS for n in w})), max_size=9),
)
def test_whatever_is_tried_a_matter_ends_only_by_its_rules(kind, names):
    held = matter(kind, other="GAJ")
    for name in names:
        try:
            held = after(held, name)
        except ResultRefusedError:
            continue
    walked = [event.event for event in held.events]

    assert [event.on for event in held.events] == sorted(event.on for event in held.events)
    if "closed" in walked:
        assert walked.count("closed") == 1 and walked[-1] == "closed"
        assert walked[-2] in {"passed", "failed", "replied", "returned"}
    if kind == "crime_transfer" and walked:
        assert walked[0] == "decided"
