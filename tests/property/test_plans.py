"""Plans in any order, any year cut into draws, any control arm: what never matters, and what must add up."""

from datetime import date
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.draw.protocol.encoding import suite_named
from engine.draw.selecting.arms import control_districts, control_firms
from engine.pipeline.planning import ArmKey, PlannedDraw, drawn_so_far, in_plan, with_arms, without_due
from engine.ratios.allocation import committed_ratios
from engine.ratios.policy import read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import build_strata, neighbour_order
from engine.registers.plan_lines import read_lines
from tests import plan_world, policies
from tests.frames import frame, item_list

SUITE = suite_named("sha256")
POLICY = read_ratio_policy(policies.shipped(), on=date(2024, 6, 30))
ARMS = ArmKey("2026-330600", bytes(range(32)), bytes(range(32, 64)))
AREA = frozenset({"d1", "d2", "330600"})
cells = st.dictionaries(
    st.tuples(st.sampled_from(["g1", "k1"]), st.sampled_from(["d1", "d2"]), st.sampled_from("ABCDU")),
    st.integers(1, 40),
    min_size=1,
)


def planned(*, unit="firm", share="1/10", numbers=(1, 1)):
    rows = [
        plan_world.line(f"L-{item}", item_codes=item, ratio="1/5", draws_per_year=numbers[1], control_unit=unit,
                        control_share=share, control_ratio="1/10")
        for item in ("g1", "k1")
    ]  # fmt: skip
    lines = read_lines(pd.DataFrame(rows))
    return PlannedDraw(
        lines, {one.line_id: DrawOfYear(*numbers) for one in lines}, {one.line_id: AREA for one in lines}
    )


def framed(table, draw, *, suite=SUITE):
    rows = table.assign(
        entity_type="enterprise", industry_code="H62", tags=None, specialities=None, override_code=None, status="active"
    )
    return with_arms(in_plan(rows, draw), draw, ARMS, suite=suite)


def strata_of(rows):
    eligible = without_due(rows.assign(is_due=False))
    return build_strata(eligible, minimum_cell=5, nearest=neighbour_order({}), key=b"key")


@settings(max_examples=40, deadline=None)
@given(cells, st.integers(0, 2**32 - 1))
def test_row_order_and_line_order_never_matter(found, seed):
    table, draw = frame(found), planned()
    turned = table.iloc[np.random.default_rng(seed).permutation(len(table))].reset_index(drop=True)
    other = PlannedDraw(draw.lines[::-1], draw.numbers, draw.areas)

    first, second = framed(table, draw), framed(turned, other)

    pd.testing.assert_frame_equal(first, second)
    assert strata_of(first).table.equals(strata_of(second).table)


@settings(max_examples=40, deadline=None)
@given(cells, st.data())
def test_removing_a_row_changes_nobody_elses_arm(found, data):
    table, draw = frame(found), planned()
    assume(len(table) > 1)
    gone = data.draw(st.sampled_from(sorted(table["entity_id"].unique())))
    kept = table[table["entity_id"] != gone].reset_index(drop=True)
    assume(len(kept))

    key = ["entity_id", "item_code"]
    before, after = framed(table, draw).set_index(key), framed(kept, draw).set_index(key)

    assert after["arm"].equals(before.loc[after.index, "arm"])


@settings(max_examples=30, deadline=None)
@given(cells, st.data())
def test_removing_a_row_changes_no_stratum_of_the_other_arm(found, data):
    table, draw = frame(found), planned(share="1/3")
    gone = data.draw(st.sampled_from(sorted(table["entity_id"].unique())))
    before = framed(table, draw)
    after = framed(table[table["entity_id"] != gone].reset_index(drop=True), draw) if len(before) > 1 else before
    assume(len(after))
    arm = bool(before.loc[before["entity_id"] == gone, "is_control"].iloc[0])

    def others(rows):
        table = strata_of(rows).table
        return table[table["is_control"] != arm].reset_index(drop=True)

    assert others(before).equals(others(after))


@settings(max_examples=30, deadline=None)
@given(cells)
def test_every_grade_of_the_control_arm_has_one_ratio_and_graded_strata_hold_no_control(found):
    draw = planned(share="1/3")
    strata = strata_of(framed(frame(found), draw))
    allocation = committed_ratios(
        strata, POLICY, item_list(g1="1", k1=None), draw=draw.draws, control=draw.planned.control
    )

    table = allocation.table
    assert not strata.frame.groupby("stratum")["is_control"].nunique().gt(1).any()
    assert set(table.loc[table["is_control"], "ratio"]) <= {Fraction(1, 10)}
    assert int(table["n_units"].sum()) == len(strata.frame)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABCD"), st.integers(40, 400), min_size=1),
    st.integers(2, 5),
    st.booleans(),
    st.sampled_from([floor, ceil]),
)
def test_draws_of_a_year_share_one_quota_stratum_by_stratum(sizes, draws, spares, whole):
    """However the draws round and whoever a visit spares: together they take the year's quota, within one unit each."""
    table = frame({("k1", "d1", grade): n for grade, n in sizes.items()})
    line = read_lines(pd.DataFrame([plan_world.line("L", item_codes="k1", draws_per_year=draws, ratio="1")]))
    taken = pd.DataFrame({name: [] for name in ("draw_id", "entity_id", "item_code", "stratum", "grade",
                                                "district_code", "arm")}, dtype=object)  # fmt: skip
    strata_table = pd.DataFrame({name: [] for name in ("draw_id", "item_code", "stratum", "is_due")}, dtype=object)
    for number in range(1, draws + 1):
        draw = PlannedDraw(line, {"L": DrawOfYear(number, draws)}, {"L": AREA})
        gone = table["entity_id"].isin(taken["entity_id"]) & spares
        outside = table[gone].assign(reason="visited")
        strata = build_strata(
            table[~gone].reset_index(drop=True), minimum_cell=5, nearest=neighbour_order({}), key=bytes([number])
        )
        found = committed_ratios(
            strata, POLICY, item_list(k1=None), draw=draw.draws, done=drawn_so_far(taken, strata_table, outside)
        ).table
        parts = [taken]
        for row in found.to_dict("records"):
            own = strata.frame[strata.frame["stratum"] == row["stratum"]]
            n = min(len(own), whole(row["ratio"] * len(own)))
            chosen = (
                own.sort_values("entity_id").iloc[number * 3 :].head(n) if len(own) > number * 3 + n else own.head(n)
            )
            parts.append(chosen[["entity_id", "item_code", "stratum", "grade", "district_code"]].assign(draw_id=number))
        taken = pd.concat(parts, ignore_index=True)
        strata_table = pd.concat(
            [strata_table, found[["item_code", "stratum"]].assign(draw_id=number, is_due=False)], ignore_index=True
        )

    yearly = POLICY.classes[next(c for c in POLICY.classes if c.value == "key")].by_grade
    for grade, n in sizes.items():
        least = POLICY.floor.by_grade[grade] * n
        got, wanted = int((taken["grade"] == grade).sum()), max(yearly[grade] * n, least)
        assert abs(got - wanted) <= 1 + (draws if whole is ceil and wanted < draws else 0), (grade, got, float(wanted))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.fractions(min_value=Fraction(1, 20), max_value=Fraction(1, 2), max_denominator=30))
def test_arms_grow_with_the_share_and_districts_are_counted_up(n, share):
    ids = [f"reg:{k}" for k in range(n)]
    terms = {"seed": ARMS.seed, "key": ARMS.key, "plan": ARMS.plan}
    small = control_firms(SUITE, identifiers=ids, share=share, **terms)
    large = control_firms(SUITE, identifiers=ids, share=min(Fraction(1), share * 2), **terms)

    assert not (small & ~large).any()
    assert control_firms(SUITE, identifiers=ids, share=Fraction(1), **terms).all()
    assert len(control_districts(SUITE, districts=ids, share=share, **terms)) == ceil(share * n)
    assert control_districts(SUITE, districts=ids[::-1], share=share, **terms) == control_districts(
        SUITE, districts=ids, share=share, **terms
    )


def test_the_share_of_firms_is_kept_over_many_firms():
    ids = [f"uscc:{k:06d}" for k in range(20_000)]
    for share in (Fraction(1, 20), Fraction(1, 10)):
        held = control_firms(SUITE, seed=ARMS.seed, key=ARMS.key, plan="2026-330600", identifiers=ids, share=share)
        sd = (20_000 * share * (1 - share)) ** Fraction(1, 2)
        assert abs(held.sum() - 20_000 * share) < 4 * sd
    other = control_firms(SUITE, seed=ARMS.seed, key=bytes(32), plan="2026-330600", identifiers=ids, share=share)
    assert abs((held & other).mean() - 0.01) < 0.005  # another key is another lot: outsiders cannot tell
