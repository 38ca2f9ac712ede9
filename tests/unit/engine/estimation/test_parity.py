import numpy as np
import pytest
from scipy.special import expit, logit

from engine.errors import UndefinedEstimateError
from engine.estimation.intervals import clopper_pearson
from engine.estimation.parity import OTHERS, burden_ratio, parity_table


def rows(n=6_000, *, seed, groups=8, shifted=0.0):
    """Rows in equal groups; in the last the chances are too low by ``shifted`` log-odds."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % groups
    chance = expit(rng.normal(-1.8, 0.7, n))
    true = expit(logit(chance) + shifted * (group == groups - 1))
    return chance, (rng.random(n) < true).astype(float), np.char.add("d", group.astype(str))


def test_by_hand():
    # a: two rows of chance .5, both found; b: two of .25 and .75, one found
    found = parity_table([0.5, 0.5, 0.25, 0.75], [1, 1, 0, 1], ["a", "a", "b", "b"], budget=0.5).set_index("group")

    assert list(found.index) == [OTHERS]  # too few findings to speak of either alone
    assert found.loc[OTHERS, "observed_to_expected"] == pytest.approx(3 / 2)
    # half of four places: the .75 and half of each .5, so half a finding each is missed
    assert found.loc[OTHERS, "miss_rate"] == pytest.approx(1 / 3)
    assert not found.loc[OTHERS, "is_apart"]


def test_a_group_stands_beside_the_largest_one_with_a_name():
    chance, found, groups = rows(seed=11, groups=3, shifted=0.6)
    groups = np.where(groups == "d0", "", groups)
    table = parity_table(chance, found, np.r_[groups][: len(chance)]).set_index("group")

    (reference,) = table.index[table["is_reference"]]
    assert reference == "d1"  # not those of no known group, though there are as many
    other = table.loc["d2"]
    ratio = other["observed_to_expected"] / table.loc["d1", "observed_to_expected"]
    assert other["to_reference"] == pytest.approx(ratio)
    assert other["reference_low"] < ratio < other["reference_high"]
    assert other["reference_low"] > 1  # its chances were too low by far
    assert np.isnan(table.loc["d1", "reference_low"]) and table.loc["d1", "to_reference"] == 1
    # by hand: given the findings of both, those of the group are binomial
    n = table.loc["d2", "findings"] + table.loc["d1", "findings"]
    share = clopper_pearson(table.loc["d2", "findings"], n, confidence=1 - 0.05 / 6)
    odds = table.loc["d1", "expected"] / table.loc["d2", "expected"]
    assert other["reference_low"] == pytest.approx(odds * share.low / (1 - share.low))


def test_fair_scores_are_seldom_called_unfair():
    apart = missed = 0
    for seed in range(120):
        table = parity_table(*rows(seed=seed))
        apart += table["is_apart"].any()
        missed += table["is_missed_apart"].any()

    assert apart + missed <= 12  # both figures of all groups together: 5 % of 120, three standard errors above


def test_three_groups_of_a_fair_score_are_not_named_by_each_others_chance():
    """What holds for the others is estimated too: beside two others, a group's own limits alone would name 6 %."""
    named = sum(parity_table(*rows(n=1_500, seed=seed, groups=3))["is_apart"].any() for seed in range(200))

    assert named <= 11  # 2.5 % of 200, three standard errors above


def test_one_large_bad_group_makes_no_other_look_odd():
    chance, _, group = rows(n=24_000, seed=5)
    group = np.where(group > "d4", "d7", group)
    true = expit(logit(chance) + 0.6 * (group == "d7"))
    table = parity_table(chance, (np.random.default_rng(6).random(len(chance)) < true).astype(float), group)

    assert set(table.loc[table["is_apart"], "group"]) == {"d7"}


def test_two_groups_are_apart_together_or_not_at_all():
    table = parity_table(*rows(n=6_000, seed=7, groups=2, shifted=0.8))

    assert table["is_apart"].all()


def test_a_group_whose_chances_are_too_low_is_named_alone():
    named = [
        set(table.loc[table["is_apart"], "group"])
        for table in (parity_table(*rows(seed=s, shifted=0.6)) for s in range(20))
    ]

    assert sum("d7" in names for names in named) >= 19
    assert sum(len(names - {"d7"}) for names in named) <= 2


def test_totals_add_up():
    chance, outcome, groups = rows(seed=3)
    table = parity_table(chance, outcome, groups)

    assert table["n"].sum() == len(chance)
    assert table["findings"].sum() == outcome.sum()
    assert (table["looked_at_share"] * table["n"]).sum() == pytest.approx(0.2 * len(chance))


def test_burden_by_hand():
    # a: 3 visits on two clean firms; b: 1 visit on two clean firms and one where something was found
    found = burden_ratio([1, 2, 1, 0, 5], [1, 1, 1, 1, 0], ["a", "a", "b", "b", "b"]).set_index("group")

    assert found.loc["a", "visits_per_compliant"] == pytest.approx(1.5)
    assert found.loc["b", "visits_per_compliant"] == pytest.approx(0.5)
    assert found.loc["a", "ratio"] == pytest.approx(1.5)


def test_nothing_found_is_refused():
    with pytest.raises(UndefinedEstimateError):
        parity_table([0.5, 0.5], [0, 0], ["a", "b"])
    with pytest.raises(UndefinedEstimateError):
        burden_ratio([0, 1], [1, 0], ["a", "b"])
