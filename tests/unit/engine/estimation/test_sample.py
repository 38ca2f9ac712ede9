import numpy as np
import pandas as pd
import pytest

from engine.errors import EstimationError, MissingInclusionProbabilityError, SelectionModeError, UndefinedEstimateError
from engine.estimation.sample import design_sample, require_random


def drawn(strata):
    """All drawn rows of ``strata`` with numbered entities."""
    rows = [
        {
            "draw_id": s.draw_id,
            "item_code": s.item_code,
            "stratum": s.stratum,
            "entity_id": f"reg:{s.stratum}{k}",
            "selection_mode": "random",
            "inclusion_probability": s.n_drawn / s.n_units,
        }
        for s in strata.itertuples()
        for k in range(s.n_drawn)
    ]
    return pd.DataFrame(rows)


def strata(*cells, **columns):
    """Strata of one draw and item from (stratum, n_units, n_drawn)."""
    table = pd.DataFrame(cells, columns=["stratum", "n_units", "n_drawn"])
    return table.assign(draw_id="d1", item_code="F01", **columns)


def test_sizes_and_rows_are_matched_whatever_their_order():
    table = strata(("b", 20, 4), ("a", 10, 2))
    rows = drawn(table)
    sample = design_sample(rows.sample(frac=1, random_state=1), table)

    assert sample.strata.sizes.tolist() == [10, 20]
    assert [sample.rows["stratum"].iloc[i] for i in range(6)] == ["ab"[h] for h in sample.stratum]
    assert sample.is_row_cluster and sample.n_joined == 0


@pytest.mark.parametrize("mode", ["scheduled", "directed", "reserve"])
def test_rows_that_no_draw_chose_are_refused_by_name(mode):
    table = strata(("a", 10, 2))
    rows = drawn(table)
    rows.loc[0, "selection_mode"] = mode

    with pytest.raises(SelectionModeError, match=f"1 row.*{mode}"):
        design_sample(rows, table)


def test_two_kinds_of_draw_are_not_mixed():
    rows = drawn(strata(("a", 10, 2)))
    rows.loc[0, "selection_mode"] = "filtered_draw"

    with pytest.raises(SelectionModeError, match="filtered_draw \\+ random"):
        require_random(rows)


def test_random_rows_without_probability_are_refused():
    rows = drawn(strata(("a", 10, 2)))
    rows.loc[1, "inclusion_probability"] = np.nan

    with pytest.raises(MissingInclusionProbabilityError):
        require_random(rows)


def test_dropping_a_row_is_noticed():
    table = strata(("a", 10, 3))

    with pytest.raises(EstimationError, match="3 were drawn, but 2 rows"):
        design_sample(drawn(table).iloc[:2], table)


def test_the_policy_ratio_is_not_taken_for_the_realised_probability():
    table = strata(("a", 10, 3))

    with pytest.raises(EstimationError, match=r"0\.25 is not n/N = 0\.3"):
        design_sample(drawn(table).assign(inclusion_probability=0.25), table)


def test_rows_of_an_unknown_stratum_are_refused():
    table = strata(("a", 10, 2))

    with pytest.raises(EstimationError, match="name the unknown stratum"):
        design_sample(drawn(table).assign(stratum="z"), table)


def test_a_stratum_without_a_draw_joins_the_next_of_its_grade():
    cells = (("a", 10, 2), ("b", 6, 0), ("c", 30, 3), ("d", 12, 4), ("e", 9, 3))
    table = strata(*cells, grade=["A", "A", "B", "A", "A"])
    sample = design_sample(drawn(table), table)

    assert sample.strata.sizes.tolist() == [10, 30, 18, 9]
    assert sample.strata.drawn.tolist() == [2, 3, 4, 3]
    assert sample.n_joined == 1


def test_a_committed_partner_comes_first():
    table = strata(("a", 10, 2), ("b", 6, 0), ("c", 30, 3), merge_into=[None, "a", None])
    sample = design_sample(drawn(table), table)

    assert sample.strata.sizes.tolist() == [16, 30]


def test_single_draws_are_paired_in_order_and_the_last_joins_the_one_before():
    table = strata(("a", 5, 1), ("b", 5, 1), ("c", 5, 1), ("d", 1, 1))
    sample = design_sample(drawn(table), table)

    groups = sample.strata.groups
    assert groups[0] == groups[1]
    assert groups[2] == groups[3]


def test_a_lone_stratum_needs_no_partner_only_when_it_is_full():
    assert design_sample(drawn(strata(("a", 1, 1))), strata(("a", 1, 1))).strata.sizes.tolist() == [1]
    with pytest.raises(UndefinedEstimateError, match="1 of its 5 units"):
        design_sample(drawn(strata(("a", 5, 1))), strata(("a", 5, 1)))


def test_strata_without_units_play_no_part():
    table = strata(("a", 10, 2), ("b", 0, 0))

    assert design_sample(drawn(table), table).strata.sizes.tolist() == [10]
