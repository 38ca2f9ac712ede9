"""The alternative's chance on every frame row, predictions, and the remarks beside a value."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from engine.errors import EstimationError, SelectionModeError
from engine.estimation.estimate import PrecisionLimits
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.pipeline.evaluation import Rules, evaluate, with_alternative, with_prediction
from engine.pipeline.laboratory import with_findings
from engine.ratios.policy import read_ratio_policy
from tests import policies
from tests.unit.engine.pipeline.test_laboratory import ITEMS, POLICY, results, selections

RULES = Rules(
    limits=EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=100, min_findings=20),
    precision=PrecisionLimits(min_effective_n=30, max_width=0.30, narrow_width=0.05, max_relative_width=1.3),
    n_bits=20,
    least=0.5,
    most=1.0,
    level=0.95,
)


def logged(size=100, drawn=50):
    return with_findings(selections(size, drawn), results(selections(size, drawn)))


def chance(rows, item, grade):
    own = rows[(rows["item_code"] == item) & (rows["alternative_grade"] == grade)]
    assert own["alternative_probability"].nunique() == 1
    return own["alternative_probability"].iloc[0]


def test_key_items_round_their_size_up_and_general_ones_do_not():
    odd = with_alternative(logged(size=95, drawn=50), ITEMS, POLICY)
    policy = read_ratio_policy(policies.shipped(), on=date(2026, 1, 1))

    assert policy.rounding == POLICY.rounding
    assert chance(odd, "k1", "B") * 95 == pytest.approx(round(chance(odd, "k1", "B") * 95))
    assert chance(odd, "g1", "B") * 95 != pytest.approx(round(chance(odd, "g1", "B") * 95))


def test_another_grading_moves_every_object_and_who_is_missing_there_is_not_classified():
    rows = logged()
    grades = pd.Series({name: "D" for name in rows["entity_id"].unique() if not name.startswith("oB")})
    found = with_alternative(rows, ITEMS, POLICY, grades=grades)

    assert set(found.loc[found["grade"] == "A", "alternative_grade"]) == {"D"}
    assert set(found.loc[found["grade"] == "B", "alternative_grade"]) == {"U"}
    own = with_alternative(rows, ITEMS, POLICY)
    assert chance(found, "k1", "D") == chance(own, "k1", "D")


def test_two_draws_a_year_halve_the_chance_of_each():
    once, half = (with_alternative(logged(), ITEMS, POLICY, draws_per_year=n) for n in (1, 2))

    assert chance(half, "g1", "A") == pytest.approx(chance(once, "g1", "A") / 2)


def test_a_prediction_must_know_everybody():
    rows = with_alternative(logged(), ITEMS, POLICY)
    known = pd.Series(0.1, index=rows["entity_id"].unique()[1:])

    with pytest.raises(EstimationError, match=r"m gives 1 row\(s\) of the frame no chance"):
        with_prediction(rows[rows["item_code"] == "k1"], probability=known, name="m")


def test_a_value_on_few_checks_is_marked_imprecise_and_a_failed_placebo_is_said():
    rows = with_alternative(logged(size=20, drawn=3), ITEMS, POLICY)
    found = evaluate(rows, estimator=Estimator.HT, rules=replace(RULES, least=0.999, most=1.0, n_bits=200))
    said = [caution.render() for caution in found.value.cautions]

    assert any(sentence.startswith("imprecise: effective sample") for sentence in said)
    assert any("placebo check failed" in sentence for sentence in said)


def test_a_period_has_no_contrast_and_averages_its_draws():
    rows = with_alternative(logged(), ITEMS, POLICY)
    twice = pd.concat([rows, rows.assign(draw_id="2026-002")], ignore_index=True)
    one = evaluate(rows, estimator=Estimator.HT, rules=RULES)
    both = evaluate(twice, estimator=Estimator.HT, rules=RULES, period_weights={"2026-001": 0.5, "2026-002": 0.5})

    assert both.contrast is None
    assert both.value.value == pytest.approx(one.value.value)
    assert both.checks == pytest.approx(one.checks)
    assert both.value.high - both.value.low < 0.8 * (one.value.high - one.value.low)  # two independent draws


def test_what_law_has_drawn_in_full_stays_so_under_any_alternative():
    due = logged().assign(is_due=lambda rows: rows["stratum"].eq("B"))
    found = with_alternative(due, ITEMS, POLICY)

    assert (found.loc[found["is_due"], "alternative_probability"] == 1).all()
    assert chance(found[~found["is_due"]], "k1", "A") == chance(with_alternative(logged(), ITEMS, POLICY), "k1", "A")
    assert len(found) == len(due)


@pytest.mark.parametrize("drawn_as", ["random", "filtered_draw"])
def test_a_row_must_be_checked_on_the_ground_it_was_drawn_on(drawn_as):
    frame = selections().assign(selection_mode=drawn_as)

    assert set(with_findings(frame, results(frame, mode=drawn_as))["selection_mode"]) == {drawn_as}
    with pytest.raises(SelectionModeError, match="directed"):
        with_findings(frame, results(frame, mode="directed"))
