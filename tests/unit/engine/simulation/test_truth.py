from datetime import date

import numpy as np
import pytest
from scipy.stats import rankdata

from engine.errors import UsageError
from engine.simulation.city import City
from engine.vocabulary import ADVERSE_RESULTS, JOINER


def area_under_curve(outcome: np.ndarray, score: np.ndarray) -> float:
    ranks = rankdata(score)
    n_hit = outcome.sum()
    return (ranks[outcome].sum() - n_hit * (n_hit + 1) / 2) / (n_hit * (len(outcome) - n_hit))


@pytest.fixture(scope="module")
def drawn(tables):
    rows = tables["inspections"]
    rows = rows[rows["selection_mode"] == "random"]
    return rows.assign(
        is_adverse=rows["result_codes"].map(lambda text: bool(set(text.split(JOINER)) & ADVERSE_RESULTS))
    )


def probabilities(city: City, drawn) -> np.ndarray:
    chance = np.empty(len(drawn))
    for day, at in drawn.groupby("occurred_on").indices.items():
        rows = drawn.iloc[at]
        chance[at] = city.truth.adverse_probability(rows["entity_id"], rows["item_code"], on=day.date())
    return chance


def test_true_probability_agrees_with_what_random_inspections_found(city: City, drawn):
    chance = probabilities(city, drawn)
    order = np.argsort(chance)

    # Inspectors differ around the average one, hence the tolerance beside chance.
    for part in np.array_split(order, 4):
        expected, found = chance[part].mean(), drawn["is_adverse"].to_numpy()[part].mean()
        assert found == pytest.approx(expected, abs=0.012 + 0.08 * expected)


def test_true_risk_separates_findings_as_intended(city: City, drawn):
    met = drawn[~drawn["result_codes"].isin(["no_activity", "exited", "unreachable"])]
    risk = city.truth.risk_on(met["entity_id"], met["occurred_on"].to_numpy().astype("datetime64[D]"))

    assert 0.70 < area_under_curve(met["is_adverse"].to_numpy(), risk) < 0.84


def test_stricter_inspectors_find_more(city: City, drawn):
    met = drawn[drawn["result_codes"] != "unreachable"]
    strictness = city.truth.strictness_of(met["inspector_code"])
    strict, lenient = strictness > 0.2, strictness < -0.2

    assert met["is_adverse"][strict].mean() > 1.2 * met["is_adverse"][lenient].mean()


def test_directed_checks_meet_the_risky(city: City, tables):
    rows = tables["inspections"]
    risk = city.truth.risk_on(rows["entity_id"], rows["occurred_on"].to_numpy().astype("datetime64[D]"))
    is_directed = (rows["selection_mode"] == "directed").to_numpy()

    assert risk[is_directed].mean() > risk[~is_directed].mean() + 0.5


def test_risk_moves_slowly(city: City):
    risk = city.truth.risk
    now, later = risk[:, 0], risk[:, 1]
    steps = np.corrcoef(now, later)[0, 1]

    assert steps > 0.9
    assert np.corrcoef(now, risk[:, -1])[0, 1] < steps


def test_difficulty_and_risk_raise_the_chance(city: City):
    ids = city.truth.entity_ids
    on = date(2025, 10, 15)
    trading = np.isnat(city.truth.gone_on)
    easy = city.truth.adverse_probability(ids, ["HG01"] * len(ids), on=on)
    hard = city.truth.adverse_probability(ids, ["YJJ01"] * len(ids), on=on)
    risk = city.truth.risk_on(ids, np.full(len(ids), np.datetime64(on)))

    assert (hard[trading] > easy[trading]).all()
    assert (np.diff(hard[trading][np.argsort(risk[trading])]) >= 0).all()


@pytest.mark.parametrize(
    ("entity", "item", "on", "what"),
    [
        ("uscc:unknown", "SCJG01", date(2025, 1, 1), "entity_id"),
        (None, "XX99", date(2025, 1, 1), "item_code"),
        (None, "SCJG01", date(2031, 1, 1), "2021 to 2027"),
    ],
)
def test_questions_outside_the_city_are_refused(city: City, entity, item, on, what):
    with pytest.raises(UsageError, match=what):
        city.truth.adverse_probability([entity or city.truth.entity_ids[0]], [item], on=on)
