"""A workspace in which models are judged, promoted and watched, written through the store's own functions: no city."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.api.grading.monthly_records import FINISHED, HELD, SIGNED, STARTED
from engine.api.scoring.learned import PROMOTED
from engine.estimation.parity import parity_table
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies, policy_text
from engine.store.workspaces.snapshot import InputFile, Snapshot
from engine.store.workspaces.workspace import Workspace

POPULATION, PLAIN = "enterprise", "individual_business"
ANALYST, LEADER = Actor("Zhang San (fictional)", "analyst"), Actor("Li Si (fictional)", "leader")
TODAY = date(2026, 6, 15)
MONTHS = (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))
FILES = tuple(InputFile(f"tables/{n}.parquet", "inspections", "load", "ab" * 32, 10) for n in range(7))
WINDOWS = ("2025-01-01..2025-06-30", "2025-07-01..2025-12-31")
SCORES = {"challenger": 0.71, "scorecard": 0.66, "mean_past_score": 0.64, "random": 0.50}
BEST = "mean_past_score"


WARNINGS = pd.DataFrame(
    {name: pd.Series([], dtype=kind) for name, kind in
     {**dict.fromkeys(("warning_id", "rule_code", "subject", "entity_id", "group", "level", "template", "params",
                       "reference"), "string"), "p_value": float, "due_on": "datetime64[s]",
      "is_provisional": bool}.items()}
)  # fmt: skip


def at(day: date) -> datetime:
    """Return nine o'clock in China on a day."""
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


def write_backtest(
    workspace: Workspace,
    *,
    populations: Sequence[str] = (POPULATION,),
    on: date = date(2026, 2, 10),
    gain: float = 0.02,
    scores: dict[str, float] | None = None,
    is_old: bool = False,
    standing: dict[str, str] | None = None,
) -> str:
    """Store a backtest of the challenger and return its run.

    Parameters
    ----------
    gain : lower limit of its gain over every other score; not above 0 and the rule refuses it.
    is_old : leave out what an older program did not store.
    """
    held = scores or SCORES
    tables = {
        "backtest_windows": pd.DataFrame([_window(p, s, auc, w) for p in populations for s, auc in held.items()
                                          for w in WINDOWS]),
        "backtest_gains": pd.DataFrame([_gain(p, s, auc, m, by, held, gain) for p in populations
                                        for s, auc in held.items() for m in ("auc", "precision_at_10")
                                        for by in ("entity_id", "occurred_on")]),
    }  # fmt: skip
    if not is_old:
        tables["backtest_chances"] = pd.DataFrame([_chances(p) for p in populations])
        tables["backtest_parity"] = pd.concat([_parity(p) for p in populations], ignore_index=True)
        tables["backtest_verdicts"] = pd.DataFrame([_verdict(p, gain) for p in populations])
    said: dict[str, Any] = {
        "windows": list(WINDOWS),
        "model": "challenger",
        "profile": "default",
        "test_sets": dict.fromkeys(populations, "ab" * 32),
        "leaks": dict.fromkeys(populations, []),
        "mature_on": "2026-01-30",
        "last_known": "2026-02-05",
    }
    if not is_old:
        said |= {
            "times_scored": dict.fromkeys(populations, 2),
            "bases": dict.fromkeys(populations, "scheduled"),
            "caveats": [],
            "standing": standing or {},
        }
    return workspace.warehouse.write_run(
        tables, kind="backtest", as_of=date(2025, 7, 1), manifest=said, actor=ANALYST, at=at(on)
    )


def _window(population: str, score: str, auc: float, split: str) -> dict[str, object]:
    is_model = score == "challenger"
    return {
        "name": score, "population": population, "split": split, "n": 1200, "base_rate": 0.12,
        "precision_at_10": 0.31 if is_model else 0.24, "auc_value": auc, "auc_low": auc - 0.03, "auc_high": auc + 0.03,
        "brier": 0.0931 if is_model else None, "calibration_slope": 0.97 if is_model else None,
        "observed_to_expected": 1.04 if is_model else None,
    }  # fmt: skip


def _gain(
    population: str, score: str, auc: float, measure: str, by: str, held: dict[str, float], gain: float
) -> dict[str, object]:
    own = score == "challenger"
    value = auc if measure == "auc" else 0.31 if own else 0.24
    over = (held["challenger"] if measure == "auc" else 0.31) - value
    return {
        "population": population, "resampled_by": by, "measure": measure, "score": score,
        "is_best_other": score == BEST,
        "mean_value": value, "mean_low": value - 0.02, "mean_high": value + 0.02,
        "gain_value": None if own else over, "gain_low": None if own else gain,
        "gain_high": None if own else 2 * over - gain,
    }  # fmt: skip


def _chances(population: str) -> dict[str, object]:
    return {
        "population": population, "score": "challenger", "n": 2400, "n_entities": 1900, "findings": 288,
        "expected": 277.0, "observed_to_expected_value": 1.0397, "observed_to_expected_low": 0.93,
        "observed_to_expected_high": 1.15, "brier_value": 0.0931, "brier_low": 0.087, "brier_high": 0.0992,
        "base_brier": 0.1056, "slope": 0.97, "slope_low": 0.81, "slope_high": 1.13,
    }  # fmt: skip


def _parity(population: str) -> pd.DataFrame:
    """Groups of a real table: in one district of six findings are twice what was foretold."""
    rng = np.random.default_rng(3)
    chance = rng.uniform(0.05, 0.3, size=9000)
    group = np.array([f"33060{each}" for each in range(1, 7)])[rng.integers(6, size=9000)]
    size = np.array(["small", "medium", "large"])[rng.integers(3, size=9000)]
    true = np.where(group == "330604", np.minimum(2 * chance, 0.9), chance)
    adverse = (rng.random(9000) < true).astype(float)
    tables = [
        parity_table(chance, adverse, groups).assign(grouping=name)
        for name, groups in (("district_code", group), ("size", size))
    ]
    return pd.concat(tables, ignore_index=True).assign(population=population)


def _verdict(population: str, gain: float) -> dict[str, object]:
    said = {
        "template": "its gain in AUC over {score} is {value:+.3f} ({low:+.3f} to {high:+.3f}, resampled by {by}): "
        "the lower limit is not above 0",
        "params": {"score": "scorecard", "value": 0.05, "low": gain, "high": 0.1 - gain, "by": "entity_id"},
    }
    return {
        "population": population, "champion": "scorecard", "challenger": "challenger", "is_passed": gain > 0,
        "objections": json.dumps([] if gain > 0 else [said]),
    }  # fmt: skip


def promote(workspace: Workspace, *, digest: str, run: str, population: str = POPULATION, on: date) -> None:
    """Enter a promotion into the ledger."""
    content = {"promoted": [{"population": population, "digest": digest, "policy": "-"}]}
    workspace.ledger.append(PROMOTED, subject=run, content=content, actor=ANALYST, at=at(on))


def write_months(workspace: Workspace, *, days: Sequence[date] = MONTHS, is_old: bool = False) -> list[str]:
    """Enter finished monthly runs with the small tables that they store; the last one moved and was signed."""
    names: list[str] = []
    book = load_policies()
    for place, day in enumerate(days):
        run_id, previous = f"monthly-{day:%Y%m%d}-{place}", names[-1] if names else None
        held = {
            "profile": "default", "as_of": day.isoformat(), "previous": previous, "model_digest": "c0ffee" * 10,
            "code": {"version": "1", "digest": "d"}, "inputs": Snapshot(FILES, 0).as_json(),
            "policy_digest": book.digest, "policies": policy_text(book),
        }  # fmt: skip
        workspace.ledger.append(STARTED, subject=run_id, content=held, actor=ANALYST, at=at(day))
        has_moved = place == len(days) - 1
        runs = {"grade": _write(workspace, _grades(place), kind="grade", day=day)}
        runs["warn"] = _write(workspace, {"warnings": WARNINGS}, kind="warn", day=day)
        if place and not is_old:
            runs["stability"] = _write(workspace, _movement(has_moved=has_moved), kind="stability", day=day)
        if has_moved:
            workspace.ledger.append(HELD, subject=run_id, content={}, actor=ANALYST, at=at(day))
            workspace.ledger.append(SIGNED, subject=run_id, content={}, actor=LEADER, at=at(day), reason="seen")
        workspace.ledger.append(
            FINISHED, subject=run_id, content={"runs": runs, "exports": {}}, actor=ANALYST, at=at(day)
        )
        names.append(run_id)
    return names


def _write(workspace: Workspace, tables: dict[str, pd.DataFrame], *, kind: str, day: date) -> str:
    dated = {name: table.assign(as_of=day) for name, table in tables.items()}
    return workspace.warehouse.write_run(dated, kind=kind, as_of=day, manifest={}, actor=ANALYST, at=at(day))


def _grades(place: int) -> dict[str, pd.DataFrame]:
    shares = pd.DataFrame(
        [
            (population, grade, n, n / 1000, target)
            for population in (POPULATION, PLAIN)
            for grade, n, target in (("A", 600, 0.6), ("B", 250, 0.25), ("C", 100, 0.1), ("D", 50, 0.05))
        ],
        columns=["population", "grade", "n", "share", "target_share"],
    )
    moves = [("-", "A", "newcomer", 10), ("A", "A", "none", 560), ("A", "B", "new_records", 20 + 60 * (place == 2)),
             ("B", "A", "score_moved", 10), ("B", "B", "none", 400 - 60 * (place == 2))] if place else []  # fmt: skip
    migration = pd.DataFrame(
        [(population, *move, 0.1) for population in (POPULATION, PLAIN) for move in moves],
        columns=["population", "from_grade", "to_grade", "cause", "n", "share"],
    )
    firms = pd.DataFrame(
        {"entity_id": ["reg:000001", "reg:000002"], "population": [POPULATION, PLAIN], "grade": ["A", "D"],
         "model": "scorecard", "score": [10.0, 900.0], "score_grade": ["A", "D"], "override_code": None,
         "override_reference": None}
    ).astype({"override_code": "string", "override_reference": "string"})  # fmt: skip
    return {"grade_shares": shares, "grades": firms} | ({"grade_migration": migration} if moves else {})


def _movement(*, has_moved: bool) -> dict[str, pd.DataFrame]:
    score = {"psi": 0.31 if has_moved else 0.021, "p_value": 1e-9 if has_moved else 0.2, "n": 990, "n_before": 990,
             "n_now": 1000, "model_before": "scorecard",
             "model_now": "challenger" if has_moved else "scorecard"}  # fmt: skip
    features = [
        {"population": population, "feature": name, "psi": psi, "p_value": p, "n_before": 990, "n_now": 1000,
         "unknown_before": 0.1, "unknown_now": 0.12}
        for population in (POPULATION, PLAIN)
        for name, psi, p in (("inspections_severity_last", 0.14 if has_moved else 0.01, 1e-6),
                             ("penalties_count_12m", 0.02, 0.4))
    ]  # fmt: skip
    expected = pd.DataFrame(
        [(POPULATION, grade, 250, chance) for grade, chance in (("A", 0.04), ("B", 0.09), ("C", 0.17), ("D", 0.33))],
        columns=["population", "grade", "n", "expected_share"],
    )
    tables = {
        "score_stability": pd.DataFrame([{"population": p, **score} for p in (POPULATION, PLAIN)]),
        "feature_stability": pd.DataFrame(features),
    }
    return tables | ({"grade_expectations": expected} if has_moved else {})


def governed(path: Path) -> Workspace:
    """Return an empty workspace at ``path``."""
    workspace = Workspace(path)
    with workspace.writing():
        pass
    return workspace
