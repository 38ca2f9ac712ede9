"""The rest of a year: what earlier draws took counts against every limit, and the ratios are the year's."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.laboratory.conflict import conflicting_limits
from engine.laboratory.experiment import set_up
from engine.laboratory.optimum import optimise
from engine.messages import Message
from engine.pipeline.best_ratios import Wishes, best_ratio_question
from engine.pipeline.laboratory import earlier_draws_of, laboratory_frame, with_findings
from engine.ratios.capacity import Capacity, CapacityLimit
from engine.ratios.quota import DrawOfYear
from tests.unit.engine.pipeline.test_laboratory import EFFORTS, ITEMS, POLICY, results, selections, terms

ROOMY = ITEMS.assign(ratio_cap=["0.5", None])
NOTHING = Wishes(checks=None, person_days=(), total_cv=None, class_a_cv=None, by_item=True)


def year(*, drawn=5, stays=("C", "D")):
    """A first draw of 5 in each hundred, after which the drawn of A and B are out of the frame."""
    first = selections(drawn=drawn)
    logged = with_findings(first, results(first))
    left = logged[~logged["is_drawn"] | logged["grade"].isin(stays)]
    classes = ITEMS.set_index("item_code")["item_class"]
    eligible = left[["entity_id", "item_code", "district_code", "grade"]]
    eligible = eligible.assign(item_class=eligible["item_code"].map(classes))
    part = DrawOfYear(2, 2)
    earlier = earlier_draws_of(logged, ["2026-001"], eligible, draw=part)
    frame = laboratory_frame(eligible, logged, terms(draw=part, done=earlier.done), source=Message("test"))
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    return earlier, frame, experiment


def asked(wishes, **changes):
    earlier, frame, experiment = year()
    question = best_ratio_question(experiment, POLICY, ROOMY, wishes=replace(wishes, **changes), earlier=earlier)
    best = optimise(question.problem)
    cells = question.ratios_of_cells(best.ratios)
    rest = pd.Series(cells * frame.cells["n_units"].to_numpy()).groupby(
        [frame.cells["item_code"], frame.cells["grade"]]
    )
    return earlier, question, rest.sum(), dict(zip(question.names, question.yearly(best.ratios), strict=True))


def test_what_was_drawn_is_counted_by_who_is_gone():
    earlier, _, _ = year()

    assert earlier.n_checks == 40
    assert earlier.of_item("g1") == (20, 10)
    assert earlier.visited == {"A": 5, "B": 5, "C": 5, "D": 5}
    assert earlier.gone == {"A": 5, "B": 5}


def test_a_yearly_ratio_is_what_was_drawn_and_what_is_left_to_draw():
    _, _, rest, yearly = asked(NOTHING, checks=90)

    for (item, grade), ratio in yearly.items():
        assert ratio * 100 == pytest.approx(5 + rest[item, grade])
    assert rest.sum() + 40 == pytest.approx(90)


def test_yearly_ratios_do_not_fall_while_risk_rises_though_the_rest_may():
    _, _, _, yearly = asked(NOTHING, checks=120)

    for item in ("g1", "k1"):
        held = [yearly[item, grade] for grade in "ABCD"]
        assert held == sorted(held)


def test_a_cap_loses_what_the_first_draw_took():
    capped = ITEMS.assign(ratio_cap=["0.08", None])
    earlier, _, experiment = year()
    question = best_ratio_question(experiment, POLICY, capped, wishes=NOTHING, earlier=earlier)
    yearly = dict(zip(question.names, question.yearly(optimise(question.problem).ratios), strict=True))

    assert sum(yearly["g1", grade] * 100 for grade in "ABCD") == pytest.approx(32)


def test_person_days_of_the_year_lose_what_the_first_draw_used():
    earlier, _, experiment = year()
    limit = CapacityLimit("Y", None, Fraction(60), "notice")
    left = Capacity((limit,), EFFORTS).left_for(earlier.done, {"g1": "X", "k1": "Y"}, draws_left=1).limits
    wishes = replace(NOTHING, person_days=left)
    question = best_ratio_question(experiment, POLICY, ROOMY, wishes=wishes, earlier=earlier)
    yearly = dict(zip(question.names, question.yearly(optimise(question.problem).ratios), strict=True))

    assert left[0].person_days == 50
    assert sum(yearly["k1", grade] * 100 for grade in "ABCD") / 2 == pytest.approx(60)


def test_visits_made_count_against_the_most_visits_of_a_grade():
    earlier, question, rest, _ = asked(NOTHING, visits={"B": 0.09})

    most = max(rest[item, "B"] for item in ("g1", "k1"))
    assert most + earlier.visited["B"] == pytest.approx(9)
    assert question.problem.highest[: len(question.names)].max() <= 1


def test_a_cap_that_is_used_up_is_named():
    earlier, _, experiment = year()
    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=NOTHING, earlier=earlier)

    said = [str(name) for name in conflicting_limits(question.problem)]

    assert optimise(question.problem) is None
    assert any("ratio cap 1/20 of g1" in sentence for sentence in said)


def test_a_year_without_draws_asks_the_same_question():
    earlier, _, experiment = year()
    nothing = replace(earlier, done=earlier.done.iloc[:0], visited={}, gone={}, draw=DrawOfYear(1, 1))
    wishes = replace(NOTHING, checks=60, total_cv=0.4)
    found = [
        optimise(best_ratio_question(experiment, POLICY, ROOMY, wishes=wishes, earlier=each).problem).ratios
        for each in (None, nothing)
    ]

    assert found[0].tolist() == pytest.approx(found[1].tolist(), abs=1e-7)
