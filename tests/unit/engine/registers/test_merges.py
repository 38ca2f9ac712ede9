from datetime import date

import pytest

from engine.errors import UsageError
from engine.registers.merges import AliasSpan, MergeDecision, alias_spans, same_object, standing

D1, D2, D3 = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def merge(merged, kept, on):
    return MergeDecision(on, kept, merged, True)


def undo(merged, kept, on):
    return MergeDecision(on, kept, merged, False)


def test_an_identifier_stands_for_itself_until_merged_and_again_after_the_undoing():
    spans = alias_spans([merge("b", "a", D1), undo("b", "a", D2)])

    assert spans == (AliasSpan("b", "b", None, D1), AliasSpan("b", "a", D1, D2), AliasSpan("b", "b", D2, None))


def test_merges_chain():
    spans = alias_spans([merge("c", "b", D1), merge("b", "a", D2)])

    assert [s for s in spans if s.entity_id == "c"] == [
        AliasSpan("c", "c", None, D1), AliasSpan("c", "b", D1, D2), AliasSpan("c", "a", D2, None),
    ]  # fmt: skip
    assert same_object([merge("c", "b", D1), merge("b", "a", D2)], "c", on=D3) == ("a", ("a", "b", "c"))
    assert same_object([merge("c", "b", D1), merge("b", "a", D2)], "c", on=D1) == ("b", ("b", "c"))


def test_a_merge_undone_on_its_own_day_leaves_no_trace():
    assert alias_spans([merge("b", "a", D1), undo("b", "a", D1)]) == (AliasSpan("b", "b", None, None),)


@pytest.mark.parametrize(
    "decisions",
    [
        [merge("b", "a", D1), merge("b", "c", D2)],
        [merge("b", "a", D1), merge("a", "b", D2)],
        [merge("c", "b", D1), merge("b", "a", D1), merge("a", "c", D2)],
        [merge("a", "a", D1)],
        [undo("b", "a", D1)],
    ],
)
def test_what_cannot_be_decided_is_refused(decisions):
    with pytest.raises(UsageError):
        standing(decisions)
