"""Expected visits against draws by ticket: the n smallest tickets of each stratum, one ticket for all items."""

import numpy as np
import pandas as pd
import pytest

from engine.laboratory.experiment import set_up
from engine.laboratory.simulation import simulate

BY_GRADE = {"A": 0.03, "B": 0.08, "C": 0.25, "D": 0.7}
SIZES = {"A": 0.6, "B": 0.25, "C": 0.1, "D": 0.05}


def world(*, districts, n_objects, items=4, seed=2):
    """Objects of districts and grades, each in some items; ratios differ by item a little."""
    rng = np.random.default_rng(seed)
    district = rng.integers(districts, size=n_objects)
    grade = rng.choice(list(SIZES), p=list(SIZES.values()), size=n_objects)
    rows = [
        pd.DataFrame({"object": np.flatnonzero(rng.random(n_objects) < 0.6)}).assign(item_code=f"i{item}")
        for item in range(items)
    ]
    units = pd.concat(rows, ignore_index=True)
    units["district_code"] = [f"d{code:03d}" for code in district[units["object"]]]
    units["grade"] = grade[units["object"]]
    key = ["item_code", "district_code", "grade"]
    cells = units.groupby(key).size().rename("n_units").reset_index()
    cells = cells.assign(item_class="key", department_code="X", n_observed=0, n_findings=0, effort=1.0, rounding="cum")
    cells = cells.assign(lowest_tried=0.0, highest_tried=1.0)
    step = cells["item_code"].str[1:].astype(int) * 0.1 + 0.9
    ratios = np.minimum(cells["grade"].map(BY_GRADE) * step, 1.0).to_numpy()
    units["cell"] = pd.MultiIndex.from_frame(cells[key]).get_indexer(pd.MultiIndex.from_frame(units[key]))
    return cells, units[["object", "cell"]], ratios


def drawn_visits(cells, units, ratios, *, draws, seed=4):
    """Mean visits of draws made as the protocol makes them, sizes rounded by ``cum``, a ticket per group of items."""
    group = pd.factorize(cells.get("ticket_group", pd.Series("", index=cells.index)))[0]
    rng = np.random.default_rng(seed)
    n_objects = int(units["object"].max()) + 1
    cell, who = units["cell"].to_numpy(), units["object"].to_numpy()
    item = cells["item_code"].to_numpy()
    sizes = cells["n_units"].to_numpy()
    totals = np.zeros(draws)
    for at in range(draws):
        whole = np.zeros(len(cells), dtype=int)
        for code in np.unique(item):
            own = np.flatnonzero(item == code)
            edges = np.floor(np.r_[0.0, np.cumsum(ratios[own] * sizes[own])] + rng.random())
            whole[own] = np.diff(edges)
        ticket = rng.random((n_objects, group.max() + 1))
        order = np.lexsort((ticket[who, group[cell]], cell))
        place = np.arange(len(cell)) - np.repeat(np.r_[0, np.cumsum(sizes)[:-1]], sizes)
        totals[at] = len(np.unique(who[order][place < whole[cell[order]]]))
    return totals.mean(), totals.std() / np.sqrt(draws)


@pytest.mark.parametrize(
    ("districts", "n_objects", "closeness"),
    [(4, 8_000, 0.005), (30, 6_000, 0.02), (60, 4_000, 0.04)],  # the last: strata of ten units, least 20 % too low
)
def test_expected_visits_are_those_of_draws_by_ticket(districts, n_objects, closeness):
    cells, units, ratios = world(districts=districts, n_objects=n_objects)
    experiment = set_up(cells, units, draws=5, generator=np.random.default_rng(0))
    truth, error = drawn_visits(cells, units, ratios, draws=120)

    expected = simulate(experiment, ratios).visited_share * experiment.profiles.n_objects.sum()
    profiles = experiment.profiles
    least = np.maximum.reduceat(ratios[profiles.cells], profiles.starts) @ profiles.n_objects

    assert expected == pytest.approx(truth, rel=closeness)
    assert abs(expected - truth) < abs(least - truth) / 5 + 3 * error


def test_every_group_of_items_has_a_ticket_of_its_own():
    cells, units, ratios = world(districts=4, n_objects=8_000)
    apart = cells.assign(ticket_group=cells["item_code"].map({"i0": "a", "i1": "b", "i2": "a", "i3": "b"}))
    truth, error = drawn_visits(apart, units, ratios, draws=120)
    experiment, joint = (set_up(each, units, draws=5, generator=np.random.default_rng(0)) for each in (apart, cells))

    expected, saved = (simulate(each, ratios).visited_share * 8_000 for each in (experiment, joint))
    n_objects = experiment.profiles.n_objects.sum() / 8_000

    assert expected * n_objects == pytest.approx(truth, rel=0.005)
    assert saved * n_objects < truth - 10 * error


def test_kinds_that_were_not_worked_out_take_their_grades_excess(monkeypatch):
    cells, units, ratios = world(districts=30, n_objects=6_000)
    whole, part = (
        simulate(set_up(cells, units, draws=5, generator=np.random.default_rng(0)), ratios).visited_share
        for most in (20_000, 300)
        if monkeypatch.setattr("engine.laboratory.coordination.MOST_KINDS", most) is None
    )

    assert part == pytest.approx(whole, rel=0.01)
    assert part != whole


def test_objects_in_the_same_full_strata_are_visited_with_their_ratio():
    units = pd.DataFrame({"object": np.tile(np.arange(40), 2), "cell": np.repeat([0, 1], 40)})
    cells, _, _ = world(districts=1, n_objects=50, items=2)
    two = cells.groupby("item_code").head(1).assign(n_units=40).reset_index(drop=True)
    experiment = set_up(two, units, draws=5, generator=np.random.default_rng(0))

    assert simulate(experiment, np.array([0.5, 0.5])).visited_share == pytest.approx(0.5)
