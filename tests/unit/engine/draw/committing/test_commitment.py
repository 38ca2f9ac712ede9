"""What a commitment refuses before it is published."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from engine.draw.committing.commitment import ItemTerms, read_commitment
from engine.draw.drawing import draw
from engine.draw.entropy.policy import PROTOCOL_FLOOR
from engine.draw.entropy.sources import EntropyValue, planned_event
from engine.draw.matching.rule import ItemNeed, Relaxation
from engine.draw.protocol.encoding import canonical_json, suite_named
from engine.draw.selecting.sizes import ratio_text, read_ratio
from engine.errors import (
    BundleUnreadableError,
    CommitmentRefusedError,
    DrawError,
    EntropyRefusedError,
    FrameChangedError,
)
from tests.draw_cases import ITEMS, REAL_VALUES, RULE, commit, frame_rows, make_case

CASE = make_case()


def changed(**changes):
    return commit(CASE.frame, CASE.roster, **changes)


def test_record_is_closed_canonical_and_read_back():
    record = CASE.commitment.record

    assert read_commitment(record).digest == CASE.commitment.digest
    assert suite_named("sha256").tagged("commit", canonical_json(record)) == CASE.commitment.digest
    with pytest.raises(BundleUnreadableError, match="unknown"):
        read_commitment({**record, "note": ""})
    with pytest.raises(BundleUnreadableError, match="missing"):
        read_commitment({key: value for key, value in record.items() if key != "match"})


REFUSED = [
    ({"policy": None}, "claims a policy"),
    ({"policy": replace(PROTOCOL_FLOOR, bits=40)}, "floor"),
    ({"events": [planned_event("pl5", event="1")]}, "bits"),
    ({"events": []}, "each once"),
    ({"events": [planned_event("pl5", event="1"), planned_event("pl5", event="2")]}, "each once"),
    ({"not_before": "2026-03-05T08:00:00+08:00"}, "24 hours"),
    ({"profile": "sealed"}, "release"),
    ({"release": "2026-06-01T00:00:00+08:00"}, "release"),
    ({"profile": "open"}, "classes"),
    ({"items": {"food": ITEMS["food"]}}, "ratio"),
    ({"items": {**ITEMS, "food": ItemTerms("g", "ceil", {"S0": Fraction(1, 2)})}}, "no ratio"),
    ({"items": {**ITEMS, "food": ItemTerms("g", "ceil", {**ITEMS["food"].ratios, "!x!S0": Fraction(1)})}}, "excluded"),
    (
        {"items": {**ITEMS, "food": ItemTerms("g", "ceil", {**ITEMS["food"].ratios, "S0": Fraction(3, 2)})}},
        "lowest terms",
    ),
    ({"items": {**ITEMS, "new": ItemTerms("g", "ceil", {})}}, "nothing is said for new"),
    ({"merges": [("S3", "S2"), ("S3", "S1")]}, "two partners"),
    ({"merges": [("S3", "S3")]}, "not two strata of one item"),
    ({"merges": [("S3", "gone")]}, "not two strata of one item"),
    ({"registry": {"food": 61}}, "register counts 61"),
    ({"rule": replace(RULE, team_minimum=1)}, "two officers"),
    ({"rule": replace(RULE, departments={"market": 0, "fire": 1})}, "at least one"),
    ({"rule": replace(RULE, departments={"market": 2})}, "nothing is said for fire"),
    ({"rule": replace(RULE, initiators=("market",))}, "nothing is said for fire"),
    ({"rule": replace(RULE, initiators=("market", "fire", "fire"))}, "twice"),
    ({"rule": replace(RULE, items={"food": ItemNeed("market")})}, "nothing is said for price"),
    ({"rule": replace(RULE, ladder=(Relaxation("none", departments={"market": 0}),))}, "at least one"),
    ({"rule": replace(RULE, ladder=(Relaxation("endless", cap_extra=10**9),))}, "out of range"),
    ({"rule": replace(RULE, departments={"market": 10**9, "fire": 1})}, "out of range"),
]


@pytest.mark.parametrize(("changes", "match"), REFUSED, ids=[match for _, match in REFUSED])
def test_what_contradicts_itself_or_the_protocol_is_refused(changes, match):
    with pytest.raises(CommitmentRefusedError, match=re.escape(match)):
        changed(**changes)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"items": {**ITEMS, "food": ItemTerms("g", "half-up", ITEMS["food"].ratios)}}, BundleUnreadableError),
        ({"draw_id": ""}, BundleUnreadableError),
        ({"sequence": -1}, BundleUnreadableError),
        ({"previous": "none"}, BundleUnreadableError),
        ({"committed_at": "2026-03-04"}, CommitmentRefusedError),
        ({"approval": "e\u0301"}, DrawError),
    ],
)
def test_values_of_the_wrong_form_are_refused(changes, kind):
    with pytest.raises(kind):
        changed(**changes)


def test_simulation_and_its_source_go_together():
    record = make_case(simulated=True).commitment.record

    assert record["class"] == "simulation"
    with pytest.raises(CommitmentRefusedError, match="simulation"):
        read_commitment({**record, "class": "real"})


@pytest.mark.parametrize("text", ["2/4", "01/2", "1/0", "3/2", "-1/2", "1", "0.5", "1 /2", "1/" + "9" * 500, "½"])
def test_ratios_have_one_spelling(text):
    with pytest.raises(CommitmentRefusedError):
        read_ratio(text)


def test_ratio_text_is_read_back():
    assert [ratio_text(read_ratio(text)) for text in ("0/1", "1/1", "1/20")] == ["0/1", "1/1", "1/20"]


def drawn(**changes):
    arguments = {"commitment": CASE.commitment, "values": REAL_VALUES}
    frame = changes.pop("frame", CASE.frame.hashed)
    roster = changes.pop("roster", CASE.roster.officers)
    return draw(frame, roster, **{**arguments, **changes})


def test_only_the_committed_frame_and_roster_are_drawn_from():
    other = make_case(rows=frame_rows(59))

    with pytest.raises(FrameChangedError):
        drawn(frame=other.frame.hashed)
    with pytest.raises(CommitmentRefusedError, match="roster"):
        drawn(roster=CASE.roster.officers[1:])


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (REAL_VALUES[:2], "one value is needed"),
        ((*REAL_VALUES, REAL_VALUES[0]), "one value is needed"),
        ((replace(REAL_VALUES[0], value="4070"), *REAL_VALUES[1:]), "not written as"),
        ((replace(REAL_VALUES[0], event="2026060"), *REAL_VALUES[1:]), "not the committed"),
        ((replace(REAL_VALUES[0], drawn_at="2026-03-04T10:00:00+08:00"), *REAL_VALUES[1:]), "before"),
    ],
)
def test_real_draw_refuses_entropy_that_is_missing_foreign_or_early(values, match):
    with pytest.raises(EntropyRefusedError, match=match):
        drawn(values=values)


def test_values_may_come_in_any_order_and_a_fallback_event_enters_the_seed():
    later = (replace(REAL_VALUES[0], event="2026055"), *REAL_VALUES[1:])

    assert drawn(values=REAL_VALUES[::-1]).seed == CASE.drawn.seed
    assert drawn(values=later).seed != CASE.drawn.seed
    assert isinstance(later[0], EntropyValue)
