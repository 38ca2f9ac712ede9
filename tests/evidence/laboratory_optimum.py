"""Do the best ratios deliver what they promise, and how much do they lose against known rates?

Every world is a new city (``laboratory_simulation.make_world``, the same nine hierarchies). Ratios are chosen by item
and grade on what earlier draws showed: as many checks as before, floors, ratios that rise with risk. Then the next draw
is made under them. Promised: expected findings on shrunken rates. Delivered: what the next draw finds, whole checks
drawn without replacement. Regret: what the ratios chosen with known rates would find on average under the same limits,
less what the chosen ones find on average, as a share of the former.

Promised over all worlds: the sum of what is promised within 5 % of the sum of what is delivered, and the mean regret at
most 5 %. ``lines`` shows the hierarchies one by one, ``precise`` the same with a required precision, and ``unshrunken``
ratios chosen on raw cell rates, which promise far too much: that is why inputs are shrunken.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from engine.laboratory.experiment import set_up
from engine.laboratory.optimum import optimise
from engine.laboratory.simulation import planned_units
from engine.pipeline.best_ratios import Wishes, best_ratio_question
from engine.ratios.policy import read_ratio_policy
from tests import policies
from tests.evidence.laboratory_simulation import SHAPES, make_world, whole

POLICY = read_ratio_policy(policies.shipped(), on=date(2026, 1, 1))
MOST_OFF, MOST_REGRET = 0.05, 0.05


def one_world(shape, rng):
    """Promised, delivered and regret in one city, with and without a required precision and on raw rates."""
    cells, found, _ = make_world(shape, rng)
    cells = cells.assign(item_class="key", ratio_cap=None)
    items = pd.DataFrame({"item_code": sorted(cells["item_code"].unique()), "item_class": "key", "basis": "test"})
    items = items.assign(ratio_cap=None, department_code="SCJG")
    members = pd.DataFrame({"object": np.arange(len(cells)), "cell": np.arange(len(cells))})
    experiment = set_up(cells, members, draws=2, generator=rng)
    checks = float((cells["lowest_tried"] * cells["n_units"]).sum())
    wishes = Wishes(checks, (), None, None, by_item=True)
    question = best_ratio_question(experiment, POLICY, items, wishes=wishes)
    known = best_known(question, found)
    rows = {"shrunken": outcome(question, experiment, cells, found, known, rng)}
    sharp = question.measured(experiment, 1.5 * sharpest(question, experiment))
    rows["precise"] = outcome(replace(question, problem=sharp), experiment, cells, found, None, rng)
    raw = cells["n_findings"] / np.maximum(cells["n_observed"], 1) * cells["n_units"]
    free = question.variable >= 0
    gains = np.bincount(question.variable[free], weights=raw[free], minlength=len(question.names)).astype(float)
    naive = replace(question, problem=replace(question.problem, gains=gains))
    rows["unshrunken"] = outcome(naive, experiment, cells, found, known, rng)
    return rows


def sharpest(question, experiment):
    """CV of the estimate of all findings under one ratio for everybody."""
    units = experiment.cells["n_units"].to_numpy(dtype=float)
    checks = next(limit.bound for limit in question.problem.linear if limit.bound > 0)
    ratio = checks / units.sum()
    spread = units * experiment.mean * (1 - experiment.mean)
    return float(np.sqrt(spread.sum() * (1 / ratio - 1)) / (units * experiment.mean).sum())


def best_known(question, found):
    """Findings on average of the best ratios when every violation is known."""
    gains = np.bincount(question.variable, weights=found, minlength=len(question.names)).astype(float)
    return optimise(replace(question.problem, gains=gains, precision=())).value


def outcome(question, experiment, cells, found, known, rng):
    """(promised, delivered in a draw, delivered on average, best on average with known rates)."""
    best = optimise(question.problem)
    ratios = question.ratios_of_cells(best.ratios)
    checks = np.minimum(whole(planned_units(experiment, ratios), rng), cells["n_units"])
    hits = rng.hypergeometric(found, cells["n_units"].to_numpy() - found, checks).sum()
    return best.value, float(hits), float((ratios * found).sum()), known or np.nan


def line_of(name, rows):
    """Sums and regret of some worlds."""
    promised, delivered, mean, known = np.array(rows).T
    with np.errstate(invalid="ignore"):
        regret = 1 - mean / known
    ratio = promised.sum() / delivered.sum()
    # each world is one independent pair: the error of a ratio of sums
    error = np.sqrt(((promised - ratio * delivered) ** 2).sum()) / delivered.sum()
    return {
        "name": name,
        "n": len(rows),
        "promised": float(promised.sum()),
        "delivered": float(delivered.sum()),
        "promised_over_delivered": float(ratio),
        "error": float(error),
        "promised_over_mean": float(promised.sum() / mean.sum()),
        "worlds_within_5_percent_of_mean": float(np.mean(np.abs(promised / mean - 1) <= MOST_OFF)),
        "regret": float(np.nanmean(regret)) if np.isfinite(regret).any() else None,
        "regret_p90": float(np.nanquantile(regret, 0.9)) if np.isfinite(regret).any() else None,
    }


def run(*, full):
    """200 cities, or 18."""
    n_worlds = 200 if full else 18
    rng = np.random.default_rng(20261125)
    names = [SHAPES[at % len(SHAPES)] for at in range(n_worlds)]
    worlds = [one_world(name, rng) for name in names]
    overall = {kind: line_of(kind, [world[kind] for world in worlds]) for kind in ("shrunken", "precise", "unshrunken")}
    shapes = [
        line_of(shape, [world["shrunken"] for world, name in zip(worlds, names, strict=True) if name == shape])
        for shape in SHAPES
    ]
    ours = overall["shrunken"]
    slack = 0.0 if full else 0.05
    kept = all(
        abs(overall[kind]["promised_over_delivered"] - 1) <= MOST_OFF + slack for kind in ("shrunken", "precise")
    )
    ratio, error = ours["promised_over_delivered"], ours["error"]
    return {
        "name": "laboratory_optimum",
        "n": n_worlds,
        "value": ratio,
        "low": ratio - 1.96 * error,
        "high": ratio + 1.96 * error,
        "passed": bool(kept and ours["regret"] <= MOST_REGRET + slack),
        "regret": ours["regret"],
        "overall": overall,
        "lines": shapes,
    }
