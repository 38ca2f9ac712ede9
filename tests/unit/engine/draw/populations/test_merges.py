"""The committed partner of a small stratum: what is public decides it, and estimation uses it."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.draw.committing.commitment import ItemTerms
from engine.draw.populations.merges import check_merges, committed_merges
from engine.draw.publishing.tables import stratum_table
from engine.estimation.partner import partners
from tests.draw_cases import make_case


def terms(rounding="ceil", **ratios):
    return {"food": ItemTerms("g", rounding, {stratum: Fraction(ratio) for stratum, ratio in ratios.items()})}


def counts(**sizes):
    return {("food", stratum): n_rows for stratum, n_rows in sizes.items()}


def test_a_small_stratum_takes_the_next_of_the_same_ratio():
    found = committed_merges(
        terms(a="1/10", b="1/5", c="1/10", d="1/10"), counts=counts(a=6, b=100, c=100, d=7) | {("food", "!x!a"): 3}
    )

    assert found == (("a", "c"), ("d", "c"))


def test_without_the_same_ratio_it_takes_the_next_at_all_and_the_last_when_none_follows():
    assert committed_merges(terms(a="1/9", b="1/5", c="1/4"), counts=counts(a=6, b=100, c=2)) == (
        ("a", "b"),
        ("c", "b"),
    )


def test_whole_empty_and_undrawn_strata_need_no_partner():
    assert committed_merges(terms(a="1", b="0", c="1/2", d="1/2"), counts=counts(a=1, b=50, d=40)) == ()


def test_a_partner_surely_has_a_draw():
    ratios = {"a": "1/100", "b": "1/100", "c": "1/100"}

    assert committed_merges(terms("cum", **ratios), counts=counts(a=50, b=60, c=100)) == (("a", "c"), ("b", "c"))
    assert committed_merges(terms("cum", **ratios), counts=counts(a=50, b=60, c=70)) == ()


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.tuples(st.fractions(0, 1, max_denominator=50), st.integers(1, 60)),
        min_size=1,
    ),
    st.sampled_from(["ceil", "cum"]),
)
def test_what_is_committed_has_the_form_that_is_checked(cells, rounding):
    items = {"food": ItemTerms("g", rounding, {stratum: ratio for stratum, (ratio, _) in cells.items()})}
    sizes = {("food", stratum): n_rows for stratum, (_, n_rows) in cells.items()}

    found = committed_merges(items, counts=sizes)

    check_merges(found, strata={"food": items["food"].ratios})
    assert committed_merges(items, counts=dict(reversed(sizes.items()))) == found


def test_estimation_is_told_the_committed_partner_where_it_has_a_draw():
    table = stratum_table(make_case().drawn).sort_values(["item_code", "stratum"], ignore_index=True)

    stated = table.set_index(["item_code", "stratum"])["merge_into"].dropna()
    drawn = table.set_index(["item_code", "stratum"])["n_drawn"]
    assert stated.to_dict() == {("food", "S3"): "S2"}
    assert drawn["food", "S2"] > 0 and drawn.get(("price", "S2"), 0) == 0
    small = (table["item_code"] == "food") & (table["stratum"] == "S3")
    group = partners(table, needs=small)
    assert table["stratum"].iloc[group[small.to_numpy().argmax()]] == "S2"
