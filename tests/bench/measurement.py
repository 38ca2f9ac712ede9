"""Evaluating a policy and measuring everybody, from the draws over a million objects with two items each.

Two million frame rows in 320 strata per item, some 110,000 of them drawn, with results. Read from memory: the files are
read by the store in the time that ``features`` states for a scan.
"""

import resource
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from engine.estimation.estimate import PrecisionLimits
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.pipeline.domain_measurement import Measured, compare_domains, measure_domains, measured_rows
from engine.pipeline.evaluation import Rules, evaluate, with_alternative, with_prediction
from engine.ratios.policy import read_ratio_policy
from tests import policies

N_OBJECTS = 1_000_000
DISTRICTS = 40
SHARES = (0.654, 0.253, 0.077, 0.016)
RATIOS = {"A": 0.03, "B": 0.10, "C": 0.30, "D": 1.0}
RATES = {"A": 0.01, "B": 0.02, "C": 0.06, "D": 0.15}
ON = date(2026, 1, 1)
ITEMS = pd.DataFrame(
    {
        "item_code": ["F01", "P01"],
        "item_class": ["key", "general"],
        "department_code": ["SCJG", "FGW"],
        "ratio_cap": [None, "0.12"],
        "basis": ["law", "law"],
    }
)
PRECISION = PrecisionLimits(min_effective_n=30, max_width=0.30, narrow_width=0.05, max_relative_width=1.3)
RULES = Rules(
    limits=EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=100, min_findings=20),
    precision=PRECISION,
    n_bits=200,
    least=0.90,
    most=0.99,
    level=0.95,
)
LIMIT = 10.0
"""Seconds that a person waits for an answer."""


def rows() -> list[dict]:
    """Return the measurements of one run."""
    logged = logged_rows()
    policy = read_ratio_policy(policies.shipped(), on=ON)
    regraded = pd.Series(logged["grade"].to_numpy()[::-1], index=logged["entity_id"]).groupby(level=0).first()
    kept: dict[str, object] = {}

    def alternative() -> None:
        kept["rows"] = with_alternative(logged, ITEMS, policy, grades=regraded)

    def drawn() -> None:
        kept["measured"] = measured_rows(*results_and_strata(logged))

    found = [row("evaluate: chances under another grading", timed(alternative))]
    asked = kept["rows"]
    assert isinstance(asked, pd.DataFrame)
    by_hand = timed(lambda: pandas_weights(asked))
    peer = {"peer": "pandas: the weighted sum alone, no interval, no check", "peer_seconds": round(by_hand, 3)}
    for estimator in (Estimator.HT, Estimator.HAJEK):
        seconds = timed(lambda own=estimator: evaluate(asked, estimator=own, rules=RULES))
        found.append(row(f"evaluate: {estimator}, contrast and 200 placebo bits", seconds, **peer))
    crossed = timed(lambda: kept.update(rows=with_prediction(asked, probability=None)))
    found.append(row("evaluate: prediction cross-fitted", crossed))
    predicted = kept["rows"]
    assert isinstance(predicted, pd.DataFrame)
    seconds = timed(lambda: evaluate(predicted, estimator=Estimator.DIFFERENCE, rules=RULES))
    found.append(row("evaluate: difference, contrast and 200 placebo bits", seconds, **peer))
    found.append(row("measure: sample of drawn rows", timed(drawn)))
    measured = kept["measured"]
    assert isinstance(measured, Measured)
    for by in ("grade", "district_code", "department_code"):
        seconds = timed(
            lambda column=by: measure_domains(measured, by=column, precision=PRECISION, least_units=10, level=0.95)
        )
        found.append(row(f"measure: by {by}", seconds))
    found.append(row("measure: funnel of 40", timed(lambda: compare_domains(measured, by="district_code", level=0.95))))
    return found


def logged_rows() -> pd.DataFrame:
    """Every frame row of one draw with what was found."""
    rng = np.random.default_rng(5)
    grade = rng.choice(list("ABCD"), p=SHARES, size=N_OBJECTS)
    district = rng.integers(0, DISTRICTS, size=N_OBJECTS)
    parts = []
    for item in ITEMS["item_code"]:
        ratio = pd.Series(grade).map(RATIOS).to_numpy()
        stratum = pd.Series(grade) + pd.Series(district).astype(str).str.zfill(2)
        sizes = stratum.map(stratum.value_counts()).to_numpy()
        rank = pd.Series(rng.random(N_OBJECTS)).groupby(stratum.to_numpy()).rank(method="first").to_numpy()
        drawn = np.ceil(ratio * sizes)
        found = rng.random(N_OBJECTS) < pd.Series(grade).map(RATES).to_numpy()
        part = pd.DataFrame({"entity_id": [f"reg:{at:07d}" for at in range(N_OBJECTS)], "stratum": stratum})
        part = part.assign(
            draw_id="2026-001",
            item_code=item,
            grade=grade,
            district_code=pd.Series(district).astype(str).str.zfill(2),
            selection_mode="random",
            design_probability=ratio,
            inclusion_probability=drawn / sizes,
            is_drawn=rank <= drawn,
        )
        parts.append(part.assign(adverse=pd.Series(found).astype("boolean").where(part["is_drawn"])))
    return pd.concat(parts, ignore_index=True)


def results_and_strata(logged: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The drawn rows with results and teams, and the strata."""
    key = ["draw_id", "item_code", "stratum"]
    sizes = logged.groupby(key, sort=True).agg(n_units=("is_drawn", "size"), n_drawn=("is_drawn", "sum"))
    drawn = logged[logged["is_drawn"]].drop(columns="adverse").reset_index(drop=True)
    adverse = logged.loc[logged["is_drawn"], "adverse"].to_numpy(dtype=bool)
    results = drawn.assign(
        result_codes=np.where(adverse, "corrected", "no_problem"),
        occurred_on=pd.Timestamp("2026-03-10"),
        inspector_code=drawn["district_code"] + "-" + (drawn.index % 25).astype(str),
        department_code=drawn["item_code"].map(ITEMS.set_index("item_code")["department_code"]),
    )
    return results, sizes.reset_index()


def pandas_weights(asked: pd.DataFrame) -> float:
    """The weighted sum of findings, one line of pandas."""
    drawn = asked[asked["is_drawn"]]
    return float(
        (drawn["alternative_probability"] / drawn["inclusion_probability"] * drawn["adverse"].astype(float)).sum()
    )


def row(stage: str, seconds: float, **peer: object) -> dict:
    """Return one row of the result."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    measured = {"stage": stage, "engine": "estimation", "n": N_OBJECTS, "seconds": round(seconds, 3)}
    limit = {"peak_mb": round(peak), "limit_seconds": LIMIT, "ratio": round(seconds / LIMIT, 3)}
    return measured | limit | {"peer": None, "peer_seconds": None} | peer


def timed(work: Callable[[], object]) -> float:
    """Return the seconds a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
