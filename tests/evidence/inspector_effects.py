"""Are inspectors' effects recovered? Synthetic cities whose officers' strictness is known, checks drawn at random.

Each check's chance is logistic(difficulty of the item + risk of the firm + strictness of the leader). Effects are
estimated beside the true log-odds of item and firm, and beside those of the item alone (nothing known of the firm).
"""

from datetime import date

import numpy as np
import pandas as pd

from engine.estimation.inspector_effects import estimate_inspector_effects
from engine.simulation.city import simulate_city
from engine.simulation.layout import plain

SEEDS, FEW_SEEDS = 200, 3
ENTITIES, YEARS = 6000, 5
LAST_DAY = date(2025, 12, 31)
UNMET = ("unreachable", "exited", "no_activity")
MODES = ("random", "scheduled")
LINES = ("firm_known", "item_only")


def one_city(seed, *, entities=ENTITIES):
    """Per line: held (bool per inspector), effect, truth, findings per inspector, spread estimated and true."""
    city = simulate_city(n_entities=entities, years=YEARS, last_day=LAST_DAY, seed=seed)
    rows = plain(city.tables["inspections"], "inspections").to_pandas()
    codes = rows["result_codes"].str.split(";")
    met = ~codes.map(lambda held: bool(set(held) & set(UNMET)))
    rows = rows[met & rows["selection_mode"].isin(MODES) & rows["inspector_code"].notna()]
    adverse = (rows["result_codes"] != "no_problem").to_numpy(dtype=float)
    days = pd.to_datetime(rows["occurred_on"]).to_numpy().astype("datetime64[D]")
    truth = city.truth
    known = truth.circumstances(rows["entity_id"], rows["item_code"], on=days).propensity
    item = truth.difficulty.loc[rows["item_code"]].to_numpy()
    found = {}
    for line, offset in zip(LINES, (known, item), strict=True):
        effects = estimate_inspector_effects(offset, adverse, rows["inspector_code"])
        table = effects.table()
        real = truth.strictness_of(table["inspector_code"])
        hits = pd.Series(adverse).groupby(rows["inspector_code"].to_numpy()).sum().reindex(table["inspector_code"])
        found[line] = {
            "held": ((table["low"] <= real) & (real <= table["high"])).to_numpy(),
            "effect": table["effect"].to_numpy(),
            "real": real,
            "findings": hits.to_numpy(),
            "spread": (effects.spread, float(np.std(real))),
        }
    return found


def run(*, full):
    """Coverage of the 95 % intervals over all inspectors, by line and by findings per inspector."""
    cities = [one_city(seed) for seed in range(SEEDS if full else FEW_SEEDS)]
    lines = []
    for line in LINES:
        held = np.concatenate([city[line]["held"] for city in cities])
        by_city = np.array([city[line]["held"].mean() for city in cities])
        findings = np.concatenate([city[line]["findings"] for city in cities])
        effect, real = (np.concatenate([city[line][key] for city in cities]) for key in ("effect", "real"))
        spreads = np.array([city[line]["spread"] for city in cities])
        error = by_city.std(ddof=1) / np.sqrt(len(by_city))
        lines.append(
            {
                "name": line,
                "coverage": float(held.mean()),
                "standard_error": float(error),
                "coverage_twenty_findings": float(held[findings >= 20].mean()) if (findings >= 20).any() else None,
                "inspectors": int(held.size),
                "correlation": float(np.corrcoef(effect, real)[0, 1]),
                "spread": [float(value) for value in spreads.mean(axis=0)],
            }
        )
    first = lines[0]
    return {
        "name": "inspector_effects",
        "n": len(cities),
        "value": first["coverage"],
        "low": first["coverage"] - 1.96 * first["standard_error"],
        "high": first["coverage"] + 1.96 * first["standard_error"],
        "passed": bool(all(0.93 <= line["coverage"] <= 0.985 for line in lines) and first["correlation"] > 0.2),
        "lines": lines,
    }
