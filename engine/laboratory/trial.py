"""Which ratios of a policy lie outside what was ever tried: there the laboratory extrapolates."""

import numpy as np

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import FloatArray
from engine.messages import N_, Message

ONE_CHECK = 1
_SAME = 1e-9
_CLASSES = {"key": Message(N_("key")), "general": Message(N_("general"))}


def untried(experiment: Experiment, ratios: FloatArray) -> tuple[Message, ...]:
    """Return one sentence per item class and grade whose ratios leave the range of the logged draws.

    A ratio leaves it when its stratum has at least one whole check more, or less, than by the ratios tried: strata
    drawn together change their common ratio with every firm that comes or goes.
    """
    cells = experiment.cells[["item_class", "grade", "lowest_tried", "highest_tried"]].assign(ratio=ratios)
    in_stratum = experiment.cells.groupby("stratum")["n_units"].transform("sum")
    below = (cells["lowest_tried"] - cells["ratio"]) * in_stratum > ONE_CHECK - _SAME
    above = (cells["ratio"] - cells["highest_tried"]) * in_stratum > ONE_CHECK - _SAME
    never = cells["lowest_tried"].isna()
    found = []
    for (item_class, grade), part in cells[below | above | never].groupby(["item_class", "grade"], sort=True):
        params: dict[str, object] = {"item_class": _CLASSES[str(item_class)], "grade": grade, "n": len(part)}
        params["ratios"] = _range(part["ratio"].min(), part["ratio"].max())
        if part["lowest_tried"].isna().all():
            text = N_("{item_class} items, grade {grade}: {n} cell(s) were never drawn from; the result is borrowed")
            found.append(Message(text, params))
            continue
        params["tried"] = _range(np.nanmin(part["lowest_tried"]), np.nanmax(part["highest_tried"]))
        text = N_("{item_class} items, grade {grade}: a ratio of {ratios} lies outside the {tried} ever tried")
        found.append(Message(text, params))
    return tuple(found)


def _range(low: float, high: float) -> str:
    """Return a span of ratios as text, one value where both ends read alike."""
    ends = (f"{low:.2%}", f"{high:.2%}")
    return ends[0] if ends[0] == ends[1] else "–".join(ends)
