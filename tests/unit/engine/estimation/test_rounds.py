import numpy as np
import pandas as pd
import pytest

from engine.errors import UndefinedEstimateError
from engine.estimation.gains import precision_at_k, visits_at
from engine.estimation.ranking import auc, auc_interval
from engine.estimation.rounds import Measure, judge_rounds, timetable
from engine.estimation.schedule import schedule_by_score


def _scored(seed=3, n=600, firms=150, skill=1.0):
    rng = np.random.default_rng(seed)
    firm = rng.integers(firms, size=n)
    risk = rng.normal(size=firms)[firm]
    return pd.DataFrame(
        {
            "entity_id": firm,
            "occurred_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(60, size=n), unit="D"),
            "window": np.where(np.arange(n) < n // 2, "2024-01", "2024-03"),
            "adverse": (rng.random(n) < 1 / (1 + np.exp(1.5 - skill * risk))).astype(float),
            "model": np.round(risk + rng.normal(size=n), 1),
            "column": np.round(risk + 3 * rng.normal(size=n), 1),
            "constant": 1.0,
        }
    )


def test_days_of_the_whole_window_equal_those_of_the_schedule():
    scored = _scored()
    gain = schedule_by_score(scored["occurred_on"], scored["model"], scored["adverse"])

    table = timetable(scored["occurred_on"], scored["model"], scored["adverse"])

    days = table.days_over_random(np.ones(len(scored)))
    assert days == pytest.approx(gain.days_earlier - gain.random_days_earlier, abs=1e-9)


def test_a_visit_counted_twice_is_the_same_as_two_visits():
    scored = _scored(n=80)
    times = np.random.default_rng(1).integers(0, 4, size=len(scored))
    repeated = scored.loc[scored.index.repeat(times)]

    weighted = timetable(scored["occurred_on"], scored["model"], scored["adverse"]).days_over_random(
        times.astype(float)
    )

    gain = schedule_by_score(repeated["occurred_on"], repeated["model"], repeated["adverse"])
    assert weighted == pytest.approx(gain.days_earlier - gain.random_days_earlier, abs=1e-9)


def test_precision_is_that_of_the_highest_scores_and_counts_a_visit_as_often_as_it_is_drawn():
    scored = _scored(n=95)
    times = np.random.default_rng(4).integers(0, 4, size=(3, len(scored)))
    table = timetable(scored["occurred_on"], scored["model"], scored["adverse"])

    drawn = table.precisions(times.astype(float))

    for row, found in zip(times, drawn, strict=True):
        repeated = scored.loc[scored.index.repeat(row)]
        k = visits_at(len(repeated), share=0.1)
        alone = precision_at_k(repeated["model"], repeated["adverse"], k=k)
        assert found == pytest.approx(alone.expected)
    tied = timetable(scored["occurred_on"], scored["constant"], scored["adverse"])
    assert tied.precisions(np.ones((1, len(scored))))[0] == pytest.approx(scored["adverse"].mean())


def test_one_window_gives_the_auc_and_its_cluster_interval():
    scored = _scored().assign(window="all")

    found = judge_rounds(scored, names=["model"], cluster="entity_id", rng=np.random.default_rng(5), replicates=400)

    mean = found.mean("model", Measure.AUC)
    alone = auc_interval(
        scored["model"],
        scored["adverse"],
        clusters=scored["entity_id"],
        rng=np.random.default_rng(5),
        replicates=400,
    )
    assert mean.value == auc(scored["model"], scored["adverse"])
    assert (mean.low, mean.high) == pytest.approx((alone.low, alone.high), abs=1e-12)


def test_windows_count_alike_and_a_score_gains_nothing_over_itself():
    scored = _scored()
    scored = pd.concat([scored, scored[scored["window"] == "2024-03"].assign(window="2024-05")], ignore_index=True)

    found = judge_rounds(scored, names=["model", "column"], cluster="occurred_on", rng=np.random.default_rng(2))

    aucs = [auc(part["model"], part["adverse"]) for _, part in scored.groupby("window")]
    gain = found.gain("model", over="model", measure=Measure.AUC)
    assert found.mean("model", Measure.AUC).value == pytest.approx(np.mean(aucs))
    assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)
    assert found.best(["column", "model"], Measure.AUC) == "model"


def test_a_constant_score_gains_no_day_on_any_resample():
    found = judge_rounds(
        _scored(), names=["constant"], cluster="entity_id", rng=np.random.default_rng(2), replicates=50
    )

    days = found.mean("constant", Measure.DAYS)
    assert np.allclose([days.value, days.low, days.high], 0.0, atol=1e-9)


def test_row_order_decides_nothing():
    scored = _scored()
    shuffled = scored.sample(frac=1.0, random_state=4)

    values = [
        judge_rounds(s, names=["column"], cluster="entity_id", rng=np.random.default_rng(2), replicates=5).by_window
        for s in (scored, shuffled)
    ]

    assert np.allclose(values[0], values[1], atol=1e-9)


def test_paired_interval_of_a_true_gain_lies_above_zero_and_of_none_holds_zero():
    scored = _scored(n=3000, firms=900, skill=1.5)
    scored["copy"] = scored["model"] + 1e-4 * np.random.default_rng(9).normal(size=len(scored))

    found = judge_rounds(
        scored, names=["model", "column", "copy"], cluster="entity_id", rng=np.random.default_rng(2), replicates=300
    )

    assert found.gain("model", over="column", measure=Measure.AUC).low > 0
    nothing = found.gain("model", over="copy", measure=Measure.AUC)
    assert nothing.low < 0 < nothing.high


def test_a_window_of_one_outcome_is_refused():
    scored = _scored()
    scored.loc[scored["window"] == "2024-01", "adverse"] = 0.0

    with pytest.raises(UndefinedEstimateError):
        judge_rounds(scored, names=["model"], cluster="entity_id", rng=np.random.default_rng(2))
