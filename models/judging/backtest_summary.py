"""A backtest as tidy tables and as the JSON that other programs read."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from engine.errors import UndefinedEstimateError
from engine.estimation.estimate import Estimate
from engine.estimation.reliability import brier_interval, calibration_line, observed_to_expected
from engine.estimation.rounds import Measure, Rounds
from engine.estimation.schedule import schedule_by_score
from models.judging.attribution import gain_shares
from models.judging.backtesting import Backtest, Fold
from models.judging.evaluation import PROBABILITY
from models.judging.judgement import InspectionJudgement, interval

SCORES_TABLE = "backtest_windows"
GAINS_TABLE = "backtest_gains"
COHORTS_TABLE = "backtest_cohorts"
PARITY_TABLE = "backtest_parity"
CHANCES_TABLE = "backtest_chances"
VERDICTS_TABLE = "backtest_verdicts"


def window_rows(found: Backtest) -> list[dict[str, object]]:
    """Return one object per window and score: what ``backtest --json`` lists under ``models``."""
    return [
        {"name": judged.name, "population": found.population, "split": fold.window.name}
        | _figures(fold, judged)
        | ({"digest": learned[judged.name].digest} if judged.name in learned else {})
        for fold in found.folds
        for learned in [{fold.model.card.name: fold.model} | dict(fold.beside)]
        for judged in fold.judged
    ]


def _figures(fold: Fold, judged: InspectionJudgement) -> dict[str, object]:
    scored = fold.scored
    gain = schedule_by_score(scored["occurred_on"], scored[judged.name], scored["adverse"])
    is_model = judged.name == fold.model.card.name
    return judged.as_json() | {
        "observed_to_expected_without_level": observed_without_level(fold) if is_model else None,
        "days_earlier": gain.days_earlier,
        "days_earlier_random": gain.random_days_earlier,
        "first_half_by_date": gain.first_half_share,
        "first_half_actual": gain.actual_first_half_share,
    }


def observed_without_level(fold: Fold) -> float:
    """Return findings over the sum of the model's chances had nothing been added for season and drift."""
    scored = fold.scored
    added = fold.model.card.level.log_odds(scored["as_of"])
    chance = expit(logit(scored[PROBABILITY].to_numpy(dtype=np.float64)) - added)
    return float(scored["adverse"].sum() / chance.sum())


def best_other(found: Backtest, measure: Measure) -> str:
    """Return the score beside the model with the highest mean over the windows."""
    return next(iter(found.rounds.values())).best(found.baselines, measure)


def gain_rows(found: Backtest) -> list[dict[str, object]]:
    """Return one row per (resampled by, measure, score): its mean, and what the model gains over it in pairs."""
    rows: list[dict[str, object]] = []
    for cluster, rounds in found.rounds.items():
        for measure in Measure:
            best = best_other(found, measure)
            for score in rounds.scores:
                rows.append(
                    {
                        "population": found.population,
                        "resampled_by": cluster,
                        "measure": str(measure),
                        "score": score,
                        "is_best_other": score == best,
                        **prefixed("mean", rounds.mean(score, measure)),
                        **prefixed("gain", _gain(rounds, found.model, score, measure)),
                    }
                )
    return rows


def _gain(rounds: Rounds, model: str, score: str, measure: Measure) -> Estimate | None:
    return None if score == model else rounds.gain(model, over=score, measure=measure)


def prefixed(name: str, found: Estimate | None) -> dict[str, float | None]:
    """Return value and limits under names that begin with ``name``; nulls where there is no estimate."""
    values: Mapping[str, float | None] = (
        interval(found) if found is not None else dict.fromkeys(("value", "low", "high"))
    )
    return {f"{name}_{key}": value for key, value in values.items()}


def population_object(found: Backtest, *, times_scored: int) -> dict[str, object]:
    """Return the entry of ``populations`` in ``backtest --json``.

    Parameters
    ----------
    times_scored : how often this very set of test rows has been looked at, this run included.
    """
    check = found.leak_check
    return {
        "name": found.population,
        "basis": str(found.basis),
        "windows": [fold.window.name for fold in found.folds],
        "n": sum(len(fold.scored) for fold in found.folds),
        "test_digest": found.test_digest,
        "times_scored": times_scored,
        "leak_check": {"rows": check.n_rows, "dates": check.n_dates, "leaks": list(check.leaks)},
        "comparisons": gain_rows(found),
        "cohorts": cohort_rows(found),
        "chances": chance_row(found),
        "parity": found.parity.to_dict("records"),
        "calibration_watch": watch_object(found),
        "who_inspected": gain_shares(found.rounds["entity_id"], model=found.model),
    }


def chance_row(found: Backtest) -> dict[str, object]:
    """Return what the model's chances were worth over all windows, with limits that know that firms come back.

    ``base_brier`` is the score of one chance for everybody. The slope is null where the rows carry no line.
    """
    scored = found.scored
    chance, adverse, firms = scored[PROBABILITY], scored["adverse"], scored["entity_id"]
    base = float(adverse.mean())
    try:
        line = asdict(calibration_line(chance, adverse))
    except UndefinedEstimateError:
        line = dict.fromkeys(("slope", "slope_low", "slope_high"))
    return {
        "population": found.population,
        "score": found.model,
        "n": len(scored),
        "n_entities": int(firms.nunique()),
        "findings": int(adverse.sum()),
        "expected": float(chance.sum()),
        **prefixed("observed_to_expected", observed_to_expected(chance, adverse, clusters=firms)),
        **prefixed("brier", brier_interval(chance, adverse, clusters=firms)),
        "base_brier": base * (1 - base),
        **{name: line[name] for name in ("slope", "slope_low", "slope_high")},
    }


def watch_object(found: Backtest) -> dict[str, object]:
    """Return how the game against the chances stands, and when it gave alarm (ISO date; null = never)."""
    watch = found.watch
    return {
        "capital": float(watch.table["capital"].iloc[-1]),
        "alarm_on": None if watch.alarm_on is None else watch.alarm_on.date().isoformat(),
        "shift": watch.shift,
        "slope": watch.slope,
    }


def cohort_rows(found: Backtest) -> list[dict[str, object]]:
    """Return one object per window whose outcomes are complete and score: how its grades given once did."""
    return [
        {"split": fold.window.name, "population": found.population} | judged.as_json()
        for fold in found.folds
        for judged in fold.cohort.values()
    ]


def result_tables(tests: list[Backtest]) -> dict[str, pd.DataFrame]:
    """Return the result tables of a backtest run: figures by window, means with gains, chances, parity, cohorts."""
    flat = []
    for found in tests:
        for row in window_rows(found):
            auc = row.pop("auc")
            precision = row.pop("precision_at")
            kept = {key: value for key, value in row.items() if not isinstance(value, dict)}
            flat.append(
                kept
                | {f"auc_{key}": value for key, value in auc.items()}  # type: ignore[attr-defined]
                | {"precision_at_10": precision.get("0.1")}  # type: ignore[attr-defined]
            )
    gains = [row for found in tests for row in gain_rows(found)]
    chances = pd.DataFrame([chance_row(found) for found in tests])
    tables = {SCORES_TABLE: pd.DataFrame(flat), GAINS_TABLE: pd.DataFrame(gains), CHANCES_TABLE: chances}
    grades = [
        {key: judged[key] for key in ("split", "population", "name")} | row
        for found in tests
        for judged in cohort_rows(found)
        for row in judged["grades"]  # type: ignore[attr-defined]
    ]
    parity = [found.parity.assign(population=found.population) for found in tests if len(found.parity)]
    tables |= {PARITY_TABLE: pd.concat(parity, ignore_index=True)} if parity else {}
    return tables | ({COHORTS_TABLE: pd.DataFrame(grades)} if grades else {})
