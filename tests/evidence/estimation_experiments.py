"""Do team clusters, the comparison of districts and the control arm hold what they promise? Worlds with known truth.

Claims: intervals that take the teams of 24 officers as clusters hold the rate of everybody in 93 % of the worlds where
officers differ by a third, and in 88 % where the strictest find several times what the mildest do (24 such teams are
too few for 95 %), far more often than intervals that take checks as independent; of 40 districts without real
differences no more than about 5 % lie outside the 95 % funnel limits, with real ones no more, and their spread is
recovered; rank intervals hold all true ranks at once; the effect of a control arm is unbiased though the other arm is
drawn by grade, and its interval holds it.
"""

import numpy as np
import pandas as pd

from engine.estimation.arms import arm_difference
from engine.estimation.design import rate
from engine.estimation.funnel import compare
from engine.estimation.sample import design_sample

DISTRICTS = 40
DISTRICT_STRATA = {"A": (1_200, 60, 0.03), "B": (500, 50, 0.06), "D": (60, 60, 0.3)}
ARM_STRATA = {
    "graded": {"A": (3_000, 150, 0.06), "D": (200, 200, 0.30)},
    "control": {"A": (1_500, 300, 0.10), "D": (100, 20, 0.40)},
}
SIZES = ["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"]


def sample_of(parts, sizes, **kwargs):
    """The drawn rows of strata as the engine takes them."""
    rows = pd.concat(parts, ignore_index=True).assign(draw_id="d", item_code="i", selection_mode="random")
    rows["entity_id"] = rows.index.astype(str)
    return design_sample(rows, pd.DataFrame(sizes, columns=SIZES), **kwargs)


def team_lines(spread, repeats, rng):
    """Coverage of the rate when officers differ by ``spread`` (sd of the log rate), by what is taken as a cluster."""
    held = {"teams": 0, "checks": 0}
    strata = {"A": (20_000, 600, 0.05), "B": (8_000, 600, 0.10), "C": (2_000, 600, 0.20)}
    truth = sum(units * p for units, _, p in strata.values()) / sum(units for units, _, _ in strata.values())
    for _ in range(repeats):
        factor = np.exp(rng.normal(0, spread, 24) - spread**2 / 2)
        parts, sizes = [], []
        for grade, (units, n, p) in strata.items():
            team = rng.integers(0, 24, n)
            found = rng.random(n) < np.clip(p * factor[team], 0, 1)
            part = pd.DataFrame({"stratum": grade, "inclusion_probability": n / units, "team": team, "found": found})
            parts.append(part)
            sizes.append(("d", "i", grade, units, n, grade))
        for name, team in (("teams", "team"), ("checks", None)):
            sample = sample_of(parts, sizes, team=team)
            everyone = pd.Series(data=True, index=sample.rows.index)
            interval = rate(sample, sample.rows["found"], everyone, measure="rate")
            held[name] += interval.low <= truth <= interval.high
    return [
        {"name": f"rate_with_{name}_as_clusters", "spread": spread, "n": repeats, "coverage": n / repeats}
        for name, n in held.items()
    ]


def districts_of(effects, rng):
    """The drawn rows of districts whose rates are those of everybody times an effect."""
    parts, sizes = [], []
    for at, effect in enumerate(effects):
        for grade, (units, n, p) in DISTRICT_STRATA.items():
            outcome = np.where(rng.random(n) < p * effect, "violation", "clean")
            name = f"{at:02d}{grade}"
            part = pd.DataFrame({"outcome": outcome, "stratum": name, "grade": grade, "district": f"{at:02d}"})
            parts.append(part.assign(inclusion_probability=n / units))
            sizes.append(("d", "i", name, units, n, grade))
    return sample_of(parts, sizes)


def funnel_lines(repeats, rng):
    """Districts outside the limits, spread found, ranks held, without and with real differences."""
    lines = []
    for spread in (0.0, 0.3, 0.6):
        found = []
        for _ in range(repeats):
            effects = np.exp(rng.normal(0, spread, DISTRICTS) - spread**2 / 2) if spread else np.ones(DISTRICTS)
            one = compare(districts_of(effects, rng), by="district")
            table, rank = one.table, pd.Series(effects).rank().to_numpy()
            truth = one.rate * effects / effects.mean()
            found.append(
                (
                    (table["position"] != "inside").mean(),
                    table["position"].str.startswith("far").mean(),
                    one.between,
                    bool(((table["rank_low"] <= rank) & (rank <= table["rank_high"])).all()),
                    ((table["shrunken_low"] <= truth) & (truth <= table["shrunken_high"])).mean(),
                )
            )
        names = ("outside_warn", "outside_alarm", "between", "ranks_held", "smoothed_held")
        means = dict(zip(names, (float(mean) for mean in np.mean(found, axis=0)), strict=True))
        lines.append({"name": f"funnel_spread_{spread}", "n": repeats, "true_between": spread / 2, **means})
    return lines


def arm_line(repeats, rng):
    """Bias and coverage of the effect of supervision by grade."""
    rates = {
        arm: sum(units * p for units, _, p in grades.values()) / sum(units for units, _, _ in grades.values())
        for arm, grades in ARM_STRATA.items()
    }
    truth = rates["graded"] - rates["control"]
    values, held = [], 0
    for _ in range(repeats):
        parts, sizes = [], []
        for arm, grades in ARM_STRATA.items():
            for grade, (units, n, p) in grades.items():
                found = rng.permutation(np.arange(units) < p * units)[:n]
                part = pd.DataFrame({"outcome": np.where(found, "violation", "clean"), "arm": arm})
                parts.append(part.assign(stratum=f"{arm}{grade}", inclusion_probability=n / units))
                sizes.append(("d", "i", f"{arm}{grade}", units, n, f"{arm}{grade}"))
        effect = arm_difference(sample_of(parts, sizes)).effect
        values.append(effect.value)
        held += effect.low <= truth <= effect.high
    error = float(np.std(values) / np.sqrt(repeats))
    bias = float(np.mean(values) - truth)
    return {
        "name": "control_arm",
        "n": repeats,
        "truth": truth,
        "bias": bias,
        "bias_error": error,
        "coverage": held / repeats,
    }


def run(*, full):
    """300, 60 and 300 repeats, or 15, 4 and 20."""
    teams, funnels, arms = (300, 60, 300) if full else (15, 4, 20)
    rng = np.random.default_rng(2026)
    mild, wild = (team_lines(spread, teams, rng) for spread in (0.3, 0.6))
    lines = funnel_lines(funnels, rng)
    arm = arm_line(arms, rng)
    slack = 2 * np.sqrt(0.05 * 0.95 / teams)
    faults = [
        name
        for name, broken in {
            "teams": mild[0]["coverage"] < 0.93 - slack or wild[0]["coverage"] < 0.88 - slack,
            "independent checks": wild[1]["coverage"] > wild[0]["coverage"],
            "districts outside": any(line["outside_warn"] > (0.06 if full else 0.12) for line in lines),
            "alarms": any(line["outside_alarm"] > (0.01 if full else 0.03) for line in lines),
            "spread": any(
                abs(line["between"] - line["true_between"]) > (0.025 if full else 0.08) for line in lines[1:]
            ),
            "ranks": any(line["ranks_held"] < 0.95 - 2 * np.sqrt(0.05 * 0.95 / funnels) for line in lines),
            "arm": abs(arm["bias"]) > 3 * arm["bias_error"] or arm["coverage"] < 0.94 - slack,
        }.items()
        if broken
    ]
    return {
        "name": "estimation_experiments",
        "n": 2 * teams + 3 * funnels + arms,
        "value": mild[0]["coverage"],
        "low": min(wild[0]["coverage"], arm["coverage"]),
        "high": max(mild[0]["coverage"], arm["coverage"]),
        "passed": not faults,
        "faults": faults,
        "lines": [*mild, *wild, *lines, arm],
    }
