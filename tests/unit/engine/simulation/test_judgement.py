from dataclasses import replace

import numpy as np
import pytest

from engine.simulation.assumptions import Assumptions
from engine.simulation.catalogue import ITEM_CODES
from engine.simulation.judgement import (
    RESULT_TEXTS,
    RESULTS,
    Circumstances,
    Judgement,
    adverse_probability,
    judge,
)
from engine.vocabulary import ADVERSE_RESULTS, JOINER, ResultCode

N = 60_000
RULES = Assumptions()


def circumstances(n: int, *, risk: float, propensity: float, is_gone: bool = False, code: str = "SCJG05"):
    return Circumstances(
        item=np.full(n, ITEM_CODES.index(code)),
        risk=np.full(n, risk),
        propensity=np.full(n, propensity),
        is_gone=np.full(n, is_gone),
    )


def judged(case: Circumstances, *, seed: int = 1, rules: Assumptions = RULES) -> Judgement:
    generator = np.random.default_rng(seed)
    n = len(case.item)
    return judge(
        case, row_uniforms=generator.random((n, 8)), visit_uniforms=generator.random((n, 3)), assumptions=rules
    )


def is_adverse(judgement: Judgement) -> np.ndarray:
    codes = [RESULTS.index(code) for code in ADVERSE_RESULTS]
    return np.isin(judgement.first, codes)


@pytest.mark.parametrize("risk", [-1.0, 0.0, 2.0])
@pytest.mark.parametrize("is_gone", [False, True])
def test_share_of_adverse_rows_is_the_stated_probability(risk: float, is_gone: bool):
    case = circumstances(N, risk=risk, propensity=-2.5 + risk, is_gone=is_gone)

    share = is_adverse(judged(case)).mean()

    expected = adverse_probability(case, RULES)[0]
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / N))


def test_gone_entities_are_unreachable_or_exited_and_nothing_else():
    found = judged(circumstances(2_000, risk=0.0, propensity=-2.0, is_gone=True))

    assert {RESULTS[code] for code in found.first} == {ResultCode.UNREACHABLE, ResultCode.EXITED}
    assert (found.minor == -1).all() and (found.major == -1).all() and (found.critical == -1).all()


def test_rows_of_one_visit_meet_the_entity_or_not_together():
    n = 5_000
    case = circumstances(n, risk=3.0, propensity=0.0)
    generator = np.random.default_rng(5)
    shared = np.repeat(generator.random((n // 5, 3)), 5, axis=0)

    found = judge(case, row_uniforms=generator.random((n, 8)), visit_uniforms=shared, assumptions=RULES)

    unreachable = (found.first == RESULTS.index(ResultCode.UNREACHABLE)).reshape(-1, 5)
    assert (unreachable.all(axis=1) | ~unreachable.any(axis=1)).all()
    assert unreachable.any()


def test_violations_are_counted_where_something_was_inspected():
    found = judged(circumstances(N, risk=0.0, propensity=0.0))
    result = np.array(RESULTS)[found.first]
    not_inspected = np.isin(result, [ResultCode.UNREACHABLE, ResultCode.NO_ACTIVITY])

    assert (found.minor[result == ResultCode.NO_PROBLEM] == 0).all()
    assert (found.minor[not_inspected] == -1).all()
    assert (found.minor[is_adverse(found) & ~not_inspected] >= 1).all()


def test_no_problem_and_not_assessable_stand_alone():
    texts = np.array(RESULT_TEXTS)[judged(circumstances(N, risk=0.0, propensity=0.0)).texts]

    for text in set(texts):
        parts = text.split(JOINER)
        assert len(parts) == len(set(parts))
        assert len(parts) == 1 or set(parts) <= ADVERSE_RESULTS


def test_publicity_items_are_mostly_about_publicity():
    found = judged(circumstances(N, risk=0.0, propensity=4.0, code="SCJG01"))

    shares = {code: (found.first == at).mean() for at, code in enumerate(RESULTS)}
    assert shares[ResultCode.NOT_PUBLICISED] > shares[ResultCode.CORRECTED] > shares[ResultCode.PENDING] > 0
    assert shares[ResultCode.OTHER_LAW] == 0


def test_only_food_is_scored():
    food = judged(circumstances(1_000, risk=0.0, propensity=0.0))
    other = judged(circumstances(1_000, risk=0.0, propensity=0.0, code="RSJ01"))

    assert np.isnan(other.severity_score).all()
    assert np.nanmax(food.severity_score) > 0 and np.nanmin(food.severity_score) == 0


def test_late_publicity_follows_its_share():
    found = judged(circumstances(N, risk=0.0, propensity=0.0), rules=replace(RULES, late_publicity_share=0.2))

    assert (found.publicity_lag > 20).mean() == pytest.approx(0.2, abs=0.01)
    assert found.publicity_lag.min() == 1 and found.publicity_lag.max() <= 45
