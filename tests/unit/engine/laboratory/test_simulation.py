"""Simulations share rates and luck: no change gives exactly 0, more checks never find less, limits are honest."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ContractError, EstimationError
from engine.laboratory.experiment import set_up
from engine.laboratory.posterior import fit_prior, posterior_mean
from engine.laboratory.simulation import half_widths, simulate
from engine.laboratory.trial import untried

GRADES = ("A", "B", "C", "D")
RATES = (0.01, 0.03, 0.10, 0.25)
LOGGED = (0.02, 0.05, 0.2, 0.5)


def layout(seed=3, districts=("d1", "d2", "d3"), items=("g1", "k1"), size=400):
    """Return cells, memberships and the true outcome of every unit."""
    rng = np.random.default_rng(seed)
    keys = [(item, district, grade) for item in items for district in districts for grade in GRADES]
    cells = pd.DataFrame(keys, columns=["item_code", "district_code", "grade"])
    grade = cells["grade"].map(dict(zip(GRADES, range(4), strict=True))).to_numpy()
    cells["item_class"] = np.where(cells["item_code"].str.startswith("g"), "general", "key")
    cells = cells.assign(department_code="SCJG", n_units=size, effort=0.5, rounding="cum")
    truth = [rng.random(size) < RATES[g] for g in grade]
    drawn = [round(LOGGED[g] * size) for g in grade]
    cells["n_observed"] = drawn
    cells["n_findings"] = [int(found[:n].sum()) for found, n in zip(truth, drawn, strict=True)]
    cells["lowest_tried"] = cells["highest_tried"] = np.array(LOGGED)[grade]
    blocks = cells.groupby(["district_code", "grade"]).ngroup().to_numpy()
    objects = np.concatenate([blocks[at] * size + np.arange(size) for at in range(len(cells))])
    memberships = pd.DataFrame({"object": objects, "cell": np.repeat(np.arange(len(cells)), size)})
    return cells, memberships, truth


def ready(draws=400, seed=0, **layout_options):
    cells, memberships, _ = layout(**layout_options)
    return set_up(cells, memberships, draws=draws, generator=np.random.default_rng(seed))


EXPERIMENT = ready()
LOGGED_RATIOS = EXPERIMENT.cells["highest_tried"].to_numpy()


def test_no_change_gives_exactly_zero():
    one, other = simulate(EXPERIMENT, LOGGED_RATIOS), simulate(EXPERIMENT, LOGGED_RATIOS.copy())

    assert (one.findings == other.findings).all()
    assert (one.visits == other.visits).all()
    assert (one.person_days == other.person_days).all()


def test_half_the_interval_of_the_next_hit_rate_is_that_of_a_stratified_sample():
    cells = EXPERIMENT.cells
    units, rate = cells["n_units"].to_numpy(dtype=float), EXPERIMENT.mean
    halves = half_widths(EXPERIMENT, simulate(EXPERIMENT, LOGGED_RATIOS), level=0.9)
    of_grade = (cells["grade"] == "C").to_numpy()
    variance = units * rate * (1 - rate) * (1 / LOGGED_RATIOS - 1)

    assert set(halves) == {"", *GRADES}
    assert halves["C"] == pytest.approx(1.6448536 * np.sqrt(variance[of_grade].sum()) / units[of_grade].sum())
    assert halves[""] == pytest.approx(1.6448536 * np.sqrt(variance.sum()) / units.sum())


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(1.01, 2.0))
def test_a_higher_ratio_never_widens_the_next_interval(ratio, factor):
    few, more = (
        half_widths(EXPERIMENT, simulate(EXPERIMENT, np.full(len(EXPERIMENT.cells), share)), level=0.95)
        for share in (ratio, min(ratio * factor, 1.0))
    )

    assert all(more[grade] <= few[grade] for grade in few)


def test_nothing_drawn_gives_no_interval_and_everything_an_exact_one():
    nobody, all_of_them = (
        half_widths(EXPERIMENT, simulate(EXPERIMENT, np.full(len(EXPERIMENT.cells), share)), level=0.95)
        for share in (0.0, 1.0)
    )

    assert set(nobody.values()) == {np.inf}
    assert set(all_of_them.values()) == {0.0}


def test_the_precision_of_the_next_measurement_has_a_spread_over_the_futures():
    found = simulate(EXPERIMENT, LOGGED_RATIOS)
    size, rates = EXPERIMENT.cells["n_units"].to_numpy(), EXPERIMENT.rates[7]

    variance = (size * rates * (1 - rates) * (1 / LOGGED_RATIOS - 1)).sum()
    assert found.total_cvs[7] == pytest.approx(np.sqrt(variance) / (size * rates).sum())
    low, high = np.quantile(found.total_cvs, (0.01, 0.99))
    assert low < found.total_cv < high
    in_a = EXPERIMENT.grade == EXPERIMENT.grades.index("A")
    own = (size * rates * (1 - rates) * (1 / LOGGED_RATIOS - 1))[in_a].sum()
    assert found.grade_cvs[7, 0] == pytest.approx(np.sqrt(own) / (size * rates)[in_a].sum())


def test_the_same_seed_gives_the_same_futures():
    assert simulate(ready(), LOGGED_RATIOS).hits == simulate(EXPERIMENT, LOGGED_RATIOS).hits


@given(st.integers(0, 23), st.floats(0.0, 0.5))
@settings(max_examples=40, deadline=None)
def test_raising_one_ratio_never_lowers_expected_findings_nor_burden(cell, more):
    raised = LOGGED_RATIOS.copy()
    raised[cell] = min(1.0, raised[cell] + more)

    before, after = simulate(EXPERIMENT, LOGGED_RATIOS), simulate(EXPERIMENT, raised)

    assert all(after.expected_findings[g] >= before.expected_findings[g] - 1e-9 for g in GRADES)
    assert all(after.burden[g] >= before.burden[g] - 1e-9 for g in GRADES)


def test_differences_are_tighter_than_independent_simulations():
    raised = np.minimum(1.0, LOGGED_RATIOS * 1.05)
    base, shared = simulate(EXPERIMENT, LOGGED_RATIOS), simulate(EXPERIMENT, raised)
    apart = simulate(ready(seed=1), raised)

    tight = (shared.findings - base.findings).sum(axis=1).std()
    loose = (apart.findings - base.findings).sum(axis=1).std()

    assert tight < loose / 5


def test_a_whole_frame_known_and_drawn_leaves_nothing_to_luck():
    cells, memberships, truth = layout(size=30)
    cells["n_observed"] = 30
    cells["n_findings"] = [int(found.sum()) for found in truth]
    experiment = set_up(cells, memberships, draws=50, generator=np.random.default_rng(0))

    result = simulate(experiment, np.ones(len(cells)))

    assert set(result.findings.sum(axis=1)) == {float(cells["n_findings"].sum())}
    assert set(result.burden.values()) == {1.0}
    assert result.person_days.tolist() == [float(cells["n_units"].sum() * 0.5)] * 50
    assert result.total_cv == 0.0


def test_items_drawn_on_one_ticket_share_their_visits():
    ratios = np.where(EXPERIMENT.cells["item_code"] == "g1", 0.1, 0.3)

    result = simulate(EXPERIMENT, ratios)

    assert list(result.burden.values()) == pytest.approx([0.3] * 4)
    assert result.checks == pytest.approx(0.4 * 12 * 400)


def test_small_cells_borrow_from_their_grade():
    cells, _, _ = layout()
    bare = cells.index[(cells["grade"] == "D") & (cells["district_code"] == "d1")]
    cells.loc[bare, ["n_observed", "n_findings"]] = 0

    mean = posterior_mean(cells, fit_prior(cells))

    assert (abs(mean[bare] - 0.25) < 0.08).all()


def test_a_grade_never_drawn_is_told():
    cells, memberships, _ = layout()
    never = cells["grade"] == "A"
    cells.loc[never, ["n_observed", "n_findings"]] = 0
    cells.loc[never, ["lowest_tried", "highest_tried"]] = np.nan
    experiment = set_up(cells, memberships, draws=50, generator=np.random.default_rng(0))
    ratios = cells["highest_tried"].fillna(0.02).to_numpy(copy=True)
    ratios[(cells["grade"] == "D") & (cells["item_class"] == "key")] = 0.9

    said = [str(sentence) for sentence in untried(experiment, ratios)]

    assert said == [
        "general items, grade A: 3 cell(s) were never drawn from; the result is borrowed",
        "key items, grade A: 3 cell(s) were never drawn from; the result is borrowed",
        "key items, grade D: a ratio of 90.00% lies outside the 50.00% ever tried",
    ]
    assert untried(EXPERIMENT, LOGGED_RATIOS) == ()


def test_less_than_a_whole_check_in_a_stratum_leaves_nothing_that_was_tried():
    units = EXPERIMENT.cells.groupby("stratum")["n_units"].transform("sum").to_numpy()

    assert untried(EXPERIMENT, LOGGED_RATIOS + 0.9 / units) == untried(EXPERIMENT, LOGGED_RATIOS - 0.9 / units) == ()
    assert untried(EXPERIMENT, LOGGED_RATIOS + 1.0 / units) != ()


def test_the_next_draw_falls_between_p10_and_p90_about_as_often_as_it_should():
    """A coarse check over 60 cities; the full claim belongs to the evidence."""
    inside, biases = 0, []
    for seed in range(60):
        cells, memberships, truth = layout(seed=seed)
        experiment = set_up(cells, memberships, draws=300, generator=np.random.default_rng(seed))
        rng = np.random.default_rng(1000 + seed)
        ratios = cells["highest_tried"].to_numpy()
        found = sum(rng.permutation(t)[: round(r * len(t))].sum() for t, r in zip(truth, ratios, strict=True))
        hits = simulate(experiment, ratios).hits
        inside += hits.p10 <= found <= hits.p90
        biases.append(hits.p50 / found - 1)

    assert 0.65 <= inside / 60 <= 0.93
    assert abs(np.median(biases)) <= 0.03


def test_counts_that_contradict_each_other_are_refused():
    cells, memberships, _ = layout()
    wrong = cells.assign(n_findings=cells["n_observed"] + 1)

    with pytest.raises(EstimationError, match="more findings than results"):
        set_up(wrong, memberships, draws=10, generator=np.random.default_rng(0))
    with pytest.raises(ContractError, match="more than once"):
        set_up(pd.concat([cells, cells]), memberships, draws=10, generator=np.random.default_rng(0))


def test_ratios_rounded_up_cost_at_least_as_much():
    up = replace(EXPERIMENT, cells=EXPERIMENT.cells.assign(rounding="ceil"))

    assert simulate(up, LOGGED_RATIOS + 1e-4).checks >= simulate(EXPERIMENT, LOGGED_RATIOS + 1e-4).checks


def test_all_grades_together_carry_half_a_finding_of_prior():
    cells, _, _ = layout(districts=("d1",), items=("g1",))
    cells = cells.assign(n_observed=200, n_findings=[2, 3, 4, 5])
    prior = fit_prior(cells)

    promised = (prior.mean * cells["n_observed"]).sum()

    assert promised == pytest.approx(14.5, abs=0.1)  # Jeffreys' half in each of four grades would promise 16
